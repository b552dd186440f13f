"""What sales did with a lead, as events: calls, mails, meetings and notes of the CRM."""

from collections.abc import Mapping
from datetime import datetime

from connector.core.events import Event, EventKind, event_key
from connector.core.owners import Directory
from connector.core.plan import Json
from connector.core.records import SourceRecord
from connector.core.status import crm_moment, is_true

CHANNELS: Mapping[str, str] = {  #: TaskSubtype, or Type in lower case -> channel
    "call": "phone",
    "phone": "phone",
    "email": "email",
    "meeting": "meeting",
    "sms": "sms",
    "whatsapp": "whatsapp",
}
MASS_MAIL = "listemail"  #: one mail to many is no touch


def touch_events(
    record: SourceRecord,
    directory: Directory,
    *,
    lead_id: str,
    cycle: int,
    now: datetime,
    ours: bool = False,
) -> tuple[Event, ...]:
    """The events of a Task, Event, EmailMessage or Note; none while nothing has happened yet.

    A meeting that was put into the calendar before it starts is an appointment, from then on.
    A Task counts once it is closed, a meeting once it has ended, a mail when it went out. Text in
    a completed activity is a note, except where we wrote the task ourselves (`ours`: its text is
    our brief). Tasks of the kind of a mass mail are no touch.
    """
    by = record.values.get("OwnerId") or record.values.get("CreatedById")
    person = directory.owner(by) or by or ""

    def event(kind: EventKind, at: datetime, **data: Json) -> Event:
        key = event_key(kind, lead_id, record.id)
        return Event(key=key, lead_id=lead_id, kind=kind, at=at, cycle=cycle, data=data, by=person)

    starts = crm_moment(record.values.get("StartDateTime")) if record.kind == "Event" else None
    events: list[Event] = []
    if starts is not None and record.created_at < starts:
        ends = crm_moment(record.values.get("EndDateTime")) or starts
        planned: dict[str, Json] = {
            "for": starts.isoformat(),
            "until": ends.isoformat(),
            "record": record.id,
        }
        events.append(event(EventKind.APPOINTMENT_MADE, record.created_at, **planned))
    found = _happened(record, now)
    if found is None:
        return tuple(events)
    channel, at = found
    if channel:
        events.append(event(EventKind.TOUCHED, at, channel=channel, by=person))
    text = record.values.get("Description") or record.values.get("Body") or ""
    if text.strip() and not ours and record.kind != "EmailMessage":
        events.append(event(EventKind.NOTE_WRITTEN, at))
    return tuple(events)


def _happened(record: SourceRecord, now: datetime) -> tuple[str, datetime] | None:
    """(channel, moment), the channel empty for a bare note; None for what is no contact (yet)."""
    values = record.values
    modified = crm_moment(values.get("LastModifiedDate")) or record.updated_at
    if record.kind == "Task":
        subtype = (values.get("TaskSubtype") or "").casefold()
        if subtype == MASS_MAIL or not is_true(values.get("IsClosed")):
            return None
        kind = subtype if subtype in CHANNELS else (values.get("Type") or "").casefold()
        return CHANNELS.get(kind, "other"), crm_moment(values.get("CompletedDateTime")) or modified
    if record.kind == "Event":
        ended = crm_moment(values.get("EndDateTime"))
        return ("meeting", ended) if ended and ended <= now else None
    if record.kind == "EmailMessage":
        sent = crm_moment(values.get("MessageDate")) or modified
        return None if is_true(values.get("Incoming")) else ("email", sent)
    if record.kind in ("Note", "ContentNote"):
        return "", record.created_at
    return None
