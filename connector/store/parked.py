"""What waits for a person: grouped by cause, dismissed, or tried again once something changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, or_, select, update

from connector.core.plan import ActionKind, ActionState, Destination
from connector.core.problems import NOWHERE, Mender, Problem
from connector.store import bulk, codec, outbox, rows
from connector.store.among import among
from connector.store.tables import action, counter, lead
from connector.store.types import micros

if TYPE_CHECKING:
    from connector.store.ledger import SqlLedger

#: Of these a lead has one record in each system.
_PEOPLE = ("contact", "Lead", "Contact")
_ALERTS = "alerted"  #: name of the counters that remember how many of a cause were told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Parked actions with the same remedy: one line of the list, one alert."""

    code: str
    destination: Destination
    mender: Mender
    example: Problem  #: of the newest one
    count: int
    oldest: datetime
    newest: datetime
    keys: tuple[str, ...]  #: of all of them, oldest first
    lead_ids: tuple[str, ...]

    @property
    def name(self) -> str:
        """What an alert is grouped by; not the rule that sent them, which mends nothing."""
        return f"{self.destination}:{self.code}"


_NO_PROBLEM = "parked"


def causes(ledger: "SqlLedger") -> list[Cause]:
    """Every cause of parked actions, the most frequent first."""
    with ledger.reading() as connection:
        return _causes(connection)


def _causes(connection: Connection) -> list[Cause]:
    query = (
        select(
            *(action.c.key, action.c.lead_id, action.c.destination),
            *(action.c.problem, action.c.planned_at, action.c.because),
        )
        .where(outbox.state_in(action, "started", "parked"), action.c.state == "parked")
        .order_by(action.c.number)
    )
    groups: dict[tuple[str, str, Mender], list[tuple[Any, Problem]]] = {}
    for row in connection.execute(query):
        problem = _problem(row)
        name = (problem.code, row.destination, problem.mender)
        groups.setdefault(name, []).append((row, problem))
    found = [
        Cause(
            code=code,
            destination=Destination(destination),
            mender=mender,
            example=members[-1][1],
            count=len(members),
            oldest=min(row.planned_at for row, _ in members),
            newest=max(row.planned_at for row, _ in members),
            keys=tuple(row.key for row, _ in members),
            lead_ids=tuple(dict.fromkeys(row.lead_id for row, _ in members)),
        )
        for (code, destination, mender), members in groups.items()
    ]
    return sorted(found, key=lambda cause: (-cause.count, cause.name))


def _problem(row: Any) -> Problem:
    if row.problem is not None:
        return rows.problem_of(row.problem)
    return Problem(
        code=_NO_PROBLEM,
        where=NOWHERE,
        what=row.because,
        remedy="Retry it, or dismiss it.",
    )


def to_tell(ledger: "SqlLedger", *, growth: float = 2.0) -> list[Cause]:
    """Causes nobody was told of yet, and those that grew `growth` times since; notes them as told.

    A cause that went away is forgotten, so that it is told again should it come back.
    """
    with ledger.writing() as connection:
        return told_once(connection, growth)


def told_once(connection: Connection, growth: float) -> list[Cause]:
    """See `to_tell`, inside a transaction that also plans what is told."""
    found = _causes(connection)
    query = select(counter.c.period, counter.c.total).where(counter.c.name == _ALERTS)
    told = {row.period: row.total for row in connection.execute(query)}
    fresh = [c for c in found if c.name not in told or c.count >= growth * told[c.name]]
    bulk.upsert(
        connection,
        counter,
        [(_ALERTS, cause.name, cause.count) for cause in fresh],
        ("name", "period"),
        columns=("name", "period", "total"),
    )
    gone = set(told) - {cause.name for cause in found}
    if gone:
        connection.execute(
            delete(counter).where(counter.c.name == _ALERTS, among(counter.c.period, gone))
        )
    return fresh


