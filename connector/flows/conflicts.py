"""Fields that both sides changed: told as a fact, both values kept with the lead alone."""

from collections.abc import Iterable
from datetime import datetime

from connector.core.changes import Conflict
from connector.core.events import Event, EventKind, event_key
from connector.core.plan import Json
from connector.core.records import Value
from connector.flows.lead_state import fields_in
from connector.ports import LeadRow

CONTESTED = "contested"  #: key of the event -> [marketing's value, the CRM's], as they were then
KEPT = 20  #: conflicts of one lead whose values are kept, the newest
BY = "leadrelay"


def conflict_event(
    row: LeadRow, conflict: Conflict, *, cause: str, now: datetime, ruleset: str
) -> Event:
    """Which field, who and when, and who was believed; the values stay with the lead."""
    times = [t for t in (conflict.marketing_at, conflict.crm_at) if t is not None]
    data: dict[str, Json] = {
        "field": conflict.field,
        "winner": conflict.winner,
        "marketing_at": conflict.marketing_at.isoformat() if conflict.marketing_at else None,
        "marketing_by": conflict.marketing_by,
        "crm_at": conflict.crm_at.isoformat() if conflict.crm_at else None,
        "crm_by": conflict.crm_by,
    }
    lead_id = row.state.lead_id
    # Told once for one pair of values, however often it is met before somebody settles it.
    pair = event_key("pair", repr(conflict.marketing), repr(conflict.crm))
    fact = f"{conflict.field} {pair}" if conflict.winner is None else f"{conflict.field} {cause}"
    return Event(
        key=event_key(EventKind.CONFLICT, lead_id, fact),
        lead_id=lead_id,
        kind=EventKind.CONFLICT,
        at=max(times, default=now),
        cycle=row.state.cycle,
        data=data,
        by=BY,
        place=conflict.place,
        ruleset=ruleset,
    )


def with_values(row: LeadRow, found: Iterable[tuple[Event, Conflict]]) -> dict[str, Json]:
    """The contested values of a lead, by event, with these added; the newest of them are kept."""
    known = fields_in(row, CONTESTED)
    for event, conflict in found:
        known.setdefault(event.key, [_text(conflict.marketing), _text(conflict.crm)])
    return dict(list(known.items())[-KEPT:])


def values_of(row: LeadRow, key: str) -> tuple[str, str] | None:
    """What marketing and the CRM held when they disagreed; None where it is no longer kept."""
    found = fields_in(row, CONTESTED).get(key)
    if isinstance(found, list | tuple) and len(found) == 2:
        return str(found[0]), str(found[1])
    return None


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    return "" if value is None else str(value)
