"""Leads in the ledger: found by any id they ever had, saved a page at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)

from connector.core.events import EventKind
from connector.core.plan import Json
from connector.core.records import Values
from connector.flows.lead_state import ARCHIVED, MERGED_INTO
from connector.ports import LeadRow, Span
from connector.store import bulk, codec, rows
from connector.store.among import among, among_given
from connector.store.tables import agreed, alias, event, lead, link
from connector.store.types import micros

#: After one of these a passed lead no longer counts against its owner's cap.
ANSWERED = (
    *(EventKind.ACCEPTED, EventKind.REJECTED, EventKind.CONVERTED, EventKind.RECYCLED),
    *(EventKind.DISQUALIFIED, EventKind.DELETED, EventKind.ERASED),
)

_SELECT = select(
    *(lead.c[name] for name in rows.LEAD),
    lead.c.salesforce_id,
    lead.c.salesforce_kind,
    agreed.c["values"].label("agreed"),
).select_from(lead.outerjoin(agreed, agreed.c.lead_id == lead.c.id))


def pairs(found: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Rows of two columns as tuples."""
    return ((row[0], row[1]) for row in found)


def by_id(connection: Connection, ids: Iterable[str], *, lock: bool = True) -> dict[str, LeadRow]:
    wanted = list(ids)
    if not wanted:
        return {}
    query = _asked(lead.c.id, lock and connection.dialect.name != "sqlite")
    return {row[0]: rows.lead_of(row) for row in connection.execute(query, {"ids": wanted})}


@cache
def _asked(column: ColumnElement[Any], lock: bool) -> Select[Any]:
    """The `ids` come with each execution.

    On PostgreSQL the rows stay ours until the transaction ends; SQLite has one writer anyway.
    Without it, two jobs that decide one lead at the same moment would undo each other. In the
    order of their ids, so that two transactions wait for each other in one direction only.
    """
    query = _SELECT.where(among_given(column, "ids"))
    return query.order_by(lead.c.id).with_for_update(of=lead) if lock else query


def by_hubspot(
    connection: Connection, ids: Sequence[str], *, lock: bool = True
) -> dict[str, LeadRow]:
    """Asked id -> lead; a lead that has the id now goes before one that had it earlier."""
    return _by_external(
        connection,
        ids,
        lead.c.hubspot_id,
        lambda part: union_all(
            select(alias.c.hubspot_id, alias.c.lead_id).where(among(alias.c.hubspot_id, part)),
            select(link.c.hubspot_id, link.c.lead_id).where(among(link.c.hubspot_id, part)),
        ),
        lock,
    )


def decided_from(
    connection: Connection, hashes: Mapping[str, str], ruleset: str, *, linked_too: bool
) -> set[str]:
    columns = ("hubspot_id", "snapshot_hash", "ruleset", "crm", "salesforce_id")
    query = select(*(lead.c[name] for name in columns)).where(among(lead.c.hubspot_id, hashes))
    same: set[str] = set()
    met: set[str] = set()
    for id_, hash_, files, crm, linked in connection.execute(query):
        rests = crm != "{}" and (f'"{ARCHIVED}"' in crm or f'"{MERGED_INTO}"' in crm)
        if id_ in met:
            same.discard(id_)  # two leads of one contact are to be joined
        elif hash_ == hashes[id_] and files == ruleset and not rests and (linked_too or not linked):
            same.add(id_)
        met.add(id_)
    return same


def by_salesforce(
    connection: Connection, ids: Sequence[str], *, lock: bool = True
) -> dict[str, LeadRow]:
    """Asked id -> lead; a lead that has the id now goes before one that had it earlier."""
    return _by_external(
        connection,
        ids,
        lead.c.salesforce_id,
        lambda part: (
            select(link.c.salesforce_id, link.c.lead_id)
            .where(among(link.c.salesforce_id, part))
            .order_by(link.c.number)
        ),
        lock,
    )


