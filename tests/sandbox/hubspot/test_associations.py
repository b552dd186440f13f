"""Associations: both directions, primary and labelled ones, and records that have none."""

from collections.abc import Callable

import pytest

from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

BATCH = "/crm/v4/associations/contacts/companies/batch"


@pytest.fixture
def pair(sandbox: HubSpotSandbox) -> tuple[str, str]:
    """The ids of a contact and a company."""
    contact = sandbox.create("contacts", {"email": "a@example.com"})["id"]
    return contact, sandbox.create("companies", {"name": "Acme"})["id"]


def types(hub: Client, a: str, id_: str, b: str) -> dict[str, list[int]]:
    """Type ids by associated record."""
    results = hub("GET", f"/crm/v4/objects/{a}/{id_}/associations/{b}")["results"]
    return {
        str(one["toObjectId"]): [type_["typeId"] for type_ in one["associationTypes"]]
        for one in results
    }


def test_the_default_association_is_seen_from_both_sides(
    sandbox: HubSpotSandbox, hub: Client, pair: tuple[str, str]
) -> None:
    contact, company = pair
    path = f"/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}"
    body = hub("PUT", path)
    assert body["results"][0]["associationSpec"]["associationTypeId"] == 279
    assert types(hub, "contacts", contact, "companies") == {company: [1, 279]}
    assert types(hub, "companies", company, "contacts") == {contact: [2, 280]}
    properties = sandbox.get("contacts", contact)["properties"]
    assert properties["associatedcompanyid"] == company


def test_only_one_company_is_primary(
    sandbox: HubSpotSandbox, hub: Client, pair: tuple[str, str]
) -> None:
    contact, company = pair
    other = sandbox.create("companies", {"name": "Beta"})["id"]
    sandbox.associate("contacts", contact, "companies", company)
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{other}"
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    assert hub("PUT", path, spec, status=201)["labels"] == ["Primary"]
    assert types(hub, "contacts", contact, "companies") == {company: [279], other: [1, 279]}
    assert types(hub, "companies", company, "contacts") == {contact: [280]}


def test_writing_the_company_id_makes_it_primary(hub: Client, pair: tuple[str, str]) -> None:
    contact, company = pair
    body = {"properties": {"associatedcompanyid": company}}
    hub("PATCH", f"/crm/v3/objects/contacts/{contact}", body)
    assert types(hub, "contacts", contact, "companies") == {company: [1, 279]}


def test_removing_takes_both_directions_away(
    sandbox: HubSpotSandbox, hub: Client, pair: tuple[str, str]
) -> None:
    contact, company = pair
    sandbox.associate("contacts", contact, "companies", company)
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    hub("DELETE", path, status=204)
    assert types(hub, "companies", company, "contacts") == {}
    assert sandbox.get("contacts", contact)["properties"]["associatedcompanyid"] == ""


def test_records_without_associations_are_errors_of_a_207(
    sandbox: HubSpotSandbox, hub: Client, pair: tuple[str, str]
) -> None:
    contact, company = pair
    lonely = sandbox.create("contacts", {"email": "b@example.com"})["id"]
    sandbox.associate("contacts", contact, "companies", company)
    inputs = {"inputs": [{"id": contact}, {"id": lonely}]}
    body = hub("POST", f"{BATCH}/read", inputs, status=207)
    (row,) = body["results"]
    assert row["from"] == {"id": contact}
    assert row["to"][0]["toObjectId"] == int(company)
    assert row["to"][0]["associationTypes"][0]["label"] == "Primary"
    (error,) = body["errors"]
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["message"] == f"No company is associated with contact {lonely}."
    assert error["context"]["fromObjectId"] == [lonely]


def test_a_batch_of_associations_names_each_wrong_input(hub: Client, pair: tuple[str, str]) -> None:
    contact, company = pair
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    rows = [
        {"from": {"id": contact}, "to": {"id": company}, "types": spec},
        {"from": {"id": contact}, "to": {"id": 1234}, "types": spec},
        {"from": {"id": "who"}, "to": {"id": company}, "types": spec},
    ]
    body = hub("POST", f"{BATCH}/create", {"inputs": rows}, status=207)
    assert body["results"] == [
        {
            "fromObjectTypeId": "0-1",
            "fromObjectId": int(contact),
            "toObjectTypeId": "0-2",
            "toObjectId": int(company),
            "labels": [],
        }
    ]
    assert [one["message"] for one in body["errors"]] == [
        "COMPANY=1234 is not valid",
        "who is not a valid ID",
    ]


def test_a_record_cannot_belong_to_itself(hub: Client, pair: tuple[str, str]) -> None:
    contact, _company = pair
    rows = [{"from": {"id": contact}, "to": {"id": contact}}]
    path = "/crm/associations/2026-03/contacts/contacts/batch/associate/default"
    body = hub("POST", path, {"inputs": rows}, status=207)
    assert body["errors"][0]["message"] == (
        f"Object {contact} cannot be associated to itself ({contact})"
    )


