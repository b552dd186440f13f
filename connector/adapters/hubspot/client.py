"""HubSpot's official client as a transport: one pool, own pace, own tries, raw JSON."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

import orjson
from urllib3.exceptions import SSLError

from connector.adapters.hubspot import faults
from connector.adapters.hubspot.paths import Paths
from connector.adapters.hubspot.signin import SignIn
from connector.adapters.pacing import Bucket, Buckets, Limit, Patience, Persistence
from connector.adapters.redact import quieten
from connector.core.errors import StopTheRun, TryLater
from connector.core.problems import Place
from connector.ports import Budget

BASE_URL = "https://api.hubapi.com"
GENERAL = Limit(calls=190, seconds=10)  #: private apps on Professional and Enterprise
SEARCH = Limit(calls=5, seconds=1)  #: per account; does not draw on the general one
ASSOCIATIONS = Limit(calls=100, seconds=10)
TIMEOUTS = (5.0, 60.0)  #: seconds to connect and to read; the client has none of its own

#: What reading an answer of an unexpected shape raises.
MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)

T = TypeVar("T")


def _as_it_is(answer: Any) -> Any:
    return answer


_TOKEN_REFUSED = object()  #: in place of an answer


class Pool(Protocol):
    """What stands for urllib3's PoolManager: real sockets, or a sandbox in this process."""

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """An answer with `status`, `reason`, `data` and `headers`."""


class _Answer:
    """An answer read to its end, so that its connection is free again."""

    __slots__ = ("data", "headers", "reason", "status")

    def __init__(self, raw: Any) -> None:
        self.status: int = raw.status
        self.reason: str = raw.reason or ""
        self.headers: dict[str, str] = {k.lower(): v for k, v in dict(raw.headers).items()}
        data: bytes = raw.data or b""
        # The client decodes error bodies strictly; a proxy's page may be in any encoding.
        self.data = data if self.status < 300 else data.decode("utf-8", "replace").encode()

    def getheaders(self) -> dict[str, str]:
        return self.headers


