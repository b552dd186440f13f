"""Bulk jobs of both generations."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Call
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import Client

UPSERT = {"object": "Lead", "operation": "upsert", "externalIdFieldName": "Leadrelay_Id__c",
          "contentType": "CSV", "lineEnding": "LF"}  # fmt: skip
CREATED = ["id", "operation", "object", "createdById", "createdDate", "systemModstamp", "state",
           "externalIdFieldName", "concurrencyMode", "contentType", "apiVersion", "contentUrl",
           "lineEnding", "columnDelimiter"]  # fmt: skip
FINISHED = [*CREATED[:11], "jobType", "lineEnding", "columnDelimiter", "numberRecordsProcessed",
            "numberRecordsFailed", "retries", "totalProcessingTime", "apiActiveProcessingTime",
            "apexProcessingTime"]  # fmt: skip


def ingest(client: Client, content: str, **job: Any) -> dict[str, Any]:
    made = client.json("POST", "/jobs/ingest", {**UPSERT, **job})
    put = client.send("PUT", f"/{made['contentUrl']}", content.encode(), content_type="text/csv")
    assert (put.status, put.body) == (201, b"")
    closed = client.json("PATCH", f"/jobs/ingest/{made['id']}", {"state": "UploadComplete"})
    assert closed["state"] == "UploadComplete"
    found: dict[str, Any] = client.json("GET", f"/jobs/ingest/{made['id']}")
    return found


def lines(client: Client, job: dict[str, Any], name: str) -> list[list[str]]:
    text = client.send("GET", f"/jobs/ingest/{job['id']}/{name}").body.decode()
    return list(csv.reader(io.StringIO(text)))


def test_ingest_from_open_to_results(client: Client, sandbox: SalesforceSandbox) -> None:
    made = client.json("POST", "/jobs/ingest", UPSERT)
    assert list(made) == CREATED
    assert (made["state"], made["apiVersion"], made["id"][:3]) == ("Open", 60.0, "750")
    sandbox.create("Lead", {"LastName": "Old", "Company": "C", "Leadrelay_Id__c": "1", "City": "Z"})
    content = (
        'LastName,Company,Leadrelay_Id__c,City,Handed_Off_At__c,Handoff_Brief__c\n'
        'Müller,C,1,#N/A,,"two\nlines"\n'
        "New,C,2,Wien,,\n"
        ",C,3,,,\n"
        "Bad,C,4,,2003-04-98765,\n"
        "Twin,C,5,,,\nTwin,C,5,,,\n"
    )  # fmt: skip
    job = ingest(client, content)
    assert list(job) == FINISHED
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (
        "JobComplete", 6, 4,
    )  # fmt: skip
    done = lines(client, job, "successfulResults")
    assert done[0][:3] == ["sf__Id", "sf__Created", "LastName"]
    assert [line[1:3] for line in done[1:]] == [["false", "Müller"], ["true", "New"]]
    row = sandbox.get("Lead", done[1][0])
    assert (row["LastName"], row["City"], row["Handoff_Brief__c"]) == ("Müller", None, "two\nlines")
    raw = client.send("GET", f"/jobs/ingest/{job['id']}/failedResults").body.decode()
    assert raw.startswith('"sf__Id","sf__Error",LastName,Company,Leadrelay_Id__c,City')
    assert [line[1] for line in lines(client, job, "failedResults")[1:3]] == [
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
        "INVALID_FIELD:Failed to deserialize field at col 4. Due to, '2003-04-98765' is not a "
        "valid value for the type xsd:dateTime:Handed_Off_At__c --",
    ]
    assert lines(client, job, "unprocessedrecords") == [content.splitlines()[0].split(",")]
    assert client.send("DELETE", f"/jobs/ingest/{job['id']}").status == 204
    assert client.send("GET", f"/jobs/ingest/{job['id']}").status == 404


def test_an_unknown_column_fails_the_whole_job(client: Client, sandbox: SalesforceSandbox) -> None:
    job = ingest(client, "LastName,Nope__c,Leadrelay_Id__c\nX,1,1\n")
    assert job["state"] == "Failed"
    assert job["errorMessage"] == "InvalidBatch : Field name not found : Nope__c"
    assert job["numberRecordsProcessed"] == 0
    assert sandbox.rows("Lead") == []


def test_states_advance_with_the_clock(
    make: Callable[..., SalesforceSandbox], clock: SandboxClock
) -> None:
    sandbox = make(bulk_seconds=60)
    client = Client(sandbox.handle)
    job = ingest(client, "LastName,Company,Leadrelay_Id__c\nX,C,1\n")
    assert job["state"] == "UploadComplete"
    states = []
    for _ in range(2):
        clock.advance(timedelta(seconds=30))
        states.append(client.json("GET", f"/jobs/ingest/{job['id']}")["state"])
    assert states == ["InProgress", "JobComplete"]
    assert sandbox.rows("Lead")[0]["CreatedDate"] == "2026-01-05T09:01:00.000+0000"


def test_other_operations_aborting_and_refusals(client: Client, sandbox: SalesforceSandbox) -> None:
    lead = sandbox.create("Lead", {"LastName": "X", "Company": "C"})
    changed = ingest(client, f"Id;City\n{lead};Wien\n", operation="update",
                     columnDelimiter="SEMICOLON", externalIdFieldName=None)  # fmt: skip
    assert changed["numberRecordsFailed"] == 0
    assert sandbox.get("Lead", lead)["City"] == "Wien"
    ingest(client, f"Id\n{lead}\n", operation="delete", externalIdFieldName=None)
    assert sandbox.rows("Lead") == []
    made = client.json("POST", "/jobs/ingest", UPSERT)
    aborted = client.json("PATCH", f"/jobs/ingest/{made['id']}", {"state": "Aborted"})
    assert aborted["state"] == "Aborted"
    for bad in ({"object": "Nope"}, {"operation": "explode"}, {"externalIdFieldName": "City"}):
        assert client.send("POST", "/jobs/ingest", {**UPSERT, **bad}).status == 400


def test_assignment_only_where_the_job_says_so(client: Client, sandbox: SalesforceSandbox) -> None:
    ann = sandbox.add_user(username="ann@example.com", last_name="Ann")
    rule = sandbox.set_assignment_rule([("LastName != null", ann)])
    head = "LastName,Company,Leadrelay_Id__c\n"
    ingest(client, f"{head}X,C,1\n")
    ingest(client, f"{head}Y,C,2\n", assignmentRuleId=rule)
    owners = [one["OwnerId"] for one in sandbox.rows("Lead")]
    assert owners == [sandbox.user_id, ann]


def test_shuffled_results_still_match_their_rows(make: Callable[..., SalesforceSandbox]) -> None:
    sandbox = make(bulk_result_order="shuffled")
    client = Client(sandbox.handle)
    body = "".join(f"Name {n},C,{n}\n" for n in range(50))
    job = ingest(client, f"LastName,Company,Leadrelay_Id__c\n{body}")
    done = lines(client, job, "successfulResults")[1:]
    assert [line[4] for line in done] != [str(n) for n in range(50)]
    assert all(sandbox.get("Lead", line[0])["Leadrelay_Id__c"] == line[4] for line in done)


def test_query_jobs(client: Client, sandbox: SalesforceSandbox) -> None:
    for number in range(5):
        sandbox.create("Lead", {"LastName": f"L{number}", "Company": "C"})
    soql = "SELECT LastName, Owner.Name, CreatedDate, City, IsConverted FROM Lead ORDER BY LastName"
    made = client.json("POST", "/jobs/query", {"operation": "query", "query": soql})
    assert (made["state"], "contentUrl" in made) == ("UploadComplete", False)
    job = client.json("GET", f"/jobs/query/{made['id']}")
    assert (job["state"], job["jobType"], job["numberRecordsProcessed"]) == (
        "JobComplete", "V2Query", 5,
    )  # fmt: skip
    path = f"/jobs/query/{made['id']}/results?maxRecords=3"
    first = client.send("GET", path)
    assert first.body.decode().splitlines()[:2] == [
        '"LastName","Owner.Name","CreatedDate","City","IsConverted"',
        '"L0","Integration User","2026-01-05T09:00:00.000Z","","false"',
    ]
    assert first.headers["Sforce-NumberOfRecords"] == "3"
    second = client.send("GET", f"{path}&locator={first.headers['Sforce-Locator']}")
    assert second.headers["Sforce-Locator"] == "null"
    assert len(second.body.splitlines()) == 3
    other = f"/services/data/v61.0/jobs/query/{made['id']}/results"
    assert client.send("GET", other).status == 409
    for refused in ("SELECT COUNT(Id) FROM Lead", "SELECT Address FROM Lead"):
        given = {"operation": "query", "query": refused}
        assert client.send("POST", "/jobs/query", given).status == 400


def classic(sandbox: SalesforceSandbox, method: str, path: str, body: bytes, kind: str) -> bytes:
    headers = {"x-sfdc-session": "00D-sandbox-session", "content-type": kind}
    call = Call(method=method, path=f"/services/async/60.0/{path}", headers=headers, body=body)
    return sandbox.handle(call).body


JSON = "application/json"


def test_bulk_1_in_json(sandbox: SalesforceSandbox) -> None:
    job = orjson.loads(classic(sandbox, "POST", "job", orjson.dumps(
        {"operation": "insert", "object": "Lead", "contentType": "JSON"}), JSON))  # fmt: skip
    assert (job["state"], job["numberBatchesTotal"]) == ("Open", 0)
    rows = [{"LastName": "X", "Company": "C"}, {"LastName": "Y"}]
    base = f"job/{job['id']}"
    batch = orjson.loads(classic(sandbox, "POST", f"{base}/batch", orjson.dumps(rows), JSON))
    assert batch["state"] == "Queued"
    path = f"{base}/batch/{batch['id']}"
    assert orjson.loads(classic(sandbox, "GET", path, b"", JSON))["state"] == "Completed"
    good, bad = orjson.loads(classic(sandbox, "GET", f"{path}/result", b"", JSON))
    assert (good["success"], good["created"]) == (True, True)
    assert bad["errors"][0] == {
        "message": "Required fields are missing: [Company]",
        "fields": ["Company"],
        "statusCode": "REQUIRED_FIELD_MISSING",
        "extendedErrorDetails": None,
    }
    closed = orjson.loads(classic(sandbox, "POST", base, b'{"state":"Closed"}', JSON))
    assert (closed["state"], closed["numberRecordsFailed"]) == ("Closed", 1)
    query = orjson.loads(classic(sandbox, "POST", "job", orjson.dumps(
        {"operation": "query", "object": "Lead", "contentType": "JSON"}), JSON))  # fmt: skip
    base = f"job/{query['id']}"
    batch = orjson.loads(
        classic(sandbox, "POST", f"{base}/batch", b"SELECT LastName FROM Lead", JSON)
    )
    path = f"{base}/batch/{batch['id']}/result"
    (result,) = orjson.loads(classic(sandbox, "GET", path, b"", JSON))
    found = orjson.loads(classic(sandbox, "GET", f"{path}/{result}", b"", JSON))
    assert [one["LastName"] for one in found] == ["X"]


@pytest.mark.parametrize("envelope", ["xml", "json"])
def test_bulk_1_in_csv(sandbox: SalesforceSandbox, envelope: str) -> None:
    space = "http://www.force.com/2009/06/asyncapi/dataload"
    given = {"operation": "upsert", "object": "Lead", "contentType": "CSV",
             "externalIdFieldName": "Leadrelay_Id__c"}  # fmt: skip
    if envelope == "xml":
        inner = "".join(f"<{key}>{value}</{key}>" for key, value in given.items())
        described = f'<jobInfo xmlns="{space}">{inner}</jobInfo>'.encode()
        made = classic(sandbox, "POST", "job", described, "application/xml")
        job = made.split(b"<id>")[1].split(b"</id>")[0].decode()
        assert space.encode() in made
    else:
        job = orjson.loads(classic(sandbox, "POST", "job", orjson.dumps(given), JSON))["id"]
    body = b"LastName,Company,Leadrelay_Id__c\nX,C,1\nY,,2\n"
    made = classic(sandbox, "POST", f"job/{job}/batch", body, "text/csv; charset=UTF-8")
    batch = made.split(b"<id>")[1].split(b"</id>")[0].decode()
    text = classic(sandbox, "GET", f"job/{job}/batch/{batch}/result", b"", "text/csv").decode()
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == ["Id", "Success", "Created", "Error"]
    assert found[1][1:] == ["true", "true", ""]
    assert found[2][1] == "false"
    assert "Required fields are missing: [Company]" in found[2][3]


def test_bulk_1_without_a_session(sandbox: SalesforceSandbox) -> None:
    call = Call(method="POST", path="/services/async/60.0/job", headers={"content-type": JSON})
    answer = sandbox.handle(call)
    assert answer.status == 400
    assert orjson.loads(answer.body)["exceptionCode"] == "InvalidSessionId"
