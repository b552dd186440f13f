"""What waits and how fast it goes: backlog, oldest, throughput, blocked, by destination."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, exists, func, literal_column, select

from connector.core.plan import Destination
from connector.store import outbox
from connector.store.ledger import SqlLedger
from connector.store.tables import action


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The queue to one destination. Counts are actions."""

    destination: Destination
    planned: int = 0
    waiting: int = 0  #: the other side was busy
    started: int = 0
    parked: int = 0
    express: int = 0  #: of planned and waiting
    blocked: int = 0  #: of planned and waiting: what must go first is parked or given up
    oldest: datetime | None = None  #: when the oldest planned or waiting one was planned
    done_last_hour: int = 0

    @property
    def backlog(self) -> int:
        return self.planned + self.waiting

    def empty_in(self) -> timedelta | None:
        """How long the backlog takes at the last hour's pace; None where nothing went through."""
        if not self.backlog:
            return timedelta(0)
        if not self.done_last_hour:
            return None
        return timedelta(hours=self.backlog / self.done_last_hour)


def waiting(ledger: SqlLedger, *, now: datetime) -> list[Waiting]:
    """One line per destination that has anything open, parked or lately done."""
    found: dict[str, dict[str, Any]] = {}
    with ledger.reading() as connection:
        open_ = outbox.state_in(action, "planned", "waiting")
        first = action.alias("first")
        stuck = exists().where(
            first.c.key == action.c.after_key, first.c.state.in_(["parked", "dismissed"])
        )
        query = (
            select(
                action.c.destination,
                _number_of(action.c.state == "planned").label("planned"),
                _number_of(action.c.state == "waiting").label("waiting"),
                _number_of(action.c.express).label("express"),
                _number_of(and_(action.c.after_key.is_not(None), stuck)).label("blocked"),
                func.min(action.c.planned_at).label("oldest"),
            )
            .where(open_)
            .group_by(action.c.destination)
        )
        for row in connection.execute(query):
            found.setdefault(row.destination, {}).update(row._mapping)
        unsettled = (
            select(action.c.destination, action.c.state, func.count())
            .where(outbox.state_in(action, "started", "parked"))
            .group_by(action.c.destination, action.c.state)
        )
        for destination, state, count in connection.execute(unsettled):
            found.setdefault(destination, {})[state] = count
        done = (
            select(action.c.destination, func.count())
            .where(
                action.c.done_at > now - timedelta(hours=1),
                action.c.done_at.is_not(None),
                outbox.state_in(action, "done"),
            )
            .group_by(action.c.destination)
        )
        for destination, count in connection.execute(done):
            found.setdefault(destination, {})["done_last_hour"] = count
    return [
        Waiting(**{**figures, "destination": Destination(destination)})
        for destination, figures in sorted(found.items())
    ]


def _number_of(condition: Any) -> Any:
    return func.sum(case((condition, literal_column("1")), else_=literal_column("0")))
