"""What is due when: the thread on which lives and working days are strung."""

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from connector.sandbox.world import World

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


def pass_time(world: World, actors: Sequence[Actor], until: datetime) -> int:
    """Lets actors live side by side until a moment; returns how many deeds were done.

    Each deed is done at its own moment of the sandbox's clock, which ends at `until`.
    """
    done = 0
    with world.lock:
        for actor in actors:
            actor.look_round(until)
        while True:
            moments = [(a.agenda.next_moment(), n) for n, a in enumerate(actors)]
            due = min(((m, n) for m, n in moments if m is not None and m <= until), default=None)
            if due is None:
                break
            if due[0] > world.clock.now():
                world.clock.set(due[0])
            actors[due[1]].agenda.take()()
            done += 1
        if world.clock.now() < until:
            world.clock.set(until)
    return done
