"""Records in memory: one dictionary of texts each, ids in order, unique values indexed."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from connector.sandbox.hubspot.kinds import Kind


@dataclass(frozen=True, slots=True)
class Source:
    """Who wrote a value: `type` as in property histories (CRM_UI, INTEGRATION, IMPORT, …)."""

    type: str
    id: str = ""
    label: str = ""
    user_id: int | None = None


Version = tuple[int, str, Source]


class Record:
    """One CRM record.

    `values` holds every set property as text, dates and id included. `history` holds only the
    properties that changed after the creation; the others have their one value since `created`.
    All moments are epoch milliseconds.
    """

    __slots__ = (
        "archived_at",
        "created",
        "history",
        "id",
        "key",
        "modified",
        "source",
        "values",
    )

    def __init__(self, id_: int, values: dict[str, str], created: int, source: Source) -> None:
        self.id = id_
        self.key = str(id_)
        self.values = values
        self.created = created
        self.modified = created
        self.archived_at: int | None = None
        self.history: dict[str, list[Version]] | None = None
        self.source = source

    def versions(self, name: str) -> list[Version]:
        """The values that a property has had, oldest first."""
        if self.history is not None and name in self.history:
            return self.history[name]
        value = self.values.get(name)
        return [] if value is None else [(self.created, value, self.source)]

    def remember(self, name: str, value: str, at: int, source: Source) -> None:
        """Adds a version; called before the new value is put into `values`."""
        if self.history is None:
            self.history = {}
        if name not in self.history:
            self.history[name] = list(self.versions(name))
        self.history[name].append((at, value, source))


Computed = Callable[[Record], str | None]


class Store:
    """All records of one object type."""

    def __init__(self, kind: Kind, first_id: int) -> None:
        self.kind = kind
        self.records: dict[int, Record] = {}
        self.live: list[int] = []
        self.archived: list[int] = []
        self.unique: dict[str, dict[str, int]] = {}
        self.merged: dict[int, int] = {}
        self.next_id = first_id
        if kind.plural == "contacts":
            self.unique["email"] = {}

    def add(self, record: Record) -> None:
        """Takes a new record in; the caller has checked unique values."""
        self.records[record.id] = record
        if self.live and record.id < self.live[-1]:
            insort(self.live, record.id)
        else:
            self.live.append(record.id)

    def find(self, id_: int) -> Record | None:
        """The record with an id, archived or not."""
        return self.records.get(id_)

    def alive(self, id_: int) -> Record | None:
        """The record with an id, unless it is archived."""
        record = self.records.get(id_)
        return record if record is not None and record.archived_at is None else None

    def by_unique(self, name: str, value: str) -> Record | None:
        """The living record that holds a unique value; addresses in lower case."""
        id_ = self.unique.get(name, {}).get(value)
        return None if id_ is None else self.alive(id_)

    def claim(self, record: Record) -> None:
        """Enters the unique values of a record; the caller has checked that they are free."""
        for name, table in self.unique.items():
            for value in self._unique_values(name, record):
                table[value] = record.id

    def release(self, record: Record) -> None:
        """Gives the unique values of a record free."""
        for name, table in self.unique.items():
            for value in self._unique_values(name, record):
                if table.get(value) == record.id:
                    del table[value]

    @staticmethod
    def _unique_values(name: str, record: Record) -> list[str]:
        value = record.values.get(name)
        found = [value] if value else []
        if name == "email" and (more := record.values.get("hs_additional_emails")):
            found += [address.lower() for address in more.split(";") if address]
        return found

    def page(self, after: int, limit: int, *, archived: bool) -> list[Record]:
        """Up to `limit` records with ids from `after` on, in the order of ids."""
        ids = self.archived if archived else self.live
        start = bisect_left(ids, after)
        records = self.records
        return [records[id_] for id_ in ids[start : start + limit]]

    def bury(self, record: Record, at: int) -> None:
        """Moves a record to the archive."""
        record.archived_at = at
        self._drop(self.live, record.id)
        insort(self.archived, record.id)

    def raise_again(self, record: Record) -> None:
        """Takes a record back from the archive."""
        record.archived_at = None
        self._drop(self.archived, record.id)
        insort(self.live, record.id)

    def forget(self, record: Record) -> None:
        """Removes a record for good."""
        self._drop(self.live if record.archived_at is None else self.archived, record.id)
        del self.records[record.id]

    def living(self) -> Iterator[Record]:
        """All records that are not archived, in the order of ids."""
        return (self.records[id_] for id_ in self.live)

    @staticmethod
    def _drop(ids: list[int], id_: int) -> None:
        place = bisect_left(ids, id_)
        if place < len(ids) and ids[place] == id_:
            del ids[place]


class Reader:
    """Reads a fixed set of properties of any record of a type, in the order of names."""

    __slots__ = ("_computed", "_names")

    def __init__(self, names: Iterable[str], computed: dict[str, Computed]) -> None:
        self._names = tuple(sorted(set(names)))
        self._computed = [(name, computed[name]) for name in self._names if name in computed]

    def __call__(self, record: Record) -> dict[str, Any]:
        names = self._names
        row: dict[str, Any] = dict(zip(names, map(record.values.get, names), strict=True))
        for name, compute in self._computed:
            if row[name] is None:
                row[name] = compute(record)
        return row
