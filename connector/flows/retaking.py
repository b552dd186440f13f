"""One kept decision taken again by the files that decided then, beside what it was then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.escalation import Escalator
from connector.core.events import Event, EventKind
from connector.core.frozen import replace
from connector.core.hops import SALES, standing
from connector.core.mapping import Mapper
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Place
from connector.core.promises import Promises
from connector.core.qualification import Qualifier
from connector.core.records import LeadState
from connector.core.recycling import Recycler, support
from connector.core.routing import Router
from connector.core.rules.ruleset import Ruleset
from connector.core.said import Wording
from connector.core.second_steps import row_facts, second_step
from connector.core.surroundings import owner_of, route_in
from connector.core.turns import Turn, TurnHistory
from connector.flows.decide import outcome_of
from connector.flows.joining import is_silent
from connector.flows.recycle import OPT_OUT, silenced
from connector.flows.watch_promises import facts_of
from connector.ports import LeadRow, Snapshot, StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Retaken:
    """One decision taken again: what it says now that it did not say then."""

    lead_id: str
    kind: str  #: mapping, qualification, hand-off, second step, promise and so on
    taken_at: datetime
    differences: tuple[tuple[str, Json, Json], ...]  #: (what, then, now); none where it is equal
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All that is kept of one lead, for decisions that hang on what had been heard of it."""

    row: LeadRow
    kept: Sequence[Snapshot]  #: its qualifications and hand-offs, oldest first
    events: Sequence[StoredEvent]

    def heard(self, before: int) -> list[Event]:
        """What was on record before this number."""
        return [one.event for one in self.events if one.number < before]

    def decided(self, at: datetime) -> Snapshot | None:
        """The last qualification until then: its values are those of the lead at that moment."""
        found = [one for one in self.kept if one.taken_at <= at and one.surroundings is None]
        return found[-1] if found else None


