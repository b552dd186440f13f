"""The first contact with an account is read-only, and a ledger never mixes two accounts."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.plan import plan
from connector.core.records import System
from connector.store.kept import Kept
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.test_first_day import config_for
from tests.stories.test_plan_apply import PEOPLE, contents

ACCOUNT, ORGANISATION = "24190711", "00DHs0000000001MAA"


@pytest.fixture
def strangers(story: Story) -> Story:
    """A project in live mode whose ledger has never seen these two accounts."""
    kept = Kept(story.bench.ledger, "account")
    for name in list(kept):
        del kept[name]
    with story.world.lock:
        for person in PEOPLE:
            story.world.hubspot.create("contacts", dict(person))
    return story


def test_a_live_job_only_reads_an_account_that_nobody_has_looked_at(strangers: Story) -> None:
    strangers.bench.marketing.now()  # what HubSpot works out by itself is settled
    before = contents(strangers)
    for _ in range(2):  # again and again: time alone does not make it known
        for name, run in strangers.run("pull-leads", "push-sqls").items():
            assert run.exit_code == 1, name  # type: ignore[attr-defined]
            assert "first-contact: first contact with the " in run.message  # type: ignore[attr-defined]
            assert "`leadrelay plan`" in run.message  # type: ignore[attr-defined]
    assert contents(strangers) == before
    assert strangers.bench.ledger.counts()["lead"] == 2  # but what was read is decided and kept


def test_a_plan_is_a_look_and_from_then_on_jobs_write(strangers: Story) -> None:
    strangers.run("pull-leads")
    config = config_for(strangers.running, strangers.folder, strangers.mappings, strangers.ledger)
    done = CliRunner().invoke(plan, ["-c", str(config)], standalone_mode=False)
    assert done.exception is None, done.exception
    runs = strangers.run("pull-leads", "push-sqls")
    assert {run.outcome for run in runs.values()} == {"done"}  # type: ignore[attr-defined]
    assert len(strangers.world.salesforce.rows("Lead")) == 1


def test_a_rehearsing_job_is_a_look_at_the_account_it_would_write_to(strangers: Story) -> None:
    live, strangers.bench = strangers.bench, strangers.new_bench(mode="rehearse")
    strangers.run("pull-leads")
    strangers.bench = live
    runs = strangers.run("pull-leads", "push-sqls")
    assert runs["pull-leads"].outcome == "done"  # type: ignore[attr-defined]
    assert "Salesforce organisation" in runs["push-sqls"].message  # type: ignore[attr-defined]
    assert not strangers.world.salesforce.rows("Lead")


@pytest.mark.parametrize(
    ("system", "job", "number"),
    [(System.HUBSPOT, "pull-leads", ACCOUNT), (System.SALESFORCE, "pull-status", ORGANISATION)],
)
def test_another_account_is_neither_read_nor_written(
    strangers: Story, system: System, job: str, number: str
) -> None:
    Kept(strangers.bench.ledger, "account")[system] = "4711"
    done = strangers.run(job)[job]
    assert done.exit_code == 2  # type: ignore[attr-defined]
    assert "belongs to the" in done.message  # type: ignore[attr-defined]
    assert f" 4711, and the configuration opens {number}" in done.message  # type: ignore[attr-defined]
    assert strangers.bench.ledger.counts()["lead"] == 0


def test_a_key_that_may_not_ask_for_the_number_is_guarded_all_the_same(
    tmp_path: Path, story_ledger: str
) -> None:
    with story_on(tmp_path, ROOT / "mappings", story_ledger) as story:
        story.world.hubspot.withdraw_scopes("pat-na1-sandbox", "oauth")
        kept = Kept(story.bench.ledger, "account")
        for name in list(kept):
            del kept[name]
        with story.world.lock:
            story.world.hubspot.create("contacts", dict(PEOPLE[0]))
        story.bench = story.new_bench()
        done = story.run("pull-leads")["pull-leads"]
        assert "HubSpot account (not told)" in done.message  # type: ignore[attr-defined]
        story.bench.look()
        assert story.run("pull-leads")["pull-leads"].outcome == "done"  # type: ignore[attr-defined]
