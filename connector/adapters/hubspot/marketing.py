"""HubSpot as the marketing system that flows know."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from connector.adapters.hubspot.activities import PROPERTIES, ActivityReader
from connector.adapters.hubspot.client import HubSpotClient
from connector.adapters.hubspot.reading import ContactReader
from connector.adapters.hubspot.writing import ContactWriter
from connector.core.errors import Refused, StopTheRun, TryLater
from connector.core.records import Activity, SourceRecord, System
from connector.ports import (
    Budget,
    FieldSchema,
    Member,
    NewProperty,
    ObjectSchema,
    Page,
    RecordWrite,
    RowResult,
    Window,
)

log = logging.getLogger(__name__)

LIST_PAGE = 500
MEMBERS_A_CALL = 10_000  #: no limit is documented; this one is ours


def _system_time() -> datetime:
    return datetime.now(UTC)


class HubSpotMarketing:
    """Implements `ports.MarketingSystem` on one portal."""

    def __init__(
        self, client: HubSpotClient, *, clock: Callable[[], datetime] = _system_time
    ) -> None:
        self._client, self._clock = client, clock
        self._reader = ContactReader(client)
        self._writer = ContactWriter(client)
        self._activities = ActivityReader(client, self._reader)
        self._known: _Details | None = None

    def changed(self, window: Window, properties: Sequence[str], after: str) -> Iterator[Page]:
        return self._reader.changed(window, properties, after)

    def scan(
        self, properties: Sequence[str], after: str, *, archived: bool = False
    ) -> Iterator[Page]:
        return self._reader.scan(properties, after, archived=archived)

    def census(self, after: str, until: str) -> tuple[int, str]:
        return self._reader.census(after, until)

    def read(self, ids: Sequence[str], properties: Sequence[str]) -> dict[str, SourceRecord]:
        return self._reader.read(ids, properties)

    def history(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> dict[str, dict[str, list[tuple[datetime, str, str]]]]:
        return self._reader.history(ids, properties)

    def update(self, writes: Sequence[RecordWrite]) -> list[RowResult]:
        return self._writer.update(writes)

    @property
    def activity_properties(self) -> tuple[str, ...]:
        return PROPERTIES

    def activities(
        self, ids: Sequence[str], known: Mapping[str, SourceRecord] | None = None
    ) -> dict[str, tuple[Activity, ...]]:
        return self._activities.of(ids, known or {})

    def owners(self) -> tuple[Member, ...]:
        """Active owners and archived ones: a departed owner's records must still be known."""
        return (*self._owners(archived=False), *self._owners(archived=True))

    def _owners(self, *, archived: bool) -> Iterator[Member]:
        query = [("limit", "100"), ("archived", "true" if archived else "false")]
        after: str | None = None
        while True:
            members, after = self._client.call(
                "GET",
                "owners",
                query=[*query, ("after", after)] if after else query,
                read=_members,
            )
            yield from members
            if not after:
                return

    def schema(self) -> ObjectSchema:
        fields = self._client.call("GET", "properties", {"kind": "contacts"}, read=_fields)
        text = repr(sorted(fields.items())).encode()
        return ObjectSchema(
            system=System.HUBSPOT,
            name="contact",
            fields=fields,
            hash=hashlib.sha256(text).hexdigest()[:16],
        )

    def pipelines(self) -> dict[str, tuple[str, ...]]:
        """Of contacts (the lifecycle), and of deals where the app may see them."""
        found = {"contacts": self._stages("contacts")}
        try:
            found["deals"] = self._stages("deals")
        except (Refused, StopTheRun):
            log.info("the app may not read HubSpot's deal pipelines: left out")
        return found

    def _stages(self, kind: str) -> tuple[str, ...]:
        return self._client.call("GET", "pipelines", {"kind": kind}, read=_stage_ids)

    def lists(self) -> dict[str, str]:
        found: dict[str, str] = {}
        offset = 0
        while True:
            body: dict[str, Any] = {
                "processingTypes": ["MANUAL", "SNAPSHOT"],
                "objectTypeId": "0-1",
                "offset": offset,
                "count": LIST_PAGE,
                "additionalProperties": [],
            }
            some, more = self._client.call("POST", "list-search", body=body, read=_lists)
            found |= some
            if not more:
                return found
            offset += len(some)

    def add_to_list(self, list_id: str, ids: Sequence[str]) -> None:
        """Raises OutcomeUnknown where no answer came; adding again is harmless."""
        self._change_list("list-add", list_id, ids)

    def remove_from_list(self, list_id: str, ids: Sequence[str]) -> None:
        self._change_list("list-remove", list_id, ids)

    def _change_list(self, path: str, list_id: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), MEMBERS_A_CALL):
            chunk = list(ids[start : start + MEMBERS_A_CALL])
            self._client.call("PUT", path, {"id": list_id}, body=chunk, write=True)

    def make_group(self, name: str, label: str) -> None:
        """Makes a group of contact properties; one that is there stays as it is."""
        parts = {"kind": "contacts"}
        known = self._client.call("GET", "property-groups", parts, read=_names)
        if name not in known:
            body = {"name": name, "label": label, "displayOrder": -1}
            self._client.call("POST", "property-groups", parts, body=body, write=True)

    def make_property(self, field: NewProperty) -> None:
        body = {
            "name": field.name,
            "label": field.label,
            "type": field.type,
            "fieldType": field.field_type,
            "groupName": field.group,
            "description": field.description,
            "formField": True,
            "options": [
                {"value": value, "label": label, "displayOrder": place, "hidden": False}
                for place, (value, label) in enumerate(field.options)
            ],
        }
        self._client.call("POST", "properties", {"kind": "contacts"}, body=body, write=True)

    def make_list(self, name: str) -> str:
        body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
        return self._client.call("POST", "lists", body=body, write=True, read=_list_id)

    def opt_out(self, email: str) -> None:
        """Consent belongs to the address, not to the contact. Repeating it is harmless."""
        self._client.call(
            "POST", "unsubscribe", {"email": email}, query=[("channel", "EMAIL")], write=True
        )

    def erase(self, ids: Sequence[str]) -> list[RowResult]:
        return self._writer.erase(ids)

    def budget(self) -> Budget:
        """Calls of the day; they start anew at midnight of the account's own time zone."""
        try:
            zone = self._details().zone
        except TryLater:
            return self._client.budget()
        now = self._client.moment() or self._clock()
        tomorrow = (now.astimezone(zone) + timedelta(days=1)).date()
        midnight = datetime.combine(tomorrow, time.min, zone)
        return replace(self._client.budget(), resets_at=midnight.astimezone(UTC))

    def account(self) -> str:
        """The number HubSpot shows as Hub ID; asked for once, with the time zone."""
        return self._details().number

    def _details(self) -> "_Details":
        if self._known is None:
            try:
                self._known = self._client.call("GET", "account", read=_details)
            except (Refused, StopTheRun):
                # The app may not ask: off by some hours, which only shifts a forecast.
                self._known = _Details("", UTC)
        return self._known

    def now(self) -> datetime:
        """Asks each time: an earlier answer's moment may be old by any amount."""
        self._client.call("GET", "owners", query=[("limit", "1")])
        return self._client.moment() or self._clock()


