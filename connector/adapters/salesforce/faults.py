"""What Salesforce's errors mean to the caller: the only place where foreign exceptions are read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import requests.exceptions as wire

from connector.adapters.redact import (
    code_of,
    entries_of,
    fields_of,
    ids_of,
    is_certificate,
    kebab,
)
from connector.adapters.salesforce.foreign import theirs
from connector.adapters.salesforce.remedies import remedy_for
from connector.core.errors import ConnectorError, OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.core.problems import Place, Problem


class Meaning(StrEnum):
    """What an error says about the call, before it is known whether the call wrote."""

    LATER = "later"  #: nothing was done; the same call may work later
    AWAY = "away"  #: no usable answer: a read is repeated, a write is of unknown outcome
    REFUSED = "refused"  #: understood, and no
    SETUP = "setup"  #: a person must mend credentials, rights or addresses
    QUOTA = "quota"  #: nothing else works until the limit's window has moved


BY_CODE: Mapping[str, Meaning] = {  # Salesforce says more in errorCode than in the status
    "UNABLE_TO_LOCK_ROW": Meaning.LATER,
    "CANNOT_GET_LOCK": Meaning.LATER,
    "QUERY_TIMEOUT": Meaning.LATER,
    "REQUEST_RUNNING_TOO_LONG": Meaning.AWAY,
    "SERVER_UNAVAILABLE": Meaning.AWAY,
    "UNKNOWN_EXCEPTION": Meaning.AWAY,
    "TXN_SECURITY_METERING_ERROR": Meaning.LATER,
    "REQUEST_LIMIT_EXCEEDED": Meaning.QUOTA,  # of the day; the concurrent one is told apart below
    "EXCEEDED_QUOTA": Meaning.QUOTA,
    "STORAGE_LIMIT_EXCEEDED": Meaning.SETUP,
    "API_CURRENTLY_DISABLED": Meaning.SETUP,
    "API_DISABLED_FOR_ORG": Meaning.SETUP,
    "FUNCTIONALITY_NOT_ENABLED": Meaning.SETUP,
    "INVALID_SESSION_ID": Meaning.SETUP,
    "INVALID_AUTH_HEADER": Meaning.SETUP,
    "OAUTH_APP_BLOCKED": Meaning.SETUP,
    "UNSUPPORTED_API_VERSION": Meaning.SETUP,
    "INVALID_QUERY_LOCATOR": Meaning.REFUSED,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": Meaning.LATER,
    "PROCESSING_HALTED": Meaning.LATER,
    "DUPLICATES_DETECTED": Meaning.REFUSED,
}

#: In a query these are faults of the files, and no other query will fare better.
OF_THE_FILES = frozenset({"INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY"})

BY_STATUS: Mapping[int, Meaning] = {
    300: Meaning.REFUSED,
    401: Meaning.SETUP,
    403: Meaning.SETUP,
    406: Meaning.AWAY,  # seen now and then without cause
    408: Meaning.AWAY,
    410: Meaning.SETUP,
    420: Meaning.LATER,
    429: Meaning.LATER,
}

BY_CLASS: Mapping[type[BaseException], Meaning] = {
    theirs.SalesforceError: Meaning.AWAY,
    theirs.SalesforceMoreThanOneRecord: Meaning.REFUSED,
    theirs.SalesforceMalformedRequest: Meaning.REFUSED,
    theirs.SalesforceExpiredSession: Meaning.SETUP,
    theirs.SalesforceRefusedRequest: Meaning.SETUP,
    theirs.SalesforceResourceNotFound: Meaning.REFUSED,
    theirs.SalesforceAuthenticationFailed: Meaning.SETUP,
    theirs.SalesforceGeneralError: Meaning.AWAY,
    theirs.SalesforceOperationError: Meaning.AWAY,
    theirs.SalesforceBulkV2LoadError: Meaning.AWAY,
    theirs.SalesforceBulkV2ExtractError: Meaning.AWAY,
    # The call never left.
    wire.ConnectTimeout: Meaning.LATER,
    wire.ProxyError: Meaning.LATER,
    # It left, or may have left, and no whole answer came. ConnectionError also covers a refused
    # connection, which is told apart by its cause.
    wire.RequestException: Meaning.AWAY,
    wire.ConnectionError: Meaning.AWAY,
    wire.HTTPError: Meaning.AWAY,
    wire.Timeout: Meaning.AWAY,
    wire.ReadTimeout: Meaning.AWAY,
    wire.ChunkedEncodingError: Meaning.AWAY,
    wire.ContentDecodingError: Meaning.AWAY,
    wire.StreamConsumedError: Meaning.AWAY,
    wire.RetryError: Meaning.AWAY,
    wire.InvalidJSONError: Meaning.AWAY,
    wire.JSONDecodeError: Meaning.AWAY,
    wire.UnrewindableBodyError: Meaning.AWAY,
    # Addresses and certificates.
    wire.SSLError: Meaning.AWAY,  # a certificate is told apart by its text
    wire.TooManyRedirects: Meaning.SETUP,
    wire.URLRequired: Meaning.SETUP,
    wire.MissingSchema: Meaning.SETUP,
    wire.InvalidSchema: Meaning.SETUP,
    wire.InvalidURL: Meaning.SETUP,
    wire.InvalidHeader: Meaning.SETUP,
    wire.InvalidProxyURL: Meaning.SETUP,
}

FOREIGN = (theirs.SalesforceError, theirs.SalesforceOperationError, wire.RequestException)

_NEVER_LEFT = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})
_CONCURRENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The machine's words of one error; never its message, which quotes values."""

    code: str = ""
    fields: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()  #: of records that matched or hold the value
    concurrent: bool = False  #: a limit of calls at one time, not of the day
    dead_session: bool = False  #: a 401 that a new token does not mend


