"""What a contact did and what was done with it: pages, forms, mails, calls, meetings, notes."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.adapters.hubspot import faults
from connector.adapters.hubspot.client import HubSpotClient
from connector.adapters.hubspot.reading import ContactReader, moment_of
from connector.core.records import Activity, SourceRecord, System

log = logging.getLogger(__name__)

ASSOCIATION_BATCH = 1_000
OBJECT_BATCH = 100

_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class _Trace:
    """A contact property that holds the moment of something the person did."""

    kind: str
    moment: str
    title: str
    direction: str = "in"


# HubSpot gives no list of page views or submissions by contact; it keeps the first and the last of
# each as properties, and counts beside them, which are ordinary fields of fields.yaml.
_TRACES = (
    _Trace("page_view", "hs_analytics_first_timestamp", "hs_analytics_first_url"),
    _Trace("page_view", "hs_analytics_last_timestamp", "hs_analytics_last_url"),
    _Trace("form", "first_conversion_date", "first_conversion_event_name"),
    _Trace("form", "recent_conversion_date", "recent_conversion_event_name"),
    _Trace("email_open", "hs_email_last_open_date", "hs_email_last_email_name"),
    _Trace("email_click", "hs_email_last_click_date", "hs_email_last_email_name"),
    _Trace("email", "hs_sales_email_last_replied", ""),
)

#: Says how many engagements a contact has; "0" saves asking for them.
COUNT = "num_notes"

PROPERTIES: tuple[str, ...] = tuple(
    dict.fromkeys(
        [name for trace in _TRACES for name in (trace.moment, trace.title) if name] + [COUNT]
    )
)


@dataclass(frozen=True, slots=True)
class _Engagement:
    """One of HubSpot's engagement objects and the properties that matter."""

    kind: str
    plural: str
    title: str
    direction: str = ""
    status: str = ""

    @property
    def properties(self) -> list[str]:
        named = (self.title, self.direction, self.status)
        return ["hs_timestamp", "hubspot_owner_id", *(name for name in named if name)]


_ENGAGEMENTS = (
    _Engagement("call", "calls", "hs_call_title", "hs_call_direction", "hs_call_status"),
    _Engagement("email", "emails", "hs_email_subject", "hs_email_direction", "hs_email_status"),
    _Engagement("meeting", "meetings", "hs_meeting_title", "", "hs_meeting_outcome"),
    _Engagement("note", "notes", ""),
    _Engagement("task", "tasks", "hs_task_subject", "", "hs_task_status"),
)

_INWARD = frozenset({"INBOUND", "INCOMING_EMAIL"})
_OUTWARD = frozenset({"OUTBOUND", "EMAIL", "FORWARDED_EMAIL"})
_NOT_DONE = frozenset(
    {
        *("NOT_STARTED", "WAITING", "IN_PROGRESS", "DEFERRED"),
        *("SCHEDULED", "CANCELED", "CANCELLED", "NO_SHOW", "RESCHEDULED"),
        *("BUSY", "FAILED", "NO_ANSWER", "QUEUED", "RINGING", "CONNECTING", "CALLING_CRM_USER"),
        *("BOUNCED", "SENDING"),
    }
)


def traces_of(record: SourceRecord) -> Iterator[Activity]:
    """The activities that the contact's own properties tell."""
    seen: set[tuple[str, datetime]] = set()
    for trace in _TRACES:
        text = record.values.get(trace.moment)
        if not text:
            continue
        try:
            at = moment_of(text)
        except (ValueError, OverflowError):
            continue  # no moment, no activity
        if (trace.kind, at) in seen:  # the only one is the first and the last
            continue
        seen.add((trace.kind, at))
        yield Activity(
            kind=trace.kind,
            at=at,
            title=_title(record.values.get(trace.title) if trace.title else ""),
            direction=trace.direction,
            source=System.HUBSPOT,
            id=f"{record.id}:{trace.moment}:{int(at.timestamp())}",
        )