class _Details(NamedTuple):
    """What the account says of itself."""

    number: str
    zone: tzinfo


def _details(answer: Mapping[str, Any]) -> _Details:
    return _Details(str(answer.get("portalId") or ""), ZoneInfo(answer["timeZone"]))


def _members(answer: Mapping[str, Any]) -> tuple[list[Member], str | None]:
    members = [_member(row) for row in answer.get("results") or []]
    after = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return members, str(after) if after else None


def _lists(answer: Mapping[str, Any]) -> tuple[dict[str, str], bool]:
    """Name -> id, and whether there are more."""
    found = {str(row["name"]): str(row["listId"]) for row in answer.get("lists") or []}
    return found, bool(answer.get("hasMore")) and bool(found)


def _list_id(answer: Mapping[str, Any]) -> str:
    return str(answer["list"]["listId"])


def _names(answer: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(row["name"]) for row in answer.get("results") or [])


def _stage_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        str(stage["id"])
        for pipeline in sorted(answer.get("results") or [], key=_order)
        for stage in sorted(pipeline.get("stages") or [], key=_order)
        if not stage.get("archived")
    )


def _fields(answer: Mapping[str, Any]) -> dict[str, FieldSchema]:
    return {str(row["name"]): _field(row) for row in answer.get("results") or []}


def _member(row: Mapping[str, Any]) -> Member:
    name = f"{row.get('firstName') or ''} {row.get('lastName') or ''}".strip()
    return Member(
        id=str(row["id"]),
        name=name,
        email=str(row.get("email") or ""),
        active=not row.get("archived"),
        kind="queue" if row.get("type") == "QUEUE" else "owner",
        teams=tuple(str(team.get("name") or "") for team in row.get("teams") or ()),
    )


def _field(row: Mapping[str, Any]) -> FieldSchema:
    rights = row.get("modificationMetadata") or {}
    return FieldSchema(
        name=str(row["name"]),
        label=str(row.get("label") or ""),
        type=str(row.get("type") or ""),
        writable=not rights.get("readOnlyValue", bool(row.get("calculated"))),
        unique=bool(row.get("hasUniqueValue")) or row["name"] == "email",
        max_length=65_536 if row.get("type") == "string" else None,
        options=tuple(
            (str(option.get("value")), not option.get("hidden"))
            for option in row.get("options") or ()
        ),
        # Owners and the like are enumerations whose options live elsewhere.
        restricted=row.get("type") == "enumeration"
        and not row.get("referencedObjectType")
        and not row.get("externalOptions"),
        calculated=bool(row.get("calculated")),
    )


def _order(row: Mapping[str, Any]) -> int:
    return int(row.get("displayOrder") or 0)
