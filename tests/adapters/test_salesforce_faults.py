"""What Salesforce's errors become, over real HTTP, and that no class or text slips through."""

import inspect
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests.exceptions
import simple_salesforce.exceptions

from connector.adapters.salesforce import faults
from connector.adapters.salesforce.client import SalesforceClient
from connector.adapters.salesforce.signin import Session
from connector.core.errors import ConnectorError, OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.core.problems import Place
from connector.sandbox.http import Answer, Call, json_answer
from tests.adapters.servers import Cut, Drop
from tests.adapters.stubs import (
    api_calls,
    html,
    salesforce_client,
    salesforce_stub,
    script,
)

MARKED = "jane.secret@example.com"
RECORDED = Path(__file__).parent / "recorded" / "salesforce-errors.json"


def fail(status: int, code: str, message: str = MARKED, **more: Any) -> Answer:
    return json_answer([{"errorCode": code, "message": message, **more}], status=status)


def outcome(client: SalesforceClient, *, write: bool = False) -> object:
    try:
        if write:
            return client.call("PATCH", "composite/sobjects", body={"records": []}, write=True)
        return client.call("GET", "query", params={"q": "SELECT Id FROM Lead"})
    except ConnectorError as problem:
        return problem


def test_every_foreign_class_has_a_meaning() -> None:
    theirs = {
        entry
        for module in (requests.exceptions, simple_salesforce.exceptions)
        for _, entry in inspect.getmembers(module, inspect.isclass)
        if issubclass(entry, Exception)
        and not issubclass(entry, Warning)
        and entry.__module__ == module.__name__
    }
    assert theirs == set(faults.BY_CLASS), theirs ^ set(faults.BY_CLASS)
    assert all(issubclass(entry, faults.FOREIGN) for entry in theirs)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("foreign", sorted(faults.BY_CLASS, key=lambda entry: entry.__name__))
def test_every_foreign_class_is_translated(foreign: type[BaseException], write: bool) -> None:
    made = foreign.__new__(foreign)
    place = Place(file="salesforce:x")
    assert isinstance(faults.translate(made, write=write, where=place), ConnectorError)


