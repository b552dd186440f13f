"""Folds new events into the table of journeys, inside the database.

It says in SQL what `core.journeys` says in Python, and a test holds the two together: one sorted
pass over the events behind the last number, a million leads in seconds, and a memory that does
not grow. Whether a run reads one day or ten years, the statement is the same.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from connector.core.events import Event, EventKind
from connector.core.journeys import (
    ANSWERS,
    DIMENSIONS,
    MACHINE,
    Deal,
    StageNames,
    closings,
    deals_from,
)
from connector.ports import Span
from connector.store import bulk, codec
from connector.store.tables import DEALT, MOMENTS, WORDS, deal, journey
from connector.store.types import micros_or_none, moment_of

PACKED = (
    *("owner_last", "answer_last", "rejected_last", "recycled_last"),
    *("deleted_last", "gone_last"),
)
FORM = 3  #: of the folding; where it changes, everything is folded anew
PREFIX = 28  #: characters before the word in a packed column: 16 of the moment, 12 of the number
_FOLDED = tuple(name for name in MOMENTS if name not in ("won_at", "lost_at"))
_DEAL = ("opportunity", "lead_id", "cycle", "state", "amount", "currency", "closed_at")
_BATCH = 5_000


class Dialect:
    """The few words in which the two databases differ."""

    def __init__(self, name: str) -> None:
        self.is_sqlite = name == "sqlite"
        self.mark = "?" if self.is_sqlite else "%s"
        self.least = "MIN" if self.is_sqlite else "LEAST"
        self.greatest = "MAX" if self.is_sqlite else "GREATEST"
        self.stamp = (
            "printf('%016d%012d', e.\"at\", e.number)"
            if self.is_sqlite
            else "(lpad(e.\"at\"::text, 16, '0') || lpad(e.number::text, 12, '0'))"
        )
        self.data = "e.data" if self.is_sqlite else "e.data::text"
        self.collate = "" if self.is_sqlite else ' COLLATE "C"'

    def member(self, document: str, name: str) -> str:
        """A word of a JSON text; NULL where there is none."""
        if self.is_sqlite:
            return f"json_extract({document}, '$.{name}')"
        return f"(({document})::jsonb ->> '{name}')"


def version(names: StageNames) -> str:
    """Changes when other stages count as qualified: everything is then folded anew."""
    text = repr((FORM, sorted(names.marketing_qualified), sorted(names.sales_qualified)))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fold(
    connection: Connection, names: StageNames, after: int, until: int, span: Span | None = None
) -> None:
    """Adds the events behind `after` up to `until` to the journeys; with `span`, of its leads."""
    tongue = Dialect(connection.dialect.name)
    raw: Any = connection.connection.driver_connection
    if tongue.is_sqlite:  # the sorter works in memory and with a second core
        raw.execute("PRAGMA cache_size = -200000")
        raw.execute("PRAGMA threads = 2")
    else:
        raw.execute("SET LOCAL work_mem = '200MB'")
        raw.execute("SET LOCAL cursor_tuple_fraction = 1")  # every row of a cursor is fetched
    try:
        with closing(raw.cursor()) as cursor:
            cursor.execute(_statement(tongue, names, span), (after, until, *_ids(span)))
        _deals(connection, tongue, after, until, span)
    finally:
        if tongue.is_sqlite:
            raw.execute("PRAGMA cache_size = -16000")


def _inside(tongue: Dialect, span: Span | None, column: str) -> str:
    """A condition on a lead's id, for the values of `_ids`."""
    lower = f"AND {column} > {tongue.mark} " if span and span.after else ""
    upper = f"AND {column} <= {tongue.mark} " if span and span.until else ""
    return lower + upper


def _ids(span: Span | None) -> tuple[str, ...]:
    return tuple(filter(None, (span.after, span.until))) if span else ()


def _statement(tongue: Dialect, names: StageNames, span: Span | None) -> str:
    columns = ("lead_id", "cycle", *_FOLDED, *WORDS)
    return (
        f"INSERT INTO journey ({bulk.names(columns)}) "
        f"SELECT {', '.join(_outer(tongue))} FROM ({_grouped(_rows(tongue, names, span))}) g "
        f"WHERE true ON CONFLICT (lead_id, cycle) DO UPDATE SET {', '.join(_merged(tongue))}"
    )


def _texts(*words: str) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)


#: kind of event -> short name of what it does to a journey
_PARTS = {
    "captured": "opened",
    "cycle_opened": "opened",
    "handed_off": "handed",
    "delivered": "delivered",
    "accepted": "accepted",
    "rejected": "rejected",
    "recycled": "recycled",
    "opportunity_created": "opportunity",
    "reassigned": "owner",
    "owner_changed": "owner",
    "passed_on": "owner",
    "erased": "deleted",
    "merged": "merged",
}


