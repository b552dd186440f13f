"""What `leadrelay diff` costs on a large ledger: seconds of processor time, and memory at its peak.

    python -m benchmarks.diffing [leads]

The ledger is filled with made-up leads first; then the command runs as a process of its own, with
the shipped files against a copy in which one threshold is moved.
"""

import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.deciding import raw_lead
from benchmarks.ledger import lead, snapshot
from connector.core.mapping import Mapper
from connector.mapfiles import load
from connector.store import open_ledger

ROOT = Path(__file__).parents[1]
PAGE = 1_000


def fill(url: str, count: int) -> None:
    """Leads with the inputs of one decision each."""
    ruleset = load(ROOT / "mappings").ruleset
    assert ruleset is not None
    mapper, dice, ledger = Mapper(ruleset.fields), random.Random(7), open_ledger(url)
    for start in range(0, count, PAGE):
        rows, kept = [], []
        for number in range(start, min(start + PAGE, count)):
            raw = raw_lead(number, dice)
            values = mapper.from_hubspot(raw).values
            rows.append(replace(lead(number), values=values))
            activities = mapper.activities(raw)
            kept.append(replace(snapshot(rows[-1]), values=values, activities=activities))
        with ledger.transaction() as tx:
            tx.save_leads(rows)
            tx.save_snapshots(kept)
    ledger.close()


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        fill(f"sqlite:///{project / 'leadrelay.db'}", count)
        for name in ("old", "new"):
            shutil.copytree(ROOT / "mappings", project / name)
        routing = project / "new" / "routing.yaml"
        text = routing.read_text("utf-8")
        routing.write_text(text.replace("{at_least: 500}", "{at_least: 1000}", 1), "utf-8")
        command = "from connector.cli.main import main; main(['diff', 'old', 'new'])"
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", command], cwd=project, capture_output=True, text=True, check=True
        )
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(done.stdout.splitlines()[0])
    spent = used.ru_utime + used.ru_stime
    print(f"{spent:.1f} s of processor time ({seconds:.1f} s by the clock), ", end="")
    print(f"{count / spent:,.0f} leads/s, {used.ru_maxrss / 1024:,.0f} MB at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
