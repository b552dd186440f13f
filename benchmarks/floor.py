"""What a first load costs at the very least: its own rows through sqlite3, its own answers through
orjson, and nothing else.

    python -m benchmarks.floor [--leads 5000]

Makes a first load against the stub, then writes the rows that it left once more: into a new file
with the same tables and indexes, in transactions of 200 leads, each row once as it stood in the
end. Leadrelay itself writes a lead four times and an action three times. CPU microseconds a lead.
"""

import argparse
import json
import sqlite3
import tempfile
import time
import urllib.request
from pathlib import Path

import orjson

from benchmarks.relay import MAPPINGS, measure, stub

PAGE = 200
#: What grows with the leads, in an order that foreign keys allow.
TABLES = ("lead", "snapshot", "action", "link", "agreed", "event", "turn")


def first_load(url: str, folder: Path, leads: int) -> tuple[Path, float]:
    """The ledger that a first load leaves, and its CPU seconds."""
    ledger = folder / "ledger.db"
    settings = {
        "mode": "live",
        "mappings": str(MAPPINGS),
        "ledger": {"url": f"sqlite:///{ledger}"},
        "caps": {"creates": leads, "updates": leads, "owner_changes": leads},
        "hubspot": {"token": "stub", "base_url": url, "requests_per_10_seconds": 100_000},
        "salesforce": {
            "base_url": url,
            "domain": "acme.my",
            "client_id": "stub",
            "client_secret": "stub",
        },
    }
    file = folder / "settings.json"
    file.write_text(json.dumps(settings), "utf-8")
    command = ["-m", "benchmarks.measured", "load", str(file), "0"]
    return ledger, measure(url, "first load", "leadrelay", command, leads).cpu


def rewritten(ledger: Path, copy: Path, *, durable: bool) -> tuple[float, float]:
    """CPU seconds for writing all rows once more, and rows a lead."""
    old, new = sqlite3.connect(ledger), sqlite3.connect(copy, isolation_level=None)
    if durable:  # as the ledger is opened
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            new.execute(f"PRAGMA {pragma}")
    made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%'"
    for (statement,) in old.execute(f"{made} ORDER BY type DESC"):
        new.execute(statement)
    rows = {name: old.execute(f'SELECT * FROM "{name}"').fetchall() for name in TABLES}
    leads = len(rows["lead"])
    began = time.process_time()
    for start in range(0, leads, PAGE):
        new.execute("BEGIN IMMEDIATE")
        for name, found in rows.items():
            many = len(found)
            page = found[start * many // leads : min(start + PAGE, leads) * many // leads]
            if page:
                marks = ", ".join("?" * len(page[0]))
                new.executemany(f'INSERT INTO "{name}" VALUES ({marks})', page)
        new.execute("COMMIT")
    took = time.process_time() - began
    new.close()
    return took, sum(map(len, rows.values())) / leads


def parsed(url: str, leads: int) -> float:
    """CPU seconds for parsing the contacts, fetched beforehand."""
    pages = []
    for first in range(0, leads, 100):
        after = f"&after={1_000 + first}" if first else ""
        with urllib.request.urlopen(f"{url}/crm/v3/objects/contacts?limit=100{after}") as answer:
            pages.append(answer.read())
    began = time.process_time()
    for page in pages:
        orjson.loads(page)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=5_000)
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as name, stub(leads, 0, 0) as url:
        folder = Path(name)
        ledger, whole = first_load(url, folder, leads)
        durable, rows = rewritten(ledger, folder / "durable.db", durable=True)
        careless, _ = rewritten(ledger, folder / "careless.db", durable=False)
        json_ = parsed(url, leads)
    print(f"{leads:,} leads, {rows:.1f} rows each; CPU microseconds a lead")
    for what, seconds in (
        ("goal of 8 s per 100,000", leads * 80e-6),
        ("parsing the contacts, orjson", json_),
        ("writing the rows once, sqlite3 with its defaults", careless),
        ("writing the rows once, sqlite3, as the ledger is opened", durable),
        ("first load, leadrelay, start included", whole),
    ):
        print(f"{what:<58}{1e6 * seconds / leads:>8,.0f}")


if __name__ == "__main__":
    main()
