"""Runs a query: candidates by index, WHERE, ORDER BY, OFFSET, LIMIT, then records by page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.soql import aggregate
from connector.sandbox.salesforce.soql.parse import (
    Both,
    Compare,
    Literal,
    Order,
    Query,
    Selected,
    parse,
    pointed,
)
from connector.sandbox.salesforce.soql.records import Record, compile_records
from connector.sandbox.salesforce.soql.scope import Scope
from connector.sandbox.salesforce.soql.where import (
    DayRange,
    compile_where,
    is_exact,
    read_literal,
    simple_column,
)
from connector.sandbox.salesforce.tables import Row, Table

MAX_OFFSET = 2000
MOST_GROUPS = 2000
_WIDE_REFERENCES = frozenset({"OwnerId", "CreatedById", "LastModifiedById"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a query found. `record` makes the record of a row for a URL's beginning; grouped
    queries have their `records` ready, and a bare COUNT() has neither."""

    sobject: str
    total: int
    rows: list[Row]
    record: Callable[[Row, str], Record] | None = None
    records: list[Record] | None = None
    columns: tuple[str, ...] = ()


def execute(org: Org, text: str, *, all_rows: bool = False, new_cursor: Any = None) -> Result:
    """Parses, compiles and runs a query; raises ApiRefusal as the API would answer.

    `new_cursor(rows, record, base)` is called for a sub-query with more rows than a page and
    returns its nextRecordsUrl; without it, sub-queries are never cut.
    """
    query = parse(text)
    sobject = _root(org, query, text)
    scope = Scope(org, sobject, text, query.aliases)
    all_rows = all_rows or query.all_rows
    runner = _Runner(org, all_rows, new_cursor)
    _check_limits(query, text)
    if aggregate.is_bare_count(query):
        rows = runner.rows(scope, replace(query, order=()))
        return Result(sobject=sobject.name, total=len(rows), rows=[])
    if aggregate.is_grouped(query):
        plain = replace(query, order=(), limit=None, offset=0)
        records = aggregate.group_rows(scope, query, runner.rows(scope, plain))
        if len(records) > MOST_GROUPS:
            raise refuse(
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results "
                "to a single batch",
            )
        return Result(sobject=sobject.name, total=len(records), rows=[], records=records)
    record = compile_records(scope, query.selected, sobject.name, runner.children)
    rows = runner.rows(scope, query)
    return Result(
        sobject=sobject.name,
        total=len(rows),
        rows=rows,
        record=record,
        columns=columns_of(scope, query),
    )


def columns_of(scope: Scope, query: Query) -> tuple[str, ...]:
    """The dotted names of the selected columns, as the head line of a CSV result."""
    found: list[str] = []
    for item in query.selected:
        if not isinstance(item, Selected):
            continue
        if hasattr(item.what, "names"):
            found.append(".".join(scope.resolve(item.what).names))
        elif item.what.name.lower() == "fields":
            found.extend(scope.sobject.fields)
    return tuple(found)


def _root(org: Org, query: Query, text: str) -> SObject:
    name = query.source.names[-1]
    sobject = org.object_named(name) if len(query.source.names) == 1 else None
    if sobject is None or not sobject.trait("q"):
        message = (
            f"sObject type '{name}' is not supported. If you are attempting to use a custom "
            "object, be sure to append the '__c' after the entity name. Please reference your "
            "WSDL or the describe call for the appropriate names."
        )
        raise refuse("INVALID_TYPE", pointed(text, query.source.at, message))
    return sobject


def _check_limits(query: Query, text: str) -> None:
    if query.offset > MAX_OFFSET:
        raise refuse(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"Maximum SOQL offset allowed is {MAX_OFFSET}",
        )
    wide = any(
        isinstance(item, Selected)
        and getattr(item.what, "name", "").lower() == "fields"
        and str(item.what.args[0]).upper() != "STANDARD"
        for item in query.selected
    )
    if wide and (query.limit is None or query.limit > 200):
        raise refuse(
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        )


