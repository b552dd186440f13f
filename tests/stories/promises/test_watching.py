"""A week of promises: answered, at risk, broken, passed on to somebody else; told once each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.core.owners import QUEUE
from connector.sandbox.load import load_rows
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.watch_promises import JOB as WATCH
from tests.stories.conftest import Story
from tests.stories.promises.people import Town, person, town_on

MONDAY_9 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # nine in Berlin
HOUR = timedelta(hours=1)


@pytest.fixture
def town(story: Story) -> Iterator[Town]:
    with town_on(story) as made:
        yield made


def hand_over(town: Town, *names: str) -> None:
    load_rows(town.world, [person(name) for name in names])
    town.world.clock.advance(timedelta(minutes=5))
    town.run()


def test_a_hot_lead_nobody_calls_goes_to_a_colleague_and_the_boss_hears_of_it(town: Town) -> None:
    hand_over(town, "Hofer")
    lead = town.lead("Hofer")
    lena, marco = town.user("lena"), town.user("marco")
    assert lead["OwnerId"] == lena
    assert lead["Lead_Rank__c"] == 1
    assert len(town.inbox.subjects("lena.vogt")) == 1  # the new lead
    town.world.clock.advance(timedelta(minutes=40))
    town.run(WATCH)
    town.run(WATCH)
    assert [s for s in town.inbox.subjects("lena.vogt") if s.startswith("Soon due")] == [
        "Soon due (1): A hot lead is called within one working hour, "
        "due Mon 2026-03-02 10:05 (Europe/Berlin)"
    ]
    town.world.clock.advance(timedelta(minutes=30))
    town.run(WATCH)
    assert any(s.startswith("Needs your help") for s in town.inbox.subjects("nadia.benali"))
    assert town.lead("Hofer")["OwnerId"] == lena
    town.world.clock.advance(2 * HOUR)
    town.run(PULL_STATUS, WATCH)
    assert town.lead("Hofer")["OwnerId"] == marco
    assert any(s.startswith("New hot lead") for s in town.inbox.subjects("marco.steiner"))
    assert any(s.startswith("Needs your help") for s in town.inbox.subjects("jonas.brandt"))
    [task] = [t for t in town.crm.rows("Task") if t["WhoId"] == lead["Id"]]
    assert (task["OwnerId"], task["Status"]) == (marco, "Not Started")  # it went on with the lead
    assert "Marco" in task["Description"]
    kinds = town.events("Hofer")
    assert kinds.count("reassigned") == 1
    assert kinds.count("promise_broken") == 1
    town.crm.update("Lead", lead["Id"], {"Status": "Working - Contacted"}, by=marco)
    town.world.clock.advance(timedelta(minutes=15))
    town.run(PULL_STATUS, WATCH)
    assert "promise_kept" in town.events("Hofer")
    assert any("Needs your help" in post for post in town.posts())


def test_the_one_who_does_not_answer_gets_nothing_new_until_he_does(town: Town) -> None:
    """`decide` holds new leads after 21 days; Marco is away, so the lead stays Lena's."""
    hand_over(town, "Hofer")
    owner = town.lead("Hofer")["OwnerId"]
    town.crm.update("Lead", town.lead("Hofer")["Id"], {"Status": "Working - Contacted"}, by=owner)
    town.world.clock.advance(HOUR)
    town.run(PULL_STATUS)
    for _ in range(22):
        town.world.clock.advance(timedelta(days=1))
        town.run(WATCH)
    with town.bench.ledger.transaction() as tx:
        assert tx.on_hold() == {"lena"}
    hand_over(town, "Berger", "Claas")
    assert {town.lead(n)["OwnerId"] for n in ("Berger", "Claas")} == {town.user("marco")}
    with town.bench.ledger.transaction() as tx:
        skipped = {pair for turn in tx.turns() for pair in turn.skipped}
    assert ("lena", "on hold until an earlier lead is answered") in skipped
    no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
    town.crm.update("Lead", town.lead("Hofer")["Id"], no, by=owner)
    town.world.clock.advance(HOUR)
    town.run(PULL_STATUS, WATCH)
    with town.bench.ledger.transaction() as tx:
        assert tx.on_hold() == frozenset()


def test_many_breaches_of_one_promise_are_one_letter_and_kept_words_are_named(town: Town) -> None:
    names = ["Ahorn", "Birke", "Claas", "Distel", "Esche", "Fichte"]
    hand_over(town, *names)
    for name in names[:2]:
        lead = town.lead(name)
        town.crm.update("Lead", lead["Id"], {"Status": "Working - Contacted"}, by=lead["OwnerId"])
    town.world.clock.advance(timedelta(minutes=45))
    town.run(PULL_STATUS, WATCH)
    soon = [s for s in town.inbox.subjects("lena.vogt") if s.startswith("Soon due")]
    assert len(soon) == 1
    town.world.clock.advance(timedelta(hours=24))
    town.run(WATCH)
    town.run(WATCH)
    notes = [s for s in town.inbox.subjects("nadia.benali") if s.startswith("Promises since")]
    assert notes == [
        "Promises since the last note: 18 kept, 0 broken",  # passed, complete, in context
        "Promises since the last note: 4 kept, 8 broken",
    ]
    assert "- Marco Steiner: 2 of " in town.inbox.text("nadia.benali")


