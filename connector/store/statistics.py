"""Tells PostgreSQL's planner about tables that just began to fill.

Autovacuum looks once a minute; until then a new table counts as empty, and a first load would scan
whole tables for every page. One early ANALYZE is enough: row counts then follow the table's size.
"""

from itertools import count

from sqlalchemy import Engine, text

from connector.store.tables import metadata

#: Every so many transactions of a process it is worth a look (a third of a millisecond).
_EVERY = 16

_NEVER_ANALYSED = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
    "AND relkind = 'r' AND reltuples < 0 AND pg_relation_size(oid) > 0 AND relname = ANY(:names)"
)


class Statistics:
    """Counts the transactions of one ledger in one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._count = count(1)

    def after_transaction(self) -> None:
        """Analyses tables that have rows and never were; does nothing on SQLite."""
        if self._engine.dialect.name != "postgresql" or next(self._count) % _EVERY:
            return
        options = {"isolation_level": "AUTOCOMMIT"}
        with self._engine.connect().execution_options(**options) as connection:
            found = connection.scalars(_NEVER_ANALYSED, {"names": list(metadata.tables)}).all()
            for name in found:
                connection.execute(text(f'ANALYZE (SKIP_LOCKED) "{name}"'))
