"""Plays thousands of seeded histories in parallel and writes what came of them (`make soak`)."""

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.play import play, told
from tests.simulation.processes import Ending, killed_at_random, survive_everywhere
from tests.simulation.steps import history

MOST_TOLD = 10  #: failing seeds that are shrunk and told in full


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What one seed came to."""

    seed: int
    faults: tuple[str, ...]
    calls: int
    deeds: tuple[str, ...]


def one(seed: int) -> Played:
    steps = history(seed)
    outcome = play(steps)
    return Played(
        seed=seed,
        faults=outcome.faults,
        calls=outcome.calls,
        deeds=tuple(sorted({step.deed for step in steps})),
    )


def soak(first: int, seeds: int, processes: int) -> Iterator[Played]:
    """Each seed's outcome, as it comes."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(one, range(first, first + seeds), chunksize=10)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where a seed broke a promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument(
        "--kills", type=int, default=500, help="real processes killed at any moment; 0: none"
    )
    parser.add_argument("--report", type=Path, default=Path("soak.json"))
    given = parser.parse_args(arguments)
    began = time.monotonic()
    broken: list[Played] = []
    calls, deeds = 0, Counter[str]()
    for number, played in enumerate(soak(given.first, given.seeds, given.processes), 1):
        calls += played.calls
        deeds.update(played.deeds)
        if played.faults:
            broken.append(played)
            print(f"seed {played.seed}: {played.faults[0]}", flush=True)
        if number % 500 == 0:
            rate = number / (time.monotonic() - began)
            print(f"{number} seeds, {len(broken)} broken, {rate:.1f} a second", file=sys.stderr)
    bulks = (2_000, 1) if given.kills else ()
    everywhere = [survive_everywhere(by_job=True, bulk_from=bulk) for bulk in bulks]
    endings = [*everywhere, *killed_at_random(given.kills)]
    deaths = sum(ending.deaths for ending in endings)
    failed = [ending for ending in endings if ending.faults]
    seconds = time.monotonic() - began
    counts = {"first": given.first, "seeds": given.seeds, "calls": calls, "seconds": seconds}
    _report(given.report, broken, failed, deeds, counts)
    for played in sorted(broken, key=lambda one: one.seed)[:MOST_TOLD]:
        print(told(played.seed))
    for ending in failed[:MOST_TOLD]:
        print(f"killed process {ending.number}: {ending.faults}")
    print(
        f"{given.seeds} seeds, {calls:,} calls, {len(broken)} broken; {deaths} killed "
        f"processes, {len(failed)} companies broken; {seconds:.0f} s"
    )
    return int(bool(broken or failed))


def _report(
    path: Path,
    broken: Sequence[Played],
    failed: Sequence[Ending],
    deeds: Counter[str],
    counts: Mapping[str, float],
) -> None:
    kinds = Counter(played.faults[0].split(":")[0] for played in broken)
    report = {
        **counts,
        "broken": {p.seed: list(p.faults) for p in broken},
        "kinds": dict(kinds.most_common()),
        "histories with": dict(deeds.most_common()),
        "killed": {e.number: list(e.faults) for e in failed},
    }
    path.write_text(json.dumps(report, indent=2), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