def _by_external(
    connection: Connection,
    ids: Sequence[str],
    column: ColumnElement[Any],
    earlier: Any,
    lock: bool,
) -> dict[str, LeadRow]:
    found: dict[str, LeadRow] = {}
    if not ids:
        return found
    place = 1 if column is lead.c.hubspot_id else len(rows.LEAD)
    query = _asked(column, lock and connection.dialect.name != "sqlite")
    for row in connection.execute(query, {"ids": list(ids)}):
        value, known = rows.lead_of(row), found.get(row[place])
        if known is None or known.updated_at <= value.updated_at:
            found[row[place]] = value
    missing = [id_ for id_ in ids if id_ not in found]
    if missing:
        owners = dict(pairs(connection.execute(earlier(missing))))
        leads = by_id(connection, owners.values(), lock=lock) if owners else {}
        found.update({old: leads[owner] for old, owner in owners.items() if owner in leads})
    return found


def save(connection: Connection, leads: Iterable[LeadRow]) -> None:
    """Inserts or updates; a HubSpot id that changed stays known as an earlier one."""
    made = [rows.lead_row(row) for row in leads]
    if not made:
        return
    now_known = {row[0]: row[1] for row in made}
    stored = connection.execute(
        select(lead.c.hubspot_id, lead.c.id).where(among(lead.c.id, now_known))
    )
    renamed = [tuple(row) for row in stored if row[0] and now_known[row[1]] != row[0]]
    columns = ("hubspot_id", "lead_id")
    bulk.upsert(connection, alias, renamed, columns, columns=columns, update=())
    bulk.upsert(connection, lead, made, ("id",), columns=rows.LEAD)


def memories(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    query = select(lead.c.id, lead.c.crm).where(among(lead.c.id, ids))
    if connection.dialect.name != "sqlite":
        query = query.order_by(lead.c.id).with_for_update()
    return {row[0]: codec.load(row[1]) for row in connection.execute(query)}


def keep_memories(connection: Connection, held: Mapping[str, Mapping[str, Json]]) -> None:
    made = [(codec.dump(crm), id_) for id_, crm in sorted(held.items())]
    bulk.update(connection, lead, made, "id", columns=("crm",))


def agree(connection: Connection, values: Mapping[str, Values], *, now: datetime) -> None:
    """Merges into what was agreed; leads are locked so that two merges follow each other."""
    if not values:
        return
    lock = select(lead.c.id).where(among(lead.c.id, values)).order_by(lead.c.id)
    if connection.dialect.name != "sqlite":
        connection.execute(lock.with_for_update())
    query = select(agreed.c.lead_id, agreed.c["values"]).where(among(agreed.c.lead_id, values))
    before = dict(pairs(connection.execute(query)))
    at, made = micros(now), []
    for id_, new in values.items():
        merged = {**codec.load_values(before[id_]), **new} if id_ in before else new
        made.append((id_, codec.dump_values(merged), at))
    bulk.upsert(connection, agreed, made, ("lead_id",), columns=("lead_id", "values", "at"))


def to_hand_over(
    connection: Connection,
    stages: Sequence[str],
    behind: tuple[float, str] | None,
    limit: int,
) -> list[tuple[float, str]]:
    query = select(lead.c.score, lead.c.id).where(
        lead.c.passed_at.is_(None), lead.c.erased_at.is_(None), among(lead.c.stage, stages)
    )
    if behind is not None:
        score, id_ = behind
        query = query.where(or_(lead.c.score < score, and_(lead.c.score == score, lead.c.id > id_)))
    query = query.order_by(lead.c.score.desc(), lead.c.id).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]


def to_recycle(connection: Connection, dispositions: Sequence[str], limit: int) -> list[LeadRow]:
    recycled = exists().where(
        event.c.lead_id == lead.c.id,
        event.c.cycle == lead.c.cycle,
        event.c.kind == EventKind.RECYCLED.value,
    )
    query = (
        _SELECT.where(
            lead.c.passed_at.is_not(None),
            lead.c.disposition.is_not(None),
            lead.c.erased_at.is_(None),
            among(lead.c.disposition, dispositions),
            ~recycled,
        )
        .order_by(lead.c.passed_at, lead.c.id)
        .limit(limit)
    )
    return _of(connection, query)


