"""Fields that follow from others: names, stages, closed tasks, last activity."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connector.sandbox.salesforce import files_and_feed
from connector.sandbox.salesforce.errors import ApiRefusal, Fault, refuse
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.tables import Row


def before_save(
    org: Org, sobject: SObject, row: Row, before: Row | None, given: Mapping[str, Any]
) -> None:
    """Completes a row before the rules see it; `given` says which fields the client set."""
    hook = _BEFORE.get(sobject.name)
    if hook is not None:
        hook(org, row, before, given)


def after_save(org: Org, sobject: SObject, row: Row, before: Row | None) -> list[tuple[str, Row]]:
    """What a save changes in other rows; the rows that it creates are returned to be saved."""
    if sobject.name in {"Task", "Event"}:
        _touch_activity(org, row)
    elif sobject.name == "Opportunity" and before is None and row.get("ContactId"):
        role = {"OpportunityId": row["Id"], "ContactId": row["ContactId"], "IsPrimary": True}
        return [("OpportunityContactRole", role)]
    elif sobject.name in files_and_feed.AFTER and before is None:
        files_and_feed.AFTER[sobject.name](org, row)
    return []


def _person(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    if before is None or "FirstName" in given or "LastName" in given:
        first = row.get("FirstName")
        row["Name"] = f"{first} {row['LastName']}" if first else row["LastName"]


def _lead(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    _person(org, row, before, given)
    if before is None and row.get("IsConverted"):
        raise refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "IsConverted cannot be set here", ())


def _opportunity(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    stage = row.get("StageName")
    if before is None or before.get("StageName") != stage:
        found = next(iter(org.matching("OpportunityStage", {"MasterLabel": stage})), None)
        row["IsClosed"] = bool(found and found.get("IsClosed"))
        row["IsWon"] = bool(found and found.get("IsWon"))
        if found and given.get("Probability") is None:
            row["Probability"] = found.get("DefaultProbability", 0.0)
        if found and given.get("ForecastCategoryName") is None:
            row["ForecastCategory"] = found["ForecastCategory"]
            row["ForecastCategoryName"] = found["ForecastCategoryName"]
        if before is not None:
            row["LastStageChangeDate"] = row["SystemModstamp"]
    amount, probability = row.get("Amount"), row.get("Probability")
    if amount is None:
        row.pop("ExpectedRevenue", None)
    else:
        row["ExpectedRevenue"] = round(amount * (probability or 0.0) / 100, 2)
    close = date.fromisoformat(row["CloseDate"])
    row["FiscalYear"], row["FiscalQuarter"] = close.year, (close.month + 2) // 3
    row["Fiscal"] = f"{close.year} {row['FiscalQuarter']}"


def _task(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    found = next(iter(org.matching("TaskStatus", {"MasterLabel": row["Status"]})), None)
    closed = bool(found and found.get("IsClosed"))
    if closed and not (before and before.get("IsClosed")):
        row["CompletedDateTime"] = row["SystemModstamp"]
    elif not closed:
        row.pop("CompletedDateTime", None)
    row["IsClosed"] = closed
    row["IsHighPriority"] = row.get("Priority") == "High"
    _activity(org, row, before, given)


def _activity(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    who, what = row.get("WhoId"), row.get("WhatId")
    if who and what and who.startswith("00Q"):
        # [B] a task on a lead cannot also stand on an account, opportunity or campaign
        raise refuse(
            "FIELD_INTEGRITY_EXCEPTION",
            "You can't associate a task with a lead and another record in the Related To field",
            ("WhatId",),
        )
    account = None
    if what and what.startswith("001"):
        account = what
    elif what and what.startswith("006"):
        account = (org.live(what) or {}).get("AccountId")
    elif who and who.startswith("003"):
        account = (org.live(who) or {}).get("AccountId")
    if account:
        row["AccountId"] = account
    else:
        row.pop("AccountId", None)


def _event(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    start = row.get("StartDateTime") or row.get("ActivityDateTime")
    if start is None and row.get("ActivityDate"):
        start = f"{row['ActivityDate']}T00:00:00.000+0000"
    if start is None:
        raise refuse(
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [StartDateTime]",
            ("StartDateTime",),
        )
    row["StartDateTime"] = row["ActivityDateTime"] = start
    row["ActivityDate"] = start[:10]
    row.setdefault("DurationInMinutes", 60)
    row["EndDate"] = (row.get("EndDateTime") or start)[:10]
    _activity(org, row, before, given)


def _touch_activity(org: Org, row: Row) -> None:
    """Moves LastActivityDate of the related rows; their stamps stay [B]."""
    day = row.get("ActivityDate")
    if day is None or row.get("IsDeleted") or not row.get("IsClosed", row["Id"][:3] == "00U"):
        return
    for record_id in {row.get("WhoId"), row.get("WhatId"), row.get("AccountId")}:
        one = org.object_of_id(record_id) if record_id else None
        if one is None or "LastActivityDate" not in one.fields or record_id is None:
            continue
        table = org.tables[one.name]
        target = table.rows.get(record_id)
        if target is not None and (target.get("LastActivityDate") or "") < day:
            table.put(record_id, {**target, "LastActivityDate": day})


def _campaign_member(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    person = row.get("ContactId") or row.get("LeadId")
    if person is None:
        raise ApiRefusal(
            [
                Fault(
                    code="REQUIRED_FIELD_MISSING",
                    message="Required fields are missing: [LeadId, ContactId]",
                    fields=("LeadId", "ContactId"),
                )
            ]
        )
    row["LeadOrContactId"] = person
    if before is None:
        known = {"LeadOrContactId": person, "CampaignId": row["CampaignId"]}
        if org.matching("CampaignMember", known):
            kind = "contact" if row.get("ContactId") else "lead"
            raise refuse("DUPLICATE_VALUE", f"Already a campaign member: {kind}", ())
    row.setdefault("Status", "Sent")
    statuses = org.matching("CampaignMemberStatus", {"CampaignId": row["CampaignId"]})
    answered = {one["Label"] for one in statuses if one.get("HasResponded")} or {"Responded"}
    row["HasResponded"] = row["Status"] in answered
    if row["HasResponded"] and not row.get("FirstRespondedDate"):
        row["FirstRespondedDate"] = row["SystemModstamp"][:10]


def _user(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    _person(org, row, before, given)
    if before is None and "IsActive" not in given:
        row["IsActive"] = True


def _group(org: Org, row: Row, before: Row | None, given: Mapping[str, Any]) -> None:
    row.setdefault("DeveloperName", row["Name"].replace(" ", "_"))


_BEFORE = {
    "Lead": _lead,
    "Contact": _person,
    "User": _user,
    "Opportunity": _opportunity,
    "Task": _task,
    "Event": _event,
    "CampaignMember": _campaign_member,
    "Group": _group,
    **files_and_feed.BEFORE,
}
