"""A vendor, or whoever answers in its place, that says our token back: nobody else hears of it."""

import logging
import traceback
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connector.adapters.redact import code_of
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.core.errors import ConnectorError
from connector.ports import RowResult
from connector.sandbox.http import Answer, Call
from connector.sandbox.world import World
from tests.adapters.conftest import bench_on
from tests.adapters.test_odd_answers import everything

TOKENS = {
    "hubspot": "pat-na1-8a7f3c10-51de-4b6a-9c3e-77d0a1b2c3d4",
    "salesforce": "00D5g000004bX9a!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL",
}
STATUSES = (200, 302, 400, 401, 403, 404, 409, 423, 429, 500, 503)


def said_back(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return {key: said_back(part, token) for key, part in value.items()}
    if isinstance(value, list):
        return [said_back(part, token) for part in value]
    return token if isinstance(value, str) else value


def echoing(world: World, status: int) -> None:
    """Every text of every answer is the token, and where an error may tell something, too."""
    words = ("status", "message", "category", "subCategory", "correlationId", "errorCode", "error")
    error = dict.fromkeys(words, "") | {"errors": [{"code": "", "in": ""}], "fields": [""]}
    for name, system in (("hubspot", world.hubspot), ("salesforce", world.salesforce)):
        inner, token = system.handle, TOKENS[name]

        def handle(call: Call, inner: Any = inner, token: str = token) -> Answer:
            answer = inner(call)
            if "oauth" in call.path:
                return answer
            shape: Any = orjson.loads(answer.body) if status == 200 and answer.body else error
            if status != 200 and "/services/" in call.path:
                shape = [shape]
            headers = dict.fromkeys(("location", "retry-after", "x-hubspot-correlation-id"), token)
            body = orjson.dumps(said_back(shape, token))
            return Answer(status=status, headers={**answer.headers, **headers}, body=body)

        world._handlers[name] = handle  # type: ignore[index]


@pytest.mark.parametrize("status", STATUSES)
def test_who_says_the_token_back_gets_it_into_no_error_and_no_log(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = World(seed=status)
    bench = bench_on(world, None)
    world.hubspot.load_contacts([{"email": "p@example.com", "lastname": "Okafor"}])
    ids = [row["id"] for row in world.hubspot.records("contacts")]
    world.clock.advance(timedelta(minutes=1))
    echoing(world, status)
    told: list[str] = []
    bulk = SalesforceCrm(bench.salesforce, bulk_from=2)
    for step in everything(bench.marketing, bench.crm, bulk, ids):
        try:
            results = step()
        except ConnectorError as error:
            told += [repr(error), *traceback.format_exception(error)]
        else:  # rows that were refused say why
            rows = results if isinstance(results, list) else []
            told += [repr(row.problem) for row in rows if isinstance(row, RowResult)]
    assert told
    told += [record.getMessage() + repr(vars(record)) for record in caplog.records]
    for token in TOKENS.values():
        assert not [text for text in told if token in text]


def test_a_code_is_no_token() -> None:
    for code in ("VALIDATION_ERROR", "crm.contacts.NO_EMAIL", "PROPERTY_2_WRONG", "HTTP_4.29"):
        assert code_of(code) == code
    assert not [token for token in TOKENS.values() if code_of(token)]