def due(connection: Connection, now: datetime, limit: int) -> list[LeadRow]:
    query = (
        _SELECT.where(lead.c.look_again_at <= now)
        .order_by(lead.c.look_again_at, lead.c.id)
        .limit(limit)
    )
    return _of(connection, query)


def select_all(connection: Connection, *conditions: ColumnElement[bool]) -> list[LeadRow]:
    """Every lead for which the conditions hold, without locks."""
    return [rows.lead_of(row) for row in connection.execute(_SELECT.where(*conditions))]


def _of(connection: Connection, query: Select[Any]) -> list[LeadRow]:
    """Locked like every lead that is read to be decided; what another holds is left to it."""
    query = query.with_for_update(of=lead, skip_locked=True)
    return [rows.lead_of(row) for row in connection.execute(query)]


def page(connection: Connection, *, after: str, limit: int) -> list[LeadRow]:
    found = connection.execute(_PAGE, {"after": after, "most": limit})
    return [rows.lead_of(row) for row in found]


_PAGE = _SELECT.where(lead.c.id > bindparam("after")).order_by(lead.c.id).limit(bindparam("most"))


def stale(connection: Connection, ruleset: str, span: Span, limit: int) -> list[LeadRow]:
    query = _SELECT.where(lead.c.ruleset != ruleset, *_inside(span)).order_by(lead.c.id)
    return [rows.lead_of(row) for row in connection.execute(query.limit(limit))]


def _inside(span: Span) -> list[ColumnElement[bool]]:
    upper = [lead.c.id <= span.until] if span.until else []
    return [lead.c.id > span.after, *upper]


def cut(connection: Connection, *conditions: ColumnElement[bool], into: int) -> list[Span]:
    """Spans with about as many of these leads each; they hold every id, however new."""
    total = connection.scalar(select(func.count()).select_from(lead).where(*conditions)) or 0
    query = select(lead.c.id).where(*conditions).order_by(lead.c.id).limit(1)
    edges = [
        connection.scalar(query.offset(total * number // into))
        for number in range(1, min(into, total))
    ]
    starts = ["", *(str(edge) for edge in edges)]
    return [
        Span(after=after, until=until)
        for after, until in zip(starts, [*starts[1:], ""], strict=True)
    ]


def stale_spans(connection: Connection, ruleset: str, *, least: int, most: int) -> list[Span]:
    """Leads that other files decided, in parts of at least `least`; none where they are few."""
    old = lead.c.ruleset != ruleset
    total = connection.scalar(select(func.count()).select_from(lead).where(old)) or 0
    into = min(most, total // least)
    return cut(connection, old, into=into) if into > 1 else []


def find(connection: Connection, wanted: str) -> list[LeadRow]:
    """By lead id, HubSpot id, Salesforce id (15 or 18 characters) or e-mail address."""
    wanted = codec.clean(wanted.strip())
    if not wanted:
        return []
    salesforce = (
        func.substr(link.c.salesforce_id, 1, 15) == wanted
        if len(wanted) == 15
        else link.c.salesforce_id == wanted
    )
    query = _SELECT.where(
        or_(
            lead.c.id == wanted,
            lead.c.hubspot_id == wanted,
            lead.c.email == wanted.lower(),
            lead.c.id.in_(select(alias.c.lead_id).where(alias.c.hubspot_id == wanted)),
            lead.c.id.in_(select(link.c.lead_id).where(link.c.hubspot_id == wanted)),
            lead.c.id.in_(select(link.c.lead_id).where(salesforce)),
        )
    ).order_by(lead.c.id)
    return [rows.lead_of(row) for row in connection.execute(query)]


def open_by_owner(connection: Connection) -> dict[str, int]:
    """Person key -> passed leads without disposition or answering event in this cycle."""
    answered = exists().where(
        event.c.lead_id == lead.c.id,
        event.c.cycle == lead.c.cycle,
        event.c.kind.in_([kind.value for kind in ANSWERED]),
    )
    query = (
        select(lead.c.owner, func.count())
        .where(
            lead.c.passed_at.is_not(None),
            lead.c.disposition.is_(None),
            lead.c.owner.is_not(None),
            ~answered,
        )
        .group_by(lead.c.owner)
    )
    return dict(pairs(connection.execute(query)))
