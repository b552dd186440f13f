"""Conditions compiled once: do they hold, why, and what would have to change for them to hold.

Comparison is total: a value that does not fit what is asked never raises, it fails the clause.

- *Blank* (absent, null, empty) passes only `present: false`, `is_not` and `not_in`.
- Text is compared without case. A number asked of a text is compared with its digits, so that
  `postcode: {is: 75001}` works.
- Numbers (int, Decimal, float) compare with numbers; `true` and `false` only with each other.
- A moment compares with a date by its day in UTC; a moment without time zone is taken as UTC. A
  date asked for may be written as ISO text.
- A multi-value passes `is`, `in`, `contains` and `contains_any` when one of its words does, and
  `is_not` and `not_in` when none of its words is among those named. `is` with several words asks
  for exactly these words, in any order.
- Ordering (`at_least` … `between`) exists for numbers, dates and moments, never for text.
- `within_days: n` looks both ways; `older_than_days: n` is strictly further back than n days.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from connector.core.clauses import Test, compile_clause
from connector.core.problems import NOWHERE, Place
from connector.core.records import Value
from connector.core.rules.conditions import All, Any, Clause, Condition, Not, Operator
from connector.core.rules.vocabulary import Labels
from connector.core.wording import clause_text, gap_text

Fact = Value | float
Facts = Mapping[str, Fact]
Predicate = Callable[[Facts, datetime], bool]
Wanted = Value | tuple[Value, ...]


class ClauseVerdict(NamedTuple):
    """One clause, the value it met and whether it passed (after `not`, where it is `negated`).

    A tuple and no dataclass: every decision makes dozens.
    """

    field: str
    operator: Operator
    wanted: Wanted
    value: Fact
    passed: bool
    place: Place = NOWHERE
    negated: bool = False

    def text(self, language: str = "en", labels: Mapping[str, Labels] | None = None) -> str:
        """What was asked, in words; the value is left out, since it may be personal."""
        return clause_text(
            self.field, self.operator, self.wanted, language, labels or {}, negated=self.negated
        )


class Gap(NamedTuple):
    """A change that is missing: the field and what it should become (not, where `negated`)."""

    field: str
    operator: Operator
    wanted: Wanted
    negated: bool = False
    place: Place = NOWHERE

    @property
    def possible(self) -> bool:
        """False where nothing could make the condition hold."""
        return self.field != ""

    def text(self, language: str = "en", labels: Mapping[str, Labels] | None = None) -> str:
        """In words, e.g. `needs a phone`, `needs at least 50 employees`."""
        return gap_text(
            self.field, self.operator, self.wanted, language, labels or {}, negated=self.negated
        )


IMPOSSIBLE = Gap(field="", operator=Operator.PRESENT, wanted=True)  #: nothing helps

_FLIPPED = {
    Operator.IS: Operator.IS_NOT,
    Operator.IS_NOT: Operator.IS,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
    Operator.AT_LEAST: Operator.BELOW,
    Operator.BELOW: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.ABOVE,
    Operator.ABOVE: Operator.AT_MOST,
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    clause: Clause
    test: Test
    negated: bool

    def gap(self) -> Gap:
        """The change this clause asks for; a negated one by its opposite where there is one."""
        clause = self.clause
        operator, wanted, negated = clause.operator, clause.wanted, self.negated
        if negated and operator is Operator.PRESENT:
            wanted, negated = not wanted, False
        elif negated and operator in _FLIPPED:
            operator, negated = _FLIPPED[operator], False
        return Gap(clause.field, operator, wanted, negated, clause.place)


@dataclass(frozen=True, slots=True)
class _Branch:
    """All parts (`every`) or at least one of them; `not` has been pushed down to the leaves."""

    every: bool
    parts: "tuple[_Leaf | _Branch, ...]"


_Node = _Leaf | _Branch


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition ready to be asked many times. `holds(facts, now)` is a plain function."""

    condition: Condition
    holds: Predicate
    root: _Node
    leaves: tuple[tuple[str, Operator, Wanted, Place, bool, Test], ...]

    def explain(self, facts: Facts, now: datetime) -> tuple[ClauseVerdict, ...]:
        """Every clause in its written order, those included that no longer matter."""
        get = facts.get
        return tuple(
            [
                ClauseVerdict(
                    name, op, wanted, get(name), test(get(name), now) is not no, place, no
                )
                for name, op, wanted, place, no, test in self.leaves
            ]
        )

    def missing(self, facts: Facts, now: datetime) -> tuple[Gap, ...]:
        """What would have to change; empty where it holds. See `missing`."""
        if self.holds(facts, now):
            return ()
        found = _missing(self.root, facts, now)
        return (IMPOSSIBLE,) if found is None else _tidy(found[1])

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it asks about, each once, in written order."""
        return tuple(dict.fromkeys(leaf[0] for leaf in self.leaves))


def compile_condition(condition: Condition) -> Compiled:
    """Turns the structure into closures; do it once per rule, not per lead."""
    root = _build(condition, negated=False)
    leaves = tuple(
        (
            leaf.clause.field,
            leaf.clause.operator,
            leaf.clause.wanted,
            leaf.clause.place,
            leaf.negated,
            leaf.test,
        )
        for leaf in _leaves(root)
    )
    return Compiled(condition, _predicate(root), root, leaves)


def missing(condition: Condition, facts: Facts, now: datetime) -> tuple[Gap, ...]:
    """What would have to change for the condition to hold: all of these together.

    Of alternatives the cheapest is taken: filling a blank is cheaper than changing what is known,
    and a tie goes to the one written first. `IMPOSSIBLE` alone where nothing helps (an `any`
    without parts).
    """
    return compile_condition(condition).missing(facts, now)


def _build(condition: Condition, *, negated: bool) -> _Node:
    if isinstance(condition, Clause):
        return _Leaf(condition, compile_clause(condition.operator, condition.wanted), negated)
    if isinstance(condition, Not):
        return _build(condition.part, negated=not negated)
    parts = tuple(_build(part, negated=negated) for part in condition.parts)
    if len(parts) == 1:
        return parts[0]
    return _Branch(isinstance(condition, All) is not negated, parts)


def _leaves(node: _Node) -> list[_Leaf]:
    if isinstance(node, _Leaf):
        return [node]
    return [leaf for part in node.parts for leaf in _leaves(part)]


def _predicate(node: _Node) -> Predicate:
    if isinstance(node, _Leaf):
        return _ask(node)
    tests = tuple(_predicate(part) for part in node.parts)
    if len(tests) == 2:
        return _both(*tests) if node.every else _either(*tests)
    return _every(tests) if node.every else _some(tests)


def _ask(leaf: _Leaf) -> Predicate:
    name, test = leaf.clause.field, leaf.test
    if leaf.negated:
        return lambda facts, now: not test(facts.get(name), now)
    return lambda facts, now: test(facts.get(name), now)


def _both(one: Predicate, two: Predicate) -> Predicate:
    return lambda facts, now: one(facts, now) and two(facts, now)


def _either(one: Predicate, two: Predicate) -> Predicate:
    return lambda facts, now: one(facts, now) or two(facts, now)


def _every(tests: tuple[Predicate, ...]) -> Predicate:
    def holds(facts: Facts, now: datetime) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs twice the time here
            if not test(facts, now):
                return False
        return True

    return holds


def _some(tests: tuple[Predicate, ...]) -> Predicate:
    def holds(facts: Facts, now: datetime) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs twice the time here
            if test(facts, now):
                return True
        return False

    return holds


def _missing(node: _Node, facts: Facts, now: datetime) -> tuple[int, tuple[Gap, ...]] | None:
    """(cost, gaps), or None where nothing helps."""
    if isinstance(node, _Leaf):
        value = facts.get(node.clause.field)
        if node.test(value, now) is not node.negated:
            return 0, ()
        return (1 if value is None or value in ("", ()) else 3), (node.gap(),)
    found = [_missing(part, facts, now) for part in node.parts]
    if node.every:
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            return None
        return sum(cost for cost, _ in known), tuple(gap for _, gaps in known for gap in gaps)
    return min((one for one in found if one is not None), key=lambda one: one[0], default=None)


def _tidy(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Each once, and no bare `present` beside a gap that says more about the same field."""
    once = {gap[:4]: gap for gap in reversed(gaps)}
    said = {
        gap.field
        for gap in once.values()
        if not gap.negated
        and gap.operator not in (Operator.PRESENT, Operator.IS_NOT, Operator.NOT_IN)
    }
    return tuple(
        gap
        for gap in reversed(once.values())
        if not (gap.operator is Operator.PRESENT and gap.wanted is True and gap.field in said)
    )


__all__ = [
    "IMPOSSIBLE",
    "All",
    "Any",
    "Clause",
    "ClauseVerdict",
    "Compiled",
    "Condition",
    "Fact",
    "Facts",
    "Gap",
    "Not",
    "Operator",
    "compile_condition",
    "missing",
]
