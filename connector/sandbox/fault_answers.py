"""Failures in each vendor's own spelling: limits, outages, tokens, locks."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from connector.sandbox.http import Answer, json_answer

_HUBSPOT_LIMITS: Mapping[str, Mapping[str, str]] = {
    "ten_secondly": {
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
        "groupName": "publicapi:private-apps:api-calls:1844201",
    },
    "daily": {
        "message": "You have reached your daily limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "DAILY",
    },
    "secondly": {"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"},
}
_PHRASES: Mapping[int, str] = {
    477: "Migration in Progress",
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    523: "Origin is unreachable",
    524: "A timeout occurred",
}


def http_date(moment: datetime) -> str:
    """A moment in UTC as HTTP headers spell it."""
    return format_datetime(moment, usegmt=True)


def dated(answer: Answer, moment: datetime) -> Answer:
    """The answer with a Date header, if it has none of its own."""
    if "date" in answer.headers:
        return answer
    return replace(answer, headers={**answer.headers, "date": http_date(moment)})


def too_many(system: str, bucket: str, wait: int | None) -> Answer:
    """A limit was hit; `bucket` is ten_secondly, secondly or daily."""
    headers = {} if wait is None else {"retry-after": str(wait)}
    if system == "hubspot":
        return _hubspot(429, _HUBSPOT_LIMITS[bucket], headers)
    text = (
        "TotalRequests Limit exceeded."
        if bucket == "daily"
        else "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    )
    return _salesforce(403, "REQUEST_LIMIT_EXCEEDED", text, headers)


def server_error(system: str, status: int, *, html: bool) -> Answer:
    """A 5xx. The JSON bodies' texts are ours: no recording has one."""
    if html:
        return _page(status, phrase(status))
    if system == "hubspot":
        return _hubspot(status, {"message": "internal error", "category": "INTERNAL_ERROR"})
    code = "SERVER_UNAVAILABLE" if status == 503 else "UNKNOWN_EXCEPTION"
    return _salesforce(status, code, "An unexpected error occurred. Please try again later.")


def maintenance(system: str, wait: int | None) -> Answer:
    """503 while the vendor works on its own machines."""
    headers = {} if wait is None else {"retry-after": str(wait)}
    text = "We are down for maintenance" if system == "salesforce" else "Service Unavailable"
    return _page(503, text, headers)


def locked(system: str) -> Answer:
    """Somebody else is writing: 423 (JSON text ours) or UNABLE_TO_LOCK_ROW."""
    if system == "hubspot":
        return _hubspot(423, {"message": "The resource is locked", "category": "LOCKED"})
    text = "unable to obtain exclusive access to this record or 1 records: 00Q000000000001"
    return _salesforce(400, "UNABLE_TO_LOCK_ROW", text, fields=True)


def moving(wait: int) -> Answer:
    """477: the HubSpot account moves between data centres; comes with Retry-After."""
    given = {"message": "This account is being migrated", "category": "MIGRATION_IN_PROGRESS"}
    return _hubspot(477, given, {"retry-after": str(wait)})


def expired(system: str, now: datetime) -> Answer:
    """401 in the vendor's spelling."""
    if system == "salesforce":
        headers = {"www-authenticate": "Token"}
        return _salesforce(401, "INVALID_SESSION_ID", "Session expired or invalid", headers)
    moment = (now - timedelta(seconds=75)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    text = "The OAuth token used to make this call expired 75 second(s) ago."
    return _hubspot(
        401,
        {
            "message": text,
            "category": "EXPIRED_AUTHENTICATION",
            "context": {"expire time": [moment]},
        },
        {"x-hubspot-auth-failure": "401 Unauthorized"},
    )


def scope_withdrawn(system: str) -> Answer:
    """403: the app may no longer do this."""
    if system == "salesforce":
        return _salesforce(403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id")
    link = "https://developers.hubspot.com/scopes"
    return _hubspot(
        403,
        {
            "message": "This app hasn't been granted all required scopes to make this call. "
            f"Read more about required scopes here: {link}.",
            "category": "MISSING_SCOPES",
            "errors": [
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": ["crm.objects.contacts.read"]},
                }
            ],
            "links": {"scopes": link},
        },
    )


def phrase(status: int) -> str:
    """The words that go with a status, the unofficial ones included."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return _PHRASES.get(status, "Error")


def _hubspot(
    status: int, given: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Answer:
    correlation = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{status}{given['message']}"))
    body = {"status": "error", **given, "correlationId": correlation}
    return json_answer(
        body, status=status, headers={"x-hubspot-correlation-id": correlation, **(headers or {})}
    )


def _salesforce(
    status: int,
    code: str,
    text: str,
    headers: Mapping[str, str] | None = None,
    *,
    fields: bool = False,
) -> Answer:
    row: dict[str, Any] = {"message": text, "errorCode": code}
    if fields:
        row["fields"] = []
    return json_answer([row], status=status, headers=headers)


def _page(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    body = (
        f"<html>\r\n<head><title>{status} {text}</title></head>\r\n"
        f"<body>\r\n<center><h1>{status} {text}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    given = {"content-type": "text/html; charset=utf-8", **(headers or {})}
    return Answer(status=status, headers=given, body=body.encode())
