"""COUNT(), GROUP BY, HAVING and the aggregate functions."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.schema import NUMBER_TYPES, Field
from connector.sandbox.salesforce.soql.parse import (
    Both,
    Compare,
    Either,
    Function,
    Not,
    Order,
    Path,
    Query,
    Selected,
)
from connector.sandbox.salesforce.soql.scope import Get, Scope
from connector.sandbox.salesforce.soql.where import Test, compile_where, operand
from connector.sandbox.salesforce.tables import Row

AGGREGATES = frozenset({"count", "count_distinct", "sum", "avg", "min", "max"})
Fold = Callable[[list[Row]], Any]


def is_aggregate(node: Any) -> bool:
    return isinstance(node, Function) and node.name.lower() in AGGREGATES


def is_bare_count(query: Query) -> bool:
    """SELECT COUNT() FROM ...: the answer has a size and no records."""
    first = query.selected[0] if len(query.selected) == 1 else None
    if not isinstance(first, Selected) or not isinstance(first.what, Function):
        return False
    return first.what.name.lower() == "count" and not first.what.args and not query.group


def is_grouped(query: Query) -> bool:
    return bool(query.group) or any(
        isinstance(item, Selected) and is_aggregate(item.what) for item in query.selected
    )


def compile_fold(scope: Scope, node: Function) -> tuple[Field, Fold]:
    """An aggregate function over the rows of a group."""
    name = node.name.lower()
    if not node.args:
        if name != "count":
            raise scope.fault("MALFORMED_QUERY", node.at, f"unexpected token: '{node.name}'")
        return Field(name="count", label="", type="int", flags=frozenset("f")), len
    field, get, at = operand(scope, node.args[0])
    numeric = field.type in NUMBER_TYPES or field.type == "int"
    if (name in {"sum", "avg"} and not numeric) or ("a" not in field.flags and name != "count"):
        raise scope.fault(
            "INVALID_FIELD",
            at,
            f"field {field.name} does not support aggregate operator {name.upper()}",
        )
    if name in {"count", "count_distinct"}:
        made = Field(name=name, label="", type="int", flags=frozenset("f"))
    else:
        made = replace(field, flags=field.flags | {"f"})
    return made, _fold_of(name, get)


def _fold_of(name: str, get: Get) -> Fold:
    def values(rows: list[Row]) -> list[Any]:
        return [value for row in rows if (value := get(row)) is not None]

    if name == "count":
        return lambda rows: len(values(rows))
    if name == "count_distinct":
        return lambda rows: len({_folded(value) for value in values(rows)})
    if name == "sum":
        return lambda rows: sum(found) if (found := values(rows)) else None
    if name == "avg":
        return lambda rows: sum(found) / len(found) if (found := values(rows)) else None
    pick = min if name == "min" else max
    return lambda rows: pick(found) if (found := values(rows)) else None


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def group_rows(scope: Scope, query: Query, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The AggregateResult records of a grouped query; raises ApiRefusal."""
    gets = [operand(scope, node)[1] for node in query.group]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(_folded(get(row)) for get in gets), []).append(row)
    if not query.group and not groups:
        groups[()] = []
    columns = _columns(scope, query, gets)
    members = list(groups.values())
    if query.having is not None:
        test = _compile_having(scope, query, query.having)
        members = [each for each in members if test(each)]
    for order in reversed(query.order):
        members = _sorted(members, _fold_for(scope, query, order.by), order)
    members = members[query.offset :]
    if query.limit is not None:
        members = members[: query.limit]
    return [
        {"attributes": {"type": "AggregateResult"}, **{key: fold(each) for key, fold in columns}}
        for each in members
    ]


def _columns(scope: Scope, query: Query, gets: list[Get]) -> list[tuple[str, Fold]]:
    """Keys and readers: the alias, else the field's name, else expr0, expr1 ..."""
    columns: list[tuple[str, Fold]] = []
    count = 0
    for item in query.selected:
        if not isinstance(item, Selected):
            raise refuse("MALFORMED_QUERY", "sub-queries are not supported with aggregates")
        what = item.what
        fold = _fold_for(scope, query, what)
        if isinstance(what, Path):
            key = item.alias or scope.resolve(what).field.name
        else:
            key = item.alias or f"expr{count}"
            count += 0 if item.alias else 1
        columns.append((key, fold))
    return columns


def _fold_for(scope: Scope, query: Query, node: Any) -> Fold:
    """The value of a column, an ordering or a HAVING operand over one group."""
    if is_aggregate(node):
        return compile_fold(scope, node)[1]
    aliased = _aliased(query, node)
    if aliased is not None:
        return _fold_for(scope, query, aliased)
    wanted = _key(scope, node)
    if wanted not in {_key(scope, one) for one in query.group}:
        raise scope.fault(
            "MALFORMED_QUERY", node.at, f"Field must be grouped or aggregated: {node}"
        )
    get = operand(scope, node)[1]
    return lambda rows: get(rows[0]) if rows else None


def _aliased(query: Query, node: Any) -> Any:
    if not isinstance(node, Path) or len(node.names) > 1:
        return None
    for item in query.selected:
        if isinstance(item, Selected) and item.alias and item.alias.lower() == str(node).lower():
            return item.what
    return None


def _key(scope: Scope, node: Any) -> tuple[Any, ...]:
    if isinstance(node, Path):
        return tuple(name.lower() for name in scope.resolve(node).names)
    return (node.name.lower(), *(_key(scope, one) for one in node.args if isinstance(one, Path)))


def _sorted(members: list[list[Row]], fold: Fold, order: Order) -> list[list[Row]]:
    known = [each for each in members if fold(each) is not None]
    unknown = [each for each in members if fold(each) is None]
    known.sort(key=lambda each: _folded(fold(each)), reverse=order.descending)
    return known + unknown if order.nulls_last else unknown + known


def _compile_having(scope: Scope, query: Query, node: Any) -> Callable[[list[Row]], bool]:
    if isinstance(node, Both | Either):
        parts = [_compile_having(scope, query, part) for part in node.parts]
        every = isinstance(node, Both)
        return lambda rows: (
            all(part(rows) for part in parts) if every else any(part(rows) for part in parts)
        )
    if isinstance(node, Not):
        inner = _compile_having(scope, query, node.part)
        return lambda rows: not inner(rows)
    return _having_comparison(scope, query, node)


def _having_comparison(scope: Scope, query: Query, node: Compare) -> Callable[[list[Row]], bool]:
    if is_aggregate(node.operand):
        field, fold = compile_fold(scope, node.operand)
    else:
        field, _, _ = operand(scope, node.operand)
        fold = _fold_for(scope, query, node.operand)
    test: Test = compile_where(
        _ValueScope(scope, field), Compare(Path(("value",), 0), node.op, node.value), _no_query
    )
    return lambda rows: test({"value": fold(rows)})


def _no_query(query: Query, text: str) -> list[Any]:
    raise refuse("MALFORMED_QUERY", "HAVING cannot hold a sub-query")


class _ValueScope(Scope):
    """A scope in which the one column is the value of a group."""

    __slots__ = ("_field",)

    def __init__(self, scope: Scope, field: Field) -> None:
        super().__init__(scope.org, scope.sobject, scope.text)
        object.__setattr__(self, "_field", field)

    def resolve(self, path: Path) -> Any:
        from connector.sandbox.salesforce.soql.scope import Column

        field: Field = object.__getattribute__(self, "_field")
        return Column(field=field, hops=(), get=lambda row: row["value"], plain=None)
