"""Webhooks out: what is told, signed how, and tried how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hubspot.utils.signature import Signature

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.system import HubSpotSandbox
from connector.sandbox.hubspot.webhooks import Delivery, signature_v3
from tests.sandbox.hubspot.conftest import Client

URL = "https://relay.example/hooks?source=hubspot"


class Inbox:
    """Takes deliveries, and answers as it is told to."""

    def __init__(self, status: int | None = 200) -> None:
        self.status = status
        self.deliveries: list[Delivery] = []

    def __call__(self, delivery: Delivery) -> int | None:
        self.deliveries.append(delivery)
        return self.status

    def events(self) -> list[dict[str, Any]]:
        return [event for one in self.deliveries for event in orjson.loads(one.body)]


def test_what_happens_is_told_once(sandbox: HubSpotSandbox) -> None:
    sandbox.listen(URL, "contact.creation", "contact.propertyChange", "contact.deletion")
    inbox = Inbox()
    made = sandbox.create("contacts", {"email": "a@example.com"})["id"]
    sandbox.update("contacts", made, {"lifecyclestage": "customer"})
    sandbox.archive("contacts", made)
    assert sandbox.deliver_webhooks(inbox) == 1
    told = [(one["subscriptionType"], one.get("propertyName")) for one in inbox.events()]
    assert told == [
        ("contact.creation", None),
        ("contact.propertyChange", "email"),
        ("contact.propertyChange", "lifecyclestage"),
        ("contact.deletion", None),
    ]
    change = inbox.events()[2]
    assert (change["objectId"], change["propertyValue"]) == (int(made), "customer")
    assert (change["changeSource"], change["sourceId"]) == ("CRM_UI", "userId:9586504")
    assert change["attemptNumber"] == 0
    assert sandbox.deliver_webhooks(inbox) == 0


def test_merges_and_erasures_are_told(sandbox: HubSpotSandbox) -> None:
    sandbox.listen(URL, "contact.merge", "contact.privacyDeletion", "object.creation")
    ids = [sandbox.create("contacts", {"firstname": name})["id"] for name in "AB"]
    survivor = sandbox.merge(*ids)["id"]
    sandbox.gdpr_delete(survivor)
    inbox = Inbox()
    sandbox.deliver_webhooks(inbox)
    by_type = {one["subscriptionType"]: one for one in inbox.events()}
    assert by_type["contact.merge"]["mergedObjectIds"] == [int(ids[1])]
    assert by_type["contact.merge"]["newObjectId"] == int(survivor)
    assert by_type["contact.privacyDeletion"]["objectId"] == int(survivor)
    assert by_type["object.creation"]["objectTypeId"] == "0-1"


@pytest.mark.parametrize("status", [None, 404, 500])
def test_failures_are_tried_ten_times_within_a_day(
    sandbox: HubSpotSandbox, clock: SandboxClock, status: int | None
) -> None:
    sandbox.listen(URL, "contact.creation")
    sandbox.create("contacts", {"firstname": "A"})
    inbox = Inbox(status)
    for _minute in range(48 * 60):
        sandbox.deliver_webhooks(inbox)
        clock.advance(timedelta(minutes=1))
    attempts = [one["attemptNumber"] for one in inbox.events()]
    assert attempts == list(range(10))
    assert sandbox.webhooks.given_up == 1


def test_the_official_helper_accepts_the_signature(
    sandbox: HubSpotSandbox, clock: SandboxClock
) -> None:
    clock.set(datetime.now(UTC))
    sandbox.listen(URL, "contact.creation")
    sandbox.create("contacts", {"firstname": "Zoë"})
    (delivery,) = sandbox.webhooks_due()
    sandbox.webhook_ended(delivery, 200)
    stamp = delivery.headers["x-hubspot-request-timestamp"]
    assert Signature.is_valid(
        signature=delivery.headers["x-hubspot-signature-v3"],
        client_secret="sandbox-secret",
        request_body=delivery.body.decode(),
        http_uri=URL,
        http_method="POST",
        signature_version="v3",
        timestamp=stamp,
    )


def test_escapes_in_the_address_are_decoded_before_signing() -> None:
    plain = signature_v3("s", "POST", "https://a.example/x?u=http://b", b"{}", 1)
    assert signature_v3("s", "POST", "https://a.example/x?u=http%3A%2f%2Fb", b"{}", 1) == plain


def test_large_bursts_are_split_and_may_come_in_disorder_and_twice(
    sandbox: HubSpotSandbox,
) -> None:
    sandbox.listen(URL, "contact.creation")
    sandbox.webhooks.disorder = True
    sandbox.webhooks.twice = 0.5
    made = [sandbox.create("contacts", {"firstname": f"P{n}"})["id"] for n in range(150)]
    inbox = Inbox()
    sandbox.deliver_webhooks(inbox)
    assert max(len(orjson.loads(one.body)) for one in inbox.deliveries) == 100
    ids = [str(one["objectId"]) for one in inbox.events()]
    assert set(ids) == set(made)
    assert len(ids) > 150
    assert list(dict.fromkeys(ids)) != made


def test_an_application_sets_itself_up(sandbox: HubSpotSandbox, hub: Client) -> None:
    base = "/webhooks/v3/1844202"
    hub("GET", f"{base}/settings", status=404)
    settings = {"targetUrl": URL, "throttling": {"maxConcurrentRequests": 5}}
    hub("PUT", f"{base}/settings", settings)
    wanted = {"eventType": "contact.propertyChange", "propertyName": "lifecyclestage"}
    made = hub("POST", f"{base}/subscriptions", wanted, status=201)
    assert made["active"] is False
    sandbox.create("contacts", {"firstname": "A", "lifecyclestage": "customer"})
    hub("PATCH", f"{base}/subscriptions/{made['id']}", {"active": True})
    sandbox.create("contacts", {"firstname": "B", "lifecyclestage": "lead"})
    inbox = Inbox()
    sandbox.deliver_webhooks(inbox)
    assert [one["propertyValue"] for one in inbox.events()] == ["lead"]
    silent = {"eventType": "contact.propertyChange", "propertyName": "hs_lastmodifieddate"}
    hub("POST", f"{base}/subscriptions", silent, status=400)
    batch = {"inputs": [{"id": int(made["id"]), "active": False}]}
    body = hub("POST", f"{base}/subscriptions/batch/update", batch)
    assert body["results"][0]["active"] is False
    hub("DELETE", f"{base}/subscriptions/{made['id']}", status=204)
    assert hub("GET", "/app-webhooks/2026-09/1844202/subscriptions")["results"] == []
    hub("DELETE", f"{base}/settings", status=204)


def test_an_application_is_named_by_a_number(hub: Client) -> None:
    settings = {"targetUrl": URL, "throttling": {"maxConcurrentRequests": 5}}
    body = hub("PUT", "/webhooks/v3/mine/settings", settings, status=400)
    assert body["message"] == "Unable to parse value for path parameter: appId"
