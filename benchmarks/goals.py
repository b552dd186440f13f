"""The goals beside what was measured; collects them from several programs into one table.

    python -m benchmarks.goals FILE

prints what those wrote to FILE that were run with LEADRELAY_GOALS=FILE.
"""

import json
import os
import sys
from pathlib import Path

Goal = tuple[str, str, float]  #: what, wanted, measured


def tell(*goals: Goal) -> None:
    """Prints them, and keeps them for the one table of a whole `make bench`."""
    show(goals)
    if file := os.environ.get("LEADRELAY_GOALS"):
        with Path(file).open("a", encoding="utf-8") as kept:
            kept.writelines(f"{json.dumps(goal)}\n" for goal in goals)


def show(goals: tuple[Goal, ...]) -> None:
    print(f"\n{'goal':<46}{'wanted':>8}{'measured':>10}")
    for name, wanted, measured in goals:
        print(f"{name:<46}{wanted:>8}{measured:>10.2f}")


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
    show(tuple((name, wanted, value) for name, wanted, value in map(json.loads, lines)))