class Rejected(Refused):
    """A refusal that still has its fault, for those who sort out which row was meant."""

    def __init__(self, fault: Fault, where: Place) -> None:
        super().__init__(problem_of(fault, where))
        self.fault = fault


_COLUMN = re.compile(r"No such column '([A-Za-z0-9_]{1,80})'|sObject type '([A-Za-z0-9_]{1,80})'")
_LISTED = re.compile(r"(?:Required fields are missing|create/update fields): \[?([\w, ]{1,400})")
_HOLDER = re.compile(r"record with id: ([A-Za-z0-9]{15,18})")


def read_fault(body: object) -> Fault:
    """Reads the first error of an error body (a list, as a rule) or of a row's `errors`."""
    entry = body[0] if isinstance(body, list) and body else body
    if not isinstance(entry, dict):
        return Fault()
    text = entry.get("message")
    message = text if isinstance(text, str) else ""
    found = [part for match in _COLUMN.findall(message) for part in match if part]
    for listed in _LISTED.findall(message):
        found += [part.strip() for part in listed.split(",")]
    return Fault(
        code=code_of(entry.get("errorCode") or entry.get("statusCode") or entry.get("error")),
        fields=fields_of([*entries_of(entry.get("fields")), *found]),
        ids=ids_of(_matches(entry) + _HOLDER.findall(message)),
        concurrent="concurrentrequests" in message.lower(),
        dead_session="not valid for use" in message or "not attached" in message,
    )


def _matches(entry: Mapping[str, object]) -> list[str]:
    """Ids that a duplicate rule found; its key is misspelt by Salesforce, and may be mended."""
    result = entry.get("duplicateResut") or entry.get("duplicateResult")
    matches = entries_of(result.get("matchResults")) if isinstance(result, dict) else []
    records = [
        record.get("record")
        for match in matches
        if isinstance(match, dict)
        for record in entries_of(match.get("matchRecords"))
        if isinstance(record, dict)
    ]
    return [str(record.get("Id")) for record in records if isinstance(record, dict)]


def problem_of(fault: Fault, where: Place) -> Problem:
    """The fault as something a person can mend: code, field names and ids, no values."""
    code = fault.code or "UNKNOWN"
    remedy = remedy_for(code)
    parts = [f"Salesforce refused it ({code})"]
    if fault.fields:
        parts.append(f"fields: {', '.join(fault.fields)}")
    if fault.ids:
        parts.append(f"records: {', '.join(fault.ids)}")
    return Problem(
        code=f"salesforce-{kebab(code)}",
        where=where,
        what="; ".join(parts),
        remedy=remedy.text,
        mender=remedy.mender,
    )


