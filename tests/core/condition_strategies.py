"""Random conditions and facts over a few fields, small enough to compare with brute force."""

# ruff: noqa: DTZ001 - moments without time zone are part of what is tested

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from connector.core.problems import Place
from connector.core.rules.conditions import All, Any, Clause, Not, Operator

WORDS = ("FR", "DE", "AT", "fr", "sales", "a", "ab", "50")


def values():
    return st.one_of(
        st.none(),
        st.sampled_from(("", *WORDS, "2026-03-01")),
        st.integers(-5, 60),
        st.decimals(allow_nan=True, allow_infinity=True, places=None),
        st.booleans(),
        st.dates(date(2025, 1, 1), date(2027, 1, 1)),
        st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
        st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
        st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
    )


NUMBERS = st.integers(0, 8)
CHOICE = st.sampled_from(("FR", "DE", "AT"))
ORDERS = (Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW)


def _clauses():
    number = st.builds(Clause, st.sampled_from(("n", "m")), st.sampled_from(ORDERS), NUMBERS)
    between = st.builds(
        Clause, st.just("n"), st.just(Operator.BETWEEN), st.tuples(NUMBERS, NUMBERS)
    )
    word = st.builds(Clause, st.just("c"), st.sampled_from((Operator.IS, Operator.IS_NOT)), CHOICE)
    several = st.builds(
        Clause,
        st.just("c"),
        st.sampled_from((Operator.IN, Operator.NOT_IN)),
        st.lists(CHOICE, max_size=3).map(tuple),
    )
    present = st.builds(
        Clause, st.sampled_from(("n", "c", "b")), st.just(Operator.PRESENT), st.booleans()
    )
    flag = st.builds(Clause, st.just("b"), st.just(Operator.IS), st.booleans())
    return st.one_of(number, between, word, several, present, flag)


def conditions(max_leaves=6):
    """Every clause gets a line of its own, so that a test can tell them apart."""
    tree = st.recursive(
        _clauses(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Any(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=max_leaves,
    )
    return tree.map(lambda condition: _numbered(condition, [0]))


def _numbered(condition, line):
    if isinstance(condition, Clause):
        line[0] += 1
        return Clause(
            condition.field,
            condition.operator,
            condition.wanted,
            Place(file="rules.yaml", line=line[0]),
        )
    if isinstance(condition, Not):
        return Not(_numbered(condition.part, line))
    parts = tuple(_numbered(part, line) for part in condition.parts)
    return type(condition)(parts)


def facts():
    return st.fixed_dictionaries(
        {},
        optional={
            "n": st.none() | st.integers(-1, 9) | st.just(Decimal("4.5")),
            "m": st.none() | st.integers(-1, 9),
            "c": st.sampled_from((None, "", "FR", "de", "AT", "XX")),
            "b": st.none() | st.booleans(),
        },
    )
