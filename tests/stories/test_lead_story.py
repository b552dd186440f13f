"""`leadrelay lead` tells of a person what both systems hold, all of it, and nothing else."""

from datetime import timedelta
from typing import Any

from tests.stories.company import EVA, ISA, LUC, QUALIFIED, come
from tests.stories.conftest import Story
from tests.stories.terminal import leadrelay, write_config

LATER = timedelta(minutes=30)


EXPECTED = (
    "Captured from organic_search",
    "Captured → Sales qualified",
    "Goes to {owner}",
    "Handed over to {owner} with score",
    "Arrived in Salesforce ({lead})",
    "Status in Salesforce: Open - Not Contacted",
    "Status in Salesforce: Open - Not Contacted → Working - Contacted",
    "Accepted by sales",
    "Status in Salesforce: Working - Contacted → Closed - Not Converted",
    "Given back: Back to marketing, No budget",
    "Recycled to Business case",
    "Cycle 2 opens",
    "Enrolled in Business case",
)


def test_the_story_of_a_lead_that_came_back_is_complete_and_true(story: Story) -> None:
    ids = come(story, *QUALIFIED)
    story.run("pull-leads", "push-sqls")
    lead_id, owner = give_back(story, LUC["email"])
    story.run("pull-status", "recycle-leads")

    said = leadrelay("lead", LUC["email"], "-c", str(write_config(story)), "--json")

    assert said.code == 0, said.err
    parts = {part["name"]: part for part in said.json["sections"]}
    rows = parts["story"]["tables"][0]["rows"]
    moments = [row["When (UTC)"] for row in rows]
    assert moments == sorted(moments)
    told = [row["What happened"] for row in rows]
    for sentence in EXPECTED:
        start = sentence.format(owner=owner, lead=lead_id)
        assert any(line.startswith(start) for line in told), (start, told)
    identity = parts["ids"]["tables"][0]["rows"]
    assert [row["Salesforce"] for row in identity] == [f"Lead {lead_id}"]
    assert [row["HubSpot"] for row in identity] == [f"contact {ids[1]}"]
    compare_with_both_systems(story, parts, lead_id, ids[1])


def give_back(story: Story, email: str) -> tuple[str, str]:
    """Sales takes the lead on and gives it back; returns its id and its owner's name."""
    story.world.clock.advance(LATER)
    crm = story.world.salesforce
    with story.world.lock:
        lead = next(row for row in crm.rows("Lead") if row["Email"] == email)
        owner = next(row for row in crm.rows("User") if row["Id"] == lead["OwnerId"])
        crm.update("Lead", lead["Id"], {"Status": "Working - Contacted"}, by=owner["Id"])
        story.world.clock.advance(LATER)
        no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No budget"}
        crm.update("Lead", lead["Id"], no, by=owner["Id"])
    story.world.clock.advance(LATER)
    return lead["Id"], owner["Name"]


def compare_with_both_systems(
    story: Story, parts: dict[str, Any], lead_id: str, contact_id: str
) -> None:
    """What the story says was written stands there, and nothing of ours besides."""
    with story.world.lock:
        lead = story.world.salesforce.get("Lead", lead_id)
        contact = story.world.hubspot.get("contacts", contact_id)["properties"]
        tasks = [row for row in story.world.salesforce.rows("Task") if row["WhoId"] == lead_id]
    listed = story.bench.marketing.lists()["Nurture: business case"]
    assert contact_id in story.world.hubspot.members(listed)
    written = parts["written"]["tables"][0]["rows"]
    kinds = [(row["Where"], row["What"]) for row in written]
    assert kinds.count(("Salesforce", "create Lead")) == 1
    assert kinds.count(("Salesforce", "create Task")) == len(tasks) == 1
    fields = {name.strip() for row in written for name in row["Fields"].split(",")}
    assert {"OwnerId", "Status", "lifecyclestage", "hs_lead_status"} <= fields
    assert contact["hs_lead_status"] == "BAD_TIMING"
    brief = lead["Handoff_Brief__c"].splitlines()
    assert parts["brief"]["text"] == [line for line in brief if line.strip()]


def test_the_story_of_a_won_lead_follows_it_to_contact_and_deal(story: Story) -> None:
    come(story, EVA, ISA)
    story.run("pull-leads", "push-sqls")
    story.world.clock.advance(LATER)
    crm = story.world.salesforce
    with story.world.lock:
        lead = next(row for row in crm.rows("Lead") if row["Email"] == ISA["email"])
        done = crm.convert(lead["Id"], opportunity_name="Isa")
        won = {"StageName": "Closed Won", "Amount": 12_000}
        crm.update("Opportunity", done["opportunityId"], won, by=lead["OwnerId"])
    story.world.clock.advance(LATER)
    story.run("pull-status")

    said = leadrelay("lead", ISA["email"], "-c", str(write_config(story)))

    assert said.code == 0, said.err
    assert f"Converted to contact {done['contactId']}" in said.out
    assert f"Opportunity {done['opportunityId']}" in said.out
    assert "Won: 12000" in said.out.replace(",", "").replace(".0", "").replace(".00", "")
    assert f"Contact {done['contactId']}" in said.out
    assert max(len(line) for line in said.out.splitlines()) <= 100
    assert EVA["email"] not in said.out
