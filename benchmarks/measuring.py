"""What measuring costs: every journey of a big ledger, then a day's news, with memory.

    python -m benchmarks.measuring [--leads 100000] [--url URL] [--naive]

Ten events a lead. `--naive` adds a plain reference: every event read as a value and folded in
Python, as the definition says. Seconds of wall time; MB is the process's peak so far.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from connector.core.journeys import StageNames, journeys_from
from connector.store import SqlLedger, open_ledger
from connector.store.cells import figures_by
from connector.store.types import moment_of

NAMES = StageNames(
    marketing_qualified=frozenset({"mql", "sql"}), sales_qualified=frozenset({"sql"})
)
START = 1_735_689_600_000_000  # 2025-01-01, in microseconds
HOUR = 3_600_000_000
DAY = 24 * HOUR
PAGE = 20_000
_COLUMNS = (
    *("key", "lead_id", "kind", "at", "recorded_at", "cycle", "data", "by", "rule"),
    *("place_file", "place_line", "place_column", "ruleset", "run_id"),
)


def story(number: int) -> Iterator[tuple[str, int, str, str]]:
    """(kind, hours after capture, data, by) of one lead: ten events, a third of them passed."""
    words = (
        f'{{"source":"source {number % 12}","campaign":"campaign {number % 40}",'
        f'"segment":"segment {number % 5}","product":"product {number % 7}"'
    )
    yield "captured", 0, words + "}", "leadrelay"
    yield "stage_changed", 5, '{"from":"captured","to":"mql","score":31.5}', "leadrelay"
    if number % 3:
        for step in range(8):
            yield "conflict", 6 + step, '{"field":"phone"}', "leadrelay"
        return
    owner = f'"owner":"rep {number % 25}","team":"team {number % 3}"'
    yield "stage_changed", 9, '{"from":"mql","to":"sql","score":71.5}', "leadrelay"
    yield "handed_off", 9, f"{words},{owner}}}", "leadrelay"
    yield "delivered", 10, f'{{"salesforce_id":"00Q{number}",{owner}}}', "leadrelay"
    yield "touched", 20 + number % 50, '{"channel":"call"}', "005A"
    yield "status_changed", 30 + number % 70, '{"to":"Working"}', "005A"
    if number % 2:
        yield "rejected", 90, '{"disposition":"recycle","reason":"no_budget"}', "005A"
        yield "recycled", 95, '{"reason":"no_budget","programme":"keep-warm"}', "leadrelay"
        yield "promise_kept", 95, '{"clause":"first-answer"}', "leadrelay"
        return
    yield "accepted", 80, "{}", "005A"
    deal = f'{{"opportunity":"006{number}","amount":"{number % 90}00","currency":"EUR"}}'
    yield "opportunity_created", 90, deal, "005A"
    yield ("won" if number % 5 == 0 else "lost"), 700, deal, "005A"


def rows(leads: range) -> list[tuple[Any, ...]]:
    found = []
    for number in leads:
        start = START + (number % 365) * DAY
        for index, (kind, hours, data, by) in enumerate(story(number)):
            at = start + hours * HOUR
            key = f"{number:016d}{index:04d}"
            head = (key, f"hs-{number:08d}", kind, at, at, 1, data, by, "")
            found.append((*head, "-", 0, 0, "abcdefabcdef", ""))
    return found


def fill(ledger: SqlLedger, leads: range) -> None:
    """Straight into the table: what writing costs is another benchmark's question."""
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    with ledger.writing() as connection:
        raw: Any = connection.connection.driver_connection
        for first in range(leads.start, leads.stop, PAGE):
            page = rows(range(first, min(first + PAGE, leads.stop)))
            if ledger.engine.dialect.name == "sqlite":
                marks = ", ".join("?" * len(_COLUMNS))
                raw.executemany(f"INSERT INTO event ({names}) VALUES ({marks})", page)
                continue
            with raw.cursor() as cursor, cursor.copy(f"COPY event ({names}) FROM STDIN") as copy:
                for row in page:
                    copy.write_row(row)


def measure(name: str, step: Callable[[], object]) -> None:
    before = time.perf_counter()
    step()
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<44}{seconds:>9.2f} s{peak:>9.0f} MB", flush=True)


def naive(ledger: SqlLedger) -> int:
    """Every event as a value, every journey in memory."""
    events, after = [], 0
    while page := ledger.events(after=after):
        events += [stored.event for stored in page]
        after = page[-1].number
    return len(journeys_from(events, NAMES))


def report(ledger: SqlLedger, days: int = 0) -> None:
    """By four words: of everybody, or of those captured in the last days of the year."""
    since = moment_of(START + (365 - days) * DAY) if days else None
    for by in ("source", "campaign", "owner", "month"):
        figures_by(ledger, by, currency="EUR", rates={}, since=since)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--naive", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(given.url or f"sqlite:///{Path(folder) / 'ledger.db'}")
        day = given.leads // 365
        print(f"{given.leads:,} leads, {given.leads * 10:,} events; a day is {day:,} leads")
        measure("(filling the ledger)", lambda: fill(ledger, range(given.leads)))
        measure("every journey, from nothing", lambda: ledger.measure(NAMES))
        measure("figures by source, campaign, rep and month", lambda: report(ledger))
        fill(ledger, range(given.leads, given.leads + day))
        measure("a day's news folded", lambda: ledger.measure(NAMES))
        measure("figures of the last quarter", lambda: report(ledger, 91))
        if given.naive:
            measure("plain reference: all events in Python", lambda: naive(ledger))
        ledger.close()


if __name__ == "__main__":
    main()
