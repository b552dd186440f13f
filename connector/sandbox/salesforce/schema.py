"""What each object has: fields, types, lengths, picklists, relationships, traits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

OBJECT_ORDER = (
    "Account", "AssignmentRule", "Campaign", "CampaignMember", "CampaignMemberStatus", "Contact",
    "ContentDocument", "ContentVersion", "Event", "FeedComment", "FeedItem", "Group",
    "Lead", "LeadHistory", "LeadStatus", "Opportunity",
    "OpportunityContactRole", "OpportunityFieldHistory", "OpportunityHistory",
    "OpportunityStage", "Organization", "Profile", "QueueSobject", "RecordType", "Task",
    "TaskStatus", "User", "UserRole",
)  # fmt: skip

TEXT_TYPES = frozenset({"string", "textarea", "phone", "email", "url", "picklist", "combobox"})
NUMBER_TYPES = frozenset({"double", "currency", "percent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PicklistValue:
    value: str
    label: str
    default: bool = False
    active: bool = True


@dataclass(slots=True, kw_only=True)
class Field:
    """One field of an object; the flags are those of the vendor's describe."""

    name: str
    label: str
    type: str
    length: int = 0
    flags: frozenset[str] = frozenset()
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    values: tuple[PicklistValue, ...] = ()
    compound: str | None = None
    extra_type: str | None = None
    default: Any = None
    precision: int = 0
    scale: int = 0
    digits: int = 0
    byte_length: int | None = None
    custom: bool = False
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    known_values: frozenset[str] = frozenset()

    @property
    def createable(self) -> bool:
        return "c" in self.flags

    @property
    def updateable(self) -> bool:
        return "u" in self.flags

    @property
    def nillable(self) -> bool:
        return "n" in self.flags

    @property
    def required(self) -> bool:
        """Must be given on create: neither null nor a default may stand in."""
        return (
            "c" in self.flags
            and "n" not in self.flags
            and "d" not in self.flags
            and self.type != "boolean"
        )

    @property
    def filterable(self) -> bool:
        return "f" in self.flags

    @property
    def restricted(self) -> bool:
        return "R" in self.flags

    @property
    def lookup_key(self) -> bool:
        """May stand in the URL of an upsert: an external id or an idLookup field."""
        return self.external_id or "i" in self.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A relationship seen from the parent: `name` is what a sub-query says."""

    name: str
    sobject: str
    field: str
    cascade: bool = False
    restricted: bool = False


@dataclass(slots=True, kw_only=True)
class SObject:
    """One object type with its fields in the vendor's order."""

    name: str
    label: str
    plural: str
    prefix: str
    traits: frozenset[str]
    links: tuple[str, ...] = ()
    fields: dict[str, Field] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    names: dict[str, Field] = field(default_factory=dict)
    relationships: dict[str, Field] = field(default_factory=dict)
    required: tuple[Field, ...] = ()
    defaults: dict[str, Any] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)  #: fields that the integration user may not see

    def add(self, new: Field, *, after: str | None = None) -> None:
        """Puts a field at the end, or after another one."""
        order = list(self.fields)
        order.insert(order.index(after) + 1 if after else len(order), new.name)
        self.fields = {name: self.fields.get(name, new) for name in order}
        self.prepare()

    def prepare(self) -> None:
        """Computes the look-ups from the fields; to be called after any change."""
        seen = {name: one for name, one in self.fields.items() if name not in self.unseen}
        self.names = {name.lower(): one for name, one in seen.items()} | seen
        self.relationships = {
            one.relationship.lower(): one for one in self.fields.values() if one.relationship
        }
        self.required = tuple(one for one in self.fields.values() if one.required)
        self.defaults = {}
        for one in self.fields.values():
            if one.type == "boolean":
                self.defaults[one.name] = bool(one.default)
            chosen = next((each.value for each in one.values if each.default), None)
            if chosen is not None and "c" in one.flags:
                self.defaults[one.name] = chosen

    def find(self, name: str) -> Field | None:
        """The field of that name in any case, or None."""
        return self.names.get(name) or self.names.get(name.lower())

    def trait(self, letter: str) -> bool:
        return letter in self.traits

    @property
    def name_field(self) -> str | None:
        return next((one.name for one in self.fields.values() if "N" in one.flags), None)


def _values(raw: Iterable[Any]) -> tuple[PicklistValue, ...]:
    return tuple(
        PicklistValue(value=each, label=each)
        if isinstance(each, str)
        else PicklistValue(value=each[0], label=each[1], default=len(each) > 2)
        for each in raw
    )


