"""Single records: what is written, refused, shown and remembered."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

CONTACTS = "/crm/v3/objects/contacts"


def ada(hub: Client, **more: str) -> Any:
    properties = {"email": "Ada@Example.com", "firstname": "Ada", **more}
    return hub("POST", CONTACTS, {"properties": properties}, status=201)


def test_a_creation_shows_what_hubspot_adds_by_itself(hub: Client) -> None:
    made = ada(hub)
    properties = made["properties"]
    assert properties["email"] == "ada@example.com"
    assert properties["lifecyclestage"] == "lead"
    assert properties["hs_lifecyclestage_lead_date"] == "1772442000250"
    assert properties["hs_email_domain"] == "example.com"
    assert properties["hs_object_id"] == made["id"]
    assert list(properties) == sorted(properties)
    assert made["createdAt"] == made["updatedAt"] == "2026-03-02T09:00:00.250Z"
    assert made["url"].endswith(f"/record/0-1/{made['id']}")


def test_the_same_address_again_is_a_conflict(hub: Client) -> None:
    made = ada(hub)
    body = hub("POST", CONTACTS, {"properties": {"email": "ADA@example.com"}}, status=409)
    assert body["message"] == f"Contact already exists. Existing ID: {made['id']}"
    assert body["category"] == "CONFLICT"


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/contacts",
        "/crm/v3/objects/contacts/",
        "/crm/objects/2026-03/contacts",
        "/crm/objects/2026-09/0-1/",
        "/crm/v3/objects/CONTACT",
    ],
)
def test_every_spelling_of_a_path_lists_the_contacts(hub: Client, path: str) -> None:
    made = ada(hub)
    assert [row["id"] for row in hub("GET", path)["results"]] == [made["id"]]


def test_pages_follow_the_ids_to_the_end(sandbox: HubSpotSandbox, hub: Client) -> None:
    sandbox.load_contacts({"email": f"p{n}@example.com"} for n in range(25))
    seen: list[str] = []
    after = "0"
    while after:
        page = hub("GET", f"{CONTACTS}?limit=10&after={after}&properties=email")
        seen += [row["id"] for row in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after", "")
    assert len(seen) == 25
    assert seen == sorted(seen, key=int)


def test_requested_properties_are_null_when_unset_and_left_out_when_unknown(hub: Client) -> None:
    ada(hub, company="")
    row = hub("GET", f"{CONTACTS}?properties=email&properties=company,lastname,nonsense")
    properties = row["results"][0]["properties"]
    assert properties["lastname"] is None
    assert "nonsense" not in properties
    assert {"createdate", "hs_object_id", "lastmodifieddate"} <= set(properties)


def test_a_cleared_property_reads_as_empty_text(hub: Client) -> None:
    made = ada(hub, company="Acme")
    hub("PATCH", f"{CONTACTS}/{made['id']}", {"properties": {"company": ""}})
    row = hub("GET", f"{CONTACTS}/{made['id']}?properties=company")
    assert row["properties"]["company"] == ""


def test_every_invalid_value_is_named_with_its_code(hub: Client) -> None:
    body = hub(
        "POST",
        CONTACTS,
        {
            "properties": {
                "email": "000",
                "shoe_size": "43",
                "hs_object_id": "1",
                "hs_lead_status": "SOON",
                "closedate": "asd000",
            }
        },
        status=400,
    )
    assert body["category"] == "VALIDATION_ERROR"
    text = body["message"].removeprefix("Property values were not valid: ")
    inner = {one["name"]: one["error"] for one in json.loads(text)}
    assert inner == {
        "email": "INVALID_EMAIL",
        "shoe_size": "PROPERTY_DOESNT_EXIST",
        "hs_object_id": "READ_ONLY_VALUE",
        "hs_lead_status": "INVALID_OPTION",
        "closedate": "INVALID_LONG",
    }
    assert {one["code"] for one in body["errors"]} == set(inner.values())


def test_the_lifecycle_stage_only_moves_forward(hub: Client, clock: SandboxClock) -> None:
    made = ada(hub)
    path = f"{CONTACTS}/{made['id']}"

    def write(stage: str) -> str:
        clock.advance(timedelta(minutes=1))
        body = hub("PATCH", path, {"properties": {"lifecyclestage": stage}})
        return str(body["properties"]["lifecyclestage"])

    assert write("salesqualifiedlead") == "salesqualifiedlead"
    assert write("lead") == "salesqualifiedlead"
    assert write("") == ""
    assert write("lead") == "lead"
    row = hub("GET", f"{path}?properties=hs_lifecyclestage_salesqualifiedlead_date")
    dated = row["properties"]["hs_lifecyclestage_salesqualifiedlead_date"]
    assert dated == "2026-03-02T09:01:00.250Z"


def test_history_is_told_newest_first(hub: Client, clock: SandboxClock) -> None:
    made = ada(hub)
    clock.advance(timedelta(hours=1, milliseconds=-250))
    path = f"{CONTACTS}/{made['id']}"
    hub("PATCH", path, {"properties": {"firstname": "Augusta"}})
    row = hub("GET", f"{path}?propertiesWithHistory=firstname,lastname")
    entries = row["propertiesWithHistory"]["firstname"]
    assert [one["value"] for one in entries] == ["Augusta", "Ada"]
    assert entries[0]["timestamp"] == "2026-03-02T10:00:00Z"
    assert entries[0]["sourceType"] == "INTEGRATION"
    assert row["propertiesWithHistory"]["lastname"] == []


def test_archived_records_move_to_their_own_list(hub: Client) -> None:
    made = ada(hub)
    hub("DELETE", f"{CONTACTS}/{made['id']}", status=204)
    hub("DELETE", f"{CONTACTS}/{made['id']}", status=204)
    hub("GET", f"{CONTACTS}/{made['id']}", status=404)
    assert hub("GET", CONTACTS)["results"] == []
    (row,) = hub("GET", f"{CONTACTS}?archived=true")["results"]
    assert row["archived"] is True
    assert row["archivedAt"] == "2026-03-02T09:00:00.250Z"


def test_a_freed_address_can_be_taken_and_then_blocks_the_restoring(
    sandbox: HubSpotSandbox, hub: Client
) -> None:
    made = ada(hub)
    sandbox.archive("contacts", made["id"])
    ada(hub)
    with pytest.raises(Rejection) as refused:
        sandbox.restore("contacts", made["id"])
    assert refused.value.status == 409