def _rows(tongue: Dialect, names: StageNames, span: Span | None) -> str:
    """One narrow row an event: what it does, when, and the words it brings."""
    to = tongue.member("e.data", "to")
    sales = names.sales_qualified
    marketing = names.marketing_qualified - sales
    stages = f"CASE WHEN {to} IN ({_texts('', *sorted(sales))}) AND {to} <> '' THEN 'sql' "
    stages += f"WHEN {to} IN ({_texts('', *sorted(marketing))}) AND {to} <> '' THEN 'mql' END"
    parts = " ".join(f"WHEN '{kind}' THEN '{part}'" for kind, part in _PARTS.items())
    other = tongue.member("e.data", "lead")
    with_data = _texts("captured", "cycle_opened", "handed_off", "rejected", "recycled")
    word = (
        f"CASE WHEN e.kind IN ({with_data}) THEN {tongue.stamp} || {tongue.data} "
        f"WHEN e.kind IN ('reassigned', 'owner_changed', 'passed_on') "
        f"THEN {tongue.stamp} || COALESCE({to}, '') "
        f"WHEN e.kind IN ('accepted', 'deleted', 'restored') THEN {tongue.stamp} || e.kind "
        f"WHEN e.kind = 'erased' THEN {tongue.stamp} || 'deleted' "
        f"WHEN e.kind = 'merged' AND {other} <> '' THEN {tongue.stamp} || {other} END"
    )
    rule = "CASE WHEN e.kind = 'handed_off' THEN e.ruleset || ' ' || e.rule END"
    crm = f"{tongue.member('e.data', 'system')} = 'salesforce'"
    side = f"CASE WHEN {crm} THEN 'gone' ELSE 'deleted' END"
    parts += f" WHEN 'deleted' THEN {side} WHEN 'restored' THEN {side}"
    others = ("stage_changed", "deleted", "restored", *(kind.value for kind in ANSWERS))
    kinds = _texts(*sorted({*_PARTS, *others}))
    answers = _texts(*sorted(kind.value for kind in ANSWERS))
    fence = "LIMIT -1" if tongue.is_sqlite else "OFFSET 0"  # keeps the wide row out of the sort
    return (
        f'SELECT e.lead_id, e.cycle, e."at", CASE e.kind {parts} '
        f"WHEN 'stage_changed' THEN {stages} END AS part, "
        f"CASE WHEN e.kind IN ({answers}) AND e.\"by\" <> '{MACHINE}' THEN 1 ELSE 0 END AS sales, "
        f"{word}{tongue.collate} AS word, {rule} AS rule FROM event e "
        f"WHERE e.number > {tongue.mark} AND e.number <= {tongue.mark} "
        f"{_inside(tongue, span, 'e.lead_id')}AND e.kind IN ({kinds}) {fence}"
    )


def _grouped(rows: str) -> str:
    def first(name: str, condition: str) -> str:
        return f'MIN("at") FILTER (WHERE {condition}) AS {name}'

    def last(name: str, condition: str) -> str:
        return f"MAX(word) FILTER (WHERE {condition}) AS {name}"

    chosen = (
        first("captured_at", "part = 'opened'"),
        first("marketing_qualified_at", "part IN ('mql', 'sql')"),
        first("sales_qualified_at", "part = 'sql'"),
        first("passed_at", "part = 'handed'"),
        first("delivered_at", "part = 'delivered'"),
        first("answered_at", "sales = 1"),
        first("accepted_at", "part = 'accepted'"),
        first("rejected_at", "part = 'rejected'"),
        first("recycled_at", "part = 'recycled'"),
        first("opportunity_at", "part = 'opportunity'"),
        last("opened", "part = 'opened'"),
        last("handed", "part = 'handed'"),
        last("owner", "part = 'owner'"),
        last("accepted", "part = 'accepted'"),
        last("rejected", "part = 'rejected'"),
        last("recycled", "part = 'recycled'"),
        last("deleted", "part = 'deleted'"),
        last("gone", "part = 'gone'"),
        last("merged", "part = 'merged'"),
        "MAX(rule) AS rule",
    )
    return f"SELECT lead_id, cycle, {', '.join(chosen)} FROM ({rows}) r GROUP BY lead_id, cycle"


