"""Consent, workflows and sequences."""

from collections.abc import Callable

import pytest

from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

V3 = "/communication-preferences/v3"
V4 = "/communication-preferences/v4"
MARKETING = 4_100_101


@pytest.fixture
def ann(sandbox: HubSpotSandbox) -> str:
    return str(sandbox.create("contacts", {"email": "ann@example.com"})["id"])


def optout(sandbox: HubSpotSandbox, id_: str, suffix: str = "") -> str | None:
    value: str | None = sandbox.get("contacts", id_)["properties"].get(f"hs_email_optout{suffix}")
    return value


def test_kinds_of_mail_are_told_and_have_properties(hub: Client) -> None:
    (first, *_rest) = hub("GET", f"{V3}/definitions")["subscriptionDefinitions"]
    assert first["id"] == str(MARKETING)
    assert hub("GET", f"{V4}/definitions")["results"][0] == first
    name = f"hs_email_optout_{MARKETING}"
    told = hub("GET", f"/crm/v3/properties/contacts/{name}")
    assert told["modificationMetadata"]["readOnlyValue"] is True


def test_the_third_version_subscribes_and_unsubscribes(
    sandbox: HubSpotSandbox, hub: Client, ann: str
) -> None:
    body = {"emailAddress": "ann@example.com", "subscriptionId": str(MARKETING)}
    assert hub("POST", f"{V3}/subscribe", body)["status"] == "SUBSCRIBED"
    assert optout(sandbox, ann, f"_{MARKETING}") == "false"
    assert hub("POST", f"{V3}/unsubscribe", body)["status"] == "NOT_SUBSCRIBED"
    assert optout(sandbox, ann, f"_{MARKETING}") == "true"
    status = hub("GET", f"{V3}/status/email/ann@example.com")
    assert status["recipient"] == "ann@example.com"
    assert status["subscriptionStatuses"][0]["sourceOfStatus"] == "SUBSCRIPTION_STATUS"


def test_who_opted_out_cannot_be_subscribed_by_others(
    sandbox: HubSpotSandbox, hub: Client, ann: str
) -> None:
    sandbox.unsubscribe("ann@example.com", MARKETING)
    body = {"emailAddress": "ann@example.com", "subscriptionId": str(MARKETING)}
    hub("POST", f"{V3}/subscribe", body, status=400)
    sandbox.subscribe("ann@example.com", MARKETING)
    assert optout(sandbox, ann, f"_{MARKETING}") == "false"


def test_the_fourth_version_knows_not_specified(hub: Client) -> None:
    path = f"{V4}/statuses/new@example.com"
    before = hub("GET", f"{path}?channel=EMAIL")
    assert {one["status"] for one in before["results"]} == {"NOT_SPECIFIED"}
    body = {"subscriptionId": MARKETING, "statusState": "SUBSCRIBED", "channel": "EMAIL"}
    assert hub("POST", path, body)["results"][0]["status"] == "SUBSCRIBED"
    hub("GET", f"{path}?channel=FAX", status=400)
    hub("POST", path, {**body, "statusState": "MAYBE"}, status=400)
    hub("POST", path, {**body, "subscriptionId": 1}, status=400)


def test_no_mail_at_all_shows_on_the_contact(
    sandbox: HubSpotSandbox, hub: Client, ann: str
) -> None:
    path = f"{V4}/statuses/ann@example.com/unsubscribe-all?channel=EMAIL"
    assert hub("GET", path)["results"][0]["status"] == "SUBSCRIBED"
    told = hub("POST", f"{path}&verbose=true")
    assert {one["status"] for one in told["results"]} == {"UNSUBSCRIBED"}
    assert optout(sandbox, ann) == "true"
    assert hub("GET", path)["results"][0]["wideStatusType"] == "PORTAL_WIDE"


def test_where_the_law_asks_for_it_a_legal_basis_is_needed(
    make: Callable[..., HubSpotSandbox],
) -> None:
    hub = Client(make(gdpr=True).handle)
    body = {"emailAddress": "ann@example.com", "subscriptionId": str(MARKETING)}
    hub("POST", f"{V3}/subscribe", body, status=400)
    basis = {"legalBasis": "CONSENT_WITH_NOTICE", "legalBasisExplanation": "Form"}
    assert hub("POST", f"{V3}/subscribe", body | basis)["legalBasis"] == "CONSENT_WITH_NOTICE"


def test_batches_of_statuses(hub: Client) -> None:
    rows = [
        {
            "subscriberIdString": f"p{n}@example.com",
            "subscriptionId": id_,
            "statusState": "UNSUBSCRIBED",
            "channel": "EMAIL",
        }
        for n, id_ in enumerate([MARKETING, 1])
    ]
    body = hub("POST", f"{V4}/statuses/batch/write", {"inputs": rows}, status=207)
    assert (len(body["results"]), body["numErrors"]) == (1, 1)
    inputs = {"inputs": ["p0@example.com"]}
    read = hub("POST", f"{V4}/statuses/batch/read?channel=EMAIL", inputs)
    assert read["results"][0]["statuses"][0]["status"] == "UNSUBSCRIBED"
    hub("POST", f"{V4}/statuses/batch/unsubscribe-all?channel=EMAIL", inputs)
    wide = hub("POST", f"{V4}/statuses/batch/unsubscribe-all/read?channel=EMAIL", inputs)
    assert wide["results"][0]["status"] == "UNSUBSCRIBED"


def test_workflows_enrol_by_address(sandbox: HubSpotSandbox, hub: Client, ann: str) -> None:
    workflow = sandbox.add_workflow("Nurture")
    base = "/automation/v2/workflows"
    path = f"{base}/{workflow}/enrollments/contacts/ann@example.com"
    hub("POST", path, status=204)
    (found,) = hub("GET", f"{base}/enrollments/contacts/{ann}")
    assert found["name"] == "Nurture"
    hub("DELETE", path, status=204)
    assert hub("GET", f"{base}/enrollments/contacts/{ann}") == []
    hub("POST", f"{base}/{workflow}/enrollments/contacts/nobody@example.com", status=404)
    hub("POST", f"{base}/1/enrollments/contacts/ann@example.com", status=404)


def test_sequences_take_a_contact_once(sandbox: HubSpotSandbox, hub: Client, ann: str) -> None:
    sequence = sandbox.add_sequence("First contact", 77)
    base = "/automation/v4/sequences"
    assert hub("GET", f"{base}?userId=77")["results"][0]["id"] == sequence
    hub("GET", base, status=400)
    body = {"sequenceId": sequence, "contactId": ann, "senderEmail": "rep@acme.example"}
    made = hub("POST", f"{base}/enrollments?userId=77", body)
    assert made["toEmail"] == "ann@example.com"
    hub("POST", f"{base}/enrollments?userId=77", body, status=400)
    assert hub("GET", f"{base}/enrollments/contact/{ann}")["sequenceName"] == "First contact"
    hub("GET", f"{base}/enrollments/contact/5", status=404)
