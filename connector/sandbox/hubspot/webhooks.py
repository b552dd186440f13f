"""Webhooks out: subscriptions, due deliveries, signatures and retries."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from connector.sandbox.hubspot.events import Event
from connector.sandbox.hubspot.portal import Portal

#: Events in one request; attempts in all; over how long the retries are spread.
BATCH, ATTEMPTS, SPREAD_MS = 100, 10, 24 * 3_600_000

#: The answer is awaited for so long, in seconds; without one the delivery has failed.
PATIENCE_S = 5


@dataclass(slots=True, kw_only=True)
class Subscription:
    """What an application wants to hear; `event_type` is like `contact.creation`."""

    id: int
    app_id: int
    event_type: str
    property_name: str | None = None
    object_type_id: str | None = None
    active: bool = True
    created: int = 0
    updated: int = 0


@dataclass(slots=True, kw_only=True)
class Target:
    """Where an application listens."""

    url: str
    concurrent: int = 10
    created: int = 0
    updated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request to an application's address: POST `body` with `headers` to `url`."""

    id: int
    app_id: int
    url: str
    body: bytes
    headers: Mapping[str, str]
    attempt: int


#: Carries a delivery out; gives the HTTP status, or None where no answer came within 5 seconds.
Send = Callable[[Delivery], int | None]


@dataclass(slots=True, kw_only=True)
class _Pending:
    id: int
    app_id: int
    event: dict[str, Any]
    due: int
    attempt: int = 0


