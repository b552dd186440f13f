"""One clause as a function of one value: every operator, total over every type of value."""

import operator as python
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.core.records import Value, is_blank
from connector.core.rules.conditions import Operator

Test = Callable[[Value | float, datetime], bool]
Compare = Callable[[Any, Any], bool]
Wanted = Value | tuple[Value, ...]

_LONGEST_PATTERN = 200


def compile_clause(operator: Operator, wanted: Wanted) -> Test:
    """The test of one clause; a wanted value the operator cannot use makes a test nothing passes
    (for `is_not` and `not_in`: everything)."""
    if operator is Operator.PRESENT:
        return _present(wanted)
    if operator in (Operator.IS, Operator.IN):
        return _among(operator, wanted)
    if operator in (Operator.IS_NOT, Operator.NOT_IN):
        return _opposite(_among(operator, wanted))
    if operator in _ORDER:
        return _ordered(_ORDER[operator], wanted)
    if operator is Operator.BETWEEN:
        return _between(wanted)
    if operator in (Operator.WITHIN_DAYS, Operator.OLDER_THAN_DAYS):
        return _days(operator, wanted)
    return _text(operator, wanted)


def days_between(value: Value | float, now: datetime) -> timedelta | None:
    """How far back a date (by its day) or a moment lies; negative in the future."""
    if isinstance(value, datetime):
        return now - in_utc(value)
    if isinstance(value, date):
        return timedelta(days=(in_utc(now).date() - value).days)
    return None


def in_utc(moment: datetime) -> datetime:
    """A moment without time zone is taken as UTC."""
    zone = moment.tzinfo
    if zone is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if zone is None else moment.astimezone(UTC)


def as_number(value: Value | float) -> int | Decimal | float | None:
    """The value as a number that can be compared, else None; truth values are no numbers."""
    if type(value) is int:
        return value
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, float):
        return None if value != value else value
    return None


def as_day(value: Value | float) -> date | datetime | None:
    """A date or a moment in UTC, given as such or as ISO text."""
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) >= 10 and value[4] == "-":
        try:
            return date.fromisoformat(value) if len(value) == 10 else _moment(value)
        except ValueError:
            return None
    return None


def fold(value: Value | float) -> str | None:
    """Text without case; a number as its digits; else None."""
    if isinstance(value, str):
        return value.casefold()
    number = as_number(value)
    if number is None:
        return None
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def _moment(text: str) -> datetime:
    return in_utc(datetime.fromisoformat(text))


def _present(wanted: Wanted) -> Test:
    if wanted is False:
        return lambda value, now: value is None or value == "" or value == ()
    if wanted is True:
        return lambda value, now: not (value is None or value == "" or value == ())
    return lambda value, now: False


def _opposite(test: Test) -> Test:
    return lambda value, now: not test(value, now)


def _listed(wanted: Wanted) -> tuple[Value, ...]:
    given = wanted if isinstance(wanted, tuple) else (wanted,)
    return tuple(one for one in given if not is_blank(one))


def _among(operator: Operator, wanted: Wanted) -> Test:
    listed = _listed(wanted)
    words = frozenset(text for one in listed if (text := fold(one)) is not None)
    if operator in (Operator.IS, Operator.IS_NOT) and isinstance(wanted, tuple):
        return lambda value, now: (
            isinstance(value, tuple)
            and value != ()
            and {str(one).casefold() for one in value} == words
        )
    rest = _among_others(listed)
    if not words:
        return lambda value, now: value is not None and rest(value)

    def test(value: Value | float, now: datetime) -> bool:
        if isinstance(value, str):
            return value != "" and value.casefold() in words
        if isinstance(value, tuple):
            return any(isinstance(one, str) and one.casefold() in words for one in value)
        return value is not None and rest(value)

    return test


def _among_others(listed: tuple[Value, ...]) -> Callable[[Value | float], bool]:
    numbers = frozenset(number for one in listed if (number := as_number(one)) is not None)
    flags = frozenset(one for one in listed if isinstance(one, bool))
    days = frozenset(day for one in listed if (day := as_day(one)) is not None)

    def test(value: Value | float) -> bool:
        if isinstance(value, bool):
            return value in flags
        if isinstance(value, datetime):
            moment = in_utc(value)
            return moment in days or moment.date() in days
        if isinstance(value, date):
            return value in days
        number = as_number(value)
        return number is not None and number in numbers

    return test


