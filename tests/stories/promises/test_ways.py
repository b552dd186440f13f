"""The other ways to sales: through the lead centre, one contact, by message only, by judgement."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connector.sandbox.load import load_rows
from jobs.pull_leads import JOB as PULL_LEADS
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.watch_promises import JOB as WATCH
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.promises.people import Town, person, town_on

HOUR = timedelta(hours=1)
SMALL = {"numberofemployees": "12", "lr_budget": "25000", "country": "United Kingdom"}


@contextmanager
def changed(folder: Path, ledger: str, **edits: tuple[str, str]) -> Iterator[Town]:
    """A town on the shipped files, one text of some file replaced by another."""
    mappings = folder / "mappings"
    shutil.copytree(ROOT / "mappings", mappings)
    for name, (before, after) in edits.items():
        path = mappings / f"{name}.yaml"
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), "utf-8")
    with ExitStack() as stack:
        story = stack.enter_context(story_on(folder, mappings, ledger))
        yield stack.enter_context(town_on(story))


@pytest.fixture
def town(story: Story) -> Iterator[Town]:
    with town_on(story) as made:
        yield made


def pull_and_push(town: Town, *contacts: dict[str, str]) -> None:
    load_rows(town.world, contacts)
    town.world.clock.advance(timedelta(minutes=5))
    town.run(PULL_LEADS, PUSH_SQLS)


def appointment(town: Town, lead: str, by: str) -> None:
    at = town.world.clock.now() + timedelta(days=2)
    fields = {
        "Subject": "First meeting",
        "WhoId": lead,
        "OwnerId": by,
        "StartDateTime": at.isoformat(),
        "EndDateTime": (at + HOUR).isoformat(),
    }
    town.crm.create("Event", fields, by=by)


def test_the_lead_centre_calls_first_and_the_rep_gets_the_appointment(town: Town) -> None:
    pull_and_push(town, person("Klein", **SMALL))
    lead, priya = town.lead("Klein"), town.user("priya")
    assert lead["OwnerId"] == priya
    town.world.clock.advance(HOUR)
    appointment(town, lead["Id"], priya)
    town.world.clock.advance(timedelta(minutes=5))
    town.run(PULL_STATUS, PUSH_SQLS)
    owner = town.lead("Klein")["OwnerId"]
    reps = {town.user("sofia"): "sofia", town.user("marco"): "marco"}
    assert owner in reps
    kinds = town.events("Klein")
    assert kinds.index("appointment_made") < kinds.index("passed_on")
    tasks = [t["OwnerId"] for t in town.crm.rows("Task") if t["WhoId"] == lead["Id"]]
    assert tasks == [owner]  # the open task went on with the lead
    mail = town.bench.ruleset.people.persons[reps[owner]].email
    assert len(town.inbox.subjects(mail)) == 1
    town.run(PULL_STATUS, PUSH_SQLS, WATCH)
    assert town.events("Klein").count("passed_on") == 1
    town.world.clock.advance(timedelta(hours=3, minutes=30))
    town.run(WATCH)
    with town.bench.ledger.transaction() as tx:
        [row] = tx.find_leads("klein@firm-klein.example")
        risks = [
            s.event.data for s in tx.events_of(row.state.lead_id)
            if s.event.kind == "promise_at_risk"
        ]  # fmt: skip
    assert {"clause": "appointment", "person": reps[owner]}.items() <= risks[-1].items()
    town.world.clock.advance(timedelta(days=2))
    town.run(PULL_STATUS)
    town.run(PULL_STATUS)
    assert town.events("Klein").count("touched") == 1  # the meeting, once it was held


def test_one_contact_of_sales_distributes_in_the_crm(tmp_path: Path, story_ledger: str) -> None:
    mode = ("mode: direct  ", "single_contact: jonas\nmode: single_contact  ")
    with changed(tmp_path, story_ledger, routing=mode) as town:
        pull_and_push(town, person("Gross"))
        jonas, lena = town.user("jonas"), town.user("lena")
        lead = town.lead("Gross")
        assert lead["OwnerId"] == jonas
        town.world.clock.advance(HOUR)
        town.crm.update("Lead", lead["Id"], {"OwnerId": lena}, by=jonas)
        town.world.clock.advance(timedelta(minutes=5))
        town.run(PULL_STATUS, PUSH_SQLS)
        assert town.lead("Gross")["OwnerId"] == lena
        assert "passed_on" in town.events("Gross")
        assert len(town.inbox.subjects("lena.vogt")) == 1
        [row] = town.bench.ledger.lead_rows()
        assert row.state.owner == "lena"


def test_by_message_only_nothing_is_written_to_the_crm(tmp_path: Path, story_ledger: str) -> None:
    silent = ("mode: direct  ", "mode: notify_only  ")
    with changed(tmp_path, story_ledger, routing=silent) as town:
        pull_and_push(town, person("Still"))
        town.world.clock.advance(HOUR)
        town.run(WATCH)
        assert town.crm.rows("Lead") == []
        assert len(town.inbox.subjects("lena.vogt")) >= 1
        kinds = town.events("Still")
        assert "alerted" in kinds
        assert "delivered" not in kinds
        told = town.events("Still").count("promise_kept")
        assert told == 3  # complete, in context, and told in time


def test_by_message_only_without_a_way_to_tell_waits_for_a_person(
    tmp_path: Path, story_ledger: str
) -> None:
    mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", mappings)
    routing = mappings / "routing.yaml"
    routing.write_text(routing.read_text("utf-8").replace("mode: direct  ", "mode: notify_only  "))
    with story_on(tmp_path, mappings, story_ledger) as story:
        load_rows(story.world, [person("Stumm")])
        story.world.clock.advance(timedelta(minutes=5))
        story.run("pull-leads", "push-sqls")
        [stored] = story.bench.ledger.parked()
        assert stored.action.problem
        assert stored.action.problem.code == "nobody-told"
        [row] = story.bench.ledger.lead_rows()
        assert row.state.passed_at is None


def test_a_lead_of_a_campaign_becomes_its_member_once(town: Town) -> None:
    campaign = town.crm.create("Campaign", {"Name": "Spring Fair", "IsActive": True})
    town.crm.create("Campaign", {"Name": "Spring Fair", "IsActive": False})
    pull_and_push(town, person("Messe", hs_analytics_first_touch_converting_campaign="Spring Fair"))
    town.run(PUSH_SQLS)
    members = town.crm.rows("CampaignMember")
    assert [(m["CampaignId"], m["LeadId"]) for m in members] == [
        (campaign, town.lead("Messe")["Id"])
    ]


def ranks(town: Town, owner: str) -> dict[str, float | None]:
    """Last name -> rank of an owner's leads in the CRM, the one to call first at the top."""
    found = {
        row["LastName"]: row.get("Lead_Rank__c")
        for row in town.crm.rows("Lead")
        if row["OwnerId"] == town.user(owner) and row["Status"].startswith("Open")
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1] or 99))


