"""A sandbox on a standing clock, calls in one line, and a server for the official client."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import uvicorn

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call, Handler
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.hubspot.system import HubSpotSandbox

START = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)


class Client:
    """Sends calls to a handler in process and reads the answers."""

    def __init__(self, handler: Handler, token: str = "pat-na1-sandbox") -> None:
        self.handler = handler
        self.token = token

    def answer(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        """The whole answer of one call."""
        parts = urlsplit(url)
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        given = {"authorization": f"Bearer {self.token}", "accept": "application/json", **headers}
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(method=method, path=parts.path, query=query, headers=given, body=raw)
        return self.handler(call)

    def __call__(self, method: str, url: str, body: Any = None, status: int = 200) -> Any:
        """The body of one call, whose status is checked."""
        answer = self.answer(method, url, body)
        assert answer.status == status, (answer.status, answer.body)
        return orjson.loads(answer.body) if answer.body else None


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(START)


@pytest.fixture
def make(clock: SandboxClock) -> Callable[..., HubSpotSandbox]:
    """Makes a sandbox with settings of one's own."""

    def build(**settings: Any) -> HubSpotSandbox:
        return HubSpotSandbox(clock, seed=7, settings=HubSpotSettings(**settings))

    return build


@pytest.fixture
def sandbox(make: Callable[..., HubSpotSandbox]) -> HubSpotSandbox:
    """A sandbox without rate limits, whose search index is at once up to date."""
    return make(enforce_limits=False, search_lag_seconds=0)


@pytest.fixture
def hub(sandbox: HubSpotSandbox) -> Client:
    return Client(sandbox.handle)


def asgi(handler: Handler) -> Any:
    """The thinnest HTTP shell around a handler."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=tuple(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={name.decode(): value.decode() for name, value in scope["headers"]},
            body=body,
        )
        answer = handler(call)
        headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    return app


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], str]]:
    """Serves a handler over HTTP on a free port; gives the address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(handler: Handler) -> str:
        config = uvicorn.Config(asgi(handler), port=0, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
        running.append((server, thread))
        port = server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)
