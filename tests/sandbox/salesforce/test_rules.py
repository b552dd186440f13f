"""What the organisation does by itself: owners, duplicates, validation, history, conversion."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.errors import ApiRefusal
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import ROOT, Client

LEAD = {"LastName": "Muster", "Company": "Example AG", "Email": "m@example.com"}


def owner(client: Client, sandbox: SalesforceSandbox, headers: dict[str, str]) -> str:
    made = client.json("POST", "/sobjects/Lead", {**LEAD, "Country": "AT"}, **headers)
    return str(sandbox.get("Lead", made["id"])["OwnerId"])


def test_assignment_rules_run_unless_the_header_says_no(
    client: Client, sandbox: SalesforceSandbox
) -> None:
    ann = sandbox.add_user(username="ann@example.com", last_name="Ann")
    bea = sandbox.add_user(username="bea@example.com", last_name="Bea")
    other = sandbox.set_assignment_rule([("Country = 'AT'", bea)], name="Other")
    sandbox.set_assignment_rule([("Country IN ('AT', 'DE')", ann)], default_owner_id=bea)
    assert owner(client, sandbox, {}) == ann
    assert owner(client, sandbox, {"sforce_auto_assign": "true"}) == ann
    assert owner(client, sandbox, {"sforce_auto_assign": "FALSE"}) == sandbox.user_id
    assert owner(client, sandbox, {"sforce_auto_assign": other}) == bea
    (fault,) = client.json("POST", "/sobjects/Lead", LEAD, sforce_auto_assign="01Qbad")
    assert fault["errorCode"] == "MALFORMED_ID"
    made = client.json("POST", "/sobjects/Lead", LEAD)
    assert sandbox.get("Lead", made["id"])["OwnerId"] == bea
    active = "SELECT Id FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true"
    assert len(client.ids(active)) == 1


def test_an_update_without_the_header_moves_the_lead_back(
    client: Client, sandbox: SalesforceSandbox
) -> None:
    ann = sandbox.add_user(username="ann@example.com", last_name="Ann")
    sandbox.set_assignment_rule([("Country = 'AT'", ann)])
    lead = sandbox.create("Lead", {**LEAD, "Country": "AT"})
    path = f"/sobjects/Lead/{lead}"
    client.send("PATCH", path, {"City": "Wien"}, sforce_auto_assign="FALSE")
    assert sandbox.get("Lead", lead)["OwnerId"] == sandbox.user_id
    client.send("PATCH", path, {"City": "Graz"})
    assert sandbox.get("Lead", lead)["OwnerId"] == ann


def test_owners_must_be_active_users_or_queues_of_the_object(
    client: Client, sandbox: SalesforceSandbox
) -> None:
    gone = sandbox.add_user(username="gone@example.com", last_name="Gone", active=False)
    (fault,) = client.json("POST", "/sobjects/Lead", {**LEAD, "OwnerId": gone})
    assert fault["errorCode"] == "INACTIVE_OWNER_OR_USER"
    assert fault["message"] == (
        f"operation performed with inactive user [{gone[:15]}] as owner of lead"
    )
    leads = sandbox.add_queue("Leads")
    tasks = sandbox.add_queue("Tasks", ["Task"])
    assert client.send("POST", "/sobjects/Lead", {**LEAD, "OwnerId": leads}).status == 201
    (fault,) = client.json("POST", "/sobjects/Lead", {**LEAD, "OwnerId": tasks})
    assert fault["message"] == "Queue not associated with this SObject type"
    (fault,) = client.json("POST", "/sobjects/Account", {"Name": "X", "OwnerId": leads})
    assert fault["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"


def test_duplicate_rules_alert_or_block(client: Client, sandbox: SalesforceSandbox) -> None:
    first = sandbox.create("Lead", LEAD)
    sandbox.set_duplicate_rule("Lead", across=["Contact"], text="You're creating a duplicate.")
    answer = client.send("POST", "/sobjects/Lead", LEAD)
    assert answer.status == 400
    (fault,) = client.json("POST", "/sobjects/Lead", LEAD)
    assert list(fault) == ["duplicateResut", "errorCode", "message"]
    result = fault["duplicateResut"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Standard_Lead_Duplicate_Rule")
    match = result["matchResults"][0]["matchRecords"][0]
    assert match["record"] == {
        "attributes": {"type": "Lead", "url": f"{ROOT}/sobjects/Lead/{first}"},
        "Id": first,
    }
    records = {"records": [{"attributes": {"type": "Lead"}, **LEAD}]}
    (row,) = client.json("POST", "/composite/sobjects", records)
    assert row["errors"] == [
        {
            "statusCode": "DUPLICATES_DETECTED",
            "message": "Use one of these records?",
            "fields": [],
        }
    ]
    allow = {"sforce_duplicate_rule_header": "allowSave=true; includeRecordDetails=false"}
    assert client.send("POST", "/sobjects/Lead", LEAD, **allow).status == 201
    sandbox.set_duplicate_rule("Lead", action="block")
    assert client.send("POST", "/sobjects/Lead", LEAD, **allow).status == 400
    sandbox.set_duplicate_rule("Lead", action="off")
    assert client.send("POST", "/sobjects/Lead", LEAD).status == 201


def test_validation_rules_report_all_at_once(client: Client, sandbox: SalesforceSandbox) -> None:
    sandbox.add_validation_rule("Lead", when="Phone = null", message="Phone!", field="Phone")
    sandbox.add_validation_rule(
        "Lead", when=lambda row: row["LastName"] == "Muster", message="No samples"
    )
    faults = client.json("POST", "/sobjects/Lead", LEAD)
    assert faults == [
        {"message": "Phone!", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
         "fields": ["Phone"]},
        {"message": "No samples", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": []},
    ]  # fmt: skip


def test_unique_values_and_other_references(client: Client, sandbox: SalesforceSandbox) -> None:
    first = sandbox.create("Lead", {**LEAD, "Leadrelay_Id__c": "One"})
    (fault,) = client.json("POST", "/sobjects/Lead", {**LEAD, "Leadrelay_Id__c": "ONE"})
    assert fault == {
        "message": "duplicate value found: Leadrelay_Id__c duplicates value on record with id: "
        + first[:15],
        "errorCode": "DUPLICATE_VALUE",
        "fields": [],
    }
    contact: dict[str, Any] = {"LastName": "X", "AccountId": "001Hs0000000099IAA"}
    (fault,) = client.json("POST", "/sobjects/Contact", contact)
    assert fault["errorCode"] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    (fault,) = client.json("POST", "/sobjects/Contact", {**contact, "AccountId": first})
    assert fault["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    (fault,) = client.json("POST", "/sobjects/Lead", {**LEAD, "MasterRecordId": first})
    assert fault["message"].startswith("Unable to create/update fields: MasterRecordId. Please")
    sandbox.add_custom_field(
        "Account", {"name": "Key__c", "type": "string", "length": 20, "external_id": True}
    )
    account = sandbox.create("Account", {"Name": "Acme", "Key__c": "k1"})
    by_key = {"LastName": "X", "Account": {"Key__c": "K1"}}
    made = client.json("POST", "/sobjects/Contact", by_key)
    assert sandbox.get("Contact", made["id"])["AccountId"] == account
    (fault,) = client.json("POST", "/sobjects/Contact", {**by_key, "Account": {"Key__c": ""}})
    assert "Foreign key external ID:  not found" in fault["message"]


def test_lock_errors(make: Callable[..., SalesforceSandbox]) -> None:
    sandbox = make(lock_row_every=2)
    client = Client(sandbox.handle)
    lead = sandbox.create("Lead", LEAD)
    codes = [client.send("PATCH", f"/sobjects/Lead/{lead}", {"City": "X"}).status for _ in "1234"]
    assert codes == [204, 400, 204, 400]
    client.send("PATCH", f"/sobjects/Lead/{lead}", {"City": "X"})
    (fault,) = client.json("PATCH", f"/sobjects/Lead/{lead}", {"City": "X"})
    assert fault["message"] == (
        "unable to obtain exclusive access to this record or 1 records: " + lead[:15]
    )


def test_conversion_carries_everything_over(
    client: Client, sandbox: SalesforceSandbox, clock: SandboxClock
) -> None:
    given = {**LEAD, "FirstName": "Eva", "City": "Wien", "LeadSource": "Web", "Industry": "Energy"}
    lead = sandbox.create("Lead", {**given, "Leadrelay_Id__c": "h1", "Lead_Score__c": 71.5})
    task = sandbox.create("Task", {"WhoId": lead, "Subject": "Call"})
    campaign = sandbox.create("Campaign", {"Name": "Fair"})
    member = sandbox.create("CampaignMember", {"CampaignId": campaign, "LeadId": lead})
    clock.advance(timedelta(hours=1))
    made = sandbox.convert(lead, opportunity_name="Big one")
    contact = sandbox.get("Contact", str(made["contactId"]))
    opportunity = sandbox.get("Opportunity", str(made["opportunityId"]))
    row = sandbox.get("Lead", lead)
    assert (contact["Name"], contact["MailingCity"]) == ("Eva Muster", "Wien")
    assert (contact["Leadrelay_Id__c"], contact["Lead_Score__c"]) == ("h1", 71.5)
    assert sandbox.get("Account", str(made["accountId"]))["Industry"] == "Energy"
    assert (opportunity["Name"], opportunity["StageName"]) == ("Big one", "Prospecting")
    assert (opportunity["CloseDate"], opportunity["CampaignId"]) == ("2026-03-31", campaign)
    assert (row["Status"], row["ConvertedDate"]) == ("Closed - Converted", "2026-01-05")
    assert row["SystemModstamp"] == "2026-01-05T10:00:00.000+0000"
    assert sandbox.get("Task", task)["WhoId"] == made["contactId"]
    assert sandbox.get("CampaignMember", member)["ContactId"] == made["contactId"]
    (role,) = sandbox.rows("OpportunityContactRole")
    assert (role["ContactId"], role["IsPrimary"]) == (made["contactId"], True)
    for call in (
        client.json("PATCH", f"/sobjects/Lead/{lead}", {"City": "X"}),
        client.json("PATCH", "/sobjects/Lead/Leadrelay_Id__c/h1", {"City": "X"}),
    ):
        assert call == [
            {
                "message": "cannot reference converted lead",
                "errorCode": "CANNOT_UPDATE_CONVERTED_LEAD",
                "fields": [],
            }
        ]
    with pytest.raises(ApiRefusal):
        sandbox.convert(lead)


def test_conversion_into_existing_records_fills_only_gaps(sandbox: SalesforceSandbox) -> None:
    account = sandbox.create("Account", {"Name": "Acme", "Industry": "Banking"})
    contact = sandbox.create("Contact", {"LastName": "Old", "AccountId": account})
    lead = sandbox.create("Lead", {**LEAD, "Industry": "Energy", "Website": "acme.example.com"})
    made = sandbox.convert(lead, contact_id=contact, create_opportunity=False)
    assert made["accountId"] == account
    assert made["opportunityId"] is None
    row = sandbox.get("Account", account)
    assert (row["Industry"], row["Website"]) == ("Banking", "acme.example.com")
    assert sandbox.get("Contact", contact)["LastName"] == "Old"
    assert sandbox.get("Contact", contact)["Email"] == "m@example.com"
    assert sandbox.rows("Opportunity") == []


def test_a_failed_conversion_leaves_nothing_behind(sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", LEAD)
    sandbox.add_validation_rule("Opportunity", when="Amount = null", message="Amount!")
    with pytest.raises(ApiRefusal):
        sandbox.convert(lead)
    assert sandbox.rows("Account") == sandbox.rows("Contact") == []
    queue = sandbox.add_queue("Q")
    sandbox.update("Lead", lead, {"OwnerId": queue})
    with pytest.raises(ApiRefusal, match="CANNOT_CONVERT"):
        sandbox.convert(lead, create_opportunity=False)


def test_converted_leads_can_be_opened_by_a_setting(
    make: Callable[..., SalesforceSandbox],
) -> None:
    sandbox = make(edit_converted_leads=True)
    lead = sandbox.create("Lead", LEAD)
    sandbox.convert(lead)
    sandbox.update("Lead", lead, {"City": "Graz"})
    assert sandbox.get("Lead", lead)["City"] == "Graz"


def test_merge_keeps_the_master(client: Client, sandbox: SalesforceSandbox) -> None:
    master = sandbox.create("Lead", LEAD)
    loser = sandbox.create("Lead", {**LEAD, "Phone": "+43 1 555", "LastName": "Mustermann"})
    task = sandbox.create("Task", {"WhoId": loser, "Subject": "Call"})
    sandbox.merge("Lead", master, [loser])
    row = sandbox.get("Lead", master)
    assert (row["LastName"], row["Phone"]) == ("Muster", "+43 1 555")
    assert sandbox.get("Task", task)["WhoId"] == master
    found = client.query("SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true",
                         path="queryAll")  # fmt: skip
    assert [(one["Id"], one["MasterRecordId"]) for one in found["records"]] == [(loser, master)]


def test_history_and_stages(sandbox: SalesforceSandbox, clock: SandboxClock) -> None:
    ann = sandbox.add_user(username="ann@example.com", last_name="Ann", first_name="A")
    lead = sandbox.create("Lead", LEAD)
    clock.advance(timedelta(minutes=1))
    sandbox.update("Lead", lead, {"Status": "Working - Contacted", "OwnerId": ann}, by=ann)
    trail = [(one["Field"], one.get("OldValue"), one.get("NewValue"))
             for one in sandbox.rows("LeadHistory")]  # fmt: skip
    assert trail == [
        ("created", None, None),
        ("Status", "Open - Not Contacted", "Working - Contacted"),
        ("Owner", "Integration User", "A Ann"),
        ("Owner", sandbox.user_id, ann),
    ]
    assert sandbox.get("Lead", lead)["LastModifiedById"] == ann
    given = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-06-30", "Amount": 5000}
    deal = sandbox.create("Opportunity", given)
    row = sandbox.get("Opportunity", deal)
    assert (row["Probability"], row["ExpectedRevenue"], row["Fiscal"]) == (10.0, 500.0, "2026 2")
    clock.advance(timedelta(minutes=1))
    sandbox.update("Opportunity", deal, {"StageName": "Closed Won"})
    row = sandbox.get("Opportunity", deal)
    assert (row["IsWon"], row["IsClosed"], row["Probability"]) == (True, True, 100.0)
    assert row["ForecastCategory"] == "Closed"
    assert row["LastStageChangeDate"] == "2026-01-05T09:02:00.000+0000"
    stages = [one["StageName"] for one in sandbox.rows("OpportunityHistory")]
    assert stages == ["Prospecting", "Closed Won"]
    sandbox.update("Opportunity", deal, {"StageName": "Qualification"})
    assert sandbox.get("Opportunity", deal)["IsWon"] is False


def test_tasks_close_and_touch(sandbox: SalesforceSandbox, clock: SandboxClock) -> None:
    lead = sandbox.create("Lead", LEAD)
    stamp = sandbox.get("Lead", lead)["SystemModstamp"]
    clock.advance(timedelta(days=1))
    task = sandbox.create("Task", {"WhoId": lead, "Subject": "Call", "ActivityDate": "2026-01-04"})
    assert sandbox.get("Task", task)["IsClosed"] is False
    assert sandbox.get("Lead", lead)["LastActivityDate"] is None
    sandbox.update("Task", task, {"Status": "Completed"})
    row = sandbox.get("Task", task)
    assert (row["IsClosed"], row["CompletedDateTime"]) == (True, "2026-01-06T09:00:00.000+0000")
    assert sandbox.get("Lead", lead)["LastActivityDate"] == "2026-01-04"
    assert sandbox.get("Lead", lead)["SystemModstamp"] == stamp
    account = sandbox.create("Account", {"Name": "A"})
    with pytest.raises(ApiRefusal, match="FIELD_INTEGRITY_EXCEPTION"):
        sandbox.create("Task", {"WhoId": lead, "WhatId": account})


def test_delete_takes_children_along_and_undelete_brings_them_back(
    sandbox: SalesforceSandbox, clock: SandboxClock
) -> None:
    lead = sandbox.create("Lead", LEAD)
    old = sandbox.create("Task", {"WhoId": lead, "Subject": "Old"})
    kept = sandbox.create("Task", {"WhoId": lead, "Subject": "Kept"})
    sandbox.delete("Task", old)
    clock.advance(timedelta(minutes=1))
    sandbox.delete("Lead", lead)
    assert sandbox.rows("Task") == []
    clock.advance(timedelta(minutes=1))
    sandbox.undelete("Lead", lead)
    assert [one["Id"] for one in sandbox.rows("Task")] == [kept]
    assert sandbox.get("Lead", lead)["IsDeleted"] is False


def test_campaigns_count_their_members_and_deals(
    client: Client, sandbox: SalesforceSandbox
) -> None:
    campaign = sandbox.create("Campaign", {"Name": "Fair"})
    for name in "AB":
        lead = sandbox.create("Lead", {**LEAD, "LastName": name})
        given = {"CampaignId": campaign, "LeadId": lead, "Status": "Responded"}
        member = sandbox.create("CampaignMember", given)
    with pytest.raises(ApiRefusal, match="DUPLICATE_VALUE"):
        sandbox.create("CampaignMember", given)
    made = sandbox.convert(lead)
    sandbox.update(
        "Opportunity", str(made["opportunityId"]), {"Amount": 700, "StageName": "Closed Won"}
    )
    found = client.query(
        "SELECT NumberOfLeads, NumberOfConvertedLeads, NumberOfResponses, AmountWonOpportunities, "
        "(SELECT Id, Email, HasResponded, FirstRespondedDate FROM CampaignMembers ORDER BY Id "
        "DESC) FROM Campaign"
    )["records"][0]
    assert list(found.values())[1:5] == [2, 1, 2, 700.0]
    latest = found["CampaignMembers"]["records"][0]
    assert latest["attributes"]["url"].endswith(member)
    assert (latest["Email"], latest["FirstRespondedDate"]) == ("m@example.com", "2026-01-05")


def test_opportunities_know_their_open_tasks(client: Client, sandbox: SalesforceSandbox) -> None:
    given = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-06-30"}
    deal = sandbox.create("Opportunity", given)

    def flags() -> tuple[bool, bool]:
        (found,) = client.query("SELECT HasOpenActivity, HasOverdueTask FROM Opportunity")[
            "records"
        ]
        return found["HasOpenActivity"], found["HasOverdueTask"]

    assert flags() == (False, False)
    task = sandbox.create("Task", {"WhatId": deal, "Subject": "Call", "ActivityDate": "2026-01-04"})
    assert flags() == (True, True)
    sandbox.update("Task", task, {"Status": "Completed"})
    assert flags() == (False, False)
    assert sandbox.get("Opportunity", deal)["LastActivityDate"] == "2026-01-04"
    code, _ = client.error("SELECT Id FROM Opportunity WHERE HasOpenActivity = true")
    assert code == "INVALID_FIELD"
