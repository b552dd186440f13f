"""What was begun and has no outcome yet: by a living run, or by one that is gone."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, select

from connector.core.plan import ActionState, Destination
from connector.ports import StoredAction
from connector.store import outbox
from connector.store.tables import action, lease


def unfinished(
    connection: Connection, destination: Destination, now: datetime | None = None
) -> list[StoredAction]:
    """Started actions whose run holds no lease (any more): nobody will finish them."""
    query = outbox.SELECT.where(_started(destination), ~_held(now)).order_by(action.c.number)
    # Of several that look at the same moment one gets each action, to put it back.
    query = query.with_for_update(skip_locked=True, of=action)
    return outbox.read(connection, query)


def under_way(connection: Connection, destination: Destination, now: datetime) -> bool:
    """Does a living run have started actions there?"""
    query = select(exists().where(_started(destination), _held(now)))
    return bool(connection.scalar(query))


def _started(destination: Destination) -> ColumnElement[bool]:
    return and_(
        action.c.destination == destination.value,
        outbox.state_in(action, "started", "parked"),
        action.c.state == ActionState.STARTED.value,
    )


def _held(now: datetime | None) -> ColumnElement[bool]:
    """A lease's holder is the run's id, or ends with it (`host:process:run`)."""
    start = func.length(lease.c.holder) - func.length(action.c.run_id) + 1
    held = exists().where(
        action.c.run_id != "", func.substr(lease.c.holder, start) == action.c.run_id
    )
    return held if now is None else held.where(lease.c.until > now)


def is_idle(connection: Connection, destination: Destination, now: datetime) -> bool:
    """Whether nothing is due there, and nothing was left started."""
    here = {"destination": destination.value, "now": now}
    return not any(connection.scalar(one, here) for one in _BUSY)


_HERE = action.c.destination == bindparam("destination")
#: Made once: every job asks it for every system.
_BUSY = tuple(
    select(exists().where(_HERE, one))
    for one in (
        outbox.state_in(action, "planned", "waiting") & (action.c.due <= bindparam("now")),
        outbox.state_in(action, "started", "parked")
        & (action.c.state == ActionState.STARTED.value),
    )
)