@dataclass(slots=True)
class Webhooks:
    """Collects events for the applications that subscribed, until they are sent.

    Two settings of a delivery's life: with `disorder` events of one span are shuffled, and each is
    sent twice with the probability `twice`.
    """

    portal: Portal
    disorder: bool = False
    twice: float = 0.0
    targets: dict[int, Target] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    pending: list[_Pending] = field(default_factory=list)
    in_flight: dict[int, list[_Pending]] = field(default_factory=dict)
    given_up: int = 0
    _next: int = 1

    def subscribe(
        self,
        app_id: int,
        event_type: str,
        *,
        property_name: str | None = None,
        object_type_id: str | None = None,
    ) -> Subscription:
        """Adds a subscription that is active at once."""
        now = self.portal.now()
        made = Subscription(
            id=self._number(),
            app_id=app_id,
            event_type=event_type,
            property_name=property_name,
            object_type_id=object_type_id,
            created=now,
            updated=now,
        )
        self.subscriptions[made.id] = made
        self._listen()
        return made

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _listen(self) -> None:
        if self.subscriptions and self.heard not in self.portal.listeners:
            self.portal.listeners.append(self.heard)

    def heard(self, event: Event) -> None:
        """Queues an event for every subscription that it fits."""
        for one in self.subscriptions.values():
            if one.active and one.app_id in self.targets and _fits(one, event):
                self._queue(one, event)

    def _queue(self, one: Subscription, event: Event) -> None:
        body: dict[str, Any] = {
            "eventId": self._number(),
            "subscriptionId": one.id,
            "portalId": self.portal.settings.portal_id,
            "appId": one.app_id,
            "occurredAt": event.at,
            "subscriptionType": one.event_type,
            "objectId": event.object_id,
            "changeSource": event.source,
            "sourceId": event.source_id,
            **event.details,
        }
        if one.event_type.startswith("object."):
            body["objectTypeId"] = event.type_id
        if event.action in ("creation", "deletion"):
            # [C] the values
            body["changeFlag"] = "CREATED" if event.action == "creation" else "DELETED"
        copies = 2 if self.twice and self.portal.dice.random() < self.twice else 1
        for _copy in range(copies):
            self.pending.append(
                _Pending(id=self._number(), app_id=one.app_id, event=body, due=event.at)
            )

    def due(self, now: int) -> list[Delivery]:
        """Takes everything that is due out of the queue, packed into signed requests."""
        ready = [one for one in self.pending if one.due <= now]
        if not ready:
            return []
        self.pending = [one for one in self.pending if one.due > now]
        if self.disorder:
            self.portal.dice.shuffle(ready)
        deliveries = []
        for app_id in dict.fromkeys(one.app_id for one in ready):
            for attempt in sorted({one.attempt for one in ready if one.app_id == app_id}):
                some = [one for one in ready if one.app_id == app_id and one.attempt == attempt]
                deliveries += [
                    self._pack(app_id, attempt, some[start : start + BATCH], now)
                    for start in range(0, len(some), BATCH)
                ]
        return deliveries

    def _pack(self, app_id: int, attempt: int, some: list[_Pending], now: int) -> Delivery:
        body = orjson.dumps([{**one.event, "attemptNumber": attempt} for one in some])
        url = self.targets[app_id].url
        secret = self.portal.settings.webhook_secret
        made = Delivery(
            id=self._number(),
            app_id=app_id,
            url=url,
            body=body,
            headers=signed("POST", url, body, now, secret),
            attempt=attempt,
        )
        self.in_flight[made.id] = some
        return made

    def settle(self, delivery: Delivery, status: int | None, now: int) -> None:
        """Notes how a delivery ended; anything but 2xx is tried again, up to ten times in all."""
        some = self.in_flight.pop(delivery.id, [])
        if status is not None and 200 <= status < 300:
            return
        for one in some:
            one.attempt += 1
            if one.attempt >= ATTEMPTS:
                self.given_up += 1
                continue
            # The spread with jitter is documented, the curve is [?]: each wait is about double.
            share = SPREAD_MS / 2**ATTEMPTS * 2**one.attempt
            one.due = now + int(share * (0.75 + self.portal.dice.random() / 2))
            self.pending.append(one)

    def drain(self, now: int, send: Send) -> int:
        """Carries out everything that is due with `send`; gives the number of requests."""
        deliveries = self.due(now)
        for one in deliveries:
            self.settle(one, send(one), now)
        return len(deliveries)

    def save(self) -> dict[str, Any]:
        """Everything as JSON; deliveries in flight are queued again."""
        waiting = [*self.pending, *(one for some in self.in_flight.values() for one in some)]
        return {
            "next": self._next,
            "given_up": self.given_up,
            "targets": [[app_id, asdict(one)] for app_id, one in self.targets.items()],
            "subscriptions": [asdict(one) for one in self.subscriptions.values()],
            "pending": [asdict(one) for one in waiting],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self._next = saved["next"]
        self.given_up = saved["given_up"]
        self.targets = {app_id: Target(**one) for app_id, one in saved["targets"]}
        self.subscriptions = {one["id"]: Subscription(**one) for one in saved["subscriptions"]}
        self.pending = [_Pending(**one) for one in saved["pending"]]
        self.in_flight = {}
        self._listen()


def _fits(one: Subscription, event: Event) -> bool:
    subject, _, action = one.event_type.partition(".")
    if action != event.action:
        return False
    if subject == "object":
        if event.action == "privacyDeletion":
            return False
        if one.object_type_id not in (None, event.type_id):
            return False
    elif subject != event.singular:
        return False
    wanted = one.property_name
    return not wanted or wanted == event.details.get("propertyName")


_DECODED = ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")


def signature_v3(secret: str, method: str, uri: str, body: bytes, timestamp: int) -> str:
    """Base64 of HMAC-SHA256 over method, URI, body and timestamp (milliseconds).

    Twelve escapes of the URI are decoded first, as HubSpot's guide to validating requests says.
    """
    plain = uri
    for escape in _DECODED:
        plain = plain.replace(escape, unquote(escape)).replace(escape.lower(), unquote(escape))
    text = f"{method}{plain}".encode() + body + str(timestamp).encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def signed(method: str, url: str, body: bytes, now: int, secret: str) -> dict[str, str]:
    """The headers of a delivery, with the old signature beside the present one."""
    return {
        "content-type": "application/json",
        "user-agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebhooksExecutorService",
        "x-hubspot-request-timestamp": str(now),
        "x-hubspot-signature-v3": signature_v3(secret, method, url, body, now),
        "x-hubspot-signature-version": "v1",
        "x-hubspot-signature": hashlib.sha256(secret.encode() + body).hexdigest(),
    }