READS = [
    (html(503), TryLater),
    (html(502), TryLater),
    (html(406), TryLater),
    (html(404), TryLater),  # an edge's page, not Salesforce's word
    (fail(400, "QUERY_TIMEOUT"), TryLater),
    (fail(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), StopTheRun),
    (fail(400, "INVALID_FIELD", f"No such column 'Nope__c' on entity 'Lead' {MARKED}"), StopTheRun),
    (fail(400, "MALFORMED_QUERY"), StopTheRun),
    (fail(404, "NOT_FOUND"), Refused),
    (
        fail(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
        StopTheRun,
    ),
    (Answer(status=302, headers={"location": "https://elsewhere.example/x"}), StopTheRun),
    (Answer(status=200, body=b'{"records": ["' + MARKED.encode()), TryLater),
    (Drop(), TryLater),
    (Cut(json_answer({"records": []})), TryLater),
]


@pytest.mark.parametrize(("answer", "expected"), READS)
def test_a_read(answer: Answer | Exception, expected: type[ConnectorError]) -> None:
    with salesforce_stub(script(answer)) as (client, _):
        met = outcome(client)
    assert isinstance(met, expected), met
    assert MARKED not in str(met)


@pytest.mark.parametrize(
    "answer",
    [
        html(500),
        html(503),
        fail(503, "SERVER_UNAVAILABLE"),
        Drop(),
        Cut(json_answer([])),
        Answer(body=b"[{"),
    ],
)
def test_a_lost_write_is_unknown_and_sent_once(answer: Answer | Exception) -> None:
    with salesforce_stub(script(answer)) as (client, served):
        assert isinstance(outcome(client, write=True), OutcomeUnknown)
    assert len(api_calls(served)) == 1


def test_a_sign_in_or_a_write_that_never_left_may_come_later() -> None:
    session = Session(token="t", instance_url="https://acme.my.salesforce.com")
    for client in (
        salesforce_client("http://127.0.0.1:9"),
        salesforce_client("http://127.0.0.1:9", session),
    ):
        met = outcome(client, write=True)
        assert isinstance(met, TryLater), met


def test_too_many_at_a_time_is_a_matter_of_seconds() -> None:
    text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    with salesforce_stub(script(fail(403, "REQUEST_LIMIT_EXCEEDED", text))) as (client, served):
        met = outcome(client, write=True)
    assert isinstance(met, TryLater)
    assert met.wait == timedelta(seconds=5)
    assert len(api_calls(served)) == 3


def test_the_days_quota_is_nobodys_mistake() -> None:
    answer = fail(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    with salesforce_stub(script(answer)) as (client, _):
        met = outcome(client)
    assert isinstance(met, StopTheRun)
    assert not met.configuration


def test_a_name_that_is_not_known_is_said() -> None:
    answer = fail(400, "INVALID_FIELD", "\nERROR\nNo such column 'Nope__c' on entity 'Lead'.")
    with salesforce_stub(script(answer)) as (client, _):
        met = outcome(client)
    assert "Nope__c" in str(met)


def test_ids_of_a_duplicate_rule_are_kept_whatever_the_spelling() -> None:
    for key in ("duplicateResut", "duplicateResult"):
        match = {"matchRecords": [{"record": {"Id": "00Q000000000001AAA", "Email": MARKED}}]}
        fault = faults.read_fault(
            [
                {
                    "errorCode": "DUPLICATES_DETECTED",
                    "message": MARKED,
                    key: {"matchResults": [match]},
                }
            ]
        )
        assert fault.ids == ("00Q000000000001AAA",)
        assert MARKED not in str(faults.problem_of(fault, Place(file="x")))


def test_recorded_errors_have_a_meaning_and_keep_no_text() -> None:
    for entry in json.loads(RECORDED.read_text(encoding="utf-8")):
        for write in (False, True):
            met = faults.of_answer(
                entry["status"], entry["body"], write=write, where=Place(file="salesforce:Lead")
            )
            kind = "unknown" if isinstance(met, OutcomeUnknown) else type(met).__mro__[0].__name__
            expected = entry["means"]
            if isinstance(expected, list):
                expected = expected[write]
            assert kind.replace("Rejected", "Refused") == expected, entry
            for text in _texts(entry["body"]):
                assert text not in str(met)


def _texts(body: object) -> list[str]:
    rows = [row for row in body if isinstance(row, dict)] if isinstance(body, list) else []
    return [str(row["message"]) for row in rows if " " in str(row.get("message", ""))]


def test_a_401_renews_once_and_keeps_the_behaviour_headers() -> None:
    seen: list[Call] = []

    def answer(call: Call) -> Answer:
        seen.append(call)
        if len(seen) == 1:
            return fail(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return json_answer([])

    with salesforce_stub(answer) as (client, served):
        outcome(client, write=True)
    assert len(seen) == 2
    for call in seen:
        assert call.headers["sforce-auto-assign"] == "FALSE"
        assert call.headers["sforce-duplicate-rule-header"] == "allowSave=true"
        assert "x-prettyprint" not in call.headers
    assert len(served.calls) == 4  # two sign-ins


def test_a_401_that_stays_ends_the_run() -> None:
    answer = fail(401, "INVALID_SESSION_ID", "Session expired or invalid")
    with salesforce_stub(script(answer)) as (client, served):
        assert isinstance(outcome(client), StopTheRun)
    assert len(served.calls) == 4


def test_a_redirect_is_not_followed_with_the_token() -> None:
    with salesforce_stub(script(json_answer({}))) as (_, elsewhere):
        location = {"location": f"{elsewhere.url}/steal"}
        with salesforce_stub(script(Answer(status=307, headers=location))) as (client, _):
            assert isinstance(outcome(client, write=True), StopTheRun)
        assert not elsewhere.calls