def test_the_hot_list_is_ranked_where_sales_works_and_stays_so(town: Town) -> None:
    small = {"numberofemployees": "600", "lr_timeframe": ""}
    names = ("Ahorn", "Birke", "Claas", "Distel", "Esche", "Fichte")
    pull_and_push(town, *(person(name, **small) for name in names))
    first = ranks(town, "lena")
    assert list(first.values()) == [1, 2, 3, 4]
    assert list(ranks(town, "marco").values()) == [1, 2]
    pull_and_push(town, *(person(f"Neu{n}") for n in "abc"))  # who score higher
    town.run(WATCH)
    now = ranks(town, "lena")
    assert list(now.values()) == [1, 2, 3, 4, 5, 6]
    assert {name[:3] for name in list(now)[:2]} == {"Neu"}
    assert list(now)[2:] == list(first)
    gone = town.lead(next(iter(now)))
    no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
    town.crm.update("Lead", gone["Id"], no, by=gone["OwnerId"])
    town.world.clock.advance(timedelta(minutes=15))
    town.run(PULL_STATUS, WATCH)
    assert list(ranks(town, "lena").items()) == [(n, r - 1) for n, r in list(now.items())[1:] if r]
    calls = len(town.world.calls())
    town.run(WATCH)
    written = [c for c in town.world.calls()[calls:] if c["method"] in ("PATCH", "POST")]
    assert [c for c in written if "composite" in c["path"] and "sobjects" in c["path"]] == []
    with town.bench.ledger.transaction() as tx:
        [row] = tx.find_leads(f"{list(now)[1].lower()}@firm-{list(now)[1].lower()}.example")
        planned = [s.action for s in tx.actions_of(row.state.lead_id)]
    assert sum("hot list" in action.because for action in planned) <= 2


def test_of_two_accounts_of_a_company_the_one_that_is_being_sold_to_decides(town: Town) -> None:
    for owner in ("marco", "lena"):
        account = town.crm.create(
            "Account",
            {
                "Name": "Doppel Werke",
                "Website": "https://www.firm-doppel.example",
                "OwnerId": town.user(owner),
            },
        )
    deal = {"Name": "Doppel", "AccountId": account, "StageName": "Prospecting"}
    town.crm.create("Opportunity", deal | {"CloseDate": "2026-06-30"})
    pull_and_push(town, person("Doppel"))
    assert town.lead("Doppel")["OwnerId"] == town.user("lena")
