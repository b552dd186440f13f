"""Runs the migrations that travel in the package, once, however many processes open the ledger."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connector.core.errors import StopTheRun

#: Any number of our own: the advisory lock under which PostgreSQL migrates.
_LOCK = 0x6C656164


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", "connector.store:migrations")
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Forward to a revision, in one transaction.

    Raises StopTheRun where the ledger has a revision that this version does not know.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        made = config(connection)
        known = {script.revision for script in ScriptDirectory.from_config(made).walk_revisions()}
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in known:
            raise StopTheRun(
                f"the ledger was written by a newer version (schema {found}): upgrade leadrelay"
            )
        command.upgrade(made, revision)
