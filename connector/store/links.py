"""Pairs of HubSpot and Salesforce ids: one to one at any moment, with all earlier ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select, update

from connector.core.errors import Refused
from connector.core.problems import Mender, Place, Problem
from connector.ports import Link
from connector.store import bulk
from connector.store.among import among
from connector.store.tables import lead, link
from connector.store.types import micros, micros_or_none

_COLUMNS = (
    *("lead_id", "hubspot_id", "salesforce_id", "salesforce_kind", "since", "until", "why"),
)


def put(connection: Connection, links: Iterable[Link]) -> None:
    """Closes pairs with `until`, makes the others current; an earlier pair is closed and kept.

    Raises Refused, before anything of the call is written, where another living lead has one of
    the ids and does not give it up in the same call.
    """
    wanted = list(links)
    if not wanted:
        return
    current = _current(connection, [pair.lead_id for pair in wanted])
    problems = _check(connection, wanted, current)
    if problems:
        raise Refused(next(iter(problems.values())))
    closed = set()
    for pair in wanted:
        if pair.until is not None:
            if _is_current(pair, current):
                closed.add(pair.lead_id)
            _close(connection, pair, current.get(pair.lead_id))
    current = {lead_id: known for lead_id, known in current.items() if lead_id not in closed}
    new = [pair for pair in _opening(wanted).values() if not _same(current, pair)]
    for pair in new:
        if pair.lead_id in current:
            _end(connection, current[pair.lead_id].number, micros(pair.since), pair.why)
    bulk.upsert(connection, link, [_row(pair) for pair in new], (), columns=_COLUMNS, update=())
    bulk.update(
        connection,
        lead,
        [(pair.salesforce_id, pair.salesforce_kind, pair.lead_id) for pair in new],
        "id",
        columns=("salesforce_id", "salesforce_kind"),
    )


def clashes(connection: Connection, links: Iterable[Link]) -> dict[str, Problem]:
    """Lead id -> why `put` would refuse its pair; without these the others go through.

    So that one bad pair is parked and does not hold up its page.
    """
    wanted = list(links)
    found: dict[str, Problem] = {}
    while wanted:  # a pair that falls out gives up nothing, which may stand in another's way
        left = [pair for pair in wanted if pair.lead_id not in found]
        current = _current(connection, [pair.lead_id for pair in left])
        problems = _check(connection, left, current)
        if not problems:
            return found
        found.update(problems)
    return found


def _opening(wanted: Iterable[Link]) -> dict[str, Link]:
    return {pair.lead_id: pair for pair in wanted if pair.until is None}


def of_lead(connection: Connection, lead_id: str) -> list[Link]:
    """Every pair the lead ever had, oldest first."""
    query = select(*(link.c[name] for name in _COLUMNS)).where(link.c.lead_id == lead_id)
    return [
        Link(**dict(zip(_COLUMNS, row, strict=True)))
        for row in connection.execute(query.order_by(link.c.number))
    ]


def _current(connection: Connection, lead_ids: Sequence[str]) -> dict[str, Any]:
    query = select(link).where(among(link.c.lead_id, lead_ids), link.c.until.is_(None))
    return {row.lead_id: row for row in connection.execute(query)}


def _is_current(pair: Link, current: Mapping[str, Any]) -> bool:
    known = current.get(pair.lead_id)
    return known is not None and known.salesforce_id == pair.salesforce_id


def _same(current: Mapping[str, Any], pair: Link) -> bool:
    known = current.get(pair.lead_id)
    return known is not None and (
        known.hubspot_id,
        known.salesforce_id,
        known.salesforce_kind,
    ) == (pair.hubspot_id, pair.salesforce_id, pair.salesforce_kind)


def _check(
    connection: Connection, wanted: Sequence[Link], current: Mapping[str, Any]
) -> dict[str, Problem]:
    """Lead id -> problem, where another lead keeps one of the ids; erased leads keep none."""
    opening = _opening(wanted)
    problems: dict[str, Problem] = {}
    salesforce: dict[str, str] = {}
    hubspot: dict[str, str] = {}
    # Who has an id already goes before who wants it.
    for pair in sorted(opening.values(), key=lambda pair: not _same(current, pair)):
        for ids, id_ in ((salesforce, pair.salesforce_id), (hubspot, pair.hubspot_id)):
            # A lead that was merged away may have no contact any more.
            if id_ and ids.setdefault(id_, pair.lead_id) != pair.lead_id:
                problems[pair.lead_id] = _taken(pair, ids[id_])
    given_up = {p.lead_id for p in wanted if p.until is not None and _is_current(p, current)}
    query = select(link.c.lead_id, link.c.salesforce_id, link.c.hubspot_id).where(
        link.c.until.is_(None),
        or_(among(link.c.salesforce_id, salesforce), among(link.c.hubspot_id, hubspot)),
    )
    for row in connection.execute(query):
        if row.lead_id in given_up:
            continue
        moving = opening.get(row.lead_id)
        takers = []
        if moving is None or moving.salesforce_id == row.salesforce_id:
            takers.append(salesforce.get(row.salesforce_id))
        if moving is None or moving.hubspot_id == row.hubspot_id:
            takers.append(hubspot.get(row.hubspot_id))
        for taker in takers:
            if taker is not None and taker != row.lead_id:
                problems[taker] = _taken(opening[taker], row.lead_id)
    return problems


def _taken(pair: Link, holder: str) -> Problem:
    return Problem(
        code="link-taken",
        where=Place(file=f"salesforce:{pair.salesforce_kind}/{pair.salesforce_id}"),
        what=f"is linked with {holder} already and cannot be linked with {pair.lead_id} too",
        remedy="Merge the two people in one of the systems, or correct the external id.",
        mender=Mender.ADMIN,
    )


def _close(connection: Connection, pair: Link, known: Any) -> None:
    """Ends the current pair, or notes one that is over already."""
    if known is not None and known.salesforce_id == pair.salesforce_id:
        assert pair.until is not None
        _end(connection, known.number, micros(pair.until), pair.why)
        _point(connection, pair.lead_id, None, None)
        return
    seen = select(link.c.number).where(
        link.c.lead_id == pair.lead_id,
        link.c.hubspot_id == pair.hubspot_id,
        link.c.salesforce_id == pair.salesforce_id,
        link.c.until.is_not(None),
    )
    if connection.execute(seen.limit(1)).first() is None:
        bulk.upsert(connection, link, [_row(pair)], (), columns=_COLUMNS, update=())


def _end(connection: Connection, number: int, until: int, why: str) -> None:
    bulk.update(connection, link, [(until, why, number)], "number", columns=("until", "why"))


def _point(connection: Connection, lead_id: str, id_: str | None, kind: str | None) -> None:
    connection.execute(
        update(lead).where(lead.c.id == lead_id).values(salesforce_id=id_, salesforce_kind=kind)
    )


def _row(pair: Link) -> bulk.Row:
    return (
        pair.lead_id,
        pair.hubspot_id,
        pair.salesforce_id,
        pair.salesforce_kind,
        micros(pair.since),
        micros_or_none(pair.until),
        pair.why,
    )
