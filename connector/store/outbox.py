"""The outbox: actions planned, taken, finished, parked and tried again, each in a legal state."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from connector.core.errors import StopTheRun
from connector.core.plan import (
    TRANSITIONS,
    Action,
    ActionKind,
    ActionState,
    Destination,
    Json,
)
from connector.ports import ActionOutcome, Outgoing, StoredAction
from connector.store import bulk, codec, rows
from connector.store.among import among, among_given
from connector.store.tables import action, lead, schema_seen
from connector.store.types import micros, micros_or_none

#: Writes to one record must not overtake each other; messages may.
_IN_ORDER = (Destination.HUBSPOT, Destination.SALESFORCE)

_OVER = (ActionState.DONE, ActionState.DISMISSED)

SELECT = select(*(action.c[name] for name in rows.ACTION))


def plan(connection: Connection, actions: Iterable[Action], *, now: datetime, run_id: str) -> int:
    """Stores actions with new keys; an express action makes what must go before it express too.

    A Park that was retried or had been settled and is planned again, with the same key, is parked
    again; one that a person dismissed stays dismissed.
    """
    made = [a for a in actions if a.kind is not ActionKind.SKIP]
    parks = [a.key for a in made if a.kind is ActionKind.PARK]
    if parks:
        connection.execute(
            update(action)
            .where(among(action.c.key, parks), state_in(action, "planned", "started", "done"))
            .values(state=ActionState.PARKED.value, input_hash="", done_at=None)
        )
    new = bulk.upsert(
        connection,
        action,
        [rows.action_row(a, now=now, run_id=run_id) for a in made],
        ("key",),
        columns=rows.ACTION,
        update=(),
    )
    hurry = [a for a in made if a.express and a.kind is not ActionKind.PARK]
    if hurry:
        before = [a.after_key for a in hurry if a.after_key is not None]
        connection.execute(
            update(action)
            .where(
                state_in(action, "planned", "waiting"),
                action.c.express.is_(False),
                or_(
                    among(action.c.key, before),
                    and_(
                        among(action.c.lead_id, {a.lead_id for a in hurry if a.lead_id}),
                        among(action.c.destination, {a.destination.value for a in hurry}),
                    ),
                ),
            )
            .values(express=True)
        )
    return new


def take(
    connection: Connection,
    destination: Destination,
    *,
    limit: int,
    now: datetime,
    run_id: str,
    keys: Sequence[str] | None = None,
    express_only: bool = False,
) -> list[StoredAction]:
    """Starts what is due: express first, then what became due first; with `keys`, only these.

    Left alone: an action whose `after_key` is not done, and a write to the same kind of record of
    a lead for which an older write is open or any write is started, so that a value that was sent
    first also arrives first and no call holds one record twice.
    """
    query = _due(destination, express_only, keys is not None)
    given = {"now": now, "most": limit, "keys": list(keys or ())}
    numbers, taken = [], []
    for row in connection.execute(query, given):  # one by one: a large batch is not held twice
        numbers.append(row.number)
        taken.append(rows.started_action_of(row, now, run_id))
    if not taken:
        return []
    connection.execute(
        update(action)
        .where(among(action.c.number, numbers))
        .values(
            state=ActionState.STARTED.value,
            attempts=action.c.attempts + 1,
            started_at=now,
            run_id=run_id,
        )
    )
    return taken


@cache
def _due(destination: Destination, express_only: bool, by_keys: bool) -> Select[Any]:
    """`now`, `most` and `keys` come with each execution: it is asked for before every batch."""
    query = (
        SELECT.add_columns(action.c.number)
        .where(_ready(destination))
        .order_by(action.c.express.desc(), action.c.due, action.c.number)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=action)
    )
    if express_only:
        query = query.where(action.c.express)
    return query.where(among_given(action.c.key, "keys")) if by_keys else query


def settle_parks(
    connection: Connection,
    lead_ids: Iterable[str],
    *,
    record_kinds: Sequence[str],
    keep: Iterable[str],
    now: datetime,
) -> int:
    """Ends what a decision had parked about these leads and a newer one no longer does.

    Parks about the `record_kinds` end, and those of any kind that were retried (planned).
    """
    kept, ids = set(keep), list(lead_ids)
    if not ids:
        return 0
    query = select(action.c.key).where(
        among(action.c.lead_id, ids),
        action.c.kind == ActionKind.PARK.value,
        or_(
            action.c.state == ActionState.PLANNED.value,
            and_(
                action.c.state == ActionState.PARKED.value,
                among(action.c.record_kind, record_kinds),
            ),
        ),
    )
    over = [key for key in connection.scalars(query) if key not in kept]
    if not over:
        return 0
    moment = micros(now)
    # A fault of identity is not decided by a lead's values: retried, it goes back to its person.
    mended = "identity" in record_kinds
    if not mended:
        identity = select(action.c.key).where(
            among(action.c.key, over), action.c.record_kind == "identity"
        )
        back = set(connection.scalars(identity))
        again = update(action).where(among(action.c.key, back))
        connection.execute(again.values(state=ActionState.PARKED.value, input_hash=""))
        settle_parked(connection, sorted(back))
        over = [key for key in over if key not in back]
    bulk.update(
        connection,
        action,
        [(ActionState.DONE.value, moment, key) for key in over],
        "key",
        columns=("state", "done_at"),
    )
    return len(over)


def state_in(table: FromClause, *states: str) -> ColumnElement[bool]:
    """Written out in the statement: a partial index is used for constants, not for parameters."""
    return table.c.state.in_([literal_column(f"'{state}'") for state in states])


def _ready(destination: Destination) -> Any:
    first, other = action.alias("first"), action.alias("other")
    # A scalar, not EXISTS: PostgreSQL would collect every finished action to answer that.
    of_first = select(first.c.state).where(first.c.key == action.c.after_key).scalar_subquery()
    prerequisite_done = of_first == ActionState.DONE.value
    conditions = [
        action.c.destination == destination.value,
        state_in(action, "planned", "waiting"),
        action.c.due <= bindparam("now"),
        or_(action.c.after_key.is_(None), prerequisite_done),
    ]
    if destination in _IN_ORDER:
        # Its lead finds it; the indexes on states, which `|| ''` keeps out, hold everybody's.
        state = other.c.state.concat("")
        older_open = and_(
            state.in_(["planned", "waiting"]),
            other.c.number < action.c.number,
            or_(other.c.after_key.is_(None), other.c.after_key != action.c.key),
        )
        in_the_way = exists().where(
            other.c.lead_id == action.c.lead_id,
            other.c.destination == action.c.destination,
            other.c.record_kind == action.c.record_kind,
            other.c.number != action.c.number,
            or_(older_open, state == ActionState.STARTED.value),
        )
        conditions.append(or_(action.c.lead_id == "", ~in_the_way))
    return and_(*conditions)


def count_due(
    connection: Connection,
    destination: Destination,
    kind: ActionKind,
    record_kind: str,
    now: datetime,
    most: int,
) -> int:
    """No further than `most`: it is asked for before every batch, with a first load behind it."""
    query = select(action.c.number).where(
        action.c.destination == destination.value,
        state_in(action, "planned", "waiting"),
        action.c.due <= now,
        action.c.kind == kind.value,
        action.c.record_kind == record_kind,
    )
    found = query.limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(found)) or 0


def outgoing(connection: Connection, destination: Destination) -> list[Outgoing]:
    """Without reading the actions: there may be a first load of them."""
    found = connection.execute(_OUTGOING, {"destination": destination.value})
    return [
        Outgoing(kind=ActionKind(kind), record_kind=record, gives_owner=bool(owner), count=count)
        for kind, record, owner, count in found
    ]


_GOES = (
    *(action.c.kind, action.c.record_kind),
    cast(action.c.fields, Text).contains('"OwnerId":', autoescape=True),
)
_OUTGOING = (
    select(*_GOES, func.count())
    .where(action.c.destination == bindparam("destination"), state_in(action, "planned", "waiting"))
    .group_by(*_GOES)
)


def finish(
    connection: Connection, outcomes: Iterable[ActionOutcome], *, now: datetime
) -> list[str]:
    """Moves actions on by TRANSITIONS; returns the keys that are parked now.

    Before anything is written it raises ValueError for an unknown key, and StopTheRun for an
    illegal transition: whoever slept through its lease finds that another run has gone on.
    """
    last = {outcome.key: outcome for outcome in outcomes}
    if not last:
        return []
    there = _there(connection, list(last))
    moment = micros(now)
    made, parked = [], []
    for key, outcome in last.items():
        if key not in there:
            raise ValueError(f"there is no action {key}")
        number, was = there[key]
        if outcome.state not in TRANSITIONS[was]:
            what = f"action {key} cannot go from {was} to {outcome.state}"
            raise StopTheRun(f"another run went on with it: {what}", configuration=False)
        if outcome.state is ActionState.PARKED:
            parked.append(key)
        open_again = outcome.state in (ActionState.PLANNED, ActionState.WAITING)
        due = micros_or_none(outcome.not_before) or moment
        made.append(
            (
                outcome.state.value,
                due if open_again else None,
                micros_or_none(outcome.not_before),
                outcome.record_id,
                moment if outcome.state in _OVER else None,
                None if outcome.problem is None else rows.problem_text(outcome.problem),
                "" if outcome.state is ActionState.PARKED else None,
                number,
            )
        )
    columns = ("state", "due", "not_before", "record_id", "done_at", "problem", "input_hash")
    bulk.update(connection, action, made, "number", columns=columns)
    return parked


def _there(connection: Connection, keys: Sequence[str]) -> dict[str, tuple[int, ActionState]]:
    found = connection.execute(_STATES, {"keys": keys})
    return {row[0]: (row[1], ActionState(row[2])) for row in found}


_STATES = (
    select(action.c.key, action.c.number, action.c.state)
    .where(among_given(action.c.key, "keys"))
    .order_by(action.c.number)
    .with_for_update()
)


def settle_parked(connection: Connection, keys: Sequence[str]) -> None:
    """Notes for newly parked actions which input and which remote schema they failed with.

    Runs last in a transaction, when the lead's snapshot hash of this page is written.
    """
    if not keys:
        return
    hashes = schema_hashes(connection)
    for destination in Destination:
        connection.execute(
            update(action)
            .where(
                among(action.c.key, keys),
                action.c.destination == destination.value,
                action.c.state == ActionState.PARKED.value,
                action.c.input_hash == "",
            )
            .values(input_hash=input_hash(), schema_hash=hashes.get(destination.value, ""))
        )


def input_hash() -> Any:
    """The lead's present snapshot hash, `-` where there is none, as an expression."""
    of_lead = select(lead.c.snapshot_hash).where(lead.c.id == action.c.lead_id).scalar_subquery()
    return func.coalesce(of_lead, "-")


