"""Opens the ledger's database: SQLite with safe settings, or PostgreSQL; and translates faults."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connector.core.errors import ConnectorError, StopTheRun, TryLater
from connector.store.private import keep_private

#: The newest migration; a test holds it to the folder `migrations/versions`.
HEAD = "0011"

_BUSY_MS = 30_000


def connect(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; no connection is made yet.

    A plain path means SQLite. Raises StopTheRun for any other database.
    """
    parsed = make_url(url if "://" in url else f"sqlite:///{url}")
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in ("postgresql", "postgres"):
        return _postgres(parsed)
    raise StopTheRun(f"the ledger cannot live in {backend}: use sqlite:/// or postgresql://")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StopTheRun("the ledger needs a file: sqlite:///path/to/ledger.db")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_private(path)
    engine = create_engine(
        url.set(drivername="sqlite"),
        hide_parameters=True,
        # We begin transactions ourselves: the driver would begin too late, at the first write.
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=16,
        max_overflow=16,
    )

    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # else erased bytes stay in free space
        connection.execute("PRAGMA journal_size_limit = 67108864")

    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading")
        raw: Any = connection.connection.driver_connection  # a fifth of the time of going through
        raw.execute("BEGIN" if reading else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _postgres(url: URL) -> Engine:
    def as_text(raw: Any) -> str:
        return raw if isinstance(raw, str) else bytes(raw).decode()

    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        json_deserializer=as_text,  # `codec` reads the text, as it does on SQLite
        connect_args={"application_name": "leadrelay"},
    )


def migrate(engine: Engine) -> None:
    """Brings the schema forward to HEAD; does nothing, quickly, where it is there already.

    Raises StopTheRun where the ledger was written by a newer version.
    """
    with faults(engine):
        if _version(engine) == HEAD:
            return
        # Alembic takes half a second to import: only when there is something to do.
        import_module("connector.store.migrate").upgrade(engine)


def _version(engine: Engine) -> str | None:
    with engine.connect().execution_options(reading=True) as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


@contextmanager
def faults(engine: Engine) -> Iterator[None]:
    """Translates the databases' exceptions; their texts may quote personal data and are dropped.

    Busy, locked, deadlocked or gone: TryLater. Full, read-only, damaged, no access: StopTheRun.
    Anything else is a fault of ours: ConnectorError with the name of what was violated.
    """
    foreign: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except (SQLAlchemyError, foreign.Error) as error:
        raise translated(error) from None


_LATER = ("database is locked", "database table is locked", "database schema is locked")
_STOP = (
    *("disk is full", "disk I/O error", "readonly database", "malformed", "not a database"),
    "unable to open",
)


def translated(error: Exception) -> ConnectorError:
    """What to do about a database's exception; the text holds no parameter and no row."""
    cause: Any = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, sqlite3.Error):
        said = str(cause)  # SQLite names tables and columns, never values
        if any(words in said for words in _LATER):
            return TryLater("the ledger is locked by another process")
        if any(words in said for words in _STOP):
            return StopTheRun(f"the ledger cannot be used: {said}", configuration=False)
        return ConnectorError(f"ledger: {type(cause).__name__}: {said}")
    state = str(getattr(cause, "sqlstate", None) or "")
    name = type(cause).__name__
    if state[:2] in ("40", "55", "57", "08", "53") or (
        name in ("OperationalError", "InterfaceError", "PoolTimeout", "TimeoutError") and not state
    ):
        return TryLater(f"the ledger's database is away or busy ({name} {state})".rstrip())
    if state[:2] in ("28", "3D", "42") and state[:4] != "42P0":
        return StopTheRun(f"the ledger's database refuses us ({name} {state})")
    diagnosis = getattr(cause, "diag", None)
    where = [getattr(diagnosis, part, None) for part in ("table_name", "constraint_name")]
    place = " ".join(str(part) for part in where if part)
    return ConnectorError(f"ledger: {name} {state} {place}".rstrip())
