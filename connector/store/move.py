"""Moves a whole ledger to another database: SQLite to PostgreSQL, or back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Table, func, select, text

from connector.core.errors import StopTheRun
from connector.store import bulk
from connector.store.ledger import SqlLedger
from connector.store.tables import lease, metadata

_BATCH = 2_000


def move(source: SqlLedger, target: SqlLedger, *, now: datetime) -> dict[str, int]:
    """Copies every table into an empty ledger, row by row as stored; returns rows by table.

    Nobody can write to the source meanwhile, and all of it lands in one transaction. Raises
    StopTheRun where a job still holds a lease, where the target is not empty, or where the counts
    differ afterwards (then nothing was copied).
    """
    with source.writing() as old, target.writing() as new:
        _hold_still(old, now)
        if any(_counts(new).values()):
            raise StopTheRun("the ledger to move to is not empty")
        copy_tables(old, new)
        there, here = _counts(old), _counts(new)
        if there != here:
            wrong = sorted(name for name in there if there[name] != here[name])
            raise StopTheRun(f"not everything arrived: {', '.join(wrong)} differ")
    return here


def copy_tables(old: Connection, new: Connection) -> None:
    """Copies every row of every table into an empty ledger, as stored."""
    for table in metadata.sorted_tables:
        for rows in _read(old, table):
            columns = [column.name for column in table.c]
            bulk.upsert(new, table, rows, (), columns=columns, update=())
        _go_on_numbering(new, table)


def _hold_still(connection: Connection, now: datetime) -> None:
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    query = select(lease.c.name).where(lease.c.until > now).order_by(lease.c.name)
    running = connection.scalars(query).all()
    if running:
        raise StopTheRun(f"wait until these have ended: {', '.join(running)}", configuration=False)


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
    }


def _read(connection: Connection, table: Table) -> Iterator[list[bulk.Row]]:
    """Rows as the database keeps them, except that SQLite's 0 and 1 become booleans."""
    columns = [column.name for column in table.c]
    order = [column.name for column in table.primary_key]
    statement = f'SELECT {bulk.names(columns)} FROM "{table.name}" ORDER BY {bulk.names(order)}'
    booleans = [at for at, column in enumerate(table.c) if isinstance(column.type, Boolean)]
    streaming = connection.execution_options(stream_results=True, yield_per=_BATCH)
    for part in streaming.exec_driver_sql(statement).partitions(_BATCH):
        yield [_with_booleans(tuple(row), booleans) for row in part]


def _with_booleans(row: bulk.Row, places: list[int]) -> bulk.Row:
    if not places:
        return row
    cells: list[Any] = list(row)
    for place in places:
        cells[place] = bool(cells[place])
    return tuple(cells)


def _go_on_numbering(connection: Connection, table: Table) -> None:
    """PostgreSQL's next number comes behind the copied ones; SQLite sees to it by itself."""
    if connection.dialect.name == "postgresql" and "number" in table.c:
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'number'), "
                f'COALESCE(max(number), 0) + 1, false) FROM "{table.name}"'
            )
        )