def schema_hashes(connection: Connection) -> dict[str, str]:
    """System -> one hash over all its objects as they were last seen."""
    query = select(schema_seen).order_by(schema_seen.c.system, schema_seen.c.name)
    parts: dict[str, list[str]] = {}
    for row in connection.execute(query):
        parts.setdefault(row.system, []).append(f"{row.name}={row.hash}")
    return {
        system: hashlib.sha256("\n".join(lines).encode()).hexdigest()[:24]
        for system, lines in parts.items()
    }


def keep_images(
    connection: Connection, images: Mapping[str, tuple[Mapping[str, Json], Mapping[str, Json]]]
) -> None:
    """Key -> (what was written, what stood there before): kept with the action, for a rollback."""
    made = [
        (codec.dump(dict(now)), codec.dump(dict(was)), key) for key, (now, was) in images.items()
    ]
    bulk.update(connection, action, made, "key", columns=("fields", "before"))


def of_run(connection: Connection, run_id: str) -> list[StoredAction]:
    """Actions that this run finished, newest first."""
    query = SELECT.where(action.c.run_id == run_id, action.c.state == ActionState.DONE.value)
    return read(connection, query.order_by(action.c.number.desc()))


def of_lead(connection: Connection, lead_id: str) -> list[StoredAction]:
    return read(connection, SELECT.where(action.c.lead_id == lead_id).order_by(action.c.number))


def by_key(connection: Connection, keys: Sequence[str]) -> list[StoredAction]:
    return read(connection, SELECT.where(among(action.c.key, keys)).order_by(action.c.number))


def parked(connection: Connection) -> list[StoredAction]:
    query = SELECT.where(
        state_in(action, "started", "parked"), action.c.state == ActionState.PARKED.value
    ).order_by(action.c.number)
    return read(connection, query)


def planned(connection: Connection, destination: Destination | None) -> list[StoredAction]:
    """Planned and waiting, oldest first."""
    query = SELECT.where(state_in(action, "planned", "waiting")).order_by(action.c.number)
    if destination is not None:
        query = query.where(action.c.destination == destination.value)
    return read(connection, query)


def read(connection: Connection, query: Select[Any]) -> list[StoredAction]:
    return [rows.action_of(row) for row in connection.execute(query)]
