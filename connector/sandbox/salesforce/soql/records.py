"""From rows to the records of an answer: columns in order, parents nested, children counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.schema import Field, SObject
from connector.sandbox.salesforce.soql.parse import Function, Path, Query, Selected, TypeOf
from connector.sandbox.salesforce.soql.scope import (
    NAME_OBJECT,
    Column,
    Get,
    Hop,
    Scope,
    parent_of,
    reader,
)
from connector.sandbox.salesforce.tables import Row

Record = dict[str, Any]
MakeChildren = Callable[[Scope, Query], tuple[str, Callable[[Row, str], Any]]]

_PASSED = frozenset({"tolabel", "format", "convertcurrency"})


@dataclass(slots=True)
class Parent:
    """A parent relationship in the SELECT list with what is read from it."""

    hop: Hop
    layout: "Layout"


@dataclass(slots=True)
class Layout:
    """The columns of one level: key -> reader, parent or child sub-query, in SELECT order."""

    org: Org
    type_name: str | None
    entries: dict[str, Any] = field(default_factory=dict)

    def add(self, column: Column, key: str | None = None) -> None:
        level = self
        for at, hop in enumerate(column.hops):
            held = level.entries.get(hop.name)
            if not isinstance(held, Parent):
                name = None if hop.target is NAME_OBJECT else hop.target.name
                held = level.entries[hop.name] = Parent(hop, Layout(self.org, name))
            level = held.layout
            if at == len(column.hops) - 1:
                level.entries[column.field.name] = reader(self.org, hop.target, column.field)
        if not column.hops:
            level.entries[key or column.field.name] = column.plain or column.get

    def maker(self) -> Callable[[Row, str], Record]:
        """A function from a row and the URL's beginning to the record."""
        plain = [(key, what) for key, what in self.entries.items() if isinstance(what, str)]
        if len(plain) == len(self.entries) and self.type_name is not None:
            return _plain_maker(self.type_name, plain)
        steps = [(key, self._step(what)) for key, what in self.entries.items()]
        named = self.type_name

        def make(row: Row, base: str) -> Record:
            record: Record = {"attributes": self._attributes(named, row, base)}
            for key, step in steps:
                record[key] = step(row, base)
            return record

        return make

    def _attributes(self, named: str | None, row: Row, base: str) -> dict[str, str]:
        if named is not None:
            return {"type": named, "url": f"{base}{named}/{row['Id']}"}
        one = self.org.object_of_id(row["Id"])
        # [B] a polymorphic parent calls itself Name; its url says what it really is
        return {"type": "Name", "url": f"{base}{one.name if one else 'Name'}/{row['Id']}"}

    def _step(self, what: Any) -> Callable[[Row, str], Any]:
        if isinstance(what, str):
            return lambda row, base: row.get(what)
        if isinstance(what, Parent):
            make, hop = what.layout.maker(), what.hop

            def nested(row: Row, base: str) -> Record | None:
                parent = parent_of(self.org, hop, row)
                return None if parent is None else make(parent, base)

            return nested
        if isinstance(what, _WithBase):
            return what.call
        get: Get = what
        return lambda row, base: get(row)


@dataclass(frozen=True, slots=True)
class _WithBase:
    """An entry whose value needs the URL's beginning: a sub-query or a TYPEOF."""

    call: Callable[[Row, str], Any]


def _plain_maker(named: str, plain: list[tuple[str, str]]) -> Callable[[Row, str], Record]:
    def make(row: Row, base: str) -> Record:
        record: Record = {"attributes": {"type": named, "url": f"{base}{named}/{row['Id']}"}}
        get = row.get
        for key, name in plain:
            record[key] = get(name)
        return record

    return make


def compile_records(
    scope: Scope, selected: tuple[Any, ...], type_name: str, children: MakeChildren
) -> Callable[[Row, str], Record]:
    """The maker of a SELECT list without aggregates; raises ApiRefusal for unknown columns."""
    layout = Layout(scope.org, type_name)
    for item in selected:
        if isinstance(item, Query):
            key, call = children(scope, item)
            layout.entries[key] = _WithBase(call)
        elif isinstance(item, TypeOf):
            key, call = _type_of(scope, item)
            layout.entries[key] = _WithBase(call)
        else:
            _add_selected(scope, layout, item)
    return layout.maker()


def _add_selected(scope: Scope, layout: Layout, item: Selected) -> None:
    what = item.what
    if isinstance(what, Path):
        column = scope.resolve(what)
        if not column.hops and column.field.name in layout.entries:
            raise refuse("INVALID_FIELD", f"duplicate field selected: {column.field.name}")
        layout.add(column)
        return
    name = what.name.lower()
    if name == "fields":
        for one in _all_fields(scope, what):
            layout.add(scope.resolve(Path((one.name,), what.at)))
        return
    if name not in _PASSED or not what.args or not isinstance(what.args[0], Path):
        raise scope.fault("MALFORMED_QUERY", what.at, f"unexpected token: '{what.name}'")
    layout.add(scope.resolve(what.args[0]), item.alias)


def _all_fields(scope: Scope, what: Function) -> list[Field]:
    which = str(what.args[0]).upper() if what.args else ""
    fields = list(scope.sobject.fields.values())
    if which == "ALL":
        return fields
    if which in {"STANDARD", "CUSTOM"}:
        return [one for one in fields if one.custom == (which == "CUSTOM")]
    raise scope.fault("MALFORMED_QUERY", what.at, f"unexpected token: '{which}'")


def _type_of(scope: Scope, item: TypeOf) -> tuple[str, Callable[[Row, str], Any]]:
    at = item.relationship.at
    hop = scope.resolve(Path((*item.relationship.names, "Id"), at)).hops[-1]
    makers = {}
    for name, paths in item.whens:
        one = scope.org.object_named(name)
        if one is None or one.name not in hop.field.refers_to:
            raise scope.fault("INVALID_TYPE", at, f"sObject type '{name}' is not supported.")
        makers[one.name] = _sub_layout(scope, one, paths)
    otherwise = _sub_layout(scope, NAME_OBJECT, item.otherwise) if item.otherwise else None

    def call(row: Row, base: str) -> Any:
        parent = parent_of(scope.org, hop, row)
        one = scope.org.object_of_id(parent["Id"]) if parent else None
        make = makers.get(one.name, otherwise) if one else None
        return make(parent, base) if make and parent is not None else None

    return hop.name, call


def _sub_layout(
    scope: Scope, one: SObject, paths: tuple[Path, ...]
) -> Callable[[Row, str], Record]:
    inner = Scope(scope.org, one, scope.text)
    layout = Layout(scope.org, None if one is NAME_OBJECT else one.name)
    for path in paths:
        layout.add(inner.resolve(path))
    return layout.maker()