class _Runner:
    """One execution: the rows of the query, of its sub-queries and of its semi-joins."""

    def __init__(self, org: Org, all_rows: bool, new_cursor: Any) -> None:
        self._org = org
        self._all_rows = all_rows
        self._new_cursor = new_cursor

    def rows(self, scope: Scope, query: Query, given: Iterable[Row] | None = None) -> list[Row]:
        """The rows that satisfy a query, in order, cut to OFFSET and LIMIT."""
        found = self._candidates(scope, query.where) if given is None else given
        if not self._all_rows and "IsDeleted" in scope.sobject.fields:
            found = (row for row in found if not row.get("IsDeleted"))
        if query.where is not None:
            found = filter(compile_where(scope, query.where, self._sub_select), found)
        if query.order:
            found = ordered(scope, query.order, list(found))
        if query.limit is not None or query.offset:
            end = None if query.limit is None else query.offset + query.limit
            found = islice(found, query.offset, end)
        return list(found)

    def _candidates(self, scope: Scope, where: Any) -> Iterable[Row]:
        org, table = self._org, self._org.tables[scope.sobject.name]
        if not org.hidden:
            ids = _narrow(org, scope, table, where)
            if ids is not None:
                rows = table.rows
                return (rows[row_id] for row_id in ids if row_id in rows)
        return org.all_seen(table)

    def _sub_select(self, query: Query, text: str) -> list[Any]:
        sobject = _root(self._org, query, text)
        scope = Scope(self._org, sobject, text, query.aliases)
        if len(query.selected) != 1 or not isinstance(query.selected[0], Selected):
            raise refuse("MALFORMED_QUERY", "semi-join sub-selects must select one field")
        get = scope.resolve(query.selected[0].what).get
        return [get(row) for row in self.rows(scope, query)]

    def children(self, scope: Scope, query: Query) -> tuple[str, Callable[[Row, str], Any]]:
        """The key and the maker of a child sub-query."""
        name = query.source.names[-1]
        child = scope.sobject.children.get(name.lower())
        if child is None:
            message = (
                f"Didn't understand relationship '{name}' in FROM part of query call. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the "
                "custom relationship name. Please reference your WSDL or the describe call for "
                "the appropriate names."
            )
            raise scope.fault("INVALID_TYPE", query.source.at, message)
        org = self._org
        one = org.objects[child.sobject]
        inner = Scope(org, one, scope.text, query.aliases)
        record = compile_records(inner, query.selected, one.name, self.children)
        table = org.tables[one.name]
        index = table.index(child.field)

        def make(row: Row, base: str) -> Any:
            seen = (org.seen(table, row_id) for row_id in index.find(row["Id"]))
            rows = self.rows(inner, query, [each for each in seen if each is not None])
            return self._child_page(rows, record, base) if rows else None

        return child.name, make

    def _child_page(
        self, rows: list[Row], record: Callable[[Row, str], Record], base: str
    ) -> dict[str, Any]:
        size = self._org.settings.page_size
        if self._new_cursor is None or len(rows) <= size:
            records = [record(row, base) for row in rows]
            return {"totalSize": len(rows), "done": True, "records": records}
        return {
            "totalSize": len(rows),
            "done": False,
            "nextRecordsUrl": self._new_cursor(rows, record, base),
            "records": [record(row, base) for row in rows[:size]],
        }


def ordered(scope: Scope, order: tuple[Order, ...], rows: list[Row]) -> list[Row]:
    """The rows by ORDER BY; nulls come first unless the query says otherwise."""
    for one in reversed(order):
        if aggregate.is_aggregate(one.by):
            raise scope.fault("MALFORMED_QUERY", one.by.at, f"unexpected token: '{one.by.name}'")
        column = scope.resolve(one.by)
        if "s" not in column.field.flags:
            raise scope.fault(
                "INVALID_FIELD",
                one.by.at,
                f"field '{column.field.name}' can not be sorted in a query call",
            )
        rows = _sorted(rows, column.get, one, exact=is_exact(column.field))
    return rows


def _sorted(rows: list[Row], get: Callable[[Row], Any], order: Order, *, exact: bool) -> list[Row]:
    known: list[tuple[Any, Row]] = []
    unknown: list[Row] = []
    for row in rows:
        value = get(row)
        if value is None:
            unknown.append(row)
        else:
            known.append((value if exact or not isinstance(value, str) else value.lower(), row))
    known.sort(key=lambda pair: pair[0], reverse=order.descending)
    found = [row for _, row in known]
    return found + unknown if order.nulls_last else unknown + found


def _narrow(org: Org, scope: Scope, table: Table, where: Any) -> Iterable[str] | None:
    """Ids that may satisfy the condition, through an index, or None for all rows.

    Only comparisons that must hold (joined by AND) are looked at: ids first, then external
    ids and lookups, then the range of the stamp.
    """
    parts = where.parts if isinstance(where, Both) else (where,) if where is not None else ()
    low: str | None = None
    high: str | None = None
    best: Iterable[str] | None = None
    for part in parts:
        column = simple_column(scope, part)
        if column is None or isinstance(part.value, Query) or part.op == "like":
            continue
        field = column.field
        if part.op in {"=", "in"} and _indexable(field):
            given = part.value if isinstance(part.value, tuple) else (part.value,)
            values = [read_literal(scope, field, one) for one in given]
            if any(value is None or value == "" for value in values):
                continue
            if field.type == "id":
                return sorted(set(values))
            index = table.index(field.name)
            best = sorted({row_id for value in values for row_id in index.find(value)})
        elif field.name == table.stamp_field and isinstance(part.value, Literal):
            low, high = _bounds(scope, part, low, high)
    if best is not None:
        return best
    return table.changed(low, high) if low or high else None


def _indexable(field: Any) -> bool:
    if field.type == "reference":
        return field.name not in _WIDE_REFERENCES
    return bool(field.lookup_key or field.type == "id")


def _bounds(
    scope: Scope, part: Compare, low: str | None, high: str | None
) -> tuple[str | None, str | None]:
    value = read_literal(scope, scope.resolve(part.operand).field, part.value)
    if value is None:
        return low, high
    start, end = (value.start, value.end) if isinstance(value, DayRange) else (value, value)
    if part.op in {">", ">=", "="}:
        low = max(low or start, start)
    if part.op in {"<", "<=", "="}:
        high = min(high or end, end)
    return low, high
