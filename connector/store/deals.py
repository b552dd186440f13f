"""Which lead an opportunity of the CRM comes from, and in which cycle."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from connector.store import bulk
from connector.store.among import among
from connector.store.tables import opportunity


def put(connection: Connection, known: Iterable[tuple[str, str, int]]) -> None:
    """(opportunity id, lead id, cycle); the first cycle that is told stays."""
    bulk.upsert(
        connection,
        opportunity,
        list(dict.fromkeys(known)),
        ("opportunity_id", "lead_id"),
        columns=("opportunity_id", "lead_id", "cycle"),
        update=(),
    )


def of(connection: Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """Opportunity id -> [(lead id, cycle)], for those that come from a lead."""
    found: dict[str, list[tuple[str, int]]] = {}
    if not ids:
        return found
    query = select(opportunity).where(among(opportunity.c.opportunity_id, list(ids)))
    for row in connection.execute(query.order_by(opportunity.c.lead_id)):
        found.setdefault(row.opportunity_id, []).append((row.lead_id, row.cycle))
    return found
