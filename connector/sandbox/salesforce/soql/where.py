"""WHERE, compiled once per query into closures over a row."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.schema import NUMBER_TYPES, Field, SObject
from connector.sandbox.salesforce.soql.dates import day_range
from connector.sandbox.salesforce.soql.parse import (
    Both,
    Compare,
    Either,
    Function,
    Literal,
    Not,
    Path,
    Query,
    parse,
)
from connector.sandbox.salesforce.soql.scope import Column, Get, Scope
from connector.sandbox.salesforce.tables import Row
from connector.sandbox.salesforce.values import read_datetime

Test = Callable[[Row], bool]
SubSelect = Callable[[Query, str], list[Any]]

_SOAP_NAMES = {"datetime": "dateTime", "reference": "ID", "id": "ID"}
_QUOTED = frozenset({"string", "textarea", "phone", "email", "url", "picklist", "combobox", "id",
                     "reference", "anyType", "multipicklist"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class DayRange:
    """A date literal in the type of its field: at or after `start`, before `end`."""

    start: str
    end: str


def predicate(org: Org, sobject: SObject, condition: str) -> Test:
    """A WHERE clause (without the word) as a test of a row; for rules written as SOQL."""
    text = f"SELECT Id FROM {sobject.name} WHERE {condition}"
    return compile_where(Scope(org, sobject, text), parse(text).where, _no_sub_select)


def _no_sub_select(query: Query, text: str) -> list[Any]:
    raise refuse("MALFORMED_QUERY", "a rule cannot hold a sub-query")


def compile_where(scope: Scope, node: Any, sub_select: SubSelect) -> Test:
    """The test of a condition; raises ApiRefusal for unknown fields and unfit literals."""
    if isinstance(node, Both):
        return _all([compile_where(scope, part, sub_select) for part in node.parts])
    if isinstance(node, Either):
        parts = [compile_where(scope, part, sub_select) for part in node.parts]
        return lambda row: any(part(row) for part in parts)
    if isinstance(node, Not):
        inner = compile_where(scope, node.part, sub_select)
        return lambda row: not inner(row)
    return _comparison(scope, node, sub_select)


def _all(parts: list[Test]) -> Test:
    if len(parts) == 2:
        one, two = parts
        return lambda row: one(row) and two(row)
    if len(parts) == 3:
        one, two, three = parts
        return lambda row: one(row) and two(row) and three(row)
    return lambda row: all(part(row) for part in parts)


def _comparison(scope: Scope, node: Compare, sub_select: SubSelect) -> Test:
    field, get, at = operand(scope, node.operand)
    if not field.filterable:
        raise scope.fault(
            "INVALID_FIELD", at, f"field '{field.name}' can not be filtered in a query call"
        )
    if isinstance(node.value, Query):
        return _semi_join(scope, node, field, get, sub_select)
    if isinstance(node.value, tuple):
        return _listed(scope, node, field, get)
    if node.op == "like":
        return _like(scope, node, field, get)
    return compare(node.op, get, read_literal(scope, field, node.value), exact=is_exact(field))


def is_exact(field: Field) -> bool:
    """Whether values compare as they stand: ids and moments are no words with a case."""
    return field.type in {"id", "reference", "date", "datetime"}


def operand(scope: Scope, node: Any) -> tuple[Field, Get, int]:
    """The field, the reader and the place of the left side of a comparison."""
    if isinstance(node, Path):
        column = scope.resolve(node)
        return column.field, column.get, node.at
    return date_function(scope, node)


_DATE_PARTS: dict[str, Callable[[date], Any]] = {
    "calendar_year": lambda day: day.year,
    "calendar_month": lambda day: day.month,
    "calendar_quarter": lambda day: (day.month + 2) // 3,
    "fiscal_year": lambda day: day.year,
    "fiscal_month": lambda day: day.month,
    "fiscal_quarter": lambda day: (day.month + 2) // 3,
    "day_in_month": lambda day: day.day,
    "day_in_week": lambda day: day.isoweekday() % 7 + 1,
    "day_in_year": lambda day: day.timetuple().tm_yday,
    "week_in_month": lambda day: (day.day - 1) // 7 + 1,
    "week_in_year": lambda day: (day.timetuple().tm_yday - 1) // 7 + 1,
    "day_only": lambda day: day.isoformat(),
}


def date_function(scope: Scope, node: Function) -> tuple[Field, Get, int]:
    """DAY_ONLY(CreatedDate) and its kin: an int or a date made of a date (UTC)."""
    part = _DATE_PARTS.get(node.name.lower())
    inner = node.args[0] if node.args else None
    if isinstance(inner, Function) and inner.name.lower() == "converttimezone":
        inner = inner.args[0] if inner.args else None
    if part is None or not isinstance(inner, Path):
        raise scope.fault("MALFORMED_QUERY", node.at, f"unexpected token: '{node.name}'")
    column = scope.resolve(inner)
    get = column.get

    def read(row: Row) -> Any:
        value = get(row)
        return None if value is None else part(date.fromisoformat(value[:10]))

    kind = "date" if node.name.lower() == "day_only" else "int"
    made = Field(name=node.name, label=node.name, type=kind, flags=frozenset("nfgs"))
    return made, read, node.at


def read_literal(scope: Scope, field: Field, literal: Literal) -> Any:
    """The literal in the type of the field; raises ApiRefusal where it does not fit."""
    kind, value = literal.kind, literal.value
    if kind == "null":
        return None
    if kind == "string" and field.type in _QUOTED:
        return _read_text(scope, field, literal)
    if kind == "number" and (field.type in NUMBER_TYPES or field.type == "int"):
        return value
    if kind == "boolean" and field.type == "boolean":
        return value
    if kind == "date" and field.type == "date":
        return value
    if kind == "datetime" and field.type == "datetime":
        return read_datetime(_with_colon(value.upper()))
    if kind == "range" and field.type in {"date", "datetime"}:
        start, end = day_range(value, scope.org.clock.now().date())
        tail = "" if field.type == "date" else "T00:00:00.000+0000"
        return DayRange(f"{start}{tail}", f"{end}{tail}")
    quoted = "should be" if field.type in _QUOTED else "should not be"
    raise scope.fault(
        "INVALID_FIELD",
        literal.at,
        f"value of filter criterion for field '{field.name}' must be of type "
        f"{_soap(field)} and {quoted} enclosed in quotes",
    )


def _soap(field: Field) -> str:
    if field.type in _SOAP_NAMES:
        return _SOAP_NAMES[field.type]
    return "string" if field.type in _QUOTED else field.type


def _with_colon(text: str) -> str:
    return text if text.endswith("Z") or text[-3] == ":" else f"{text[:-2]}:{text[-2:]}"


def _read_text(scope: Scope, field: Field, literal: Literal) -> str:
    text: str = literal.value
    if field.type not in {"id", "reference"} or not text:
        return text
    found = canonical_id(text)
    if found is None:
        raise scope.fault("INVALID_QUERY_FILTER_OPERATOR", literal.at, f"invalid ID field: {text}")
    return found


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def compare(op: str, get: Get, value: Any, *, exact: bool = False) -> Test:
    """One comparison. Text compares in any case, unless exact; null is only equal to null."""
    if isinstance(value, DayRange):
        return _compare_range(op, get, value)
    if value is None or value == "":
        if op == "=":
            return lambda row: get(row) is None
        if op == "!=":
            return lambda row: get(row) is not None
        return lambda row: False
    if exact or not isinstance(value, str):
        return _compare_exact(op, get, value)
    return _compare_exact(op, lambda row: _fold(get(row)), value.lower())


def _compare_exact(op: str, get: Get, wanted: Any) -> Test:
    if op == "=":
        return lambda row: get(row) == wanted
    if op == "!=":
        return lambda row: get(row) != wanted
    if op == ">=":
        return lambda row: (found := get(row)) is not None and found >= wanted
    if op == ">":
        return lambda row: (found := get(row)) is not None and found > wanted
    if op == "<=":
        return lambda row: (found := get(row)) is not None and found <= wanted
    return lambda row: (found := get(row)) is not None and found < wanted


def _compare_range(op: str, get: Get, days: DayRange) -> Test:
    start, end = days.start, days.end
    if op == "=":
        return lambda row: (found := get(row)) is not None and start <= found < end
    if op == "!=":
        return lambda row: (found := get(row)) is None or not start <= found < end
    if op == ">":
        return lambda row: (found := get(row)) is not None and found >= end
    if op == ">=":
        return lambda row: (found := get(row)) is not None and found >= start
    if op == "<":
        return lambda row: (found := get(row)) is not None and found < start
    return lambda row: (found := get(row)) is not None and found < end


@lru_cache(maxsize=256)
def like_pattern(text: str) -> re.Pattern[str]:
    """LIKE: % is any text, _ one character; a backslash takes their meaning away."""
    out = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in {"_", "%"}:
            out.append(re.escape(text[at + 1]))
            at += 2
            continue
        out.append(".*" if char == "%" else "." if char == "_" else re.escape(char))
        at += 1
    return re.compile("".join(out), re.IGNORECASE | re.DOTALL)


def _like(scope: Scope, node: Compare, field: Field, get: Get) -> Test:
    if field.type not in _QUOTED or field.type in {"id", "reference"}:
        raise scope.fault(
            "INVALID_QUERY_FILTER_OPERATOR",
            node.value.at,
            f"invalid operator on {_soap(field).lower()} field",
        )
    text = read_literal(scope, field, node.value)
    if text is None:
        return lambda row: get(row) is None
    match = like_pattern(text).fullmatch
    return lambda row: (found := get(row)) is not None and match(found) is not None


def _listed(scope: Scope, node: Compare, field: Field, get: Get) -> Test:
    if node.op in {"includes", "excludes"}:
        return _multi(node, get)
    read = [read_literal(scope, field, one) for one in node.value]
    if any(isinstance(one, DayRange) for one in read):
        tests = [compare("=", get, one) for one in read]
        if node.op == "in":
            return lambda row: any(test(row) for test in tests)
        return lambda row: not any(test(row) for test in tests)
    return member(node.op, get, {None if one == "" else _fold(one) for one in read})


def member(op: str, get: Get, values: set[Any]) -> Test:
    """IN and NOT IN over folded values."""
    if op == "in":
        return lambda row: _fold(get(row)) in values
    return lambda row: _fold(get(row)) not in values


def _multi(node: Compare, get: Get) -> Test:
    wanted = [{part.lower() for part in str(one.value).split(";")} for one in node.value]

    def has(row: Row) -> bool:
        held = {part.lower() for part in (get(row) or "").split(";")}
        return any(one <= held for one in wanted)

    return has if node.op == "includes" else lambda row: not has(row)


def _semi_join(scope: Scope, node: Compare, field: Field, get: Get, sub_select: SubSelect) -> Test:
    if field.type not in {"id", "reference"}:
        raise scope.fault(
            "MALFORMED_QUERY",
            node.operand.at,
            "The left operand field in the where expression for semi-join query must be an "
            "ID or reference field",
        )
    values = {_fold(value) for value in sub_select(node.value, scope.text) if value is not None}
    return member(node.op, get, values)


def simple_column(scope: Scope, node: Any) -> Column | None:
    """The column of a comparison whose left side is a field of the object itself."""
    if isinstance(node, Compare) and isinstance(node.operand, Path):
        column = scope.resolve(node.operand)
        return column if column.plain else None
    return None