def _outer(tongue: Dialect) -> list[str]:
    """The columns of a journey, from the groups."""
    opened, handed = (f"substr({name}, {PREFIX + 1})" for name in ("opened", "handed"))
    words = [
        f"COALESCE(NULLIF({tongue.member(handed, name)}, ''), {tongue.member(opened, name)}, '')"
        for name in DIMENSIONS
    ]
    gave = f"substr(handed, 1, {PREFIX}) || COALESCE({tongue.member(handed, 'owner')}, '')"
    refused = f"substr(rejected, 1, {PREFIX}) || 'rejected'"
    team = f"COALESCE({tongue.member(handed, 'team')}, '')"
    space = "instr(rule, ' ')" if tongue.is_sqlite else "strpos(rule, ' ')"
    rule = (
        f"COALESCE(substr(rule, {space} + 1), '')",
        f"COALESCE(substr(rule, 1, {space} - 1), '')",
    )
    greatest = tongue.greatest
    return [
        *("lead_id", "cycle", *_FOLDED),
        *words,
        team,
        *rule,
        f"{greatest}(COALESCE({gave}, ''), COALESCE(owner, ''))",
        f"{greatest}(COALESCE(accepted, ''), COALESCE({refused}, ''))",
        "COALESCE(rejected, '')",
        "COALESCE(recycled, '')",
        "COALESCE(deleted, '')",
        "COALESCE(gone, '')",
        f"COALESCE(substr(merged, {PREFIX + 1}), '')",
    ]


def _merged(tongue: Dialect) -> list[str]:
    """What a journey that is there already takes from the new events."""
    made = []
    for name in _FOLDED:
        own, new = f"journey.{name}", f"excluded.{name}"
        made.append(f"{name} = {tongue.least}(COALESCE({own}, {new}), COALESCE({new}, {own}))")
    for name in WORDS:
        own, new = f"journey.{name}", f"excluded.{name}"
        if name in PACKED:
            greatest = f"{tongue.greatest}({own}{tongue.collate}, {new}{tongue.collate})"
            made.append(f"{name} = {greatest}")
        elif name in DIMENSIONS:
            made.append(
                f"{name} = CASE WHEN excluded.passed_at IS NULL AND {own} <> '' "
                f"THEN {own} ELSE COALESCE(NULLIF({new}, ''), {own}) END"
            )
        else:
            made.append(f"{name} = COALESCE(NULLIF({new}, ''), {own})")
    return made


def _deals(
    connection: Connection, tongue: Dialect, after: int, until: int, span: Span | None
) -> None:
    """The opportunities of every journey that the new events say something of."""
    raw: Any = connection.connection.driver_connection
    kinds = DEALT.text
    touched = (
        f"AND lead_id IN (SELECT lead_id FROM event WHERE number > {tongue.mark} "
        f"AND number <= {tongue.mark} AND {kinds}) "
    )
    query = (
        f'SELECT lead_id, cycle, kind, "at", data FROM event WHERE {kinds} '
        f"AND number <= {tongue.mark} {_inside(tongue, span, 'lead_id')}{touched if after else ''}"
        'ORDER BY lead_id, cycle, "at", number'
    )
    cursor = raw.cursor() if tongue.is_sqlite else raw.cursor(name="deals")
    with closing(cursor):
        cursor.execute(query, (until, *_ids(span), *((after, until) if after else ())))
        found: list[tuple[str, int, tuple[Deal, ...]]] = []
        for (lead_id, cycle), rows in groupby(_fetched(cursor), key=lambda row: row[:2]):
            events = (
                Event(
                    key="",
                    lead_id=lead_id,
                    kind=EventKind(kind),
                    at=moment_of(at),
                    cycle=cycle,
                    data=codec.load(data),
                )
                for _, _, kind, at, data in rows
            )
            found.append((lead_id, cycle, deals_from(events)))
            if len(found) >= _BATCH:
                _keep(connection, found)
                found = []
        _keep(connection, found)


def _fetched(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _keep(connection: Connection, found: list[tuple[str, int, tuple[Deal, ...]]]) -> None:
    rows = [
        (
            *(one.opportunity, lead_id, cycle, one.state.value, one.amount, one.currency),
            micros_or_none(one.closed_at),
        )
        for lead_id, cycle, deals in found
        for one in deals
    ]
    bulk.upsert(connection, deal, rows, _DEAL[:3], columns=_DEAL)
    ends = []
    for lead_id, cycle, deals in found:
        closed = closings(deals)
        won, lost = micros_or_none(closed["won_at"]), micros_or_none(closed["lost_at"])
        ends.append((lead_id, cycle, won, lost))
    bulk.upsert(
        connection,
        journey,
        ends,
        ("lead_id", "cycle"),
        columns=("lead_id", "cycle", "won_at", "lost_at"),
    )
