"""The ledger: opened by its URL, migrated forward, used in transactions."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, select, text

from connector.core.decisions import Decision
from connector.core.journeys import Journey, StageNames
from connector.core.plan import Destination
from connector.core.records import System
from connector.ports import (
    Balance,
    LeadRow,
    ObjectSchema,
    Outgoing,
    Run,
    Snapshot,
    Span,
    StockLine,
    StoredAction,
    StoredEvent,
)
from connector.store import (
    balances,
    begun,
    bulk,
    database,
    history,
    journeys,
    leads,
    measuring,
    outbox,
    schemas,
    stock,
)
from connector.store.statistics import Statistics
from connector.store.tables import action, counter, lease, metadata, schema_seen
from connector.store.tables import decision as decision_table
from connector.store.transaction import SqlTransaction
from connector.store.types import micros

#: Further ahead than this no living run's lease ends: a clock was wrong when it was taken.
_TOO_FAR = 3_600_000_000
#: By what clock that is told: one that all who share the ledger share.
_CLOCKS = {
    "sqlite": ":now",  # one machine, one clock
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
}
_LEASE = {
    name: text(
        "INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until) "
        "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until "
        "WHERE lease.holder = excluded.holder OR lease.until <= :now "
        f"OR lease.until > {clock} + :length + {_TOO_FAR}"
    )
    for name, clock in _CLOCKS.items()
}
_RELEASE = delete(lease).where(lease.c.name == bindparam("of"), lease.c.holder == bindparam("by"))
_COUNTED = select(counter.c.total).where(
    counter.c.name == bindparam("name"), counter.c.period == bindparam("period")
)


def open_ledger(url: str) -> "SqlLedger":
    """The ledger at `sqlite:///path`, a plain path, or `postgresql://…`, migrated forward.

    A new SQLite file is made for its owner alone (0600). Raises TryLater where the database is
    away or busy, StopTheRun where it cannot be used or is newer than this version.
    """
    engine = database.connect(url)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        database.migrate(engine)
        stack.pop_all()
    return SqlLedger(engine)


class SqlLedger:
    """Implements ports.Ledger on SQLite or PostgreSQL; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._statistics = Statistics(engine)
        # Also at the end of a process: PostgreSQL would note each as an unexpected end.
        weakref.finalize(self, engine.dispose)

    def close(self) -> None:
        """Closes every idle connection."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """All or nothing. On SQLite one at a time; on PostgreSQL many.

        Raises TryLater where the database is busy or away, StopTheRun where it cannot go on.
        """
        with self.writing() as connection:
            open_ = SqlTransaction(connection)
            yield open_
            open_.close_out()
        with database.faults(self.engine):
            self._statistics.after_transaction()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that may write."""
        with database.faults(self.engine), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment and keeps nobody from writing."""
        options: dict[str, Any] = {"reading": True}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            database.faults(self.engine),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def lease(self, name: str, *, holder: str, now: datetime, seconds: int) -> bool:
        """Takes or renews a lease; False while somebody else's has not run out.

        The holder ends with the id of the run, so that `unfinished` knows which runs are alive.
        One that would run out more than an hour later than any new one is void: its holder's clock
        was ahead, and a living holder has renewed it since by the right one.
        """
        at, length = micros(now), seconds * 1_000_000
        values = {"name": name, "holder": holder, "until": at + length, "now": at, "length": length}
        with self.writing() as connection:
            statement = _LEASE[connection.dialect.name]
            return connection.execute(statement, values).rowcount == 1

    def release(self, name: str, *, holder: str) -> None:
        with self.writing() as connection:
            connection.execute(_RELEASE, {"of": name, "by": holder})

    def forget_leases(self, prefix: str, *, before: datetime) -> int:
        """Drops leases that ran out before a moment; what their holders had begun is free again."""
        old = lease.c.name.startswith(prefix, autoescape=True) & (lease.c.until < before)
        with self.writing() as connection:
            return connection.execute(delete(lease).where(old)).rowcount

    def leases(self) -> list[tuple[str, str, datetime]]:
        """(name, holder, until) of every lease, run out or not."""
        with self.reading() as connection:
            found = connection.execute(select(lease).order_by(lease.c.name))
            return [(row.name, row.holder, row.until) for row in found]

    def start_run(self, run: Run) -> None:
        with self.writing() as connection:
            history.save_run(connection, run)

    def end_run(self, run: Run) -> None:
        with self.writing() as connection:
            history.save_run(connection, run)

    def decided_by(
        self, run_id: str, *, after: int = 0, limit: int = 1_000
    ) -> tuple[list[Snapshot], int]:
        """Decisions of one run in their order behind `after`, and the number of the last one."""
        with self.reading() as connection:
            return history.snapshots_by(connection, run_id, after=after, limit=limit)

    def told_by(self, run_id: str, kinds: Sequence[str], *, by: str) -> list[StoredEvent]:
        """What one run recorded, of these kinds and by this hand, in order."""
        with self.reading() as connection:
            return history.told_by(connection, run_id, kinds, by=by)

    def done_by(self, run_id: str) -> list[StoredAction]:
        """Actions that this run finished, newest first."""
        with self.reading() as connection:
            return outbox.of_run(connection, run_id)

    def runs(self, job: str | None = None, limit: int = 50) -> list[Run]:
        """Newest first."""
        with self.reading() as connection:
            return history.runs(connection, job, limit)

    def save_ruleset(self, hash_: str, files: Mapping[str, str], *, now: datetime) -> None:
        with self.writing() as connection:
            history.save_ruleset(connection, hash_, files, now=now)

    def rulesets(self) -> list[tuple[str, datetime, Mapping[str, str]]]:
        with self.reading() as connection:
            return history.rulesets(connection)

    def parked(self) -> list[StoredAction]:
        """Oldest first."""
        with self.reading() as connection:
            return outbox.parked(connection)

    def planned(self, destination: Destination | None = None) -> list[StoredAction]:
        """Planned and waiting actions, oldest first."""
        with self.reading() as connection:
            return outbox.planned(connection, destination)

    def is_idle(self, destination: Destination, *, now: datetime) -> bool:
        """Whether nothing is due there, and nothing was left started."""
        with self.reading() as connection:
            return begun.is_idle(connection, destination, now)

    def under_way(self, destination: Destination, *, now: datetime) -> bool:
        """Does a living run have actions started there, whose outcome it will learn?"""
        with self.reading() as connection:
            return begun.under_way(connection, destination, now)

    def outgoing(self, destination: Destination) -> list[Outgoing]:
        """Planned and waiting actions, counted by kind."""
        with self.reading() as connection:
            return outbox.outgoing(connection, destination)

    def events(
        self, *, after: int = 0, kinds: Sequence[str] = (), limit: int = 10_000
    ) -> list[StoredEvent]:
        with self.reading() as connection:
            return history.events(connection, after=after, kinds=kinds, limit=limit)

    def every_event(self, *, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[StoredEvent]:
        while page := self.events(after=after, kinds=kinds):
            after = page[-1].number
            yield from page

    def leads_with(self, kinds: Sequence[str], *, after: str = "", limit: int = 1_000) -> list[str]:
        with self.reading() as connection:
            return history.leads_with(connection, kinds, after=after, limit=limit)

    def lead_rows(self, *, after: str = "", limit: int = 1_000) -> list[LeadRow]:
        with self.reading() as connection:
            return leads.page(connection, after=after, limit=limit)

    def stale_leads(self, ruleset: str, span: Span, *, limit: int) -> list[LeadRow]:
        with self.reading() as connection:
            return leads.stale(connection, ruleset, span, limit)

    def stale_spans(self, ruleset: str, *, least: int, most: int) -> list[Span]:
        """Leads that other files decided, in parts of at least `least`; none where they are few."""
        with self.reading() as connection:
            return leads.stale_spans(connection, ruleset, least=least, most=most)

    def measure(self, names: StageNames) -> int:
        """Folds the events that are new into the journeys; how many numbers further it got."""
        return measuring.refresh(self, names)

    def divide_measuring(self, names: StageNames, *, least: int, most: int) -> list[str]:
        """The spans in which new events are to be folded, where they are many; see `measuring`."""
        return measuring.divide(self, names, least=least, most=most)

    def measure_span(self, names: StageNames, span: str) -> int:
        """Folds one of them, once; how many numbers further all of them together got."""
        return measuring.fold_span(self, names, span)

    def journeys(self, *, since: datetime | None = None) -> Iterator[Journey]:
        """As `measure` left them, by lead and cycle."""
        return journeys.read(self, since=since)

    def journeys_of(self, lead_ids: Sequence[str]) -> Iterator[Journey]:
        """As `measure` left them, those of some leads, by lead and cycle."""
        return journeys.read(self, lead_ids=lead_ids)

    def stock(self, *, now: datetime) -> Iterator[StockLine]:
        """Where the leads stand and since when their cycle runs, by stage."""
        return stock.stock(self, now=now)

    def hand_offs(self) -> Balance:
        """Hand-offs that were recorded, and journeys that were passed."""
        return balances.hand_offs(self)

    def stage_balances(self, first: str) -> list[Balance]:
        """Per stage: those who entered without those who left, and those who stand there."""
        return balances.stages(self, first)

    def astray(self, first: str) -> Iterator[tuple[str, str, str]]:
        """(lead, stage it stands in, stage its story ends with) where the two differ."""
        return balances.astray(self, first)

    def statuses(self, lead_ids: Sequence[str]) -> dict[str, str]:
        """lead -> the last status of the CRM that we heard of."""
        return balances.statuses(self, lead_ids)

    def decide(self, decision: Decision) -> None:
        """Notes an adopted change; the same words on the same day once."""
        columns = ("what", "decided_at", "review_at", "start", "end", "by")
        row = (
            *(decision.what, micros(decision.decided_at), micros(decision.review_at)),
            *(decision.start, decision.end, decision.by),
        )
        with self.writing() as connection:
            bulk.upsert(connection, decision_table, [row], columns[:2], columns=columns)

    def decisions(self) -> list[Decision]:
        """Newest first."""
        with self.reading() as connection:
            query = select(decision_table).order_by(decision_table.c.decided_at.desc())
            return [Decision(**row._mapping) for row in connection.execute(query)]

    def counts(self) -> dict[str, int]:
        with self.reading() as connection:
            found = {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
            }
            query = select(action.c.state, func.count()).group_by(action.c.state)
            found.update({f"action.{state}": count for state, count in connection.execute(query)})
        return found

    def saw_schema(self, schema: ObjectSchema, *, now: datetime) -> bool:
        """Notes how a system describes an object; True where that has changed."""
        key = (schema.system.value, schema.name)
        with self.writing() as connection:
            known = connection.scalar(
                select(schema_seen.c.hash).where(
                    schema_seen.c.system == key[0], schema_seen.c.name == key[1]
                )
            )
            bulk.upsert(
                connection,
                schema_seen,
                [(*key, schema.hash, micros(now), schemas.dump(schema))],
                ("system", "name"),
                columns=("system", "name", "hash", "seen_at", "content"),
            )
        return known is not None and known != schema.hash

    def schema_seen(self, system: System, name: str) -> ObjectSchema | None:
        """The object as it was last described; None where nobody looked yet."""
        query = select(schema_seen.c.hash, schema_seen.c.content).where(
            schema_seen.c.system == system.value, schema_seen.c.name == name
        )
        with self.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.content is None:
            return None
        return schemas.load(row.content, system=system, name=name, hash_=row.hash)

    def count_up(self, name: str, period: str, by: int = 1) -> int:
        """Adds to a counter that all processes share, e.g. ("hubspot calls", "2026-11-22")."""
        statement = text(
            "INSERT INTO counter (name, period, total) VALUES (:name, :period, :by) ON CONFLICT "
            "(name, period) DO UPDATE SET total = counter.total + excluded.total RETURNING total"
        )
        with self.writing() as connection:
            return int(
                connection.execute(
                    statement, {"name": name, "period": period, "by": by}
                ).scalar_one()
            )

    def note(self, name: str, period: str, total: int) -> None:
        """Sets a counter to what somebody else counted, e.g. ("hubspot left", "2026-11-22")."""
        with self.writing() as connection:
            bulk.upsert(
                connection,
                counter,
                [(name, period, total)],
                ("name", "period"),
                columns=("name", "period", "total"),
            )

    def counted(self, name: str, period: str) -> int:
        with self.reading() as connection:
            return connection.scalar(_COUNTED, {"name": name, "period": period}) or 0
