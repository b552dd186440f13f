"""Workers at a first load, killed at random or without their database: nothing lost or doubled."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from connector.config import Config
from connector.core.events import EventKind
from connector.engine.worker import store_url
from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.load import load_rows
from connector.sandbox.prepare import prepare
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import World
from connector.store import SqlLedger
from connector.wiring import Workbench
from tests.conftest import Databases, Restarted
from tests.engine.process import PEOPLE

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "tests" / "stories" / "xeducation" / "mappings"
LEADS = PEOPLE
KILLS = 6 if LEADS < 1_000 else 100
WORKERS = 4
#: Rows that a load leaves for each lead: itself, three actions, each done, a link and a journey.
ROWS = 9
REACHED = text(
    "SELECT (SELECT COUNT(*) FROM lead) + (SELECT COUNT(*) FROM action)"
    " + (SELECT COUNT(*) FROM action WHERE state = 'done')"
    " + (SELECT COUNT(*) FROM link) + (SELECT COUNT(*) FROM journey)"
)


def contact(number: int) -> dict[str, str]:
    """Everybody qualifies: they came by the form that sales filled in."""
    return {
        "email": f"person{number}@example.com",
        "lastname": f"Prospect {number}",
        "company": f"Company {number // 3}",
        "phone": f"+91 98{number:08d}",
        "lead_origin": "Lead Add Form",
        "lead_source": "Reference",
        "country": "India",
    }


@contextmanager
def company(url: str) -> Iterator[tuple[World, dict[str, object]]]:
    """Both systems on the machine's time, and a project's settings."""
    world = World(
        SandboxClock(datetime.now(UTC), running=True),
        seed=7,
        hubspot=HubSpotSettings(enforce_limits=False),
        salesforce=SalesforceSettings(enforce_limits=False),
    )
    with Sandbox(world) as running:
        yield (
            world,
            {
                "mode": "live",
                "mappings": str(MAPPINGS),
                "ledger": {"url": url},
                "caps": {"creates": 1_000_000, "updates": 1_000_000, "owner_changes": 1_000_000},
                "hubspot": {  # the limits are not enforced: a large load is to be over soon
                    "token": "pat-na1-sandbox",
                    "base_url": running.hubspot_url,
                    "requests_per_10_seconds": 100_000,
                    "searches_per_second": 10_000,
                },
                "salesforce": {
                    "base_url": running.salesforce_url,
                    "domain": "acme.my",
                    "client_id": "sandbox-client",
                    "client_secret": "sandbox-secret",
                },
            },
        )


class Workers:
    """Worker processes; a killed one is replaced."""

    def __init__(self, settings: Path, folder: Path, *more: str) -> None:
        self._folder, self._more = folder, more
        self._settings, self._log = settings, (folder / "workers.log").open("ab")
        self.alive = [self._start() for _ in range(WORKERS)]

    def kill(self, which: int) -> None:
        self.alive[which].kill()
        self.alive[which].wait(10)
        self.alive[which] = self._start()

    def end(self) -> list[int]:
        for process in self.alive:
            self._wait_until_it_listens(process)
            process.terminate()
        codes = [process.wait(30) for process in self.alive]
        self._log.close()
        return codes

    def _wait_until_it_listens(self, process: "subprocess.Popen[bytes]") -> None:
        """Who was started a moment ago has no handler yet, and would just die of the signal."""
        ready, end = self._folder / f"ready-{process.pid}", time.monotonic() + 30
        while not ready.exists():
            assert time.monotonic() < end, "a worker does not come up"
            time.sleep(0.02)

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.engine.process", str(self._settings)]
        command += self._more
        return subprocess.Popen(command, cwd=ROOT, stderr=self._log, stdout=self._log)


def reached(ledger: SqlLedger) -> int:
    """A figure that rises with every step of the load, up to ROWS a lead."""
    with ledger.reading() as connection:
        return int(connection.scalar(REACHED) or 0)


def wait_for_progress(ledger: SqlLedger, leads: int, share: float = 0.0) -> None:
    """Until a step more is done, and this share of the load.

    A step may take long: what a call was cut off from is looked at two minutes later.
    """
    pause = max(0.02, leads / 50_000)  # seconds; a look counts every row
    now = reached(ledger)
    while not is_done(ledger):
        start, end = now, time.monotonic() + 200
        while now == start and not is_done(ledger):
            assert time.monotonic() < end, "nobody goes on with the work"
            time.sleep(pause)
            now = reached(ledger)
        if now >= share * leads * ROWS:
            return


def is_done(ledger: SqlLedger) -> bool:
    return any(run.outcome == "done" for run in ledger.runs("load"))


def wait_until_all_work(folder: Path) -> None:
    """Whoever is cut off while it starts ends, and is started anew by who supervises it."""
    log, end = folder / "workers.log", time.monotonic() + 60
    while log.read_text("utf-8").count('"what":"worker started"') < WORKERS:
        assert time.monotonic() < end, "a worker does not come up"
        time.sleep(0.05)


@contextmanager
def loading(url: str, folder: Path, leads: int) -> Iterator[tuple[World, SqlLedger, Workers]]:
    """Workers at a first load; when the block ends they must stop cleanly."""
    with company(url) as (world, settings):
        bench = Workbench(Config(**settings))  # type: ignore[arg-type]
        prepare(world, bench.ruleset)
        load_rows(world, map(contact, range(leads)))
        bench.keep_ruleset()
        bench.look()
        (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
        workers = Workers(folder / "settings.json", folder)
        try:
            yield world, bench.ledger, workers
        finally:
            codes = workers.end()
            bench.ledger.close()
        assert codes == [0] * WORKERS, "a stop is clean"


@pytest.mark.postgres
@pytest.mark.slow
def test_workers_killed_at_random_lose_and_double_nothing(
    databases: Databases, tmp_path: Path
) -> None:
    with loading(databases.ledger(), tmp_path, LEADS) as (world, ledger, workers):
        dice, kills, began = random.Random(3), 0, time.monotonic()
        while kills < KILLS and not is_done(ledger):
            wait_for_progress(ledger, LEADS, kills / KILLS)
            time.sleep(dice.random() * 0.3)  # somewhere inside the next page or batch
            for which in dice.sample(range(WORKERS), WORKERS - 1):
                workers.kill(which)
                kills += 1
            share = 100 * reached(ledger) // (LEADS * ROWS)
            print(f"{time.monotonic() - began:8.1f} s {share:3} % of the load, {kills} kills")
        while not is_done(ledger):
            wait_for_progress(ledger, LEADS)
        assert kills >= 4
        print(f"{time.monotonic() - began:8.1f} s {LEADS:,} leads, {kills} kills")
        all_is_there_once(ledger, world, LEADS)


@pytest.mark.postgres
@pytest.mark.slow
def test_workers_outlive_a_server_that_is_restarted_every_few_seconds(
    restarted: Restarted, tmp_path: Path
) -> None:
    """As after a crash of it, without a warning; `make soak` restarts it up to sixty times."""
    leads, most = (150, 3) if LEADS < 1_000 else (1_000, 60)
    with loading(restarted.databases.ledger(), tmp_path, leads) as (world, ledger, _workers):
        with world.lock:  # nobody is answered until all work
            wait_until_all_work(tmp_path)
        restarts, began = 0, time.monotonic()
        while restarts < most and not is_done(ledger):
            wait_for_progress(ledger, leads, restarts / most)
            restarted.restart()
            restarts += 1
            share = 100 * reached(ledger) // (leads * ROWS)
            print(f"{time.monotonic() - began:8.1f} s {share:3} % of the load, {restarts} restarts")
        while not is_done(ledger):
            wait_for_progress(ledger, leads)
        assert restarts >= 3
        all_is_there_once(ledger, world, leads)


def all_is_there_once(ledger: SqlLedger, world: World, leads: int) -> None:
    assert reached(ledger) == leads * ROWS
    rows = ledger.lead_rows(limit=10 * leads)
    assert Counter(row.hubspot_id for row in rows).most_common(1)[0][1] == 1
    assert len(rows) == leads
    external = Counter(lead["Leadrelay_Id__c"] for lead in world.salesforce.rows("Lead"))
    assert external == Counter({row.state.lead_id: 1 for row in rows})
    tasks = Counter(task["WhoId"] for task in world.salesforce.rows("Task"))
    assert set(tasks.values()) == {1}
    assert len(tasks) == leads
    events = Counter((e.event.kind, e.event.lead_id) for e in ledger.every_event())
    for kind in (EventKind.CAPTURED, EventKind.DELIVERED):
        assert sum(count for (what, _), count in events.items() if what is kind) == leads
        assert {count for (what, _), count in events.items() if what is kind} == {1}
    assert Counter(journey.passed_at is not None for journey in ledger.journeys()) == {True: leads}
    counts = ledger.counts()
    assert {name for name in counts if name.startswith("action.")} == {"action.done"}
    assert not [run for run in ledger.runs(limit=10_000) if run.outcome == "bug"]


@pytest.mark.postgres
@pytest.mark.slow
def test_each_tick_runs_once_with_four_workers(databases: Databases, tmp_path: Path) -> None:
    """In fast time: a minute is a second, and all four see each tick."""
    config = {"mappings": str(ROOT / "mappings"), "ledger": {"url": databases.ledger()}}
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"config": config, "start": time.time()}), "utf-8")
    bench = Workbench(Config(**config))  # type: ignore[arg-type]
    workers = Workers(file, tmp_path, "ticking")
    try:
        end = time.monotonic() + 60
        while len(bench.ledger.runs("tick")) < 12:
            assert time.monotonic() < end, "nobody ticks"
            time.sleep(0.2)
    finally:
        codes = workers.end()
    assert codes == [0] * WORKERS
    engine = create_engine(store_url(str(config["ledger"]["url"])))  # type: ignore[index]
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT workflow_uuid FROM dbos.workflow_status"))
        names = [name for (name,) in rows]
    engine.dispose()
    ticks = [name for name in names if name.startswith("tick@")]
    runs = bench.ledger.runs("tick", limit=1_000)
    assert len(ticks) == len(runs) == len(names)
    assert {run.outcome for run in runs} == {"done"}
    bench.ledger.close()
