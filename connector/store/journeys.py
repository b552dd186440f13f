"""The journeys as the ledger keeps them, read back as values."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.core.journeys import Deal, DealState, Journey
from connector.store import bulk, codec
from connector.store.folding import PREFIX, Dialect
from connector.store.tables import MOMENTS, WORDS
from connector.store.types import micros, moment_or_none

_BATCH = 5_000


def read(
    ledger: Any, *, since: datetime | None = None, lead_ids: Sequence[str] | None = None
) -> Iterator[Journey]:
    """By lead and cycle. With `since`, those that something happened to from then on, and every
    cycle of a lead that was ever recycled; with `lead_ids`, those of these leads."""
    with ledger.reading() as connection:
        yield from _read(connection, since, lead_ids)


_RECENT = ("captured_at", "passed_at", "recycled_at", "won_at")


def _filter(
    tongue: Dialect, since: datetime | None, lead_ids: Sequence[str] | None
) -> tuple[str, list[Any]]:
    if lead_ids is not None and tongue.is_sqlite:
        return "lead_id IN (SELECT value FROM json_each(?))", [codec.dump(list(lead_ids))]
    if lead_ids is not None:
        return "lead_id = ANY(%s)", [list(lead_ids)]
    if since is None:
        return "true", []
    stamp = micros(since)
    recent = [f"{name} >= {tongue.mark}" for name in _RECENT]
    again = "lead_id IN (SELECT lead_id FROM journey WHERE recycled_at IS NOT NULL)"
    return f"({' OR '.join(recent)} OR {again})", [stamp] * len(recent)


def _read(
    connection: Connection, since: datetime | None, lead_ids: Sequence[str] | None
) -> Iterator[Journey]:
    tongue = Dialect(connection.dialect.name)
    where, values = _filter(tongue, since, lead_ids)
    deals = _deals(connection, where, values)
    columns = ("lead_id", "cycle", *MOMENTS, *WORDS)
    statement = (
        f"SELECT {bulk.names(columns)} FROM journey WHERE {where} "
        f"ORDER BY lead_id{tongue.collate}, cycle"
    )
    raw: Any = connection.connection.driver_connection
    found = raw.cursor() if tongue.is_sqlite else raw.cursor(name="journeys")
    with closing(found):
        found.execute(statement, values)
        while rows := found.fetchmany(_BATCH):
            for row in rows:
                yield _journey(row, deals.get(row[:2], ()))


def _deals(
    connection: Connection, where: str, values: list[Any]
) -> dict[tuple[str, int], tuple[Deal, ...]]:
    raw: Any = connection.connection.driver_connection
    with closing(raw.cursor()) as found:
        found.execute("SELECT opportunity, COUNT(*) FROM deal GROUP BY 1 HAVING COUNT(*) > 1")
        shared = dict(found.fetchall())
        chosen = (
            ""
            if where == "true"
            else f"WHERE lead_id IN (SELECT lead_id FROM journey WHERE {where})"
        )
        found.execute(
            "SELECT lead_id, cycle, opportunity, state, amount, currency, closed_at FROM deal "
            f"{chosen} ORDER BY opportunity",
            values,
        )
        deals: dict[tuple[str, int], tuple[Deal, ...]] = {}
        for lead_id, cycle, opportunity, state, amount, currency, closed_at in found:
            one = Deal(
                opportunity=opportunity,
                state=DealState(state),
                amount=amount,
                currency=currency,
                closed_at=moment_or_none(closed_at),
                shared_by=shared.get(opportunity, 1),
            )
            deals[lead_id, cycle] = (*deals.get((lead_id, cycle), ()), one)
    return deals


_PLAIN = ("source", "campaign", "segment", "product", "team", "rule", "ruleset")
_SPLIT = 2 + len(MOMENTS)


def _journey(row: tuple[Any, ...], deals: tuple[Deal, ...]) -> Journey:
    found: dict[str, Any] = {
        name: moment_or_none(at) for name, at in zip(MOMENTS, row[2:_SPLIT], strict=True)
    }
    kept = dict(zip(WORDS, row[_SPLIT:], strict=True))
    for packed in sorted((kept["rejected_last"], kept["recycled_last"])):
        if packed:
            data = codec.load(packed[PREFIX:])
            for name in ("disposition", "reason", "programme"):
                if data.get(name):
                    found[name] = str(data[name])
    for name in _PLAIN:
        found[name] = word(kept[name])
    return Journey(
        lead_id=row[0],
        cycle=row[1],
        **found,
        owner=kept["owner_last"][PREFIX:],
        answer=kept["answer_last"][PREFIX:],
        is_archived=kept["deleted_last"][PREFIX:] == "deleted",
        is_gone=kept["gone_last"][PREFIX:] == "deleted",
        merged_into=kept["merged_into"],
        deals=deals,
    )


def word(text: str) -> str:
    """A word out of a document; what JSON cannot say comes back from its tag."""
    return str(codec.load(text)) if text.startswith('{"$') else text
