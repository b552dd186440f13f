"""Plays a history, lets the company come to rest, and looks whether anything is not as promised."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.simulation.company import JOBS, LOOKS, ROUND, Company, company
from tests.simulation.invariants import faults_of, quiet_faults
from tests.simulation.steps import SCHEDULED, Step, do, history

ROUNDS = 12  #: a company that is not at rest after so many rounds of all jobs is in a loop


#: Parts of a trouble that shrinking takes away, one by one.
NO_TROUBLE: tuple[dict[str, Any], ...] = (
    {"rate": 0.0},
    {"kill_at": 0},
    {"lose": 0, "fault": ""},
    {"kill_write": 0},
    {"other": "", "other_at": 0},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one history."""

    faults: tuple[str, ...]
    story: tuple[str, ...] = ()
    calls: int = 0
    boundaries: int = 0
    digest: tuple[object, ...] = ()

    @property
    def kind(self) -> str:
        """The first fault's name: shrinking keeps to it."""
        return self.faults[0].split(":")[0] if self.faults else ""


def play(steps: Sequence[Step], ledger: str = "") -> Outcome:
    """Carries the steps out, then the timetable without faults until nothing moves.

    The ledger is a file, or the empty one at that URL.
    """
    with company(ledger) as sim:
        try:
            for step in steps:
                do(sim, step)
                if step.deed not in JOBS and step.deed != SCHEDULED:
                    sim.sleep(1)
            faults = rest(sim)
            if not faults:
                faults = faults_of(sim)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} at {where.filename}:{where.lineno}"
            faults = [f"crash: {text}"]
            sim.note(traceback.format_exc())
        return Outcome(
            faults=tuple(faults),
            story=tuple(sim.story),
            calls=len(sim.calls),
            digest=tuple(sim.calls),
        )


def rest(sim: Company) -> list[str]:
    """All jobs, an hour apart, until a whole round writes nothing."""
    sim.note("--- no more faults ---")
    for number in range(ROUNDS):
        sim.world.clock.advance(timedelta(hours=1))
        before, runs = sim.writes, len(sim.runs)
        for name in ROUND:
            sim.run(name)
        if number and sim.writes == before:
            return quiet_faults(sim, runs) or looks(sim)
    return [f"loop: still {sim.writes - before} writes in round {ROUNDS}"]


def looks(sim: Company) -> list[str]:
    """Whoever looks at everything finds nothing to write and nothing that nobody is told of."""
    before, runs = sim.writes, len(sim.runs)
    sim.at_rest = True
    for name in (*LOOKS, "closed-loop"):
        sim.run(name)
    faults = quiet_faults(sim, runs)
    if sim.writes != before:
        faults.append(f"loop: {sim.writes - before} writes by whoever only looks")
    return faults


def shrink(steps: Sequence[Step], kind: str, *, tries: int = 400) -> list[Step]:
    """Drops steps, and then their troubles, as long as the same fault remains."""
    left = list(steps)

    def still(candidate: list[Step]) -> bool:
        nonlocal tries
        tries -= 1
        return play(candidate).kind == kind

    size = max(len(left) // 2, 1)
    while tries > 0:
        place, dropped = 0, False
        while place < len(left) and tries > 0:
            candidate = left[:place] + left[place + size :]
            if still(candidate):
                left, dropped = candidate, True
            else:
                place += size
        if size == 1 and not dropped:
            break
        size = max(size // 2, 1)
    for place in range(len(left)):
        for nothing in NO_TROUBLE:
            now = left[place]
            simpler = replace(now, trouble=replace(now.trouble, **nothing))
            candidate = [*left[:place], simpler, *left[place + 1 :]]
            if tries > 0 and simpler != now and still(candidate):
                left = candidate
    return left


def told(seed: int, *, smaller: bool = True) -> str:
    """A failing seed in words: its faults, how to replay it, and the smallest history found."""
    steps = history(seed)
    outcome = play(steps)
    lines = [f"seed {seed}: {fault}" for fault in outcome.faults]
    lines.append(f"replay: python -m tests.simulation.play {seed}")
    if outcome.faults and smaller:
        steps = shrink(steps, outcome.kind)
        lines += [f"smallest history ({len(steps)} steps):", *(f"  {step}" for step in steps)]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Replays seeds and tells what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--shrink", action="store_true", help="look for the smallest history")
    given = parser.parse_args(arguments)
    failed = False
    for seed in given.seeds:
        steps = history(seed)
        outcome = play(steps)
        if given.shrink and outcome.faults:
            steps = shrink(steps, outcome.kind)
            outcome = play(steps)
        failed |= bool(outcome.faults)
        print(f"seed {seed}: {len(steps)} steps, {outcome.calls} calls")
        print("\n".join(f"  {step}" for step in steps))
        print("\n".join(outcome.story))
        print("\n".join(f"FAULT {fault}" for fault in outcome.faults) or "no fault")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
