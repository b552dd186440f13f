"""Property definitions: the built-in ones, read from tables, and how the API tells them."""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from connector.sandbox.hubspot.formats import iso

Option = dict[str, Any]

#: Built-in things are told as made at this moment.
BUILT_IN_MS = 0


@dataclass(slots=True, kw_only=True)
class Definition:
    """One property of one object type."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: list[Option] = field(default_factory=list)
    display_order: int = -1
    has_unique_value: bool = False
    calculated: bool = False
    external_options: bool = False
    hidden: bool = False
    hubspot_defined: bool = False
    form_field: bool = False
    archived: bool = False
    archivable: bool = True
    read_only_value: bool = False
    read_only_definition: bool = False
    referenced: str | None = None
    currency: str | None = None
    data_sensitivity: str = "non_sensitive"
    created_at: int = BUILT_IN_MS
    updated_at: int = BUILT_IN_MS
    user: str | None = None

    def option_values(self) -> list[str]:
        """The internal values, in the order in which people see them."""
        shown = sorted(self.options, key=lambda option: int(option.get("displayOrder", -1)))
        return [str(option["value"]) for option in shown]

    def told(self, *, dates: bool = True) -> dict[str, Any]:
        """The definition as the API gives it; answers to a creation come without dates."""
        body: dict[str, Any] = {}
        if dates:
            body |= {"updatedAt": iso(self.updated_at), "createdAt": iso(self.created_at)}
        body |= {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": self.options,
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "archived": self.archived,
            "hasUniqueValue": self.has_unique_value,
            "hidden": self.hidden,
            "modificationMetadata": self._metadata(),
            "formField": self.form_field,
            "dataSensitivity": self.data_sensitivity,
        }
        if self.hubspot_defined:
            body["hubspotDefined"] = True
        if self.currency or not self.hubspot_defined:
            body["showCurrencySymbol"] = bool(self.currency)
        if self.currency:
            body["currencyPropertyName"] = self.currency
        if self.referenced:
            body["referencedObjectType"] = self.referenced
        if self.user:
            body |= {"createdUserId": self.user, "updatedUserId": self.user}
        return body

    def _metadata(self) -> dict[str, bool]:
        marks = {
            "archivable": self.archivable,
            "readOnlyDefinition": self.read_only_definition,
            "readOnlyValue": self.read_only_value,
        }
        if self.options:
            marks["readOnlyOptions"] = self.read_only_definition and self.name not in _OPEN_OPTIONS
        return marks


_OPEN_OPTIONS = {"lifecyclestage", "hs_lead_status", "industry", "hs_lead_label", "dealtype"}
_BOOLEANS = [
    {"label": "True", "value": "true", "displayOrder": 0, "hidden": False},
    {"label": "False", "value": "false", "displayOrder": 1, "hidden": False},
]


def _options(text: str, type_: str) -> list[Option]:
    if type_ == "bool":
        return [dict(option) for option in _BOOLEANS]
    if text == "-":
        return []
    pairs = (part.partition("=") for part in text.split("|"))
    return [
        {"label": label, "value": value, "displayOrder": place, "hidden": False}
        for place, (value, _, label) in enumerate(pairs)
    ]


#: The property that says in which currency the amounts of a record are.
_CURRENCY = "deal_currency_code"


@cache
def _lines(plural: str) -> tuple[tuple[str, ...], ...]:
    text = files(__package__).joinpath("definitions", f"{plural}.tsv").read_text(encoding="utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if not line.startswith("#"))


def built_in(plural: str) -> list[Definition]:
    """The definitions that every account has, freshly made, for contacts, companies, deals, …."""
    return [
        Definition(
            name=name,
            label=label,
            type=type_,
            field_type=field_type,
            group=group,
            options=_options(options, type_),
            has_unique_value="u" in flags,
            calculated="c" in flags,
            external_options="e" in flags,
            hidden="h" in flags,
            hubspot_defined=True,
            form_field="f" in flags,
            archivable=False,
            read_only_value="r" in flags,
            read_only_definition=True,
            referenced=None if referenced == "-" else referenced,
            currency=_CURRENCY if "m" in flags else None,
        )
        for name, label, type_, field_type, group, flags, referenced, options in _lines(plural)
    ]


GROUP_LABELS = {
    "contactinformation": "Contact information",
    "contact_activity": "Contact activity",
    "emailinformation": "Email information",
    "analyticsinformation": "Web analytics history",
    "socialmediainformation": "Social media information",
    "conversioninformation": "Conversion information",
    "facebook_ads_properties": "Facebook Ads properties",
    "deal_information": "Deal information",
    "sales_properties": "Sales properties",
    "companyinformation": "Company information",
    "company_activity": "Company activity",
    "targetaccountsinformation": "Target accounts information",
    "dealinformation": "Deal information",
    "lead_information": "Lead information",
    "ticketinformation": "Ticket information",
    "task": "Task information",
    "note": "Note information",
    "call": "Call information",
    "email": "Email information",
    "meeting": "Meeting information",
}
