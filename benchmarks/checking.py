"""How long checking takes: the minimal set blown up to 10,000 lines of rules, roster and fields.

    python -m benchmarks.checking [lines] [--profile]

Prints the lines and the seconds of CPU for load and for the whole check. The budget
is 2 seconds for 10,000 lines.
"""

import argparse
import cProfile
import pstats
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from connector.mapfiles import check, load

ROOT = Path(__file__).parents[1]
TODAY = date(2026, 11, 22)
COUNTRIES = ("DE", "AT", "CH", "FR", "BE", "NL", "LU", "GB", "IE", "ES", "IT", "PT", "PL", "SE")

ROUTE = """
  - name: territory {n}
    kind: territory
    # one country, one band of employees
    when:
      country: {country}
      employees: {{between: [{low}, {high}]}}
    to: {{team: enterprise-dach}}
    examples:
      - {{given: {{country: {country}, employees: {low}}}, expect: match}}
      - {{given: {{country: {country}, employees: {over}}}, expect: no match}}
"""
FIT = """
    - name: fit {n}
      label: {{en: Fit {n}, fr: Profil {n}}}
      points: 1
      when:
        any:
          - company: {{contains: word{n}}}
          - employees: {{at_least: {n}}}
      examples:
        - {{given: {{employees: {n}}}, expect: 1}}
"""
PERSON = """
  person{n}:
    name: Person {n}
    email: person{n}@northlight.example
    teams: [growth]
    hubspot_owner: person{n}@northlight.example
    salesforce_user: person{n}@northlight.example
    cap_per_day: 6
    deputy: lena
"""
FIELD = """
  extra_{n}:
    type: text
    label: {{en: Extra {n}, fr: Extra {n}}}
    hubspot: lr_extra_{n}
    salesforce: Extra_{n}__c
    direction: to_crm
    max_length: 255
"""


def build(folder: Path, lines: int) -> int:
    """The shipped set with enough further rules; returns the number of lines."""
    shutil.copytree(ROOT / "mappings", folder)
    have = count(folder)
    share = max(0, lines - have)
    add(
        folder / "routing.yaml",
        "\n  - name: met in person",
        [route(n) for n in range(share * 4 // 10 // 11)],
    )
    add(folder / "qualification.yaml", "\n  # What they did",
        [FIT.format(n=n) for n in range(share * 3 // 10 // 10)])  # fmt: skip
    add(folder / "people.yaml", None, [PERSON.format(n=n) for n in range(share * 15 // 100 // 9)])
    add(folder / "fields.yaml", None, [FIELD.format(n=n) for n in range(share * 15 // 100 // 8)])
    return count(folder)


def route(n: int) -> str:
    low = n // len(COUNTRIES) * 20 + 20_000
    country = COUNTRIES[n % len(COUNTRIES)]
    return ROUTE.format(n=n, country=country, low=low, high=low + 19, over=low + 20)


def add(file: Path, before: str | None, pieces: list[str]) -> None:
    text = file.read_text(encoding="utf-8")
    if before is None:
        file.write_text(text + "".join(pieces), encoding="utf-8")
        return
    head, mark, tail = text.partition(before)
    file.write_text(head + "".join(pieces) + mark + tail, encoding="utf-8")


def count(folder: Path) -> int:
    return sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in folder.rglob("*")
        if path.is_file()
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=int, nargs="?", default=10_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "mappings"
        lines = build(folder, options.lines)
        load(ROOT / "mappings")  # imports and regular expressions, once a process
        started = time.process_time()
        load(folder)
        loaded = time.process_time()
        checked = check(folder, TODAY)
        ended = time.process_time()
        print(f"{lines:,} lines: load {loaded - started:.2f} s, check {ended - loaded:.2f} s, "
              f"{len(checked.problems)} problems")  # fmt: skip
        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(check, folder, TODAY)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(35)
        for problem in checked.problems[:3]:
            print(problem)
    return 0


if __name__ == "__main__":
    sys.exit(main())
