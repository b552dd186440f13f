"""The endpoints of communication preferences, in their third and fourth version."""

from typing import Any

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.consent import Consent
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.preferences import (
    LEGAL_BASES,
    NOT_SPECIFIED,
    SUBSCRIBED,
    UNSUBSCRIBED,
    Status,
    SubscriptionType,
)
from connector.sandbox.hubspot.request import Reply, Request


class PreferencesApi:
    """Reading and writing who wants which e-mails."""

    def __init__(self, portal: Portal, consent: Consent) -> None:
        self._portal = portal
        self._consent = consent

    def definitions(self, _request: Request) -> Reply:
        """GET …/v3/definitions."""
        rows = [self._definition(one) for one in self._portal.preferences.types.values()]
        return 200, {"subscriptionDefinitions": rows}

    def definitions4(self, request: Request) -> Reply:
        """GET …/v4/definitions."""
        rows = [self._definition(one) for one in self._portal.preferences.types.values()]
        return 200, self._complete(request, rows)

    @staticmethod
    def _definition(one: SubscriptionType) -> Json:
        return {
            "id": str(one.id),
            "name": one.name,
            "description": one.description,
            "purpose": one.purpose,
            "communicationMethod": one.method,
            "isActive": one.active,
            "isDefault": one.default,
            "isInternal": one.internal,
            "createdAt": iso(0),
            "updatedAt": iso(0),
        }

    def status3(self, _request: Request, email: str) -> Reply:
        """GET …/v3/status/email/{email}."""
        types = self._portal.preferences.types.values()
        return 200, {
            "recipient": email,
            "subscriptionStatuses": [self._status3(email, one) for one in types],
        }

    def _status3(self, email: str, one: SubscriptionType) -> Json:
        status = self._portal.preferences.state(email, one.id)
        taken = status is not None and status.state == SUBSCRIBED
        body: Json = {
            "id": str(one.id),
            "name": one.name,
            "description": one.description,
            "status": "SUBSCRIBED" if taken else "NOT_SUBSCRIBED",
            "sourceOfStatus": (
                "PORTAL_WIDE_STATUS"
                if status is not None and status.source == "PORTAL_WIDE_STATUS"
                else "SUBSCRIPTION_STATUS"
            ),
        }
        if status is not None and status.legal_basis:
            body["legalBasis"] = status.legal_basis
            body["legalBasisExplanation"] = status.explanation or ""
        return body

    def subscribe3(self, request: Request) -> Reply:
        """POST …/v3/subscribe; refused for people who opted out themselves."""
        return self._write3(request, SUBSCRIBED)

    def unsubscribe3(self, request: Request) -> Reply:
        """POST …/v3/unsubscribe."""
        return self._write3(request, UNSUBSCRIBED)

    def _write3(self, request: Request, state: str) -> Reply:
        body = request.fields("emailAddress", "subscriptionId", shape=shapes.CONSENT)
        email = str(body["emailAddress"])
        one = self._type(body["subscriptionId"])
        self._write(request, email, one, state, body)
        return 200, self._status3(email, one)

    def _type(self, given: Any) -> SubscriptionType:
        text = str(given)
        one = self._portal.preferences.types.get(int(text)) if text.isdecimal() else None
        if one is None:
            # [?] the words
            raise Rejection(400, f"Subscription {text} does not exist", context={"id": [text]})
        return one

    def _write(
        self, request: Request, email: str, one: SubscriptionType, state: str, body: Json
    ) -> None:
        basis = body.get("legalBasis")
        if basis is not None and basis not in LEGAL_BASES:
            raise Rejection(400, f"Invalid enum constant '{basis}' for class LegalBasis")  # [?]
        if self._portal.settings.gdpr and state == SUBSCRIBED and basis is None:
            raise Rejection(400, "A legal basis is required for this portal")  # [?] the words
        present = self._portal.preferences.state(email, one.id)
        refused = present is not None and present.state == UNSUBSCRIBED and present.by_person
        if state == SUBSCRIBED and refused:
            raise Rejection(
                400,
                f"Subscription {one.id} cannot be updated because {email} has unsubscribed",  # [?]
            )
        status = Status(
            state=state,
            at=request.now,
            source="SUBSCRIPTION_STATUS",
            legal_basis=basis,
            explanation=body.get("legalBasisExplanation"),
        )
        self._consent.say(email, one.id, status)

    def status4(self, request: Request, email: str) -> Reply:
        """GET …/v4/statuses/{email}?channel=EMAIL."""
        self._channel(request.call.value("channel"))
        types = self._portal.preferences.types.values()
        return 200, self._complete(request, [self._status4(email, one) for one in types])

    @staticmethod
    def _channel(channel: str) -> None:
        if channel.upper() != "EMAIL":
            raise Rejection(400, f"Invalid enum constant '{channel}' for class Channel")  # [?]

    @staticmethod
    def _complete(request: Request, rows: list[Json]) -> Json:
        moment = iso(request.now)
        return {
            "status": "COMPLETE",
            "results": rows,
            "startedAt": moment,
            "completedAt": moment,
        }

    def _status4(self, email: str, one: SubscriptionType) -> Json:
        status = self._portal.preferences.state(email, one.id)
        body: Json = {
            "channel": "EMAIL",
            "subscriberIdString": email,
            "subscriptionId": one.id,
            "subscriptionName": one.name,
            "status": status.state if status is not None else NOT_SPECIFIED,
            "source": status.source if status is not None else "",
            "timestamp": iso(status.at if status is not None else 0),
        }
        if status is not None and status.legal_basis:
            body["legalBasis"] = status.legal_basis
            body["legalBasisExplanation"] = status.explanation or ""
        return body

    def write4(self, request: Request, email: str) -> Reply:
        """POST …/v4/statuses/{email}."""
        body = request.fields("subscriptionId", "statusState", "channel", shape=shapes.CONSENT)
        return 200, self._complete(request, [self._write4(request, email, body)])

    def _write4(self, request: Request, email: str, body: Json) -> Json:
        self._channel(str(body.get("channel")))
        one = self._type(body.get("subscriptionId"))
        state = str(body.get("statusState"))
        if state not in (SUBSCRIBED, UNSUBSCRIBED):
            raise Rejection(400, f"Invalid enum constant '{state}' for class StatusState")  # [?]
        self._write(request, email, one, state, body)
        return self._status4(email, one)

    def wide(self, request: Request, email: str) -> Reply:
        """GET …/v4/statuses/{email}/unsubscribe-all."""
        self._channel(request.call.value("channel"))
        return 200, self._complete(request, [self._wide(email)])

    def _wide(self, email: str) -> Json:
        known = self._portal.preferences.address(email)
        return {
            "subscriberIdString": email,
            "wideStatusType": "PORTAL_WIDE",
            "status": UNSUBSCRIBED if known.opted_out is not None else SUBSCRIBED,
            "channel": "EMAIL",
            "timestamp": iso(known.opted_out or 0),
        }

    def opt_out(self, request: Request, email: str) -> Reply:
        """POST …/v4/statuses/{email}/unsubscribe-all; `verbose` shows every status."""
        self._channel(request.call.value("channel"))
        self._consent.opt_out(email, request.now)
        types = self._portal.preferences.types.values()
        verbose = request.flag("verbose")
        rows = [self._status4(email, one) for one in types] if verbose else [self._wide(email)]
        return 200, self._complete(request, rows)

    def batch_read(self, request: Request) -> Reply:
        """POST …/v4/statuses/batch/read: a bare address each."""
        self._channel(request.call.value("channel"))
        types = list(self._portal.preferences.types.values())
        rows = [
            {
                "subscriberIdString": email,
                "statuses": [self._status4(email, one) for one in types],
            }
            for email in self._emails(request)
        ]
        return 200, self._complete(request, rows)

    @staticmethod
    def _emails(request: Request) -> list[str]:
        return [str(one) for one in request.inputs(shapes.ADDRESSES)]

    def batch_write(self, request: Request) -> Reply:
        """POST …/v4/statuses/batch/write."""
        rows: list[Json] = []
        errors: list[Json] = []
        for one in request.inputs(shapes.CONSENTS):
            email = str(one.get("subscriberIdString"))
            try:
                rows.append(self._write4(request, email, one))
            except Rejection as refused:
                errors.append(refused.body)
        body = self._complete(request, rows)
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return (207 if errors else 200), body

    def batch_opt_out(self, request: Request) -> Reply:
        """POST …/v4/statuses/batch/unsubscribe-all."""
        self._channel(request.call.value("channel"))
        emails = self._emails(request)
        for email in emails:
            self._consent.opt_out(email, request.now)
        return 200, self._complete(request, [self._wide(email) for email in emails])

    def batch_wide(self, request: Request) -> Reply:
        """POST …/v4/statuses/batch/unsubscribe-all/read."""
        self._channel(request.call.value("channel"))
        return 200, self._complete(request, [self._wide(one) for one in self._emails(request)])
