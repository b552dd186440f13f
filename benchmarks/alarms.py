"""How often the alarm is wrong, and how soon it is right: by simulation.

    python -m benchmarks.alarms [--runs 400]

One look after every lot of leads, for a thousand leads, with the rate of false alarms that ships
(1 %). Then the leads after a change until it rings, and how often it rings within 100 of them.
"""

import argparse
import random
from statistics import median

from connector.core.alarms import shift

ALPHA = 0.01
BEFORE, AFTER = 150, 400
CHANGES = ((0.5, 0.1), (0.2, 0.6), (0.5, 0.25), (0.3, 0.15), (0.6, 0.5))


def false_alarms(rate: float, runs: int, dice: random.Random) -> float:
    """The share of unchanged years in which it rings."""
    return (
        sum(
            shift([dice.random() < rate for _ in range(1_000)], ALPHA).alarm_at is not None
            for _ in range(runs)
        )
        / runs
    )


def delays(old: float, new: float, runs: int, dice: random.Random) -> list[int | None]:
    """Leads after the change until it rings; None where it does not within AFTER."""
    found: list[int | None] = []
    for _ in range(runs):
        outcomes = [dice.random() < old for _ in range(BEFORE)]
        outcomes += [dice.random() < new for _ in range(AFTER)]
        at = shift(outcomes, ALPHA).alarm_at
        found.append(None if at is None else max(0, at - BEFORE))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    runs = parser.parse_args().runs
    dice = random.Random(1)
    print(f"false alarms in {runs} unchanged series of 1,000 leads, at most {ALPHA:.0%} promised")
    for rate in (0.05, 0.3, 0.7):
        print(f"  rate {rate:.0%}: {false_alarms(rate, runs, dice):.2%}")
    print(f"a change after {BEFORE} leads: heard within 100 more, within {AFTER} more, median")
    for old, new in CHANGES:
        found = delays(old, new, runs, dice)
        heard = sorted(at for at in found if at is not None)
        soon = sum(at <= 100 for at in heard) / runs
        middle = f"{median(heard):.0f} leads" if heard else "–"
        print(f"  {old:.0%} -> {new:.0%}: {soon:.0%}, {len(heard) / runs:.0%}, {middle}")


if __name__ == "__main__":
    main()
