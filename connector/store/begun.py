"""What was begun and has no outcome yet, and what is given up because it was not."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from connector.core.plan import MAKES, PEOPLE, ActionKind, ActionState, Destination
from connector.flows.lead_state import RESTS
from connector.ports import StoredAction
from connector.store import codec, outbox
from connector.store.among import among
from connector.store.parked import drop_overtaken
from connector.store.tables import action, lead, lease

#: Of a person's record, after which it carries the lead's id: what hangs on the lead waits for it.
_MAKING = and_(action.c.kind.in_([kind.value for kind in MAKES]), action.c.record_kind.in_(PEOPLE))


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


def give_up(
    connection: Connection,
    lead_ids: Iterable[str],
    *,
    now: datetime,
    destination: Destination | None = None,
) -> int:
    """Dismisses whatever of these leads has not left yet, at one destination or at all, with what
    waits for it elsewhere.

    What is started is looked at later, and so is a person's record whose making was tried: it may
    be there, with nobody who knows whose it is.
    """
    ids = list(lead_ids)
    if not ids:
        return 0
    tried = and_(_MAKING, action.c.attempts > 0, action.c.state != ActionState.PARKED.value)
    left = and_(
        among(action.c.lead_id, ids), outbox.state_in(action, "planned", "waiting", "parked")
    )
    chosen = select(action.c.key).where(left, ~tried)
    if destination is not None:
        chosen = chosen.where(action.c.destination == destination.value)
    keys = connection.scalars(chosen).all()
    statement = (
        update(action)
        .where(left, or_(among(action.c.key, keys), among(action.c.after_key, keys)))
        .values(state=ActionState.DISMISSED.value, done_at=now)
    )
    return connection.execute(statement).rowcount if keys else 0


def take_up(connection: Connection, lead_id: str, *, since: datetime, now: datetime) -> int:
    """Plans again the hand-off that was given up from a moment on, with what waits for it; what a
    person dismissed before stays dismissed. What found no record since then is tried again, too."""
    lacked = select(action.c.key).where(
        action.c.lead_id == lead_id,
        action.c.state == ActionState.PARKED.value,
        action.c.kind == ActionKind.UPDATE.value,
        action.c.record_kind.in_(("contact", *PEOPLE)),
        action.c.planned_at >= since,
    )
    again = connection.scalars(lacked).all()
    drop_overtaken(connection, again)
    tried = connection.execute(
        update(action)
        .where(among(action.c.key, again))
        .values(state=ActionState.PLANNED.value, due=now, not_before=None)
    ).rowcount
    given_up = and_(
        action.c.lead_id == lead_id,
        action.c.state == ActionState.DISMISSED.value,
        action.c.done_at >= since,
    )
    present = (
        select(action.c.key)
        .join(lead, lead.c.id == action.c.lead_id)
        .where(given_up, _MAKING, action.c.cycle == lead.c.cycle, lead.c.passed_at.is_not(None))
    )
    keys = connection.scalars(present).all()
    statement = (
        update(action)
        .where(given_up, or_(among(action.c.key, keys), among(action.c.after_key, keys)))
        .values(state=ActionState.PLANNED.value, due=now, done_at=None)
    )
    return tried + (connection.execute(statement).rowcount if keys else 0)


def passed_with(connection: Connection, emails: Iterable[str]) -> dict[str, str]:
    """Address in lower case -> lead that was passed with it, and has a record or will have one.

    Without those that rest: nobody works with them any more.
    """
    coming = exists().where(
        action.c.lead_id == lead.c.id,
        _MAKING,
        action.c.state.in_(["planned", "started", "waiting", "parked"]),
    )
    query = select(lead.c.email, lead.c.id, lead.c.crm).where(
        among(lead.c.email, emails),
        lead.c.passed_at.is_not(None),
        or_(lead.c.salesforce_id.is_not(None), coming),
    )
    return {
        email: id_
        for email, id_, crm in connection.execute(query.order_by(lead.c.id.desc()))
        if not any(codec.load(crm).get(name) for name in RESTS)
    }


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
