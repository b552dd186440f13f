"""The rolling follow-up: a task for the next planned touch whenever one was made, one at a time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.load import load_rows
from jobs.pull_status import JOB as PULL_STATUS
from jobs.watch_promises import JOB as WATCH
from tests.stories.conftest import Story
from tests.stories.promises.people import Town, person, town_on

BRIEFLY = timedelta(minutes=15)
DONE = {"Status": "Completed"}


@pytest.fixture
def town(story: Story) -> Iterator[Town]:
    with town_on(story) as made:
        load_rows(made.world, [person("Hofer")])
        made.world.clock.advance(timedelta(minutes=5))
        made.run()
        yield made


def hear(town: Town) -> None:
    """What the rep did is read, and what follows from it is planned and delivered; twice."""
    for _ in range(2):
        town.world.clock.advance(BRIEFLY)
        town.run(PULL_STATUS, WATCH)


def tasks(town: Town) -> list[dict[str, Any]]:
    """Ours on the lead, oldest first."""
    ours = town.world.salesforce.user_id
    found = [row for row in town.crm.rows("Task") if row["CreatedById"] == ours]
    return sorted((dict(row) for row in found), key=lambda row: (row["CreatedDate"], row["Id"]))


def open_task(town: Town) -> dict[str, Any]:
    [found] = [row for row in tasks(town) if not row["IsClosed"]]
    return found


def touch(town: Town, subtype: str) -> None:
    """The rep calls or mails, and does not close the task."""
    lead = town.lead("Hofer")
    made = {**DONE, "TaskSubtype": subtype, "WhoId": lead["Id"], "Subject": subtype}
    town.crm.create("Task", made, by=lead["OwnerId"])
    hear(town)


def test_whoever_closes_a_task_gets_the_next_one_with_its_day_and_what_is_left(town: Town) -> None:
    first, rep = open_task(town), town.lead("Hofer")["OwnerId"]
    assert first["TaskSubtype"] == "Call"
    hear(town)
    assert tasks(town) == [first]  # nothing was done yet: the hand-off's task stands
    town.crm.update("Task", first["Id"], DONE, by=rep)
    hear(town)
    second = open_task(town)
    assert len(tasks(town)) == 2
    assert second["Subject"] == "E-mail 1 of 3: Eva Hofer, Hofer Werke"
    assert (second["TaskSubtype"], second["OwnerId"]) == ("Email", rep)
    assert str(second["ActivityDate"]) == "2026-03-04"
    text = second["Description"].splitlines()
    assert text[:4] == [
        "MADE SO FAR: call 1 of 4, e-mail 0 of 3",
        "",
        "PLANNED TOUCHES, EACH BY",
        "- e-mail: Wed 2026-03-04 11:05 (Europe/Berlin)",
    ]
    assert [line.split(":")[0] for line in text[3:9]] == [
        *("- e-mail", "- call", "- e-mail", "- call", "- e-mail", "- call"),
    ]
    assert text[-1].startswith("PROMISED: A lead gets four calls and three mails")
    assert text[-1].endswith(", by Thu 2026-03-12 09:05 (Europe/Berlin)")
    town.crm.update("Task", second["Id"], DONE, by=rep)
    hear(town)
    assert open_task(town)["Subject"] == "Call 2 of 4: Eva Hofer, Hofer Werke"
    assert town.events("Hofer").count("touched") == 2


def test_who_touches_without_closing_has_one_task_still_and_it_is_the_next(town: Town) -> None:
    touch(town, "Call")
    second = open_task(town)
    assert second["Subject"].startswith("E-mail 1 of 3")  # a call cannot become a mail: a new one
    assert [row["Status"] for row in tasks(town)] == ["Completed", "Not Started"]
    assert town.events("Hofer").count("touched") == 1  # that we ended ours was nobody's contact
    touch(town, "Email")
    third = open_task(town)
    assert third["Subject"].startswith("Call 2 of 4")
    touch(town, "Email")
    assert open_task(town) == third  # ahead of the plan: the call is still what comes next
    touch(town, "Call")
    fourth = open_task(town)
    assert fourth["Id"] == third["Id"]
    assert fourth["Subject"].startswith("Call 3 of 4")
    assert fourth["ActivityDate"] > third["ActivityDate"]
    assert fourth["Description"].startswith("MADE SO FAR: call 2 of 4, e-mail 2 of 3")


@pytest.mark.parametrize("end", ["given back", "converted"])
def test_nothing_comes_next_for_a_lead_that_is_decided(town: Town, end: str) -> None:
    touch(town, "Call")
    lead = town.lead("Hofer")
    if end == "converted":
        town.crm.convert(lead["Id"], opportunity_name="Deal", by=lead["OwnerId"])
        before = tasks(town)
    else:
        no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
        town.crm.update("Lead", lead["Id"], no, by=lead["OwnerId"])
        town.world.clock.advance(BRIEFLY)
        town.run()
        town.run()
        before = tasks(town)
        assert all(row["IsClosed"] for row in before)
    mail = {**DONE, "TaskSubtype": "Email", "WhoId": before[-1]["WhoId"], "Subject": "Bye"}
    town.crm.create("Task", mail, by=lead["OwnerId"])
    hear(town)
    assert tasks(town) == before
    assert town.bench.ledger.parked() == []


def test_a_lead_that_was_converted_before_we_heard_of_it_gets_no_task(town: Town) -> None:
    lead = town.lead("Hofer")
    first = open_task(town)
    town.crm.update("Task", first["Id"], DONE, by=lead["OwnerId"])
    town.world.clock.advance(BRIEFLY)
    town.run(PULL_STATUS)
    town.crm.convert(lead["Id"], opportunity_name="Deal", by=lead["OwnerId"])
    town.run(WATCH)
    assert len(tasks(town)) == 1
    assert town.bench.ledger.parked() == []


def test_a_rehearsal_plans_the_next_task_and_sends_nothing(town: Town) -> None:
    lead, first = town.lead("Hofer"), open_task(town)
    town.crm.update("Task", first["Id"], DONE, by=lead["OwnerId"])
    live, town.bench = town.bench, town.story.new_bench(mode="rehearse")
    hear(town)
    town.bench.ledger.close()
    town.bench = live
    assert len(tasks(town)) == 1
