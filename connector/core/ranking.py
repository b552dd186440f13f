"""How well a score puts those who succeed above those who do not, and which of two does it better.

The area under the ROC curve: the chance that a lead that succeeded had the higher score than one
that did not (ties count half). Two scores of the same leads are compared by DeLong's test.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from connector.core.evidence import midranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two scores of the same leads: the area of each, and the interval of the second less the
    first."""

    before: float
    after: float
    low: float
    high: float
    successes: int
    failures: int


def compare(
    outcomes: Sequence[bool],
    before: Sequence[float],
    after: Sequence[float],
    level: float = 0.9,
) -> Comparison | None:
    """DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988); by midranks (Sun and Xu, 2014).

    None where there are fewer than two successes or two failures.
    """
    good = [index for index, outcome in enumerate(outcomes) if outcome]
    bad = [index for index, outcome in enumerate(outcomes) if not outcome]
    if min(len(good), len(bad)) < 2:
        return None
    first, second = _placements(before, good, bad), _placements(after, good, bad)
    areas = [sum(one[0]) / len(good) for one in (first, second)]
    spread = sum(
        _variance([b - a for a, b in zip(first[side], second[side], strict=True)]) / count
        for side, count in ((0, len(good)), (1, len(bad)))
    )
    half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(spread)
    change = areas[1] - areas[0]
    return Comparison(
        before=areas[0],
        after=areas[1],
        low=change - half,
        high=change + half,
        successes=len(good),
        failures=len(bad),
    )


def _placements(
    scores: Sequence[float], good: Sequence[int], bad: Sequence[int]
) -> tuple[list[float], list[float]]:
    """Of each success the share of failures below it; of each failure the share of successes
    above it."""
    ups, downs = [scores[i] for i in good], [scores[i] for i in bad]
    both, _ = midranks([*ups, *downs])
    own, _ = midranks(ups)
    other, _ = midranks(downs)
    n, m = len(good), len(bad)
    return (
        [(both[i] - own[i]) / m for i in range(n)],
        [1 - (both[n + i] - other[i]) / n for i in range(m)],
    )


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1)