def is_locked(fault: Fault) -> bool:
    """Did the row fail only for the moment?"""
    return BY_CODE.get(fault.code) is Meaning.LATER


def is_stale_token(error: BaseException) -> bool:
    """Is it a 401 that a new token may mend? Some sessions are refused for what they are."""
    if getattr(error, "status", 0) != 401:
        return False
    return not read_fault(getattr(error, "content", None)).dead_session


def translate(error: BaseException, *, write: bool, where: Place) -> ConnectorError:
    """The foreign exception as one of ours; `write` tells whether a lost answer leaves doubt."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and not isinstance(error, theirs.SalesforceAuthenticationFailed):
        return of_answer(status, getattr(error, "content", None), write=write, where=where)
    meaning = BY_CLASS.get(type(error), Meaning.AWAY)
    if isinstance(error, wire.SSLError) and is_certificate(str(error)):
        return StopTheRun("Salesforce's certificate cannot be verified")
    if meaning is Meaning.AWAY and _never_left(error):
        meaning = Meaning.LATER
    words = f"Salesforce cannot be reached ({type(error).__name__}, {where})"
    return _as(meaning, words, write=write)


def of_answer(status: int, body: object, *, write: bool, where: Place) -> ConnectorError:
    """The exception for an error answer, by errorCode first, then by status."""
    fault = read_fault(body)
    words = f"{where}: {fault.code or 'no code'}, status {status}"
    if fault.fields:
        words += f", fields: {', '.join(fault.fields)}"
    if fault.concurrent:
        return TryLater(f"Salesforce is busy: {words}", wait=_CONCURRENT)
    if status in (301, 302, 303, 307, 308):
        return StopTheRun(f"Salesforce redirects elsewhere, which is not followed: {words}")
    if not write and fault.code in OF_THE_FILES:
        return StopTheRun(f"Salesforce does not know a name in the files: {words}")
    meaning = BY_CODE.get(fault.code) or BY_STATUS.get(status)
    if meaning is None:
        meaning = Meaning.AWAY if status >= 500 or not fault.code else Meaning.REFUSED
    if meaning is Meaning.REFUSED:
        return Rejected(fault, where)
    return _as(meaning, f"Salesforce: {words}", write=write)


def of_sign_in(status: int, body: object, where: Place) -> ConnectorError:
    """The exception for an error answer of the token endpoint, whose own form is `{"error": …}`.

    An `invalid_grant` or the like is for a person to mend and is never repeated, lest a user be
    locked out. Errors of the API's form come from limits in front of it.
    """
    fault = read_fault(body)
    if isinstance(body, dict) and status < 500 and status != 429:
        return StopTheRun(f"Salesforce does not accept the credentials ({fault.code or status}).")
    if fault.code == "INVALID_SESSION_ID":  # no session was sent
        return TryLater(f"Salesforce cannot sign in now (status {status})")
    return of_answer(status, body, write=False, where=where)


def unreadable(*, write: bool, where: Place) -> ConnectorError:
    """For an answer that is not what its status promises: cut off, or not JSON."""
    return _as(Meaning.AWAY, f"Salesforce's answer is unreadable ({where})", write=write)


def _never_left(error: BaseException) -> bool:
    """Walks to the socket's own error: requests wraps a refused connection several times."""
    inner: object = error
    for _ in range(4):
        args = getattr(inner, "args", ())
        inner = getattr(inner, "reason", None) or (args[0] if args else None)
        if type(inner).__name__ in _NEVER_LEFT:
            return True
    return False


def _as(meaning: Meaning, words: str, *, write: bool) -> ConnectorError:
    if meaning is Meaning.SETUP:
        return StopTheRun(words)
    if meaning is Meaning.QUOTA:
        return StopTheRun(f"the limit of calls is reached; {words}", configuration=False)
    if meaning is Meaning.AWAY and write:
        return OutcomeUnknown(words)
    return TryLater(words)
