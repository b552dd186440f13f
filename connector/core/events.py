"""What happened to a lead: append-only facts from which every number and every story comes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.core.frozen import swift
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Place


class EventKind(StrEnum):
    """The kinds of facts. The data each carries is named in brackets."""

    CAPTURED = "captured"  #: first seen (source, campaign)
    STAGE_CHANGED = "stage_changed"  #: (from, to, missing)
    DISQUALIFIED = "disqualified"  #: by a bad-lead rule (reason)
    QUEUED_FOR_CENTRE = "queued_for_centre"  #: waits for the lead centre to decide
    ROUTED = "routed"  #: owner decided (owner, rule)
    HANDED_OFF = "handed_off"  #: planned hand-off: marketing passes the baton (owner, score)
    DELIVERED = "delivered"  #: the CRM confirmed (salesforce_id, owner)
    ALERTED = "alerted"  #: the owner was told (channel)
    STATUS_CHANGED = "status_changed"  #: lead status in the CRM (from, to)
    TOUCHED = "touched"  #: a completed contact by sales (channel, by)
    NOTE_WRITTEN = "note_written"
    FILE_ADDED = "file_added"  #: to the record in the CRM (file, format, size in bytes)
    COMMENTED = "commented"  #: in the record's feed; the words stay in the CRM
    ACCEPTED = "accepted"  #: sales took it
    REJECTED = "rejected"  #: sales gave it back (disposition, reason)
    CONVERTED = "converted"  #: Lead became a Contact (contact, account, opportunity)
    OPPORTUNITY_CREATED = "opportunity_created"  #: (opportunity, amount, currency)
    OPPORTUNITY_CHANGED = "opportunity_changed"  #: (opportunity, from, to, amount, currency)
    WON = "won"  #: (opportunity, amount, currency, close_date)
    LOST = "lost"  #: (opportunity)
    REOPENED = "reopened"  #: a closed opportunity is open again (opportunity)
    STALLED = "stalled"  #: an opportunity without update (opportunity)
    OWNER_CHANGED = "owner_changed"  #: (from, to, by)
    CONTACT_OWNER_CHANGED = "contact_owner_changed"  #: in marketing, not by us (to: its owner id)
    RECYCLED = "recycled"  #: back with marketing (disposition, reason, programme, goal)
    ENROLLED = "enrolled"  #: on a nurture programme (programme)
    CYCLE_OPENED = "cycle_opened"  #: a new cycle begins (cycle)
    MERGED = "merged"  #: (system, loser, survivor; lead: that goes on for the person instead)
    DELETED = "deleted"  #: (system)
    RESTORED = "restored"  #: (system)
    ROLLED_BACK = "rolled_back"  #: what a run wrote was put back (run, system, record, fields)
    ERASED = "erased"  #: personal data removed on request
    OPTED_OUT = "opted_out"  #: consent withdrawn (system)
    CONFLICT = "conflict"  #: both sides changed one field (field)
    DISPUTED = "disputed"  #: a rep contests the lead against the definition (clause)
    DISPUTE_SETTLED = "dispute_settled"  #: (upheld)
    PROMISE_KEPT = "promise_kept"  #: (clause, took)
    PROMISE_AT_RISK = "promise_at_risk"  #: (clause)
    PROMISE_BROKEN = "promise_broken"  #: (clause)
    ESCALATED = "escalated"  #: (clause, to)
    REASSIGNED = "reassigned"  #: (from, to, clause)
    APPOINTMENT_MADE = (
        "appointment_made"  #: a meeting was put into the calendar (for, until, record)
    )
    PASSED_ON = "passed_on"  #: the second step: from the lead centre to the rep (from, to)


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. `at` is when it happened in the world, not when we heard of it.

    `key` is the fact's identity: hearing of it twice records it once.
    """

    key: str
    lead_id: str
    kind: EventKind
    at: datetime
    cycle: int = 1
    data: Mapping[str, Json] = field(default_factory=dict)
    by: str = ""  #: person key, user id or `leadrelay`
    rule: str = ""
    place: Place = NOWHERE
    ruleset: str = ""


def event_key(kind: str, lead_id: str, fact: str) -> str:
    """Identity of a fact: its kind, the lead and what in the source makes it this one fact."""
    return hashlib.sha256("\n".join((kind, lead_id, fact)).encode()).hexdigest()[:24]
