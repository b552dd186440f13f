"""Retention, and one person's rights: everything on somebody exported, or erased for good."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    Table,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    update,
)

from connector.core.errors import TryLater
from connector.core.events import Event, EventKind, event_key
from connector.core.plan import Json
from connector.flows.delivered import ARRIVES
from connector.flows.lead_state import MERGED_INTO, emails_in
from connector.store import bulk, codec, history, tombstones
from connector.store.among import among
from connector.store.kept import BULK_JOBS, is_anything_kept
from connector.store.ledger import SqlLedger
from connector.store.tables import (
    action,
    agreed,
    alias,
    deal,
    event,
    journey,
    lead,
    link,
    opportunity,
    run,
    snapshot,
    tombstone,
    turn,
    watched,
)
from connector.store.tombstones import salted
from connector.store.types import Document, micros

#: Rows one transaction of the retention touches, so that nobody waits long for it.
_BATCH = 2_000

#: What an event of an erased person keeps: words of the agreement and figures, no free text.
_KEPT = frozenset(
    {
        *("source", "campaign", "from", "to", "missing", "reason", "owner", "rule", "score"),
        *("channel", "by", "disposition", "programme", "cycle", "system", "field", "clause"),
        *("upheld", "took", "amount", "currency", "close_date", "stage", "team", "product"),
        *("won", "closed", "segment"),
    }
)

_UNANSWERED = ("started", "waiting")

#: Ids of records: replaced by a salted hash, so that what belongs together still does.
_IDS = frozenset(
    {"opportunity", "salesforce_id", "contact", "account", "loser", "survivor", "lead"}
)


def expire(ledger: SqlLedger, before: Mapping[str, datetime]) -> dict[str, int]:
    """Removes what is older than the moment given for its table; returns rows by table.

    `snapshot`: deleted. `action`: finished ones lose what they wrote, their keys stay. `run`:
    ended ones are deleted. Events stay: every figure comes from them. Raises ValueError for
    another table.
    """
    unknown = set(before) - {"snapshot", "action", "run"}
    if unknown:
        raise ValueError(f"no retention is known for {', '.join(sorted(unknown))}")
    return {name: sum(_expired(ledger, name, moment)) for name, moment in before.items()}


def _expired(ledger: SqlLedger, name: str, before: datetime) -> Iterator[int]:
    while True:
        with ledger.writing() as connection:
            count = _expire_batch(connection, name, before)
        yield count
        if count < _BATCH:
            return


def _expire_batch(connection: Connection, name: str, before: datetime) -> int:
    statement: Any
    if name == "snapshot":
        old = select(snapshot.c.number).where(snapshot.c.taken_at < before).limit(_BATCH)
        statement = delete(snapshot).where(snapshot.c.number.in_(old))
    elif name == "run":
        past = select(run.c.id).where(run.c.started_at < before, run.c.ended_at.is_not(None))
        statement = delete(run).where(run.c.id.in_(past.limit(_BATCH)))
    else:
        full = select(action.c.number).where(
            action.c.done_at < before, (action.c.fields != "{}") | (action.c.before != "{}")
        )
        cleared = {"fields": "{}", "before": "{}"}
        statement = update(action).where(action.c.number.in_(full.limit(_BATCH))).values(**cleared)
    return connection.execute(statement).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure left: the name under which the person's events still count."""

    lead_id: str
    rows: Mapping[str, int]  #: table -> rows deleted or emptied


def leads_of(ledger: SqlLedger, lead_id: str) -> tuple[str, ...]:
    """Every lead of one person: the one that goes on, then those that were merged into it.

    Only a lead itself knows into which it was merged, so that all merged ones are looked at.
    """
    with ledger.reading() as connection:
        return _leads_of(connection, lead_id)


def _leads_of(connection: Connection, lead_id: str) -> tuple[str, ...]:
    merged = cast(lead.c.crm, String).contains(f'"{MERGED_INTO}"', autoescape=True)
    query = select(lead.c.id, lead.c.crm).where(merged).order_by(lead.c.id)
    into = {id_: str(codec.load(crm).get(MERGED_INTO)) for id_, crm in connection.execute(query)}
    seen = {lead_id}
    while (winner := into.get(lead_id, lead_id)) not in seen:
        seen.add(winner)
        lead_id = winner
    found = [lead_id]
    for known in found:  # and what was merged into those before
        found += [id_ for id_, to in into.items() if to == known and id_ not in found]
    return tuple(found)


