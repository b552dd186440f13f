"""Looks from outside at a SQLite ledger that is being filled: what is on disk, and since when."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOK = 0.02  #: seconds
#: What is written together has one moment: looks that come late put no two steps into one.
STEPS = (
    "SELECT COUNT(*), MAX(number) FROM event WHERE number > ? GROUP BY kind, run_id, recorded_at"
)
DONE = "SELECT MAX(done_at) FROM action"


@dataclass(slots=True)
class Progress:
    """The largest step of a load, as another process sees it: what a crash could cost."""

    leads: int = 0  #: that were read, passed or delivered together
    seconds: float = 0.0  #: without an event or an action done, from the first to the last


@contextmanager
def watched(ledger: Path) -> Iterator[Progress]:
    """Follows events and actions of a ledger while the block runs; a busy machine makes the pauses
    between them longer, never shorter."""
    progress, stop = Progress(), threading.Event()
    thread = threading.Thread(target=_follow, args=(ledger, progress, stop))
    thread.start()
    try:
        yield progress
    finally:
        stop.set()
        thread.join()


def _follow(ledger: Path, progress: Progress, stop: threading.Event) -> None:
    while not ledger.exists() or not _has_events(ledger):
        if stop.wait(LOOK):
            return
    last, done, since = 0, None, 0.0
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        while not stop.wait(LOOK):
            found = connection.execute(STEPS, (last,)).fetchall()
            before, (done,) = done, connection.execute(DONE).fetchone()
            now = time.perf_counter()
            if not found and done == before:
                continue
            progress.leads = max(progress.leads, *(count for count, _ in found), 0)
            progress.seconds = max(progress.seconds, now - since if since else 0.0)
            last, since = max((number for _, number in found), default=last), now


def _has_events(ledger: Path) -> bool:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        query = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'event'"
        return bool(connection.execute(query).fetchone()[0])
