"""Properties, groups, owners, pipelines and what the account tells about itself."""

from typing import Any

import pytest

from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

PROPERTIES = "/crm/v3/properties/contacts"


def test_built_in_definitions_mark_what_is_read_only(hub: Client) -> None:
    results = hub("GET", PROPERTIES)["results"]
    told = {one["name"]: one for one in results}
    assert len(told) > 250
    assert told["email"]["modificationMetadata"]["readOnlyValue"] is False
    assert told["hs_object_id"]["modificationMetadata"]["readOnlyValue"] is True
    assert told["hs_email_optout"]["modificationMetadata"]["readOnlyValue"] is True
    assert told["hubspot_owner_id"]["referencedObjectType"] == "OWNER"
    assert told["hubspot_owner_id"]["options"] == []
    assert [one["value"] for one in told["lifecyclestage"]["options"]][:3] == [
        "subscriber",
        "lead",
        "marketingqualifiedlead",
    ]
    assert all(one["hubspotDefined"] for one in results)


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("companies", "domain"),
        ("deals", "dealstage"),
        ("0-27", "hs_task_subject"),
        ("leads", "hs_lead_name"),
    ],
)
def test_other_types_have_definitions_too(hub: Client, type_: str, name: str) -> None:
    assert hub("GET", f"/crm/v3/properties/{type_}/{name}")["name"] == name


def definition(**more: Any) -> dict[str, Any]:
    return {
        "name": "Fit_Score",
        "label": "Fit score",
        "type": "number",
        "fieldType": "number",
        "groupName": "contactinformation",
        **more,
    }


def test_a_property_is_made_changed_and_archived(hub: Client) -> None:
    made = hub("POST", PROPERTIES, definition(), status=201)
    assert made["name"] == "fit_score"
    assert "createdAt" not in made
    hub("PATCH", f"{PROPERTIES}/fit_score", {"label": "Fit"})
    assert hub("GET", f"{PROPERTIES}/fit_score")["label"] == "Fit"
    hub("DELETE", f"{PROPERTIES}/fit_score", status=204)
    hub("GET", f"{PROPERTIES}/fit_score", status=404)
    assert hub("GET", f"{PROPERTIES}?archived=true")["results"][0]["name"] == "fit_score"


