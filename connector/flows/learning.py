"""Learns from what became of every passed lead, and holds a proposal to leads it has not seen."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from connector.core.attribution import worth
from connector.core.backtest import TO_ACCEPT, TO_OPPORTUNITY
from connector.core.journeys import Journey
from connector.core.learning import (
    LEAST_OUTCOMES,
    Category,
    Clause,
    Example,
    Learned,
    categories,
    clauses_of,
    holds,
    study,
)
from connector.core.qualification import Qualifier
from connector.core.ranking import Comparison, compare
from connector.core.records import LeadState
from connector.core.reweighing import Reweighed, reweigh, with_points
from connector.core.rules.ruleset import Ruleset
from connector.flows.lives import PAGE
from connector.ports import Ledger, Snapshot

DIMENSIONS = ("source", "campaign", "segment", "product", "team", "owner")
TO_WIN = timedelta(days=90)  #: given to a passed lead before its revenue, or none, counts
#: What success may mean, and the time that a passed lead is given for it.
SUCCESS: Mapping[str, timedelta] = {
    "accepted": TO_ACCEPT,
    "opportunity": TO_OPPORTUNITY,
    "won": TO_WIN,
}
MOST = 20_000  #: newest passed leads that are learned from; more would say the same
EVER = datetime.min.replace(tzinfo=UTC)
SEEN = 2 / 3  #: older part of the leads, from which points are proposed; the rest judges them
NO_WORSE = 0.02  #: a proposal may at most rank worse by this much, with 95 % certainty


class Withheld(StrEnum):
    """Why no other points are recommended."""

    NOTHING_SURE = "nothing that is sure enough asks for other points"
    FEW = "not enough newer leads to hold other points to"
    NOT_SURE = "on newer leads it is not sure that they rank no worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Other points, and how they rank the newest leads, from which nothing was learned."""

    changes: Sequence[Reweighed] = ()
    comparison: Comparison | None = None
    withheld: Withheld | None = None  #: None where they are recommended

    @property
    def is_recommended(self) -> bool:
        return self.withheld is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Everything that was learned from the passed leads of a ledger."""

    by: str  #: what success means: one of SUCCESS
    passed: int  #: passed leads that were looked at
    judged: int  #: of these, those that had the time to succeed
    succeeded: int
    ripe: int  #: those that had the time to bring revenue
    lost: int  #: passed leads whose inputs were erased or have expired
    since: datetime | None
    until: datetime
    clauses: Sequence[Learned] = ()
    categories: Sequence[Category] = ()
    proposal: Proposal = Proposal(withheld=Withheld.NOTHING_SURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One passed lead with the inputs of its hand-off."""

    example: Example
    inputs: Snapshot
    state: LeadState


def learn(
    ledger: Ledger,
    ruleset: Ruleset,
    journeys: Iterable[Journey],
    *,
    now: datetime,
    since: datetime | None,
    by: str,
    progress: Callable[[str, int], None],
) -> Lessons:
    """What the leads that were passed at `since` or later say of the definition in `ruleset`.

    Of the journeys given, the newest that were passed are looked at. `by` is one of SUCCESS.
    """
    passed = (
        (journey.passed_at, journey.lead_id, journey.cycle, journey)
        for journey in journeys
        if journey.is_counted and journey.passed_at and journey.passed_at >= (since or EVER)
    )
    newest = [entry[-1] for entry in heapq.nlargest(MOST, passed, key=lambda entry: entry[:3])]
    teacher = _Teacher(ruleset, now, by)
    for start in range(0, len(newest), PAGE):
        page = newest[start : start + PAGE]
        with ledger.transaction() as tx:
            kept = tx.snapshots_of_many([journey.lead_id for journey in page])
        for journey in page:
            teacher.add(journey, kept.get(journey.lead_id, []))
        progress("passed leads", len(page))
    return teacher.lessons()