class _Watched:
    """Hands every answer to `seen` and never follows a redirect: the token stays with HubSpot."""

    def __init__(self, pool: Pool, seen: Callable[[_Answer], None]) -> None:
        self._pool, self._seen = pool, seen

    def request(self, method: str, url: str, **kwargs: Any) -> _Answer:
        try:
            raw = self._pool.request(method, url, redirect=False, retries=False, **kwargs)
        except SSLError as error:
            raise faults.TlsFailure(str(error)) from error
        answer = _Answer(raw)
        self._seen(answer)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The three limits that HubSpot keeps apart, and how long one call is tried again."""

    general: Bucket
    search: Bucket
    associations: Bucket
    persistence: Persistence = field(default_factory=Persistence)


def pace(
    buckets: Buckets | None = None,
    *,
    general: Limit = GENERAL,
    search: Limit = SEARCH,
    associations: Limit = ASSOCIATIONS,
    patience: Patience | None = None,
    sleep: Callable[[float], None] = time.sleep,
    dice: random.Random | None = None,
) -> Pace:
    """The buckets under their names, so that all processes on one database share them."""
    made = buckets or Buckets(sleep=sleep)
    return Pace(
        general=made.bucket("hubspot_general", general),
        search=made.bucket("hubspot_search", search),
        associations=made.bucket("hubspot_associations", associations),
        persistence=Persistence(patience, sleep=sleep, dice=dice),
    )


class HubSpotClient:
    """Calls of one portal. Safe for threads; hold one per portal for its connections' sake."""

    def __init__(
        self,
        signin: SignIn,
        *,
        base_url: str = BASE_URL,
        version: str = "",
        pace: Pace,
        pool: Pool | None = None,
        connections: int = 8,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self._signin, self._pace, self._timeouts = signin, pace, timeouts
        self._path = Paths(version)
        self._lock = threading.Lock()
        self._budget = Budget()
        self._moment: datetime | None = None
        self.calls = 0  #: calls that left, tries included
        quieten()
        self._transport = _transport(base_url, connections, pool, self._seen)

    def call(
        self,
        method: str,
        path: str,
        parts: Mapping[str, str] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        write: bool = False,
        bucket: str = "general",
        read: Callable[[Any], T] = _as_it_is,
    ) -> T:
        """What `read` makes of the parsed answer (`{}` for an empty one).

        `path` and `parts` are as in `Paths`. Waits for its turn, tries again for seconds where
        nothing was done, and renews a refused token once. Raises TryLater, Refused, StopTheRun,
        and OutcomeUnknown where `write` is set; an answer that `read` cannot make sense of is as
        good as none.
        """
        address = self._path(path, **(parts or {}))
        where = Place(file=f"hubspot:{path}")
        turn: Bucket = getattr(self._pace, bucket)

        def once() -> Any:
            turn.wait()
            try:
                return self._authorised(method, address, query, body, write=write, where=where)
            except TryLater as later:
                if later.wait is not None and later.wait <= timedelta(minutes=1):
                    turn.hold(later.wait)
                raise

        answer = self._pace.persistence.call(once)
        try:
            return read(answer)
        except MISSHAPEN:
            raise faults.unreadable(write=write, where=where) from None

    def budget(self) -> Budget:
        """Calls of the day, from the last answer that told (OAuth apps are told nothing)."""
        return self._budget

    def moment(self) -> datetime | None:
        """HubSpot's own time at the last answer."""
        return self._moment

    def _authorised(
        self,
        method: str,
        address: str,
        query: Sequence[tuple[str, str]],
        body: Any,
        *,
        write: bool,
        where: Place,
    ) -> Any:
        token = self._signin.token(self._post_form)
        answer = self._send(method, address, token, query, body, write=write, where=where)
        if answer is _TOKEN_REFUSED:
            fresh = self._signin.renew(token, self._post_form)
            answer = self._send(method, address, fresh, query, body, write=write, where=where)
        if answer is _TOKEN_REFUSED:
            raise StopTheRun(f"HubSpot accepts neither the token nor a fresh one ({where})")
        return answer

    def _send(
        self,
        method: str,
        address: str,
        token: str,
        query: Sequence[tuple[str, str]],
        body: Any,
        *,
        write: bool,
        where: Place,
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self._transport.call_api(
                address,
                method,
                query_params=list(query),
                header_params=headers,
                body=body,
                _preload_content=False,
                _request_timeout=self._timeouts,
            )
        except faults.FOREIGN as error:
            if getattr(error, "status", 0) == 401:
                return _TOKEN_REFUSED
            raise faults.translate(error, write=write, where=where) from None
        if not answer.data:
            return {}
        try:
            return orjson.loads(answer.data)
        except orjson.JSONDecodeError:
            raise faults.unreadable(write=write, where=where) from None

    def _post_form(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The token endpoint's answer; every 400 of it means that a person must reconnect."""
        where = Place(file="hubspot:token")
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            answer = self._transport.call_api(
                self._path("token"),
                "POST",
                header_params=headers,
                post_params=list(form.items()),
                _preload_content=False,
                _request_timeout=self._timeouts,
            )
            return dict(orjson.loads(answer.data))
        except faults.FOREIGN as error:
            if 400 <= int(getattr(error, "status", 0) or 0) < 429:
                raise StopTheRun(
                    "HubSpot does not accept the refresh token: connect the app again."
                ) from None
            raise faults.translate(error, write=False, where=where) from None
        except (orjson.JSONDecodeError, TypeError, ValueError):
            raise faults.unreadable(write=False, where=where) from None

    def _seen(self, answer: _Answer) -> None:
        """Learns limits, what is left of the day, and HubSpot's time from the headers."""
        headers = answer.headers
        with self._lock:
            self.calls += 1
            limit = _number(headers.get("x-hubspot-ratelimit-daily"))
            left = _number(headers.get("x-hubspot-ratelimit-daily-remaining"))
            if limit is not None or left is not None:
                self._budget = Budget(limit=limit, remaining=left)
            self._moment = _moment(headers.get("date")) or self._moment
        most = _number(headers.get("x-hubspot-ratelimit-max"))
        span = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
        if most and span:
            self._pace.general.learn(Limit(calls=most, seconds=span / 1000))


def _transport(
    base_url: str, connections: int, pool: Pool | None, seen: Callable[[_Answer], None]
) -> Any:
    """The client's low-level caller. It is taken once: each access would build a new pool."""
    from hubspot import HubSpot

    client = HubSpot(
        access_token="",
        host=base_url,
        base_url=base_url,
        retry=False,
        connection_pool_maxsize=connections,
    )
    transport = client.crm.contacts.basic_api.api_client
    # What we give is plain JSON already; theirs copies every value of every body to make sure.
    transport.sanitize_for_serialization = _as_it_is
    transport.set_default_header("Accept-Encoding", "gzip")
    transport.rest_client.pool_manager = _Watched(pool or transport.rest_client.pool_manager, seen)
    return transport


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