def test_a_name_that_is_taken_is_refused(hub: Client) -> None:
    hub("POST", PROPERTIES, definition(), status=201)
    body = hub("POST", PROPERTIES, definition(), status=409)
    assert body["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert body["message"] == "A property named 'fit_score' already exists."
    batch = {"inputs": [definition(), definition(name="other_score")]}
    body = hub("POST", f"{PROPERTIES}/batch/create", batch, status=207)
    assert [one["name"] for one in body["results"]] == ["other_score"]
    assert body["errors"][0]["context"] == {"name": ["fit_score"]}


@pytest.mark.parametrize(
    "wrong", [{"type": "text"}, {"fieldType": "slider"}, {"groupName": "nowhere"}]
)
def test_impossible_definitions_are_refused(hub: Client, wrong: dict[str, str]) -> None:
    hub("POST", PROPERTIES, definition(**wrong), status=400)


def test_a_definition_without_a_label_names_what_is_missing(hub: Client) -> None:
    incomplete = definition()
    del incomplete["label"]
    body = hub("POST", PROPERTIES, incomplete, status=400)
    assert body["message"].endswith("Some required fields were not set: [label]")


def test_hubspots_own_properties_cannot_be_archived(hub: Client) -> None:
    hub("DELETE", f"{PROPERTIES}/email", status=400)


def test_at_most_ten_properties_have_unique_values(hub: Client) -> None:
    for n in range(10):
        hub("POST", PROPERTIES, definition(name=f"key_{n}", hasUniqueValue=True), status=201)
    hub("POST", PROPERTIES, definition(name="key_10", hasUniqueValue=True), status=400)


def test_a_unique_value_cannot_be_held_twice(sandbox: HubSpotSandbox, hub: Client) -> None:
    sandbox.define_property("contacts", {"name": "crm_id", "hasUniqueValue": True})
    first = sandbox.create("contacts", {"firstname": "A", "crm_id": "1"})
    body = {"properties": {"firstname": "B", "crm_id": "1"}}
    refused = hub("POST", "/crm/v3/objects/contacts", body, status=400)
    assert f"{first['id']} already has that value." in refused["message"]
    row = hub("GET", "/crm/v3/objects/contacts/1?idProperty=crm_id&properties=crm_id")
    assert row["id"] == first["id"]


def test_groups_are_made_and_archived(hub: Client) -> None:
    names = {one["name"] for one in hub("GET", f"{PROPERTIES}/groups")["results"]}
    assert {"contactinformation", "emailinformation"} <= names
    made = {"name": "handover", "label": "Handover"}
    hub("POST", f"{PROPERTIES}/groups", made, status=201)
    hub("POST", PROPERTIES, definition(groupName="handover"), status=201)
    hub("PATCH", f"{PROPERTIES}/groups/handover", {"label": "Hand-over"})
    assert hub("GET", f"{PROPERTIES}/groups/handover")["label"] == "Hand-over"
    hub("DELETE", f"{PROPERTIES}/groups/handover", status=204)
    hub("GET", f"{PROPERTIES}/groups/handover", status=404)


def test_owners_are_listed_and_found(sandbox: HubSpotSandbox, hub: Client) -> None:
    people = [
        sandbox.add_owner(email=f"rep{n}@acme.example", first_name="Rep", last_name=str(n))
        for n in range(3)
    ]
    first = hub("GET", "/crm/v3/owners/?limit=2")
    rest = hub("GET", f"/crm/v3/owners/?limit=2&after={first['paging']['next']['after']}")
    assert [one["id"] for one in first["results"] + rest["results"]] == [p["id"] for p in people]
    (found,) = hub("GET", "/crm/v3/owners?email=REP1@acme.example")["results"]
    assert found == people[1]
    assert hub("GET", f"/crm/v3/owners/{people[2]['id']}") == people[2]
    by_user = f"/crm/v3/owners/{people[0]['userId']}?idProperty=userId"
    assert hub("GET", by_user)["id"] == people[0]["id"]
    hub("GET", "/crm/v3/owners/5", status=404)


def test_an_owner_brings_the_date_and_the_team(sandbox: HubSpotSandbox, hub: Client) -> None:
    owner = sandbox.add_owner(email="rep@acme.example", team="East")
    made = sandbox.create("contacts", {"firstname": "A"})
    path = f"/crm/v3/objects/contacts/{made['id']}"
    hub("PATCH", path, {"properties": {"hubspot_owner_id": int(owner["id"])}})
    properties = sandbox.get("contacts", made["id"])["properties"]
    assert properties["hubspot_owner_id"] == owner["id"]
    assert properties["hubspot_owner_assigneddate"] == "2026-03-02T09:00:00.250Z"
    assert properties["hubspot_team_id"] == owner["teams"][0]["id"]
    hub("PATCH", path, {"properties": {"hubspot_owner_id": "77"}}, status=400)
    hub("PATCH", path, {"properties": {"hubspot_owner_id": ""}})
    assert sandbox.get("contacts", made["id"])["properties"]["hubspot_team_id"] == ""


def test_the_lifecycle_is_a_pipeline(hub: Client) -> None:
    (pipeline,) = hub("GET", "/crm/v3/pipelines/contacts")["results"]
    assert pipeline["id"] == "contacts-lifecycle-pipeline"
    assert pipeline["stages"][-1]["metadata"] == {"isClosed": "true", "state": "CLOSED"}
    stage = {"label": "Recycled", "displayOrder": 2, "stageId": "recycled"}
    hub("POST", f"/crm/v3/pipelines/contacts/{pipeline['id']}/stages", stage, status=201)
    options = hub("GET", f"{PROPERTIES}/lifecyclestage")["options"]
    assert "recycled" in [one["value"] for one in options]


def test_a_won_deal_is_closed(sandbox: HubSpotSandbox, hub: Client) -> None:
    body = {"properties": {"dealname": "D", "dealstage": "qualifiedtobuy", "amount": "1000"}}
    made = hub("POST", "/crm/v3/objects/deals", body, status=201)
    assert made["properties"]["pipeline"] == "default"
    path = f"/crm/v3/objects/deals/{made['id']}"
    hub("PATCH", path, {"properties": {"dealstage": "won"}}, status=400)
    hub("PATCH", path, {"properties": {"dealstage": "closedwon"}})
    properties = sandbox.get("deals", made["id"])["properties"]
    assert properties["hs_is_closed_won"] == "true"
    assert properties["hs_projected_amount"] == "1000.00"
    assert properties["closedate"] == "2026-03-02T09:00:00.250Z"


def test_pipelines_are_made_changed_and_removed(sandbox: HubSpotSandbox, hub: Client) -> None:
    base = "/crm/pipelines/2026-03/deals"
    stage = {"label": "Won", "displayOrder": 0, "metadata": {"probability": "1.0"}}
    made = hub(
        "POST", base, {"label": "Partners", "displayOrder": 1, "stages": [stage]}, status=201
    )
    won = made["stages"][0]
    assert won["metadata"]["isClosed"] == "true"
    deal = {"dealname": "D", "pipeline": made["id"], "dealstage": won["id"]}
    sandbox.create("deals", deal)
    path = f"{base}/{made['id']}"
    hub("DELETE", f"{path}?validateReferencesBeforeDelete=true", status=400)
    hub("PATCH", f"{path}/stages/{won['id']}", {"label": "Signed"})
    assert hub("GET", path)["stages"][0]["label"] == "Signed"
    hub("DELETE", path, status=204)
    hub("GET", path, status=404)


def test_the_account_tells_its_zone_and_its_usage(hub: Client) -> None:
    details = hub("GET", "/account-info/v3/details")
    assert (details["timeZone"], details["utcOffset"]) == ("US/Eastern", "-05:00")
    (usage,) = hub("GET", "/account-info/2026-09/api-usage/daily/private-apps")["results"]
    assert usage["currentUsage"] == 2
    assert usage["resetsAt"] == "2026-03-03T05:00:00Z"
    assert hub("GET", "/crm/v3/limits/records")["hubspotDefinedObjectTypes"]
    assert hub("GET", "/crm/v3/limits/custom-properties")["byObjectType"]
    assert hub("GET", "/crm/v3/limits/pipelines")["hubspotDefinedObjectTypes"]


def test_what_each_type_needs_at_creation(hub: Client) -> None:
    for type_, properties in (
        ("contacts", {"phone": "1"}),
        ("companies", {"phone": "1"}),
        ("deals", {"dealname": "D"}),
        ("tasks", {"hs_task_subject": "T"}),
        ("emails", {"hs_timestamp": "2026-03-02T09:00:00Z"}),
        ("leads", {"hs_lead_name": "L"}),
    ):
        hub("POST", f"/crm/v3/objects/{type_}", {"properties": properties}, status=400)