class _Teacher:
    """Gathers passed leads with what held at their hand-off, and studies them."""

    def __init__(self, ruleset: Ruleset, now: datetime, by: str) -> None:
        self._ruleset, self._now, self._by = ruleset, now, by
        self._qualifier = Qualifier(ruleset)
        self._clauses: list[Clause] = []
        self._seen: list[_Seen] = []
        self._lost = 0

    def add(self, journey: Journey, kept: Sequence[Snapshot]) -> None:
        at = journey.passed_at or EVER
        before = [one for one in kept if one.cycle == journey.cycle and one.taken_at <= at]
        if not before:
            self._lost += 1
            return
        inputs = before[-1]
        state = inputs.state or LeadState(
            lead_id=inputs.lead_id,
            stage="",
            cycle=journey.cycle,
            cycle_started_at=journey.captured_at,
        )
        explained = self._qualifier.qualify(
            inputs.values, inputs.activities, state, inputs.taken_at
        ).explain()
        if not self._clauses:
            self._clauses = clauses_of(explained, _points(self._ruleset))
        example = self._example(journey, at, holds(explained))
        self._seen.append(_Seen(example=example, inputs=inputs, state=state))

    def _example(self, journey: Journey, at: datetime, held: tuple[bool, ...]) -> Example:
        waited = self._now - at
        targets = self._ruleset.targets
        revenue = float(worth(journey, targets.currency, targets.rates))
        return Example(
            passed_at=at,
            holds=held,
            success=_reached(journey, self._by) if waited >= SUCCESS[self._by] else None,
            revenue=revenue if waited >= TO_WIN else None,
            groups={name: getattr(journey, name) for name in DIMENSIONS},
        )

    def lessons(self) -> Lessons:
        seen = self._seen[::-1]
        examples = [one.example for one in seen]
        judged = [one for one in examples if one.success is not None]
        return Lessons(
            by=self._by,
            passed=len(examples),
            judged=len(judged),
            succeeded=sum(bool(one.success) for one in judged),
            ripe=sum(one.revenue is not None for one in examples),
            lost=self._lost,
            since=examples[0].passed_at if examples else None,
            until=self._now,
            clauses=study(self._clauses, examples),
            categories=categories(examples, DIMENSIONS),
            proposal=self._proposal([one for one in seen if one.example.success is not None]),
        )

    def _proposal(self, judged: Sequence[_Seen]) -> Proposal:
        """From the older leads, held to the newer ones."""
        split = int(len(judged) * SEEN)
        older, newer = [one.example for one in judged[:split]], judged[split:]
        changes = reweigh(self._ruleset, study(self._clauses, older), older)
        if not changes:
            return Proposal(withheld=Withheld.NOTHING_SURE)
        outcomes = [bool(one.example.success) for one in newer]
        after = _scores(with_points(self._ruleset, changes), newer)
        found = compare(outcomes, _scores(self._ruleset, newer), after)
        return Proposal(changes=changes, comparison=found, withheld=_withheld(found))


def _reached(journey: Journey, by: str) -> bool:
    if by == "won":
        return bool(journey.won)
    moment = journey.accepted_at if by == "accepted" else journey.opportunity_at
    return moment is not None


def _scores(ruleset: Ruleset, seen: Sequence[_Seen]) -> list[float]:
    """The total score of each at its hand-off, as the files would have given it."""
    qualifier = Qualifier(ruleset)
    return [
        qualifier.qualify(
            one.inputs.values, one.inputs.activities, one.state, one.inputs.taken_at
        ).scores.total
        for one in seen
    ]


def _withheld(found: Comparison | None) -> Withheld | None:
    if found is None or min(found.successes, found.failures) < LEAST_OUTCOMES:
        return Withheld.FEW
    return Withheld.NOT_SURE if found.low <= -NO_WORSE else None


def _points(ruleset: Ruleset) -> dict[tuple[str, str], int]:
    rules = ruleset.qualification
    found = {("fit", rule.name): rule.points for rule in rules.fit}
    found |= {("intent", rule.name): rule.points for rule in rules.intent}
    return found | {("completeness", rule.name): rule.points for rule in rules.completeness}
