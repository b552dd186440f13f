"""What people do with whole records: convert a lead, merge duplicates."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from connector.sandbox.salesforce import history, rows
from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.tables import Row

_TO_CONTACT = {
    "Salutation": "Salutation", "FirstName": "FirstName", "LastName": "LastName",
    "Title": "Title", "Email": "Email", "Phone": "Phone", "MobilePhone": "MobilePhone",
    "Fax": "Fax", "LeadSource": "LeadSource", "Description": "Description",
    "Street": "MailingStreet", "City": "MailingCity", "State": "MailingState",
    "PostalCode": "MailingPostalCode", "Country": "MailingCountry",
    "HasOptedOutOfEmail": "HasOptedOutOfEmail", "DoNotCall": "DoNotCall",
    "Leadrelay_Id__c": "Leadrelay_Id__c", "Lead_Score__c": "Lead_Score__c",
}  # fmt: skip
_TO_ACCOUNT = {
    "Company": "Name", "Phone": "Phone", "Fax": "Fax", "Website": "Website",
    "Industry": "Industry", "AnnualRevenue": "AnnualRevenue", "Rating": "Rating",
    "NumberOfEmployees": "NumberOfEmployees", "Street": "BillingStreet", "City": "BillingCity",
    "State": "BillingState", "PostalCode": "BillingPostalCode", "Country": "BillingCountry",
}  # fmt: skip


def convert(
    org: Org,
    lead_id: str,
    doing: Doing,
    *,
    converted_status: str | None = None,
    create_opportunity: bool = True,
    owner_id: str | None = None,
    account_id: str | None = None,
    contact_id: str | None = None,
    opportunity_name: str | None = None,
) -> dict[str, str | None]:
    """Turns a lead into contact, account and (unless told otherwise) opportunity [D].

    Empty fields of an account or contact that is there already are filled, others kept. Tasks,
    events and campaign members move to the contact [B]. Raises ApiRefusal for a lead that is
    converted already, a status that is not a converted one, or a queue's lead without an owner.
    """
    lead = rows.existing(org, org.objects["Lead"], lead_id)
    if lead.get("IsConverted"):
        raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ())
    status = _converted_status(org, converted_status)
    owner = owner_id or lead["OwnerId"]
    if not owner.startswith("005"):
        raise refuse("CANNOT_CONVERT", "Converted objects can only be owned by users", ("OwnerId",))
    account = _account(org, lead, account_id, contact_id, owner, doing)
    contact = _contact(org, lead, contact_id, account, owner, doing)
    opportunity = None
    if create_opportunity:
        opportunity = _opportunity(org, lead, opportunity_name, account, owner, doing)
        role = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True}
        rows.insert_row(org, org.objects["OpportunityContactRole"], role, doing)
    _move_activities(org, lead_id, contact, account, opportunity, doing)
    done: Row = {
        "Status": status,
        "OwnerId": owner,
        "IsConverted": True,
        "ConvertedDate": doing.stamp[:10],
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        "IsUnreadByOwner": False,
    }
    if opportunity:
        done["ConvertedOpportunityId"] = opportunity
    rows.update_row(org, org.objects["Lead"], org.tables["Lead"].rows[lead_id], done, doing)
    history.note(org, "Lead", lead_id, "leadConverted", None, None, doing)
    return {
        "accountId": account,
        "contactId": contact,
        "opportunityId": opportunity,
        "leadId": lead_id,
    }


def _converted_status(org: Org, wanted: str | None) -> str:
    converted = [row for row in org.tables["LeadStatus"].rows.values() if row.get("IsConverted")]
    labels = [row["MasterLabel"] for row in converted]
    if wanted is None:
        return str(labels[0])
    if wanted not in labels:
        raise refuse("INVALID_STATUS", f"invalid convertedStatus: {wanted}", ())
    return wanted


def _copied(lead: Row, names: dict[str, str], allowed: Any) -> Row:
    return {
        to: lead[name] for name, to in names.items() if lead.get(name) is not None and to in allowed
    }


def _fill(org: Org, name: str, record_id: str, given: Row, doing: Doing) -> str:
    """Fills what is empty in a record that was there before."""
    sobject = org.objects[name]
    before = rows.existing(org, sobject, record_id)
    missing = {key: value for key, value in given.items() if before.get(key) is None}
    if missing:
        rows.update_row(org, sobject, before, missing, doing)
    return record_id


def _account(
    org: Org, lead: Row, account_id: str | None, contact_id: str | None, owner: str, doing: Doing
) -> str:
    sobject = org.objects["Account"]
    given = _copied(lead, _TO_ACCOUNT, sobject.fields)
    if account_id is None and contact_id is not None:
        account_id = rows.existing(org, org.objects["Contact"], contact_id).get("AccountId")
    if account_id is not None:
        return _fill(org, "Account", account_id, given, doing)
    return rows.insert_row(org, sobject, {**given, "OwnerId": owner}, _silent(doing))


def _contact(
    org: Org, lead: Row, contact_id: str | None, account: str, owner: str, doing: Doing
) -> str:
    sobject = org.objects["Contact"]
    given = _copied(lead, _TO_CONTACT, sobject.fields)
    if contact_id is not None:
        return _fill(org, "Contact", contact_id, {**given, "AccountId": account}, doing)
    row = {**given, "OwnerId": owner, "AccountId": account}
    return rows.insert_row(org, sobject, row, _silent(doing))


def _silent(doing: Doing) -> Doing:
    """A person who converts has seen the duplicates already."""
    return Doing(
        user_id=doing.user_id, stamp=doing.stamp, auto_assign="FALSE", allow_duplicates=True,
        from_api=False,
    )  # fmt: skip


def _opportunity(
    org: Org, lead: Row, name: str | None, account: str, owner: str, doing: Doing
) -> str:
    """First open stage; close date at the end of the quarter [B]."""
    sobject = org.objects["Opportunity"]
    stages = sorted(org.tables["OpportunityStage"].rows.values(), key=lambda row: row["SortOrder"])
    row: Row = {
        "Name": (name or lead["Company"])[:120],
        "StageName": stages[0]["MasterLabel"],
        "CloseDate": quarter_end(date.fromisoformat(doing.stamp[:10])).isoformat(),
        "AccountId": account,
        "OwnerId": owner,
    }
    if lead.get("LeadSource"):
        row["LeadSource"] = lead["LeadSource"]
    campaign = _last_campaign(org, lead["Id"])
    if campaign:
        row["CampaignId"] = campaign
    return rows.insert_row(org, sobject, row, doing)


def _last_campaign(org: Org, lead_id: str) -> str | None:
    found = org.matching("CampaignMember", {"LeadId": lead_id})
    latest = max(found, key=lambda row: row["LastModifiedDate"], default=None)
    return latest["CampaignId"] if latest else None


def quarter_end(day: date) -> date:
    """The last day of the quarter of a day."""
    first_after = 3 * ((day.month - 1) // 3) + 4
    year, month = (day.year, first_after) if first_after <= 12 else (day.year + 1, 1)
    return date.fromordinal(date(year, month, 1).toordinal() - 1)


def _move_activities(
    org: Org, lead_id: str, contact: str, account: str, opportunity: str | None, doing: Doing
) -> None:
    for name in ("Task", "Event"):
        for row in org.matching(name, {"WhoId": lead_id}):
            moved: Row = {"WhoId": contact, "AccountId": account}
            if opportunity:
                moved["WhatId"] = opportunity
            rows.update_row(org, org.objects[name], row, moved, doing)
    for row in org.matching("CampaignMember", {"LeadId": lead_id}):
        moved = {"ContactId": contact, "LeadOrContactId": contact}
        rows.update_row(org, org.objects["CampaignMember"], row, moved, doing)


def merge(
    org: Org, sobject_name: str, master_id: str, loser_ids: Sequence[str], doing: Doing
) -> None:
    """Joins up to two records into a master: empty fields are filled, children move over,
    the losers are deleted with MasterRecordId. Raises ApiRefusal."""
    sobject = org.objects[sobject_name]
    if not sobject.trait("m"):
        raise refuse("INVALID_OPERATION", f"{sobject_name} cannot be merged", ())
    if not 1 <= len(loser_ids) <= 2 or master_id in loser_ids:
        raise refuse("INVALID_ARGUMENT_TYPE", "a merge takes one or two other records", ())
    table = org.tables[sobject_name]
    for loser_id in loser_ids:
        loser = rows.existing(org, sobject, loser_id)
        master = rows.existing(org, sobject, master_id)
        given = {
            name: value
            for name, value in loser.items()
            if sobject.fields[name].updateable
            and not sobject.fields[name].unique
            and master.get(name) is None
        }
        for child in sobject.children.values():
            if org.objects[child.sobject].trait("u"):
                _move(org, child.sobject, child.field, loser_id, master_id, doing)
        gone = {**loser, "IsDeleted": True, "MasterRecordId": master_id}
        gone.update({"SystemModstamp": doing.stamp, "LastModifiedDate": doing.stamp})
        org.store(table, loser_id, gone)
        rows.update_row(org, sobject, master, given, _silent(doing))


def _move(org: Org, name: str, field: str, old: str, new: str, doing: Doing) -> None:
    for row in org.matching(name, {field: old}):
        if field in org.objects[name].fields:
            rows.update_row(org, org.objects[name], row, {field: new}, _silent(doing))
