"""The shared metrics straight from the table of journeys, for ledgers of any size.

It counts as `core.metrics.figures` counts, and a test holds the two together; only times and
amounts, whose middle or sum needs each of them, leave the database one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.core.journeys import State, decimal
from connector.core.metrics import STEPS, Duration, Figures, Rates, converted, duration
from connector.store.folding import PREFIX, Dialect
from connector.store.journeys import word
from connector.store.tables import MOMENTS
from connector.store.types import micros, moment_or_none

#: What journeys can be grouped by; `month` and `week` are those of the anchor.
GROUPS = (
    *("source", "campaign", "segment", "product", "team", "owner", "rule", "ruleset", "cycle"),
    *("month", "week", "state"),
)
ANCHORS = MOMENTS
_BATCH = 10_000
_COUNTED = "(j.merged_into = '' OR j.passed_at IS NOT NULL)"
_STATE = (
    "CASE WHEN j.passed_at IS NULL THEN '' WHEN j.recycled_at IS NOT NULL THEN 'recycled' "
    f"WHEN j.answer_last <> '' THEN substr(j.answer_last, {PREFIX + 1}) "
    f"WHEN substr(j.deleted_last, {PREFIX + 1}) = 'deleted' "
    f"OR substr(j.gone_last, {PREFIX + 1}) = 'deleted' OR j.merged_into <> '' THEN 'gone' "
    "ELSE 'waiting' END"
)


def figures_by(
    ledger: Any,
    by: str,
    *,
    currency: str,
    rates: Rates,
    anchor: str = "captured_at",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Figures]:
    """The metrics of each group, most passed first: of the cohort whose anchor lies in the period.

    `by` is one of GROUPS, or empty for the whole; `anchor` one of ANCHORS. Raises ValueError for
    another word.
    """
    with ledger.reading() as connection:
        tongue = Dialect(connection.dialect.name)
        raw: Any = connection.connection.driver_connection
        where, values = _where(tongue, anchor, since, until)
        group = _group(tongue, by, anchor)
        counts = dict(_counts(raw, group, where, values))
        system, human = _durations(raw, group, where, values)
        money = _money(raw, group, where, values, currency, rates)
    none = Duration(count=0)
    found = [
        Figures(
            group=name,
            counts={step.name: row[index] for index, step in enumerate(STEPS)},
            rejected=row[-3],
            recycled=row[-2],
            waiting=row[-1],
            system_delay=system.get(name, none),
            human_delay=human.get(name, none),
            revenue=money.get(name, (Decimal(0), {}))[0].quantize(Decimal("0.01")),
            currency=currency,
            unconverted=money.get(name, (Decimal(0), {}))[1],
        )
        for name, row in counts.items()
    ]
    return sorted(found, key=lambda f: (-f.counts["passed"], -f.counts["captured"], f.group))


def _where(
    tongue: Dialect, anchor: str, since: datetime | None, until: datetime | None
) -> tuple[str, list[int]]:
    if anchor not in ANCHORS:
        raise ValueError(f"no journey has a moment '{anchor}'")
    parts, values = [_COUNTED], []
    if since is not None:
        parts.append(f"j.{anchor} >= {tongue.mark}")
        values.append(micros(since))
    if until is not None:
        parts.append(f"j.{anchor} < {tongue.mark}")
        values.append(micros(until))
    return " AND ".join(parts), values


def _group(tongue: Dialect, by: str, anchor: str) -> str:
    if not by:
        return "''"
    if by not in GROUPS:
        raise ValueError(f"journeys are not grouped by '{by}'")
    if by == "state":
        return _STATE
    if by == "owner":
        return f"substr(j.owner_last, {PREFIX + 1})"
    if by == "cycle":
        return "CAST(j.cycle AS TEXT)"
    if by in ("month", "week"):
        return _calendar(tongue, by, f"j.{anchor}")
    return f"j.{by}"


def _calendar(tongue: Dialect, by: str, column: str) -> str:
    """The month (2026-03) or the Monday of the week (2026-03-02), in UTC."""
    seconds = f"{column} / 1000000"
    if tongue.is_sqlite:
        if by == "month":
            return f"COALESCE(strftime('%Y-%m', {seconds}, 'unixepoch'), '')"
        monday = f"{seconds} - (({seconds} / 86400 + 3) % 7) * 86400"
        return f"COALESCE(date({monday}, 'unixepoch'), '')"
    form = "YYYY-MM" if by == "month" else "YYYY-MM-DD"
    moment = f"to_timestamp({seconds}) AT TIME ZONE 'UTC'"
    return f"COALESCE(to_char(date_trunc('{by}', {moment}), '{form}'), '')"


def _counts(
    raw: Any, group: str, where: str, values: list[int]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    columns = [f"COUNT(j.{step.moment})" for step in STEPS]
    columns += ["COUNT(j.rejected_at)", "COUNT(j.recycled_at)"]
    columns.append(f"SUM(CASE WHEN {_STATE} = '{State.WAITING}' THEN 1 ELSE 0 END)")
    with closing(raw.cursor()) as cursor:
        cursor.execute(
            f"SELECT {group}, {', '.join(columns)} FROM journey j WHERE {where} GROUP BY 1", values
        )
        for row in cursor.fetchall():
            yield word(row[0]), row[1:]


def _durations(
    raw: Any, group: str, where: str, values: list[int]
) -> tuple[dict[str, Duration], dict[str, Duration]]:
    """Hand-off to confirmation, and confirmation to answer: by group, in one pass."""
    statement = (
        f"SELECT {group}, j.delivered_at - j.passed_at, j.answered_at - j.delivered_at "
        f"FROM journey j WHERE {where} AND j.delivered_at IS NOT NULL"
    )
    system: dict[str, list[int]] = {}
    human: dict[str, list[int]] = {}
    with closing(raw.cursor()) as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(_BATCH):
            for name, took, waited in rows:
                if took is not None:
                    system.setdefault(name, []).append(max(took, 0))
                if waited is not None:
                    human.setdefault(name, []).append(max(waited, 0))
    return _summed_up(system), _summed_up(human)


def _summed_up(times: dict[str, list[int]]) -> dict[str, Duration]:
    return {word(name): duration(_as_times(sorted(of))) for name, of in times.items()}


class _as_times(Sequence[timedelta]):  # noqa: N801 - a view, used like a function
    """Sorted microseconds, seen as times: a million of them need no million objects."""

    def __init__(self, counted: list[int]) -> None:
        self._counted = counted

    def __len__(self) -> int:
        return len(self._counted)

    def __getitem__(self, index: Any) -> Any:
        return timedelta(microseconds=self._counted[index])


def _money(
    raw: Any, group: str, where: str, values: list[int], currency: str, rates: Rates
) -> Mapping[str, tuple[Decimal, dict[str, Decimal]]]:
    statement = (
        f"SELECT {group}, d.amount, d.currency, d.closed_at, "
        "(SELECT COUNT(*) FROM deal o WHERE o.opportunity = d.opportunity) "
        "FROM deal d JOIN journey j ON j.lead_id = d.lead_id AND j.cycle = d.cycle "
        f"WHERE d.state = 'won' AND {where}"
    )
    sums: dict[str, tuple[Decimal, dict[str, Decimal]]] = {}
    with closing(raw.cursor()) as cursor:
        cursor.execute(statement, values)
        while rows := cursor.fetchmany(_BATCH):
            for name, amount, own, closed_at, shared in rows:
                total, missing = sums.get(word(name), (Decimal(0), {}))
                value = decimal(amount) / shared
                worth = converted(value, own, moment_or_none(closed_at), currency, rates)
                if worth is None:
                    missing[own] = missing.get(own, Decimal(0)) + value
                sums[word(name)] = (total + (worth or 0), missing)
    return sums
