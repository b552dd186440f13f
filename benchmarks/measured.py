"""One piece of work by leadrelay, for whoever measures the process it runs in.

    python -m benchmarks.measured load|profile|again|pull|write-back SETTINGS COUNT

Prints how many records and seconds; the start of the process is not in the seconds.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def ours(settings: dict[str, Any], what: str, count: int) -> None:
    """Runs in the measured process: prints records and seconds."""
    from connector.config import Config
    from connector.wiring import Workbench

    class OneThread(Workbench):
        """So that a profile, which sees one thread, sees all of it."""

        real_time = False

    bench = (OneThread if what == "profile" else Workbench)(Config(**settings))
    bench.keep_ruleset()
    bench.look()
    if what == "write-back":
        plan_statuses(bench, count)
    began = time.perf_counter()
    work = {"load": load, "profile": load, "again": again, "pull": pull, "write-back": write_back}
    done = work[what](bench)
    print(f"{done} {time.perf_counter() - began}")
    bench.ledger.close()


def run_all(bench: Any, *jobs: Any) -> int:
    from connector.runner import run_job

    records = 0
    for job in jobs:
        run = run_job(job, bench)
        if run.exit_code:
            parked = [stored.action.problem for stored in bench.ledger.parked()[:3]]
            raise SystemExit(f"{job.name}: {run.outcome}: {run.message} {parked}")
        records = records or run.totals.picked_up
    return records


def load(bench: Any) -> int:
    from jobs.pull_leads import JOB as PULL
    from jobs.push_sqls import JOB as PUSH

    return run_all(bench, PULL, PUSH)


def pull(bench: Any) -> int:
    from jobs.pull_leads import JOB as PULL

    return run_all(bench, PULL)


def again(bench: Any) -> int:
    """Every contact read and decided once more, as after a lost cursor: nothing has changed."""
    from connector.flows.parts import STREAM
    from connector.ports import Cursor

    with bench.ledger.transaction() as tx:
        tx.move_cursor(Cursor(stream=STREAM))
    return load(bench)


def plan_statuses(bench: Any, count: int) -> None:
    from connector.core.plan import Action, ActionKind, Destination, action_key

    for first in range(0, count, 1_000):
        with bench.ledger.transaction() as tx:
            tx.plan(
                (
                    Action(
                        key=action_key(Destination.HUBSPOT, "contact", str(number), "status"),
                        lead_id="",
                        kind=ActionKind.UPDATE,
                        destination=Destination.HUBSPOT,
                        because="sales works on it",
                        record_kind="contact",
                        record_id=str(1_000 + number),
                        fields={"hs_lead_status": "IN_PROGRESS"},
                    )
                    for number in range(first, min(first + 1_000, count))
                ),
                now=datetime.now(UTC),
                run_id="benchmark",
            )


def write_back(bench: Any) -> int:
    from connector.core.plan import Destination

    totals = bench.deliver(
        Destination.HUBSPOT, run_id="benchmark", progress=lambda _what, _count: None
    )
    return int(totals.delivered)


if __name__ == "__main__":
    what, file, count = sys.argv[1:]
    ours(json.loads(Path(file).read_text("utf-8")), what, int(count))
