"""The sandbox without sockets: transports for both official clients that call it directly."""

from collections.abc import Mapping
from datetime import timedelta
from http.client import IncompleteRead
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError
from urllib3.util.retry import Retry

from connector.sandbox.fault_answers import phrase
from connector.sandbox.faults import SystemName
from connector.sandbox.http import Answer, Call
from connector.sandbox.wire import make_call
from connector.sandbox.world import World

_HOST = urllib3.HTTPConnectionPool("sandbox.invalid")


class InProcessPool(urllib3.PoolManager):
    """A urllib3 pool manager that reaches a world's system without a socket.

    It stands in for `api_client.rest_client.pool_manager` of the HubSpot client. Broken
    connections raise what urllib3 raises, after the retries that urllib3 would have made (without
    its pauses).
    """

    def __init__(self, world: World, system: SystemName = "hubspot") -> None:
        super().__init__()
        self._world = world
        self._system = system

    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **given: Any
    ) -> urllib3.BaseHTTPResponse:
        """One request, repeated as far as `retries` says."""
        retries = Retry.from_int(given.get("retries"), redirect=redirect)
        headers = given.get("headers") or {}
        call = _call(method, url, headers, given.get("body"))
        seconds = _read_seconds(given.get("timeout"))
        while True:
            try:
                answer = _exchange(self._world, self._system, call, seconds)
            except (ProtocolError, ReadTimeoutError) as error:
                retries = retries.increment(method, url, error=error, _pool=_HOST)
                continue
            response = _response(answer, method, preload=bool(given.get("preload_content", True)))
            waits = "retry-after" in answer.headers
            if not retries.is_retry(method, answer.status, waits):
                return response
            try:
                retries = retries.increment(method, url, response=response, _pool=_HOST)
            except MaxRetryError:
                if retries.raise_on_status:
                    raise
                return response


class InProcessAdapter(HTTPAdapter):
    """A requests adapter that reaches a world's system without a socket (mount it on a session).

    Broken connections and timeouts raise what requests raises.
    """

    def __init__(self, world: World, system: SystemName = "salesforce") -> None:
        super().__init__()
        self._world = world
        self._system = system

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, timeout: Any = None, **given: Any
    ) -> requests.Response:
        """Carries one prepared request out."""
        method = request.method or "GET"
        call = _call(method, request.url or "", request.headers, request.body)
        try:
            answer = _exchange(self._world, self._system, call, _read_seconds(timeout))
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error, request=request) from error
        except ProtocolError as error:
            raise requests.ConnectionError(error, request=request) from error
        return self.build_response(request, _response(answer, method, preload=False))


class _CutBody(BytesIO):
    """The part of a body that came before the connection ended; its end is an error."""

    def __init__(self, part: bytes, promised: int) -> None:
        super().__init__(part)
        self._missing = promised - len(part)

    def read(self, amount: int | None = -1, /) -> bytes:
        data = super().read(amount)
        if self._missing and (amount is None or amount < 0 or len(data) < amount):
            raise IncompleteRead(data, self._missing)
        return data


def _call(method: str, url: str, headers: Mapping[str, Any], body: Any) -> Call:
    parts = urlsplit(url)
    given = {str(name).lower(): _text(value) for name, value in headers.items()}
    given.setdefault("host", parts.netloc)
    return make_call(
        method=method.upper(),
        path=parts.path or "/",
        query=parts.query,
        headers=given,
        body=_bytes(body),
    )


def _exchange(world: World, system: SystemName, call: Call, seconds: float | None) -> Answer:
    """What arrives within `seconds`; waiting passes on the sandbox's clock.

    A body that was cut keeps the content-length of the whole one, so that its reader notices.
    """
    delivery = world.deliver(system, call)
    if delivery.delay:
        world.clock.advance(timedelta(seconds=min(delivery.delay, seconds or delivery.delay)))
    too_slow = seconds is not None and delivery.delay > seconds
    if delivery.breakage == "lost" or too_slow:
        raise ReadTimeoutError(_HOST, call.path, f"Read timed out. (read timeout={seconds})")
    if delivery.answer is None:
        cause = ConnectionResetError(104, "Connection reset by peer")
        raise ProtocolError("Connection aborted.", cause)
    if delivery.breakage != "cut":
        return delivery.answer
    answer = delivery.answer
    length = {"content-length": str(len(answer.body))}
    return Answer(
        status=answer.status,
        headers={**answer.headers, **length},
        body=answer.body[: delivery.sent],
    )


def _response(answer: Answer, method: str, *, preload: bool) -> urllib3.HTTPResponse:
    headers = {"content-length": str(len(answer.body)), **answer.headers}
    silent = method.upper() == "HEAD" or answer.status in (204, 304)
    return urllib3.HTTPResponse(
        body=BytesIO() if silent else _CutBody(answer.body, int(headers["content-length"])),
        headers=headers,
        status=answer.status,
        reason=phrase(answer.status),
        request_method=method,
        preload_content=preload,
    )


def _read_seconds(timeout: Any) -> float | None:
    """The read timeout in seconds, as urllib3 or requests spell it."""
    if isinstance(timeout, urllib3.Timeout):
        timeout = timeout.read_timeout
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    return float(timeout) if isinstance(timeout, int | float) else None


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        return _bytes(body.read())
    return b"".join(_bytes(part) for part in body)
