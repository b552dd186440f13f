"""Which clause of the definition tells good leads from others, and which is mere decoration.

Every passed lead has an outcome, and at its hand-off each clause of the definition held or did
not. Leads that were never passed have no outcome: what is learned holds for leads like those that
sales got to see. Fewer than `LEAST` leads on either side of a clause are answered with "not
enough", never with a guess.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import NormalDist

from connector.core.evidence import false_discovery, fisher, mean_difference, rank_sum
from connector.core.frozen import replace
from connector.core.intervals import difference
from connector.core.logistic import Effect, effects
from connector.core.problems import NOWHERE, Place
from connector.core.verdicts import Explained

LEAST = 20  #: leads that have a mark, and that have it not, below which nothing is said of it
LEAST_OUTCOMES = 10  #: successes, failures, or leads with revenue in all, below which likewise
FALSE = 0.1  #: at most this share of what is said to predict does not, on average
MARGIN = 0.05  #: a clause that moves the rate of success by less than this much is decoration
LEVEL = 0.9  #: of every interval
SURE = NormalDist().inv_cdf((1 + LEVEL) / 2)
PARTS = ("fit", "intent", "completeness")  #: whose rules are weighed beside each other


class Verdict(StrEnum):
    """What the history says of one clause."""

    PREDICTS = "predicts"  #: those who have it succeed more often, as the points say
    AGAINST = "works against"  #: it moves the outcome the other way than its points
    ECHO = "says what others say"  #: alone it predicts; beside the other rules nothing is left
    DECORATION = "decoration"  #: whatever it moves is less than the margin
    UNSEEN = "never differs"  #: every passed lead has it, or none
    NOT_ENOUGH = "not enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One rule of the definition, or one clause of a rule that has several."""

    part: str  #: disqualify, fit, intent, completeness, bant or stage
    rule: str
    text: str = ""  #: the clause in words; blank for the rule as a whole
    points: int = 0
    place: Place = NOWHERE

    @property
    def name(self) -> str:
        return f"{self.rule}: {self.text}" if self.text else self.rule

    @property
    def is_scored(self) -> bool:
        """A whole rule that gives points, and so is weighed beside the others."""
        return self.part in PARTS and not self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One passed lead: what held at its hand-off, and what became of it where that is known."""

    passed_at: datetime
    holds: tuple[bool, ...]  #: by the clauses, in their order
    success: bool | None = None  #: e.g. accepted by sales; None where it had no time yet
    revenue: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)  #: source, campaign …


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mark (a clause, or being of a category) and one outcome, with and without the mark.

    `low` and `high` hold the difference, with less without: of rates, or of revenue a lead.
    """

    outcome: str  #: success or revenue
    count: int
    other_count: int
    rate: float
    other_rate: float
    low: float = 0.0
    high: float = 0.0
    chance: float = 1.0  #: that a difference like this comes about by itself
    adjusted: float = 1.0  #: the same, after all the looks that were taken
    effect: Effect | None = None  #: on the log odds, the other rules being equal
    verdict: Verdict = Verdict.NOT_ENOUGH
    is_tested: bool = False  #: there are enough leads and outcomes to ask
    needed: int | None = None  #: passed leads more until decoration could be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One clause with what was found of success and of revenue."""

    clause: Clause
    success: Finding
    revenue: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One category of leads beside all others."""

    dimension: str
    group: str
    success: Finding
    revenue: Finding


def clauses_of(
    explained: Sequence[Explained], points: Mapping[tuple[str, str], int]
) -> list[Clause]:
    """The rules of a definition and their clauses, from any lead's explanation by it."""
    found = []
    for one in explained:
        if one.part == "temperature":
            continue
        own = points.get((one.part, one.name), 0)
        found.append(Clause(part=one.part, rule=one.name, points=own, place=one.place))
        if len(one.clauses) > 1:
            found += [
                Clause(part=one.part, rule=one.name, text=c.text(), points=own, place=c.place)
                for c in one.clauses
            ]
    return found


def holds(explained: Sequence[Explained]) -> tuple[bool, ...]:
    """Whether each of `clauses_of` holds for one lead."""
    found: list[bool] = []
    for one in explained:
        if one.part != "temperature":
            found.append(one.passed)
            if len(one.clauses) > 1:
                found += [clause.passed for clause in one.clauses]
    return tuple(found)


