"""The rarer turns of identity: addresses, deletions by the files' policy, and merges by sales."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.core.events import EventKind
from connector.sandbox.faults import Fault
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.people import arrive, contact_of, marketing_sets, record_of, sales_sets
from tests.stories.test_identity import causes, crm_rows, kinds, live

KNOWN = {
    "LastName": "Hofer",
    "FirstName": "Eva",
    "Company": "Alpenblick Holding",
    "Email": "eva@alpenblick.example",
}


@pytest.fixture
def by(tmp_path: Path, story_ledger: str) -> Iterator[Story]:
    """The shipped files, with `park` and `update` where they say `rest` and `attach`."""
    mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", mappings)
    fields = mappings / "fields.yaml"
    text = fields.read_text("utf-8")
    for usual, other in (
        ("existing_lead: attach", "existing_lead: update"),
        ("existing_contact: attach", "existing_contact: park"),
        ("deleted_in_crm: rest", "deleted_in_crm: park"),
        ("deleted_in_marketing: rest", "deleted_in_marketing: park"),
        ("salesforce: Email\n    direction: to_crm", "salesforce: Email\n    direction: both"),
    ):
        assert usual in text
        text = text.replace(usual, other)
    fields.write_text(text, "utf-8")
    with story_on(tmp_path, mappings, story_ledger) as made:
        yield made


def known(story: Story, kind: str = "Lead", **more: str) -> str:
    fields = {k: v for k, v in KNOWN.items() if kind == "Lead" or k != "Company"}
    with story.world.lock:
        return str(story.world.salesforce.create(kind, fields | more))


def test_a_new_address_given_by_sales_is_an_update(by: Story) -> None:
    eva = arrive(by, "eva@alpenblick.example")
    live(by, times=2)
    record = record_of(by, f"hs-{eva}")
    sales_sets(by, record["Id"], Email="eva.hofer@alpenblick.example")
    live(by, times=2)
    marketing_sets(by, eva, city="Wien")
    live(by, times=2)
    after = record_of(by, f"hs-{eva}")
    assert (after["Id"], after["City"]) == (record["Id"], "Wien")
    assert contact_of(by, eva)["email"] == after["Email"] == "eva.hofer@alpenblick.example"
    assert len(crm_rows(by)) == 1


def test_a_second_address_leads_to_who_is_there(story: Story) -> None:
    there = known(story)
    eva = arrive(story, "eva@private.example", hs_additional_emails="eva@alpenblick.example")
    live(story, times=2)
    assert record_of(story, f"hs-{eva}")["Id"] == there


def test_an_invalid_address_is_caught_before_anybody_is_looked_for(story: Story) -> None:
    """HubSpot takes addresses that cannot be; a rep typed the same one."""
    there = known(story, Email="eva..hofer@alpenblick.example")
    arrive(story, "eva..hofer@alpenblick.example")
    live(story, "pull-leads", "push-sqls")
    assert causes(story) == ["invalid-email"]
    (row,) = crm_rows(story)
    assert (row["Id"], row.get("Leadrelay_Id__c")) == (there, None)


def test_who_is_there_is_updated_or_parked_as_the_files_say(by: Story) -> None:
    there = known(by, City="Linz")
    eva = arrive(by, "eva@alpenblick.example", city="Wien")
    known(by, "Contact", LastName="Berg", Email="tom@bergwerk.example")
    arrive(by, "tom@bergwerk.example", firstname="Tom", lastname="Berg")
    live(by, times=2)
    record = record_of(by, f"hs-{eva}")
    assert (record["Id"], record["City"]) == (there, "Wien")
    assert len(crm_rows(by)) == 1
    assert len(causes(by)) == 1


def test_deletions_ask_a_person_where_the_files_say_so(by: Story) -> None:
    eva, tom = (arrive(by, f"{who}@alpenblick.example") for who in ("eva", "tom"))
    live(by, times=2)
    with by.world.lock:
        by.world.salesforce.delete("Lead", record_of(by, f"hs-{eva}")["Id"])
        by.world.hubspot.archive("contacts", tom)
    live(by, "pull-leads", "pull-status", "reconcile")
    assert len(causes(by)) == 2
    live(by, times=2)
    assert [row["Leadrelay_Id__c"] for row in crm_rows(by)] == [f"hs-{tom}"]  # never made again
    with by.world.lock:
        by.world.hubspot.restore("contacts", tom)
    marketing_sets(by, tom, city="Graz")
    live(by, "pull-leads", "push-sqls", "reconcile", times=2)
    assert kinds(by, f"hs-{tom}").count(EventKind.RESTORED) == 1
    assert record_of(by, f"hs-{tom}")["City"] == "Graz"
    assert causes(by) == ["deleted-in-crm"]
    crm = by.world.salesforce
    with by.world.lock:
        (gone,) = [r["Id"] for r in crm.org.tables["Lead"].rows.values() if r["IsDeleted"]]
        crm.undelete("Lead", gone)
    live(by, times=2)
    assert causes(by) == []


def test_a_lead_that_sales_merged_into_another_goes_on_as_that_one(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    ours = record_of(story, f"hs-{eva}")["Id"]
    theirs = known(story, Email="e.hofer@holding.example")
    with story.world.lock:
        story.world.salesforce.merge("Lead", theirs, [ours])
    live(story, times=2)
    with story.bench.ledger.transaction() as tx:
        pairs = [(pair.salesforce_id, pair.until is None) for pair in tx.links_of(f"hs-{eva}")]
    assert pairs == [(ours, False), (theirs, True)]
    story.world.clock.advance(timedelta(minutes=5))
    marketing_sets(story, eva, city="Wien")
    live(story, times=2)
    with story.world.lock:
        assert story.world.salesforce.get("Lead", theirs)["City"] == "Wien"
    assert len(crm_rows(story)) == 1


def test_somebody_who_stands_twice_in_one_page_is_one_lead(story: Story) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    story.world.faults.add(Fault(kind="duplicate_rows", times=9))
    live(story, times=2)
    assert kinds(story, f"hs-{eva}").count(EventKind.CAPTURED) == 1
    assert len(crm_rows(story)) == 1


def test_a_contact_made_again_while_the_first_is_on_its_way_makes_no_second_lead(
    story: Story,
) -> None:
    first = arrive(story, "eva@alpenblick.example")
    story.world.faults.add(Fault(kind="maintenance", system="salesforce", method="PATCH"))
    live(story)
    with story.world.lock:
        story.world.hubspot.archive("contacts", first)
    arrive(story, "eva@alpenblick.example")
    live(story)
    assert causes(story) == ["taken"]
    story.world.faults.clear()
    live(story, times=2)
    assert [row["Leadrelay_Id__c"] for row in crm_rows(story)] == [f"hs-{first}"]


def test_two_leads_with_one_address_never_leave_in_the_same_page(story: Story) -> None:
    """Deleted and made again in HubSpot between two readings: both wait to be handed over."""
    first = arrive(story, "eva@alpenblick.example")
    live(story, "pull-leads")
    with story.world.lock:
        story.world.hubspot.archive("contacts", first)
    arrive(story, "eva@alpenblick.example")
    live(story, times=3)
    assert len(crm_rows(story)) == 1
    assert "taken" in causes(story)  # the other one waits for whoever knows them


def test_a_contact_made_again_is_merged_with_the_one_that_is_restored(story: Story) -> None:
    first = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    with story.world.lock:
        story.world.hubspot.archive("contacts", first)
    live(story)
    again = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    [problem] = [s.action.problem for s in story.bench.ledger.parked()]
    assert problem is not None
    assert (problem.code, problem.mender) == ("taken", "marketing")
    hubspot = story.world.hubspot
    marketing_sets(story, again, email="eva.again@alpenblick.example")
    with story.world.lock:
        hubspot.restore("contacts", first)
        hubspot.merge(first, again)
    story.world.clock.advance(timedelta(minutes=5))
    live(story, times=3)
    assert causes(story) == []
    assert len(crm_rows(story)) == 1
