"""Real processes killed with SIGKILL, and what the next ones make of what they left."""

import argparse
import asyncio
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiosmtpd.controller import UnthreadedController

from connector.sandbox.serve import Sandbox
from tests.conftest import Databases
from tests.simulation import killed
from tests.simulation.company import Company, company
from tests.simulation.invariants import faults_of
from tests.simulation.play import rest
from tests.simulation.steps import Step, do

LIVES = 6  #: processes of one company, each killed at a random moment unless it was quicker
SIGKILLED = -9
MOST = 2_000  #: deaths in one company; more would be a loop

server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["tests.simulation.killed"])

Deeds = Sequence[tuple[str, str]]
NewUrl = Callable[[], str]  #: of an empty ledger; "" is one on SQLite

#: What befalls a company between the jobs, so that they have everything to do.
DAYS: Sequence[Deeds] = (
    (("stranger", "p4"), *(("arrive", f"p{n}") for n in range(7))),
    (*(("engage", f"p{n}") for n in range(7)), ("cool", "p3"), ("odd_value", "p5")),
    (("work", "p0"), ("reject", "p1"), ("edit_contact", "p2"), ("edit_lead", "p2")),
    (("opt_out", "p0"), ("call", "p0"), ("reassign", "p2"), ("new_address", "p1")),
    (
        ("convert", "p0"),
        ("reject", "p6"),
        ("reason_later", "p1"),
        ("delete_lead", "p2"),
        ("hours", ""),
    ),
    (("close", "p0"), ("merge_contacts", "p1"), ("undelete_lead", "p2"), ("archive", "p4")),
    (("restore", "p4"), ("merge_leads", "p5"), ("engage", "p1"), ("months", "")),
    (*(("engage", f"p{n}") for n in range(7)), ("edit_lead", "p5"), ("months", "")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What came of one company whose processes were killed."""

    number: int
    faults: tuple[str, ...]
    deaths: int
    places: frozenset[str] = field(default_factory=frozenset)  #: boundaries at which one died
    story: tuple[str, ...] = field(default=(), repr=False)  #: of a company that something broke in


class Shop:
    """A company whose systems, mail server and processes are real."""

    def __init__(self, sim: Company, running: Sandbox, mail_port: int) -> None:
        self.sim, self._running, self._mail_port = sim, running, mail_port

    def live(self, moment: float | None = None, **terms: Any) -> bool:
        """One process; whether it was killed, by itself or at a moment."""
        sim = self.sim
        given = killed.Life(
            folder=str(sim.folder),
            ledger=sim.config.ledger.url,
            now=sim.world.clock.now(),
            hubspot=self._running.hubspot_url,
            salesforce=self._running.salesforce_url,
            mail_port=self._mail_port,
            **terms,
        )
        process = server.Process(target=killed.live, args=(given,))
        process.start()
        if moment is not None:
            process.join(moment)
            process.kill()
        process.join(120)
        if process.is_alive():
            process.kill()
            process.join()
        assert process.exitcode in (0, SIGKILLED), f"ended with {process.exitcode}"
        sim.note(f"a process ended with {process.exitcode}")
        sim.sleep(150)  # its leases run out
        return process.exitcode == SIGKILLED


@contextmanager
def shop(ledger: str = "") -> Iterator[Shop]:
    with company(ledger) as sim, Sandbox(sim.world) as running, mail_taken() as port:
        yield Shop(sim, running, port)


@contextmanager
def mail_taken() -> Iterator[int]:
    """A mail server that takes everything but a report for Arjun; its port."""
    import threading

    class Anything:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            report = b"multipart/alternative" in envelope.content
            return "554 no" if report and "arjun" in envelope.rcpt_tos[0] else "250 taken"

    loop = asyncio.new_event_loop()
    controller = UnthreadedController(Anything(), hostname="127.0.0.1", port=0, loop=loop)
    controller.begin()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield controller.server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        controller.end()
        loop.close()


def survive_everywhere(
    ledger: str = "",
    *,
    by_job: bool = False,
    days: Sequence[Deeds] = DAYS,
    bulk_from: int = 2_000,
    most: int = MOST,
) -> Ending:
    """Each process dies at the first boundary at which none has died, until none is left.

    The next one begins with the job in which it died; or with the first where the same boundary in
    two jobs is two. After `most` deaths the others are left alone.
    """
    with shop(ledger) as made:
        sim, deaths = made.sim, 0
        file = sim.folder / "deaths"
        file.touch()
        for day, deeds in enumerate(days, 1):
            for deed, who in deeds:
                do(sim, Step(deed=deed, who=who, dice=day))
            sim.sleep(120)
            first = killed.ORDER[0]
            terms = {"by_job": by_job, "bulk_from": bulk_from}
            while made.live(deaths=str(file) if deaths < most else "", first=first, **terms):
                deaths += 1
                assert deaths < MOST
                died_in = file.read_text("utf-8").split("\t")[-1].strip()
                first = killed.ORDER[0] if by_job or not died_in else died_in
        faults = rest(sim) or faults_of(sim)
        lines = file.read_text("utf-8").splitlines()
        places = {line if by_job else line.partition("\t")[0] for line in lines}
        return Ending(number=0, faults=tuple(faults), deaths=deaths, places=frozenset(places))


def survive(number: int, usual: float, ledger: str = "") -> Ending:
    """Kills processes at moments drawn from `number`; `usual` is how long one lives, in seconds."""
    rng = random.Random(number)
    with shop(ledger) as made:
        deaths = 0
        for _ in range(LIVES):
            for deed, who in rng.choice(DAYS[2:]) if deaths else (*DAYS[0], *DAYS[1]):
                do(made.sim, Step(deed=deed, who=who, dice=rng.randint(1, 99)))
            made.sim.sleep(120)
            deaths += made.live(rng.uniform(0, usual), threads=number % 2 == 1)
        faults = rest(made.sim) or faults_of(made.sim)
        story = tuple(made.sim.story) if faults else ()
        return Ending(number=number, faults=tuple(faults), deaths=deaths, story=story)


@cache
def usual_life() -> float:
    """Seconds that a process lives which nobody kills, on this machine."""
    with shop() as made:
        for deed, who in (*DAYS[0], *DAYS[1]):
            do(made.sim, Step(deed=deed, who=who, dice=1))
        made.sim.sleep(120)
        made.live()  # the first one also warms what the others share
        began = time.monotonic()
        made.live()
        return time.monotonic() - began


def killed_at_random(deaths: int, first: int = 0, new: NewUrl = lambda: "") -> Iterator[Ending]:
    """Companies, each with a ledger of its own, until so many processes were killed."""
    if deaths <= 0:
        return
    usual = usual_life()
    while deaths > 0:
        ending = survive(first, usual, new())
        deaths -= ending.deaths
        first += 1
        yield ending


def main(arguments: Sequence[str] | None = None) -> int:
    """Kills at every boundary of every job, and at random moments; tells what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="processes killed at random moments")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument(
        "--server", default="", help="URL of a PostgreSQL server for the ledgers; else SQLite"
    )
    given = parser.parse_args(arguments)
    databases = Databases(given.server) if given.server else None
    new: NewUrl = databases.ledger if databases else lambda: ""
    began, deaths, broken = time.monotonic(), 0, 0
    for bulk_from in (2_000, 1):
        ending = survive_everywhere(new(), by_job=True, bulk_from=bulk_from)
        broken += bool(ending.faults)
        places = f"killed at {len(ending.places)} boundaries"
        print(f"{places}: {ending.faults or 'nothing broke'}", flush=True)
    for ending in killed_at_random(given.kills, given.first, new):
        deaths += ending.deaths
        if ending.faults:
            broken += 1
            print(*ending.story, f"company {ending.number}: {ending.faults}", sep="\n", flush=True)
        print(f"{deaths} killed", file=sys.stderr, flush=True)
    if databases:
        databases.drop_all()
    seconds = time.monotonic() - began
    print(f"{deaths} processes killed at random moments, {broken} broken; {seconds:.0f} s")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
