"""Many rows into one table by the quickest way each database has."""

import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table

from connector.store.codec import clean

Row = tuple[Any, ...]  #: values as the database keeps them: text, int, float, bool or None

#: Below this, staging a temporary table costs more than it saves.
_FEW = 25


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    keys: Sequence[str],
    *,
    columns: Sequence[str],
    update: Sequence[str] | None = None,
) -> int:
    """Inserts rows in the order of `columns`; where `keys` exist already, sets `update`.

    `update=None` sets every other column, `update=()` leaves the row as it is. Of rows with the
    same keys the last one counts where they update, the first where they do not. Returns how many
    rows were inserted or updated. Rows of `keys` must match a unique index of the table.
    """
    if not rows:
        return 0
    changed = [c for c in columns if c not in keys] if update is None else list(update)
    if changed:
        rows = _last_of_each(rows, [columns.index(key) for key in keys])
    clause = _conflict(keys, changed)
    if connection.dialect.name == "sqlite":
        return _sqlite(connection, table, rows, columns, clause)
    return _postgres(connection, table, [_cleaned(row) for row in rows], columns, clause)


def names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _last_of_each(rows: Sequence[Row], places: Sequence[int]) -> Sequence[Row]:
    """One row per key, in the order of the keys: two writers then lock in the same order."""
    if len(places) == 1:
        place = places[0]
        one = {row[place]: row for row in rows}
    else:
        one = {tuple(row[place] for place in places): row for row in rows}
    return [one[key] for key in sorted(one)]


def _conflict(keys: Sequence[str], changed: Sequence[str]) -> str:
    if not keys:
        return ""
    if not changed:
        return f"ON CONFLICT ({names(keys)}) DO NOTHING"
    sets = ", ".join(f'"{column}" = excluded."{column}"' for column in changed)
    return f"ON CONFLICT ({names(keys)}) DO UPDATE SET {sets}"


def _sqlite(
    connection: Connection, table: Table, rows: Sequence[Row], columns: Sequence[str], clause: str
) -> int:
    marks = ", ".join("?" * len(columns))
    statement = f'INSERT INTO "{table.name}" ({names(columns)}) VALUES ({marks}) {clause}'
    raw: Any = connection.connection.driver_connection
    before = raw.total_changes
    try:
        raw.executemany(statement, rows)
    except UnicodeEncodeError:  # lone surrogates: rare enough to look for them only then
        raw.executemany(statement, [_cleaned(row) for row in rows])
    return min(int(raw.total_changes - before), len(rows))


def _postgres(
    connection: Connection, table: Table, rows: Sequence[Row], columns: Sequence[str], clause: str
) -> int:
    raw: Any = connection.connection.driver_connection
    target = f'INSERT INTO "{table.name}" ({names(columns)})'
    with raw.cursor() as cursor:
        if len(rows) < _FEW:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"{target} VALUES ({marks}) {clause}", rows)
        else:
            staged = _stage(cursor, table, rows, columns)
            # ctid: the order in which the rows were sent, which is the order of their numbers.
            cursor.execute(f'{target} SELECT * FROM "{staged}" ORDER BY ctid {clause}')
        written: int = cursor.rowcount
    return written


def _stage(cursor: Any, table: Table, rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The name of a temporary table of this connection that holds the rows."""
    staged = f"{table.name}_{zlib.crc32(names(columns).encode()):08x}"
    cursor.execute(
        f'CREATE TEMPORARY TABLE IF NOT EXISTS "{staged}" ON COMMIT DELETE ROWS AS '
        f'SELECT {names(columns)} FROM "{table.name}" WITH NO DATA'
    )
    cursor.execute(f'DELETE FROM "{staged}"')
    with cursor.copy(f'COPY "{staged}" ({names(columns)}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
    return staged


def update(
    connection: Connection, table: Table, rows: Sequence[Row], key: str, *, columns: Sequence[str]
) -> None:
    """Sets `columns` of existing rows; each of `rows` holds them in order, and the key last.

    A None leaves the column as it is.
    """
    if not rows:
        return
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        sets = ", ".join(f'"{column}" = COALESCE(?, "{column}")' for column in columns)
        raw.executemany(f'UPDATE "{table.name}" SET {sets} WHERE "{key}" = ?', rows)
        return
    with raw.cursor() as cursor:
        staged = _stage(cursor, table, [_cleaned(row) for row in rows], [*columns, key])
        sets = ", ".join(f'"{c}" = COALESCE(staged."{c}", kept."{c}")' for c in columns)
        cursor.execute(
            f'UPDATE "{table.name}" AS kept SET {sets} FROM "{staged}" AS staged '
            f'WHERE kept."{key}" = staged."{key}"'
        )


def _cleaned(row: Row) -> Row:
    """PostgreSQL takes no NUL in text, and neither database takes lone surrogates."""
    return tuple([clean(cell) if type(cell) is str else cell for cell in row])
