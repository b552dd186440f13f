"""What the ledger costs: pages of leads written, read again, taken and finished.

    python -m benchmarks.ledger [--leads 20000] [--page 200] [--url URL] [--profile]

Microseconds of CPU and of wall time per lead; a page is one transaction, as in a real run.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.core.events import Event, EventKind, event_key
from connector.core.plan import Action, ActionKind, ActionState, Destination, action_key
from connector.core.records import Activity, LeadState, Values
from connector.ports import ActionOutcome, Cursor, LeadRow, Link, Snapshot
from connector.store import SqlLedger, open_ledger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def values_of(number: int) -> Values:
    """Thirty fields, as a mapping of usual size gives."""
    return {
        "email": f"person{number}@example.com",
        "first_name": "Ada",
        "last_name": f"Okafor {number}",
        "company": f"Company {number // 7}",
        "country": "AT",
        "employees": number % 900,
        "consent": True,
        "created_at": NOW,
        **{f"field_{index}": f"value {number % 97} {index}" for index in range(22)},
    }


class Page:
    """What one page of leads writes, made before the clock starts."""

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers
        self.ids = [str(number) for number in numbers]
        self.leads = [lead(number) for number in numbers]
        self.snapshots = [snapshot(row) for row in self.leads]
        self.actions = [action(row) for row in self.leads]
        self.events = [captured(row) for row in self.leads]


def lead(number: int) -> LeadRow:
    state = LeadState(lead_id=f"hs-{number}", stage="captured", snapshot_hash=f"{number:024x}")
    return LeadRow(
        state=state,
        hubspot_id=str(number),
        values=values_of(number),
        captured_at=NOW,
        updated_at=NOW,
        ruleset="abcdefabcdef",
        source="fair",
        campaign="spring",
    )


def snapshot(row: LeadRow) -> Snapshot:
    visits = tuple(
        Activity(kind="page_view", at=NOW - timedelta(hours=hour), title="Prices")
        for hour in range(3)
    )
    return Snapshot(
        lead_id=row.state.lead_id,
        hash=row.state.snapshot_hash or "",
        taken_at=NOW,
        ruleset=row.ruleset,
        cycle=1,
        values=row.values,
        activities=visits,
        outcome={"stage": "captured", "score": 12.5, "missing": ["budget", "authority"]},
    )


def action(row: LeadRow) -> Action:
    lead_id = row.state.lead_id
    return Action(
        key=action_key(Destination.SALESFORCE, "Lead", lead_id, "first"),
        lead_id=lead_id,
        kind=ActionKind.CREATE,
        destination=Destination.SALESFORCE,
        because="sales-qualified by bant",
        record_kind="Lead",
        fields={name: str(value) for name, value in row.values.items()},
        rule="bant",
        ruleset=row.ruleset,
    )


def captured(row: LeadRow) -> Event:
    lead_id = row.state.lead_id
    return Event(
        key=event_key("captured", lead_id, "first"),
        lead_id=lead_id,
        kind=EventKind.CAPTURED,
        at=NOW,
        data={"source": "fair", "campaign": "spring"},
        ruleset=row.ruleset,
    )


def write(ledger: SqlLedger, page: Page) -> None:
    with ledger.transaction() as tx:
        tx.leads_by_hubspot(page.ids)
        tx.save_leads(page.leads)
        tx.save_snapshots(page.snapshots)
        tx.plan(page.actions, now=NOW, run_id="run-1")
        tx.record(page.events, now=NOW, run_id="run-1")
        tx.move_cursor(Cursor(stream="contacts", after=page.ids[-1]))


def read(ledger: SqlLedger, page: Page) -> None:
    """What an unchanged page costs: its leads are looked up and the cursor moves."""
    with ledger.transaction() as tx:
        tx.leads_by_hubspot(page.ids)
        tx.move_cursor(Cursor(stream="contacts", after=page.ids[-1]))


def deliver(ledger: SqlLedger, page: Page) -> None:
    with ledger.transaction() as tx:
        taken = tx.take(Destination.SALESFORCE, limit=len(page.numbers), now=NOW, run_id="run-2")
    with ledger.transaction() as tx:
        tx.finish(
            [
                ActionOutcome(
                    key=stored.action.key,
                    state=ActionState.DONE,
                    record_id=f"00Q{stored.action.lead_id}",
                )
                for stored in taken
            ],
            now=NOW,
        )
        tx.link(
            [
                Link(
                    lead_id=stored.action.lead_id,
                    hubspot_id=stored.action.lead_id[3:],
                    salesforce_id=f"00Q{stored.action.lead_id}",
                    salesforce_kind="Lead",
                    since=NOW,
                )
                for stored in taken
            ]
        )
        tx.agree({row.state.lead_id: row.values for row in page.leads}, now=NOW)


def pages(leads: int, size: int) -> Iterator[Page]:
    for start in range(1, leads + 1, size):
        yield Page(range(start, min(start + size, leads + 1)))


def measure(
    name: str, step: Callable[[SqlLedger, Page], None], ledger: SqlLedger, leads: int, size: int
) -> None:
    cpu = wall = 0.0
    for page in pages(leads, size):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        step(ledger, page)
        cpu += time.process_time() - cpu_before
        wall += time.perf_counter() - wall_before
    print(f"{name:<34}{cpu / leads * 1e6:>9.1f}{wall / leads * 1e6:>9.1f}{leads / wall:>12,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--page", type=int, default=200)
    parser.add_argument("--url", default="")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(given.url or f"sqlite:///{Path(folder) / 'ledger.db'}")
        print(f"{'per lead':<34}{'CPU us':>9}{'wall us':>9}{'leads/s':>12}")
        profile = cProfile.Profile()
        if given.profile:
            profile.enable()
        measure("first load: all four tables", write, ledger, given.leads, given.page)
        measure("the same page again", write, ledger, given.leads, given.page)
        measure("unchanged: looked up", read, ledger, given.leads, given.page)
        measure("taken, done, linked, agreed", deliver, ledger, given.leads, given.page)
        if given.profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        ledger.close()


if __name__ == "__main__":
    main()
