"""Whatever a client sends, the sandbox answers as an API, and keeps its indexes in order."""

import os
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import ROOT, Client

EXAMPLES = int(os.environ.get("LEADRELAY_FUZZ_EXAMPLES", "150"))
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIELDS = [
    "LastName", "Company", "Email", "Leadrelay_Id__c", "OwnerId", "AnnualRevenue", "Status",
    "HasOptedOutOfEmail", "Handed_Off_At__c", "Address", "Owner", "Nope", "Id", "id",
    "attributes", "Disposition_Reason__c", "NumberOfEmployees", "IsConverted", "MasterRecordId",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from([
        "00QHs0000000001MAA", "005Hs0000000001IAA", "a@example.com", "2026-01-05T09:00:00Z",
        "Lead", "Contact", "@{a.id}", "@{a.id.x[9]}", "POST", "PATCH", "GET", "DELETE",
        f"{ROOT}/sobjects/Lead", f"{ROOT}/query?q=SELECT Id FROM Lead", "insert", "upsert", "query",
    ]),
)  # fmt: skip
KEYS = st.sampled_from([
    *FIELDS, "records", "allOrNone", "type", "referenceId", "compositeRequest", "method", "url",
    "body", "graphs", "graphId", "batchRequests", "richInput", "ids", "fields", "object",
    "operation", "externalIdFieldName", "query", "state", "httpHeaders", "haltOnError",
])  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)
TARGETS = st.sampled_from([
    ("POST", "/sobjects/Lead"), ("PATCH", "/sobjects/Lead/00QHs0000000001MAA"),
    ("PATCH", "/sobjects/Lead/Leadrelay_Id__c/x"), ("POST", "/composite"),
    ("POST", "/composite/sobjects"), ("PATCH", "/composite/sobjects"),
    ("PATCH", "/composite/sobjects/Lead/Leadrelay_Id__c"), ("POST", "/composite/sobjects/Lead"),
    ("POST", "/composite/graph"), ("POST", "/composite/batch"), ("POST", "/composite/tree/Lead"),
    ("POST", "/jobs/ingest"), ("POST", "/jobs/query"), ("POST", "/services/async/60.0/job"),
    ("POST", "/sobjects/Task"), ("POST", "/sobjects/Event"), ("POST", "/sobjects/Opportunity"),
    ("POST", "/sobjects/CampaignMember"), ("DELETE", "/composite/sobjects?ids=1,2"),
])  # fmt: skip
WORDS = st.lists(
    st.sampled_from([
        "SELECT", "Id", "Name", "Owner.Name", "COUNT()", "COUNT(Id)", "FROM", "Lead", "Account",
        "WHERE", "AND", "OR", "NOT", "(", ")", ",", "=", ">", "LIKE", "IN", "'x'", "5", "null",
        "TODAY", "LAST_N_DAYS:3", "ORDER BY", "GROUP BY", "HAVING", "LIMIT", "OFFSET", "DESC",
        "CreatedDate", "2026-01-05T09:00:00Z", "TYPEOF", "Owner", "WHEN", "User", "THEN", "END",
        "(SELECT Id FROM Tasks)", "Status", "true", "FIELDS(ALL)", "USING SCOPE mine", "FOR VIEW",
        "DAY_ONLY(CreatedDate)", "NOT IN", "('a','b')", "AnnualRevenue", "SUM(AnnualRevenue)",
    ]),
    max_size=14,
)  # fmt: skip


