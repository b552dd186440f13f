"""Both naive scripts and leadrelay on the same work, in the same run, against the same stub.

    python -m benchmarks.relay [--leads 10000] [--latency-ms 0] [--profile]
    python -m benchmarks.relay --latency-ms 50 --calls-per-10s 190

First load, the same contacts again, 0.1 % changed, an empty run, and statuses written back. Prints
a table with ratios to the script with the official clients, and the goals beside what was measured.
Everybody qualifies, so that leadrelay does all its work for each: mapping, explanation, routing,
promises, ledger, looking first, the Lead and its task. With a limit it measures how much of it a
first pull uses. Goals are those for 100,000 contacts and one core; sign-in calls are not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MAPPINGS = ROOT / "tests" / "stories" / "xeducation" / "mappings"
Counts = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One program on one piece of work, in a process of its own, start included in its CPU."""

    work: str
    program: str
    records: int
    seconds: float  #: of the work, without the start of the process
    cpu: float
    peak_mb: float
    calls: Counts

    @property
    def rate(self) -> float:
        return self.records / self.seconds if self.seconds else 0.0

    def calls_to(self, *names: str) -> int:
        return sum(self.calls.get(name, 0) for name in names)


HUBSPOT = ("list", "search", "read", "update", "details", "owners", "lists", "associations")
SALESFORCE = ("query", "composite", "collection", "ingest", "limits", "describe")  # no sign-in


