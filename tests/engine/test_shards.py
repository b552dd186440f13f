"""Large work in parts: new files for everybody, and measuring; killed anywhere, done once."""

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.runner import run_job
from connector.sandbox.load import load_rows
from connector.store import SqlLedger, open_ledger
from jobs import pull_leads
from tests.store.people import NOW, lead
from tests.store.test_journeys import NAMES, history
from tests.stories.conftest import ROOT, Story, story_on

PEOPLE = 450  #: of each part more than a page


@pytest.fixture
def edited(tmp_path: Path, story_ledger: str) -> Iterator[Story]:
    """A story whose leads were decided by other files than the ones it has now."""
    mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", mappings)
    with story_on(tmp_path, mappings, story_ledger) as story:
        people = ({"email": f"p{n}@example.com", "lastname": f"P {n}"} for n in range(PEOPLE))
        load_rows(story.world, people)
        story.world.clock.advance(timedelta(minutes=5))
        story.run("pull-leads")
        file = mappings / "qualification.yaml"
        file.write_text(file.read_text("utf-8") + "\n# other files\n", "utf-8")
        story.bench = story.new_bench()
        yield story


def test_new_files_hold_for_everybody_in_parts(
    edited: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_leads, "LEAST", 100)
    bench, job = edited.bench, pull_leads.JOB
    version = bench.ruleset.version
    names = pull_leads.stale(bench, 2)
    assert len(names) == 2

    def stop(_what: str, _count: int) -> None:
        raise KeyboardInterrupt

    cut_off = run_job(job.part("anew", names[0]), bench, progress=stop)
    assert cut_off.outcome == "interrupted"
    read = [run_job(job.part("anew", name), bench).totals.picked_up for name in names]
    assert read == [26, 224]  # the page that was stored is not read again
    assert pull_leads.stale(bench, 2) == []
    assert {row.ruleset for row in bench.ledger.lead_rows()} == {version}
    assert run_job(job, bench).totals.delivered == 0


def measured(ledger: SqlLedger) -> list[object]:
    ledger.measure(NAMES)
    return list(ledger.journeys())


def test_spans_that_are_measured_side_by_side_come_to_the_same(
    story_ledger: str, tmp_path: Path
) -> None:
    ledger = open_ledger(story_ledger)
    alone = open_ledger(f"sqlite:///{tmp_path / 'alone.db'}")
    told = history(5, 80)
    with ledger.transaction() as tx:
        tx.save_leads(map(lead, range(80)))
    for part in (told[:300], told[300:]):
        for one in (ledger, alone):
            with one.transaction() as tx:
                tx.record(part, now=NOW)
        wanted = measured(alone)
        spans = ledger.divide_measuring(NAMES, least=10, most=4)
        if ledger.engine.dialect.name == "sqlite":
            assert spans == []
            continue
        assert len(spans) == 4
        assert spans == ledger.divide_measuring(NAMES, least=10, most=4)
        twice = [
            threading.Thread(target=ledger.measure_span, args=(NAMES, name))
            for name in spans[1:] * 2
        ]
        for thread in twice:
            thread.start()
        for thread in twice:
            thread.join()
        assert measured(ledger) == wanted  # a span that nobody folded is folded here
    alone.close()
    ledger.close()
