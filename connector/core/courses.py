"""What one set of files would have made of a lead in one cycle, decided anew input by input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.core.conditions import compile_condition
from connector.core.frozen import replace
from connector.core.journeys import Journey, stage_names
from connector.core.owners import QUEUE
from connector.core.records import Activity, LeadState, Value, Values
from connector.core.routing import Router
from connector.core.rule_diff import Judge
from connector.core.rules.routing import TargetKind
from connector.core.rules.vocabulary import StageMeaning
from connector.core.surroundings import Surroundings, route_in
from connector.core.turns import TurnHistory
from connector.core.verdicts import Verdict

NOBODY = Surroundings()  #: no claims in the CRM, everybody there


class Kept(Protocol):
    """The inputs of an earlier decision (`ports.Snapshot`)."""

    @property
    def lead_id(self) -> str: ...
    @property
    def taken_at(self) -> datetime: ...
    @property
    def values(self) -> Values: ...
    @property
    def activities(self) -> tuple[Activity, ...]: ...
    @property
    def state(self) -> LeadState | None: ...
    @property
    def surroundings(self) -> Surroundings | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A lead that would have been handed over, with all that its routing asks."""

    at: datetime
    facts: Mapping[str, Value | float]
    state: LeadState
    around: Surroundings = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far a lead would have come in one cycle."""

    marketing_qualified_at: datetime | None = None
    handed: Handed | None = None
    is_undecided: bool = False  #: waits for the lead centre, which was never asked about it


class Courses:
    """Decides cycles by one set of files, as if these had been in force all the time."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        vocabulary = judge.ruleset.vocabulary
        self._ground = vocabulary.stage_for(StageMeaning.CAPTURED).name
        self._returned = judge.ruleset.recycling.recycled_stage or self._ground
        self._qualified = stage_names(vocabulary).marketing_qualified
        self._asked = _asked_by_routing(judge.router)

    def of(
        self, inputs: Sequence[Kept], journey: Journey, previous: Journey | None, now: datetime
    ) -> Course:
        """Each input at its moment, and again when a cool-down ends; up to the hand-off.

        Where a person of the lead centre decides, whoever was passed in truth is taken as agreed.
        """
        state = self._begin(inputs[0], journey, previous)
        qualified_at: datetime | None = None
        is_undecided = False
        for number, one in enumerate(inputs):
            end = inputs[number + 1].taken_at if number + 1 < len(inputs) else now
            at: datetime | None = one.taken_at
            while at is not None:
                verdict = self._decide(one, state, at)
                if verdict.proposed and journey.passed_at is not None:
                    verdict = self._decide(one, replace(state, stage=verdict.proposed), at)
                state = replace(state, stage=verdict.stage)
                if qualified_at is None and verdict.stage in self._qualified:
                    qualified_at = at
                if verdict.may_pass:
                    return self._passed(one, verdict, state, qualified_at)
                is_undecided = is_undecided or verdict.proposed is not None
                at = _next_moment(verdict, at, end)
        return Course(marketing_qualified_at=qualified_at, is_undecided=is_undecided)

    def _begin(self, first: Kept, journey: Journey, previous: Journey | None) -> LeadState:
        """Where the cycle began; rebuilt from the journeys where the ledger did not keep it."""
        known = first.state or LeadState(
            lead_id=first.lead_id,
            stage="",
            cycle=journey.cycle,
            cycle_started_at=journey.captured_at,
            reason=previous.reason or None if previous else None,
        )
        ground = self._ground if journey.cycle == 1 else self._returned
        return replace(known, stage=ground, passed_at=None, owner=None)

    def _decide(self, one: Kept, state: LeadState, at: datetime) -> Verdict:
        return self.judge.qualifier.qualify(one.values, one.activities, state, at)

    def _passed(
        self, one: Kept, verdict: Verdict, state: LeadState, qualified_at: datetime | None
    ) -> Course:
        facts = verdict.facts
        around = one.surroundings or NOBODY
        return Course(
            marketing_qualified_at=qualified_at or verdict.now,
            handed=Handed(
                at=verdict.now,
                facts={name: facts[name] for name in self._asked if name in facts},
                state=state,
                around=replace(NOBODY, candidates=around.candidates, owners=around.owners),
            ),
        )

    def loads(self, handed: Sequence[Handed]) -> dict[str, int]:
        """Owner -> leads, each routed in the order of passing, turn after turn.

        Claims of the CRM count where they were known; absences and weights as the files have
        them, caps and holds not at all. Queues are named `queue:<name>`.
        """
        turns, found = TurnHistory(), dict[str, int]()
        for one in sorted(handed, key=lambda one: (one.at, one.state.lead_id)):
            decision = route_in(
                self.judge.router, one.facts, one.state, one.around, turns=turns, now=one.at
            )
            if decision.turn is not None:
                turns.add(decision.turn)
            found[decision.owner] = found.get(decision.owner, 0) + 1
        return dict(sorted(found.items(), key=lambda item: (item[0].startswith(QUEUE), item[0])))


def _next_moment(verdict: Verdict, at: datetime, end: datetime) -> datetime | None:
    """When time alone would have this input decided again before the next one came."""
    waits = [held.until for held in verdict.held if held.until is not None]
    return min((until for until in waits if at < until < end), default=None)


def _asked_by_routing(router: Router) -> frozenset[str]:
    rules = router.routing.rules
    asked = {name for rule in rules for name in compile_condition(rule.when).fields}
    targets = (*(rule.to for rule in rules), router.routing.fallback)
    return frozenset(asked | {one.name for one in targets if one.kind is TargetKind.FIELD})
