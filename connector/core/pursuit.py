"""How each lead in work is followed up: the next step and its day, the last contact, the notes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.cadence import next_touch
from connector.core.clocks import PHONE_CHANNELS, moment_of
from connector.core.deals import asleep_since
from connector.core.events import Event, EventKind
from connector.core.promises import ClauseState, Promises

MEETING = "meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What is planned next for a lead: a touch of the plan, or a meeting in the calendar."""

    what: str  #: phone, email or meeting
    at: datetime
    number: int = 0  #: of the planned touches; 0 for a meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """One lead with sales, as it is followed up at one moment."""

    lead_id: str
    since: datetime  #: of the latest hand: when this owner's work began
    next_step: NextStep | None
    last_contact: datetime | None
    last_channel: str
    last_note: datetime | None
    unnoted: int  #: calls and meetings since then that left no note
    unprepared: datetime | None  #: when a meeting was planned before anything was noted
    note_due: datetime | None  #: of the promise of a note that is still owed

    def is_stale(self, now: datetime) -> bool:
        """Nothing is planned any more, or the day of the next step has passed."""
        return self.next_step is None or self.next_step.at < now

    @property
    def lacks_note(self) -> bool:
        return self.unnoted > 0 or self.unprepared is not None or self.note_due is not None

    def age(self, now: datetime) -> timedelta:
        """How long nobody has been in contact with the lead, from the hand-over at first."""
        return now - (self.last_contact or self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asleep:
    """An open opportunity and since when nothing was heard of it; marketing supports it then."""

    lead_id: str
    opportunity: str
    since: datetime
    due: datetime  #: when it counts as stalled
    supported: bool


def pursuit(
    lead_id: str,
    cycle: int,
    events: Sequence[Event],
    states: Iterable[ClauseState],
    promises: Promises,
    now: datetime,
) -> Pursuit:
    """One passed lead that sales has not answered for good, from its own events and promises."""
    mine = sorted((e for e in events if e.cycle == cycle and e.at <= now), key=moment_of)
    running = [s for s in states if s.cycle == cycle and s.running]
    hands = (EventKind.HANDED_OFF, EventKind.REASSIGNED, EventKind.PASSED_ON)
    touches = [e for e in mine if e.kind is EventKind.TOUCHED]
    notes = [e.at for e in mine if e.kind is EventKind.NOTE_WRITTEN]
    planned = [e for e in mine if e.kind is EventKind.APPOINTMENT_MADE]
    spoken = [e for e in touches if e.data.get("channel") in PHONE_CHANNELS]
    owed = [s.due for s in running if EventKind.NOTE_WRITTEN in s.clause.stop]
    return Pursuit(
        lead_id=lead_id,
        since=max((e.at for e in mine if e.kind in hands), default=now),
        next_step=_next_step(planned, running, promises, now),
        last_contact=touches[-1].at if touches else None,
        last_channel=str(touches[-1].data.get("channel") or "") if touches else "",
        last_note=notes[-1] if notes else None,
        unnoted=sum(1 for e in spoken if not notes or e.at > notes[-1]),
        unprepared=next((e.at for e in planned if not notes or e.at < notes[0]), None),
        note_due=min(owed, default=None),
    )


def _next_step(
    planned: Iterable[Event], running: Iterable[ClauseState], promises: Promises, now: datetime
) -> NextStep | None:
    """The first that is planned; a meeting that lies ahead goes before a touch that is late."""
    touches = [step for s in running if (step := next_touch(s, promises)) is not None]
    meetings = [datetime.fromisoformat(str(e.data["for"])) for e in planned if e.data.get("for")]
    ahead = min((at for at in meetings if at >= now), default=None)
    first = min(touches, key=lambda step: step.due, default=None)
    if ahead is not None and (first is None or ahead < first.due or first.due < now):
        return NextStep(what=MEETING, at=ahead)
    if first is None:
        return None
    return NextStep(what=first.channel, at=first.due, number=first.number)


def asleep(lead_id: str, events: Sequence[Event], stalled_after: timedelta) -> list[Asleep]:
    """The open opportunities of one lead, the longest silent first."""
    deals = {str(e.data["opportunity"]) for e in events if e.data.get("opportunity")}
    told = {str(e.data.get("opportunity")): e.at for e in events if e.kind is EventKind.STALLED}
    found = []
    for deal in sorted(deals):
        since = asleep_since(events, deal)
        if since is not None:
            supported = deal in told and told[deal] >= since
            due = since + stalled_after
            found.append(
                Asleep(lead_id=lead_id, opportunity=deal, since=since, due=due, supported=supported)
            )
    return sorted(found, key=lambda one: one.since)
