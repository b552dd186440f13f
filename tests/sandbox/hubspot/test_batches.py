"""Batches: partial success, whole refusals, and rows that are never told in order."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

BATCH = "/crm/v3/objects/contacts/batch"


@pytest.fixture
def people(sandbox: HubSpotSandbox) -> list[str]:
    """The ids of three contacts."""
    return [
        sandbox.create("contacts", {"email": f"p{n}@example.com", "firstname": f"P{n}"})["id"]
        for n in range(3)
    ]


def inputs(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"inputs": list(rows)}


def test_reading_names_all_missing_ids_in_one_entry(hub: Client, people: list[str]) -> None:
    wanted = [{"id": people[0]}, {"id": "1"}, {"id": "2"}, {"id": people[1]}]
    body = hub("POST", f"{BATCH}/read", {"inputs": wanted, "properties": ["email"]}, status=207)
    assert {row["id"] for row in body["results"]} == {people[0], people[1]}
    assert body["numErrors"] == 1
    assert body["errors"][0]["context"] == {"ids": ["1", "2"]}
    assert body["errors"][0]["category"] == "OBJECT_NOT_FOUND"


def test_reading_by_address_ignores_case(hub: Client, people: list[str]) -> None:
    wanted = {"idProperty": "email", "inputs": [{"id": "P1@Example.com"}]}
    body = hub("POST", f"{BATCH}/read", wanted)
    assert [row["id"] for row in body["results"]] == [people[1]]


def test_reading_histories_is_capped_at_fifty(hub: Client) -> None:
    wanted = {
        "propertiesWithHistory": ["email"],
        "inputs": [{"id": str(n)} for n in range(51)],
    }
    body = hub("POST", f"{BATCH}/read", wanted, status=400)
    assert body["message"].endswith("for property histories is 50")


def test_more_than_a_hundred_inputs_are_refused(hub: Client) -> None:
    body = hub("POST", f"{BATCH}/read", inputs(*({"id": str(n)} for n in range(101))), status=400)
    assert body["message"].startswith("The maximum number of inputs supported in a batch is 100.")


def test_without_trace_ids_one_bad_row_refuses_the_whole_creation(
    sandbox: HubSpotSandbox, hub: Client
) -> None:
    rows = [
        {"properties": {"email": "good@example.com"}},
        {"properties": {"email": "bad"}},
    ]
    body = hub("POST", f"{BATCH}/create", inputs(*rows), status=400)
    assert body["errors"][0]["code"] == "INVALID_EMAIL"
    assert sandbox.records("contacts") == []


def test_without_trace_ids_a_conflict_comes_without_the_id(
    sandbox: HubSpotSandbox, hub: Client, people: list[str]
) -> None:
    rows = [
        {"properties": {"email": "new@example.com"}},
        {"properties": {"email": "p0@example.com"}},
    ]
    body = hub("POST", f"{BATCH}/create", inputs(*rows), status=409)
    assert body["message"] == "Contact already exists"
    assert len(sandbox.records("contacts")) == len(people)


def test_with_trace_ids_a_creation_succeeds_in_part(hub: Client, people: list[str]) -> None:
    rows = [
        {"properties": {"email": "New@Example.com"}, "objectWriteTraceId": "a"},
        {"properties": {"email": "p0@example.com"}, "objectWriteTraceId": "b"},
        {"properties": {"email": "bad"}, "objectWriteTraceId": "c"},
    ]
    body = hub("POST", f"{BATCH}/create", inputs(*rows), status=207)
    (made,) = body["results"]
    assert made["properties"]["email"] == "new@example.com"
    assert "objectWriteTraceId" not in made
    by_trace = {one["context"]["objectWriteTraceId"][0]: one for one in body["errors"]}
    assert by_trace["b"]["category"] == "CONFLICT"
    assert by_trace["b"]["context"]["existingId"] == [people[0]]
    assert by_trace["c"]["message"].startswith("Property values were not valid: ")
    assert body["numErrors"] == 2


def test_an_update_skips_missing_ids_without_trace_ids(
    sandbox: HubSpotSandbox, hub: Client, people: list[str]
) -> None:
    rows = [
        {"id": people[0], "properties": {"firstname": "Zoë"}},
        {"id": "99", "properties": {"firstname": "Nobody"}},
    ]
    body = hub("POST", f"{BATCH}/update", inputs(*rows), status=207)
    assert [row["id"] for row in body["results"]] == [people[0]]
    assert body["errors"][0]["context"] == {"ids": ["99"]}
    assert sandbox.get("contacts", people[0])["properties"]["firstname"] == "Zoë"


def test_an_invalid_property_refuses_the_whole_update(
    sandbox: HubSpotSandbox, hub: Client, people: list[str]
) -> None:
    rows = [
        {"id": people[0], "properties": {"firstname": "Zoë"}, "objectWriteTraceId": "1"},
        {"id": people[1], "properties": {"shoe_size": "1"}, "objectWriteTraceId": "2"},
    ]
    hub("POST", f"{BATCH}/update", inputs(*rows), status=400)
    assert sandbox.get("contacts", people[0])["properties"]["firstname"] == "P0"


def test_the_same_id_twice_refuses_the_whole_update(hub: Client, people: list[str]) -> None:
    rows = [{"id": people[0], "properties": {"firstname": name}} for name in ("A", "B")]
    body = hub("POST", f"{BATCH}/update", inputs(*rows), status=400)
    assert body["message"] == (
        f"Duplicate IDs found in batch input: [{people[0]}]. IDs must be unique"
    )
    assert body["context"] == {"ids": [people[0]]}


def test_contacts_cannot_be_updated_by_address(hub: Client) -> None:
    row = {"id": "p0@example.com", "idProperty": "email", "properties": {"firstname": "A"}}
    body = hub("POST", f"{BATCH}/update", inputs(row), status=400)
    assert body["message"] == ("Unable to perform update/upsert by non-unique 0-1 property email")


def test_an_upsert_says_what_is_new(hub: Client, people: list[str]) -> None:
    rows = [
        {"id": "P0@example.com", "idProperty": "email", "properties": {"firstname": "A"}},
        {"id": "fresh@example.com", "idProperty": "email", "properties": {"firstname": "B"}},
    ]
    body = hub("POST", f"{BATCH}/upsert", inputs(*rows))
    told = {row["properties"]["firstname"]: row for row in body["results"]}
    assert told["A"]["new"] is False
    assert told["A"]["id"] == people[0]
    assert told["B"]["new"] is True
    assert told["B"]["properties"]["email"] == "fresh@example.com"


def test_whether_upserts_by_address_succeed_in_part_is_a_switch(
    make: Callable[..., HubSpotSandbox],
) -> None:
    rows = [
        {
            "id": f"p{n}@example.com",
            "idProperty": "email",
            "properties": {"hs_lead_status": status},
            "objectWriteTraceId": str(n),
        }
        for n, status in enumerate(["NEW", "WRONG"])
    ]
    partial = Client(make(upsert_email_partial=True).handle)
    body = partial("POST", f"{BATCH}/upsert", inputs(*rows), status=207)
    assert len(body["results"]) == 1
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["1"]}
    whole = Client(make(upsert_email_partial=False).handle)
    whole("POST", f"{BATCH}/upsert", inputs(*rows), status=400)


def test_an_upsert_by_an_own_unique_property(sandbox: HubSpotSandbox, hub: Client) -> None:
    sandbox.define_property("contacts", {"name": "crm_id", "hasUniqueValue": True})
    row = {"id": "X-1", "idProperty": "crm_id", "properties": {"firstname": "Ada"}}
    first = hub("POST", f"{BATCH}/upsert", inputs(row))["results"][0]
    again = hub("POST", f"{BATCH}/upsert", inputs(row))["results"][0]
    assert (first["new"], again["new"]) == (True, False)
    assert first["id"] == again["id"]
    assert first["properties"]["crm_id"] == "X-1"


def test_results_come_in_another_order(make: Callable[..., HubSpotSandbox]) -> None:
    hub = Client(make(shuffle_batch_results=True).handle)
    rows = [{"properties": {"email": f"p{n}@example.com"}} for n in range(20)]
    body = hub("POST", f"{BATCH}/create", inputs(*rows), status=201)
    told = [row["properties"]["email"] for row in body["results"]]
    assert told != [row["properties"]["email"] for row in rows]
    assert sorted(told) == sorted(row["properties"]["email"] for row in rows)


def test_archiving_passes_over_unknown_ids(hub: Client, people: list[str]) -> None:
    hub("POST", f"{BATCH}/archive", inputs({"id": people[0]}, {"id": "5"}), status=204)
    left = hub("GET", "/crm/v3/objects/contacts")["results"]
    assert [row["id"] for row in left] == people[1:]


def test_an_id_that_was_merged_away_is_left_out_in_silence(
    sandbox: HubSpotSandbox, hub: Client, people: list[str]
) -> None:
    sandbox.merge(people[0], people[1])
    body = hub("POST", f"{BATCH}/read", inputs({"id": people[1]}, {"id": people[2]}))
    assert [row["id"] for row in body["results"]] == [people[2]]
