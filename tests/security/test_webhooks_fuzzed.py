"""Whatever calls the receiver of webhooks: an answer, no traceback, and no waking unsigned."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.adapters.hubspot.webhook import SIGNATURE, TIMESTAMP, is_from_hubspot
from connector.receiving import MOST_BYTES, Receiver, server_of
from connector.sandbox.hubspot.webhooks import signed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MOMENT = round(NOW.timestamp() * 1000)
URL = "https://relay.acme.example/hubspot"
SECRET = "not-a-real-secret"
QUIET = settings(max_examples=150, deadline=None)

HEADERS = st.lists(
    st.tuples(
        st.sampled_from([SIGNATURE, TIMESTAMP, SIGNATURE.title(), "host", "x", ""]).map(str.encode)
        | st.binary(max_size=12),
        st.binary(max_size=80) | st.just(str(MOMENT).encode()),
    ),
    max_size=5,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["http.request", "http.disconnect"])},
        optional={
            "body": st.binary(max_size=200) | st.just(bytes(MOST_BYTES + 1)),
            "more_body": st.booleans(),
        },
    ),
    max_size=4,
)
SCOPES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["http", "http", "http", "websocket", "lifespan"]),
        "path": st.sampled_from(["/hubspot", "/hubspot", "/", "", "/hubspot/"]) | st.text(),
        "method": st.sampled_from(["POST", "POST", "GET", ""]) | st.text(max_size=9),
        "query_string": st.binary(max_size=60),
        "headers": HEADERS,
    }
)


class Woken:
    def __init__(self) -> None:
        self.times = 0

    def wake(self) -> None:
        self.times += 1


def called(scope: dict[str, Any], messages: list[dict[str, Any]]) -> tuple[list[int], int]:
    """The statuses that one call is answered with, and how often it woke."""
    woken, sent = Woken(), []
    left = iter([*messages, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(left, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    app = Receiver(SECRET, URL, now=lambda: NOW, wake=woken.wake)
    asyncio.run(app(scope, receive, send))
    return [one["status"] for one in sent if "status" in one], woken.times


@QUIET
@given(scope=SCOPES, messages=MESSAGES)
def test_whatever_is_called_is_answered_and_wakes_nobody(
    scope: dict[str, Any], messages: list[dict[str, Any]]
) -> None:
    statuses, woken = called(scope, messages)
    assert woken == 0
    assert statuses in ([[401], [404], [405], [413]] if scope["type"] == "http" else [[]])


@QUIET
@given(body=st.binary(max_size=300), cut=st.integers(0, 300), query=st.binary(max_size=40))
def test_a_signed_call_of_any_body_wakes_once_in_however_many_pieces(
    body: bytes, cut: int, query: bytes
) -> None:
    """What the call says is not used: it may be no JSON at all."""
    text = query.decode("latin-1")
    url = f"{URL}?{text}" if text else URL
    pairs = signed("POST", url, body, MOMENT, SECRET)
    headers = [(name.lower().encode(), value.encode()) for name, value in dict(pairs).items()]
    pieces = [{"type": "http.request", "body": body[:cut], "more_body": True}]
    pieces += [{"type": "http.request", "body": body[cut:]}]
    scope = {"type": "http", "path": "/hubspot", "method": "POST", "query_string": query}
    genuine = is_from_hubspot(SECRET, "POST", url, body, dict(pairs), NOW)
    assert called(scope | {"headers": headers}, pieces) == ([204 if genuine else 401], genuine)


@QUIET
@given(headers=st.dictionaries(st.sampled_from([SIGNATURE, TIMESTAMP]) | st.text(), st.text()))
def test_no_header_is_an_error_or_believed(headers: dict[str, str]) -> None:
    assert not is_from_hubspot(SECRET, "POST", URL, b"[]", headers, NOW)
    headers |= {TIMESTAMP: str(MOMENT)}
    assert not is_from_hubspot(SECRET, "POST", URL, b"[]", headers, NOW)


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[int, Woken]]:
    woken = Woken()
    server = server_of(Receiver(SECRET, URL, now=lambda: NOW, wake=woken.wake), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1]), woken
    server.should_exit = True
    thread.join(10)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bytes_=st.binary(max_size=200)
    | st.builds(
        b"%s %s HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s".__mod__,
        st.tuples(
            st.sampled_from([b"POST", b"GET", b"\x00", b"PRI"]),
            st.sampled_from([b"/hubspot", b"*", b"//", b"/%ff%00"]),
            st.sampled_from([SIGNATURE.encode(), b"x\x00", b"Transfer-Encoding", b"Upgrade"]),
            st.sampled_from([b"chunked", b"websocket", b"\xff", b""]),
            st.integers(0, 99),
            st.binary(max_size=30),
        ),
    )
)
def test_no_bytes_on_the_line_bring_it_down(
    door: tuple[int, Woken], caplog: pytest.LogCaptureFixture, bytes_: bytes
) -> None:
    port, woken = door
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(bytes_)
        line.shutdown(socket.SHUT_WR)
        while line.recv(4_096):
            pass
    assert woken.times == 0
    assert not [record for record in caplog.records if record.exc_info]