@contextmanager
def stub(leads: int, latency: float, limit: int) -> Iterator[str]:
    """The stub in a process of its own; yields its address."""
    command = [sys.executable, "-m", "benchmarks.stub", "--leads", str(leads)]
    command += ["--latency-ms", str(latency), "--calls-per-10s", str(limit)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def ask(url: str) -> Counts:
    with urllib.request.urlopen(url) as answer:
        counts: Counts = json.loads(answer.read())
    return counts


def measure(
    url: str, work: str, program: str, command: list[str], records: int, *, reset: str = ""
) -> Measured:
    """Runs a program that prints how many seconds it took, and counts what it cost."""
    ask(f"{url}/__reset?{reset}")
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{program} failed at: {work}")
    seconds = said.split()[-1]
    return Measured(
        work=work,
        program=program,
        records=records,
        seconds=float(seconds),
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        calls=ask(f"{url}/__counts"),
    )


# --- what is measured of leadrelay, in its own process -------------------------------------------


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


# --- the whole run -------------------------------------------------------------------------------


def everything(url: str, folder: Path, leads: int, ledger: str, limit: int) -> list[Measured]:
    settings = {
        "mode": "live",
        "mappings": str(MAPPINGS),
        "ledger": {"url": ledger},
        "caps": {"creates": 1_000_000, "updates": 1_000_000, "owner_changes": 1_000_000},
        "hubspot": {"token": "stub", "base_url": url, "lag_seconds": 0},
        "salesforce": {
            "base_url": url,
            "domain": "acme.my",
            "client_id": "stub",
            "client_secret": "stub",
        },
    }
    if not limit:  # the stub allows anything: only speed is measured
        settings["hubspot"] |= {"requests_per_10_seconds": 100_000, "searches_per_second": 10_000}
    file = folder / "settings.json"
    file.write_text(json.dumps(settings), "utf-8")

    def mine(what: str, count: int = 0) -> list[str]:
        return ["-m", "benchmarks.relay", "--measured", what, str(file), str(count)]

    def theirs(how: str, what: str, *more: str) -> list[str]:
        return ["-m", "benchmarks.naive", how, what, url, *more]

    few = max(1, leads // 1_000)
    found = []
    if limit:  # how much of it is used, and how often it is overstepped
        return [measure(url, "first pull", "leadrelay", mine("pull"), leads)]
    for how in ("clients", "requests"):
        command = theirs(how, "load")
        found.append(measure(url, "first load", how, command, leads, reset="forget=1"))
    found.append(measure(url, "first load", "leadrelay", mine("load"), leads, reset="forget=1"))
    found.append(measure(url, "all again, unchanged", "clients", theirs("clients", "load"), leads))
    found.append(measure(url, "all again, unchanged", "leadrelay", mine("again"), leads))
    changed = f"changed={few}"
    found.append(measure(url, "0.1 % changed", "leadrelay", mine("load"), few, reset=changed))
    found.append(measure(url, "empty run", "leadrelay", mine("load"), 0))
    for how in ("clients", "requests"):
        command = theirs(how, "writeback", str(leads))
        found.append(measure(url, "write-back", how, command, leads))
    found.append(measure(url, "write-back", "leadrelay", mine("write-back", leads), leads))
    return found


def table(found: list[Measured]) -> None:
    print(
        f"\n{'work':<22}{'program':<11}{'records/s':>10}{'ratio':>7}{'CPU s/100k':>12}"
        f"{'peak MB':>9}{'calls/1,000':>13}{'written':>9}"
    )
    for one in found:
        base = next((o for o in found if o.work == one.work and o.program == "clients"), None)
        ratio = f"{one.rate / base.rate:.1f}" if base and base.rate else ""
        per = one.records or 1
        hubspot, salesforce = one.calls_to(*HUBSPOT), one.calls_to(*SALESFORCE)
        many = one.records >= 1_000
        calls = (
            f"{1_000 * hubspot / per:.1f}+{1_000 * salesforce / per:.1f}"
            if many
            else f"={hubspot}+{salesforce}"
        )
        cpu = f"{100_000 * one.cpu / per:.1f}" if many else f"={one.cpu:.2f} s"
        print(
            f"{one.work:<22}{one.program:<11}{one.rate:>10,.0f}{ratio:>7}{cpu:>12}"
            f"{one.peak_mb:>9.0f}{calls:>13}{one.calls.get('written', 0):>9,}"
        )


def goals(found: list[Measured]) -> None:
    def of(work: str, program: str = "leadrelay") -> Measured:
        return next(o for o in found if (o.work, o.program) == (work, program))

    first, again_, naive = (
        of("first load"),
        of("all again, unchanged"),
        of("first load", "clients"),
    )
    few, empty = of("0.1 % changed"), of("empty run")
    per = first.records / 100_000
    calls = first.calls_to(*HUBSPOT), first.calls_to(*SALESFORCE)
    tell(
        ("first load, times the naive script", ">= 4.5", first.rate / naive.rate),
        ("CPU s per 100,000 leads, first load", "<= 8", first.cpu / per),
        ("CPU s per 100,000 leads, unchanged", "<= 4", again_.cpu / per),
        ("peak memory, MB", "<= 100", first.peak_mb),
        ("written by the unchanged run", "0", again_.calls.get("written", 0)),
        ("empty run, CPU s", "<= 0.8", empty.cpu),
        ("empty run, calls", "<= 2", empty.calls_to(*HUBSPOT, *SALESFORCE)),
        ("0.1 % changed, calls", "<= 4", few.calls_to(*HUBSPOT, *SALESFORCE)),
        ("0.1 % changed, CPU s", "<= 2", few.cpu),
        ("calls to HubSpot per 1,000 leads", "10", 1_000 * calls[0] / first.records),
        ("calls to Salesforce per 1,000 leads", "10", 1_000 * calls[1] / first.records),
    )


def limits(pulled: Measured, calls_per_10s: int) -> None:
    calls, refused = pulled.calls_to(*HUBSPOT), pulled.calls.get("refused", 0)
    windows, within = pulled.calls["windows"], pulled.calls["within windows"]
    if not windows:
        raise SystemExit("more contacts, please: the pull was over within ten seconds")
    tell(
        ("share of HubSpot's limit, %", ">= 95", 100 * within / windows / calls_per_10s),
        ("HubSpot calls answered 429, %", "< 0.1", 100 * refused / calls),
    )


def tell(*rows: tuple[str, str, float]) -> None:
    print(f"\n{'goal':<42}{'wanted':>8}{'measured':>10}")
    for name, wanted, measured in rows:
        print(f"{name:<42}{wanted:>8}{measured:>10.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--calls-per-10s", type=int, default=0)
    parser.add_argument("--ledger", help="its address; a SQLite file where it is left out")
    parser.add_argument("--profile", action="store_true", help="print where the CPU goes")
    parser.add_argument("--measured", nargs=3, metavar=("WHAT", "SETTINGS", "COUNT"))
    given = parser.parse_args()
    if given.measured:
        what, file, count = given.measured
        ours(json.loads(Path(file).read_text("utf-8")), what, int(count))
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        stub(given.leads, given.latency_ms, given.calls_per_10s) as url,
    ):
        ledger = given.ledger or f"sqlite:///{Path(folder) / 'ledger.db'}"
        found = everything(url, Path(folder), given.leads, ledger, given.calls_per_10s)
        if given.profile:
            command = ["-m", "cProfile", "-s", "tottime", "-m", "benchmarks.relay"]
            fresh = {**json.loads((Path(folder) / "settings.json").read_text("utf-8"))}
            fresh["ledger"] = {"url": f"sqlite:///{Path(folder) / 'profiled.db'}"}
            file = Path(folder) / "profiled.json"
            file.write_text(json.dumps(fresh), "utf-8")
            ask(f"{url}/__reset?forget=1")
            subprocess.run(
                [sys.executable, *command, "--measured", "profile", str(file), "0"],
                cwd=ROOT,
                check=True,
            )
    print(f"{given.leads:,} contacts, {given.latency_ms:g} ms latency")
    table(found)
    if given.calls_per_10s:
        limits(found[0], given.calls_per_10s)
    else:
        goals(found)


if __name__ == "__main__":
    main()
