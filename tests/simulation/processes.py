"""Real processes killed with SIGKILL, and what the next ones make of what they left."""

import multiprocessing
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from connector.sandbox.serve import Sandbox
from tests.simulation import killed
from tests.simulation.company import Company, company
from tests.simulation.invariants import faults_of
from tests.simulation.play import rest
from tests.simulation.steps import Step, do

LIVES = 3  #: killed processes in a row, before one is left alone
SIGKILLED = -9

server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["tests.simulation.killed"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What came of one company whose processes were killed."""

    number: int
    faults: tuple[str, ...]
    deaths: int


def survive(number: int) -> Ending:
    """Kills processes at moments drawn from `number`: at named boundaries, or at any time."""
    rng = random.Random(number)
    with company() as sim, Sandbox(sim.world) as running:
        for who in ("p0", "p1", "p2"):
            do(sim, Step(deed="arrive", who=who, dice=rng.randint(1, 99)))
            do(sim, Step(deed="engage", who=who, dice=rng.randint(1, 99)))
        sim.sleep(120)
        deaths = 0
        for life in range(LIVES):
            point = f"{rng.choice(killed.POINTS)}:{rng.randint(1, 25)}"
            moment = rng.uniform(0.05, 1.5) if number % 4 == 3 else None
            deaths += _live(sim, running, point if moment is None else "", moment)
            sim.sleep(150)
            if life == 0:
                deed = rng.choice(["work", "reject", "reassign", "edit_contact", "convert"])
                do(sim, Step(deed=deed, who="p0", dice=rng.randint(1, 99)))
        faults = rest(sim) or faults_of(sim)
        return Ending(number=number, faults=tuple(faults), deaths=deaths)


def survive_at(points: Sequence[str], ledger: str = "") -> Ending:
    """Kills one process after the other, each at its named boundary."""
    with company(ledger) as sim, Sandbox(sim.world) as running:
        for dice, who in enumerate(("p0", "p1", "p2"), 1):
            do(sim, Step(deed="arrive", who=who, dice=dice))
            do(sim, Step(deed="engage", who=who, dice=dice))
        deaths = 0
        for point in points:
            sim.sleep(150)
            deaths += _live(sim, running, point, None)
        faults = rest(sim) or faults_of(sim)
        return Ending(number=0, faults=tuple(faults), deaths=deaths)


def _live(sim: Company, running: Sandbox, point: str, moment: float | None) -> int:
    """One life: 1 where it ended by SIGKILL."""
    urls = {"hubspot": running.hubspot_url, "salesforce": running.salesforce_url}
    now = sim.world.clock.now() + timedelta(0)
    process = server.Process(
        target=killed.run,
        args=(str(sim.folder), sim.config.ledger.url, now.isoformat(), urls, point),
    )
    process.start()
    if moment is not None:
        time.sleep(moment)
        process.kill()
    process.join(120)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode in (0, SIGKILLED), f"ended with {process.exitcode}"
    sim.note(f"a process ended with {process.exitcode} at {point or moment}")
    return int(process.exitcode == SIGKILLED)
