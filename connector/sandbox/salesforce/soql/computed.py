"""Fields that no row holds: they are worked out when they are read."""

from collections.abc import Callable
from typing import Any

from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.tables import Row

Compute = Callable[[Org, Row], Any]

_ADDRESS_PARTS = (
    ("city", "City"), ("country", "Country"), ("geocodeAccuracy", "GeocodeAccuracy"),
    ("latitude", "Latitude"), ("longitude", "Longitude"), ("postalCode", "PostalCode"),
    ("state", "State"), ("street", "Street"),
)  # fmt: skip
_PERSON_FIELDS = (
    "Salutation", "FirstName", "LastName", "Title", "Street", "City", "State", "PostalCode",
    "Country", "Email", "Phone", "Fax", "MobilePhone", "Description", "DoNotCall",
    "HasOptedOutOfEmail", "HasOptedOutOfFax", "LeadSource", "CompanyOrAccount", "Type",
    "LeadOrContactOwnerId",
)  # fmt: skip


def computation(sobject: str, field: str, kind: str) -> Compute | None:
    """How a field of an object is worked out; None where the row holds it."""
    if kind == "address":
        prefix = field.removesuffix("Address")
        return lambda org, row: address(row, prefix)
    if field == "PhotoUrl":
        return lambda org, row: f"/services/images/photo/{row['Id']}"
    if sobject == "CampaignMember" and field in _PERSON_FIELDS:
        return lambda org, row: _of_member(org, row, field)
    return _BY_FIELD.get((sobject, field))


def address(row: Row, prefix: str) -> dict[str, Any] | None:
    """The compound address, keys in the recorded order; null when nothing is known."""
    parts = {key: row.get(prefix + name) for key, name in _ADDRESS_PARTS}
    return parts if any(value is not None for value in parts.values()) else None


def _type_of(org: Org, row: Row) -> str | None:
    """What a polymorphic parent really is."""
    if row["Id"].startswith("00G"):
        return "Queue" if row.get("Type") == "Queue" else "Group"
    one = org.object_of_id(row["Id"])
    return one.name if one else None


def _of_member(org: Org, row: Row, name: str) -> Any:
    """A campaign member shows the fields of its lead or contact."""
    person = org.live(row.get("LeadOrContactId") or "") or {}
    if name == "Type":
        return "Contact" if row.get("ContactId") else "Lead"
    if name == "LeadOrContactOwnerId":
        return person.get("OwnerId")
    if name == "CompanyOrAccount":
        account = org.live(person.get("AccountId") or "") or {}
        return person.get("Company") or account.get("Name")
    if name.startswith(("Has", "DoNot")):
        return bool(person.get(name))
    return person.get(name) or person.get(f"Mailing{name}")


def _members(test: Callable[[Row], Any]) -> Compute:
    return lambda org, row: sum(
        1 for one in org.matching("CampaignMember", {"CampaignId": row["Id"]}) if test(one)
    )


def _deals(org: Org, row: Row, *, won: bool) -> list[Row]:
    found = org.matching("Opportunity", {"CampaignId": row["Id"]})
    return [one for one in found if one.get("IsWon") or not won]


def _count(*, won: bool) -> Compute:
    return lambda org, row: len(_deals(org, row, won=won))


def _amount(*, won: bool) -> Compute:
    return lambda org, row: float(
        sum(one.get("Amount") or 0.0 for one in _deals(org, row, won=won))
    )


def _open_tasks(org: Org, row: Row) -> list[Row]:
    tasks = org.matching("Task", {"WhatId": row["Id"]})
    return [one for one in tasks if not one.get("IsClosed")]


def _overdue(org: Org, row: Row) -> bool:
    today = org.stamp()[:10]
    return any((one.get("ActivityDate") or today) < today for one in _open_tasks(org, row))


_BY_FIELD: dict[tuple[str, str], Compute] = {
    ("Name", "Type"): _type_of,
    ("Campaign", "NumberOfLeads"): _members(lambda one: one.get("LeadId")),
    ("Campaign", "NumberOfContacts"): _members(lambda one: one.get("ContactId")),
    ("Campaign", "NumberOfConvertedLeads"): _members(
        lambda one: one.get("LeadId") and one.get("ContactId")
    ),
    ("Campaign", "NumberOfResponses"): _members(lambda one: one.get("HasResponded")),
    ("Campaign", "NumberOfOpportunities"): _count(won=False),
    ("Campaign", "NumberOfWonOpportunities"): _count(won=True),
    ("Campaign", "AmountAllOpportunities"): _amount(won=False),
    ("Campaign", "AmountWonOpportunities"): _amount(won=True),
    ("Opportunity", "HasOpenActivity"): lambda org, row: bool(_open_tasks(org, row)),
    ("Opportunity", "HasOverdueTask"): _overdue,
}
