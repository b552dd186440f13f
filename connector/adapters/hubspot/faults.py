"""What HubSpot's errors mean to the caller: the only place where foreign exceptions are read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import orjson
import urllib3.exceptions as wire
from hubspot.crm.contacts import exceptions as theirs

from connector.adapters.hubspot.remedies import remedy_for
from connector.adapters.redact import (
    code_of,
    correlation_of,
    entries_of,
    fields_of,
    ids_of,
    is_certificate,
    kebab,
)
from connector.core.errors import ConnectorError, OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.core.problems import Place, Problem


class Meaning(StrEnum):
    """What an error says about the call, before it is known whether the call wrote."""

    LATER = "later"  #: nothing was done; the same call may work later
    AWAY = "away"  #: no usable answer: a read is repeated, a write is of unknown outcome
    REFUSED = "refused"  #: understood, and no
    SETUP = "setup"  #: a person must mend credentials, scopes or addresses


BY_STATUS: Mapping[int, Meaning] = {
    401: Meaning.SETUP,
    403: Meaning.SETUP,
    407: Meaning.SETUP,
    408: Meaning.AWAY,
    414: Meaning.REFUSED,
    423: Meaning.LATER,  # a lock of two seconds after much was written at once
    429: Meaning.LATER,
    477: Meaning.LATER,  # the account moves between data centres
    503: Meaning.AWAY,
    530: Meaning.SETUP,  # Cloudflare, seen with malformed tokens
}

BY_CATEGORY: Mapping[str, Meaning] = {
    "INVALID_AUTHENTICATION": Meaning.SETUP,
    "EXPIRED_AUTHENTICATION": Meaning.SETUP,
    "MISSING_SCOPES": Meaning.SETUP,
    "FORBIDDEN": Meaning.SETUP,
    "RATE_LIMITS": Meaning.LATER,
    "VALIDATION_ERROR": Meaning.REFUSED,
    "OBJECT_NOT_FOUND": Meaning.REFUSED,
    "OBJECT_ALREADY_EXISTS": Meaning.REFUSED,
    "CONFLICT": Meaning.REFUSED,
}

WAIT_BY_POLICY: Mapping[str, timedelta] = {
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "SECONDLY": timedelta(seconds=1),
}

BY_CLASS: Mapping[type[BaseException], Meaning] = {
    # The client's own classes carry a status; those that do not are our mistakes in calling it.
    theirs.OpenApiException: Meaning.SETUP,
    theirs.ApiTypeError: Meaning.SETUP,
    theirs.ApiValueError: Meaning.SETUP,
    theirs.ApiAttributeError: Meaning.SETUP,
    theirs.ApiKeyError: Meaning.SETUP,
    theirs.ApiException: Meaning.AWAY,
    theirs.NotFoundException: Meaning.REFUSED,
    theirs.UnauthorizedException: Meaning.SETUP,
    theirs.ForbiddenException: Meaning.SETUP,
    theirs.ServiceException: Meaning.AWAY,
    # The call never left.
    wire.ConnectTimeoutError: Meaning.LATER,
    wire.NewConnectionError: Meaning.LATER,
    wire.NameResolutionError: Meaning.LATER,
    wire.EmptyPoolError: Meaning.LATER,
    wire.FullPoolError: Meaning.LATER,
    wire.ClosedPoolError: Meaning.LATER,
    wire.ProxyError: Meaning.LATER,
    # It left, or may have left, and no whole answer came.
    wire.HTTPError: Meaning.AWAY,
    wire.PoolError: Meaning.AWAY,
    wire.RequestError: Meaning.AWAY,
    wire.DecodeError: Meaning.AWAY,
    wire.ProtocolError: Meaning.AWAY,
    wire.MaxRetryError: Meaning.AWAY,
    wire.HostChangedError: Meaning.SETUP,
    wire.TimeoutStateError: Meaning.AWAY,
    wire.TimeoutError: Meaning.AWAY,
    wire.ReadTimeoutError: Meaning.AWAY,
    wire.ResponseError: Meaning.AWAY,
    wire.ResponseNotChunked: Meaning.AWAY,
    wire.BodyNotHttplibCompatible: Meaning.AWAY,
    wire.IncompleteRead: Meaning.AWAY,
    wire.InvalidChunkLength: Meaning.AWAY,
    wire.InvalidHeader: Meaning.AWAY,
    wire.HeaderParsingError: Meaning.AWAY,
    wire.UnrewindableBodyError: Meaning.AWAY,
    # Addresses and certificates.
    wire.SSLError: Meaning.AWAY,  # a certificate is told apart by its text
    wire.LocationValueError: Meaning.SETUP,
    wire.LocationParseError: Meaning.SETUP,
    wire.URLSchemeUnknown: Meaning.SETUP,
    wire.ProxySchemeUnknown: Meaning.SETUP,
    wire.ProxySchemeUnsupported: Meaning.SETUP,
}

FOREIGN = tuple(BY_CLASS)  #: what the client module catches


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The machine's words of one error answer; never its texts, which quote values."""

    status: int = 0
    category: str = ""
    sub_category: str = ""
    policy: str = ""
    codes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    existing_id: str = ""
    trace_ids: tuple[str, ...] = ()
    correlation: str = ""

    @property
    def code(self) -> str:
        """The most telling word of the answer."""
        first = self.codes[0] if self.codes else ""
        return first or self.category or (f"HTTP_{self.status}" if self.status else "UNKNOWN")