def study(clauses: Sequence[Clause], examples: Sequence[Example]) -> list[Learned]:
    """What the outcomes say of each clause; corrected for all clauses and both outcomes.

    Sales only sees whom the definition lets through: who lacks one thing must have another, and so
    clauses seem to work against each other. That is why each is judged beside the rules that
    predict, and not alone.
    """
    pairs = _corrected(
        [
            (
                _success(examples, lambda one, n=number: one.holds[n]),  # type: ignore[misc]
                _revenue(examples, lambda one, n=number: one.holds[n]),  # type: ignore[misc]
            )
            for number in range(len(clauses))
        ]
    )
    weighed = _Weighed(clauses, examples, [success for success, _ in pairs])
    return [
        Learned(
            clause=clause,
            success=_judged(success, clause, weighed.effects.get(number)),
            revenue=_judged(revenue, clause, None),
        )
        for number, (clause, (success, revenue)) in enumerate(zip(clauses, pairs, strict=True))
    ]


def categories(examples: Sequence[Example], dimensions: Sequence[str]) -> list[Category]:
    """Every category with enough leads beside all others; corrected for all looks."""
    named = [
        (dimension, group)
        for dimension in dimensions
        for group in sorted({one.groups.get(dimension, "") for one in examples} - {""})
    ]
    pairs = []
    for dimension, group in named:

        def of(one: Example, d: str = dimension, g: str = group) -> bool:
            return one.groups.get(d) == g

        pairs.append((_success(examples, of), _revenue(examples, of)))
    anybody = Clause(part="category", rule="")
    return [
        Category(
            dimension=dimension,
            group=group,
            success=_judged(success, anybody, None),
            revenue=_judged(revenue, anybody, None),
        )
        for (dimension, group), (success, revenue) in zip(named, _corrected(pairs), strict=True)
    ]


# --- one mark, one outcome ---------------------------------------------------------------------

Mark = Callable[[Example], bool]


def _success(examples: Sequence[Example], has: Mark) -> Finding:
    shares = {True: [0, 0], False: [0, 0]}
    for one in examples:
        if one.success is not None:
            share = shares[has(one)]
            share[0] += one.success
            share[1] += 1
    (hits, count), (other_hits, other_count) = shares[True], shares[False]
    low, high = difference(hits, count, other_hits, other_count, LEVEL)
    few = min(hits + other_hits, count + other_count - hits - other_hits) < LEAST_OUTCOMES
    return Finding(
        outcome="success",
        count=count,
        other_count=other_count,
        rate=hits / count if count else 0.0,
        other_rate=other_hits / other_count if other_count else 0.0,
        low=low,
        high=high,
        chance=fisher(hits, count, other_hits, other_count),
        verdict=_beforehand(count, other_count),
        is_tested=not few and min(count, other_count) >= LEAST,
    )


def _revenue(examples: Sequence[Example], has: Mark) -> Finding:
    amounts: dict[bool, list[float]] = {True: [], False: []}
    for one in examples:
        if one.revenue is not None:
            amounts[has(one)].append(one.revenue)
    own, other = amounts[True], amounts[False]
    low, high = mean_difference(own, other, LEVEL)
    winners = sum(1 for amount in (*own, *other) if amount > 0)
    is_tested = winners >= LEAST_OUTCOMES and min(len(own), len(other)) >= LEAST
    return Finding(
        outcome="revenue",
        count=len(own),
        other_count=len(other),
        rate=math.fsum(own) / len(own) if own else 0.0,
        other_rate=math.fsum(other) / len(other) if other else 0.0,
        low=low,
        high=high,
        chance=rank_sum(own, other) if is_tested else 1.0,
        verdict=_beforehand(len(own), len(other)),
        is_tested=is_tested,
    )


def _beforehand(count: int, other_count: int) -> Verdict:
    """What can be said before anything is tested."""
    if count + other_count and not min(count, other_count):
        return Verdict.UNSEEN
    return Verdict.NOT_ENOUGH


