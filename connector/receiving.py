"""Hears webhooks of HubSpot, believes the signed ones alone, and has leads pulled soon after."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from connector.adapters.hubspot.webhook import is_from_hubspot

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger("leadrelay.receive")

MOST_BYTES = 1_000_000  #: HubSpot sends at most 100 events in a call


class Waker:
    """Runs something `wait` seconds after it was asked for, in a thread, one run at a time.

    What is asked for while it waits or runs is not lost: a run counts only for what was asked for
    at least `wait` seconds before it began. `ended` is done when no run will follow any more:
    after `stop`, or with the exception of a run.
    """

    def __init__(self, run: Callable[[], object], *, wait: float) -> None:
        self._run, self._wait = run, wait
        self._changed = threading.Condition()
        self._first = self._last = 0.0  # when it was asked for; 0: it was not
        self._ends = False
        pool = ThreadPoolExecutor(1, thread_name_prefix="leadrelay-waker")
        self.ended: Future[None] = pool.submit(self._work)
        pool.shutdown(wait=False)  # it takes nothing more

    def wake(self) -> None:
        with self._changed:
            self._last = time.monotonic()
            self._first = self._first or self._last
            self._changed.notify()

    def stop(self) -> None:
        """Ends once the run under way has; what was asked for since is left to the timetable.

        Raises what a run raised.
        """
        with self._changed:
            self._ends = True
            self._changed.notify()
        self.ended.result()

    def _work(self) -> None:
        while self._is_due():
            began = time.monotonic()
            with self._changed:
                self._first = self._last if self._last + self._wait > began else 0.0
            self._run()

    def _is_due(self) -> bool:
        """Waits until a run is due; False when it is time to end."""
        with self._changed:
            while not self._ends:
                left = self._first + self._wait - time.monotonic() if self._first else None
                if left is not None and left <= 0:
                    return True
                self._changed.wait(left)
        return False


class Receiver:
    """An ASGI application that answers one address: POST with a valid signature wakes, and
    everything else is refused without a word.

    `url` is the address as HubSpot calls it, since the signature covers it. What the call says is
    not used: the leads are read from HubSpot, so that a call that is sent again does no harm.
    """

    def __init__(
        self, secret: str, url: str, *, now: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        self._secret, self._now, self._wake = secret, now, wake
        self._url = url.partition("?")[0]
        self._path = urlsplit(url).path or "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] != self._path:
            await _answer(send, 404)
        elif scope["method"] != "POST":
            await _answer(send, 405)
        elif (body := await _body(receive)) is None:
            await _answer(send, 413)
        elif self._is_signed(scope, body):
            self._wake()
            await _answer(send, 204)
        else:
            log.warning("webhook refused")
            await _answer(send, 401)

    def _is_signed(self, scope: Scope, body: bytes) -> bool:
        query = scope["query_string"].decode("latin-1")
        url = f"{self._url}?{query}" if query else self._url
        headers = {name.decode("latin-1"): it.decode("latin-1") for name, it in scope["headers"]}
        return is_from_hubspot(self._secret, "POST", url, body, headers, self._now())


def server_of(app: Receiver, host: str, port: int) -> "uvicorn.Server":
    """The server as it runs: HTTP alone, a hundred calls at a time, and no word about itself."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=100,
        )
    )


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is larger than HubSpot's are, or the caller hung up."""
    found = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        found += message.get("body", b"")
        if len(found) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(found)


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})