class Rejected(Refused):
    """A refusal that still has its fault, for those who sort out which row was meant."""

    def __init__(self, fault: Fault, where: Place) -> None:
        super().__init__(problem_of(fault, where))
        self.fault = fault


class TlsFailure(wire.HTTPError):
    """In place of urllib3's SSLError, on whose handling the client itself breaks."""


class Forbidden(StopTheRun):
    """A scope or a right is missing, for those who can go on without."""


_EXISTING = re.compile(r"Existing ID: (\d{1,19})")
_LISTED = re.compile(r'"(error|name)"\s*:\s*"([A-Za-z0-9_]{1,100})"')


def read_fault(body: object, status: int = 0) -> Fault:
    """Reads an error body, or one entry of a batch's `errors`; anything may be missing in it."""
    if not isinstance(body, dict):
        return Fault(status=status)
    given, text = body.get("context"), body.get("message")
    context: dict[str, Any] = given if isinstance(given, dict) else {}
    message = text if isinstance(text, str) else ""
    details = [entry for entry in entries_of(body.get("errors")) if isinstance(entry, dict)]
    # The rejected values come as JSON inside the message; its codes and names are safe to keep.
    listed = _LISTED.findall(message)
    codes = [code_of(entry.get("code")) for entry in details]
    codes += [text for key, text in listed if key == "error"]
    names: list[object] = [text for key, text in listed if key == "name"]
    inner = [entry["context"] for entry in details if isinstance(entry.get("context"), dict)]
    for entry in inner:
        names += entries_of(entry.get("propertyName"))
    existing = _EXISTING.search(message)
    sub = body.get("subCategory")
    return Fault(
        status=status,
        category=code_of(body.get("category")),
        sub_category=code_of(sub),
        policy=code_of(body.get("policyName")) or _policy_in(message),
        codes=tuple(dict.fromkeys(code for code in codes if code)),
        fields=fields_of(names),
        ids=ids_of(context.get("ids") or context.get("id") or []),
        existing_id=existing.group(1) if existing else "",
        trace_ids=tuple(str(entry) for entry in entries_of(context.get("objectWriteTraceId"))),
        correlation=correlation_of(body.get("correlationId")),
    )


def _policy_in(message: str) -> str:
    """The limit that a 429 names in its text only."""
    lowered = message.lower()
    if "secondly limit" in lowered and "ten_secondly" not in lowered:
        return "SECONDLY"
    if "daily limit" in lowered:
        return "DAILY"
    return "TEN_SECONDLY_ROLLING" if "ten_secondly" in lowered else ""