class ActivityReader:
    """Collects the activities of contacts from their properties and their engagements."""

    def __init__(self, client: HubSpotClient, contacts: ContactReader) -> None:
        self._client, self._contacts = client, contacts
        self._forbidden: set[str] = set()

    def of(
        self, ids: Sequence[str], known: Mapping[str, SourceRecord]
    ) -> dict[str, tuple[Activity, ...]]:
        """All activities by contact, newest first; `known` saves reading those contacts again."""
        asked = list(dict.fromkeys(ids))
        records = {id_: known[id_] for id_ in asked if id_ in known and _tells(known[id_])}
        records |= self._contacts.read([id_ for id_ in asked if id_ not in records], PROPERTIES)
        found: dict[str, list[Activity]] = {
            id_: list(traces_of(records[id_])) if id_ in records else [] for id_ in asked
        }
        busy = {
            record.id: id_ for id_, record in records.items() if record.values.get(COUNT) != "0"
        }
        for engagement in _ENGAGEMENTS if busy else ():
            for contact, activity in self._permitted(engagement, list(busy)):
                if contact in busy:
                    found[busy[contact]].append(activity)
        return {
            id_: tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))
            for id_, entries in found.items()
        }

    def _permitted(
        self, engagement: _Engagement, contacts: Sequence[str]
    ) -> list[tuple[str, Activity]]:
        """None of a kind that the app has no scope for (mails need one of their own), said once."""
        if engagement.kind in self._forbidden:
            return []
        try:
            return list(self._engagements(engagement, contacts))
        except faults.Forbidden as forbidden:
            self._forbidden.add(engagement.kind)
            log.warning("activities of kind %s are left out: %s", engagement.kind, forbidden)
            return []

    def _engagements(
        self, engagement: _Engagement, contacts: Sequence[str]
    ) -> Iterator[tuple[str, Activity]]:
        owners: dict[str, list[str]] = {}
        for contact, other in self._pairs(engagement.plural, contacts):
            owners.setdefault(other, []).append(contact)
        ids = list(owners)
        for start in range(0, len(ids), OBJECT_BATCH):
            body = {
                "properties": engagement.properties,
                "inputs": [{"id": id_} for id_ in ids[start : start + OBJECT_BATCH]],
            }
            found = self._client.call(
                "POST",
                "batch-read",
                {"kind": engagement.plural},
                body=body,
                read=lambda answer: [
                    _activity(engagement, row) for row in answer.get("results") or []
                ],
            )
            for activity in found:
                for contact in owners.get(activity.id, ()):
                    yield contact, activity

    def _pairs(self, plural: str, contacts: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(contact id, other id). A contact without any comes as an error entry, which is none."""
        inputs: list[dict[str, str]] = [{"id": id_} for id_ in contacts]
        while inputs:
            chunk, inputs = inputs[:ASSOCIATION_BATCH], inputs[ASSOCIATION_BATCH:]
            rows = self._client.call(
                "POST",
                "associations",
                {"kind": "contacts", "to": plural},
                body={"inputs": chunk},
                bucket="associations",
                read=_associations,
            )
            for contact, others, after in rows:
                yield from ((contact, other) for other in others)
                if after:
                    inputs.append({"id": contact, "after": after})


def _associations(answer: Mapping[str, Any]) -> list[tuple[str, list[str], str]]:
    """(contact id, other ids, where its next page starts); ids come as numbers or as texts."""
    return [
        (
            str(row["from"]["id"]),
            [str(other["toObjectId"]) for other in row.get("to") or []],
            str(((row.get("paging") or {}).get("next") or {}).get("after") or ""),
        )
        for row in answer.get("results") or []
    ]


def _tells(record: SourceRecord) -> bool:
    """Was the contact read with the properties that activities are made of?"""
    return COUNT in record.values and "hs_analytics_last_timestamp" in record.values


def _activity(engagement: _Engagement, row: Mapping[str, Any]) -> Activity:
    values = row.get("properties") or {}
    direction = str(values.get(engagement.direction) or "") if engagement.direction else ""
    status = str(values.get(engagement.status) or "") if engagement.status else ""
    return Activity(
        kind=engagement.kind,
        at=moment_of(values.get("hs_timestamp") or row.get("createdAt")),
        title=_title(values.get(engagement.title) if engagement.title else ""),
        direction="in" if direction in _INWARD else "out" if direction in _OUTWARD else "",
        by=str(values.get("hubspot_owner_id") or ""),
        source=System.HUBSPOT,
        id=str(row["id"]),
        completed=status not in _NOT_DONE,
    )


def _title(text: object) -> str:
    return str(text or "").strip()[:_LONGEST_TITLE]