_ORDER: dict[Operator, Compare] = {
    Operator.AT_LEAST: python.ge,
    Operator.AT_MOST: python.le,
    Operator.ABOVE: python.gt,
    Operator.BELOW: python.lt,
}


def _nothing(value: Value | float, now: datetime) -> bool:
    return False


def _ordered(compare: Compare, wanted: Wanted) -> Test:
    if isinstance(wanted, tuple):
        return _nothing
    bound = as_number(wanted)
    if bound is not None:
        return _number_order(compare, bound)
    day = as_day(wanted)
    if day is not None:
        return _day_order(compare, day)
    return _nothing


def _number_order(compare: Compare, bound: int | Decimal | float) -> Test:
    def test(value: Value | float, now: datetime) -> bool:
        kind = type(value)
        if kind is int:
            return compare(value, bound)
        if kind is Decimal or kind is float:
            try:
                return compare(value, bound)
            except InvalidOperation:  # not a number
                return False
        return False

    return test


def _day_order(compare: Compare, bound: date | datetime) -> Test:
    by_day = bound.date() if isinstance(bound, datetime) else bound

    def test(value: Value | float, now: datetime) -> bool:
        if isinstance(value, datetime):
            moment = in_utc(value)
            if isinstance(bound, datetime):
                return compare(moment, bound)
            return compare(moment.date(), by_day)
        return isinstance(value, date) and compare(value, by_day)

    return test


def _between(wanted: Wanted) -> Test:
    if not isinstance(wanted, tuple) or len(wanted) != 2:
        return _nothing
    low, high = _ordered(python.ge, wanted[0]), _ordered(python.le, wanted[1])
    return lambda value, now: low(value, now) and high(value, now)


def _days(operator: Operator, wanted: Wanted) -> Test:
    days = None if isinstance(wanted, tuple) else as_number(wanted)
    if days is None:
        return _nothing
    try:
        span = timedelta(days=float(days))
    except OverflowError:
        return _nothing
    if operator is Operator.WITHIN_DAYS:
        return lambda value, now: (
            (back := days_between(value, now)) is not None and abs(back) <= span
        )
    return lambda value, now: (back := days_between(value, now)) is not None and back > span


def _text(operator: Operator, wanted: Wanted) -> Test:
    words = tuple(word for one in _listed(wanted) if (word := fold(one)) is not None)
    if not words or (operator is not Operator.CONTAINS_ANY and isinstance(wanted, tuple)):
        return _nothing
    one_text = _TEXT[operator](words)

    def test(value: Value | float, now: datetime) -> bool:
        if isinstance(value, str):
            return value != "" and one_text(value.casefold())
        if isinstance(value, tuple):
            if operator in (Operator.CONTAINS, Operator.CONTAINS_ANY):
                return True in [isinstance(one, str) and one.casefold() in words for one in value]
            return True in [isinstance(one, str) and one_text(one.casefold()) for one in value]
        return False

    return test


def _holding(words: tuple[str, ...]) -> Callable[[str], bool]:
    if len(words) == 1:
        word = words[0]
        return lambda text: word in text
    return lambda text: any(word in text for word in words)


def compile_wildcards(pattern: str) -> Callable[[str], bool]:
    """`*` any text, `?` one character; text and pattern in the same case.

    Atomic groups keep the time linear in the text for each star, so that no pattern an admin
    writes can stop the run. A pattern of more than 200 characters matches nothing.
    """
    if len(pattern) > _LONGEST_PATTERN:
        return lambda text: False
    first, *later = [
        "".join("." if sign == "?" else re.escape(sign) for sign in piece)
        for piece in re.split(r"\*+", pattern)
    ]
    if not later:
        whole = re.compile(f"(?s:{first})").fullmatch
        return lambda text: whole(text) is not None
    middle = "".join(f"(?>.*?{piece})" for piece in later[:-1])
    found = re.compile(f"(?s:{first}{middle}.*{later[-1]})").fullmatch
    return lambda text: found(text) is not None


_TEXT: dict[Operator, Callable[[tuple[str, ...]], Callable[[str], bool]]] = {
    Operator.CONTAINS: _holding,
    Operator.CONTAINS_ANY: _holding,
    Operator.STARTS_WITH: lambda words: lambda text: text.startswith(words[0]),
    Operator.ENDS_WITH: lambda words: lambda text: text.endswith(words[0]),
    Operator.MATCHES: lambda words: compile_wildcards(words[0]),
}
