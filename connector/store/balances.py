"""What the nightly audit compares: sums of the ledger that must agree, told by the database."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from connector.ports import Balance
from connector.store.folding import Dialect

_LIVING = "(SELECT id FROM lead WHERE erased_at IS NULL)"


def hand_offs(ledger: Any) -> Balance:
    """Hand-offs that were recorded, and journeys that were passed."""
    with ledger.reading() as connection:
        raw: Any = connection.connection.driver_connection
        with closing(raw.cursor()) as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM (SELECT DISTINCT lead_id, cycle FROM event "
                "WHERE kind = 'handed_off') h"
            )
            wanted = cursor.fetchone()[0]
            cursor.execute("SELECT COUNT(*) FROM journey WHERE passed_at IS NOT NULL")
            return Balance(name="passed", wanted=wanted, found=cursor.fetchone()[0])


def stages(ledger: Any, first: str) -> list[Balance]:
    """Per stage: those who entered without those who left, and those who stand there.

    `first` is the stage in which every lead begins.
    """
    with ledger.reading() as connection:
        tongue = Dialect(connection.dialect.name)
        raw: Any = connection.connection.driver_connection
        came, went = (tongue.member("e.data", name) for name in ("to", "from"))
        wanted: dict[str, int] = {}
        there: dict[str, int] = {}
        with closing(raw.cursor()) as cursor:
            for word, sign in ((came, 1), (went, -1)):
                cursor.execute(
                    f"SELECT {word}, COUNT(*) FROM event e WHERE e.kind = 'stage_changed' "
                    f"AND e.lead_id IN {_LIVING} GROUP BY 1"
                )
                for stage, count in cursor.fetchall():
                    wanted[stage or ""] = wanted.get(stage or "", 0) + sign * count
            cursor.execute("SELECT stage, COUNT(*) FROM lead WHERE erased_at IS NULL GROUP BY 1")
            there.update(cursor.fetchall())
        wanted[first] = wanted.get(first, 0) + sum(there.values())
        names = sorted({*wanted, *there})
        return [
            Balance(name=name, wanted=wanted.get(name, 0), found=there.get(name, 0))
            for name in names
        ]


def astray(ledger: Any, first: str) -> Iterator[tuple[str, str, str]]:
    """(lead, stage it stands in, stage its story ends with) where the two differ."""
    with ledger.reading() as connection:
        tongue = Dialect(connection.dialect.name)
        raw: Any = connection.connection.driver_connection
        number = (
            "printf('%012d', e.number)" if tongue.is_sqlite else "lpad(e.number::text, 12, '0')"
        )
        last = (
            f"SELECT e.lead_id, substr(MAX({number} || COALESCE({tongue.member('e.data', 'to')}, "
            "'')), 13) AS stage FROM event e WHERE e.kind = 'stage_changed' GROUP BY e.lead_id"
        )
        with closing(raw.cursor()) as cursor:
            cursor.execute(
                f"SELECT l.id, l.stage, COALESCE(s.stage, {tongue.mark}) FROM lead l "
                f"LEFT JOIN ({last}) s ON s.lead_id = l.id WHERE l.erased_at IS NULL "
                f"AND l.stage <> COALESCE(s.stage, {tongue.mark}) ORDER BY l.id",
                (first, first),
            )
            yield from cursor.fetchall()


def statuses(ledger: Any, lead_ids: Sequence[str]) -> dict[str, str]:
    """lead -> the last status of the CRM that we heard of."""
    if not lead_ids:
        return {}
    with ledger.reading() as connection:
        tongue = Dialect(connection.dialect.name)
        raw: Any = connection.connection.driver_connection
        marks = ", ".join([tongue.mark] * len(lead_ids))
        with closing(raw.cursor()) as cursor:
            cursor.execute(
                f"SELECT e.lead_id, substr(MAX({tongue.stamp} || "
                f"COALESCE({tongue.member('e.data', 'to')}, '')), 29) FROM event e "
                f"WHERE e.kind = 'status_changed' AND e.lead_id IN ({marks}) GROUP BY e.lead_id",
                tuple(lead_ids),
            )
            return dict(cursor.fetchall())