def test_a_long_row_is_paged_by_its_own_cursor(sandbox: HubSpotSandbox, hub: Client) -> None:
    company = sandbox.create("companies", {"name": "Acme"})["id"]
    for n in range(510):
        contact = sandbox.create("contacts", {"firstname": f"P{n}"})["id"]
        sandbox.associate("contacts", contact, "companies", company)
    path = "/crm/v4/associations/companies/contacts/batch/read"
    (first,) = hub("POST", path, {"inputs": [{"id": company}]})["results"]
    after = first["paging"]["next"]["after"]
    (rest,) = hub("POST", path, {"inputs": [{"id": company, "after": after}]})["results"]
    assert (len(first["to"]), len(rest["to"])) == (500, 10)
    assert "paging" not in rest


@pytest.mark.parametrize(
    "base", ["/crm/v4/associations", "/crm/associations/v4", "/crm/associations/2026-09"]
)
def test_own_labels_come_in_pairs(hub: Client, pair: tuple[str, str], base: str) -> None:
    contact, company = pair
    labels = f"{base}/contacts/companies/labels"
    body = {"label": "Buyer at", "name": "buyer", "inverseLabel": "Has buyer"}
    there, _back = hub("POST", labels, body)["results"]
    assert there["category"] == "USER_DEFINED"
    spec = [{"associationCategory": "USER_DEFINED", "associationTypeId": there["typeId"]}]
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    assert hub("PUT", path, spec, status=201)["labels"] == ["Buyer at"]
    seen = hub("GET", f"/crm/v4/objects/companies/{company}/associations/contacts")
    told = {one["label"] for one in seen["results"][0]["associationTypes"]}
    assert "Has buyer" in told
    hub("DELETE", f"{labels}/{there['typeId']}", status=204)
    assert "Buyer at" not in [one["label"] for one in hub("GET", labels)["results"]]


def test_a_label_is_taken_away_and_the_association_stays(
    hub: Client, sandbox: HubSpotSandbox, pair: tuple[str, str]
) -> None:
    contact, company = pair
    sandbox.associate("contacts", contact, "companies", company)
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    row = {"from": {"id": contact}, "to": {"id": company}, "types": spec}
    hub("POST", f"{BATCH}/labels/archive", {"inputs": [row]}, status=204)
    assert types(hub, "contacts", contact, "companies") == {company: [279]}


def test_a_note_is_made_with_its_contact(hub: Client, pair: tuple[str, str]) -> None:
    contact, _company = pair
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]
    note = {
        "properties": {"hs_timestamp": "2026-03-02T09:00:00Z", "hs_note_body": "Called."},
        "associations": [{"to": {"id": contact}, "types": spec}],
    }
    made = hub("POST", "/crm/v3/objects/notes", note, status=201)
    row = hub("GET", f"/crm/v3/objects/contacts/{contact}?associations=notes")
    assert row["associations"]["notes"]["results"] == [
        {"id": made["id"], "type": "contact_to_note"}
    ]
    note["associations"][0]["to"]["id"] = "5"  # type: ignore[index]
    body = hub("POST", "/crm/v3/objects/notes", note, status=400)
    assert body["context"]["INVALID_OBJECT_IDS"] == ["CONTACT=5 is not valid"]


def test_the_type_of_ids_is_a_switch(make: Callable[..., HubSpotSandbox]) -> None:
    sandbox = make(to_object_id_as_number=False)
    contact = sandbox.create("contacts", {"firstname": "A"})["id"]
    company = sandbox.create("companies", {"name": "B"})["id"]
    sandbox.associate("contacts", contact, "companies", company)
    hub = Client(sandbox.handle)
    (row,) = hub("GET", f"/crm/v4/objects/0-1/{contact}/associations/0-2")["results"]
    assert row["toObjectId"] == company


def test_a_company_is_primary_for_many_contacts(sandbox: HubSpotSandbox, hub: Client) -> None:
    company = sandbox.create("companies", {"name": "Acme"})["id"]
    contacts = [sandbox.create("contacts", {"firstname": name})["id"] for name in "AB"]
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 2}]
    rows = [{"from": {"id": company}, "to": {"id": id_}, "types": spec} for id_ in contacts]
    path = "/crm/v4/associations/companies/contacts/batch/create"
    hub("POST", path, {"inputs": rows}, status=201)
    for contact in contacts:
        assert types(hub, "contacts", contact, "companies") == {company: [1, 279]}


def test_archived_records_are_not_told(
    sandbox: HubSpotSandbox, hub: Client, pair: tuple[str, str]
) -> None:
    contact, company = pair
    sandbox.associate("contacts", contact, "companies", company)
    sandbox.archive("companies", company)
    assert types(hub, "contacts", contact, "companies") == {}
    sandbox.restore("companies", company)
    assert types(hub, "contacts", contact, "companies") == {company: [1, 279]}


def test_a_lead_dies_with_its_last_primary_association(hub: Client, pair: tuple[str, str]) -> None:
    contact, _company = pair
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]
    body = {
        "properties": {"hs_lead_name": "Ann"},
        "associations": [{"to": {"id": contact}, "types": spec}],
    }
    lead = hub("POST", "/crm/v3/objects/leads", body, status=201)["id"]
    assert types(hub, "leads", lead, "contacts") == {contact: [578, 608]}
    hub("DELETE", f"/crm/v4/objects/leads/{lead}/associations/contacts/{contact}", status=204)
    hub("GET", f"/crm/v3/objects/leads/{lead}", status=404)
