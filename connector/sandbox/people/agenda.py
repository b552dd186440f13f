"""What is due when: the thread on which lives and working days are strung."""

from collections.abc import Sequence
from datetime import datetime

from connector.sandbox.actors import Actor
from connector.sandbox.world import World


def move_clock(world: World, moment: datetime) -> None:
    """Sets the clock; forward, whoever lives in the world lives on until then."""
    if moment > world.clock.now():
        pass_time(world, world.actors, moment)
    else:
        world.clock.set(moment)
    world.settle()


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
