"""What happened and what was decided: events, snapshots, turns, runs and rulesets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, text

from connector.core.events import Event
from connector.ports import Run, Snapshot, StoredEvent, Turn
from connector.store import bulk, codec, rows
from connector.store.among import among
from connector.store.tables import EVENT_ONCE, SNAPSHOT_ONCE, event, ruleset, run, snapshot, turn
from connector.store.types import micros

#: Any number of our own: the advisory lock under which PostgreSQL numbers events.
_LOCK = 0x65766E74

_EVENTS = select(event.c.number, *(event.c[name] for name in rows.EVENT))


def record(
    connection: Connection, events: Iterable[Event], *, now: datetime, run_id: str = ""
) -> int:
    """Appends events with new keys.

    On PostgreSQL one transaction at a time numbers events, until it ends: readers that go on
    behind a number would otherwise miss one that was committed late.
    """
    made = [rows.event_row(one, now=now, run_id=run_id) for one in events]
    if made and connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    return bulk.upsert(connection, event, made, EVENT_ONCE, columns=rows.EVENT, update=())


def events(
    connection: Connection, *, after: int, kinds: Sequence[str], limit: int
) -> list[StoredEvent]:
    found = connection.execute(_of_kinds(tuple(kinds)), {"after": after, "most": limit})
    return [rows.event_of(row) for row in found]


@lru_cache(maxsize=64)
def _of_kinds(kinds: tuple[str, ...]) -> Select[Any]:
    """`after` and `most` come with each execution; without kinds it is all of them."""
    query = _EVENTS.where(event.c.number > bindparam("after"))
    if kinds:
        query = query.where(event.c.kind.in_(kinds))
    return query.order_by(event.c.number).limit(bindparam("most"))


def leads_with(
    connection: Connection, kinds: Sequence[str], *, after: str, limit: int
) -> list[str]:
    """In the order of the index over lead ids, so that a page costs no more than it holds."""
    query = select(event.c.lead_id).where(event.c.kind.in_(list(kinds)), event.c.lead_id > after)
    query = query.group_by(event.c.lead_id).order_by(event.c.lead_id).limit(limit)
    return list(connection.scalars(query))


def told_by(
    connection: Connection, run_id: str, kinds: Sequence[str], *, by: str
) -> list[StoredEvent]:
    query = _EVENTS.where(
        event.c.run_id == run_id, event.c.kind.in_(list(kinds)), event.c["by"] == by
    )
    return [rows.event_of(row) for row in connection.execute(query.order_by(event.c.number))]


def events_of(connection: Connection, lead_id: str) -> list[StoredEvent]:
    query = _EVENTS.where(event.c.lead_id == lead_id).order_by(event.c.number)
    return [rows.event_of(row) for row in connection.execute(query)]


def events_of_many(connection: Connection, ids: Iterable[str]) -> dict[str, list[StoredEvent]]:
    wanted, found = list(ids), dict[str, list[StoredEvent]]()
    if not wanted:
        return found
    query = _EVENTS.where(among(event.c.lead_id, wanted)).order_by(event.c.number)
    for row in connection.execute(query):
        found.setdefault(row.lead_id, []).append(rows.event_of(row))
    return found


def save_snapshots(
    connection: Connection, snapshots: Iterable[Snapshot], *, run_id: str = ""
) -> None:
    """Of the same inputs under the same ruleset in the same cycle and run, the first is kept."""
    bulk.upsert(
        connection,
        snapshot,
        [rows.snapshot_row(one, run_id) for one in snapshots],
        SNAPSHOT_ONCE,
        columns=rows.SNAPSHOT,
        update=(),
    )


def snapshots_of(connection: Connection, lead_id: str) -> list[Snapshot]:
    """All kept qualifications and hand-offs of one lead, oldest first."""
    return snapshots_of_many(connection, [lead_id]).get(lead_id, [])


def snapshots_of_many(connection: Connection, ids: Iterable[str]) -> dict[str, list[Snapshot]]:
    query = select(*(snapshot.c[name] for name in rows.SNAPSHOT))
    query = query.where(among(snapshot.c.lead_id, ids), snapshot.c.step == "")
    found: dict[str, list[Snapshot]] = {}
    for row in connection.execute(query.order_by(snapshot.c.taken_at, snapshot.c.number)):
        found.setdefault(row.lead_id, []).append(rows.snapshot_of(row))
    return found


def snapshots_by(
    connection: Connection, run_id: str, *, after: int, limit: int
) -> tuple[list[Snapshot], int]:
    """Decisions of one run in the order in which they were taken, and the last one's number."""
    query = select(*(snapshot.c[name] for name in rows.SNAPSHOT), snapshot.c.number)
    query = query.where(snapshot.c.run_id == run_id, snapshot.c.number > after)
    found = connection.execute(query.order_by(snapshot.c.number).limit(limit)).all()
    return [rows.snapshot_of(row) for row in found], found[-1].number if found else after


def save_turns(connection: Connection, turns: Iterable[Turn]) -> None:
    """A turn that is saved again is one turn."""
    bulk.upsert(
        connection,
        turn,
        [rows.turn_row(one) for one in turns],
        ("lead_id", "cycle", "team", "person", "at"),
        columns=rows.TURN,
        update=(),
    )


def turns(connection: Connection, team: str | None, since: datetime | None) -> list[Turn]:
    query = select(*(turn.c[name] for name in rows.TURN)).order_by(turn.c.at, turn.c.number)
    if team is not None:
        query = query.where(turn.c.team == team)
    if since is not None:
        query = query.where(turn.c.at >= since)
    return [rows.turn_of(row) for row in connection.execute(query)]


def save_run(connection: Connection, one: Run) -> None:
    bulk.upsert(connection, run, [rows.run_row(one)], ("id",), columns=rows.RUN)


def runs(connection: Connection, job: str | None, limit: int) -> list[Run]:
    """Newest first."""
    query = select(*(run.c[name] for name in rows.RUN)).limit(limit)
    if job is not None:
        query = query.where(run.c.job == job)
    found = connection.execute(query.order_by(run.c.started_at.desc(), run.c.id.desc()))
    return [rows.run_of(row) for row in found]


def save_ruleset(
    connection: Connection, hash_: str, files: Mapping[str, str], *, now: datetime
) -> None:
    bulk.upsert(
        connection,
        ruleset,
        [(hash_, micros(now), codec.dump(files))],
        ("hash",),
        columns=("hash", "first_used_at", "files"),
        update=(),
    )


def rulesets(connection: Connection) -> list[tuple[str, datetime, Mapping[str, str]]]:
    """In the order of their first use."""
    query = select(ruleset.c.hash, ruleset.c.first_used_at, ruleset.c.files)
    found = connection.execute(query.order_by(ruleset.c.first_used_at, ruleset.c.hash))
    return [(hash_, at, codec.load(files)) for hash_, at, files in found]
