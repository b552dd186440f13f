"""Several requests in one: composite, graph, batch, tree; and what describe says."""

from typing import Any

from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import ROOT, Client

LEAD = {"LastName": "Muster", "Company": "Example AG"}


def part(name: str, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
    given = {"referenceId": name, "method": method, "url": f"{ROOT}/{path}", **more}
    return given if body is None else {**given, "body": body}


def test_composite_follows_references(client: Client, sandbox: SalesforceSandbox) -> None:
    parts = [
        part("acc", "POST", "sobjects/Account", {"Name": "Acme"}),
        part("con", "POST", "sobjects/Contact", {"LastName": "X", "AccountId": "@{acc.id}"}),
        part("q", "GET", "query/?q=SELECT Id, Account.Name FROM Contact WHERE Id = '@{con.id}'"),
        part("t", "POST", "sobjects/Task",
             {"WhoId": "@{q.records[0].Id}", "Subject": "Hi @{acc.id}"}),
        part("no", "GET", "sobjects/Foo"),
        part("del", "DELETE", "sobjects/Contact/@{con.id}"),
        part("lost", "POST", "sobjects/Task", {"WhoId": "@{no.id}"}),
    ]  # fmt: skip
    answer = client.send("POST", "/composite", {"compositeRequest": parts})
    assert answer.status == 200
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    got = client.json("POST", "/composite", {"compositeRequest": parts})["compositeResponse"]
    assert [one["httpStatusCode"] for one in got] == [201, 201, 200, 201, 404, 204, 400]
    assert [list(one) for one in got] == [
        ["body", "httpHeaders", "httpStatusCode", "referenceId"]
    ] * len(parts)
    account = got[0]["body"]["id"]
    assert got[0]["httpHeaders"] == {"Location": f"{ROOT}/sobjects/Account/{account}"}
    assert got[2]["body"]["records"][0]["Account"]["Name"] == "Acme"
    assert sandbox.get("Task", got[3]["body"]["id"])["Subject"] == f"Hi {account}"
    assert got[4]["body"] == [
        {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
    ]
    assert got[5]["body"] is None
    assert got[6]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_composite_all_or_none(client: Client, sandbox: SalesforceSandbox) -> None:
    parts = [part("a", "POST", "sobjects/Lead", LEAD), part("b", "POST", "sobjects/Lead", {})]
    body = {"allOrNone": True, "compositeRequest": parts}
    got = client.json("POST", "/composite", body)["compositeResponse"]
    assert [one["body"][0]["errorCode"] for one in got] == [
        "PROCESSING_HALTED",
        "REQUIRED_FIELD_MISSING",
    ]
    assert sandbox.rows("Lead") == []


def test_composite_limits(client: Client) -> None:
    one = part("a", "GET", "limits")
    for parts in ([], [one] * 2, [{"method": "GET", "url": f"{ROOT}/limits"}]):
        assert client.send("POST", "/composite", {"compositeRequest": parts}).status == 400
    many = [part(f"r{n}", "GET", "limits") for n in range(26)]
    (got,) = client.json("POST", "/composite", {"compositeRequest": many})["compositeResponse"]
    assert (got["httpStatusCode"], got["referenceId"]) == (400, None)
    assert got["body"][0]["errorCode"] == "LIMIT_EXCEEDED"


def test_headers_of_the_whole_hold_for_the_parts(
    client: Client, sandbox: SalesforceSandbox
) -> None:
    ann = sandbox.add_user(username="ann@example.com", last_name="Ann")
    sandbox.set_assignment_rule([("LastName != null", ann)])
    body = {"compositeRequest": [part("a", "POST", "sobjects/Lead", LEAD)]}
    client.json("POST", "/composite", body, sforce_auto_assign="FALSE")
    body = {"compositeRequest": [part("a", "POST", "sobjects/Lead", LEAD,
                                      httpHeaders={"Sforce-Auto-Assign": "FALSE"})]}  # fmt: skip
    client.json("POST", "/composite", body)
    assert {one["OwnerId"] for one in sandbox.rows("Lead")} == {sandbox.user_id}


def test_graphs_stand_or_fall_alone(client: Client, sandbox: SalesforceSandbox) -> None:
    child = {"LastName": "C", "AccountId": "@{a.id}"}
    good = [part("a", "POST", "sobjects/Account", {"Name": "A"}),
            part("c", "POST", "sobjects/Contact", child)]  # fmt: skip
    bad = [part("a", "POST", "sobjects/Account", {"Name": "B"}),
           part("c", "POST", "sobjects/Contact", {"Disposition": 1})]  # fmt: skip
    graphs = [
        {"graphId": "g0", "compositeRequest": good},
        {"graphId": "g1", "compositeRequest": bad},
    ]
    got = client.json("POST", "/composite/graph", {"graphs": graphs})["graphs"]
    assert [list(one) for one in got] == [["graphId", "graphResponse", "isSuccessful"]] * 2
    assert [one["isSuccessful"] for one in got] == [True, False]
    failed = got[1]["graphResponse"]["compositeResponse"]
    assert [one["body"][0]["errorCode"] for one in failed] == [
        "PROCESSING_HALTED",
        "INVALID_FIELD",
    ]
    assert [one["Name"] for one in sandbox.rows("Account")] == ["A"]


def test_a_batch_counts_each_part(client: Client) -> None:
    requests = [
        {"method": "POST", "url": "v60.0/sobjects/Lead", "richInput": LEAD},
        {"method": "GET", "url": "v60.0/sobjects/Foo"},
        {"method": "GET", "url": "v60.0/query?q=SELECT+LastName+FROM+Lead"},
    ]
    answer = client.send("POST", "/composite/batch", {"batchRequests": requests})
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=3/100000"
    got = client.json("POST", "/composite/batch", {"batchRequests": requests, "haltOnError": True})
    assert got["hasErrors"] is True
    assert [one["statusCode"] for one in got["results"]] == [201, 404, 412]
    assert got["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


def test_a_tree_is_planted_whole_or_not_at_all(client: Client, sandbox: SalesforceSandbox) -> None:
    def contact(name: str, **fields: Any) -> dict[str, Any]:
        return {"attributes": {"type": "Contact", "referenceId": name}, **fields}

    def tree(*contacts: dict[str, Any]) -> dict[str, Any]:
        return {"records": [{"attributes": {"type": "Account", "referenceId": "ref1"},
                             "Name": "Acme", "Contacts": {"records": list(contacts)}}]}  # fmt: skip

    answer = client.send("POST", "/composite/tree/Account", tree(contact("ref2", LastName="X")))
    assert answer.status == 201
    (row,) = sandbox.rows("Contact")
    assert row["AccountId"] == sandbox.rows("Account")[0]["Id"]
    failing = tree(contact("ref2", LastName="Y"), contact("ref3"))
    assert client.send("POST", "/composite/tree/Account", failing).status == 400
    assert client.json("POST", "/composite/tree/Account", failing) == {
        "hasErrors": True,
        "results": [
            {
                "referenceId": "ref3",
                "errors": [
                    {
                        "statusCode": "REQUIRED_FIELD_MISSING",
                        "message": "Required fields are missing: [LastName]",
                        "fields": ["LastName"],
                    }
                ],
            }
        ],
    }
    assert len(sandbox.rows("Account")) == 1


def test_describe(client: Client, sandbox: SalesforceSandbox) -> None:
    listed = client.json("GET", "/sobjects/")
    assert {"Lead", "Task", "OpportunityFieldHistory", "RecordType"} <= {
        one["name"] for one in listed["sobjects"]
    }
    assert client.json("GET", "/sobjects/Lead")["objectDescribe"]["keyPrefix"] == "00Q"
    sandbox.add_record_type("Lead", "Inbound")
    found = client.json("GET", "/sobjects/Lead/describe")
    fields = {one["name"]: one for one in found["fields"]}
    assert fields["Leadrelay_Id__c"]["externalId"] is fields["Leadrelay_Id__c"]["unique"] is True
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert fields["Lead_Temperature__c"]["picklistValues"][2]["value"] == "Hot"
    assert "RecordTypeId" in fields
    assert [one["name"] for one in found["recordTypeInfos"]] == ["Inbound", "Master"]
    assert client.json("GET", "/sobjects/Task/describe")["fields"][0]["name"] == "Id"


def test_a_record_type_narrows_a_picklist(client: Client, sandbox: SalesforceSandbox) -> None:
    kept = {"Disposition_Reason__c": ["No budget", "No need"]}
    type_id = sandbox.add_record_type("Lead", "Inbound", default=True, picklists=kept)
    sandbox.load(sandbox.save())
    described = client.json("GET", "/sobjects/Lead/describe")["recordTypeInfos"]
    assert [one["defaultRecordTypeMapping"] for one in described] == [True, False]
    path = f"/ui-api/object-info/Lead/picklist-values/{type_id}"
    lists = client.json("GET", path)["picklistFieldValues"]
    assert [one["value"] for one in lists["Disposition_Reason__c"]["values"]] == [
        "No budget",
        "No need",
    ]
    assert len(lists["Status"]["values"]) == 4
    lead = {"LastName": "Okafor", "Company": "Acme", "Disposition_Reason__c": "Student"}
    refused = client.send("POST", "/sobjects/Lead", lead)
    assert refused.status == 400
    assert b"bad value for restricted picklist field: Student" in refused.body
    made = client.json("POST", "/sobjects/Lead", {**lead, "Disposition_Reason__c": "No need"})
    assert sandbox.get("Lead", made["id"])["RecordTypeId"] == type_id


def test_rights_that_are_withheld(client: Client, sandbox: SalesforceSandbox) -> None:
    sandbox.withhold("Opportunity", "r")
    sandbox.withhold("Task", "c")
    sandbox.withhold("Lead", "u", "Phone")
    sandbox.withhold("Lead", "r", "Title")
    sandbox.load(sandbox.save())
    listed = {one["name"]: one for one in client.json("GET", "/sobjects")["sobjects"]}
    assert "Opportunity" not in listed
    assert listed["Task"]["createable"] is False
    assert client.send("GET", "/sobjects/Opportunity/describe").status == 404
    fields = {f["name"]: f for f in client.json("GET", "/sobjects/Lead/describe")["fields"]}
    assert "Title" not in fields
    assert (fields["Phone"]["createable"], fields["Phone"]["updateable"]) == (True, False)
    lead = sandbox.create("Lead", {"LastName": "Okafor", "Company": "Acme"})
    refused = client.send("PATCH", f"/sobjects/Lead/{lead}", {"Phone": "1"})
    assert b"Unable to create/update fields: Phone" in refused.body
    assert (
        b"No such column 'Title'"
        in client.send("PATCH", f"/sobjects/Lead/{lead}", {"Title": "x"}).body
    )
    assert client.send("POST", "/sobjects/Task", {"Subject": "Call"}).status == 400


def test_describe_can_say_not_modified(client: Client, sandbox: SalesforceSandbox) -> None:
    first = client.send("GET", "/sobjects/Lead/describe")
    since = {"if_modified_since": first.headers["Last-Modified"]}
    again = client.send("GET", "/sobjects/Lead/describe", **since)
    assert (again.status, again.body) == (304, b"")
    parts = [
        part("r", "GET", "sobjects", httpHeaders={"If-Modified-Since": since["if_modified_since"]})
    ]
    (got,) = client.json("POST", "/composite", {"compositeRequest": parts})["compositeResponse"]
    assert got["body"] is None
    assert got["httpStatusCode"] == 304
    assert sorted(got["httpHeaders"]) == ["ETag", "Last-Modified"]
