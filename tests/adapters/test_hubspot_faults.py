"""What HubSpot's errors become, over real HTTP, and that no class or text slips through."""

import inspect
import re
from datetime import timedelta

import pytest
import urllib3.exceptions
from hubspot.crm.contacts import exceptions as client_exceptions

from connector.adapters.hubspot import faults
from connector.adapters.hubspot.client import HubSpotClient
from connector.core.errors import ConnectorError, OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.core.problems import Place
from connector.sandbox.http import Answer, json_answer
from tests.adapters.servers import Cut, Drop
from tests.adapters.stubs import TOKEN, error, html, hubspot_client, hubspot_stub, script

MARKED = "jane.secret@example.com"


def outcome(client: HubSpotClient, *, write: bool = False) -> object:
    method = "POST" if write else "GET"
    path = "batch-update" if write else "objects"
    body = {"inputs": []} if write else None
    try:
        return client.call(method, path, {"kind": "contacts"}, body=body, write=write)
    except ConnectorError as problem:
        return problem


def test_every_foreign_class_has_a_meaning() -> None:
    theirs = {
        entry
        for module in (urllib3.exceptions, client_exceptions)
        for _, entry in inspect.getmembers(module, inspect.isclass)
        if issubclass(entry, Exception)
        and not issubclass(entry, Warning)
        and entry.__module__ == module.__name__
    }
    assert theirs == set(faults.BY_CLASS), theirs ^ set(faults.BY_CLASS)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("foreign", sorted(faults.BY_CLASS, key=lambda entry: entry.__name__))
def test_every_foreign_class_is_translated(foreign: type[BaseException], write: bool) -> None:
    made = foreign.__new__(foreign)
    assert isinstance(
        faults.translate(made, write=write, where=Place(file="hubspot:x")), ConnectorError
    )


READS = [
    (html(414), Refused),
    (html(502), TryLater),
    (html(503), TryLater),
    (html(524), TryLater),
    (html(530), StopTheRun),
    (error(423), TryLater),
    (error(403, category="MISSING_SCOPES"), StopTheRun),
    (error(400, category="VALIDATION_ERROR", message=MARKED), Refused),
    (error(404, message="resource not found"), Refused),
    (error(401, category="INVALID_AUTHENTICATION"), StopTheRun),
    (Answer(status=307, headers={"location": "https://elsewhere.example/x"}), StopTheRun),
    (Answer(status=200, body=b'{"results": ["' + MARKED.encode()), TryLater),
    (Drop(), TryLater),
    (Cut(json_answer({"results": []})), TryLater),
]


@pytest.mark.parametrize(("answer", "expected"), READS)
def test_a_read(answer: Answer | Exception, expected: type[ConnectorError]) -> None:
    with hubspot_stub(script(answer)) as (client, _):
        met = outcome(client)
    assert isinstance(met, expected)
    assert MARKED not in str(met)


@pytest.mark.parametrize(
    "answer",
    [html(500), html(502), html(504), Drop(), Cut(json_answer({})), Answer(body=b'{"resu')],
)
def test_a_lost_write_is_unknown_and_sent_once(answer: Answer | Exception) -> None:
    with hubspot_stub(script(answer)) as (client, served):
        assert isinstance(outcome(client, write=True), OutcomeUnknown)
    assert len(served.calls) == 1


def test_a_write_that_never_left_may_come_later() -> None:
    client = hubspot_client("http://127.0.0.1:9")
    assert isinstance(outcome(client, write=True), TryLater)


def test_a_silent_server_times_out() -> None:
    import time

    def slow(_: object) -> Answer:
        time.sleep(0.4)
        return json_answer({})

    with hubspot_stub(slow, timeouts=(0.2, 0.1)) as (client, _):
        assert isinstance(outcome(client, write=True), OutcomeUnknown)


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({"policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"}, {}, 10),
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, {}, 1),
        ({"message": "You have reached your ten_secondly_rolling limit."}, {}, 10),
        ({}, {}, 10),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {"retry-after": "3"}, 3),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {"retry-after": "2.5"}, 2.5),
    ],
)
def test_waits_of_a_429(body: dict[str, str], headers: dict[str, str], wait: float) -> None:
    with hubspot_stub(script(error(429, headers, **body))) as (client, served):
        met = outcome(client)
    assert isinstance(met, TryLater)
    assert met.wait == timedelta(seconds=wait)
    assert len(served.calls) == 3


def test_the_limit_of_the_day_stops_the_run_without_blame() -> None:
    answer = error(429, message="You have reached your daily limit.", policyName="DAILY")
    with hubspot_stub(script(answer)) as (client, served):
        met = outcome(client)
    assert isinstance(met, StopTheRun)
    assert not met.configuration
    assert len(served.calls) == 1


def test_a_busy_moment_passes() -> None:
    busy = error(429, policyName="TEN_SECONDLY_ROLLING")
    with hubspot_stub(script(busy, html(502), json_answer({"results": []}))) as (client, served):
        assert outcome(client) == {"results": []}
    assert len(served.calls) == 3


def test_a_data_centre_move_is_left_to_the_ledger() -> None:
    with hubspot_stub(script(error(477, {"retry-after": "86400"}))) as (client, served):
        met = outcome(client)
    assert isinstance(met, TryLater)
    assert met.wait == timedelta(days=1)
    assert len(served.calls) == 1


def test_a_redirect_is_not_followed_with_the_token() -> None:
    with hubspot_stub(script(json_answer({}))) as (_, elsewhere):
        location = {"location": f"{elsewhere.url}/steal"}
        with hubspot_stub(script(Answer(status=302, headers=location))) as (client, _):
            assert isinstance(outcome(client), StopTheRun)
        assert not elsewhere.calls


def test_a_refusal_keeps_codes_names_and_ids_only() -> None:
    listed = (
        'Property values were not valid: [{"isValid":false,"message":"Email address '
        f'{MARKED} is invalid","error":"INVALID_EMAIL","name":"email"}}]'
    )
    body = {
        "message": listed,
        "category": "VALIDATION_ERROR",
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
        "errors": [{"message": MARKED, "code": "INVALID_EMAIL", "context": {"propertyName": []}}],
    }
    with hubspot_stub(script(error(400, **body))) as (client, _):
        met = outcome(client)
    assert isinstance(met, Refused)
    assert met.problem.code == "hubspot-invalid-email"
    assert "email" in met.problem.what
    assert "aeb5f871" in met.problem.what
    assert MARKED not in str(met)
    assert TOKEN not in str(met)


def test_a_conflict_names_the_existing_record() -> None:
    answer = error(409, category="CONFLICT", message="Contact already exists. Existing ID: 12345")
    with hubspot_stub(script(answer)) as (client, _):
        met = outcome(client, write=True)
    assert isinstance(met, Refused)
    assert "12345" in met.problem.what
    assert re.fullmatch(r"hubspot-conflict", met.problem.code)
