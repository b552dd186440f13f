"""Merging, erasing and bringing back."""

from collections.abc import Callable
from datetime import timedelta

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

CONTACTS = "/crm/v3/objects/contacts"


def two(sandbox: HubSpotSandbox, clock: SandboxClock) -> tuple[str, str]:
    """A primary contact and a later one that knows more."""
    first = sandbox.create(
        "contacts", {"email": "a@example.com", "firstname": "Ann", "company": "Old"}
    )["id"]
    clock.advance(timedelta(days=1))
    second = sandbox.create(
        "contacts",
        {"email": "b@example.com", "company": "New", "lifecyclestage": "opportunity"},
    )["id"]
    return first, second


def test_a_merge_keeps_the_newest_values_and_both_addresses(
    sandbox: HubSpotSandbox, hub: Client, clock: SandboxClock
) -> None:
    first, second = two(sandbox, clock)
    survivor = hub(
        "POST", f"{CONTACTS}/merge", {"primaryObjectId": first, "objectIdToMerge": second}
    )
    properties = survivor["properties"]
    assert survivor["id"] not in (first, second)
    assert properties["email"] == "a@example.com"
    assert properties["hs_additional_emails"] == "b@example.com"
    assert properties["company"] == "New"
    assert properties["firstname"] == "Ann"
    assert properties["lifecyclestage"] == "opportunity"
    assert set(properties["hs_merged_object_ids"].split(";")) == {first, second}
    assert properties["createdate"] == "2026-03-02T09:00:00.250Z"
    assert [row["id"] for row in hub("GET", CONTACTS)["results"]] == [survivor["id"]]
    assert hub("GET", f"{CONTACTS}?archived=true")["results"] == []


def test_the_old_ids_lead_to_the_survivor(
    sandbox: HubSpotSandbox, hub: Client, clock: SandboxClock
) -> None:
    first, second = two(sandbox, clock)
    survivor = sandbox.merge(first, second)["id"]
    assert hub("GET", f"{CONTACTS}/{second}")["id"] == survivor
    assert hub("GET", f"{CONTACTS}/b@example.com?idProperty=email")["id"] == survivor
    body = {"properties": {"email": "B@example.com"}}
    assert survivor in hub("POST", CONTACTS, body, status=409)["message"]


def test_the_survivor_may_keep_its_id(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    sandbox = make(merge_makes_new_id=False, merged_id_answers_survivor=False)
    first, second = two(sandbox, clock)
    assert sandbox.merge(first, second)["id"] == first
    hub = Client(sandbox.handle)
    hub("GET", f"{CONTACTS}/{second}", status=404)


def test_lists_and_associations_follow_the_merge(
    sandbox: HubSpotSandbox, clock: SandboxClock
) -> None:
    first, second = two(sandbox, clock)
    company = sandbox.create("companies", {"name": "Acme"})["id"]
    sandbox.associate("contacts", second, "companies", company)
    nurture = sandbox.add_list("Nurture")
    sandbox.put_on_list(nurture, second)
    survivor = sandbox.merge(first, second)["id"]
    assert sandbox.members(nurture) == [survivor]
    hub = Client(sandbox.handle)
    (row,) = hub("GET", f"/crm/v4/objects/contacts/{survivor}/associations/companies")["results"]
    assert row["toObjectId"] == int(company)


def test_impossible_merges(sandbox: HubSpotSandbox, hub: Client, clock: SandboxClock) -> None:
    first, _second = two(sandbox, clock)
    itself = {"primaryObjectId": first, "objectIdToMerge": first}
    body = hub("POST", f"{CONTACTS}/merge", itself, status=400)
    assert body["message"] == "Cannot merge a contact with itself"
    hub("POST", f"{CONTACTS}/merge", {"primaryObjectId": "1", "objectIdToMerge": "2"}, status=400)


def test_more_than_250_identities_are_too_many(sandbox: HubSpotSandbox, hub: Client) -> None:
    survivor = sandbox.create("contacts", {"firstname": "A"})["id"]
    known = ";".join(str(n) for n in range(250))
    sandbox.update("contacts", survivor, {"hs_merged_object_ids": known}, as_hubspot=True)
    other = sandbox.create("contacts", {"firstname": "B"})["id"]
    body = {"primaryObjectId": survivor, "objectIdToMerge": other}
    refused = hub("POST", f"{CONTACTS}/merge", body, status=414)
    assert refused["message"] == "Cannot have more than 250 identities on a profile"


def test_an_erased_contact_leaves_no_trace(sandbox: HubSpotSandbox, hub: Client) -> None:
    made = sandbox.create("contacts", {"email": "a@example.com"})["id"]
    hub("POST", f"{CONTACTS}/gdpr-delete", {"objectId": made}, status=204)
    hub("GET", f"{CONTACTS}/{made}", status=404)
    assert hub("GET", f"{CONTACTS}?archived=true")["results"] == []
    assert "a@example.com" in sandbox.portal.preferences.blocked
    unknown = {"objectId": "x@example.com", "idProperty": "email"}
    hub("POST", f"{CONTACTS}/gdpr-delete", unknown, status=204)
    assert "x@example.com" in sandbox.portal.preferences.blocked


def test_an_erased_address_cannot_be_used_again(
    make: Callable[..., HubSpotSandbox], sandbox: HubSpotSandbox, hub: Client
) -> None:
    erased = {"email": "A@example.com", "hs_additional_emails": "b@example.com"}
    made = sandbox.create("contacts", erased)["id"]
    other = sandbox.create("contacts", {"email": "c@example.com"})["id"]
    hub("POST", f"{CONTACTS}/gdpr-delete", {"objectId": made}, status=204)
    for address in ("a@example.com", "B@Example.com"):
        body = {"properties": {"email": address}}
        refused = hub("POST", CONTACTS, body, status=400)
        assert refused["errors"][0]["code"] == "BLOCKED_EMAIL"
        hub("PATCH", f"{CONTACTS}/{other}", body, status=400)
        hub("POST", f"{CONTACTS}/batch/create", {"inputs": [body]}, status=400)
    second = {"properties": {"hs_additional_emails": "x@example.com;b@example.com"}}
    hub("PATCH", f"{CONTACTS}/{other}", second, status=400)
    lenient = make(refuse_blocked=False)
    lenient.gdpr_delete(lenient.create("contacts", {"email": "a@example.com"})["id"])
    assert lenient.create("contacts", {"email": "a@example.com"})


def test_a_restored_contact_is_found_again(sandbox: HubSpotSandbox, hub: Client) -> None:
    made = sandbox.create("contacts", {"email": "a@example.com"})["id"]
    sandbox.archive("contacts", made)
    assert sandbox.restore("contacts", made)["archived"] is False
    assert hub("GET", f"{CONTACTS}/a@example.com?idProperty=email")["id"] == made
