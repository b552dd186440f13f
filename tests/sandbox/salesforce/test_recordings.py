"""Every recorded exchange of a supported endpoint against the sandbox's answer, in shape."""

from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from connector.sandbox.http import Answer
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce import test_recordings_others as others
from tests.sandbox.salesforce.conftest import ROOT, Client
from tests.sandbox.salesforce.recordings import differences, folder, recorded

FX = "sf-fx-runtime-nodejs"
VCR = "grouparoo-cumulusci-restforce"
LEAD = {"LastName": "Muster", "Company": "Example AG"}
SOQL = "/query/?q="

Play = Callable[[Client, SalesforceSandbox, Any], Answer]


def sends(method: str, path: str, body: Any = None) -> Play:
    return lambda client, sandbox, real: client.send(method, path, body)


def asks(soql: str) -> Play:
    return sends("GET", SOQL + quote(soql))


def on_lead(method: str, body: Any = None) -> Play:
    def play(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
        lead = sandbox.create("Lead", LEAD)
        return client.send(method, f"/sobjects/Lead/{lead}", body)

    return play


def deleted_twice(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
    lead = sandbox.create("Lead", LEAD)
    sandbox.delete("Lead", lead)
    return client.send("DELETE", f"/sobjects/Lead/{lead}")


def without_token(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
    return Client(sandbox.handle, "nobody").send("POST", "/sobjects/Account", {"Name": "X"})


def required_custom(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
    sandbox.add_custom_field("Account", {"name": "Website__c", "type": "url", "required": True})
    return client.send("POST", "/sobjects/Account", {"Name": "Falcon 9"})


def with_rating(sandbox: SalesforceSandbox) -> None:
    values = {"values": ["Excellent", "Good"], "restricted": True}
    sandbox.add_custom_field("Account", {"name": "Rating__c", "type": "picklist", **values})


def bad_picklist(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
    with_rating(sandbox)
    return client.send("POST", "/sobjects/Account", {"Name": "VIII", "Rating__c": "Terrible"})


def pages(start: int) -> Play:
    def play(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
        for number in range(500):
            sandbox.create("Account", {"Name": f"A{number}"})
        size = {"sforce_query_options": "batchSize=200"}
        path = SOQL + quote("SELECT Id, Name FROM Account")
        first = client.send("GET", path, **size)
        if start == 0:
            return first
        answer = client.send("GET", orjson.loads(first.body)["nextRecordsUrl"])
        if start == 1:
            return answer
        return client.send("GET", orjson.loads(answer.body)["nextRecordsUrl"])

    return play


def with_contacts(soql: str) -> Play:
    def play(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
        for number in range(5):
            account = sandbox.create("Account", {"Name": f"A{number}"})
            contact = {"FirstName": "E", "LastName": f"C{number}", "AccountId": account}
            person = sandbox.create("Contact", contact)
            deal = sandbox.create("Opportunity", {
                "Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-06-30",
                "Amount": 5, "AccountId": account, "ContactId": person})  # fmt: skip
            role = {"OpportunityId": deal, "ContactId": person, "Role": "Influencer"}
            sandbox.create("OpportunityContactRole", role)
        return client.send("GET", SOQL + quote(soql))

    return play


def graph(*parts: dict[str, Any]) -> Play:
    def play(client: Client, sandbox: SalesforceSandbox, real: Any) -> Answer:
        with_rating(sandbox)
        known = {"lead": sandbox.create("Lead", LEAD)}
        requests = [
            {"referenceId": f"referenceId{at}", **part, "url": ROOT + part["url"].format(**known)}
            for at, part in enumerate(parts)
        ]
        graphs = [{"graphId": "graph0", "compositeRequest": requests}]
        return client.send("POST", "/composite/graph", {"graphs": graphs})

    return play


ACCOUNT = {"method": "POST", "url": "/sobjects/Account", "body": {"Name": "Star Wars"}}
CHILD = {"method": "POST", "url": "/sobjects/Account",
         "body": {"Name": "Episode I", "ParentId": "@{referenceId0.id}"}}  # fmt: skip

WIREMOCK: dict[str, Play] = {
    "composite-graph-create-tree": graph(ACCOUNT, CHILD, CHILD, CHILD),
    "composite-graph-create": graph(ACCOUNT),
    "composite-graph-single-create-error": graph(
        {**ACCOUNT, "body": {"Name": "IV", "Rating__c": "Amazing"}}
    ),
    "composite-graph-single-delete": graph({"method": "DELETE", "url": "/sobjects/Lead/{lead}"}),
    "composite-graph-single-update": graph(
        {"method": "PATCH", "url": "/sobjects/Lead/{lead}", "body": {"City": "Bern"}}
    ),
    "create-invalid-api-version": sends(
        "POST", "/services/data/viAmABadVersion/sobjects/Account", {"name": "X"}
    ),
    "create-invalid-field": sends("POST", "/sobjects/Account", {"FavoritePet__c": "Dog"}),
    "create-invalid-picklist-value": bad_picklist,
    "create-invalid-token": without_token,
    "create-required-field-missing": required_custom,
    "create-unknown-object": sends("POST", "/sobjects/PlayingCard__c", {"Name": "Ace"}),
    "create": sends("POST", "/sobjects/Account", {"Name": "V"}),
    "delete-already-deleted": deleted_twice,
    "delete": on_lead("DELETE"),
    "query-malformed-soql": asks("SELEKT Name FROM Account"),
    "query-unknown-column": asks("SELECT Bacon__c FROM Account LIMIT 2"),
    "query-with-associated-data": with_contacts("SELECT Name, Owner.Name from Account LIMIT 1"),
    "query-with-next-records-url": pages(0),
    "query-with-next-records-url-2": pages(1),
    "query-with-subquery": with_contacts(
        "SELECT Account.Name, (SELECT Contact.FirstName, Contact.LastName FROM "
        "Account.Contacts) FROM Account LIMIT 5"
    ),
    "query": with_contacts("SELECT Name FROM Account"),
    "update-invalid-field": on_lead("PATCH", {"Color__c": "Red"}),
    "update-malformed-id": sends("PATCH", "/sobjects/Lead/00QHs0000000001MAB", {"City": "X"}),
    "update": on_lead("PATCH", {"City": "X"}),
}


@pytest.mark.parametrize("name", WIREMOCK)
def test_wiremock(name: str, client: Client, sandbox: SalesforceSandbox) -> None:
    response = recorded(f"{FX}/{name}.json")["response"]
    answer = WIREMOCK[name](client, sandbox, response)
    assert answer.status == response["status"]
    for header in ("Sforce-Limit-Info", "WWW-Authenticate", "Location", "Content-Type"):
        assert (header in answer.headers) == (header in response["headers"]), header
    body = orjson.loads(answer.body) if answer.body else None
    if "next-records" in name:  # the recorded records are of a custom object
        body["records"] = body["records"][:3]
        for record in response["body"]["records"]:
            record.update({"Id": "x", "Name": "y"})
            del record["RANDOM_1__c"], record["RANDOM_2__c"]
    assert differences(response["body"], body) == []


#: The same body in the sandbox as in the recording, errors word by word.
WORD_BY_WORD = (
    "create-invalid-api-version", "create-invalid-field", "create-invalid-picklist-value",
    "create-invalid-token", "create-required-field-missing", "create-unknown-object",
    "delete-already-deleted", "query-malformed-soql", "query-unknown-column",
)  # fmt: skip


@pytest.mark.parametrize("name", WORD_BY_WORD)
def test_errors_word_by_word(name: str, client: Client, sandbox: SalesforceSandbox) -> None:
    response = recorded(f"{FX}/{name}.json")["response"]
    answer = WIREMOCK[name](client, sandbox, response)
    assert orjson.loads(answer.body) == response["body"]


def replay(client: Client, sandbox: SalesforceSandbox, entry: Any) -> Answer:
    """A recorded call with its ids replaced by those of records made for it."""
    path = entry["path"].split("/v", 1)[1].split("/", 1)[1]
    body = entry["request_body"]
    for record in (body or {}).get("records", []) if isinstance(body, dict) else []:
        _prepare(sandbox, record, upsert=path.count("/") > 1, answers=entry["response"])
    return client.send(entry["method"], "/" + path, body)


def _prepare(
    sandbox: SalesforceSandbox, record: dict[str, Any], *, upsert: bool, answers: Any
) -> None:
    kind = record["attributes"]["type"]
    if "email_field__c" in record and "email_field__c" not in sandbox.org.objects[kind].fields:
        field = {"name": "email_field__c", "label": "email_field", "type": "email"}
        sandbox.add_custom_field(kind, field)
    for name in ("AccountId", "ContactId", "ParentId", "WhoId", "WhatId"):
        if record.get(name):
            account = record[name].startswith("001")
            needed = {"Name": "X"} if account else {"LastName": "X"}
            record[name] = sandbox.create("Account" if account else "Contact", needed)
    key = "id" if "id" in record else "Id"
    if record.get(key):
        needed = {"Lead": LEAD, "Account": {"Name": "X"}, "Contact": {"LastName": "X"},
                  "Opportunity": {"Name": "X", "StageName": "Prospecting",
                                  "CloseDate": "2026-06-30"}}[kind]  # fmt: skip
        record[key] = sandbox.create(kind, needed)
        if "CANNOT_UPDATE_CONVERTED_LEAD" in str(answers):
            sandbox.convert(record[key])


UNSUPPORTED = {"Topic", "TopicAssignment", "Case"}


def entries(name: str) -> list[Any]:
    return list(recorded(f"{VCR}/{name}.json"))


def kinds(entry: Any) -> set[str]:
    records = (entry["request_body"] or {}).get("records", [])
    named = {record["attributes"]["type"] for record in records}
    parts = entry["path"].split("/sobjects/")
    return named | ({parts[1].split("/")[0]} if len(parts) > 1 else set())


@pytest.mark.parametrize(
    "name", ["collections_patch_update_upsert", "collections_post_insert", "row_errors"]
)
def test_collections(name: str, make: Callable[..., SalesforceSandbox]) -> None:
    done = 0
    for entry in entries(name):
        if kinds(entry) & UNSUPPORTED:
            continue
        sandbox = make()
        if entry["path"].endswith("/Email"):
            for record, result in zip(
                entry["request_body"]["records"], entry["response"], strict=True
            ):
                if result["created"] is False:
                    sandbox.create("Contact", {"LastName": "X", "Email": record["Email"]})
        answer = replay(Client(sandbox.handle), sandbox, entry)
        assert answer.status == entry["status"]
        ours = orjson.loads(answer.body)
        assert differences(entry["response"], ours) == [], entry["id"]
        assert len(ours) == len(entry["response"])
        done += 1
    assert done


def test_records(client: Client, sandbox: SalesforceSandbox) -> None:
    """GET of a record: our fields stand in the recorded order and have the recorded types."""
    made = {
        "Account": sandbox.create("Account", {"Name": "Smith"}),
        "Contact": sandbox.create("Contact", {"LastName": "Smith", "Email": "x@example.com"}),
        "Lead": sandbox.create("Lead", LEAD),
        "Organization": sandbox.org.org_id,
    }
    compared = 0
    for entry in entries("record_crud") + entries("errors_http"):
        kind = entry["path"].split("/sobjects/")[-1].split("/")[0]
        if entry["method"] != "GET" or kind not in made:
            continue
        record_id = made[kind] if entry["status"] == 200 else f"{made[kind][:11]}zzzz"
        answer = client.send("GET", f"/sobjects/{kind}/{record_id}")
        assert answer.status == entry["status"]
        ours = orjson.loads(answer.body)
        real = entry["response"]
        if entry["status"] == 200:
            real = {key: value for key, value in real.items() if key in ours}
            assert len(real) > len(entry["response"]) * 0.75
        assert differences(real, ours, more=True) == []
        compared += 1
    assert compared >= 7


def test_single_creates(client: Client) -> None:
    for entry in entries("record_crud"):
        if entry["method"] == "POST" and not kinds(entry) & UNSUPPORTED:
            kind = entry["path"].split("/sobjects/")[1]
            answer = client.send("POST", f"/sobjects/{kind}", {"Name": "xyzzy"})
            assert answer.status == entry["status"]
            assert differences(entry["response"], orjson.loads(answer.body)) == []


def test_composites(client: Client, sandbox: SalesforceSandbox) -> None:
    sandbox.create("Account", {"Name": "Smith Corp."})
    compared = 0
    for entry in entries("composite"):
        if entry["status"] != 200:
            continue
        parts = entry["request_body"]["compositeRequest"]
        for part in parts:
            part["url"] = ROOT + "/" + part["url"].split("/v", 1)[1].split("/", 1)[1]
            if "httpHeaders" in part:
                part["httpHeaders"] = {"If-Modified-Since": "Thu, 01 Jan 2037 00:00:00 GMT"}
        ours = client.json("POST", "/composite", {"compositeRequest": parts})
        real = entry["response"]
        assert differences(real, ours) == [], entry["id"]
        statuses = [one["httpStatusCode"] for one in real["compositeResponse"]]
        assert [one["httpStatusCode"] for one in ours["compositeResponse"]] == statuses
        compared += 1
    assert compared >= 5


def test_record_counts(client: Client, sandbox: SalesforceSandbox) -> None:
    sandbox.create("Account", {"Name": "A"})
    for entry in entries("limits"):
        ours = client.json("GET", "/limits/recordCount?sObjects=Account")
        assert differences(entry["response"], ours) == []


#: Files that no test compares, and why.
LEFT_OUT = {
    "amp-labs/subscription_*": "change events (Pub/Sub API) are not simulated",
    "amp-labs/*_payload.json": "requests without an answer",
    "amp-labs/read-list-*": "pages of fields beyond ours; the shape is that of query",
    "amp-labs/success-with-errors.json": "success:false with an id: made up by that test suite",
    "cumulusci/describe_Case.json": "the object Case is not simulated",
    "cumulusci/describe_Custom__c.json": "custom objects are not simulated",
    "postman/*": "request templates without answers",
    "jsforce/*": "field lists, the source of our tables",
    f"{FX}/*binary*": "binary fields (ContentVersion) are not simulated",
    f"{FX}/query-resource-not-found.json": "hand-made: an error array with status 200",
    f"{FX}/query-unexpected-response.json": "hand-made HTML; a fault on demand",
    f"{FX}/query-unparseable-body.json": "hand-made HTML; a fault on demand",
    "restforce/search_*": "SOSL is not simulated",
    "restforce/recent_*": "recently viewed records are not simulated",
    "restforce/sobject_describe_success_response.json": "version 23; newer describes win",
    "restforce/describe_sobjects_success_response.json": "version 23; newer describes win",
    "restforce/list_sobjects_success_response.json": "version 23; newer describes win",
    "restforce/sobject_find_success_response.json": "a record of a custom object",
    "restforce/sobject_select_success_response.json": "a record of a custom object",
    "restforce/query_success_response.json": "a record of a custom object",
    f"{VCR}/query_pagination.json": "the same body as restforce/query_paginated_first_page",
    "*/LICENSE*": "no recording",
    "README.md": "no recording",
}


def test_every_file_is_compared_or_left_out_with_a_reason() -> None:
    base = folder()
    files = {str(one.relative_to(base)) for one in base.rglob("*") if one.is_file()}
    compared = {f"{FX}/{name}.json" for name in WIREMOCK}
    compared |= {f"{VCR}/{name}.json" for name in (
        "collections_patch_update_upsert", "collections_post_insert", "row_errors",
        "record_crud", "errors_http", "composite", "limits")}  # fmt: skip
    compared |= set(others.COMPARED)
    assert compared <= files
    unknown = {
        name for name in files - compared if not any(fnmatch(name, pattern) for pattern in LEFT_OUT)
    }
    assert unknown == set()
