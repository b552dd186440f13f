"""Which workers are alive: each holds a lease in the ledger and renews it while it works."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from connector.core.errors import TryLater
from connector.ports import Clock
from connector.store import SqlLedger

log = logging.getLogger("leadrelay.work")

PREFIX = "worker:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A worker as the ledger knows it."""

    executor: str
    version: str
    until: datetime
    alive: bool


def seen(ledger: SqlLedger, now: datetime) -> list[Seen]:
    """Every worker that did not stop by itself, the dead ones too."""
    return [
        Seen(
            executor=name.removeprefix(PREFIX),
            version=holder.rpartition("@")[2],
            until=until,
            alive=until > now,
        )
        for name, holder, until in ledger.leases()
        if name.startswith(PREFIX)
    ]


class Alive:
    """Says that a worker lives, until it is told to stop."""

    def __init__(
        self, ledger: SqlLedger, clock: Clock, executor: str, version: str, *, seconds: int
    ) -> None:
        self._ledger, self._clock, self._seconds = ledger, clock, seconds
        self._name = f"{PREFIX}{executor}"
        self._holder = f"{os.getpid()}.{os.urandom(4).hex()}@{version}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="alive", daemon=True)

    def start(self) -> bool:
        """False where another living worker has the name."""
        if not self._say():
            return False
        self._thread.start()
        return True

    def stop(self, *, sign_off: bool = True) -> None:
        """Renews the lease no more; without `sign_off` it is left to run out."""
        self._stop.set()
        self._thread.join()
        if sign_off:
            with suppress(TryLater):  # then it runs out
                self._ledger.release(self._name, holder=self._holder)

    def _say(self) -> bool:
        return self._ledger.lease(
            self._name, holder=self._holder, now=self._clock.now(), seconds=self._seconds
        )

    def _renew(self) -> None:
        while not self._stop.wait(self._seconds / 4):
            try:
                self._say()
            except TryLater as error:
                log.warning("the ledger is away", extra={"error": str(error)})


def bury(
    ledger: SqlLedger,
    clock: Clock,
    rescue: Callable[[Seen], int],
    *,
    seconds: int,
) -> int:
    """Hands each dead worker to `rescue`, under its own lease, and forgets it; returns how many
    pieces of work were taken over.

    Whoever takes the dead one's lease is alone with it. A worker that was only asleep finds its
    lease taken, and says again that it is alive once that has run out; steps may then have run
    twice, which they must bear.
    """
    taken = 0
    for dead in seen(ledger, clock.now()):
        if dead.alive:
            continue
        name, holder = f"{PREFIX}{dead.executor}", f"burial@{dead.version}"
        if ledger.lease(name, holder=holder, now=clock.now(), seconds=seconds):
            count = rescue(dead)
            ledger.release(name, holder=holder)
            taken += count
            log.warning("worker is gone", extra={"worker": dead.executor, "count": count})
    return taken