RECORD = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FIELDS, LEAVES | JSON),
                  "attributes": st.just({"type": "Lead", "referenceId": "r"}) | JSON},
)  # fmt: skip
PART = st.fixed_dictionaries({
    "method": st.sampled_from(["GET", "POST", "PATCH", "DELETE"]) | LEAVES,
    "url": st.sampled_from([
        f"{ROOT}/sobjects/Lead", f"{ROOT}/sobjects/Lead/@{{a.id}}", f"{ROOT}/limits",
        f"{ROOT}/sobjects/Lead/Leadrelay_Id__c/k", f"{ROOT}/composite/sobjects",
        f"{ROOT}/query?q=SELECT Id FROM Lead WHERE Id = '@{{a.id}}'", f"{ROOT}/composite",
    ]) | LEAVES,
    "referenceId": st.sampled_from(["a", "b", "c"]) | LEAVES,
    "body": RECORD | JSON,
    "httpHeaders": st.just({"Sforce-Auto-Assign": "FALSE"}) | JSON,
})  # fmt: skip
PARTS = st.lists(PART | JSON, max_size=4)
BATCHED = st.fixed_dictionaries({"method": LEAVES, "url": LEAVES, "richInput": RECORD})
ENVELOPES = st.one_of(
    st.tuples(st.sampled_from([("POST", "/sobjects/Lead"), ("POST", "/sobjects/Task"),
                               ("PATCH", "/sobjects/Lead/00QHs0000000001MAA"),
                               ("PATCH", "/sobjects/Lead/Leadrelay_Id__c/x")]), RECORD),
    st.tuples(st.sampled_from([("POST", "/composite/sobjects"), ("PATCH", "/composite/sobjects"),
                               ("PATCH", "/composite/sobjects/Lead/Leadrelay_Id__c"),
                               ("POST", "/composite/tree/Lead")]),
              st.fixed_dictionaries({"records": st.lists(RECORD | JSON, max_size=3),
                                     "allOrNone": st.booleans() | JSON})),
    st.tuples(st.just(("POST", "/composite")),
              st.fixed_dictionaries({"compositeRequest": PARTS, "allOrNone": st.booleans()})),
    st.tuples(st.just(("POST", "/composite/graph")), st.fixed_dictionaries({"graphs": st.lists(
        st.fixed_dictionaries({"graphId": LEAVES, "compositeRequest": PARTS | JSON}) | JSON,
        max_size=2)})),
    st.tuples(st.just(("POST", "/composite/batch")),
              st.fixed_dictionaries({"batchRequests": st.lists(BATCHED | JSON, max_size=3)})),
    st.tuples(TARGETS, JSON),
)  # fmt: skip


def fresh() -> tuple[SalesforceSandbox, Client]:
    sandbox = SalesforceSandbox(SandboxClock(START), seed=3)
    sandbox.create("Lead", {"LastName": "X", "Company": "C", "Leadrelay_Id__c": "x"})
    return sandbox, Client(sandbox.handle)


def sound(sandbox: SalesforceSandbox) -> None:
    """No transaction is left open, and an index finds exactly what is there."""
    assert sandbox.org.journal.depth == 0
    table = sandbox.org.tables["Lead"]
    by_key: dict[Any, set[str]] = {}
    for row_id, row in table.rows.items():
        if row.get("Email"):
            by_key.setdefault(row["Email"].lower(), set()).add(row_id)
    for key, ids in by_key.items():
        assert set(table.index("Email").find(key)) == ids
    assert set(table.changed(None, None)) == set(table.rows)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(envelope=ENVELOPES)
def test_any_body_gets_an_answer(envelope: tuple[tuple[str, str], Any]) -> None:
    sandbox, client = fresh()
    (method, path), body = envelope
    answer = client.send(method, path, orjson.dumps(body))
    assert answer.status < 500
    if answer.status >= 400 and b"exceptionCode" not in answer.body:
        fault = orjson.loads(answer.body)
        assert fault if isinstance(fault, dict) else {"message", "errorCode"} <= set(fault[0])
    sound(sandbox)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(words=WORDS)
def test_any_query_gets_an_answer(words: list[str]) -> None:
    _, client = fresh()
    text = " ".join(words)
    for soql in (text, f"SELECT Id FROM Lead WHERE {text}", f"SELECT {text} FROM Lead",
                 f"SELECT Id FROM Lead {text}"):  # fmt: skip
        answer = client.send("GET", f"/query?q={quote(soql)}")
        assert answer.status in (200, 400)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_upload_ends_in_a_final_state(content: bytes) -> None:
    sandbox, client = fresh()
    job = {"object": "Lead", "operation": "insert"}
    made = client.json("POST", "/jobs/ingest", job)
    client.send("PUT", f"/{made['contentUrl']}", content)
    client.send("PATCH", f"/jobs/ingest/{made['id']}", {"state": "UploadComplete"})
    assert client.json("GET", f"/jobs/ingest/{made['id']}")["state"] in {"JobComplete", "Failed"}
    sound(sandbox)
