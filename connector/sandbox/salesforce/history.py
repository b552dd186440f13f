"""The trails Salesforce keeps: LeadHistory, OpportunityFieldHistory, OpportunityHistory."""

from typing import Any

from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.tables import Row

_TRAILS = {
    "Lead": ("LeadHistory", "LeadId"),
    "Opportunity": ("OpportunityFieldHistory", "OpportunityId"),
}
_STAGE_FIELDS = ("StageName", "Amount", "Probability", "CloseDate")


def created(org: Org, sobject: SObject, row: Row, doing: Doing) -> None:
    if sobject.name in _TRAILS:
        note(org, sobject.name, row["Id"], "created", None, None, doing)
    if sobject.name == "Opportunity":
        _stage_row(org, row, doing)


def changed(org: Org, sobject: SObject, before: Row, row: Row, doing: Doing) -> None:
    """One history row per tracked field whose value changed; the owner gives two [B]."""
    if sobject.name not in _TRAILS:
        return
    for name in org.settings.tracked_fields.get(sobject.name, ()):
        old, new = before.get(name), row.get(name)
        if old == new:
            continue
        if name == "OwnerId":
            note(org, sobject.name, row["Id"], "Owner", _name(org, old), _name(org, new), doing)
            note(org, sobject.name, row["Id"], "Owner", old, new, doing)
        else:
            note(org, sobject.name, row["Id"], name, old, new, doing)
    if sobject.name == "Opportunity" and any(
        before.get(name) != row.get(name) for name in _STAGE_FIELDS
    ):
        _stage_row(org, row, doing)


def note(
    org: Org, sobject: str, record_id: str, field: str, old: Any, new: Any, doing: Doing
) -> None:
    """Adds one row to the trail of a record."""
    trail, parent = _TRAILS[sobject]
    one = org.objects[trail]
    row_id = org.new_id(one)
    row: Row = {
        "Id": row_id,
        "IsDeleted": False,
        parent: record_id,
        "CreatedById": doing.user_id,
        "CreatedDate": doing.stamp,
        "Field": field,
    }
    if old is not None:
        row["OldValue"] = old
    if new is not None:
        row["NewValue"] = new
    org.store(org.tables[trail], row_id, row)


def _stage_row(org: Org, row: Row, doing: Doing) -> None:
    one = org.objects["OpportunityHistory"]
    row_id = org.new_id(one)
    kept = (
        "StageName",
        "Amount",
        "ExpectedRevenue",
        "CloseDate",
        "Probability",
        "ForecastCategory",
    )
    entry: Row = {
        "Id": row_id,
        "OpportunityId": row["Id"],
        "CreatedById": doing.user_id,
        "CreatedDate": doing.stamp,
        "SystemModstamp": doing.stamp,
        "IsDeleted": False,
    }
    entry.update({name: row[name] for name in kept if row.get(name) is not None})
    org.store(org.tables[one.name], row_id, entry)


def _name(org: Org, record_id: str | None) -> str | None:
    row = org.live(record_id) if record_id else None
    return row.get("Name") if row else None
