"""The other recordings: describes, Bulk jobs, sign-in, restforce's bodies, the list of errors."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import orjson
import pytest

from connector.sandbox.http import Call
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import Client
from tests.sandbox.salesforce.recordings import differences, folder, recorded
from tests.sandbox.salesforce.test_signin import SOAP

LEAD = {"LastName": "Muster", "Company": "Example AG"}
DEAL = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-06-30", "Amount": 50000}
DESCRIBED = ("Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "Event")
#: Fields of the recorded organisation that only features or packages bring.
FOREIGN = frozenset({"RecordTypeId", "IsPartner", "IsCustomerPortal", "ChannelProgramName",
                     "ChannelProgramLevelName"})  # fmt: skip
RESTFORCE: dict[str, Callable[[Client, SalesforceSandbox], Any]] = {}
COMPARED = [
    *(f"cumulusci/describe_{name}.json" for name in (*DESCRIBED, "global")),
    *(f"cumulusci/{name}.json" for name in (
        "collections_patch_1", "collections_patch_2", "collections_post_0", "collections_post_3",
        "composite_4_queries", "composite_if_modified_since_304", "composite_subrequest_404",
        "record_Organization")),
    *(f"amp-labs/{name}" for name in (
        "batch_create_contacts_err-bad-request.json",
        "batch_create_contacts_partial-but-allOrNone.json", "batch_create_contacts_success.json",
        "batch_update_contacts_err-each-no-ids.json",
        "batch_update_contacts_partial-but-allOrNone.json", "batch_update_contacts_success.json",
        "bulk_delete_launch-job-opportunity.json", "bulk_delete_update-job-opportunity.json",
        "bulk_info_complete-failure.json", "bulk_info_in-progress.json",
        "bulk_info_partial-failure.csv", "bulk_info_partial-failure.json",
        "bulk_info_success.json", "bulk_read-launch-job-account.json",
        "bulk_write_launch-job-opportunity.json", "bulk_write_update-job-opportunity.json",
        "create-ok.json", "crm_delete_not-found.json", "invalid-field-upsert.json",
        "read-opportunity-with-account.json", "read-opportunity-with-contacts.json",
        "unknown-field.json", "unknown-object.json")),
    *(f"restforce/{name}_response.json" for name in (
        "auth_error", "auth_success", "create_success", "delete_error", "expired_session",
        "get_deleted_success", "get_updated_success", "org_query", "query_aggregate_success",
        "query_empty", "query_error", "query_paginated_first_page", "query_paginated_last_page",
        "reauth_success", "refresh_error", "refresh_success", "services_data_success",
        "sobject_describe_error", "sobject_find_error", "upsert_created_success",
        "upsert_error", "upsert_multiple_error", "upsert_updated_success", "write_error")),
    "simple-salesforce/limits_response.json", "simple-salesforce/oauth_token_success.json",
    "simple-salesforce/soap_login_success.xml", "errors_reference.json",
]  # fmt: skip


@pytest.mark.parametrize("name", DESCRIBED)
def test_describe(name: str, client: Client) -> None:
    """All recorded fields, in order, with all their flags; only picklist contents are our own."""
    real = recorded(f"cumulusci/describe_{name}.json")
    ours = client.json("GET", f"/services/data/v59.0/sobjects/{name}/describe")
    if name in {"Account", "OpportunityContactRole"}:  # recorded before v59
        ours = {key: value for key, value in ours.items() if key in real}
    assert list(ours) == list(real)
    for key in ("keyPrefix", "createable", "mergeable", "undeletable", "searchable"):
        assert ours[key] == real[key]
    children = {one["relationshipName"]: one for one in real["childRelationships"]}
    for child in ours["childRelationships"]:
        assert child == children[child["relationshipName"]]
    fields = {one["name"]: one for one in ours["fields"]}
    wanted = [one for one in real["fields"]
              if not one["name"].endswith("__c") and one["name"] not in FOREIGN]  # fmt: skip
    order = [one for one in fields if one in {each["name"] for each in wanted}]
    assert order == [one["name"] for one in wanted]
    for field in wanted:
        got = {**fields[field["name"]], "picklistValues": field["picklistValues"]}
        assert list(got) == list(field)
        assert {k: v for k, v in got.items() if v != field[k]} == {}, field["name"]


def test_describe_global(client: Client) -> None:
    real = recorded("cumulusci/describe_global.json")
    ours = client.json("GET", "/services/data/v52.0/sobjects")
    by_name = {one["name"]: one for one in real["sobjects"]}
    assert list(ours) == list(real)
    compared = [one for one in ours["sobjects"] if one["name"] in by_name]
    assert len(compared) >= 8
    for one in compared:
        assert differences(by_name[one["name"]], one) == []


def test_organization(client: Client, sandbox: SalesforceSandbox) -> None:
    real = recorded("cumulusci/record_Organization.json")
    ours = client.json("GET", f"/sobjects/Organization/{sandbox.org.org_id}")
    shared = {key: value for key, value in real.items() if key in ours}
    assert differences(shared, ours, more=True) == []


@pytest.mark.parametrize(
    "name", ["collections_patch_1", "collections_patch_2", "collections_post_0"]
)
def test_cumulus_collections(name: str, client: Client, sandbox: SalesforceSandbox) -> None:
    real = recorded(f"cumulusci/{name}.json")
    records = real["request"]["body"]["records"]
    answers = real["response"]["body"]
    for record, answer in zip(records, answers, strict=True):
        if answer.get("created") is False:
            sandbox.create("Contact", {"LastName": "X", "Email": record["Email"]})
    path = real["request"]["uri"].split("/vxx.0", 1)[1]
    ours = client.json(real["request"]["method"], path, real["request"]["body"])
    assert differences(answers, ours) == []


def test_cumulus_opportunities_with_a_contact(client: Client, sandbox: SalesforceSandbox) -> None:
    real = recorded("cumulusci/collections_post_3.json")
    body = real["request"]["body"]
    for record in body["records"]:
        record["ContactId"] = sandbox.create("Contact", {"LastName": "X"})
    ours = client.json("POST", "/composite/sobjects", body)
    assert differences(real["response"]["body"], ours) == []
    assert len(sandbox.rows("OpportunityContactRole")) == len(body["records"])


@pytest.mark.parametrize(
    "name", ["composite_4_queries", "composite_if_modified_since_304", "composite_subrequest_404"]
)
def test_cumulus_composites(name: str, client: Client, sandbox: SalesforceSandbox) -> None:
    sandbox.create("Account", {"Name": "Smith Corp."})
    text = (folder() / f"cumulusci/{name}.json").read_text("utf-8")
    real = orjson.loads(text.replace("vxx.0", "v60.0").replace("v49.0", "v60.0")
                        .replace("03 Sep 2020", "03 Sep 2036"))  # fmt: skip
    ours = client.json("POST", "/composite", real["request"]["body"])
    assert differences(real["response"]["body"], ours) == []


def contact(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}, **fields}


def test_amp_labs_batches(client: Client, sandbox: SalesforceSandbox) -> None:
    ids = [sandbox.create("Contact", {"LastName": "X"}) for _ in range(2)]

    def check(name: str, method: str, all_or_none: bool, *records: dict[str, Any]) -> None:
        real = recorded(f"amp-labs/batch_{name}.json")
        body = {"allOrNone": all_or_none, "records": list(records)}
        ours = client.json(method, "/composite/sobjects", body)
        if "errors" in real[0]:
            real = [{k: v for k, v in one.items() if k != "id"} for one in real]
            ours = [{k: v for k, v in one.items() if k != "id"} for one in ours]
        assert ours == real

    check("create_contacts_err-bad-request", "POST", False)
    check("create_contacts_partial-but-allOrNone", "POST", True, contact(), contact(LastName="Y"))
    check("create_contacts_success", "POST", False, contact(LastName="A"), contact(LastName="B"))
    check("update_contacts_err-each-no-ids", "PATCH", False, contact(LastName="A"),
          contact(LastName="B"))  # fmt: skip
    unknown = contact(id=ids[1], unknownField_LastName="B")
    check("update_contacts_partial-but-allOrNone", "PATCH", True,
          contact(id=ids[0], LastName="A"), unknown)  # fmt: skip
    check("update_contacts_success", "PATCH", False, contact(id=ids[0], LastName="A"),
          contact(id=ids[1], LastName="B"))  # fmt: skip


def test_amp_labs_bulk(make: Callable[..., SalesforceSandbox]) -> None:
    sandbox = make(bulk_seconds=10)
    client = Client(sandbox.handle)
    key = {"name": "external_id__c", "type": "string", "external_id": True, "unique": True}
    sandbox.add_custom_field("Opportunity", key)

    def same(name: str, ours: Any) -> None:
        real = recorded(f"amp-labs/{name}.json")
        assert differences(real, ours) == []
        assert ours["state"] == real["state"]

    job = {"object": "Opportunity", "operation": "upsert", "contentType": "CSV",
           "externalIdFieldName": "external_id__c", "lineEnding": "LF"}  # fmt: skip
    head = "Name,StageName,external_id__c,CloseDate\n"

    def run(content: str) -> str:
        made = client.json("POST", "/jobs/ingest", job)
        same("bulk_write_launch-job-opportunity", made)
        client.send("PUT", f"/{made['contentUrl']}", content.encode())
        closed = client.json("PATCH", f"/jobs/ingest/{made['id']}", {"state": "UploadComplete"})
        same("bulk_write_update-job-opportunity", closed)
        return str(made["id"])

    def wait(seconds: int, job_id: str) -> Any:
        sandbox.clock.advance(timedelta(seconds=seconds))
        return client.json("GET", f"/jobs/ingest/{job_id}")

    good = run(f"{head}A,New,1,2026-06-30\n")
    same("bulk_info_in-progress", wait(5, good))
    same("bulk_info_success", wait(5, good))
    partial = run(
        f"{head}A,New,1,2026-06-30\nNoemi Miller,GENERATED,3,2003-04-987654321987654321\n"
    )
    same("bulk_info_partial-failure", wait(10, partial))
    failed = client.send("GET", f"/jobs/ingest/{partial}/failedResults").body.decode()
    real = (folder() / "amp-labs/bulk_info_partial-failure.csv").read_text("utf-8")
    assert failed.strip() == real.replace("external-id-3", "3").strip()
    broken = run(
        f"{head.replace('StageName', 'StageName_invalid_field_on_purpose')}A,B,1,2026-06-30\n"
    )
    ended = wait(10, broken)
    same("bulk_info_complete-failure", ended)
    assert (
        ended["errorMessage"]
        == recorded("amp-labs/bulk_info_complete-failure.json")["errorMessage"]
    )
    made = client.json("POST", "/jobs/ingest", {"object": "Opportunity", "operation": "delete"})
    same("bulk_delete_launch-job-opportunity", made)
    client.send("PUT", f"/{made['contentUrl']}", b"Id\n")
    closed = client.json("PATCH", f"/jobs/ingest/{made['id']}", {"state": "UploadComplete"})
    same("bulk_delete_update-job-opportunity", closed)
    query = {"operation": "query", "query": "SELECT Id FROM Account"}
    same("bulk_read-launch-job-account", client.json("POST", "/jobs/query", query))


def test_amp_labs_reads_and_errors(client: Client, sandbox: SalesforceSandbox) -> None:
    account = sandbox.create("Account", {"Name": "A"})
    people = [sandbox.create("Contact", {"LastName": name}) for name in "XY"]
    deal = sandbox.create("Opportunity", {**DEAL, "AccountId": account, "ContactId": people[0]})
    role = {"OpportunityId": deal, "ContactId": people[1], "Role": "Influencer"}
    sandbox.create("OpportunityContactRole", role)
    first = client.query("SELECT Id, Name, AccountId, Amount, StageName FROM Opportunity")
    assert differences(recorded("amp-labs/read-opportunity-with-account.json"), first) == []
    second = client.query("SELECT Id, Name, Amount, StageName, (SELECT Id, ContactId, Role FROM "
                          "OpportunityContactRoles) FROM Opportunity")  # fmt: skip
    assert differences(recorded("amp-labs/read-opportunity-with-contacts.json"), second) == []
    made = client.json("POST", "/sobjects/Account", {"Name": "A"})
    assert differences(recorded("amp-labs/create-ok.json"), made) == []
    sandbox.delete("Account", made["id"])
    gone = client.json("DELETE", f"/sobjects/Account/{made['id']}")
    assert gone == recorded("amp-labs/crm_delete_not-found.json")
    barred = client.json("POST", "/sobjects/Lead", {**LEAD, "MasterRecordId": made["id"]})
    assert barred == recorded("amp-labs/invalid-field-upsert.json")
    unknown = client.json("POST", "/sobjects/Account", {"AccountNumer": "1"})
    assert unknown == recorded("amp-labs/unknown-field.json")
    typo = client.query("SELECT Id,Name,BillingCity,IsDeleted FROM Accout")
    assert typo == recorded("amp-labs/unknown-object.json")


def token(sandbox: SalesforceSandbox, **form: str) -> Any:
    call = Call(method="POST", path="/services/oauth2/token", body=urlencode(form).encode())
    return orjson.loads(sandbox.handle(call).body)


def test_sign_in(client: Client, sandbox: SalesforceSandbox) -> None:
    app = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    user = {"grant_type": "password", "username": "integration@acme.example.com", **app}
    good = token(sandbox, **user, password="sandbox-password")
    for name in ("auth_success", "reauth_success"):
        real = recorded(f"restforce/{name}_response.json")
        assert differences(real, good, ordered=False, more=True) == []
    modern = recorded("simple-salesforce/oauth_token_success.json")
    assert differences(modern, good, ordered=False, more=True) == []
    bad = token(sandbox, **user, password="wrong")
    assert differences(recorded("restforce/auth_error_response.json"), bad) == []
    refresh = {"grant_type": "refresh_token", **app}
    fresh = token(sandbox, **refresh, refresh_token="sandbox-refresh")
    real = recorded("restforce/refresh_success_response.json")
    assert differences(real, fresh, ordered=False, more=True) == []
    assert token(sandbox, **refresh, refresh_token="old") == recorded(
        "restforce/refresh_error_response.json"
    )
    answer = client.send("POST", "/services/Soap/u/59.0", SOAP.format(
        "integration@acme.example.com", "sandbox-password").encode())  # fmt: skip
    ours = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(answer.body).iter()}
    text = (folder() / "simple-salesforce/soap_login_success.xml").read_text("utf-8")
    wanted = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(text).iter()}
    assert wanted - ours <= {"roleId", "userUiSkin"}


def test_limits(client: Client) -> None:
    real = recorded("simple-salesforce/limits_response.json")
    ours = client.json("GET", "/limits")
    assert set(real) - set(ours) == {"DailyBulkApiRequests"}  # now DailyBulkApiBatches
    assert differences({k: v for k, v in real.items() if k in ours}, ours, more=True) == []


def test_restforce_bodies(client: Client, sandbox: SalesforceSandbox) -> None:
    """Recorded at v20 to v26: the same keys, in the newer order."""

    def same(name: str, ours: Any, **how: bool) -> None:
        real = recorded(f"restforce/{name}_response.json")
        assert differences(real, ours, ordered=False, **how) == [], name

    made = client.json("POST", "/sobjects/Lead", {**LEAD, "LeadSource": "Web"})
    same("create_success", made)
    same("delete_error", client.json("DELETE", "/sobjects/Lead/rid/1"))
    same("expired_session", Client(sandbox.handle, "x").json("GET", "/limits"))
    same("org_query", client.query("SELECT Id FROM Organization"))
    same("query_empty", client.query("SELECT Id FROM Contact"))
    same("query_error", client.query("SELECT Nope FROM Contact"))
    same("sobject_find_error", client.json("GET", "/sobjects/Lead/23foo"))
    same("upsert_error", client.json("PATCH", "/sobjects/Lead/Namez/1", LEAD))
    same("write_error", client.json("POST", "/sobjects/Lead", {"foo": 1}))
    same("sobject_describe_error", client.json("GET", "/sobjects/Foo/describe"))
    same("services_data_success", client.json("GET", "/services/data"))
    path = "/sobjects/Lead/Leadrelay_Id__c/1"
    same("upsert_created_success", client.json("PATCH", path, LEAD), more=True)
    assert client.json("PATCH", path, LEAD)["created"] is False  # v46+ has a body here
    sandbox.create("Lead", {**LEAD, "Email": "x@example.com"})
    sandbox.create("Lead", {**LEAD, "Email": "x@example.com"})
    same("upsert_multiple_error", client.json("PATCH", "/sobjects/Lead/Email/x@example.com", LEAD))
    grouped = "SELECT LeadSource CampaignId, SUM(NumberOfEmployees) FROM Lead GROUP BY LeadSource"
    sandbox.create("Lead", {**LEAD, "LeadSource": "Web", "NumberOfEmployees": 3})
    same("query_aggregate_success", client.query(grouped))
    window = urlencode({"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T10:00:00Z"})
    same("get_updated_success", client.json("GET", f"/sobjects/Lead/updated/?{window}"))
    sandbox.delete("Lead", made["id"])
    same("get_deleted_success", client.json("GET", f"/sobjects/Lead/deleted/?{window}"))


def test_restforce_pages(client: Client, sandbox: SalesforceSandbox) -> None:
    for number in range(300):
        sandbox.create("Account", {"Name": f"A{number}"})
    size = {"sforce_query_options": "batchSize=200"}
    soql = quote("SELECT Name Text_Label FROM Account")
    first = client.json("GET", f"/query?q={soql}", **size)
    last = client.json("GET", first["nextRecordsUrl"])
    for name, ours in (("first", first), ("last", last)):
        real = recorded(f"restforce/query_paginated_{name}_page_response.json")
        for record in real["records"]:
            record["Name"] = record.pop("Text_Label")
        assert differences(real, ours) == []


#: Entries of the list of errors that the sandbox itself never sends, by the start of the text.
NOT_SENT = {
    "This session is not valid": "a fault on demand",
    "ConcurrentRequests": "a fault on demand",
    "Record Type ID": "record types are not bound to profiles",
    "Your query request was running": "no query runs for that long; a fault on demand",
    "Server Unavailable": "a fault on demand",
}


def triggers(sandbox: SalesforceSandbox, client: Client) -> dict[str, Callable[[], Any]]:
    """How to provoke each error of the list, by the start of its message or its URL."""
    lead = sandbox.create("Lead", {**LEAD, "Leadrelay_Id__c": "k"})
    converted = sandbox.create("Lead", LEAD)
    sandbox.convert(converted)
    gone = sandbox.create("Lead", LEAD)
    sandbox.delete("Lead", gone)
    idle = sandbox.add_user(username="idle@example.com", last_name="I", active=False)
    twins = {"Email": "twin@example.com"}
    for _ in range(2):
        sandbox.create("Lead", {**LEAD, **twins})
    sandbox.add_custom_field("Account", {"name": "Website__c", "type": "url", "required": True})
    sandbox.add_custom_field("Account", {"name": "Rating__c", "type": "picklist",
                                         "values": ["Good"], "restricted": True})  # fmt: skip
    sandbox.add_validation_rule("Task", when="Subject = 'bad'", message="<admin text of the rule>")
    sandbox.set_duplicate_rule("Contact", text="You're creating a duplicate record.")
    sandbox.create("Contact", {"LastName": "X", "Email": "c@example.com"})

    def post(kind: str, body: Any) -> Callable[[], Any]:
        return lambda: client.send("POST", f"/sobjects/{kind}", body)

    def patch(record: str, body: Any) -> Callable[[], Any]:
        return lambda: client.send("PATCH", f"/sobjects/Lead/{record}", body)

    def ask(soql: str) -> Callable[[], Any]:
        return lambda: client.send("GET", f"/query?q={quote(soql)}")

    return {
        "Session expired": lambda: Client(sandbox.handle, "x").send("GET", "/limits"),
        "You're creating": post("Contact", {"LastName": "X", "Email": "c@example.com"}),
        "Required fields are missing": post("Account", {"Name": "X"}),
        "Last Name: data value": post("Lead", {"LastName": "x" * 81, "Company": "C"}),
        "Rating: bad value": post("Account", {"Name": "X", "Website__c": "x", "Rating__c": "Bad"}),
        "<admin text": post("Task", {"Subject": "bad"}),
        "invalid cross reference": patch("00QHs0000000zzz", {"City": "X"}),
        "insufficient access": post("Contact", {"LastName": "X", "AccountId": "001Hs0000000zzz"}),
        "cannot reference converted": patch(converted, {"City": "X"}),
        "entity is deleted": patch(gone, {"City": "X"}),
        "unexpected token": ask("SELEKT"),
        "\nSELECT Bacon__c": ask("SELECT Bacon__c FROM Account LIMIT 2"),
        "No such column 'FavoritePet__c'": post("Account", {"FavoritePet__c": 1}),
        "\nselect count() from XYZZY": ask("select count() from XYZZY"),
        "Unable to create/update": post("Lead", {**LEAD, "MasterRecordId": lead}),
        "Record ID: id value": patch("00QHs0000000001MAB", {"City": "X"}),
        "The requested resource": lambda: client.send("GET", "/sobjects/Nope"),
        "Provided external ID": patch("Namez/1", LEAD),
        "duplicate value found": post("Lead", {**LEAD, "Leadrelay_Id__c": "k"}),
        "operation performed with inactive": post("Lead", {**LEAD, "OwnerId": idle}),
        "Cannot deserialize": post("Lead", {**LEAD, "Promise_Due__c": "2013-08-12T15:20:00+0000"}),
        "At least 1 record": lambda: client.send("POST", "/composite/sobjects", {"records": []}),
        "/services/data/v23.0": patch("Email/twin@example.com", LEAD),
    }


def test_the_list_of_errors(
    client: Client, sandbox: SalesforceSandbox, make: Callable[..., SalesforceSandbox]
) -> None:
    known = triggers(sandbox, client)
    locked = make(lock_row_every=1)
    row = locked.create("Lead", LEAD)
    known["unable to obtain"] = lambda: Client(locked.handle).send(
        "PATCH", f"/sobjects/Lead/{row}", {"City": "X"}
    )
    empty = make(daily_api_requests=0)
    known["TotalRequests"] = lambda: Client(empty.handle).send("GET", "/limits")
    for entry in recorded("errors_reference.json"):
        first = entry["body"][0]
        text = first if isinstance(first, str) else first["message"]
        if any(text.startswith(start) for start in NOT_SENT):
            continue
        (start,) = [one for one in known if text.startswith(one)]
        answer = known[start]()
        assert answer.status == entry["status"], text
        ours = orjson.loads(answer.body)
        fields_differ = isinstance(first, dict) and start.startswith(("Required", "unable"))
        how = {"more": True} if fields_differ else {}
        assert differences(entry["body"], ours, **how) == [], text
