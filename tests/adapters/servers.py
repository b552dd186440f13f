"""Real HTTP on a free loopback port, in front of a plain function."""

import ssl
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.sandbox.http import Answer, Call

Handler = Callable[[Call], Answer]


class Drop(Exception):
    """Raised by a handler: the connection is closed without an answer."""


class Cut(Exception):
    """Raised by a handler: the answer promises more bytes than it has."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Served:
    """A running server: its address and what it was sent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[Call] = []
        self.connections: set[tuple[str, int]] = set()


def _ignore_those_who_left(request: object, address: object) -> None:
    """A client that timed out has gone; anything else is a fault of the test."""
    if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError):
        traceback.print_exc()


@contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """Serves `handler` until the block ends; one call at a time, as the sandbox does."""
    lock = threading.Lock()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            call = Call(
                method=self.command,
                path=unquote(parts.path),
                query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): text for name, text in self.headers.items()},
                body=self.rfile.read(length),
            )
            with lock:
                served.calls.append(call)
                served.connections.add(self.client_address)
                try:
                    answer, promised = handler(call), 0
                except Drop:
                    self.close_connection = True
                    return
                except Cut as cut:
                    answer, promised = cut.answer, 10
            self.send_response_only(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(answer.body) + promised))
            self.end_headers()
            self.wfile.write(answer.body)
            if promised:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.handle_error = _ignore_those_who_left  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "https" if tls else "http"
    served = Served(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