class Retaking:
    """Decides kept inputs as one set of files decided then, turn after turn."""

    def __init__(self, ruleset: Ruleset, turns: Sequence[Turn]) -> None:
        self._ruleset = ruleset
        self._mapper, self._wording = Mapper(ruleset.fields), Wording(ruleset.fields)
        self._qualifier, self._router = Qualifier(ruleset), Router(ruleset)
        self._recycler = Recycler(ruleset)
        self._promises = Promises(ruleset)
        self._escalator = Escalator(ruleset.promises, ruleset.people)
        self._turns = turns
        self._place = {(t.lead_id, t.cycle, t.at): n for n, t in enumerate(turns)}
        self._history, self._counted = TurnHistory(), 0

    def mapping(self, snapshot: Snapshot) -> Retaken:
        """The words that were read, mapped again; what could not be mapped has no values."""
        assert snapshot.said is not None
        raw = self._wording.restore(snapshot.said, snapshot.values)
        mapped = self._mapper.from_hubspot(raw)
        parked: list[Json] = []
        if not mapped.sound:
            parked = list[Json](sorted({problem.code for problem in mapped.problems}))
        then = {name: repr(value) for name, value in snapshot.values.items()}
        now = {name: repr(value) for name, value in mapped.values.items()}
        differing: list[tuple[str, Json, Json]] = [
            (name, "a value", "another" if name in now else "none")
            for name in sorted({*then, *now})
            if then.get(name) != now.get(name)
        ]
        if self._mapper.activities(raw) != snapshot.activities:
            differing.append(("activities", len(snapshot.activities), "others"))
        was = snapshot.outcome.get("parked", [])
        if was != parked:
            differing.append(("parked", was, parked))
        return Retaken(
            lead_id=snapshot.lead_id,
            kind="mapping",
            taken_at=snapshot.taken_at,
            differences=tuple(differing),
        )

    def decision(self, snapshot: Snapshot) -> Retaken:
        """A qualification, or a hand-off with its owner."""
        assert snapshot.state is not None
        verdict = self._qualifier.qualify(
            snapshot.values, snapshot.activities, snapshot.state, snapshot.taken_at
        )
        now: dict[str, Json] = outcome_of(verdict)
        place = verdict.place
        if snapshot.surroundings is not None:
            route = route_in(
                self._router,
                verdict.facts,
                snapshot.state,
                snapshot.surroundings,
                turns=self._standing(snapshot),
                now=snapshot.taken_at,
            )
            now |= owner_of(route)
            place = route.place
        return Retaken(
            lead_id=snapshot.lead_id,
            kind="qualification" if snapshot.surroundings is None else "hand-off",
            taken_at=snapshot.taken_at,
            differences=_differences(snapshot.outcome, now),
            place=place,
        )

    def later_step(self, snapshot: Snapshot, past: Past, before: int) -> Retaken | None:
        """A lead that was passed on or reassigned; None where what led to it is gone."""
        assert snapshot.state is not None
        assert snapshot.surroundings is not None
        kind, _, key = snapshot.step.partition(" ")
        temperature = str(snapshot.outcome["temperature"])
        facts = row_facts(snapshot.values, snapshot.state, temperature)
        asked = (self._router, facts, snapshot.state)
        turns, at = self._standing(snapshot), snapshot.taken_at
        heard = past.heard(before)
        if kind == EventKind.PASSED_ON:
            cause = next((event for event in heard if event.key == key), None)
            if cause is None:
                return None
            route = second_step(*asked, cause, snapshot.surroundings, turns=turns, now=at)
        else:
            made = standing(heard, snapshot.cycle).hop == SALES
            route = route_in(
                *asked, snapshot.surroundings, turns=turns, now=at, appointment_made=made
            )
        return Retaken(
            lead_id=snapshot.lead_id,
            kind=LATER[kind],
            taken_at=at,
            differences=_differences(
                snapshot.outcome, {"temperature": temperature, **owner_of(route)}
            ),
            place=route.place,
        )

    def given_back(self, stored: StoredEvent, past: Past) -> Retaken | None:
        """A return beside the same one taken now; None where the values are gone.

        By the values that were last decided on before it, and by what had been heard of then.
        """
        event = stored.event
        before = [one for one in past.kept if one.taken_at <= event.at]
        if not before:
            return None
        values, heard = before[-1].values, past.heard(stored.number)
        decision, _ = self._recycler.decide(
            LeadState(lead_id=event.lead_id, stage="", cycle=event.cycle),
            disposition=str(event.data["disposition"]),
            reason=str(event.data["reason"] or ""),
            values=values,
            events=heard,
            now=event.at,
            consent=values.get(OPT_OUT) is not True,
        )
        if decision is not None and any(is_silent(one) for one in heard):
            decision = silenced(decision)
        then: dict[str, Json] = {"rule": event.rule, "final": event.data["final"],
                                 "programme": event.data["programme"]}  # fmt: skip
        now: dict[str, Json] = dict.fromkeys(then)
        if decision is not None:
            programme = decision.programme.name if decision.programme else ""
            now = {"rule": decision.rule, "final": decision.final, "programme": programme}
        place = decision.place if decision else NOWHERE
        return _of(event, "return", event.at, _differences(then, now), place)

    def helped(self, stored: StoredEvent, past: Past) -> Retaken | None:
        """Support of an opportunity that stalled; None where the lead's values are gone."""
        event = stored.event
        known = past.decided(stored.recorded_at)
        if known is None:
            return None
        helping = support(
            replace(past.row.state, cycle=event.cycle),
            str(event.data["opportunity"]),
            past.heard(stored.number),
            self._ruleset,
            stored.recorded_at,
            consent=known.values.get(OPT_OUT) is not True,
        )
        then = _told(event)
        now = _told(helping.event) if helping else dict.fromkeys(then)
        return _of(event, "support", stored.recorded_at, _differences(then, now))

    def judged(
        self, told: Sequence[StoredEvent], past: Past, *, before: int
    ) -> Iterator[Retaken | None]:
        """All that one look at a lead's promises came to; None for each where values are gone.

        `before` is the number of the first event of this look. What it put off to a later run,
                because too many were reassigned already, is no difference.
        """
        at = told[0].recorded_at
        known = past.decided(at)
        if known is None or known.state is None:
            yield from (None for _ in told)
            return
        heard = past.heard(before)
        row = self._row(known, past.row, heard)
        states = self._promises.states(heard, facts_of(row, heard), at)
        steps = self._escalator.steps(states, at, {event.key for event in heard})
        due = {step.key: step for step in steps}
        for one in told:
            step = due.pop(one.event.key, None)
            then = _told(one.event)
            now = _told(step.event(at)) if step else dict.fromkeys(then)
            yield _of(one.event, PROMISE, at, _differences(then, now), one.event.place)
        for step in due.values():
            if not step.reassign:
                now = _told(step.event(at))
                differences = _differences(dict.fromkeys(now), now)
                yield _of(step.event(at), PROMISE, at, differences, step.state.clause.place)

    def _row(self, known: Snapshot, row: LeadRow, heard: Sequence[Event]) -> LeadRow:
        """The lead as its promises were judged by: qualified as it was last, moved on since."""
        assert known.state is not None
        verdict = self._qualifier.qualify(
            known.values, known.activities, known.state, known.taken_at
        )
        moves = [event for event in heard if event.kind is EventKind.STAGE_CHANGED]
        stage = str(moves[-1].data["to"]) if moves else known.state.stage
        cycle = max(event.cycle for event in heard)
        return replace(
            row,
            state=replace(row.state, stage=stage, cycle=cycle),
            values=known.values,
            temperature=verdict.temperature,
            score=verdict.scores.total,
            score_fit=verdict.scores.fit,
            score_intent=verdict.scores.intent,
            score_completeness=verdict.scores.completeness,
        )

    def _standing(self, snapshot: Snapshot) -> TurnHistory:
        """All turns that were taken before this decision took its own."""
        own = self._place.get((snapshot.lead_id, snapshot.cycle, snapshot.taken_at))
        for turn in self._turns[self._counted : own] if own is not None else ():
            self._history.add(turn)
        self._counted = max(self._counted, own or 0)
        return self._history


PROMISE = "promise"  #: how a judgement on a promise is called

#: Events of later steps, each with a snapshot of its own -> how the decision is called.
LATER: Mapping[str, str] = {
    EventKind.PASSED_ON: "second step",
    EventKind.REASSIGNED: "reassignment",
}


def _of(
    event: Event,
    kind: str,
    at: datetime,
    differences: tuple[tuple[str, Json, Json], ...],
    place: Place = NOWHERE,
) -> Retaken:
    return Retaken(
        lead_id=event.lead_id, kind=kind, taken_at=at, differences=differences, place=place
    )


def _told(event: Event) -> dict[str, Json]:
    return {"what": event.kind.value, "at": event.at.isoformat(), **event.data}


def _differences(
    then: Mapping[str, Json], now: Mapping[str, Json]
) -> tuple[tuple[str, Json, Json], ...]:
    return tuple(
        (name, then.get(name), now.get(name))
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    )
