"""What the page shows of each system: lists, one record whole, and who belongs to whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connector.sandbox.hubspot.kinds import CONTACTS
from connector.sandbox.hubspot.request import kind_of
from connector.sandbox.world import World

PAGE = 60  #: rows of a list; a search finds the others

HUBSPOT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("email", "lastname", "company", "lifecyclestage"),
    "companies": ("name", "domain", "country", "numberofemployees"),
    "deals": ("dealname", "dealstage", "amount"),
    "emails": ("hs_email_subject", "hs_email_direction", "hs_timestamp"),
    "meetings": ("hs_meeting_title", "hs_meeting_outcome", "hs_timestamp"),
}
SALESFORCE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Lead": ("Name", "Company", "Status", "OwnerId"),
    "Contact": ("Name", "Email", "OwnerId"),
    "Account": ("Name", "Website", "OwnerId"),
    "Opportunity": ("Name", "StageName", "Amount", "OwnerId"),
    "Task": ("Subject", "Status", "ActivityDate", "OwnerId"),
    "User": ("Name", "Email", "IsActive"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a list."""

    id: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A part of the records of one kind, newest first; `more` where the list was cut."""

    kind: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field of a record: `options` are the values of a list, if it has one."""

    name: str
    label: str
    value: str
    editable: bool
    options: tuple[str, ...] = ()
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One record with all its fields; those without a value are in `blank`."""

    kind: str
    id: str
    title: str
    entries: tuple[Entry, ...]
    blank: tuple[Entry, ...]

    def value(self, name: str) -> str:
        """A field's value, or nothing."""
        return next((one.value for one in self.entries if one.name == name), "")

    def options(self, name: str) -> tuple[str, ...]:
        """The values a field can take."""
        both = (*self.entries, *self.blank)
        return next((one.options for one in both if one.name == name), ())


def hubspot_list(world: World, kind: str, query: str) -> Listing:
    """The newest records of a HubSpot type that contain the query in any value."""
    columns = HUBSPOT_COLUMNS[kind]
    store = world.hubspot.portal.store(kind_of(kind))
    records = (store.records[id_] for id_ in reversed(store.live))
    found = (
        Line(id=record.key, cells=tuple(record.values.get(name, "") for name in columns))
        for record in records
        if _holds(query, record.values.values())
    )
    definitions = world.hubspot.portal.catalogue.of(kind_of(kind))
    return _listing(kind, [definitions[name].label for name in columns], found)


def salesforce_list(world: World, kind: str, query: str) -> Listing:
    """The newest rows of a Salesforce object that contain the query in any value."""
    columns = SALESFORCE_COLUMNS[kind]
    names = _owners(world)
    rows = reversed(world.salesforce.org.tables[kind].rows.values())
    found = (
        Line(id=row["Id"], cells=tuple(_cell(row.get(name), names) for name in columns))
        for row in rows
        if not row.get("IsDeleted") and _holds(query, row.values())
    )
    fields = world.salesforce.org.objects[kind].fields
    labels = [fields[name].label.removesuffix(" ID") for name in columns]
    return _listing(kind, labels, found)


def hubspot_detail(world: World, kind: str, id_: str) -> Detail:
    """One HubSpot record; raises Rejection where there is none."""
    record = world.hubspot.get(kind, id_)
    values: dict[str, str] = record["properties"]
    definitions = world.hubspot.portal.catalogue.of(kind_of(kind))
    shown: list[Entry] = []
    blank: list[Entry] = []
    for name, definition in definitions.items():
        if definition.archived or (definition.hidden and not values.get(name)):
            continue
        entry = Entry(
            name=name,
            label=definition.label,
            value=values.get(name) or "",
            editable=not definition.read_only_value,
            options=tuple(definition.option_values())
            if definition.field_type in ("select", "radio", "booleancheckbox")
            else (),
            long=definition.field_type == "textarea",
        )
        (shown if entry.value else blank).append(entry)
    title = values.get("email") or values.get("name") or values.get("dealname") or id_
    ours = [one for one in blank if one.editable]
    return Detail(
        kind=kind, id=str(record["id"]), title=title, entries=tuple(shown), blank=tuple(ours)
    )


def salesforce_detail(world: World, kind: str, id_: str) -> Detail:
    """One Salesforce row; raises KeyError where there is none."""
    row = world.salesforce.get(kind, id_)
    shown: list[Entry] = []
    blank: list[Entry] = []
    for name, field in world.salesforce.org.objects[kind].fields.items():
        value = row.get(name)
        if field.type == "address":
            continue
        entry = Entry(
            name=name,
            label=field.label,
            value="" if value is None else _text(value),
            editable=field.updateable,
            options=("true", "false")
            if field.type == "boolean"
            else tuple(one.value for one in field.values),
            long=field.type == "textarea",
        )
        (blank if value is None else shown).append(entry)
    title = str(row.get("Name") or row.get("Subject") or id_)
    ours = [one for one in blank if one.editable]
    return Detail(kind=kind, id=row["Id"], title=title, entries=tuple(shown), blank=tuple(ours))


def counterpart_in_salesforce(world: World, contact_id: str) -> tuple[str, str] | None:
    """(object, id) of the Lead or Contact that stands for a HubSpot contact."""
    values = world.hubspot.get("contacts", contact_id)["properties"]
    keys = (("Leadrelay_Id__c", f"hs-{contact_id}"), ("Email", values.get("email") or ""))
    for field, value in keys:
        for sobject in ("Lead", "Contact") if value else ():
            for row in world.salesforce.org.matching(sobject, {field: value}):
                if not row.get("IsConverted"):
                    return sobject, row["Id"]
    return None


def counterpart_in_hubspot(world: World, row: Detail) -> str | None:
    """The HubSpot contact that stands behind a Salesforce Lead or Contact."""
    ours = row.value("Leadrelay_Id__c").removeprefix("hs-")
    store = world.hubspot.portal.store(CONTACTS)
    if ours.isdigit() and store.alive(int(ours)) is not None:
        return ours
    email = row.value("Email")
    found = store.by_unique("email", email.lower()) if email else None
    return found.key if found is not None else None


def _listing(kind: str, labels: list[str], found: Iterator[Line]) -> Listing:
    lines = tuple(islice(found, PAGE + 1))
    return Listing(kind=kind, columns=tuple(labels), lines=lines[:PAGE], more=len(lines) > PAGE)


def _holds(query: str, values: Iterable[Any]) -> bool:
    if not query:
        return True
    wanted = query.casefold()
    return any(wanted in value.casefold() for value in values if isinstance(value, str))


def _owners(world: World) -> dict[str, str]:
    people = (*world.salesforce.rows("User"), *world.salesforce.rows("Group"))
    return {row["Id"]: row["Name"] for row in people}


def _cell(value: Any, names: Mapping[str, str]) -> str:
    if value is None:
        return ""
    text = _text(value)
    return names.get(text, text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
