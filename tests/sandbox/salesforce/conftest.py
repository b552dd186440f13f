"""A sandbox with a standing clock, a client that speaks to its handler, and a real server."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
import pytest
import uvicorn

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call, Handler
from connector.sandbox.salesforce.endpoints import find
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.salesforce.system import SalesforceSandbox

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ROOT = "/services/data/v60.0"


@dataclass
class Client:
    """Sends calls to a handler as a signed-in client would."""

    handler: Handler
    token: str | None = "00D-sandbox-session"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` is below the version unless it starts with /services or /id."""
        parts = urlsplit(path)
        where = parts.path if parts.path.startswith(("/services", "/id")) else ROOT + parts.path
        given = {name.lower().replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            given.setdefault("authorization", f"Bearer {self.token}")
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(method=method, path=where, query=query, headers=given, body=raw)
        answer = self.handler(call)
        if answer.status < 300:
            meant = call.value("_HttpMethod", method) if method == "POST" else method
            assert find(meant, where), f"{meant} {where} is missing in the table of endpoints"
        return answer

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.send(method, path, body, **headers)
        return orjson.loads(answer.body) if answer.body else None

    def query(self, soql: str, *, path: str = "query", **headers: str) -> Any:
        return self.json("GET", f"/{path}/?{urlencode({'q': soql})}", **headers)

    def ids(self, soql: str) -> list[str]:
        return [record["Id"] for record in self.query(soql)["records"]]

    def error(self, soql: str) -> tuple[str, str]:
        (fault,) = self.query(soql)
        return fault["errorCode"], fault["message"]


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(START)


@pytest.fixture
def sandbox(clock: SandboxClock) -> SalesforceSandbox:
    return SalesforceSandbox(clock, seed=1)


@pytest.fixture
def client(sandbox: SalesforceSandbox) -> Client:
    return Client(sandbox.handle)


@pytest.fixture
def make(clock: SandboxClock) -> Callable[..., SalesforceSandbox]:
    """A sandbox with other settings."""

    def with_settings(**settings: Any) -> SalesforceSandbox:
        return SalesforceSandbox(clock, seed=1, settings=SalesforceSettings(**settings))

    return with_settings


def as_asgi(handler: Handler) -> Any:
    """The handler as an ASGI application; the raw path keeps encoded slashes apart."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        call = Call(
            method=scope["method"],
            path=scope["raw_path"].decode().split("?")[0],
            query=tuple(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        answer = handler(call)
        head = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})

    return application


@pytest.fixture
def server(sandbox: SalesforceSandbox) -> Iterator[str]:
    """The sandbox over real HTTP on a free port; yields its address."""
    config = uvicorn.Config(
        as_asgi(sandbox.handle), host="127.0.0.1", port=0, lifespan="off", log_level="warning"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(timeout=10)
