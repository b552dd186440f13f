"""Both naive scripts and leadrelay on the same work, in the same run, against the same stub.

    python -m benchmarks.relay [--leads 10000] [--latency-ms 0] [--profile]
    python -m benchmarks.relay --latency-ms 50 --calls-per-10s 190

First load, the same contacts again, 0.1 % changed, an empty run, and statuses written back. Prints
a table with ratios to the script with the official clients, and the goals beside what was measured.
Everybody qualifies, so that leadrelay does all its work for each: mapping, explanation, routing,
promises, ledger, looking first, the Lead and its task. Then a first load of contacts as marketing
has them: five of a hundred qualify and go to sales, ten more become MQLs; the scripts know no
difference and write everybody into the CRM. With a limit it measures how much of it a first pull
uses. Goals are those for 100,000 contacts and one core; sign-in calls are not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.durable import Progress, watched
from benchmarks.goals import tell

ROOT = Path(__file__).parents[1]
MAPPINGS = ROOT / "tests" / "stories" / "xeducation" / "mappings"
QUALIFIED = 5  #: of a hundred contacts, in the mixed load
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
def stub(leads: int, latency: float, limit: int, qualified: int = 100) -> Iterator[str]:
    """The stub in a process of its own; yields its address."""
    command = [sys.executable, "-m", "benchmarks.stub", "--leads", str(leads)]
    command += ["--latency-ms", str(latency), "--calls-per-10s", str(limit)]
    command += ["--qualified", str(qualified)]
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


# --- the whole run -------------------------------------------------------------------------------


def settings_of(url: str, ledger: str, limit: int = 0) -> dict[str, Any]:
    hubspot: dict[str, Any] = {"token": "stub", "base_url": url, "lag_seconds": 0}
    if not limit:  # the stub allows anything: only speed is measured
        hubspot |= {"requests_per_10_seconds": 100_000, "searches_per_second": 10_000}
    return {
        "mode": "live",
        "mappings": str(MAPPINGS),
        "ledger": {"url": ledger},
        "caps": {"creates": 1_000_000, "updates": 1_000_000, "owner_changes": 1_000_000},
        "hubspot": hubspot,
        "salesforce": {
            "base_url": url,
            "domain": "acme.my",
            "client_id": "stub",
            "client_secret": "stub",
        },
    }


def mine(what: str, file: Path, count: int = 0) -> list[str]:
    return ["-m", "benchmarks.measured", what, str(file), str(count)]


def theirs(how: str, what: str, url: str, *more: str) -> list[str]:
    return ["-m", "benchmarks.naive", how, what, url, *more]


Look = AbstractContextManager[Progress]


def everything(
    url: str, file: Path, leads: int, limit: int, look: Look | None
) -> tuple[list[Measured], Progress | None]:
    """Every piece of work, and what `look` saw of our first load."""
    few = max(1, leads // 1_000)
    found = []
    if limit:  # how much of it is used, and how often it is overstepped
        return [measure(url, "first pull", "leadrelay", mine("pull", file), leads)], None
    for how in ("clients", "requests"):
        command = theirs(how, "load", url)
        found.append(measure(url, "first load", how, command, leads, reset="forget=1"))
    ours_ = mine("load", file)
    with look or nullcontext() as progress:
        found.append(measure(url, "first load", "leadrelay", ours_, leads, reset="forget=1"))
    again_ = "all again, unchanged"
    found.append(measure(url, again_, "clients", theirs("clients", "load", url), leads))
    found.append(measure(url, again_, "leadrelay", mine("again", file), leads))
    changed = f"changed={few}"
    found.append(measure(url, "0.1 % changed", "leadrelay", ours_, few, reset=changed))
    found.append(measure(url, "empty run", "leadrelay", ours_, 0))
    for how in ("clients", "requests"):
        command = theirs(how, "writeback", url, str(leads))
        found.append(measure(url, "write-back", how, command, leads))
    found.append(measure(url, "write-back", "leadrelay", mine("write-back", file, leads), leads))
    return found, progress


def mixed(url: str, file: Path, leads: int) -> list[Measured]:
    """A first load of which few qualify."""
    work, command = f"first load, {QUALIFIED} %", theirs("clients", "load", url)
    return [
        measure(url, work, "clients", command, leads),
        measure(url, work, "leadrelay", mine("load", file), leads, reset="forget=1"),
    ]


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


def goals(found: list[Measured], progress: Progress | None) -> None:
    def of(work: str, program: str = "leadrelay") -> Measured:
        return next(o for o in found if (o.work, o.program) == (work, program))

    first, again_, naive = (
        of("first load"),
        of("all again, unchanged"),
        of("first load", "clients"),
    )
    few, empty = of("0.1 % changed"), of("empty run")
    mix = of(f"first load, {QUALIFIED} %")
    mix_naive = of(mix.work, "clients")
    per = first.records / 100_000
    calls = first.calls_to(*HUBSPOT), first.calls_to(*SALESFORCE)
    tell(
        ("first load, times the naive script", ">= 4.5", first.rate / naive.rate),
        (f"the same where {QUALIFIED} % qualify", ">= 4.5", mix.rate / mix_naive.rate),
        ("CPU s per 100,000 leads, first load", "<= 8", first.cpu / per),
        (f"the same where {QUALIFIED} % qualify", "<= 8", mix.cpu / per),
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
    if progress is not None:
        tell(
            ("durable progress: leads in one step", "<= 200,", progress.leads),
            ("durable progress: seconds in one step", "or <= 5", progress.seconds),
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


def profile(url: str, file: Path) -> None:
    """A first load on one thread, since a profile sees only one."""
    ask(f"{url}/__reset?forget=1")
    command = ["-m", "cProfile", "-s", "tottime", *mine("profile", file)]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--calls-per-10s", type=int, default=0)
    parser.add_argument("--ledger", help="its address; a SQLite file where it is left out")
    parser.add_argument("--profile", action="store_true", help="print where the CPU goes")
    given = parser.parse_args()
    leads, latency, limit = given.leads, given.latency_ms, given.calls_per_10s
    with tempfile.TemporaryDirectory() as folder:

        def settings(url: str, name: str, ledger: str = "") -> Path:
            file = Path(folder) / f"{name}.json"
            ledger = ledger or f"sqlite:///{file.with_suffix('.db')}"
            file.write_text(json.dumps(settings_of(url, ledger, limit)), "utf-8")
            return file

        with stub(leads, latency, limit) as url:
            file = settings(url, "all", given.ledger)
            look = None if given.ledger else watched(file.with_suffix(".db"))
            found, progress = everything(url, file, leads, limit, look)
            if given.profile:
                profile(url, settings(url, "profiled"))
        if not limit:
            with stub(leads, latency, limit, QUALIFIED) as url:
                found += mixed(url, settings(url, "mixed"), leads)
    print(f"{leads:,} contacts, {latency:g} ms latency")
    table(found)
    if limit:
        limits(found[0], limit)
    else:
        goals(found, progress)


if __name__ == "__main__":
    main()
