"""The stages as a ladder: how far a lead climbs, what it lacks for the next rung, what holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.conditions import Compiled, Facts, Gap
from connector.core.problems import NOWHERE, Place
from connector.core.records import Activity, LeadState
from connector.core.rules.conditions import Operator
from connector.core.rules.vocabulary import StageMeaning, Vocabulary
from connector.core.verdicts import Held

_WITH_SALES = frozenset({StageMeaning.ACCEPTED, StageMeaning.OPPORTUNITY, StageMeaning.CUSTOMER})


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage with its condition and the fields it requires."""

    stage: str
    when: Compiled
    manual: bool = False
    required: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps a lead from being passed, or passed again."""

    never_again: frozenset[str]
    max_cycles: int
    new_activity: bool
    contact_gate: tuple[str, ...]
    place: Place = NOWHERE


@dataclass(slots=True)
class Standing:
    """Where a lead stands on the ladder."""

    stage: str
    rule: str = ""
    place: Place = NOWHERE
    proposed: str | None = None
    next_stage: str | None = None
    held: tuple[Held, ...] = ()
    may_pass: bool = False


class Ladder:
    """The stages of one ruleset, lowest first."""

    def __init__(self, rungs: tuple[Rung, ...], guard: Guard, vocabulary: Vocabulary) -> None:
        self.rungs = rungs
        self._guard = guard
        self._meanings = {name: stage.meaning for name, stage in vocabulary.stages.items()}
        self._index = {rung.stage: index for index, rung in enumerate(rungs)}
        self._ground = _named(vocabulary, StageMeaning.CAPTURED)
        self._bad = _named(vocabulary, StageMeaning.UNQUALIFIED)
        self._sales = _named(vocabulary, StageMeaning.SALES_QUALIFIED)

    def stand(
        self,
        facts: Facts,
        state: LeadState,
        activities: Sequence[Activity],
        now: datetime,
        bad: str | None,
        holds: tuple[bool, ...],
    ) -> Standing:
        """`activities` are those that count; `bad` is the name of the bad-lead rule that held;
        `holds` tells of each rung whether its condition does."""
        meaning = self._meanings.get(state.stage)
        with_sales = meaning in _WITH_SALES or state.passed_at is not None
        if bad is not None:
            return self._unqualified(state, bad, with_sales=with_sales)
        if meaning in _WITH_SALES:
            return Standing(state.stage)
        standing = self._climb(facts, state, activities, now, holds)
        if standing.stage == self._sales and state.passed_at is None:
            standing.held = (*self._holds(facts, standing), *standing.held)
            standing.may_pass = not standing.held
        return standing

    def _unqualified(self, state: LeadState, bad: str, *, with_sales: bool) -> Standing:
        if with_sales:
            held = Held("with-sales", state.stage, (bad,))
            return Standing(state.stage, held=(held,))
        return Standing(self._bad or state.stage or self._ground or "")

    def lacking(
        self, facts: Facts, now: datetime, next_stage: str | None, held: tuple[Held, ...]
    ) -> tuple[Gap, ...]:
        """What the next rung asks for and the lead lacks; else what the contact gate lacks."""
        at = self._index.get(next_stage or "")
        gaps = () if at is None else _lacking(self.rungs[at], facts, now)
        return gaps or _gate_gaps(held)

    def _climb(
        self,
        facts: Facts,
        state: LeadState,
        activities: Sequence[Activity],
        now: datetime,
        holds: tuple[bool, ...],
    ) -> Standing:
        at = self._index.get(state.stage, -1)
        standing = Standing(state.stage if at >= 0 else self._start(state))
        if at >= 0:
            standing.rule, standing.place = state.stage, self.rungs[at].place
        for number in range(at + 1, len(self.rungs)):
            rung = self.rungs[number]
            if not holds[number] or True in [_unknown(facts, name) for name in rung.required]:
                standing.next_stage = rung.stage
                break
            held = self._guarded(rung, state, activities, now)
            if rung.manual and not held:
                standing.proposed = rung.stage
                held = (Held("lead-centre", rung.stage, place=rung.place),)
            if held:
                standing.next_stage, standing.held = rung.stage, held
                break
            standing.stage, standing.rule, standing.place = rung.stage, rung.stage, rung.place
        return standing

    def _start(self, state: LeadState) -> str:
        """A lead without a stage on the ladder: newly captured, inactive, or formerly bad."""
        meaning = self._meanings.get(state.stage)
        if meaning in (None, StageMeaning.UNQUALIFIED):
            return self._ground or state.stage
        return state.stage

    def _guarded(
        self, rung: Rung, state: LeadState, activities: Sequence[Activity], now: datetime
    ) -> tuple[Held, ...]:
        """Why a lead that came back may not climb this rung. A reason for good bars every rung
        above the ground; the other guards bar the way to sales only."""
        guard = self._guard
        if state.reason in guard.never_again and rung.stage != self._ground:
            return (Held("never-again", rung.stage, (state.reason or "",), place=guard.place),)
        if rung.stage != self._sales:
            return ()
        held = []
        if state.cool_down_until is not None and now < state.cool_down_until:
            until = state.cool_down_until
            held.append(Held("cool-down", rung.stage, until=until, place=guard.place))
        if state.cycle > guard.max_cycles:
            held.append(Held("max-cycles", rung.stage, place=guard.place))
        if state.cycle > 1 and guard.new_activity and not activities:
            held.append(Held("no-new-activity", rung.stage, place=guard.place))
        return tuple(held)

    def _holds(self, facts: Facts, standing: Standing) -> tuple[Held, ...]:
        lacking = tuple([name for name in self._guard.contact_gate if _unknown(facts, name)])
        if not lacking:
            return ()
        return (Held("contact-gate", standing.stage, lacking),)


def _lacking(rung: Rung, facts: Facts, now: datetime) -> tuple[Gap, ...]:
    """What the condition lacks, then the required fields that are unknown."""
    gaps = rung.when.missing(facts, now)
    named = {gap.field for gap in gaps}
    required = [
        Gap(name, Operator.PRESENT, True, place=rung.place)
        for name in rung.required
        if name not in named and _unknown(facts, name)
    ]
    return (*gaps, *required) if required else gaps


def _gate_gaps(held: tuple[Held, ...]) -> tuple[Gap, ...]:
    """What the contact gate lacks is missing as well."""
    return tuple(
        Gap(name, Operator.PRESENT, True, place=one.place)
        for one in held
        if one.code == "contact-gate"
        for name in one.what
    )


def _unknown(facts: Facts, name: str) -> bool:
    value = facts.get(name)
    return value is None or value == "" or value == ()


def _named(vocabulary: Vocabulary, meaning: StageMeaning) -> str | None:
    return next((s.name for s in vocabulary.stages.values() if s.meaning is meaning), None)
