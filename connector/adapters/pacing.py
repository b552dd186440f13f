"""Keeps calls within the vendors' limits, and tries a call again for seconds, never for minutes."""

import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import tenacity
from pyrate_limiter import Rate, RateItem
from pyrate_limiter.buckets import InMemoryBucket, PostgresBucket, SQLiteBucket

from connector.core.errors import TryLater

T = TypeVar("T")
Sleep = Callable[[float], None]
Clock = Callable[[], float]

_LEAK_EVERY = 200  #: puts between two clean-ups of a bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float

    def rate(self) -> Rate:
        """The rate to keep: stretched by a hundredth, at least 50 ms.

        A call reaches the server later than it was stamped here, and not all by the same time; the
        margin keeps the difference from showing as a 429 at the window's edge.
        """
        margin = max(self.seconds * 0.01, 0.05)
        return Rate(self.calls, round((self.seconds + margin) * 1000))


class Bucket:
    """One limit that all callers share: waits its turn, and learns from the answers' headers."""

    def __init__(
        self,
        bucket: Any,
        limit: Limit,
        *,
        clock: Clock = time.time,
        sleep: Sleep = time.sleep,
        failures: tuple[type[Exception], ...] = (),
    ) -> None:
        self._bucket, self._set, self._limit = bucket, limit, limit
        # Machines that share a database go by its clock: their own ones differ.
        self._stamp = bucket.now if isinstance(bucket, PostgresBucket) else self._milliseconds
        self._clock, self._sleep = clock, sleep
        self._failures = failures
        self._lock = threading.Lock()
        self._held_until = 0.0
        self._puts = 0

    @property
    def limit(self) -> Limit:
        """The limit that is being kept."""
        return self._limit

    def wait(self) -> None:
        """Returns when one more call may leave."""
        while (delay := self._try()) > 0:
            self._sleep(delay)

    def _try(self) -> float:
        """Takes a place and returns 0, or the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            if now < self._held_until:
                return self._held_until - now
            with _away_is_later(self._failures):
                return self._put()

    def _put(self) -> float:
        item = RateItem("call", self._stamp())
        if self._bucket.put(item):
            self._puts += 1
            if self._puts % _LEAK_EVERY == 0:
                self._bucket.leak(item.timestamp)
            return 0.0
        # A shared bucket that was busy for a moment knows no wait: ask again soon.
        return max(float(self._bucket.waiting(item)) / 1000, 0.005)

    def _milliseconds(self) -> int:
        return round(self._clock() * 1000)

    def hold(self, wait: timedelta) -> None:
        """Nobody in this process sends before `wait` has passed: the server said so."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + wait.total_seconds())

    def learn(self, named: Limit) -> None:
        """Keeps to the limit that the server itself named, where it is tighter than the set one."""
        tighter = named.calls * self._set.seconds < self._set.calls * named.seconds
        limit = named if tighter and named.calls > 0 else self._set
        with self._lock:
            if limit != self._limit:
                self._limit = limit
                self._bucket.rates = [limit.rate()]

    def close(self) -> None:
        """Lets go of a shared bucket's connection."""
        self._bucket.close()


def _failures_at(url: str) -> tuple[type[Exception], ...]:
    """What a shared bucket raises when its database is away."""
    if url.startswith("sqlite:"):
        return (sqlite3.Error,)
    if url.startswith("postgres"):
        import psycopg

        return (psycopg.Error,)
    return ()


@contextmanager
def _away_is_later(failures: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except failures as error:
        raise TryLater(
            f"the database of the shared limits is away ({type(error).__name__})"
        ) from None


class Buckets:
    """Makes buckets: in this process by default, shared on a database when its URL is given.

    `url` is `sqlite:///<file>` (a file of its own, beside the ledger) or `postgresql://…`.
    """

    def __init__(
        self, url: str = "", *, clock: Clock = time.time, sleep: Sleep = time.sleep
    ) -> None:
        self._url, self._clock, self._sleep = url, clock, sleep

    def bucket(self, name: str, limit: Limit) -> Bucket:
        """The bucket of that name; the same name on the same database is the same bucket."""
        failures = _failures_at(self._url)
        with _away_is_later(failures):
            raw = self._raw(name, [limit.rate()])
        return Bucket(raw, limit, clock=self._clock, sleep=self._sleep, failures=failures)

    def _raw(self, name: str, rates: list[Rate]) -> Any:
        if not self._url:
            return InMemoryBucket(rates)
        if self._url.startswith("sqlite:///"):
            return _sqlite_bucket(Path(self._url.removeprefix("sqlite:///")), name, rates)
        if self._url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
            dsn = self._url.replace("postgresql+psycopg://", "postgresql://", 1)
            return PostgresBucket(_OneConnection(dsn), name, rates)
        raise ValueError("the limits can be shared on sqlite:///FILE or postgresql://… only")


def _sqlite_bucket(file: Path, name: str, rates: list[Rate]) -> SQLiteBucket:
    bucket = SQLiteBucket.init_from_file(
        rates, table=f"pace_{name}", db_path=str(file), use_file_lock=True
    )
    bucket.conn.execute("PRAGMA busy_timeout=10000")
    return bucket


class _OneConnection:
    """What PostgresBucket needs of a pool, with one connection that is opened again when lost."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = threading.Lock()
        self._connection: Any = None
        self.closed = False

    @contextmanager
    def connection(self) -> Iterator[Any]:
        import psycopg

        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._dsn, connect_timeout=10)
                weakref.finalize(self, self._connection.close)
            with self._connection.transaction():
                yield self._connection

    def close(self) -> None:
        self.closed = True
        if self._connection is not None:
            self._connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one call may be tried again before the caller is told to come back later."""

    attempts: int = 5
    longest_wait: timedelta = timedelta(seconds=30)  #: a longer wait belongs to the ledger
    first_wait: timedelta = timedelta(milliseconds=500)


class Persistence:
    """Tries a call again while it raises a short TryLater.

    TryLater means that nothing was done, so that even a write may be repeated; a lost answer is an
    OutcomeUnknown and is never repeated here.
    """

    def __init__(
        self,
        patience: Patience | None = None,
        *,
        sleep: Sleep = time.sleep,
        dice: random.Random | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._sleep = sleep
        self._dice = dice or random.Random()

    def call(self, function: Callable[[], T]) -> T:
        """The answer of `function`; raises its last TryLater when patience has run out."""
        return tenacity.Retrying(
            sleep=self._sleep,
            stop=tenacity.stop_after_attempt(self._patience.attempts),
            retry=tenacity.retry_if_exception(self._is_short),
            wait=self._wait,
            reraise=True,
        )(function)

    def _is_short(self, error: BaseException) -> bool:
        if not isinstance(error, TryLater):
            return False
        return error.wait is None or error.wait <= self._patience.longest_wait

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """What the server asked for, or half a second doubling; with jitter in both cases."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryLater) and error.wait is not None:
            return error.wait.total_seconds() * (1 + 0.1 * self._dice.random())
        doubled = self._patience.first_wait.total_seconds() * 2.0 ** (state.attempt_number - 1)
        return doubled * (0.5 + self._dice.random() / 2)
