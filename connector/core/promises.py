"""Promises against the clocks: for each lead, which clauses run, are kept, at risk or broken.

A clause begins with its start event and ends with any of its stop events of the same cycle (and
opportunity, where both events name one). While it runs, another start changes nothing; a
`restarts` event keeps it and begins it anew. Events of a pause stop the clock. Time is taken on
the clause's clock: around the clock, or the working hours of whoever is responsible when it ends.

A clause about what is handed over (`holds`) is judged at the hand-off; it is at risk while a
lead is qualified, waits to be passed, and lacks what was promised.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from connector.core.calendars import NEVER, Calendars, CalendarTime, Pause, WorkTime
from connector.core.clocks import (
    EMAIL_CHANNELS,
    PHONE_CHANNELS,
    default_calendar,
    moment_of,
    owner_named,
)
from connector.core.conditions import Compiled, Facts, compile_condition
from connector.core.events import Event, EventKind
from connector.core.owners import QUEUE
from connector.core.rules.conditions import ALWAYS
from connector.core.rules.promises import Clause, ClockKind, Escalation, Touches
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, StageMeaning

NO_TOUCHES = Touches()
US = "leadrelay"
VERDICTS = frozenset({EventKind.PROMISE_KEPT, EventKind.PROMISE_BROKEN})
OWNER = "owner"  #: the responsible party that is whoever owns the lead
#: Another person answers from here on; a change of owner by sales itself changes no promise.
NEW_OWNERS = frozenset({EventKind.REASSIGNED, EventKind.PASSED_ON})
ENDINGS = frozenset({EventKind.DELETED, EventKind.ERASED})  #: nobody owes anything any more


class PromiseState(StrEnum):
    """Where a promise stands."""

    OPEN = "open"
    AT_RISK = "at_risk"
    PAUSED = "paused"
    KEPT = "kept"
    BROKEN = "broken"  #: still unanswered, or answered too late (`stopped_at` is set)
    LAPSED = "lapsed"  #: nobody owes it any more: deleted, or a new cycle began in time


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseState:
    """One run of one clause for one lead, with its moments and the time taken on its clock."""

    clause: Clause
    lead_id: str
    cycle: int
    state: PromiseState
    started_at: datetime
    start_key: str  #: key of the start event: the identity of this run
    due: datetime  #: NEVER while a lead waits to be passed: only the hand-off decides
    taken: timedelta
    responsible: str  #: person key; empty where nobody on the roster is
    owner: str = ""
    at_risk_at: datetime | None = None
    stopped_at: datetime | None = None
    touches: Touches = NO_TOUCHES
    escalations: tuple[Escalation, ...] = ()  #: whose time has come while nobody has answered
    subject: str = ""  #: the opportunity, where the clause follows one
    look_at: datetime | None = None  #: when time alone changes this next; None: only a fact does

    @property
    def running(self) -> bool:
        """Whether somebody still owes an answer."""
        return self.stopped_at is None


@dataclass(slots=True)
class _Run:
    """One run while the events are walked through."""

    start: Event
    subject: str
    pauses: list[Pause] = field(default_factory=list)
    paused_at: datetime | None = None
    resumes_on: str = ""
    phone: int = 0
    email: int = 0
    stopped_at: datetime | None = None
    lapsed: bool = False
    owner: str = ""


class Promises:
    """The clauses of one ruleset, ready to be held against events."""

    def __init__(self, ruleset: Ruleset, only: str = "") -> None:
        """`only` names a single clause to hold; without it, all are."""
        self.people = ruleset.people
        self.calendars = Calendars(ruleset.people)
        self._wall = CalendarTime()
        self._clauses: tuple[tuple[Clause, Compiled | None, Compiled | None], ...] = tuple(
            (
                clause,
                None if clause.when == ALWAYS else compile_condition(clause.when),
                compile_condition(clause.holds) if clause.holds else None,
            )
            for clause in ruleset.promises.clauses.values()
            if clause.at_least is None and only in ("", clause.name)
        )
        self._to_pass = frozenset(
            stage.name
            for stage in ruleset.vocabulary.stages.values()
            if stage.meaning is StageMeaning.SALES_QUALIFIED
        )
        self.starts = frozenset(clause.start for clause, _, _ in self._clauses)
        self._unreachable = frozenset(
            name
            for name, disposition in ruleset.vocabulary.dispositions.items()
            if disposition.meaning is DispositionMeaning.UNREACHABLE
        )

    def states(self, events: Sequence[Event], facts: Facts, now: datetime) -> list[ClauseState]:
        """Every run of every clause of one lead, in the order of the file, oldest run first.

        `events` are those of one lead up to `now`, in any order; `facts` as for any condition.
        """
        ordered = sorted((e for e in events if e.at <= now), key=moment_of)
        kinds = {event.kind for event in ordered}
        found: list[ClauseState] = []
        for clause, when, holds in self._clauses:
            if clause.start not in kinds and (holds is None or not ordered):
                continue
            if when and not when.holds(facts, now):
                continue
            if holds is not None:
                found += self._judged(clause, holds, ordered, facts, now)
                found += self._waiting(clause, holds, ordered, facts, now)
            else:
                runs = _runs(clause, ordered, self._unreachable)
                found += [self._state(clause, run, now) for run in runs]
        return found

    def _state(self, clause: Clause, run: _Run, now: datetime) -> ClauseState:
        responsible = self.responsible(clause, run.owner)
        time = self.work_time(clause, responsible)
        end, pauses = run.stopped_at or now, run.pauses
        paused = run.paused_at is not None and run.stopped_at is None
        if run.paused_at is not None:
            pauses = [*pauses, (run.paused_at, end)]
        start = run.start.at
        taken = time.between(start, end, pauses)
        at_risk_at = None
        if clause.at_risk is not None and clause.at_risk < clause.within:
            at_risk_at = time.add(start, clause.within - clause.at_risk, pauses)
        running = run.stopped_at is None
        due = time.add(start, clause.within, pauses)
        look_at: datetime | None = None
        if running and not paused:
            later = [
                time.add(start, e.after, pauses) for e in clause.escalations if e.after > taken
            ]
            later += [due] if taken <= clause.within else []
            later += [at_risk_at] if at_risk_at is not None and now < at_risk_at else []
            look_at = min(later, default=None)
        return ClauseState(
            clause=clause,
            lead_id=run.start.lead_id,
            cycle=run.start.cycle,
            state=_verdict(clause, run, taken, paused=paused, at_risk_at=at_risk_at, now=now),
            started_at=start,
            start_key=run.start.key,
            due=due,
            taken=taken,
            responsible=responsible,
            owner=run.owner,
            at_risk_at=at_risk_at,
            stopped_at=run.stopped_at,
            touches=Touches(phone=run.phone, email=run.email),
            escalations=tuple(e for e in clause.escalations if running and e.after <= taken),
            subject=run.subject,
            look_at=look_at,
        )

    def _judged(
        self, clause: Clause, holds: Compiled, events: Sequence[Event], facts: Facts, now: datetime
    ) -> Iterator[ClauseState]:
        """A clause about the hand-off itself: what the start event says goes before the facts.

        Judged once: a verdict that is on record stands, whatever was filled in afterwards.
        """
        recorded = {
            event.cycle: event.kind is EventKind.PROMISE_KEPT
            for event in events
            if event.kind in VERDICTS and event.data.get("clause") == clause.name
        }
        owner = ""
        for event in events:
            owner = owner_named(event) or owner
            if event.kind != clause.start:
                continue
            said = {k: v for k, v in event.data.items() if not isinstance(v, (dict, list))}
            kept = recorded.get(event.cycle)
            if kept is None:
                kept = holds.holds({**facts, **said}, now)
            yield ClauseState(
                clause=clause,
                lead_id=event.lead_id,
                cycle=event.cycle,
                state=PromiseState.KEPT if kept else PromiseState.BROKEN,
                started_at=event.at,
                start_key=event.key,
                due=event.at,
                taken=timedelta(),
                responsible=self.responsible(clause, owner),
                owner=owner,
                stopped_at=event.at,
            )

    def _waiting(
        self, clause: Clause, holds: Compiled, events: Sequence[Event], facts: Facts, now: datetime
    ) -> Iterator[ClauseState]:
        """At risk: the lead is qualified, is not passed yet, and lacks what a hand-off promises."""
        if clause.start != EventKind.HANDED_OFF or facts.get("stage") not in self._to_pass:
            return
        cycle = events[-1].cycle
        of_cycle = [event for event in events if event.cycle == cycle]
        if any(event.kind is EventKind.HANDED_OFF for event in of_cycle):
            return
        reached = [e for e in of_cycle if str(e.data.get("to")) in self._to_pass]
        if not reached or holds.holds(facts, now):
            return
        since = reached[-1]
        yield ClauseState(
            clause=clause,
            lead_id=since.lead_id,
            cycle=cycle,
            state=PromiseState.AT_RISK,
            started_at=since.at,
            start_key=since.key,
            due=NEVER,
            taken=now - since.at,
            responsible=self.responsible(clause, ""),
            at_risk_at=since.at,
        )

    def responsible(self, clause: Clause, owner: str) -> str:
        """Who keeps a clause: the owner (a queue's responsible person), or the role's first."""
        if clause.responsible == OWNER:
            return self.responsible_owner(owner)
        holders = self.people.with_role(clause.responsible)
        return holders[0].key if holders else ""

    def responsible_owner(self, owner: str) -> str:
        """The person behind an owner: a queue's responsible one; empty for a stranger."""
        if owner.startswith(QUEUE):
            queue = self.people.queues.get(owner[len(QUEUE) :])
            owner = queue.responsible if queue else ""
        return owner if owner in self.people.persons else ""

    def work_time(self, clause: Clause, responsible: str) -> WorkTime:
        """The clock of a clause: its named calendar, else the responsible person's own hours."""
        if clause.clock is ClockKind.CALENDAR:
            return self._wall
        if clause.calendar:
            return self.calendars.of_calendar(clause.calendar)
        if responsible:
            return self.calendars.of_person(responsible)
        return self.calendars.of_calendar(default_calendar(self.people))


def _verdict(
    clause: Clause,
    run: _Run,
    taken: timedelta,
    *,
    paused: bool,
    at_risk_at: datetime | None,
    now: datetime,
) -> PromiseState:
    if taken > clause.within:
        return PromiseState.BROKEN
    if run.lapsed:
        return PromiseState.LAPSED
    if run.stopped_at is not None:
        return PromiseState.KEPT
    if paused:
        return PromiseState.PAUSED
    if at_risk_at is not None and now >= at_risk_at:
        return PromiseState.AT_RISK
    return PromiseState.OPEN


def _runs(clause: Clause, events: Sequence[Event], unreachable: frozenset[str]) -> list[_Run]:
    """The runs of one clause over a lead's events, in order of their start."""
    done: list[_Run] = []
    running: dict[str, _Run] = {}
    owner, cycle = "", events[0].cycle
    for event in events:
        if event.cycle > cycle or event.kind in ENDINGS:
            cycle = max(cycle, event.cycle)
            _lapse(running, event.at, owner)
        if event.cycle < cycle:
            continue  # told late: it belongs to a cycle that is over
        anew = _ended(clause, running, event, owner, unreachable)
        owner = owner_named(event) or owner
        subject = str(event.data.get("opportunity") or "")
        if _begins(clause, event, subject, done):
            anew.add(subject)
        for one in sorted(anew - running.keys()):
            running[one] = _Run(start=event, subject=one)
            done.append(running[one])
    for run in running.values():
        run.owner = owner
    return done


def _begins(clause: Clause, event: Event, subject: str, done: Sequence[_Run]) -> bool:
    """A start event, or one that restarts what ran before in the same cycle."""
    if event.kind == clause.start:
        return True
    return event.kind in clause.restarts and any(
        run.start.cycle == event.cycle and run.subject == subject for run in done
    )


def _ended(
    clause: Clause,
    running: dict[str, _Run],
    event: Event,
    owner: str,
    unreachable: frozenset[str],
) -> set[str]:
    """Ends what the event ends, and tells what it begins anew: another owner has his own time."""
    anew: set[str] = set()
    subject = str(event.data.get("opportunity") or "")
    passed_on = event.kind in NEW_OWNERS and clause.responsible == OWNER
    for key, run in tuple(running.items()):
        if subject and key and key != subject:
            continue
        if passed_on:
            run.lapsed = True
        elif not _ends(clause, run, event, unreachable):
            _pause(clause, run, event)
            continue
        run.stopped_at, run.owner = event.at, owner
        del running[key]
        if passed_on or event.kind in clause.restarts:
            anew.add(key)
    return anew


def _lapse(running: dict[str, _Run], at: datetime, owner: str) -> None:
    for run in running.values():
        run.stopped_at, run.lapsed, run.owner = at, True, owner
    running.clear()


def _ends(clause: Clause, run: _Run, event: Event, unreachable: frozenset[str]) -> bool:
    """Whether an event ends a run; touches are counted, and `unreachable` does not replace them."""
    kind = event.kind
    if event.kind is EventKind.STATUS_CHANGED and event.by == US:
        return False  # the status we gave ourselves is nobody's answer
    if clause.touches is None:
        return kind in clause.stop or kind in clause.restarts
    if event.kind is EventKind.TOUCHED:
        channel = event.data.get("channel")
        run.phone += channel in PHONE_CHANNELS
        run.email += channel in EMAIL_CHANNELS
        return run.phone >= clause.touches.phone and run.email >= clause.touches.email
    return kind in clause.stop and event.data.get("disposition") not in unreachable


def _pause(clause: Clause, run: _Run, event: Event) -> None:
    kind = event.kind
    if run.paused_at is None:
        if kind in clause.pauses:
            run.paused_at, run.resumes_on = event.at, clause.pauses[kind]
    elif kind == run.resumes_on:
        run.pauses.append((run.paused_at, event.at))
        run.paused_at, run.resumes_on = None, ""


# --- marketing's volume --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeState:
    """How many start events a volume clause counted in the latest period."""

    clause: Clause
    state: PromiseState
    count: int
    wanted: int
    since: datetime


def volume_state(clause: Clause, starts: Iterable[datetime], now: datetime) -> VolumeState:
    """A volume clause over the period that ends now, over all leads.

    At risk: enough in the whole period, but fewer than half of it in its later half.
    """
    wanted, since = clause.at_least or 0, now - clause.within
    middle = now - clause.within / 2
    within = [at for at in starts if since < at <= now]
    late = sum(1 for at in within if at > middle)
    if len(within) < wanted:
        state = PromiseState.BROKEN
    else:
        state = PromiseState.AT_RISK if 2 * late < wanted else PromiseState.KEPT
    return VolumeState(clause=clause, state=state, count=len(within), wanted=wanted, since=since)