def leads_by_former_address(ledger: SqlLedger, address: str) -> tuple[str, ...]:
    """Whose decisions were once taken with this address; every kept decision is looked at."""
    quoted = codec.dump(address.strip().lower())
    with ledger.reading() as connection:
        held = func.lower(cast(snapshot.c["values"], String)).contains(quoted, autoescape=True)
        query = select(snapshot.c.lead_id).where(held).distinct().order_by(snapshot.c.lead_id)
        return tuple(connection.scalars(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """A person before both systems are asked; whoever is erased is to be the same afterwards."""

    lead_ids: tuple[str, ...]  #: as `leads_of` has them
    links: int  #: records of theirs that we know, earlier ones too
    calls: int  #: calls about them that ever left, retries too


def look_at(ledger: SqlLedger, lead_id: str, *, now: datetime) -> LookedAt:
    """Raises TryLater while a call about the person may still arrive (`ARRIVES`; longer where a
    bulk job is under way): it would make or change a record of somebody whom nobody knows any
    more."""
    with ledger.writing() as connection:
        return _look_at(connection, lead_id, now)


def _look_at(connection: Connection, lead_id: str, now: datetime) -> LookedAt:
    """On PostgreSQL leads and actions stay ours until the transaction ends: nothing leaves."""
    ids = _leads_of(connection, lead_id)
    mine = select(lead.c.id).where(among(lead.c.id, ids)).order_by(lead.c.id)
    connection.execute(mine.with_for_update())
    query = select(action.c.state, action.c.started_at, action.c.attempts)
    query = query.where(among(action.c.lead_id, ids)).order_by(action.c.number)
    calls, bulk_job = 0, is_anything_kept(connection, BULK_JOBS)
    for state, started_at, attempts in connection.execute(query.with_for_update()):
        calls += attempts
        left = started_at is not None and state in _UNANSWERED
        if left and (bulk_job or started_at > now - ARRIVES):
            raise TryLater(
                "a call about this person has no answer yet and may still arrive; try again in "
                f"{'a while: a bulk job is under way' if bulk_job else 'two minutes'}"
            )
    count = select(func.count()).select_from(link).where(among(link.c.lead_id, ids))
    return LookedAt(lead_ids=ids, links=connection.scalar(count) or 0, calls=calls)


def erase(ledger: SqlLedger, person: LookedAt, *, salt: bytes, now: datetime) -> Erased | None:
    """Erases one person, with every lead that was merged into theirs; None where there is none.

    Values, snapshots, agreed values, links and payloads go; events and turns stay under a salted
    name, without free text, so that past figures still add up. Salted hashes of every e-mail
    address and id remain (`SqlTransaction.erased`). Whatever is still to be sent is given up: look
    and ask both systems first. On SQLite the bytes are overwritten, in the file and its journal.

    Raises TryLater where something left or was learnt since the look, and StopTheRun where others
    were erased by another salt; nothing is erased then.
    """
    rows: Counter[str] = Counter()
    with ledger.writing() as connection:
        if connection.dialect.name == "postgresql":
            # Whoever has looked here for erased people, and found nobody, ends before.
            connection.execute(text("LOCK TABLE tombstone IN ACCESS EXCLUSIVE MODE"))
        tombstones.use(connection, salt)
        if _look_at(connection, person.lead_ids[0], now) != person:
            raise TryLater("something left or was learnt about this person meanwhile; try again")
        for one in person.lead_ids:
            rows.update(_erase_lead(connection, one, salt, now))
    if not rows:
        return None
    _forget_journal(ledger)
    return Erased(lead_id=_name(salt, person.lead_ids[0]), rows=rows)


def _name(salt: bytes, lead_id: str) -> str:
    return f"erased-{salted(salt, 'lead', lead_id)[:16]}"


def _erase_lead(connection: Connection, lead_id: str, salt: bytes, now: datetime) -> dict[str, int]:
    """Rows by table; none where there is no such lead, or it was erased before."""
    found = connection.execute(
        select(lead).where(lead.c.id == lead_id, lead.c.erased_at.is_(None)).with_for_update()
    ).one_or_none()
    if found is None:
        return {}
    name = _name(salt, lead_id)
    _leave_tombstones(connection, found, name, salt, now)
    removed = {
        table.name: connection.execute(delete(table).where(table.c.lead_id == lead_id)).rowcount
        for table in (snapshot, agreed, link, alias, watched)
    }
    # Which deals came of this person's cycles is a figure, and it goes on: under the new name.
    for table in (opportunity, turn, journey, deal):
        connection.execute(update(table).where(table.c.lead_id == lead_id).values(lead_id=name))
    merged = journey.c.merged_into == lead_id
    connection.execute(update(journey).where(merged).values(merged_into=name))
    removed["action"] = _empty_actions(connection, lead_id, name, now)
    removed["event"] = _empty_events(connection, lead_id, name, salt)
    _rename_deals(connection, name, salt)
    _empty_lead(connection, lead_id, name, now)
    told = Event(
        key=event_key(EventKind.ERASED, name, ""),
        lead_id=name,
        kind=EventKind.ERASED,
        at=now,
        cycle=found.cycle,
        by="leadrelay",
    )
    history.record(connection, [told], now=now)
    return {**removed, "lead": 1}


def _leave_tombstones(
    connection: Connection, found: Any, name: str, salt: bytes, now: datetime
) -> None:
    emails = {found.email}
    for table, of in (
        (lead, lead.c.id),
        (snapshot, snapshot.c.lead_id),
        (agreed, agreed.c.lead_id),
    ):
        for held in connection.scalars(select(table.c["values"]).where(of == found.id)):
            emails.update(one.strip().lower() for one in emails_in(codec.load_values(held)))
    hubspot, salesforce = {found.hubspot_id}, set()
    for pair in connection.execute(select(link).where(link.c.lead_id == found.id)):
        hubspot.add(pair.hubspot_id)
        salesforce.add(pair.salesforce_id)
    query = select(alias.c.hubspot_id).where(alias.c.lead_id == found.id)
    hubspot.update(connection.scalars(query))
    known = {"email": emails, "hubspot": hubspot, "salesforce": salesforce}
    at = micros(now)
    bulk.upsert(
        connection,
        tombstone,
        [(salted(salt, kind, id_), name, at) for kind, ids in known.items() for id_ in ids if id_],
        ("hash",),
        columns=("hash", "lead_id", "at"),
        update=(),
    )


def _empty_actions(connection: Connection, lead_id: str, name: str, now: datetime) -> int:
    """Whatever is open is dismissed, even what was started: its payload is gone."""
    mine = action.c.lead_id == lead_id
    connection.execute(
        update(action)
        .where(mine, action.c.state.in_(["planned", "started", "waiting", "parked"]))
        .values(state="dismissed", done_at=now)
    )
    emptied = {"fields": "{}", "before": "{}", "problem": None, "record_id": None}
    place = {"place_file": "-", "place_line": 0, "place_column": 0}
    names = {
        "key": literal("erased-") + cast(action.c.number, String),
        "after_key": None,
        "because": "",
    }
    statement = update(action).where(mine).values(lead_id=name, **emptied, **place, **names)
    return connection.execute(statement).rowcount


def _empty_events(connection: Connection, lead_id: str, name: str, salt: bytes) -> int:
    query = select(event.c.number, event.c.data, event.c.place_file).where(
        event.c.lead_id == lead_id
    )
    made = []
    for number, told, file in connection.execute(query):
        data = _impersonal(codec.load(told), salt)
        place = "-" if file.startswith(("hubspot:", "salesforce:")) else file
        made.append((f"erased-{number}", name, codec.dump(data), place, number))
    columns = ("key", "lead_id", "data", "place_file")
    bulk.update(connection, event, made, "number", columns=columns)
    return len(made)


def _rename_deals(connection: Connection, name: str, salt: bytes) -> None:
    """The opportunities of an erased person, by the names that their events have now."""
    mine = connection.scalars(select(deal.c.opportunity).where(deal.c.lead_id == name)).all()
    for known in mine:
        hidden = _impersonal({"opportunity": known}, salt)["opportunity"]
        here = (deal.c.lead_id == name) & (deal.c.opportunity == known)
        connection.execute(update(deal).where(here).values(opportunity=hidden))


def _impersonal(data: Mapping[str, Json], salt: bytes) -> dict[str, Json]:
    kept = {key: value for key, value in data.items() if key in _KEPT}
    ids = {key: salted(salt, key, str(data[key]))[:16] for key in _IDS & data.keys() if data[key]}
    if data.get("lead"):  # into which this one was merged: it was erased, too
        ids["lead"] = _name(salt, str(data["lead"]))
    return {**kept, **ids}


def _empty_lead(connection: Connection, lead_id: str, name: str, now: datetime) -> None:
    blank = dict.fromkeys(("hubspot_id", "email", "goal"), "")
    documents = dict.fromkeys(("values", "crm"), "{}")
    nothing = dict.fromkeys(
        ("salesforce_id", "salesforce_kind", "snapshot_hash", "look_again_at", "cool_down_until")
    )
    connection.execute(
        update(lead)
        .where(lead.c.id == lead_id)
        .values(id=name, erased_at=now, **blank, **documents, **nothing)
    )


def _forget_journal(ledger: SqlLedger) -> None:
    """Moves SQLite's journal, with what stood there before, into the file and empties it."""
    if ledger.engine.dialect.name == "sqlite":
        with ledger.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def export(ledger: SqlLedger, lead_id: str) -> dict[str, Json]:
    """Everything the ledger holds on one person, by table, in words a person can read.

    With every lead that was merged into theirs.
    """
    with ledger.reading() as connection:
        ids = _leads_of(connection, lead_id)
        tables = (
            *(alias, snapshot, action, link, agreed, opportunity, event, turn, watched),
            *(journey, deal),
        )
        found: dict[str, Json] = {"lead": _readable_rows(connection, lead, lead.c.id.in_(ids))}
        for table in tables:
            found[table.name] = _readable_rows(connection, table, table.c.lead_id.in_(ids))
    return found


def _readable_rows(connection: Connection, table: Table, mine: Any) -> Json:
    documents = {column.name for column in table.c if isinstance(column.type, Document)}
    order = table.c.number if "number" in table.c else next(iter(table.c))
    return [
        {
            name: _readable(codec.load(cell) if name in documents and cell else cell)
            for name, cell in row._mapping.items()
            if name != "number"
        }
        for row in connection.execute(select(table).where(mine).order_by(order))
    ]


def _readable(value: Any) -> Json:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _readable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(part) for part in value]
    plain: Json = value
    return plain
