"""What to do about a promise now: whom to tell, what to pass on, whom to give nothing new.

Every step has a key made of the run it belongs to and what it is; a step is taken once, however
often the clock is looked at. Where a clause names no escalation, the RACI says who is told.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from connector.core.accountability import activity_kept, activity_of
from connector.core.calendars import Calendars
from connector.core.events import Event, EventKind, event_key
from connector.core.promises import OWNER, ClauseState, PromiseState
from connector.core.rules.people import People, Person
from connector.core.rules.promises import Escalation, Promises

MANAGER = "manager"  #: the manager of the responsible person's first team
SPONSOR = "sponsor"


class StepKind(StrEnum):
    """What a step is about."""

    AT_RISK = "at_risk"
    BROKEN = "broken"
    ESCALATE = "escalate"
    KEPT = "kept"


EVENTS = {
    StepKind.AT_RISK: EventKind.PROMISE_AT_RISK,
    StepKind.BROKEN: EventKind.PROMISE_BROKEN,
    StepKind.ESCALATE: EventKind.ESCALATED,
    StepKind.KEPT: EventKind.PROMISE_KEPT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStep:
    """One thing to do about one run of one clause; `key` is also the key of its event."""

    key: str
    kind: StepKind
    state: ClauseState
    tell: tuple[str, ...] = ()  #: person keys, present ones, deputies for the absent
    reassign: bool = False
    hold: str = ""  #: person key who gets nothing new while this lasts
    propose_recycle: bool = False  #: those told are asked to give the lead back

    def event(self, now: datetime) -> Event:
        """The fact to record; it happened at the moment on the clock, not when we looked."""
        state, clause = self.state, self.state.clause
        moments = {
            StepKind.AT_RISK: state.at_risk_at,
            StepKind.BROKEN: state.due,
            StepKind.KEPT: state.stopped_at,
        }
        return Event(
            key=self.key,
            lead_id=state.lead_id,
            kind=EVENTS[self.kind],
            at=moments.get(self.kind) or now,
            cycle=state.cycle,
            data={
                "clause": clause.name,
                "side": clause.side.value,
                "person": state.responsible,
                "took": state.taken.total_seconds(),
                "to": list(self.tell),
            },
            by="leadrelay",
            rule=clause.name,
            place=clause.place,
        )


class Escalator:
    """The consequences of one set of promises."""

    def __init__(self, promises: Promises, people: People) -> None:
        self.promises = promises
        self.people = people
        self.calendars = Calendars(people)
        self._accountable = {activity_of(row): row.accountable for row in promises.raci}

    def steps(
        self, states: Iterable[ClauseState], now: datetime, done: Collection[str] = ()
    ) -> list[WatchStep]:
        """What is to be done now and is not in `done` (keys of events already recorded)."""
        found = (step for state in states for step in self._steps(state, now))
        return [step for step in found if step.key not in done]

    def _steps(self, state: ClauseState, now: datetime) -> Iterable[WatchStep]:
        if state.state is PromiseState.KEPT:
            yield self._step(StepKind.KEPT, state)
        elif state.state is PromiseState.AT_RISK:
            yield self._step(StepKind.AT_RISK, state, self._told(state, (OWNER,), now))
        elif state.state is PromiseState.BROKEN:
            roles = (OWNER,) if state.clause.escalations else (OWNER, self.accountable(state))
            yield self._step(StepKind.BROKEN, state, self._told(state, roles, now))
        for number, escalation in enumerate(state.escalations):
            yield self._escalate(number, escalation, state, now)

    def _escalate(
        self, number: int, escalation: Escalation, state: ClauseState, now: datetime
    ) -> WatchStep:
        return WatchStep(
            key=_key(StepKind.ESCALATE, state, str(number)),
            kind=StepKind.ESCALATE,
            state=state,
            tell=self._told(state, escalation.tell or (self.accountable(state),), now),
            reassign=escalation.reassign,
            hold=state.responsible if escalation.hold_new_leads else "",
            propose_recycle=escalation.propose_recycle,
        )

    def _step(self, kind: StepKind, state: ClauseState, tell: tuple[str, ...] = ()) -> WatchStep:
        return WatchStep(key=_key(kind, state), kind=kind, state=state, tell=tell)

    def accountable(self, state: ClauseState) -> str:
        """The role the RACI holds accountable for the clause's activity, else the enforcer."""
        activity = activity_kept(state.clause)
        return self._accountable.get(activity) or self.promises.enforcer

    def _told(self, state: ClauseState, roles: Iterable[str], now: datetime) -> tuple[str, ...]:
        """People behind roles, each once; where that is nobody, the enforcer is told."""
        found = [key for role in roles for key in self.who(role, state.responsible, now)]
        if not found:
            found = list(self.who(self.promises.enforcer, state.responsible, now))
        return tuple(dict.fromkeys(found))

    def who(self, role: str, responsible: str, now: datetime) -> tuple[str, ...]:
        """The people of a role (or of `owner`, `manager`, `sponsor`), deputies for the absent."""
        named = self.people.persons.get(responsible)
        if role == OWNER:
            keys = [responsible]
        elif role == SPONSOR:
            keys = [self.promises.sponsor]
        elif role == MANAGER:
            teams = [
                self.people.teams[t]
                for t in (named.teams if named else ())
                if t in self.people.teams
            ]
            keys = [teams[0].manager] if teams else []
        else:
            keys = [person.key for person in self.people.with_role(role)]
        persons = [self.people.persons[key] for key in keys if key in self.people.persons]
        return tuple(self._present(person, now) for person in persons)

    def _present(self, person: Person, now: datetime) -> str:
        """The person, or the first deputy in a row who is there; without one, the person."""
        asked: list[str] = []
        current: Person | None = person
        while current is not None and current.key not in asked:
            if not self.calendars.of_person(current.key).is_absent(now):
                return current.key
            asked.append(current.key)
            current = self.people.persons.get(current.deputy or "")
        return person.key


