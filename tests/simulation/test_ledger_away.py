"""The ledger's disk full, its file locked, its server gone, the clock wrong; then all is well."""

import random
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, event, text

from tests.conftest import Databases, Restarted
from tests.simulation.company import ROUND, Company, Trouble, company
from tests.simulation.invariants import faults_of
from tests.simulation.play import rest
from tests.simulation.steps import Step, do

PERSONS = ("p0", "p1", "p2", "p3")


def live(sim: Company, trouble: Callable[[], None]) -> list[str]:
    """Rounds of a company in trouble, with people and reps at work; then it comes to rest."""
    for number, who in enumerate(PERSONS, 1):
        do(sim, Step(deed="arrive", who=who, dice=number))
        do(sim, Step(deed="engage", who=who, dice=number))
    sim.disturb = trouble
    for dice in range(1, 6):
        sim.sleep(300)
        for name in ROUND:
            sim.run(name)
        for deed, who in (("work", "p0"), ("edit_contact", "p1"), ("reject", "p2")):
            do(sim, Step(deed=deed, who=who, dice=dice))
    sim.disturb = None
    return []


def settled(sim: Company) -> list[str]:
    return rest(sim) or faults_of(sim)


def failed(sim: Company) -> int:
    return sum(": away" in line or "no run of" in line for line in sim.story)


@pytest.mark.parametrize("seed", range(2))
def test_a_ledger_that_others_lock_loses_nothing(seed: int) -> None:
    with company() as sim:
        rng = random.Random(seed)
        other = sqlite3.connect(sim.folder / "ledger.db", isolation_level=None)
        engine = sim.bench.ledger._ledger.engine
        event.listen(engine, "checkout", _impatient)

        def toggle() -> None:
            if other.in_transaction:
                other.execute("ROLLBACK")
            elif rng.random() < 0.1:
                other.execute("BEGIN IMMEDIATE")

        live(sim, toggle)
        if other.in_transaction:
            other.execute("ROLLBACK")
        assert failed(sim) > 0
        assert not settled(sim)
        other.close()


def _impatient(connection: sqlite3.Connection, *_: object) -> None:
    connection.execute("PRAGMA busy_timeout = 1")


@pytest.mark.parametrize("seed", range(2))
def test_a_full_disk_loses_nothing(seed: int) -> None:
    with company() as sim:
        rng = random.Random(seed)
        full = [False]

        def size(connection: sqlite3.Connection, *_: object) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            most = pages if full[0] else 1_000_000
            connection.execute(f"PRAGMA max_page_count = {most}").fetchone()

        def toggle() -> None:
            full[0] = rng.random() < 0.7

        event.listen(sim.bench.ledger._ledger.engine, "checkout", size)
        live(sim, toggle)
        full[0] = False
        assert failed(sim) > 0
        assert not settled(sim)


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_is_wrong_for_a_while_loses_nothing_and_doubles_nothing(
    hours: int, company_ledger: str
) -> None:
    """Moments of that while may be wrong by as much; who was passed to whom is not."""
    with company(company_ledger) as sim:
        for number, who in enumerate(PERSONS, 1):
            do(sim, Step(deed="arrive", who=who, dice=number))
            do(sim, Step(deed="engage", who=who, dice=number))
        for wrong, dice in ((0, 9), (hours, 7), (0, 2)):
            sim.wrong = timedelta(hours=wrong)
            for name in ROUND:
                sim.sleep(60)
                sim.run(name)
            do(sim, Step(deed="edit_contact", who="p1", dice=dice))  # each time to another value
            do(sim, Step(deed="work" if wrong else "reassign", who="p2", dice=dice))
            sim.sleep(600)
        sim.sleep(4 * 3_600)
        assert not settled(sim)
        assert len(sim.world.salesforce.rows("Lead")) == len(PERSONS)


def test_who_is_killed_while_the_clock_is_ahead_keeps_nobody_from_work() -> None:
    """Its lease ends hours from now; once the clock is right again, the next run takes it."""
    with company() as sim:
        for number, who in enumerate(PERSONS, 1):
            do(sim, Step(deed="arrive", who=who, dice=number))
            do(sim, Step(deed="engage", who=who, dice=number))
        sim.sleep(600)
        sim.run("pull-leads")
        sim.wrong = timedelta(hours=9)
        assert sim.run("push-sqls", Trouble(kill_at=16)) is None
        sim.wrong = timedelta(0)
        sim.sleep(60)
        again = sim.run("push-sqls")
        assert again is not None
        assert again.outcome == "done"
        assert len(sim.world.salesforce.rows("Lead")) == len(PERSONS)
        assert not settled(sim)


@pytest.mark.postgres
def test_a_server_that_drops_every_connection_loses_nothing(databases: Databases) -> None:
    """As a restart looks from here: whatever is under way is rolled back, and its answer lost."""
    url = databases.ledger()
    admin = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    drop = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND application_name <> 'looking'"
    )
    rng = random.Random(5)
    with company(url) as sim, admin.connect() as connection:

        def restart() -> None:
            if rng.random() < 0.05:
                connection.execute(drop)

        live(sim, restart)
        assert failed(sim) > 0
        assert not settled(sim)
    admin.dispose()


@pytest.mark.postgres
def test_a_server_that_is_restarted_again_and_again_loses_nothing(restarted: Restarted) -> None:
    """A real restart without a warning, at any boundary of what the jobs write."""
    rng, restarts = random.Random(5), [0]
    with company(restarted.databases.ledger()) as sim:

        def restart() -> None:
            if rng.random() < 0.02:
                restarted.restart()
                restarts[0] += 1

        live(sim, restart)
        assert restarts[0] >= 3
        assert failed(sim) > 0
        assert not settled(sim)
