"""What one batch of a delivery came to, as a door reports it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import swift
from connector.core.plan import ActionState, Destination, Json
from connector.core.problems import Problem
from connector.core.records import Values
from connector.ports import ActionOutcome, LeadRow, Link, StoredAction

#: For so long a call whose answer never came may still be carried out: nobody looks before.
ARRIVES = timedelta(minutes=2)


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a confirmed write changed: by field, what is there now and what stood there before."""

    lead_id: str
    written: Mapping[str, Json]
    before: Mapping[str, Json]
    began: datetime
    destination: Destination
    kept: Mapping[str, Json] = field(default_factory=dict)  #: what people's own words stood in
    kept_at: datetime | None = None  #: when the record was changed last, before this write


@dataclass(slots=True, kw_only=True)
class Delivered:
    """What one batch came to; lands in the ledger in one transaction."""

    outcomes: list[ActionOutcome] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    agreed: dict[str, Values] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    leads: list[LeadRow] = field(default_factory=list)
    unchanged: int = 0  #: actions that needed no write, since the target already was so
    away: bool = False  #: the system did not answer; no further batch is tried in this run
    rests: list[str] = field(default_factory=list)  #: leads whose CRM record is deleted already
    linking: dict[str, str] = field(default_factory=dict)  #: key of a linking action -> lead id
    images: dict[str, Image] = field(default_factory=dict)  #: key of a confirmed write -> image
    #: key of an action that found its record so already -> its fields: nothing to put back
    untouched: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    def tell(
        self,
        stored: StoredAction,
        kind: EventKind,
        now: datetime,
        data: Mapping[str, Json],
        *,
        fact: str = "",
    ) -> None:
        """Notes a fact that follows from an action that was carried out, once for each `fact`."""
        action = stored.action
        self.events.append(
            Event(
                key=event_key(kind, action.lead_id, fact or action.key),
                lead_id=action.lead_id,
                kind=kind,
                at=now,
                cycle=action.cycle,
                data=data,
                by="leadrelay",
                rule=action.rule,
                place=action.place,
                ruleset=action.ruleset,
            )
        )

    def done(self, stored: StoredAction, record_id: str | None = None) -> None:
        self.outcomes.append(
            ActionOutcome(key=stored.action.key, state=ActionState.DONE, record_id=record_id)
        )

    def leave(self, stored: StoredAction) -> None:
        """Counts what needs no write: the record is so already. What an earlier attempt may have
        written is ours to put back; else the record was so before us."""
        self.unchanged += 1
        if stored.attempts == 1 and stored.action.before:
            self.untouched[stored.action.key] = stored.action.fields

    def park(self, stored: StoredAction, problem: Problem) -> None:
        self.outcomes.append(
            ActionOutcome(key=stored.action.key, state=ActionState.PARKED, problem=problem)
        )

    def dismiss(self, stored: StoredAction) -> None:
        """Looked for and not there, and needed no longer: it is not made."""
        self.outcomes.append(ActionOutcome(key=stored.action.key, state=ActionState.DISMISSED))

    def wait(self, stored: StoredAction, until: datetime) -> None:
        self.outcomes.append(
            ActionOutcome(key=stored.action.key, state=ActionState.WAITING, not_before=until)
        )

    def unknown(self, stored: StoredAction, now: datetime) -> None:
        """No answer: the next attempt looks before it writes, once nothing can arrive any more."""
        self.wait(stored, now + ARRIVES)

    def again(self, stored: StoredAction) -> None:
        """Back to planned: the next attempt looks before it writes."""
        self.outcomes.append(ActionOutcome(key=stored.action.key, state=ActionState.PLANNED))

    def parts(self, batch: Sequence[StoredAction], size: int) -> Iterator["Delivered"]:
        """What is settled at a time: at most `size` actions, and all that came of their leads."""
        if len(batch) <= size:
            yield self
            return
        of_lead: dict[str, list[str]] = {}
        for stored in batch:
            of_lead.setdefault(stored.action.lead_id or stored.action.key, []).append(
                stored.action.key
            )
        part, taken = Delivered(away=self.away), 0
        parts, place = [part], dict[str, Delivered]()
        for lead_id, keys in of_lead.items():
            if taken and taken + len(keys) > size:
                part, taken = Delivered(away=self.away), 0
                parts.append(part)
            taken += len(keys)
            place |= dict.fromkeys((lead_id, *keys), part)
        for name in _COLLECTED:  # each thing where its action or its lead is, or last
            found = getattr(self, name)
            for thing in found:
                there = getattr(place.get(_about(thing), part), name)
                if isinstance(found, dict):
                    there[thing] = found[thing]
                else:
                    there.append(thing)
        yield from parts


_COLLECTED = tuple(f.name for f in fields(Delivered) if f.name not in ("unchanged", "away"))


def _about(thing: ActionOutcome | Link | Event | LeadRow | str) -> str:
    """The action or the lead that something came of."""
    if isinstance(thing, ActionOutcome):
        return thing.key
    if isinstance(thing, LeadRow):
        return thing.state.lead_id
    return thing if isinstance(thing, str) else thing.lead_id