def _key(kind: StepKind, state: ClauseState, detail: str = "") -> str:
    return event_key(kind, state.lead_id, f"{state.clause.name}\n{state.start_key}\n{detail}")


def on_hold(states: Iterable[ClauseState]) -> frozenset[str]:
    """Who gets nothing new at present: as long as a breach with that consequence is unanswered."""
    return frozenset(
        state.responsible
        for state in states
        if state.responsible and any(e.hold_new_leads for e in state.escalations)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How somebody kept the promises that ended in a period."""

    person: str
    kept: int
    broken: int
    median_taken: timedelta

    @property
    def all_kept(self) -> bool:
        return self.kept > 0 and self.broken == 0


def word_kept(states: Iterable[ClauseState], since: datetime, until: datetime) -> list[Kept]:
    """Everybody who answered or broke a promise in [since, until), the most reliable first.

    Those with `all_kept` are the ones to name. A breach counts in the period in which it was due.
    """
    taken: dict[str, list[ClauseState]] = {}
    for state in states:
        broken = state.state is PromiseState.BROKEN
        moment = state.due if broken else state.stopped_at
        over = broken or state.state is PromiseState.KEPT
        if over and state.responsible and moment and since <= moment < until:
            taken.setdefault(state.responsible, []).append(state)
    return sorted((_kept(person, mine) for person, mine in taken.items()), key=_reliable_first)


def _kept(person: str, states: Sequence[ClauseState]) -> Kept:
    kept = sum(state.state is PromiseState.KEPT for state in states)
    return Kept(
        person=person,
        kept=kept,
        broken=len(states) - kept,
        median_taken=timedelta(seconds=median(s.taken.total_seconds() for s in states)),
    )


def _reliable_first(kept: Kept) -> tuple[int, int, timedelta, str]:
    return kept.broken, -kept.kept, kept.median_taken, kept.person