def _given(row: list[Any]) -> dict[str, Any]:
    """What a field is made of; nothing in it can be changed, so that many fields may share it."""
    more: dict[str, Any] = row[5] if len(row) > 5 else {}
    values = _values(more.get("values", ()))
    return {
        "name": row[0],
        "label": row[1],
        "type": row[2],
        "length": row[3],
        "flags": frozenset(row[4]),
        "refers_to": tuple(more.get("referenceTo", ())),
        "relationship": more.get("relationshipName"),
        "values": values,
        "compound": more.get("compoundFieldName"),
        "extra_type": more.get("extraTypeInfo"),
        "default": more.get("defaultValue"),
        "precision": more.get("precision", 0),
        "scale": more.get("scale", 0),
        "digits": more.get("digits", 0),
        "byte_length": more.get("byteLength"),
        "known_values": frozenset(each.value.lower() for each in values),
    }


@cache
def _tables() -> tuple[dict[str, Any], ...]:
    folder = files("connector.sandbox.salesforce") / "objects"
    tables = [orjson.loads((folder / f"{name}.json").read_bytes()) for name in OBJECT_ORDER]
    return tuple({**raw, "fields": [_given(row) for row in raw["fields"]]} for raw in tables)


def standard_objects() -> dict[str, SObject]:
    """A fresh set of the standard objects, without any custom field."""
    found: dict[str, SObject] = {}
    for raw in _tables():
        one = SObject(
            name=raw["name"],
            label=raw["label"],
            plural=raw["plural"],
            prefix=raw["prefix"],
            traits=frozenset(raw["traits"]),
            links=tuple(raw["links"]),
            fields={given["name"]: Field(**given) for given in raw["fields"]},
            children={
                name.lower(): Child(
                    name=name, sobject=to, field=by, cascade=bool(cascade), restricted=bool(more)
                )
                for name, to, by, cascade, *more in raw["children"]
            },
        )
        one.prepare()
        found[one.name] = one
    return found


_CUSTOM_LENGTH = {"email": 80, "phone": 40, "url": 255, "picklist": 255, "reference": 18}
_CUSTOM_KEYS = frozenset({
    "name", "label", "type", "length", "values", "restricted", "external_id", "unique",
    "case_sensitive", "required", "default", "precision", "scale", "refers_to", "relationship",
})  # fmt: skip


def currency_field(sobject: str, currencies: Sequence[str]) -> Field:
    """`CurrencyIsoCode`, which only multi-currency organisations have [B]."""
    values = tuple(
        PicklistValue(value=code, label=code, default=place == 0)
        for place, code in enumerate(currencies)
    )
    return Field(
        name="CurrencyIsoCode",
        label=f"{sobject} Currency",
        type="picklist",
        length=3,
        flags=frozenset("cunfsgapdR"),
        values=values,
        known_values=frozenset(code.lower() for code in currencies),
    )


def custom_field(given: Mapping[str, Any]) -> Field:
    """A custom field from a plain description.

    Keys: `name` (ends in `__c`), `label`, `type` (a describe type; `longtext` is a textarea over
    255), `length`, `values`, `restricted`, `external_id`, `unique`, `case_sensitive`, `required`,
    `default`, `precision`, `scale`, `refers_to`, `relationship`. Raises ValueError on others.
    """
    unknown = set(given) - _CUSTOM_KEYS
    if unknown or not str(given.get("name", "")).endswith("__c"):
        raise ValueError(f"not a custom field: {given!r}")
    kind = given.get("type", "string")
    long = kind == "longtext"
    kind = "textarea" if long else kind
    flags = set("cup") if long else set("cufsgap")
    if kind in {"datetime", "double", "currency", "percent"}:
        flags.discard("g")
    flags |= set() if given.get("required") else {"n"}
    flags |= {"R"} if given.get("restricted") else set()
    flags |= {"i"} if given.get("external_id") else set()
    flags |= {"d"} if kind == "boolean" else set()
    if kind == "boolean":
        flags.discard("n")
    values = _values(given.get("values", ()))
    numeric = kind in NUMBER_TYPES
    return Field(
        name=given["name"],
        label=given.get("label") or given["name"][:-3].replace("_", " "),
        type=kind,
        length=given.get("length", _CUSTOM_LENGTH.get(kind, 32000 if long else 255))
        if not numeric and kind not in {"boolean", "date", "datetime", "int"}
        else 0,
        flags=frozenset(flags),
        refers_to=tuple(given.get("refers_to", ())),
        relationship=given.get("relationship")
        or (f"{given['name'][:-1]}r" if kind == "reference" else None),
        values=values,
        extra_type="plaintextarea" if kind == "textarea" else None,
        default=given.get("default"),
        precision=given.get("precision", 18) if numeric else 0,
        scale=given.get("scale", 0) if numeric else 0,
        custom=True,
        external_id=bool(given.get("external_id")),
        unique=bool(given.get("unique")),
        case_sensitive=bool(given.get("case_sensitive")),
        known_values=frozenset(each.value.lower() for each in values),
    )


def record_type_field() -> Field:
    """The lookup that an object gets with its first record type."""
    return Field(
        name="RecordTypeId",
        label="Record Type ID",
        type="reference",
        length=18,
        flags=frozenset("cunfgsad"),
        refers_to=("RecordType",),
        relationship="RecordType",
    )
