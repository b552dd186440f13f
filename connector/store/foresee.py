"""What would change in the ledger: flows run on a copy, and the rows they made are kept apart.

The copy is a SQLite file, whatever the ledger lives in. Whoever runs on it writes where nobody
else reads; afterwards the rows that are new or different can be put into the ledger as they are.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, Table, text

from connector.ports import StoredAction
from connector.store import bulk, codec, rows
from connector.store.ledger import SqlLedger, open_ledger
from connector.store.move import copy_tables
from connector.store.tables import EVENT_ONCE, action, event, metadata
from connector.store.types import Document, Moment, moment_or_none

#: Of a run itself, or folded from the events, rather than of what it decided.
LEFT_ALONE = frozenset(
    {"run", "lease", "cursor", "meta", "counter", "ruleset", "schema_seen", "journey", "deal"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that would be made, or changed where `before` is given; values as stored."""

    table: str
    after: Mapping[str, Any]
    before: Mapping[str, Any] | None = None

    @property
    def lead_id(self) -> str:
        """The lead it belongs to."""
        return str(self.after.get("lead_id") or self.after.get("id") or "")


@contextmanager
def rehearsal(ledger: SqlLedger, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields the URL of a copy to work on, and the file of the ledger as it was copied."""
    base, work = folder / "base.db", folder / "work.db"
    if ledger.engine.dialect.name == "sqlite":
        with ledger.reading() as connection, closing(sqlite3.connect(base)) as target:
            raw: Any = connection.connection.driver_connection
            raw.backup(target)
    else:
        copy = open_ledger(f"sqlite:///{base}")
        with ledger.reading() as old, copy.writing() as new:
            copy_tables(old, new)
        copy.close()
        with closing(sqlite3.connect(base)) as connection_:
            connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(base, work)
    work.chmod(0o600)
    base.chmod(0o600)
    yield f"sqlite:///{work}", base


def changes(base: Path, work: Path) -> list[Change]:
    """Every row of the working copy that is new or different, parents before children."""
    found: list[Change] = []
    with closing(sqlite3.connect(work)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("ATTACH DATABASE ? AS base", (str(base),))
        for table in metadata.sorted_tables:
            if table.name not in LEFT_ALONE:
                found += _changes_of(connection, table)
    return found


def _changes_of(connection: sqlite3.Connection, table: Table) -> Iterator[Change]:
    names = [str(column.name) for column in table.c]
    keys = [column.name for column in table.primary_key]
    cells = bulk.names(names)
    fresh = connection.execute(
        f'SELECT {cells} FROM main."{table.name}" EXCEPT SELECT {cells} FROM base."{table.name}"'
    ).fetchall()
    if "number" in table.c:
        fresh.sort(key=lambda row: int(row["number"]))
    where = " AND ".join(f'"{key}" = ?' for key in keys)
    look = f'SELECT {cells} FROM base."{table.name}" WHERE {where}'
    for row in fresh:
        before = connection.execute(look, [row[key] for key in keys]).fetchone()
        after = {name: row[name] for name in names}
        if before is None and "number" in after:
            del after["number"]  # the ledger numbers its rows itself
        yield Change(
            table=str(table.name),
            after=after,
            before=None if before is None else {name: before[name] for name in names},
        )


def actions_in(wanted: Sequence[Change]) -> list[StoredAction]:
    """The actions among the rows that would be made, in their order."""
    moments = {column.name for column in action.c if isinstance(column.type, Moment)}
    return [
        rows.action_of(
            [
                moment_or_none(c.after[name]) if name in moments else c.after[name]
                for name in rows.ACTION
            ]
        )
        for c in wanted
        if c.table == action.name and c.before is None
    ]


def in_the_way(connection: Connection, wanted: Sequence[Change]) -> set[str]:
    """The leads for which the ledger is no longer as it was when it was copied."""
    return {change.lead_id for change in wanted if _moved(connection, change)}


def _moved(connection: Connection, change: Change) -> bool:
    table = metadata.tables[change.table]
    names = [column.name for column in table.c]
    new = change.before is None
    keys = _unique(table) if new else [column.name for column in table.primary_key]
    known = change.after if change.before is None else change.before
    where = " AND ".join(f'"{key}" = :{key}' for key in keys)
    statement = f'SELECT {bulk.names(names)} FROM "{table.name}" WHERE {where}'
    row = connection.execute(text(statement), {key: known[key] for key in keys}).first()
    if new or row is None:
        return new is not (row is None)
    return any(
        not _alike(table, name, shown, known[name]) for name, shown in zip(names, row, strict=True)
    )


def _alike(table: Table, name: str, shown: Any, before: Any) -> bool:
    if isinstance(table.c[name].type, Document) and isinstance(shown, str):
        return bool(codec.load(shown) == codec.load(before)) if before else shown == before
    return bool(shown == before)


def _unique(table: Table) -> list[str]:
    """The columns that make a row the same row in two ledgers."""
    if table is event:
        return list(EVENT_ONCE)
    if "key" in table.c:
        return ["key"]
    for index in table.indexes:
        if index.unique:
            return [column.name for column in index.columns]
    return [column.name for column in table.primary_key]


def put(connection: Connection, wanted: Sequence[Change]) -> None:
    """Writes the rows as they are, one statement a table and kind."""
    for table in metadata.sorted_tables:
        for new in (True, False):
            chosen = [c for c in wanted if c.table == table.name and (c.before is None) is new]
            if chosen:
                _put(connection, table, chosen, new=new)


def _put(connection: Connection, table: Table, chosen: Sequence[Change], *, new: bool) -> None:
    names = list(chosen[0].after)
    booleans = {c.name for c in table.c if isinstance(c.type, Boolean)}
    made = [
        tuple(
            bool(c.after[name]) if name in booleans and c.after[name] is not None else c.after[name]
            for name in names
        )
        for c in chosen
    ]
    keys = _unique(table) if new else [column.name for column in table.primary_key]
    update = () if new else None
    bulk.upsert(connection, table, made, keys, columns=names, update=update)
