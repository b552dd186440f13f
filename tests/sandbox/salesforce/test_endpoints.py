"""Each line of the table of endpoints is answered, and under no other method."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from connector.sandbox.http import Answer
from connector.sandbox.salesforce.endpoints import ENDPOINTS, EVIDENCE, Endpoint, find
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import Client
from tests.sandbox.salesforce.test_signin import SOAP

LEAD = {"LastName": "A", "Company": "B", "Leadrelay_Id__c": "k"}
EVERY = ("GET", "POST", "PATCH", "PUT", "DELETE")
ROW = {"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B"}
BULK2 = {"object": "Lead", "operation": "insert"}
BULK1 = {"operation": "insert", "object": "Lead", "contentType": "JSON"}
SOQL = "SELECT Id FROM Lead"
TREE = {"attributes": {"type": "Lead", "referenceId": "r"}, "LastName": "A", "Company": "B"}
PART = {"method": "GET", "url": "/services/data/v60.0/limits", "referenceId": "r"}


class Scene:
    """A fresh organisation with one of everything that a path can name."""

    def __init__(self, sandbox: SalesforceSandbox) -> None:
        self.client = Client(sandbox.handle)
        self.sandbox = sandbox

    def places(self, path: str) -> dict[str, str]:
        """What stands for the variables of a path."""
        sandbox, send = self.sandbox, self.client.json
        found = {"object": "Lead", "field": "Leadrelay_Id__c", "value": "k"}
        found |= {"organisation": sandbox.org.org_id, "user": sandbox.rows("User")[0]["Id"]}
        found["id"] = sandbox.create("Lead", LEAD)
        found["type"] = sandbox.add_record_type("Lead", "Inbound")
        if "/query/{locator}" in path:
            for number in range(201):
                sandbox.create("Account", {"Name": f"A{number}"})
            asked = "/query?q=" + quote("SELECT Id FROM Account")
            options = {"Sforce_Query_Options": "batchSize=200"}
            found["locator"] = send("GET", asked, **options)["nextRecordsUrl"].rsplit("/", 1)[1]
        if "/ingest/{job}" in path:
            found["job"] = send("POST", "/jobs/ingest", BULK2)["id"]
        if "/query/{job}" in path:
            found["job"] = send("POST", "/jobs/query", {"operation": "query", "query": SOQL})["id"]
        if "/async/" in path and "{job}" in path:
            query = "{result}" in path
            asked_for = BULK1 | ({"operation": "query"} if query else {})
            base = "/services/async/60.0/job"
            found["job"] = send("POST", base, asked_for, **JSON)["id"]
            content: Any = SOQL.encode() if query else [{"LastName": "A", "Company": "B"}]
            batch = send("POST", f"{base}/{found['job']}/batch", content, **JSON)["id"]
            found["batch"] = batch
            if query:
                where = f"{base}/{found['job']}/batch/{batch}/result"
                found["result"] = send("GET", where, **JSON)[0]
        return found

    def answer(self, endpoint: Endpoint, method: str) -> Answer:
        found = self.places(endpoint.path)
        path = endpoint.path.replace("/vNN.N", "/services/data/v60.0").replace("NN.N", "59.0")
        path = path.format(**found)
        if path == "/services/data/v60.0" + "/composite/sobjects" and method == "DELETE":
            path += f"?ids={found['id']}"
        if method == "DELETE" and "/jobs/ingest/" in path:
            self.client.send("PATCH", path, {"state": "Aborted"})
        query, body, headers = asked(endpoint, method, found)
        return self.client.send(method, path + query, body, **headers)


JSON = {"Content_Type": "application/json"}
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
SIGN_IN = b"grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret"
SPAN = "?start=2026-01-05T08:00:00Z&end=2026-01-05T10:00:00Z"
QUERIES = {"/query": f"?q={quote(SOQL)}", "/queryAll": f"?q={quote(SOQL)}",
           "/updated": SPAN, "/deleted": SPAN}  # fmt: skip


def asked(
    endpoint: Endpoint, method: str, found: dict[str, str]
) -> tuple[str, Any, dict[str, str]]:
    """Query, body and headers of a call that must succeed."""
    path = endpoint.path
    if path.endswith("/token"):
        return "", SIGN_IN, FORM
    if path.endswith("/revoke"):
        return "?token=00D-sandbox-session", None, {}
    if "/Soap/" in path:
        text = SOAP.format("integration@acme.example.com", "sandbox-password")
        return "", text.encode(), {"Content_Type": "text/xml"}
    if method == "GET":
        if path.endswith("/composite/sobjects/{object}"):
            return f"?ids={found['id']}&fields=Id", None, {}
        return next((q for end, q in QUERIES.items() if path.endswith(end)), ""), None, JSON
    return "", body_of(path, method, found), JSON


def body_of(path: str, method: str, found: dict[str, str]) -> Any:
    """The body of a writing call."""
    bodies: dict[str, Any] = {
        "/sobjects/{object}": LEAD | {"Leadrelay_Id__c": "new"},
        "/sobjects/{object}/Id": LEAD | {"Leadrelay_Id__c": "new"},
        "/sobjects/{object}/{id}": {"City": "Wien"},
        "/sobjects/{object}/{field}/{value}": {"City": "Wien"},
        "/composite/sobjects": {
            "records": [ROW | ({"id": found["id"]} if method == "PATCH" else {})]
        },
        "/composite/sobjects/{object}": {"ids": [found["id"]], "fields": ["Id"]},
        "/composite/sobjects/{object}/{field}": {"records": [ROW | {"Leadrelay_Id__c": "k"}]},
        "/composite": {"compositeRequest": [PART]},
        "/graph": {"graphs": [{"graphId": "g", "compositeRequest": [PART]}]},
        "/batch": {"batchRequests": [{"method": "GET", "url": "v60.0/limits"}]},
        "/tree/{object}": {"records": [TREE]},
        "/jobs/ingest": BULK2,
        "/jobs/query": {"operation": "query", "query": SOQL},
        "/ingest/{job}": {"state": "Aborted"},
        "/query/{job}": {"state": "Aborted"},
        "/batches": b"LastName,Company\nA,B\n",
        "/async/NN.N/job": BULK1,
        "/job/{job}": {"state": "Closed"},
        "/job/{job}/batch": [{"LastName": "A", "Company": "B"}],
    }
    fitting = [end for end in bodies if path.endswith(end)]
    return bodies[max(fitting, key=len)] if fitting else None


CALLS = [(one, method) for one in ENDPOINTS for method in one.methods]


@pytest.mark.parametrize(("endpoint", "method"), CALLS, ids=lambda one: getattr(one, "path", one))
def test_each_line_is_answered(endpoint: Endpoint, method: str, sandbox: SalesforceSandbox) -> None:
    answer = Scene(sandbox).answer(endpoint, method)
    closed = method == "PATCH" and "/jobs/query/" in endpoint.path  # done before it can be aborted
    assert answer.status < 300 or (closed and answer.status == 400), answer.body


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.path)
def test_no_other_method_is(endpoint: Endpoint, make: Callable[..., SalesforceSandbox]) -> None:
    known = {m for one in ENDPOINTS if one.path == endpoint.path for m in one.methods}
    if endpoint.path == "/vNN.N/sobjects/{object}/Id":
        known |= {"GET", "PATCH", "DELETE"}  # a row called "Id"
    for method in sorted(set(EVERY) - known):
        answer = Scene(make()).answer(endpoint, method)
        assert answer.status in (400, 404, 405), (method, answer.status, answer.body)


def test_a_path_that_leads_nowhere_in_the_older_bulk_api(client: Client) -> None:
    job = client.json("POST", "/services/async/60.0/job", BULK1, **JSON)["id"]
    for path in (f"job/{job}/batches", f"job/{job}/batch/751x/results", "jobs"):
        answer = client.send("GET", f"/services/async/60.0/{path}", **JSON)
        assert answer.status == 404, answer.body


def test_the_table_finds_its_lines() -> None:
    assert find("GET", "/services/data/v60.0/sobjects/Lead/describe/") is not None
    assert find("DELETE", "/services/data/v60.0/limits") is None
    assert {one.evidence for one in ENDPOINTS} == set(EVIDENCE)
