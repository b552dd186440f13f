"""The search index: it trails the records, so that searches match on values of some seconds ago."""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

from connector.sandbox.hubspot.records import Record, Store

Values = dict[str, str]


class SearchIndex:
    """What searches see of one object type.

    Only records that changed within the lag are kept twice: `stale` maps their ids to the values
    that searches still match on, or to None while the index does not know the record at all.
    `version` rises with everything that may change the result of a search.
    """

    def __init__(self, store: Store, lag_ms: int) -> None:
        self._store = store
        self._lag = lag_ms
        self._stale: dict[int, Values | None] = {}
        self._pending: deque[tuple[int, int, Values | None]] = deque()
        self._open: dict[int, int] = {}
        self._times = array("q")
        self._ids = array("q")
        self._ordered = True
        self._trails = lag_ms > 0
        self.version = 0

    def changing(self, record: Record, *, new: bool = False) -> None:
        """To be called before a record changes, or right before it is added (`new`)."""
        if self._trails and record.id not in self._stale:
            self._stale[record.id] = None if new else dict(record.values)

    def changed(self, record: Record, now: int, *, gone: bool = False) -> None:
        """To be called after a change; `gone` for archived, merged and purged records."""
        self.version += 1
        if not gone:
            self._mark(record.modified, record.id)
        if self._trails:
            after = None if gone else dict(record.values)
            self._pending.append((now + self._lag, record.id, after))
            self._open[record.id] = self._open.get(record.id, 0) + 1

    def loaded(self, record: Record) -> None:
        """Takes a record of a bulk load into the index at once."""
        self.version += 1
        self._mark(record.modified, record.id)

    def settle(self, now: int, *, stands: bool = False) -> None:
        """Lets the index catch up with everything that is older than the lag, if it moves."""
        self._trails = self._lag > 0 or stands
        if stands:
            return
        pending = self._pending
        while pending and pending[0][0] <= now:
            _due, id_, values = pending.popleft()
            self.version += 1
            if self._open[id_] > 1:
                self._open[id_] -= 1
                self._stale[id_] = values
            else:
                del self._open[id_]
                self._stale.pop(id_, None)

    def values_of(self, record: Record) -> Values | None:
        """The values of a record that searches match on; None if the index lacks it."""
        return self._stale.get(record.id, record.values)

    def entries(self) -> Iterator[tuple[int, Values, Record | None]]:
        """Everything in the index in the order of ids: id, indexed values, the living record."""
        store = self._store
        hidden = [id_ for id_ in self._stale if store.alive(id_) is None]
        return self._entries(sorted(store.live + hidden) if hidden else store.live)

    def entries_of(self, ids: list[int]) -> Iterator[tuple[int, Values, Record | None]]:
        """The index's entries among the sorted `ids`, and all entries that trail their record."""
        return self._entries(sorted({*ids, *self._stale}) if self._stale else ids)

    def _entries(self, ids: list[int]) -> Iterator[tuple[int, Values, Record | None]]:
        stale = self._stale
        records = self._store.records
        for id_ in ids:
            record = records.get(id_)
            if record is not None and record.archived_at is not None:
                record = None
            if id_ in stale:
                values = stale[id_]
                if values is not None:
                    yield id_, values, record
            elif record is not None:
                yield id_, record.values, record

    def modified_between(self, low: int | None, high: int | None) -> list[int] | None:
        """Ids, sorted, of records that were modified in a span at some time (both ends in).

        None if they are so many that looking at every record is quicker.
        """
        self._order()
        start = 0 if low is None else bisect_left(self._times, low)
        stop = len(self._times) if high is None else bisect_right(self._times, high)
        if stop - start > len(self._store.live) // 2:
            return None
        return sorted(set(self._ids[start:stop]))

    def _mark(self, moment: int, id_: int) -> None:
        if self._times and moment < self._times[-1]:
            self._ordered = False
        self._times.append(moment)
        self._ids.append(id_)
        if len(self._times) > 4 * len(self._store.records) + 10_000:
            self.rebuild()

    def _order(self) -> None:
        if self._ordered:
            return
        pairs = sorted(zip(self._times, self._ids, strict=True))
        self._times = array("q", (moment for moment, _id in pairs))
        self._ids = array("q", (id_ for _moment, id_ in pairs))
        self._ordered = True

    def save(self) -> dict[str, Any]:
        """What trails the records, as JSON."""
        return {
            "stale": list(self._stale.items()),
            "pending": [list(one) for one in self._pending],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave; the records are there already."""
        self._stale = dict(saved["stale"])
        self._pending = deque((due, id_, values) for due, id_, values in saved["pending"])
        self._open = dict(Counter(id_ for _due, id_, _values in self._pending))
        self.version += 1
        self.rebuild()

    def rebuild(self) -> None:
        """Forgets old moments of change; entries that trail keep theirs."""
        pairs = sorted((record.modified, record.id) for record in self._store.records.values())
        pairs += [(0, id_) for id_ in self._stale]
        pairs.sort()
        self._times = array("q", (moment for moment, _id in pairs))
        self._ids = array("q", (id_ for _moment, id_ in pairs))
        self._ordered = True
