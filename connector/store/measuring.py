"""Brings the journeys up to date: step by step, or in spans of leads that workers share."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, func, select, text

from connector.core.journeys import StageNames
from connector.ports import Span
from connector.store import bulk, codec, folding, leads
from connector.store.tables import cursor, deal, event, journey

STREAM = "measure"  #: a cursor whose `after` is the last folded number and the stages' version
SPANS = "measure.spans"  #: a cursor whose `after` says what is being folded in spans
#: Events folded in one transaction, so that nobody waits long for the write lock.
STEP = 2_000_000
_LOCK = 0x6D656173  #: any number of our own: the advisory lock of one span


@dataclass(frozen=True, slots=True, kw_only=True)
class _Divided:
    """The events behind `after` up to `until`, and the spans of leads that are left of them."""

    after: int
    until: int
    version: str
    spans: tuple[str, ...]


def refresh(ledger: Any, names: StageNames, *, step: int = STEP) -> int:
    """Folds what is new; returns how many numbers further it got."""
    came = 0
    while True:
        for span in spans(ledger, names):
            came += fold_span(ledger, names, span)
        with ledger.writing() as connection:
            done = _one_step(connection, names, step)
        if done == 0:
            return came
        came += done or 0


def _one_step(connection: Connection, names: StageNames, step: int) -> int | None:
    """How much further it got; None where somebody has just begun to fold in spans."""
    after = _begin(connection, names)
    if _read(connection, names):
        return None
    last = connection.scalar(select(func.max(event.c.number))) or 0
    if last <= after:
        return 0
    until = min(last, after + step)
    folding.fold(connection, names, after, until)
    _keep(connection, STREAM, f"{until} {folding.version(names)}")
    return until - after


def _begin(connection: Connection, names: StageNames) -> int:
    """The last folded number; where other stages count as qualified everything begins anew."""
    number, _, stages = (_kept(connection, STREAM) or "0").partition(" ")
    half_done = bool(_kept(connection, SPANS)) and _read(connection, names) is None
    if half_done or (int(number) and stages != folding.version(names)):
        connection.execute(delete(journey))
        connection.execute(delete(deal))
        _keep(connection, SPANS, "")
        return 0
    return int(number)


def divide(ledger: Any, names: StageNames, *, least: int, most: int) -> list[str]:
    """The names of the spans in which the new events are to be folded, where they are many.

    Parts of at least `least` events; those that are left of an earlier division first. None on
    SQLite, which has one writer: spans would only wait for each other.
    """
    if ledger.engine.dialect.name == "sqlite":
        return []
    if left := list(spans(ledger, names)):
        return left
    with ledger.writing() as connection:
        after = _begin(connection, names)
        last = connection.scalar(select(func.max(event.c.number))) or 0
        into = min(most, (last - after) // least)
        found = [span.name for span in leads.cut(connection, into=into)] if into > 1 else []
        if len(found) < 2:
            return []
        version = folding.version(names)
        divided = _Divided(after=after, until=last, version=version, spans=tuple(found))
        _write(connection, divided)
        return found


def spans(ledger: Any, names: StageNames) -> Iterator[str]:
    """Those that are still to be folded."""
    with ledger.writing() as connection:
        divided = _read(connection, names)
    yield from divided.spans if divided else ()


def fold_span(ledger: Any, names: StageNames, name: str) -> int:
    """Folds one span, once, whoever else is at it; the last one moves the journeys' number on.

    Returns how much further that number is.
    """
    with ledger.writing() as connection:
        if connection.dialect.name == "postgresql":
            lock = {"ours": _LOCK, "span": zlib.crc32(name.encode()) - 2**31}
            connection.execute(text("SELECT pg_advisory_xact_lock(:ours, :span)"), lock)
        divided = _read(connection, names, lock=False)
        if divided is None or name not in divided.spans:
            return 0
        folding.fold(connection, names, divided.after, divided.until, Span.named(name))
        divided = _read(connection, names)
        if divided is None:
            return 0
        divided = replace(divided, spans=tuple(one for one in divided.spans if one != name))
        if divided.spans:
            _write(connection, divided)
            return 0
        _keep(connection, SPANS, "")
        _keep(connection, STREAM, f"{divided.until} {divided.version}")
        return divided.until - divided.after


def _read(connection: Connection, names: StageNames, *, lock: bool = True) -> _Divided | None:
    """What is being folded in spans; one begun when other stages counted is dropped."""
    kept = _kept(connection, SPANS, lock=lock)
    tree = codec.load(kept) if kept else None
    if tree is None or tree["version"] != folding.version(names):
        return None
    return _Divided(**{**tree, "spans": tuple(tree["spans"])})


def _write(connection: Connection, divided: _Divided) -> None:
    tree = {name: getattr(divided, name) for name in _Divided.__slots__}
    _keep(connection, SPANS, codec.dump({**tree, "spans": list(divided.spans)}))


def _kept(connection: Connection, stream: str, *, lock: bool = True) -> str | None:
    query = select(cursor.c.after).where(cursor.c.stream == stream)
    return connection.scalar(query.with_for_update() if lock else query)


def _keep(connection: Connection, stream: str, after: str) -> None:
    columns = ("stream", "covered", "since", "until", "after")
    row = (stream, None, None, None, after)
    bulk.upsert(connection, cursor, [row], ("stream",), columns=columns)
