"""How many leads stand where, and for how long: counted by the database."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from connector.ports import StockLine
from connector.store.folding import Dialect
from connector.store.types import micros

#: Upper ends of the age bands in days, since the cycle began; the last band is open.
AGES = (7, 30, 90, 180, 365)


def stock(ledger: Any, *, now: datetime) -> Iterator[StockLine]:
    """One line per stage, segment, product and age band; merged and erased people left out."""
    with ledger.reading() as connection:
        tongue = Dialect(connection.dialect.name)
        limits = [micros(now - timedelta(days=days)) for days in AGES]
        began = "COALESCE(l.cycle_started_at, l.captured_at)"
        bands = " ".join(
            f"WHEN {began} > {limit} THEN {index}" for index, limit in enumerate(limits)
        )
        raw: Any = connection.connection.driver_connection
        with closing(raw.cursor()) as cursor:
            cursor.execute(
                f"SELECT l.stage, l.segment, l.product, CASE {bands} ELSE {len(AGES)} END, "
                "CASE WHEN l.passed_at IS NULL THEN 0 ELSE 1 END, COUNT(*) FROM lead l "
                "WHERE l.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM journey j "
                "WHERE j.lead_id = l.id AND j.merged_into <> '') "
                f"GROUP BY 1, 2, 3, 4, 5 ORDER BY l.stage{tongue.collate}, 2, 3, 4, 5"
            )
            for stage, segment, product, band, passed, count in cursor.fetchall():
                yield StockLine(
                    stage=stage,
                    segment=segment,
                    product=product,
                    age=band,
                    is_passed=bool(passed),
                    count=count,
                )
