"""Events beside the dimensions of their leads, streamed for measuring: plain tuples, no objects.

Made for a million leads and ten million events: one statement, in the order in which things were
heard of, a few microseconds a row, and a memory that does not grow. Whoever remembers the last
number goes on behind it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from connector.core.plan import Json
from connector.store import codec
from connector.store.ledger import SqlLedger
from connector.store.types import moment_of

_BATCH = 5_000


class Fact(NamedTuple):
    """One event with the dimensions its lead has now; empty where the ledger has no such lead."""

    number: int
    lead_id: str
    cycle: int
    kind: str
    micros: int  #: when it happened: microseconds since 1970, UTC
    text: str  #: the event's data as JSON; `data` parses it
    by: str
    source: str
    campaign: str
    segment: str
    product: str
    team: str

    @property
    def at(self) -> datetime:
        return moment_of(self.micros)

    @property
    def data(self) -> Mapping[str, Json]:
        parsed: Mapping[str, Json] = codec.load(self.text)
        return parsed


_COLUMNS = ("source", "campaign", "segment", "product", "team")


def facts(ledger: SqlLedger, *, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[list[Fact]]:
    """Batches of facts by rising number, behind `after`; only these kinds where any are named.

    The whole reading sees the ledger as it was when it began.
    """
    marks = "?" if ledger.engine.dialect.name == "sqlite" else "%s"
    dimensions = ", ".join(f"COALESCE(l.{name}, '')" for name in _COLUMNS)
    wanted = f" AND e.kind IN ({', '.join([marks] * len(kinds))})" if kinds else ""
    statement = (
        'SELECT e.number, e.lead_id, e.cycle, e.kind, e."at", e.data, e."by", '
        f"{dimensions} FROM event e LEFT JOIN lead l ON l.id = e.lead_id "
        f"WHERE e.number > {marks}{wanted} ORDER BY e.number"
    )
    with ledger.reading() as connection:
        raw: Any = connection.connection.driver_connection
        # A named cursor stays on PostgreSQL's side; SQLite's cursors stream by themselves.
        cursor = raw.cursor() if marks == "?" else raw.cursor(name="facts")
        with closing(cursor):
            cursor.execute(statement, (after, *kinds))
            while rows := cursor.fetchmany(_BATCH):
                yield [Fact._make(row) for row in rows]