def changed(ledger: "SqlLedger", ruleset: str) -> list[str]:
    """Keys of parked actions whose input, ruleset or remote schema is another one since."""
    with ledger.reading() as connection:
        hashes = outbox.schema_hashes(connection)
        query = (
            select(action.c.key, action.c.destination, action.c.schema_hash, _other(ruleset))
            .where(
                outbox.state_in(action, "started", "parked"),
                action.c.state == "parked",
                action.c.record_kind != "identity",  # whose cause lies in the systems' records
            )
            .order_by(action.c.number)
        )
        return [
            key
            for key, destination, schema_hash, other in connection.execute(query)
            if other or schema_hash != hashes.get(destination, "")
        ]


def _other(ruleset: str) -> Any:
    return or_(action.c.tried_ruleset != ruleset, action.c.input_hash != outbox.input_hash()).label(
        "other"
    )


def retry(ledger: "SqlLedger", keys: Iterable[str], *, ruleset: str, now: datetime) -> int:
    """Plans parked actions again, now; returns how many. Others of the keys are left as they are.

    What a decision parked (kind Park) has nothing to send: its lead is decided again, and the
    action waits at the destination `nowhere` for the flow that decides. Of a write to a person's
    record only what no newer write has settled meanwhile is sent.
    """
    wanted = list(keys)
    if not wanted:
        return 0
    with ledger.writing() as connection:
        parked = _parked(connection, wanted)
        drop_overtaken(connection, [row.key for row in parked])
        decided = [row for row in parked if row.kind == ActionKind.PARK.value]
        connection.execute(
            update(action)
            .where(among(action.c.key, [row.key for row in parked]))
            .values(state="planned", due=now, not_before=None, tried_ruleset=ruleset)
        )
        connection.execute(
            update(action)
            .where(among(action.c.key, [row.key for row in decided]))
            .values(destination=Destination.NOWHERE.value)
        )
        connection.execute(
            update(lead)
            .where(among(lead.c.id, {row.lead_id for row in decided}), lead.c.erased_at.is_(None))
            .values(look_again_at=now)
        )
    return len(parked)


def drop_overtaken(connection: Connection, keys: Sequence[str]) -> None:
    """A value that was sent first must not arrive last: of parked writes that are tried again."""
    newer = action.alias("newer")
    query = select(action.c.key, action.c.fields, newer.c.fields.label("settled")).where(
        among(action.c.key, keys),
        action.c.kind == ActionKind.UPDATE.value,
        action.c.record_kind.in_(_PEOPLE),
        newer.c.lead_id == action.c.lead_id,
        newer.c.destination == action.c.destination,
        newer.c.record_kind == action.c.record_kind,
        newer.c.kind == ActionKind.UPDATE.value,
        newer.c.number > action.c.number,
        newer.c.state == ActionState.DONE.value,
    )
    left: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        fields = left.setdefault(row.key, codec.load(row.fields))
        for name in codec.load(row.settled):
            fields.pop(name, None)
    made = [(codec.dump(fields), key) for key, fields in left.items()]
    bulk.update(connection, action, made, "key", columns=("fields",))


def retry_changed(ledger: "SqlLedger", *, ruleset: str, now: datetime) -> int:
    """Plans again what would now be tried with something new; the rest would only fail again."""
    return retry(ledger, changed(ledger, ruleset), ruleset=ruleset, now=now)


def dismiss(ledger: "SqlLedger", keys: Iterable[str], *, now: datetime) -> int:
    """Gives up parked actions and whatever waits for them; returns how many."""
    with ledger.writing() as connection:
        wanted = [row.key for row in _parked(connection, keys)]
        dismissed: dict[str, None] = {}
        while wanted:
            dismissed.update(dict.fromkeys(wanted))
            query = select(action.c.key).where(
                among(action.c.after_key, wanted),
                action.c.state.in_(["planned", "waiting", "parked"]),
            )
            wanted = [key for (key,) in connection.execute(query) if key not in dismissed]
        moment = micros(now)
        bulk.update(
            connection,
            action,
            [(ActionState.DISMISSED.value, moment, key) for key in dismissed],
            "key",
            columns=("state", "done_at"),
        )
    return len(dismissed)


def _parked(connection: Connection, keys: Iterable[str]) -> Sequence[Any]:
    query = (
        select(action.c.key, action.c.kind, action.c.lead_id)
        .where(among(action.c.key, keys), action.c.state == ActionState.PARKED.value)
        .order_by(action.c.number)
        .with_for_update()
    )
    return connection.execute(query).all()
