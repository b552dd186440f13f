"""How much more memory a first load of many contacts takes than one of few.

    python -m benchmarks.growth [--few 10000] [--many 1000000] [--qualified 5]

The peak of the process in a first load against the stub, a new ledger each. So many of a hundred
contacts go to sales, as marketing has them; with 100 a million would take a quarter of an hour.
"""

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.goals import tell
from benchmarks.relay import Measured, measure, mine, settings_of, stub, table


def first_load(leads: int, qualified: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder, stub(leads, 0, 0, qualified) as url:
        file = Path(folder) / "settings.json"
        file.write_text(json.dumps(settings_of(url, f"sqlite:///{folder}/ledger.db")), "utf-8")
        return measure(url, f"first load, {qualified} %", "leadrelay", mine("load", file), leads)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--qualified", type=int, default=5, help="of a hundred contacts")
    given = parser.parse_args()
    few, many = (first_load(count, given.qualified) for count in (given.few, given.many))
    print(f"{few.records:,} contacts, then {many.records:,}")
    table([few, many])
    grown = f"memory grown by, MB, {few.records:,} to {many.records:,}"
    tell((grown, "<= 15", many.peak_mb - few.peak_mb))


if __name__ == "__main__":
    main()
