"""A request inside the API (from outside or part of a composite) and its reply, before JSON."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import orjson

from connector.sandbox.http import Answer
from connector.sandbox.salesforce.errors import ApiRefusal, refuse
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.rules import read_auto_assign
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.values import NotReadable, unreadable_json

_UNREAD: Any = object()
JSON_TYPE = "application/json;charset=UTF-8"


@dataclass(slots=True, kw_only=True)
class Reply:
    """Status, headers, and a body as a value; `raw` is used instead where it is not JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Request:
    """One request below `/services/data/vNN.0/`; `parts` are the decoded path segments."""

    org: Org
    method: str
    version: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    user_id: str
    raw: bytes = b""
    content: Any = _UNREAD
    depth: int = 0
    dispatch: Callable[["Request"], Reply]

    @property
    def root(self) -> str:
        return f"/services/data/v{self.version}/"

    @property
    def base(self) -> str:
        """The beginning of every record's URL."""
        return f"/services/data/v{self.version}/sobjects/"

    def json(self) -> Any:
        """The body as a value; raises ApiRefusal with JSON_PARSER_ERROR."""
        if self.content is _UNREAD:
            try:
                self.content = orjson.loads(self.raw)
            except orjson.JSONDecodeError as fault:
                raise refuse(
                    "JSON_PARSER_ERROR",
                    f"{fault.msg} at [line:{fault.lineno}, column:{fault.colno}]",
                ) from None
        return self.content

    def json_object(self) -> dict[str, Any]:
        found = self.json()
        if not isinstance(found, dict):
            raise refuse(
                "JSON_PARSER_ERROR", "The HTTP entity body is required, but none was provided."
            )
        return found

    def body_bytes(self) -> bytes:
        """The body as it came, or as it would have come (within a composite)."""
        return self.raw or (orjson.dumps(self.content) if self.content is not _UNREAD else b"")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undoes all writes of the block if it does not come to its end."""
        try:
            with self.org.journal.transaction():
                yield
        except NotReadable as fault:
            raise unreadable_json(fault, self.body_bytes()) from None

    def doing(self) -> Doing:
        """Who writes under which headers; raises ApiRefusal for a malformed rule id."""
        headers = self.headers
        duplicate = headers.get("sforce-duplicate-rule-header", "").lower().replace(" ", "")
        return Doing(
            user_id=self.user_id,
            stamp=self.org.stamp(),
            auto_assign=read_auto_assign(headers.get("sforce-auto-assign")),
            allow_duplicates="allowsave=true" in duplicate,
        )

    def sobject(self, name: str) -> SObject:
        """The object of a path segment; raises ApiRefusal with 404."""
        found = self.org.object_named(name)
        if found is None:
            raise refuse(
                "NOT_FOUND", "The requested resource does not exist", status=404, code_first=True
            )
        return found


def objects_of(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of JSON objects; raises ApiRefusal with JSON_PARSER_ERROR for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise refuse("JSON_PARSER_ERROR", f"{name} is a list of objects")
    return value


def attribute(record: Mapping[str, Any], name: str) -> str | None:
    """A text from the `attributes` of a record; None where it is not there."""
    attributes = record.get("attributes")
    found = attributes.get(name) if isinstance(attributes, dict) else None
    return found if isinstance(found, str) and found else None


def refusal_reply(refusal: ApiRefusal, version: str) -> Reply:
    """The usual array of errors; several matches of an external id are an array of URLs."""
    first = refusal.faults[0]
    if refusal.status == 300:
        return Reply(status=300, body=list(first.fields or ()))
    body = [fault.as_error() for fault in refusal.faults]
    if first.details is not None:
        body = orjson.loads(orjson.dumps(body).replace(b"{version}", version.encode()))
    return Reply(status=refusal.status, body=body, headers=dict(refusal.headers))


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def not_modified(headers: Mapping[str, str], changed: datetime) -> bool:
    """Whether If-Modified-Since lets the answer be 304."""
    given = headers.get("if-modified-since")
    if not given:
        return False
    try:
        since = parsedate_to_datetime(given)
    except ValueError:
        return False
    return changed.replace(microsecond=0) <= since


def answer_of(reply: Reply) -> Answer:
    """The reply as bytes."""
    headers = {"Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private"}
    headers.update(reply.headers)
    if reply.raw is not None:
        return Answer(status=reply.status, headers=headers, body=reply.raw)
    if reply.status in {204, 304} or (reply.body is None and reply.status != 200):
        return Answer(status=reply.status, headers=headers)
    headers.setdefault("Content-Type", JSON_TYPE)
    return Answer(status=reply.status, headers=headers, body=orjson.dumps(reply.body))
