"""What one side deleted rests until it is there again; then nothing that happened is missing."""

from connector.sandbox.world import World
from tests.stories.conftest import Story
from tests.stories.people import NOT_YET, arrive, contact_of, record_of, sales_sets
from tests.stories.test_identity import causes, crm_rows, exceptions, live


def archive(world: World, *contacts: str) -> None:
    with world.lock:
        for contact in contacts:
            world.hubspot.archive("contacts", contact)


def test_what_sales_did_while_the_contact_was_deleted_reaches_the_restored_one(
    story: Story,
) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    live(story, times=2)
    archive(story.world, eva, tom)
    live(story, "pull-leads", "reconcile")
    users = {m.email: m.id for m in story.bench.crm.members()}
    lead = record_of(story, f"hs-{eva}")
    changed = {"Phone": "+43 1 9018299", "Title": "CEO", "Status": "Working - Contacted"}
    sales_sets(story, lead["Id"], **changed, OwnerId=users["sofia.lindqvist@northlight.example"])
    with story.world.lock:
        story.world.salesforce.convert(record_of(story, f"hs-{tom}")["Id"])
    live(story, times=2)
    with story.world.lock:
        story.world.hubspot.restore("contacts", eva)
        story.world.hubspot.restore("contacts", tom)
    live(story, times=3)
    shown = contact_of(story, eva)
    assert (shown["phone"], shown["jobtitle"]) == ("+4319018299", "CEO")
    assert shown["hs_lead_status"] == "IN_PROGRESS"
    seats = {m.id: m.email for m in story.bench.marketing.owners()}
    assert seats[shown["hubspot_owner_id"]] == "sofia.lindqvist@northlight.example"
    assert contact_of(story, tom)["lifecyclestage"] == "opportunity"
    assert causes(story) == []


def test_who_was_deleted_on_both_sides_or_after_a_merge_asks_nobody_each_night(
    story: Story,
) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    live(story, times=2)
    double = arrive(story, "tom@private.example", **NOT_YET)
    with story.world.lock:
        story.world.salesforce.delete("Lead", record_of(story, f"hs-{eva}")["Id"])
        survivor = str(story.world.hubspot.merge(double, tom)["id"])
    live(story, "pull-status")
    archive(story.world, eva, survivor)
    for _ in range(2):
        live(story, "pull-leads", "push-sqls", "pull-status", "reconcile", "closed-loop")
    assert causes(story) == []
    assert exceptions(story) == {}
    with story.world.lock:
        story.world.hubspot.restore("contacts", survivor)
        story.world.hubspot.update("contacts", survivor, {"city": "Wien"})
    live(story, times=2)
    assert [(row["Leadrelay_Id__c"], row["City"]) for row in crm_rows(story)] == [
        (f"hs-{tom}", "Wien")
    ]


def test_an_audit_counts_a_contact_that_sales_knew_and_a_lead_that_sales_merged(
    story: Story,
) -> None:
    crm = story.world.salesforce
    with story.world.lock:
        crm.create("Contact", {"LastName": "Berg", "Email": "tom@bergwerk.example"})
        theirs = crm.create("Lead", {"LastName": "H", "Company": "A", "Email": "h@hofer.example"})
    eva = arrive(story, "eva@alpenblick.example")
    arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    ida = arrive(story, "ida@talhof.example", lastname="Tal", company="Talhof AG")
    live(story, times=2)
    with story.world.lock:
        crm.update("Lead", theirs, {"OwnerId": record_of(story, f"hs-{eva}")["OwnerId"]})
        crm.merge("Lead", theirs, [record_of(story, f"hs-{eva}")["Id"]])
        crm.convert(record_of(story, f"hs-{ida}")["Id"])
    live(story, times=2)
    live(story, "closed-loop", "pull-leads", times=2)
    assert exceptions(story) == {}
