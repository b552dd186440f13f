"""Rows in memory: one table per object, with indexes, an order by stamp and an undo."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Row = dict[str, Any]


class Index:
    """From a value (folded to lower case) to the ids of the rows that have it."""

    __slots__ = ("_ids", "field")

    def __init__(self, field: str) -> None:
        self.field = field
        self._ids: dict[Any, str | set[str]] = {}

    @staticmethod
    def fold(value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    def add(self, value: Any, row_id: str) -> None:
        key = self.fold(value)
        held = self._ids.get(key)
        if held is None:
            self._ids[key] = row_id
        elif isinstance(held, set):
            held.add(row_id)
        elif held != row_id:
            self._ids[key] = {held, row_id}

    def remove(self, value: Any, row_id: str) -> None:
        key = self.fold(value)
        held = self._ids.get(key)
        if isinstance(held, set):
            held.discard(row_id)
            if not held:
                del self._ids[key]
        elif held == row_id:
            del self._ids[key]

    def find(self, value: Any) -> tuple[str, ...]:
        """The ids with that value, in id order."""
        held = self._ids.get(self.fold(value))
        if held is None:
            return ()
        return tuple(sorted(held)) if isinstance(held, set) else (held,)


class Journal:
    """What to put back when a transaction fails: the rows as they were, newest first."""

    __slots__ = ("_entries", "depth")

    def __init__(self) -> None:
        self._entries: list[tuple[Table, str, Row | None]] = []
        self.depth = 0

    def note(self, table: "Table", row_id: str, before: Row | None) -> None:
        if self.depth:
            self._entries.append((table, row_id, before))

    def begin(self) -> tuple[int, int]:
        """Opens a transaction (they nest) and returns its mark."""
        mark = (len(self._entries), self.depth)
        self.depth += 1
        return mark

    def commit(self, mark: tuple[int, int]) -> None:
        """Closes the transaction of the mark, and any that were left open within."""
        self.depth = mark[1]
        if not self.depth:
            self._entries.clear()

    def rollback(self, mark: tuple[int, int]) -> None:
        """Undoes everything since the mark and closes the transaction."""
        entries, self._entries[mark[0] :] = self._entries[mark[0] :], []
        self.depth = 0
        for table, row_id, before in reversed(entries):
            table.restore(row_id, before)
        self.depth = mark[1]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undoes all writes of the block if it does not come to its end."""
        mark = self.begin()
        done = False
        try:
            yield
            done = True
        finally:
            if done:
                self.commit(mark)
            else:
                self.rollback(mark)


class Table:
    """The rows of one object by id. A row holds only the fields that have a value.

    `stamp_field` is SystemModstamp, or CreatedDate where an object has no other (histories).
    """

    __slots__ = ("_indexes", "_log", "_stale", "journal", "name", "rows", "stamp_field")

    def __init__(
        self,
        name: str,
        journal: Journal,
        indexed: Iterable[str] = (),
        stamp_field: str = "SystemModstamp",
    ) -> None:
        self.name = name
        self.journal = journal
        self.stamp_field = stamp_field
        self.rows: dict[str, Row] = {}
        self._indexes = {field: Index(field) for field in indexed}
        self._log: list[tuple[str, str]] = []
        self._stale = 0

    def put(self, row_id: str, row: Row) -> None:
        """Stores a new row, or a new state of one; the old state is never changed in place."""
        before = self.rows.get(row_id)
        self.journal.note(self, row_id, before)
        self._store(row_id, row, before)

    def restore(self, row_id: str, before: Row | None) -> None:
        """Puts a row back as it was; None takes it away."""
        now = self.rows.get(row_id)
        if before is not None:
            self._store(row_id, before, now)
            return
        if now is None:
            return
        for index in self._indexes.values():
            if (value := now.get(index.field)) is not None:
                index.remove(value, row_id)
        del self.rows[row_id]
        self._stale += 1

    def forget(self, row_id: str) -> None:
        """Takes a row away for good (emptied recycle bin)."""
        self.journal.note(self, row_id, self.rows[row_id])
        self.restore(row_id, None)

    def _store(self, row_id: str, row: Row, before: Row | None) -> None:
        for index in self._indexes.values():
            field = index.field
            new = row.get(field)
            old = before.get(field) if before is not None else None
            if new != old:
                if old is not None:
                    index.remove(old, row_id)
                if new is not None:
                    index.add(new, row_id)
        self.rows[row_id] = row
        stamp = row.get(self.stamp_field)
        if stamp is None:
            return
        if before is not None:
            if before.get(self.stamp_field) == stamp:
                return
            self._stale += 1
        entry = (stamp, row_id)
        if not self._log or self._log[-1] <= entry:
            self._log.append(entry)
        else:
            insort(self._log, entry)
        if self._stale > 50_000 and self._stale * 2 > len(self._log):
            self._tidy()

    def _tidy(self) -> None:
        name = self.stamp_field
        self._log = sorted((row.get(name, ""), key) for key, row in self.rows.items())
        self._stale = 0

    def index(self, field: str) -> Index:
        """The index of a field; built at the first demand, kept up to date from then on."""
        found = self._indexes.get(field)
        if found is None:
            found = self._indexes[field] = Index(field)
            for row_id, row in self.rows.items():
                if (value := row.get(field)) is not None:
                    found.add(value, row_id)
        return found

    def changed(self, low: str | None, high: str | None) -> Iterator[str]:
        """Ids of rows whose stamp lies in [low, high], each once, by stamp and id.

        A row that was changed again later appears at its latest stamp only.
        """
        start = bisect_left(self._log, (low, "")) if low else 0
        previous = None
        for at in range(start, len(self._log)):
            stamp, row_id = entry = self._log[at]
            if high is not None and stamp > high:
                return
            if entry == previous:
                continue
            previous = entry
            row = self.rows.get(row_id)
            if row is not None and row.get(self.stamp_field) == stamp:
                yield row_id
