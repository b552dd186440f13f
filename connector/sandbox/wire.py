"""A simulated system on the wire: the ASGI shell around its handler, real resets included."""

import asyncio
import contextlib
import gzip
import socket
import struct
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from connector.sandbox.fault_answers import phrase
from connector.sandbox.faults import Delivery
from connector.sandbox.http import Answer, Call

Deliver = Callable[[Call], Delivery]

GZIP_FROM = 1_024  #: bytes; smaller answers stay as they are
PATIENCE = 600.0  #: seconds a lost answer keeps its connection open
_BODILESS = (204, 304)


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 connection, which lets the application end it as rudely as networks do."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Shell:
    """Puts a system's handler on the wire: bodies read whole, gzip when asked, faults acted out."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request (ASGI)."""
        call = await read_call(scope, receive)
        if call is None:
            return
        delivery = self._deliver(call)
        if delivery.delay:
            await asyncio.sleep(delivery.delay)
        if delivery.breakage == "reset":
            reset(scope["state"]["transport"])
        elif delivery.breakage == "lost":
            await _silence(scope["state"]["transport"])
        elif delivery.answer is not None and delivery.breakage == "cut":
            _cut(scope["state"]["transport"], delivery.answer, delivery.sent)
        elif delivery.answer is not None:
            await _send_answer(delivery.answer, call, send)


async def read_call(scope: Scope, receive: Receive) -> Call | None:
    """The request as a Call; None where the client left before it was complete.

    The path stays percent-encoded: an external id may hold a slash, and only the system knows
    where its segments end.
    """
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
    return make_call(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"".join(chunks),
    )


def make_call(*, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Call:
    """A Call from the parts of a request; compressed bodies are unpacked, broken ones kept."""
    if headers.get("content-encoding") in ("gzip", "deflate"):
        with contextlib.suppress(zlib.error):
            body = zlib.decompress(body, wbits=zlib.MAX_WBITS | 32)
    pairs = tuple(parse_qsl(query, keep_blank_values=True)) if query else ()
    return Call(method=method, path=path, query=pairs, headers=headers, body=body)


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection with RST instead of FIN, so that the client sees a real reset."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _silence(transport: asyncio.Transport) -> None:
    """Says nothing until the client goes, or until nobody can be waiting any more."""
    waited = 0.0
    while not transport.is_closing() and waited < PATIENCE:
        await asyncio.sleep(0.1)
        waited += 0.1
    transport.abort()


def _cut(transport: asyncio.Transport, answer: Answer, sent: int) -> None:
    """Promises the whole body, sends a part of it, and hangs up."""
    head = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
    head += [f"{name}: {text}" for name, text in answer.headers.items()]
    head += [f"content-length: {len(answer.body)}", "", ""]
    transport.write("\r\n".join(head).encode("latin-1") + answer.body[:sent])
    transport.close()


async def _send_answer(answer: Answer, call: Call, send: Send) -> None:
    headers: list[tuple[bytes, bytes]] = [
        (name.lower().encode("latin-1"), text.encode("latin-1"))
        for name, text in answer.headers.items()
    ]
    body = answer.body
    if len(body) >= GZIP_FROM and "gzip" in call.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    if answer.status not in _BODILESS:
        headers.append((b"content-length", str(len(body)).encode()))
    start: dict[str, Any] = {"type": "http.response.start", "status": answer.status}
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body})
