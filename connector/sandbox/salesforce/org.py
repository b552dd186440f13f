"""The simulated organisation: schema, tables, people and rules, without any request."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.custom import CUSTOM_FIELDS
from connector.sandbox.salesforce.ids import make_id
from connector.sandbox.salesforce.schema import (
    Field,
    SObject,
    currency_field,
    custom_field,
    record_type_field,
    standard_objects,
)
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.salesforce.tables import Journal, Row, Table
from connector.sandbox.salesforce.values import stamp

Condition = str | Callable[[Row], bool]
"""A criterion: the text of a SOQL WHERE clause (can be saved), or a Python predicate."""

MASTER_RECORD_TYPE = "012000000000000AAA"
_MONEY = ("Account", "Contact", "Lead", "Opportunity")
_INDEXED = {
    "Lead": ("Email", "Leadrelay_Id__c"),
    "Contact": ("Email", "Leadrelay_Id__c"),
    "Opportunity": ("Leadrelay_Id__c",),
    "Task": ("Leadrelay_Id__c",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Who writes, when, and under which headers. `stamp` is the moment in whole seconds."""

    user_id: str
    stamp: str
    auto_assign: str = "TRUE"
    allow_duplicates: bool = False
    from_api: bool = True


@dataclass(slots=True, kw_only=True)
class AssignmentEntry:
    when: Condition
    owner_id: str


@dataclass(slots=True, kw_only=True)
class AssignmentRule:
    rule_id: str
    sobject: str
    entries: list[AssignmentEntry] = field(default_factory=list)
    default_owner_id: str | None = None


@dataclass(slots=True, kw_only=True)
class DuplicateRule:
    """`match` are the fields that must all be equal (and not empty) for a duplicate."""

    sobject: str
    name: str
    matching_rule: str
    action: str = "alert"
    match: tuple[str, ...] = ("Email",)
    across: tuple[str, ...] = ()
    text: str = "Use one of these records?"
    on_update: bool = False