def problem_of(fault: Fault, where: Place) -> Problem:
    """The fault as something a person can mend: codes, field names and ids, no values."""
    remedy = remedy_for(fault.codes, fault.category)
    parts = [f"HubSpot refused it ({fault.code})"]
    if fault.fields:
        parts.append(f"fields: {', '.join(fault.fields)}")
    if fault.existing_id:
        parts.append(f"existing record: {fault.existing_id}")
    if fault.correlation:
        parts.append(f"correlation id: {fault.correlation}")
    return Problem(
        code=f"hubspot-{kebab(fault.code)}",
        where=where,
        what="; ".join(parts),
        remedy=remedy.text,
        mender=remedy.mender,
    )


def translate(error: BaseException, *, write: bool, where: Place) -> ConnectorError:
    """The foreign exception as one of ours; `write` tells whether a lost answer leaves doubt."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and status > 0:
        return of_answer(status, _body_of(error), _headers_of(error), write=write, where=where)
    meaning = BY_CLASS.get(type(error), Meaning.AWAY)
    if isinstance(error, TlsFailure | wire.SSLError) and is_certificate(str(error)):
        return StopTheRun("HubSpot's certificate cannot be verified")
    return _raise_as(meaning, f"HubSpot cannot be reached ({type(error).__name__})", write=write)


def of_answer(
    status: int, body: object, headers: Mapping[str, str], *, write: bool, where: Place
) -> ConnectorError:
    """The exception for an error answer, by category first, then by status."""
    fault = read_fault(body, status)
    words = _sentence(fault, where)
    if fault.policy == "DAILY":
        return StopTheRun(
            f"HubSpot's limit of calls for the day is reached; {words}", configuration=False
        )
    meaning = BY_CATEGORY.get(fault.category) or BY_STATUS.get(status) or _by_hundred(status)
    if meaning is Meaning.LATER:
        return TryLater(f"HubSpot is busy: {words}", wait=_wait(fault, headers))
    if meaning is Meaning.REFUSED:
        return Rejected(fault, where)
    if meaning is Meaning.SETUP and 300 <= status < 400:
        return StopTheRun(f"HubSpot redirects elsewhere, which is not followed: {words}")
    if status == 403:
        return Forbidden(f"HubSpot does not permit it: {words}")
    return _raise_as(meaning, f"HubSpot: {words}", write=write)


def unreadable(*, write: bool, where: Place) -> ConnectorError:
    """For an answer that is not what its status promises: cut off, or not JSON."""
    return _raise_as(Meaning.AWAY, f"HubSpot's answer for {where} is unreadable", write=write)


def _by_hundred(status: int) -> Meaning:
    if status >= 500:
        return Meaning.AWAY
    return Meaning.REFUSED if status >= 400 else Meaning.SETUP


def _raise_as(meaning: Meaning, words: str, *, write: bool) -> ConnectorError:
    if meaning is Meaning.SETUP:
        return StopTheRun(words)
    if meaning is Meaning.AWAY and write:
        return OutcomeUnknown(words)
    return TryLater(words)


def _wait(fault: Fault, headers: Mapping[str, str]) -> timedelta | None:
    after = headers.get("retry-after", "")
    if re.fullmatch(r"\d{1,6}(\.\d+)?", after):
        return timedelta(seconds=float(after))
    if fault.status == 423:
        return timedelta(seconds=2)
    if fault.status == 429 or fault.category == "RATE_LIMITS":
        return WAIT_BY_POLICY.get(fault.policy, timedelta(seconds=10))
    return None


def _sentence(fault: Fault, where: Place) -> str:
    parts = [f"{where}: {fault.code}"]
    if fault.status:
        parts.append(f"status {fault.status}")
    if fault.policy:
        parts.append(fault.policy)
    if fault.correlation:
        parts.append(f"correlation id {fault.correlation}")
    return ", ".join(parts)


def _body_of(error: BaseException) -> object:
    text: Any = getattr(error, "body", None)
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None  # an HTML page of a proxy


def _headers_of(error: BaseException) -> Mapping[str, str]:
    headers: Any = getattr(error, "headers", None)
    return {str(key).lower(): str(value) for key, value in dict(headers or {}).items()}
