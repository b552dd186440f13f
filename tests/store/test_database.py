"""Opening, migrating and protecting the ledger."""

import multiprocessing
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from connector.core.errors import ConnectorError, StopTheRun, TryLater
from connector.core.records import System
from connector.ports import ObjectSchema, Run, RunTotals
from connector.store import SqlLedger, database, migrate, open_ledger
from connector.store.tables import metadata
from tests.store.people import NOW, lead

SECRET = "secret.person@example.com"


@pytest.mark.filterwarnings("ignore:autogenerate skipping")
def test_the_migrations_make_the_tables_that_the_code_uses(ledger: SqlLedger) -> None:
    with ledger.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, metadata)
        there = inspect(connection)
        indexes = {i["name"] for table in metadata.tables for i in there.get_indexes(table)}
    if ledger.engine.dialect.name == "sqlite":  # Alembic cannot reflect an index on expressions
        differences = [one for one in differences if "action_open" not in str(one)]
    assert differences == []
    assert {"action_open", "link_one_salesforce_id", "event_once"} <= indexes


def test_head_is_the_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert scripts.get_heads() == [database.HEAD]


def test_a_ledger_opened_twice_keeps_what_it_holds(url: str) -> None:
    first = open_ledger(url)
    with first.transaction() as tx:
        tx.save_leads([lead(1)])
    second = open_ledger(url)
    assert second.lead_rows() == [lead(1)]
    first.close()
    second.close()


def _open(url: str) -> None:
    open_ledger(url).close()


def test_many_processes_may_open_a_new_ledger_at_once(url: str) -> None:
    fresh = multiprocessing.get_context("spawn")
    opening = [fresh.Process(target=_open, args=(url,)) for _ in range(3)]
    for process in opening:
        process.start()
    for process in opening:
        process.join(120)
    assert [process.exitcode for process in opening] == [0, 0, 0]


def test_a_ledger_of_a_newer_version_is_refused(ledger: SqlLedger, url: str) -> None:
    with ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StopTheRun, match="newer version"):
        open_ledger(url)


@pytest.mark.parametrize("url", ["mysql://localhost/ledger", "sqlite://", "sqlite:///:memory:"])
def test_a_ledger_lives_in_a_file_or_in_postgresql(url: str) -> None:
    with pytest.raises(StopTheRun):
        open_ledger(url)


