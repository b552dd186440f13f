"""Field paths of a query, resolved against the schema: what they mean and how to read them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector.sandbox.salesforce.errors import ApiRefusal, refuse
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.schema import Field, SObject
from connector.sandbox.salesforce.soql.computed import computation
from connector.sandbox.salesforce.soql.parse import Path, pointed
from connector.sandbox.salesforce.tables import Row

Get = Callable[[Row], Any]

_CUSTOM = (
    "If you are attempting to use a custom {0}, be sure to append the '__{1}' after the {2} "
    "name. Please reference your WSDL or the describe call for the appropriate names."
)


def _name_object() -> SObject:
    """What a polymorphic relationship (Lead.Owner, Task.Who) offers."""
    one = SObject(name="Name", label="Name", plural="Names", prefix="", traits=frozenset())
    for name in (
        "Id", "Name", "FirstName", "LastName", "Type", "Email", "Phone", "Title", "Username",
        "IsActive", "Alias", "ProfileId", "UserRoleId",
    ):  # fmt: skip
        kind = "boolean" if name == "IsActive" else "id" if name.endswith("Id") else "string"
        one.fields[name] = Field(name=name, label=name, type=kind, flags=frozenset("nfsg"))
    one.prepare()
    one.defaults = {}
    return one


NAME_OBJECT = _name_object()


@dataclass(frozen=True, slots=True)
class Hop:
    """One step to a parent: the relationship's name and field, and where it leads."""

    name: str
    field: Field
    target: SObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A resolved path. `plain` is the key to read from the row itself, if that is all."""

    field: Field
    hops: tuple[Hop, ...]
    get: Get
    plain: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (*(hop.name for hop in self.hops), self.field.name)


@dataclass(frozen=True, slots=True)
class Scope:
    """One SELECT while it is compiled: its object, its text (for carets), its aliases."""

    org: Org
    sobject: SObject
    text: str
    aliases: tuple[tuple[str, Path], ...] = ()

    def fault(self, code: str, at: int, message: str) -> ApiRefusal:
        return refuse(code, pointed(self.text, at, message))

    def resolve(self, path: Path) -> Column:
        """The column of a path; raises ApiRefusal with INVALID_FIELD."""
        names = self._without_alias(path.names)
        one, hops = self.sobject, []
        for name in names[:-1]:
            hop = self._hop(one, name, path.at)
            hops.append(hop)
            one = hop.target
        field = one.find(names[-1])
        if field is None:
            raise self.fault(
                "INVALID_FIELD",
                path.at,
                f"No such column '{names[-1]}' on entity '{one.name}'. "
                + _CUSTOM.format("field", "c", "custom field"),
            )
        get = reader(self.org, one, field)
        computed = computation(one.name, field.name, field.type) is not None
        plain = None if hops or computed else field.name
        for hop in reversed(hops):
            get = _through(self.org, hop, get)
        return Column(field=field, hops=tuple(hops), get=get, plain=plain)

    def _without_alias(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) == 1:
            return names
        first = names[0].lower()
        for alias, path in self.aliases:
            if alias == first:
                inner = self._without_alias(path.names) if path.names else ()
                return (*inner, *names[1:])
        if first == self.sobject.name.lower() and first not in self.sobject.relationships:
            return names[1:]
        return names

    def _hop(self, one: SObject, name: str, at: int) -> Hop:
        field = one.relationships.get(name.lower())
        targets = [to for to in field.refers_to if to in self.org.objects] if field else []
        if field is None or not targets or field.relationship is None:
            raise self.fault(
                "INVALID_FIELD",
                at,
                f"Didn't understand relationship '{name}' in field path. "
                + _CUSTOM.format("relationship", "r", "custom relationship"),
            )
        many = len(field.refers_to) > 1
        return Hop(field.relationship, field, NAME_OBJECT if many else self.org.objects[targets[0]])


def reader(org: Org, one: SObject, field: Field) -> Get:
    """How to read a field from a row of that object, computed ones included."""
    compute = computation(one.name, field.name, field.type)
    if compute is not None:
        return lambda row: compute(org, row)
    name = field.name
    return lambda row: row.get(name)


def parent_of(org: Org, hop: Hop, row: Row) -> Row | None:
    """The row to which a lookup field points, as other sessions see it."""
    record_id = row.get(hop.field.name)
    if record_id is None:
        return None
    one = org.object_of_id(record_id) if hop.target is NAME_OBJECT else hop.target
    return org.seen(org.tables[one.name], record_id) if one else None


def _through(org: Org, hop: Hop, get: Get) -> Get:
    def read(row: Row) -> Any:
        parent = parent_of(org, hop, row)
        return None if parent is None else get(parent)

    return read
