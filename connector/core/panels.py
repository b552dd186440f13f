"""Many conditions asked at once: one generated function answers all of them, clause by clause.

Deciding a lead asks dozens of clauses. A panel looks up every field once, folds every text once,
asks every distinct clause once and remembers each verdict, so that the explanation is complete
without asking again. Only `repr` of names, numbers and words enters the generated text; whatever
is not plain goes through the same tests that `conditions` uses.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeGuard

from connector.core.clauses import Test, as_day, compile_clause
from connector.core.conditions import ClauseVerdict, Compiled, Facts
from connector.core.generated import compiled
from connector.core.problems import Place
from connector.core.records import Value
from connector.core.rules.conditions import All, Clause, Condition, Not, Operator
from connector.core.wording import clause_text

Answers = tuple[tuple[bool, ...], tuple[bool, ...]]
Ask = Callable[[Facts, datetime], Answers]

_COMPARE = {
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.ABOVE: ">",
    Operator.BELOW: "<",
}
_ENDS = {Operator.STARTS_WITH: "startswith", Operator.ENDS_WITH: "endswith"}
_AMONG = frozenset({Operator.IS, Operator.IN, Operator.IS_NOT, Operator.NOT_IN})
_OPPOSITE = frozenset({Operator.IS_NOT, Operator.NOT_IN})


class _Asked(NamedTuple):
    """One clause as it stands in a condition, and the number of its verdict."""

    field: str
    operator: Operator
    wanted: Value | tuple[Value, ...]
    place: Place
    negated: bool
    number: int


class Panel:
    """Conditions that are asked together. `ask` gives (whether each holds, each clause's verdict).

    The verdicts are those of the distinct clauses, before any `not`.
    """

    def __init__(self, conditions: Sequence[Compiled]) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._clauses: list[Clause] = []
        formulas = [self._formula(one.condition) for one in conditions]
        self._asked = tuple(
            tuple(
                _Asked(leaf[0], leaf[1], leaf[2], leaf[3], leaf[4], self._number(Clause(*leaf[:4])))
                for leaf in one.leaves
            )
            for one in conditions
        )
        self._texts = tuple(
            tuple(
                (
                    clause_text(a.field, a.operator, a.wanted, "en", {}, negated=a.negated),
                    a.number,
                    a.negated,
                )
                for a in asked
            )
            for asked in self._asked
        )
        self.ask: Ask = self._generate(formulas)
        self._held = tuple(self._retold(one) for one in formulas)

    def explain(
        self, index: int, facts: Facts, verdicts: tuple[bool, ...]
    ) -> tuple[ClauseVerdict, ...]:
        """The clauses of one condition out of the verdicts that `ask` gave for these facts."""
        get = facts.get
        return tuple(
            [
                ClauseVerdict(
                    one.field,
                    one.operator,
                    one.wanted,
                    get(one.field),
                    verdicts[one.number] is not one.negated,
                    one.place,
                    one.negated,
                )
                for one in self._asked[index]
            ]
        )

    def held(self, index: int, verdicts: tuple[bool, ...]) -> bool:
        """Whether one condition held, out of the verdicts that `ask` gave."""
        return self._held[index](verdicts)

    def explained(
        self, index: int, facts: Facts, verdicts: tuple[bool, ...]
    ) -> tuple[bool, tuple[ClauseVerdict, ...]]:
        """Whether one condition held, and its clauses, out of the verdicts that `ask` gave."""
        return self.held(index, verdicts), self.explain(index, facts, verdicts)

    def failed(self, index: int, verdicts: tuple[bool, ...]) -> list[str]:
        """The clauses of one condition that did not pass, in English words without values."""
        return [text for text, number, negated in self._texts[index] if verdicts[number] is negated]

    def numbers(self, index: int) -> tuple[int, ...]:
        """Which of the verdicts are those of one condition."""
        return tuple(dict.fromkeys(one.number for one in self._asked[index]))

    @property
    def size(self) -> int:
        """How many conditions it asks."""
        return len(self._asked)

    @property
    def clauses(self) -> int:
        """How many clauses are written in all conditions together."""
        return sum(len(one) for one in self._asked)

    def _number(self, clause: Clause) -> int:
        key = (clause.field, clause.operator, _typed(clause.wanted))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._clauses)
            self._clauses.append(clause)
        return number

    def _formula(self, condition: Condition) -> str:
        if isinstance(condition, Clause):
            return f"c{self._number(condition)}"
        if isinstance(condition, Not):
            return f"(not {self._formula(condition.part)})"
        every = isinstance(condition, All)
        if not condition.parts:
            return str(every)
        word = " and " if every else " or "
        return f"({word.join(self._formula(part) for part in condition.parts)})"

    def _generate(self, formulas: list[str]) -> Ask:
        names: dict[str, object] = {}
        lines = ["def ask(facts, now):", "    get = facts.get"]
        by_field: dict[str, list[int]] = {}
        for number, clause in enumerate(self._clauses):
            by_field.setdefault(clause.field, []).append(number)
        for field, numbers in by_field.items():
            lines += [f"    v = get({field!r})", "    t = v.__class__"]
            body = [self._line(number, names) for number in numbers]
            if any(re.search(r"\bx\b", one) for one in body):
                lines.append("    x = v.casefold() if t is str else None")
            lines += [f"    c{n} = {text}" for n, text in zip(numbers, body, strict=True)]
        holds = "".join(f"{one}, " for one in formulas)
        verdicts = "".join(f"c{number}, " for number in range(len(self._clauses)))
        lines.append(f"    return ({holds}), ({verdicts})")
        exec(compiled("\n".join(lines), "<conditions>"), names)
        ask: Ask = names["ask"]  # type: ignore[assignment]
        return ask

    def _retold(self, formula: str) -> Callable[[tuple[bool, ...]], bool]:
        """The same formula over verdicts that were kept."""
        text = re.sub(r"c([0-9]+)", r"c[\1]", formula)
        held: Callable[[tuple[bool, ...]], bool] = eval(f"lambda c: {text}", {})
        return held

    def _line(self, number: int, names: dict[str, object]) -> str:
        """The expression of one clause over `v`, its type `t` and its folded text `x`."""
        clause = self._clauses[number]
        test: Test = compile_clause(clause.operator, clause.wanted)
        names[f"T{number}"] = test
        opposite = clause.operator in _OPPOSITE
        rest = (
            f"(v is None or T{number}(v, now))"
            if opposite
            else (f"(v is not None and T{number}(v, now))")
        )
        if clause.operator is Operator.PRESENT and isinstance(clause.wanted, bool):
            known = "(v is not None and v != '' and v != ())"
            return known if clause.wanted else f"not {known}"
        quick = _quick(clause, number, names)
        return rest if quick is None else f"{quick[1]} if {quick[0]} else {rest}"


def _quick(clause: Clause, number: int, names: dict[str, object]) -> tuple[str, str] | None:
    """(when, expression) for a value of the plain type; None where there is no short cut."""
    operator, wanted = clause.operator, clause.wanted
    number_asked = type(wanted) is int or (isinstance(wanted, Decimal) and not wanted.is_nan())
    if operator in _COMPARE and number_asked:
        names["D"] = Decimal
        names[f"N{number}"] = wanted
        plain = "t is float or " if type(wanted) is int else ""
        when = f"t is int or {plain}t is D and v.is_finite()"
        return when, f"v {_COMPARE[operator]} N{number}"
    if operator is Operator.BETWEEN and _whole_pair(wanted):
        return "t is int or t is float", f"{wanted[0]!r} <= v <= {wanted[1]!r}"
    words = _words(clause)
    if operator in _AMONG:
        if isinstance(wanted, bool):
            same = "is not" if operator in _OPPOSITE else "is"
            return "t is bool", f"v {same} {wanted!r}"
        if words is None or (
            isinstance(wanted, tuple) and operator in (Operator.IS, Operator.IS_NOT)
        ):
            return None
        names[f"W{number}"] = frozenset(words)
        return "t is str", f"x {'not in' if operator in _OPPOSITE else 'in'} W{number}"
    if words is None or not words:
        return None
    if operator in (Operator.CONTAINS, Operator.CONTAINS_ANY):
        return "t is str", "(" + " or ".join(f"{word!r} in x" for word in words) + ")"
    if operator in _ENDS:
        return "t is str", f"(x.{_ENDS[operator]}({words[0]!r}))"
    return None


def _words(clause: Clause) -> tuple[str, ...] | None:
    """The folded words where nothing but plain text is asked for."""
    wanted = clause.wanted
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    if clause.operator in (Operator.CONTAINS, *_ENDS) and isinstance(wanted, tuple):
        return None
    words = []
    for one in several:
        if not isinstance(one, str) or not one or as_day(one) is not None:
            return None
        words.append(one.casefold())
    return tuple(words)


def _whole_pair(wanted: object) -> TypeGuard[tuple[int, int]]:
    return isinstance(wanted, tuple) and len(wanted) == 2 and all(type(w) is int for w in wanted)


def _typed(wanted: object) -> object:
    """Tells 1 from True and 1.0, which are equal to Python, and takes what cannot be hashed."""
    return type(wanted).__name__, repr(wanted)