def test_the_open_task_ends_when_sales_gives_the_lead_back(town: Town) -> None:
    hand_over(town, "Hofer", "Claas")
    hofer, claas = town.lead("Hofer"), town.lead("Claas")

    def task(lead: dict[str, Any]) -> dict[str, Any]:
        [found] = [row for row in town.crm.rows("Task") if row["WhoId"] == lead["Id"]]
        return dict(found)

    town.crm.update("Task", task(claas)["Id"], {"Status": "Completed"}, by=claas["OwnerId"])
    no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
    for lead in (hofer, claas):
        town.crm.update("Lead", lead["Id"], no, by=lead["OwnerId"])
    town.world.clock.advance(timedelta(minutes=15))
    town.run()
    town.run(PUSH_SQLS)
    assert (task(hofer)["Status"], task(hofer)["OwnerId"]) == ("Completed", hofer["OwnerId"])
    before = task(claas)
    town.world.clock.advance(timedelta(minutes=15))
    town.run()
    town.run()
    assert task(claas) == before  # closed by the rep: nothing to write
    assert "touched" not in town.events("Hofer")  # ending it was nobody's contact
    assert town.events("Claas").count("touched") == 1


ASKED = "To give back with a reason, or to say what comes next (1): Every passed lead"


def test_a_lead_that_had_its_time_is_proposed_to_be_given_back(town: Town) -> None:
    hand_over(town, "Linde")
    lead = town.lead("Linde")
    town.crm.update("Lead", lead["Id"], {"Status": "Working - Contacted"}, by=lead["OwnerId"])
    town.world.clock.advance(HOUR)
    town.run(PULL_STATUS, WATCH)
    owner = town.lead("Linde")["OwnerId"]
    assert owner == town.user("lena")
    town.world.clock.advance(timedelta(days=14, hours=22))
    town.run(WATCH)
    assert ASKED not in town.inbox.text("lena.vogt")
    town.world.clock.advance(timedelta(days=1, hours=2))
    town.run(WATCH)
    town.run(WATCH)
    assert town.inbox.text("lena.vogt").count(ASKED) == 1
    assert ASKED in town.inbox.text("nadia.benali")
    assert town.lead("Linde")["OwnerId"] == owner  # proposed, not taken away


def test_nobody_is_written_to_at_night(town: Town) -> None:
    town.world.clock.advance(timedelta(hours=12))  # nine in the evening
    load_rows(town.world, [person("Nacht", lr_timeframe="", lr_lead_interest="Trial")])
    town.world.clock.advance(timedelta(minutes=5))
    town.run()
    assert town.lead("Nacht")["OwnerId"]
    assert town.lead("Nacht")["Lead_Temperature__c"] != "Hot"
    assert town.inbox.subjects("lena.vogt") == []
    assert town.posts() == []
    town.world.clock.advance(timedelta(hours=13))
    town.run()
    assert len(town.inbox.subjects("lena.vogt")) == 1


def test_a_rehearsal_tells_nobody_and_writes_nothing(story: Story) -> None:
    with town_on(story, mode="rehearse") as town:
        load_rows(town.world, [person("Probe")])
        town.world.clock.advance(timedelta(minutes=5))
        town.run()
        town.world.clock.advance(timedelta(days=3))
        town.run()
        assert town.inbox.letters == []
        assert town.chat.calls == []
        assert town.crm.rows("Lead") == []
        writes = [c for c in town.world.calls() if c["method"] in ("PATCH", "PUT", "DELETE")]
        assert writes == []


def test_a_leaver_is_reported_once_and_gets_nothing(town: Town) -> None:
    user = town.user("lena")
    with town.world.lock:
        town.crm.update("User", user, {"IsActive": False})
    hand_over(town, "Hofer", "Berger", "Claas")
    assert {row["OwnerId"] for row in town.crm.rows("Lead")} == {town.user("marco")}
    town.run()
    parked = [s.action.problem for s in town.bench.ledger.parked() if s.action.problem]
    assert [p.code for p in parked] == ["inactive-user"]
    told = [s for s in town.inbox.subjects("rosa.weiss") if "inactive-user" in s]
    assert len(told) == 1
    with town.world.lock:
        town.crm.update("User", user, {"IsActive": True})
    town.run(WATCH)
    assert town.bench.ledger.parked() == []


def test_nothing_is_ever_ownerless(town: Town) -> None:
    """Whatever happens to the team, every passed lead has an owner in the CRM and on record."""
    hand_over(town, "Ahorn", "Birke", "Claas", "Distel")
    for hours in (2, 3, 20, 30, 50):
        if hours == 20:
            with town.world.lock:
                town.crm.update("User", town.user("marco"), {"IsActive": False})
        town.world.clock.advance(timedelta(hours=hours))
        town.run()
        known = {row["Id"] for row in town.crm.rows("User") if row["IsActive"]}
        known |= {row["Id"] for row in town.crm.rows("Group")}
        rows = town.bench.ledger.lead_rows()
        assert all(row.state.owner for row in rows if row.state.passed_at)
        persons = town.bench.ruleset.people.persons
        for row in rows:
            owner = row.state.owner or ""
            assert owner in persons or owner.startswith(QUEUE) or not row.state.passed_at
        assert all(lead["OwnerId"] for lead in town.crm.rows("Lead"))
