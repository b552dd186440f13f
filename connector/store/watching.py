"""Promises under watch: whose moment has come, who is on hold, who was given what, who waits."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, select

from connector.core.events import EventKind
from connector.core.turns import Turn
from connector.ports import LeadRow, Standing, Watched
from connector.store import bulk, codec, leads, rows
from connector.store.tables import GIVEN, HELD, QUEUED, event, lead, turn, watched
from connector.store.types import micros_or_none

#: After one of these sales has no further work with a lead in this cycle.
FINISHED = (
    *(EventKind.REJECTED, EventKind.CONVERTED, EventKind.RECYCLED),
    *(EventKind.DISQUALIFIED, EventKind.DELETED, EventKind.ERASED),
)
#: What gives somebody a lead, or takes it from them, besides an answer.
OF_OWNERS = (
    *(EventKind.HANDED_OFF, EventKind.REASSIGNED, EventKind.PASSED_ON, EventKind.OWNER_CHANGED),
    *(EventKind.CYCLE_OPENED, EventKind.MERGED, EventKind.RESTORED),
)
#: What ends the waiting for the lead centre.
DECIDED = (EventKind.STAGE_CHANGED, EventKind.DISQUALIFIED, EventKind.HANDED_OFF, EventKind.ERASED)


def watch(connection: Connection, states: Iterable[Watched]) -> None:
    made = [(w.lead_id, micros_or_none(w.look_at), codec.dump(list(w.hold))) for w in states]
    bulk.upsert(connection, watched, made, ("lead_id",), columns=("lead_id", "look_at", "hold"))


def to_watch(connection: Connection, now: datetime, limit: int) -> list[str]:
    query = (
        select(watched.c.lead_id)
        .where(watched.c.look_at <= now)
        .order_by(watched.c.look_at, watched.c.lead_id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def on_hold(connection: Connection) -> frozenset[str]:
    query = select(watched.c.hold).where(HELD).distinct()
    return frozenset(person for held in connection.scalars(query) for person in codec.load(held))


_COUNTED = (
    select(turn.c.team, turn.c.person, turn.c.draw, func.count(), func.max(turn.c.number))
    .where(turn.c.number > bindparam("behind"))
    .group_by(turn.c.team, turn.c.person, turn.c.draw)
)


def standing(connection: Connection, behind: int) -> Standing:
    """All turns in one statement: a few draws, each with its count, however many turns."""
    found = connection.execute(_COUNTED, {"behind": behind}).all()
    return Standing(
        counts=tuple(
            (row[0], row[1], tuple((p, w) for p, w in codec.load(row[2])), row[3]) for row in found
        ),
        number=max((row[4] for row in found), default=behind),
    )


def turns_behind(connection: Connection, number: int) -> tuple[list[Turn], int]:
    query = select(*(turn.c[name] for name in rows.TURN), turn.c.number)
    found = connection.execute(query.where(turn.c.number > number).order_by(turn.c.number)).all()
    return [rows.turn_of(row) for row in found], found[-1].number if found else number


def given_since(connection: Connection, at: datetime) -> list[tuple[str, datetime]]:
    query = select(event.c.kind, event.c.data, event.c["at"]).where(GIVEN, event.c["at"] >= at)
    return [(_given_to(kind, data), at) for kind, data, at in connection.execute(query)]


def owners_behind(connection: Connection, number: int) -> list[tuple[str, str, datetime, int]]:
    columns = (event.c.kind, event.c.data, event.c["at"], event.c.number)
    kinds = [kind.value for kind in (*leads.ANSWERED, *OF_OWNERS)]
    query = select(*columns).where(event.c.number > number, event.c.kind.in_(kinds))
    return [
        (row[0], _given_to(row[0], row[1]), row[2], row[3])
        for row in connection.execute(query.order_by(event.c.number))
    ]


def _given_to(kind: str, data: str) -> str:
    return str(codec.load(data).get("owner" if kind == EventKind.HANDED_OFF else "to") or "")


def last_event(connection: Connection) -> int:
    return connection.scalar(select(func.max(event.c.number))) or 0


def moments_since(connection: Connection, kind: str, at: datetime) -> list[datetime]:
    """By the index of hand-offs where it is about them."""
    query = select(event.c["at"]).where(event.c.kind == kind, event.c["at"] >= at)
    if kind == EventKind.HANDED_OFF:
        query = query.where(GIVEN)
    return list(connection.scalars(query))


def _open() -> tuple[ColumnElement[bool], ...]:
    over = exists().where(
        event.c.lead_id == lead.c.id,
        event.c.cycle == lead.c.cycle,
        event.c.kind.in_([kind.value for kind in FINISHED]),
    )
    return (
        lead.c.passed_at.is_not(None),
        lead.c.disposition.is_(None),
        lead.c.owner.is_not(None),
        ~over,
    )


def open_leads(connection: Connection) -> list[LeadRow]:
    """Without locks: a list to look at, not to decide by."""
    return leads.select_all(connection, *_open())


def open_heat(connection: Connection) -> Iterator[tuple[str, str, str, float, datetime]]:
    """In the order of passing; a few at a time, however many there are."""
    columns = (lead.c.id, lead.c.owner, lead.c.temperature, lead.c.score, lead.c.passed_at)
    query = select(*columns).where(*_open()).order_by(lead.c.passed_at)
    for row in connection.execute(query.execution_options(yield_per=1_000)):
        yield row[0], row[1], row[2], row[3], row[4]


def queued(connection: Connection, limit: int) -> list[LeadRow]:
    """Leads with a queued event of this cycle and no decision heard of since."""
    asked: Any = event.alias("asked")
    waiting = (
        select(event.c.lead_id, func.min(event.c["at"]).label("since"))
        .join(lead, lead.c.id == event.c.lead_id)
        .where(
            QUEUED,
            event.c.cycle == lead.c.cycle,
            lead.c.passed_at.is_(None),
            lead.c.erased_at.is_(None),
            ~exists().where(
                asked.c.lead_id == event.c.lead_id,
                asked.c.number > event.c.number,
                asked.c.kind.in_([kind.value for kind in DECIDED]),
            ),
        )
        .group_by(event.c.lead_id)
        .order_by("since", event.c.lead_id)
        .limit(limit)
    )
    ids = [row[0] for row in connection.execute(waiting)]
    found = leads.by_id(connection, ids, lock=False)
    return [found[id_] for id_ in ids if id_ in found]
