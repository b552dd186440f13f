"""Clients against a stub server that says what a test wants it to say."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from connector.adapters.hubspot import client as hubspot
from connector.adapters.hubspot.signin import PrivateToken
from connector.adapters.hubspot.signin import SignIn as HubSpotSignIn
from connector.adapters.pacing import Buckets, Patience
from connector.adapters.salesforce import client as salesforce
from connector.adapters.salesforce.signin import ClientCredentials
from connector.adapters.salesforce.signin import SignIn as SalesforceSignIn
from connector.sandbox.http import Answer, Call, json_answer
from tests.adapters.servers import Handler, Served, serving

TOKEN = "pat-na1-stub-secret"
GRANT = {"access_token": "first-secret", "instance_url": "https://acme.my.salesforce.com"}

PATIENCE = Patience(attempts=3)


def no_sleep(seconds: float) -> None:
    """Waits are not what these tests are about."""


class Running:
    """A clock that moves only by sleeping, for clients that wait."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def hubspot_client(
    url: str, signin: HubSpotSignIn | None = None, **given: Any
) -> hubspot.HubSpotClient:
    """A client of the stub; its waits pass on a clock of its own."""
    running = given.pop("running", None) or Running()
    pace = hubspot.pace(
        Buckets(clock=running.now, sleep=running.sleep),
        patience=PATIENCE,
        sleep=running.sleep,
        dice=random.Random(1),
    )
    return hubspot.HubSpotClient(
        signin or PrivateToken(TOKEN),
        base_url=url,
        pace=pace,
        timeouts=given.pop("timeouts", (1.0, 1.0)),
        **given,
    )


def salesforce_client(
    url: str, signin: SalesforceSignIn | None = None, **given: Any
) -> salesforce.SalesforceClient:
    """A client of the stub; its waits pass on a clock of its own."""
    running = given.pop("running", None) or Running()
    pace = salesforce.pace(
        Buckets(clock=running.now, sleep=running.sleep),
        patience=PATIENCE,
        sleep=running.sleep,
        dice=random.Random(1),
    )
    credentials = ClientCredentials(
        client_id="sandbox-client",
        client_secret="sandbox-secret",
        domain="https://acme.my.salesforce.com",
    )
    return salesforce.SalesforceClient(
        signin or credentials,
        pace=pace,
        base_url=url,
        timeouts=given.pop("timeouts", (1.0, 1.0)),
        **given,
    )


@contextmanager
def hubspot_stub(handler: Handler, **given: Any) -> Iterator[tuple[hubspot.HubSpotClient, Served]]:
    with serving(handler) as served:
        yield hubspot_client(served.url, **given), served


@contextmanager
def salesforce_stub(
    handler: Handler, **given: Any
) -> Iterator[tuple[salesforce.SalesforceClient, Served]]:
    """The token endpoint is answered here; `served.calls` has the token calls too."""

    def whole(call: Call) -> Answer:
        if call.path == "/services/oauth2/token":
            return json_answer(GRANT)
        return handler(call)

    with serving(whole) as served:
        yield salesforce_client(served.url, **given), served


def script(*answers: Answer | Exception | Callable[[Call], Answer]) -> Handler:
    """Answers in turn; the last one is repeated."""
    waiting = list(answers)

    def handler(call: Call) -> Answer:
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else answer(call)

    return handler


def body_of(call: Call) -> Any:
    return orjson.loads(call.body)


def api_calls(served: Served) -> list[Call]:
    """Without the token endpoint's."""
    return [call for call in served.calls if "/oauth" not in call.path]


def contact(id_: int, updated: str = "2026-03-02T08:00:00Z", **values: str) -> dict[str, Any]:
    return {
        "id": str(id_),
        "properties": {"hs_object_id": str(id_), **values},
        "createdAt": "2026-01-01T00:00:00.123Z",
        "updatedAt": updated,
        "archived": False,
    }


def html(status: int) -> Answer:
    return Answer(
        status=status,
        headers={"content-type": "text/html"},
        body=b"<html>\xe9 caf\xe9 jane.secret@example.com</html>",
    )


def error(status: int, headers: Mapping[str, str] | None = None, **body: Any) -> Answer:
    return json_answer({"status": "error", **body}, status=status, headers=headers)