def _corrected(pairs: Sequence[tuple[Finding, Finding]]) -> list[tuple[Finding, Finding]]:
    """Both findings of each mark, with the chance after all looks at what may be tested."""
    flat = [one for pair in pairs for one in pair]
    tested = [n for n, one in enumerate(flat) if one.is_tested]
    adjusted = false_discovery([flat[n].chance for n in tested])
    for n, chance in zip(tested, adjusted, strict=True):
        flat[n] = replace(flat[n], adjusted=chance)
    return [(flat[n], flat[n + 1]) for n in range(0, len(flat), 2)]


def _judged(found: Finding, clause: Clause, effect: Effect | None) -> Finding:
    """The verdict; without an `effect` there is no decoration and no echo."""
    if not found.is_tested:
        return replace(found, effect=effect)
    upward = found.rate > found.other_rate
    moved = _moved(effect) if effect is not None else None
    verdict, needed = Verdict.NOT_ENOUGH, None
    if found.adjusted <= FALSE:
        verdict = Verdict.PREDICTS if upward is (clause.points >= 0) else Verdict.AGAINST
        if effect is not None and not _same_way(effect, upward=upward):
            verdict = Verdict.ECHO
    if verdict is not Verdict.ECHO and moved is not None:
        if moved[0] > -MARGIN and moved[1] < MARGIN:
            verdict = Verdict.DECORATION
        elif verdict is Verdict.NOT_ENOUGH:
            needed = _needed(found, (moved[1] - moved[0]) / 2)
    return replace(found, effect=effect, verdict=verdict, needed=needed)


def _same_way(effect: Effect, *, upward: bool) -> bool:
    """Whether the effect beside the other rules is surely not nothing, and goes the same way."""
    size = effect.size if upward else -effect.size
    return size - SURE * effect.error > 0


def _moved(effect: Effect) -> tuple[float, float]:
    """The interval of what a clause itself moves the rate by, the others being equal."""
    half = SURE * effect.error
    return effect.slope * (effect.size - half), effect.slope * (effect.size + half)


def _needed(found: Finding, half: float) -> int | None:
    """Passed leads more until the interval would be no wider than the margin on either side."""
    total = found.count + found.other_count
    wanted = math.ceil(total * (half / MARGIN) ** 2)
    return wanted - total if wanted > total else None


class _Weighed:
    """The effect of each clause on success beside the rules that predict it, from the surest on.

    A scored rule that surely moves success, beside those surer than itself, is one of them. Any
    other clause is held beside them all, but for its own rule and its twins: rules that hold for
    exactly the same leads, or the others.
    """

    def __init__(
        self, clauses: Sequence[Clause], examples: Sequence[Example], found: Sequence[Finding]
    ) -> None:
        known = [one for one in examples if one.success is not None]
        self._outcomes = [bool(one.success) for one in known]
        self._columns = [tuple(one.holds[n] for one in known) for n in range(len(clauses))]
        tested = [n for n, one in enumerate(found) if one.is_tested]
        surest = sorted(tested, key=lambda n: found[n].chance)
        kept: list[int] = []
        self.effects: dict[int, Effect] = {}
        for n in surest:
            if clauses[n].is_scored and found[n].adjusted <= FALSE:
                self.effects[n] = self._fit([*kept, n])[-1]
                upward = found[n].rate > found[n].other_rate
                kept += [n] if _same_way(self.effects[n], upward=upward) else []
        for n in tested:
            if n not in self.effects:
                beside = [k for k in kept if self._differ(clauses, k, n)]
                self.effects[n] = self._fit([*beside, n])[-1]
        self.effects.update(zip(kept, self._fit(kept), strict=True))

    def _differ(self, clauses: Sequence[Clause], one: int, other: int) -> bool:
        if clauses[other].is_scored:
            return True
        column, twin = self._columns[one], self._columns[other]
        opposite = tuple(not held for held in twin)
        same_rule = (clauses[one].part, clauses[one].rule) == (
            clauses[other].part,
            clauses[other].rule,
        )
        return not same_rule and column not in (twin, opposite)

    def _fit(self, numbers: Sequence[int]) -> list[Effect]:
        """All of these together; the last one's effect comes last."""
        chosen = [self._columns[n] for n in numbers]
        rows = (
            (frozenset(at for at, column in enumerate(chosen) if column[row]), outcome)
            for row, outcome in enumerate(self._outcomes)
        )
        return effects(rows, len(numbers))
