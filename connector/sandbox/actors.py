"""Somebody who lives in the sandbox, and what is due when."""

import heapq
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

Deed = Callable[[], None]


class Agenda:
    """Deeds in the order of their moments; equal moments keep the order of their planning."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Deed]] = []
        self._count = 0

    def plan(self, moment: datetime, deed: Deed) -> None:
        """Notes a deed for a moment; one that is past is done at the next opportunity."""
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, deed))

    def next_moment(self) -> datetime | None:
        """When the next deed is due, if any is."""
        return self._due[0][0] if self._due else None

    def take(self) -> Deed:
        """The next deed, off the agenda."""
        return heapq.heappop(self._due)[2]


class Actor(Protocol):
    """Somebody with an agenda: the people outside, or the sales team."""

    agenda: Agenda

    def look_round(self, until: datetime) -> None:
        """Plans what has become due up to `until` by what others did."""