def test_the_file_is_for_its_owner_alone_and_safe(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    ledger = open_ledger(str(path))
    files = [path, *path.parent.glob("ledger.db-*")]
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    with ledger.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    ledger.close()


def test_a_fault_of_the_database_tells_no_personal_data(ledger: SqlLedger) -> None:
    with pytest.raises(ConnectorError) as raised, ledger.writing() as connection:
        connection.execute(
            text("INSERT INTO lead (id, email) VALUES (:id, :email)"), {"id": "1", "email": SECRET}
        )
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_fault_in_bulk_tells_no_personal_data(ledger: SqlLedger) -> None:
    broken = lead(1, values={"email": SECRET}, source=None)
    with pytest.raises(ConnectorError) as raised, ledger.transaction() as tx:
        tx.save_leads([broken])
    assert SECRET not in str(raised.value)
    assert "lead" in str(raised.value)


def test_a_locked_file_is_tried_later(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(str(path))
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TryLater), ledger.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
        connection.exec_driver_sql("DELETE FROM counter")
    other.close()
    ledger.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(str(path))
    with ledger.transaction() as tx:
        tx.save_leads([lead(1)])
    with pytest.raises(StopTheRun) as raised, ledger.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(5_000):
            connection.exec_driver_sql("INSERT INTO meta VALUES (?, ?)", (f"{number}", "x" * 1_000))
    assert not raised.value.configuration
    ledger.close()
    assert open_ledger(str(path)).counts()["meta"] == 0


def test_a_file_that_is_no_database_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("not a database at all, however one looks at it" * 100)
    with pytest.raises(StopTheRun):
        open_ledger(str(path))


def test_an_unreachable_server_is_tried_later() -> None:
    with pytest.raises(TryLater):
        open_ledger("postgresql://nobody@127.0.0.1:1/ledger")


def test_a_lease_is_held_until_it_runs_out(ledger: SqlLedger) -> None:
    minute = timedelta(minutes=1)
    assert ledger.lease("job:pull", holder="a", now=NOW, seconds=60)
    assert ledger.lease("job:pull", holder="a", now=NOW + minute / 2, seconds=60)
    assert not ledger.lease("job:pull", holder="b", now=NOW + minute, seconds=60)
    assert ledger.leases() == [("job:pull", "a", NOW + 1.5 * minute)]
    assert ledger.lease("job:pull", holder="b", now=NOW + 1.5 * minute, seconds=60)
    ledger.release("job:pull", holder="a")
    assert not ledger.lease("job:pull", holder="a", now=NOW + 2 * minute, seconds=60)
    ledger.release("job:pull", holder="b")
    assert ledger.lease("job:pull", holder="a", now=NOW + 2 * minute, seconds=60)


def test_a_lease_from_a_clock_that_was_ahead_holds_nobody_up_for_long(ledger: SqlLedger) -> None:
    """PostgreSQL tells by its own clock, SQLite by that of the one machine that uses it."""
    now, hour = datetime.now(UTC), timedelta(hours=1)
    assert ledger.lease("job:pull", holder="ahead", now=now + hour / 2, seconds=60)
    assert not ledger.lease("job:pull", holder="b", now=now, seconds=60)
    assert ledger.lease("job:pull", holder="ahead", now=now + 2 * hour, seconds=60)
    assert ledger.lease("job:pull", holder="b", now=now, seconds=60)
    assert not ledger.lease("job:pull", holder="c", now=now, seconds=60)


def test_runs_come_back_newest_first(ledger: SqlLedger) -> None:
    begun = [
        Run(id=f"r{n}", job="pull" if n else "deliver", started_at=NOW + timedelta(hours=n))
        for n in range(3)
    ]
    for run in begun:
        ledger.start_run(run)
    ended = Run(
        id="r1",
        job="pull",
        started_at=begun[1].started_at,
        ended_at=NOW,
        outcome="attention",
        exit_code=1,
        totals=RunTotals(picked_up=3, delivered=1, parked=2, notes={"calls": 7}),
        ruleset="rules-1",
        message="2 wait for a person",
        mode="live",
    )
    ledger.end_run(ended)
    assert ledger.runs() == [begun[2], ended, begun[0]]
    assert ledger.runs("pull", limit=1) == [begun[2]]


def test_every_ruleset_is_kept_once(ledger: SqlLedger) -> None:
    files = {"routing.yaml": "rules:\n- {to: é}\n"}
    ledger.save_ruleset("b", {}, now=NOW)
    ledger.save_ruleset("a", files, now=NOW + timedelta(hours=1))
    ledger.save_ruleset("b", {"other": ""}, now=NOW + timedelta(hours=2))
    assert ledger.rulesets() == [("b", NOW, {}), ("a", NOW + timedelta(hours=1), files)]


def test_a_changed_remote_schema_is_noticed(ledger: SqlLedger) -> None:
    def schema(hash_: str) -> ObjectSchema:
        return ObjectSchema(system=System.SALESFORCE, name="Lead", fields={}, hash=hash_)

    assert not ledger.saw_schema(schema("a"), now=NOW)
    assert not ledger.saw_schema(schema("a"), now=NOW)
    assert ledger.saw_schema(schema("b"), now=NOW)


def test_a_counter_is_shared(ledger: SqlLedger) -> None:
    assert ledger.count_up("hubspot calls", "2026-03-02") == 1
    assert ledger.count_up("hubspot calls", "2026-03-02", 41) == 42
    assert ledger.counted("hubspot calls", "2026-03-02") == 42
    assert ledger.counted("hubspot calls", "2026-03-03") == 0


def test_opening_a_ledger_that_is_up_to_date_does_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    open_ledger(url).close()
    program = (
        "import sys\nfrom connector.store import open_ledger\n"
        f"open_ledger({url!r})\nassert 'alembic' not in sys.modules\n"
        "assert 'psycopg' not in sys.modules\n"
    )
    fresh = multiprocessing.get_context("spawn").Process(target=exec, args=(program, {}))
    fresh.start()
    fresh.join(60)
    assert fresh.exitcode == 0