@dataclass(slots=True, kw_only=True)
class ValidationRule:
    """Refuses a save where `when` holds; `field` is where the page shows the text, if anywhere."""

    sobject: str
    name: str
    when: Condition
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A write that others cannot see before `until`; `before` is what they see instead."""

    until: datetime
    before: Row | None


class Org:
    """All state of the simulated organisation, and the look-ups everything else needs."""

    def __init__(self, clock: SandboxClock, rng: random.Random, settings: SalesforceSettings):
        self.clock = clock
        self.rng = rng
        self.settings = settings
        self.site = f"https://{settings.my_domain}"  # a server puts its own address here
        self.login_site = "https://login.salesforce.com"
        self.journal = Journal()
        self.objects: dict[str, SObject] = {}
        self.tables: dict[str, Table] = {}
        self.custom_given: list[tuple[str, dict[str, Any]]] = []
        self.record_type_objects: set[str] = set()
        self.record_type_values: dict[str, dict[str, list[str]]] = {}  # type -> picklist -> values
        self.default_record_types: dict[str, str] = {}  # object -> the integration user's type
        self.withheld: list[tuple[str, str, str]] = []
        self.reset_schema()
        self.numbers: dict[str, int] = {}
        self.schema_changed = clock.now()
        self.user_id = ""
        self.org_id = make_id("00D", 1)
        self.assignment_rules: dict[str, AssignmentRule] = {}
        self.duplicate_rules: list[DuplicateRule] = []
        self.validation_rules: list[ValidationRule] = []
        self.hidden: dict[str, Hidden] = {}
        self.writes = 0
        self.lock_tries = 0
        self.schema_version = 0
        self.earliest_deletion = clock.now()

    # -- schema

    def reset_schema(self) -> None:
        """The objects and fields of a new organisation, with empty tables."""
        self.objects = standard_objects()
        for name, definitions in CUSTOM_FIELDS.items():
            for given in definitions:
                self.objects[name].add(custom_field(given))
        for name in _MONEY if self.settings.currencies else ():
            self.objects[name].add(currency_field(name, self.settings.currencies))
        self.tables = {
            name: Table(
                name,
                self.journal,
                _INDEXED.get(name, ()),
                "SystemModstamp" if "SystemModstamp" in one.fields else "CreatedDate",
            )
            for name, one in self.objects.items()
        }
        self._lower = {name.lower(): one for name, one in self.objects.items()}
        self._prefixes = {one.prefix: name for name, one in reversed(self.objects.items())}
        self.custom_given = []
        self.record_type_objects = set()
        self.record_type_values, self.default_record_types, self.withheld = {}, {}, []

    def add_record_type_field(self, sobject: str) -> None:
        """RecordTypeId exists only where an object has record types."""
        if sobject not in self.record_type_objects:
            self.record_type_objects.add(sobject)
            self.objects[sobject].add(record_type_field())
            self._schema_moved()

    def withhold(self, sobject: str, rights: str, field: str = "") -> None:
        """Takes rights from the integration user: of `c` create, `u` update and `r` read, on an
        object or on one of its fields. What cannot be read is not shown at all."""
        one = self.objects[sobject]
        if field and "r" in rights:
            one.unseen.add(field)
        elif field:
            one.fields[field].flags -= frozenset(rights)
        elif "r" in rights:
            self._lower.pop(sobject.lower(), None)
        else:
            one.traits -= frozenset(rights)
        one.prepare()
        self.withheld.append((sobject, rights, field))
        self._schema_moved()

    def offered(self, type_id: str, field: Field) -> list[str]:
        """The values of a picklist that records of a type may have; all where none is left out."""
        chosen = self.record_type_values.get(type_id, {}).get(field.name)
        return [one.value for one in field.values if chosen is None or one.value in chosen]

    def _schema_moved(self) -> None:
        self.schema_changed = self.clock.now()
        self.schema_version += 1

    def object_named(self, name: str) -> SObject | None:
        """The object of that API name in any case."""
        return self._lower.get(name.lower())

    def object_of_id(self, record_id: str) -> SObject | None:
        """The object to which a record id belongs, by its key prefix."""
        name = self._prefixes.get(record_id[:3])
        return self.objects[name] if name else None

    def add_custom_field(self, sobject: str, given: Mapping[str, Any]) -> None:
        new = custom_field(given)
        one = self.objects[sobject]
        if new.name in one.fields:
            raise ValueError(f"{sobject} has a field {new.name} already")
        one.add(new)
        if new.lookup_key:
            self.tables[sobject].index(new.name)
        self.custom_given.append((sobject, dict(given)))
        self._schema_moved()

    # -- rows

    def stamp(self) -> str:
        return stamp(self.clock.now())

    def new_id(self, sobject: SObject) -> str:
        number = self.numbers.get(sobject.prefix, 0) + 1
        self.numbers[sobject.prefix] = number
        return make_id(sobject.prefix, number)

    def store(self, table: Table, row_id: str, row: Row) -> None:
        """Saves a row; in the late-commit mode others may see it later than its stamp says."""
        chance = self.settings.late_commit_probability
        if chance and self.rng.random() < chance:
            until = self.clock.now() + timedelta(seconds=self.settings.late_commit_seconds)
            before = self.hidden.get(row_id)
            seen = before.before if before else table.rows.get(row_id)
            self.hidden[row_id] = Hidden(until=until, before=seen)
        table.put(row_id, row)

    def reveal(self) -> None:
        """Makes the writes visible whose time has come."""
        if self.hidden:
            now = self.clock.now()
            self.hidden = {key: one for key, one in self.hidden.items() if one.until > now}

    def seen(self, table: Table, row_id: str) -> Row | None:
        """The row as other sessions see it at this moment."""
        if self.hidden and (one := self.hidden.get(row_id)) is not None:
            return one.before
        return table.rows.get(row_id)

    def all_seen(self, table: Table) -> Iterable[Row]:
        """All rows of a table as other sessions see them, in id order."""
        if not self.hidden:
            return table.rows.values()
        seen = (self.seen(table, row_id) for row_id in table.rows)
        return [row for row in seen if row is not None]

    def live(self, record_id: str) -> Row | None:
        """The row of an id of any object, unless it is deleted."""
        one = self.object_of_id(record_id)
        row = self.tables[one.name].rows.get(record_id) if one else None
        return None if row is None or row.get("IsDeleted") else row

    def matching(self, sobject: str, match: Mapping[str, Any]) -> list[Row]:
        """Live rows in which all the given fields have the given values (text in any case)."""
        table = self.tables[sobject]
        first, *rest = match.items()
        found = []
        for row_id in table.index(first[0]).find(first[1]):
            row = table.rows[row_id]
            if row.get("IsDeleted"):
                continue
            if all(_same(row.get(name), value) for name, value in rest):
                found.append(row)
        return found


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    return bool(one == other)
