"""A past run taken again comes out the same; a changed rule or a lost input is told."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from connector.cli.replay import replay
from connector.store import SqlLedger
from connector.store.privacy import erase, expire, look_at
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.recycle_leads import JOB as RECYCLE_LEADS
from jobs.watch_promises import JOB as WATCH
from tests.stories.company import BEN, EVA, ISA, KIM, LUC, come
from tests.stories.conftest import Story
from tests.stories.people import arrive
from tests.stories.promises.people import Town, person, town_on
from tests.stories.promises.test_ways import HOUR, SMALL, appointment, pull_and_push
from tests.stories.terminal import write_config


@pytest.fixture
def told(story: Story) -> Story:
    """Five people read, some of them passed by turns, then a second page and a second run."""
    come(story, EVA, LUC, BEN, KIM)
    story.run("pull-leads", "push-sqls")
    story.world.clock.advance(timedelta(hours=1))
    come(story, ISA)
    story.run("pull-leads", "push-sqls")
    write_config(story)
    return story


def ask(story: Story, *words: str) -> Result:
    config = str(story.folder / "config.toml")
    return CliRunner().invoke(replay, [*words, "-c", config], standalone_mode=False)


def runs(story: Story, job: str) -> list[str]:
    return [run.id for run in story.bench.ledger.runs(job)]


def test_every_run_comes_out_the_same(told: Story) -> None:
    counts = dict.fromkeys(("pull-leads", "push-sqls"), 0)
    for job in counts:
        for run in runs(told, job):
            done = ask(told, run, "--json")
            tree = json.loads(done.output)
            assert (done.return_value, tree["equal"], tree["lost"]) == (0, True, {}), tree
            counts[job] += sum(tree["retaken"].values())
    passed = told.bench.ledger.hand_offs().wanted
    assert counts["pull-leads"] >= 4  # one of five cannot be mapped
    assert counts["push-sqls"] == passed >= 2
    with told.bench.ledger.transaction() as tx:
        assert tx.turns_behind(0)[0]  # whose turn it was is decided again, too


def test_what_somebody_did_counts_again(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")  # by a form, which gives points
    story.run("pull-leads", "push-sqls")
    write_config(story)
    with story.bench.ledger.transaction() as tx:
        assert all(kept.activities for kept in tx.snapshots_of(f"hs-{eva}"))
    for job in ("pull-leads", "push-sqls"):
        done = ask(story, *runs(story, job), "--json")
        assert json.loads(done.output)["differing"] == [], done.output


def test_what_sales_gave_back_goes_the_same_way_again(told: Story) -> None:
    crm = told.world.salesforce
    with told.world.lock:
        for lead, reason in zip(crm.rows("Lead"), ("No budget", "Competitor"), strict=False):
            no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": reason}
            crm.update("Lead", lead["Id"], no, by=lead["OwnerId"])
    told.world.clock.advance(timedelta(hours=1))
    told.run("pull-status", "recycle-leads")
    done = ask(told, "recycle-leads", "--json")
    tree = json.loads(done.output)
    assert (done.return_value, tree["retaken"], tree["lost"]) == (0, {"return": 2}, {})


@pytest.fixture
def town(story: Story) -> Iterator[Town]:
    """One lead whose appointment was made, one that nobody called, one whose deal fell asleep."""
    with town_on(story) as made:
        pull_and_push(made, person("Klein", **SMALL), person("Hofer"), person("Sanft"))
        made.world.clock.advance(HOUR)
        appointment(made, made.lead("Klein")["Id"], made.user("priya"))
        made.world.clock.advance(timedelta(minutes=5))
        made.crm.convert(made.lead("Sanft")["Id"], opportunity_name="Sanft")
        made.run(PULL_STATUS, PUSH_SQLS, WATCH)
        made.world.clock.advance(3 * HOUR)
        made.run(PULL_STATUS, WATCH)
        made.world.clock.advance(timedelta(days=20))
        made.run(PULL_STATUS, RECYCLE_LEADS, WATCH)
        write_config(made.story)
        yield made


def test_every_kind_of_decision_is_taken_again(town: Town) -> None:
    """The words, the steps to sales, the judgements on promises and the help for sleepers too."""
    counts: dict[str, int] = {}
    for run in town.bench.ledger.runs():
        done = ask(town.story, run.id, "--json")
        tree = json.loads(done.output)
        assert (done.return_value, tree["differing"], tree["lost"]) == (0, [], {}), run.job
        for kind, count in tree["retaken"].items():
            counts[kind] = counts.get(kind, 0) + count
    assert counts.pop("promise") >= 6
    assert counts == {
        "mapping": 3,
        "qualification": 3,
        "hand-off": 3,
        "second step": 1,
        "reassignment": 2,
        "support": 1,
    }


def alter(ledger: SqlLedger, table: str, column: str, was: str, now: str, where: str = "") -> None:
    """Another text in a document, as the database writes it: PostgreSQL has a blank behind `:`."""
    changed = f"replace({column}, '{was}', '{now}')"
    if ledger.engine.dialect.name == "postgresql":
        was, now = was.replace(":", ": "), now.replace(":", ": ")
        changed = f"replace({column}::text, '{was}', '{now}')::jsonb"
    with ledger.engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {changed} {where}"))


OWNER = '"owner":"', '"owner":"not-'


def test_whatever_comes_out_otherwise_is_told(town: Town) -> None:
    ledger = town.bench.ledger
    alter(ledger, "snapshot", "said", "Germany", "Atlantis")
    alter(ledger, "snapshot", "outcome", *OWNER, "WHERE step LIKE 'passed_on%'")
    alter(ledger, "snapshot", "outcome", *OWNER, "WHERE step LIKE 'reassigned%'")
    for name, kind in (("clause", "promise_broken"), ("programme", "stalled")):
        was = f'"{name}":"'
        alter(ledger, "event", "data", was, f"{was}not-", f"WHERE kind = '{kind}'")
    told = {run.job: "" for run in town.bench.ledger.runs()}
    for run in town.bench.ledger.runs():
        told[run.job] += ask(town.story, run.id, "--limit", "0").output
    assert "mapping: 1 of 3" in told["pull-leads"]
    assert "second step: 0 of 1" in told["push-sqls"]
    assert "reassignment: 0 of 1" in told["watch-promises"]
    assert "not-first-touch-hot" in told["watch-promises"]
    assert "support: 0 of 1" in told["recycle-leads"]


def test_a_decision_that_comes_out_otherwise_is_listed(told: Story) -> None:
    """As after an upgrade that decides otherwise: what was decided is altered in the ledger."""
    alter(told.bench.ledger, "snapshot", "outcome", *OWNER)
    done = ask(told, runs(told, "push-sqls")[-1])
    assert done.return_value == 1
    assert "hand-off: 0 of 2 come out the same" in done.output
    assert "not-" in done.output


def test_what_was_erased_or_has_expired_cannot_be_replayed(told: Story) -> None:
    ledger = told.bench.ledger
    now = told.world.clock.now()
    (eva,) = _named(told, EVA["email"])
    erase(ledger, look_at(ledger, eva, now=now), salt=b"salt", now=now)
    done = ask(told, runs(told, "push-sqls")[-1])
    assert "hand-off: 1 cannot be taken again: the inputs were erased or expired" in done.output
    assert done.return_value == 1
    expire(ledger, {"snapshot": now + timedelta(days=1)})
    done = ask(told, runs(told, "pull-leads")[-1])
    assert "no decision of this run can be taken again" in done.output
    assert done.return_value == 1


def test_a_run_nobody_knows(told: Story, tmp_path: Path) -> None:
    done = ask(told, "brew-coffee")
    assert "no run named 'brew-coffee'" in str(done.exception)
    assert "pull-leads, push-sqls" in str(done.exception)


def _named(story: Story, email: str) -> list[str]:
    with story.bench.ledger.transaction() as tx:
        return [row.state.lead_id for row in tx.find_leads(email)]
