"""What DBOS loses while its database is away: connections it would not ask for again, and work."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dbos import DBOS
from sqlalchemy import Engine, ExceptionContext, event

#: What psycopg says of a server that refuses at once; DBOS knows "connection failed" alone.
_REFUSED = "connection is bad"


@contextmanager
def asked_again() -> Iterator[None]:
    """While the block runs, a refused connection counts as a lost one: DBOS then waits and asks
    again, where else it would give up the workflow that it is at."""
    event.listen(Engine, "handle_error", _note)
    try:
        yield
    finally:
        event.remove(Engine, "handle_error", _note)


def _note(context: ExceptionContext) -> None:
    if _REFUSED in str(context.original_exception):
        context.is_disconnect = True


class UnderWay:
    """The workflows that this process is really at.

    One that DBOS has down as ours without being at it was lost on its way from the queue, or when
    what it had done could not be noted. Nobody takes it over from a living worker.
    """

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._idle: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Around the whole of a workflow."""
        name = str(DBOS.workflow_id)
        with self._lock:
            self._ids.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._ids.discard(name)

    def lost(self, ours: Iterable[str]) -> set[str]:
        """Those of ours that nobody was at now and at the last look: between the looks, whatever
        had just been taken, or just ended, was begun or noted."""
        with self._lock:
            idle = set(ours) - self._ids
        found = idle & self._idle
        self._idle = idle - found
        return found
