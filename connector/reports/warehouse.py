"""Tables for the warehouse: their columns, and their rows as CSV or Parquet, a batch at a time."""

import csv
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from connector.core.errors import StopTheRun
from connector.core.journeys import Journey
from connector.ports import StoredEvent
from connector.reports.inert import inert

BATCH = 50_000


class Kind(StrEnum):
    """What a column holds, by the name of its type in Parquet."""

    TEXT = "string"
    WHOLE = "int64"
    MOMENT = "timestamp[us, UTC]"
    MONEY = "decimal(38, 9)"


Columns = Mapping[str, Kind]
_TEXTS = (*("source", "campaign", "segment", "product", "team", "owner", "rule", "ruleset"),)
_MOMENTS = (
    *("captured_at", "marketing_qualified_at", "sales_qualified_at", "passed_at"),
    *("delivered_at", "answered_at", "accepted_at", "rejected_at", "recycled_at"),
    *("opportunity_at", "won_at", "lost_at"),
)
_OUTCOME = ("state", "disposition", "reason", "programme", "merged_into")
JOURNEYS: Columns = {
    "lead_id": Kind.TEXT,
    "cycle": Kind.WHOLE,
    **dict.fromkeys(_TEXTS, Kind.TEXT),
    **dict.fromkeys(_MOMENTS, Kind.MOMENT),
    **dict.fromkeys(_OUTCOME, Kind.TEXT),
}
DEALS: Columns = {
    "opportunity": Kind.TEXT,
    "lead_id": Kind.TEXT,
    "cycle": Kind.WHOLE,
    "state": Kind.TEXT,
    "amount": Kind.MONEY,
    "currency": Kind.TEXT,
    "closed_at": Kind.MOMENT,
    "shared_by": Kind.WHOLE,
}
EVENTS: Columns = {
    "number": Kind.WHOLE,
    "key": Kind.TEXT,
    "lead_id": Kind.TEXT,
    "cycle": Kind.WHOLE,
    "kind": Kind.TEXT,
    "at": Kind.MOMENT,
    "recorded_at": Kind.MOMENT,
    "by": Kind.TEXT,
    "rule": Kind.TEXT,
    "ruleset": Kind.TEXT,
    "data": Kind.TEXT,
}
TABLES: Mapping[str, Columns] = {"journeys": JOURNEYS, "deals": DEALS, "events": EVENTS}
Row = Sequence[Any]


def journey_rows(journeys: Iterable[Journey]) -> Iterator[Row]:
    """One row a lead and cycle."""
    for journey in journeys:
        yield [getattr(journey, name) for name in JOURNEYS]


def deal_rows(journeys: Iterable[Journey]) -> Iterator[Row]:
    """One row an opportunity, lead and cycle."""
    for journey in journeys:
        for deal in journey.deals:
            yield [
                *(deal.opportunity, journey.lead_id, journey.cycle, deal.state.value),
                *(deal.amount, deal.currency, deal.closed_at, deal.shared_by),
            ]


def event_rows(stored: Iterable[StoredEvent]) -> Iterator[Row]:
    """One row a fact; what else it says is one JSON object."""
    for one in stored:
        event = one.event
        data = orjson.dumps(dict(event.data), option=orjson.OPT_SORT_KEYS).decode()
        yield [
            *(one.number, event.key, event.lead_id, event.cycle, event.kind.value, event.at),
            *(one.recorded_at, event.by, event.rule, event.ruleset, data),
        ]


def write_csv(file: Path, columns: Columns, rows: Iterable[Row]) -> int:
    """Returns the number of rows. The file is there whole, or as it was before; a text that a
    spreadsheet would run has an apostrophe in front."""
    count = 0
    fresh = _fresh(file)
    with fresh.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([inert(_plain(cell)) for cell in row])
            count += 1
    fresh.replace(file)
    return count


def write_parquet(file: Path, columns: Columns, rows: Iterable[Row]) -> int:
    """The same in Parquet, with types; blank is null. Raises StopTheRun without the extra."""
    core, io = _arrow()
    schema = core.Schema([core.Field(n, _type(core, k), nullable=True) for n, k in columns.items()])
    count = 0

    def batches() -> Iterator[Any]:
        nonlocal count
        given = iter(rows)
        while batch := list(itertools.islice(given, BATCH)):
            count += len(batch)
            found = [
                _array(core, kind, [row[i] for row in batch])
                for i, kind in enumerate(columns.values())
            ]
            yield core.RecordBatch.from_arrays(found, schema=schema)

    fresh = _fresh(file)
    reader = core.RecordBatchReader.from_batches(schema, batches())
    io.write_parquet(reader, fresh, compression="zstd(3)")
    fresh.replace(file)
    return count


def _fresh(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}")


def _plain(cell: Any) -> Any:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("arro3.core"), import_module("arro3.io")
    except ImportError:
        raise StopTheRun(
            "Parquet needs arro3, which is not here\n    Install it with `pip install "
            "'leadrelay[parquet]'`, or export CSV."
        ) from None


def _type(core: Any, kind: Kind) -> Any:
    types = core.DataType
    return {
        Kind.TEXT: types.utf8,
        Kind.WHOLE: types.int64,
        Kind.MOMENT: lambda: types.timestamp("us", tz="UTC"),
        Kind.MONEY: lambda: types.decimal128(38, 9),
    }[kind]()


def _array(core: Any, kind: Kind, cells: Sequence[Any]) -> Any:
    """Moments and money by way of their text, which the library casts without loss."""
    if kind is Kind.WHOLE:
        return core.Array(cells, type=core.DataType.int64())
    found = core.Array([str(_plain(c)) if c else None for c in cells], type=core.DataType.utf8())
    return found if kind is Kind.TEXT else found.cast(_type(core, kind))
