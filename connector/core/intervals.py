"""Intervals for shares, and which groups differ from all others beyond chance."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist

from connector.core.journeys import Journey


def wilson(hits: int, count: int, level: float = 0.9) -> tuple[float, float]:
    """The score interval of a share (Wilson, JASA 22, 1927); (0, 1) where nothing was counted."""
    if not count:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + (z / count) ** 2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One group beside all others: successes and counts of both."""

    dimension: str
    group: str
    hits: int
    count: int
    other_hits: int
    other_count: int

    @property
    def lift(self) -> float:
        """Its share ÷ that of all others."""
        other = self.other_hits / self.other_count if self.other_count else 0.0
        return (self.hits / self.count) / other if other else math.inf


def standouts(
    journeys: Iterable[Journey],
    dimensions: Iterable[str],
    reached: Callable[[Journey], bool],
    level: float = 0.9,
) -> list[Standing]:
    """Groups whose interval does not touch that of all others, best first."""
    given = list(journeys)
    total = sum(1 for journey in given if reached(journey))
    found = []
    for dimension in dimensions:
        counts: dict[str, tuple[int, int]] = {}
        for journey in given:
            name = getattr(journey, dimension)
            hits, count = counts.get(name, (0, 0))
            counts[name] = (hits + reached(journey), count + 1)
        for name, (hits, count) in counts.items():
            rest = (total - hits, len(given) - count)
            low, high = wilson(hits, count, level)
            other_low, other_high = wilson(*rest, level)
            if name and rest[1] and (low > other_high or high < other_low):
                found.append(
                    Standing(
                        dimension=dimension,
                        group=name,
                        hits=hits,
                        count=count,
                        other_hits=rest[0],
                        other_count=rest[1],
                    )
                )
    return sorted(found, key=lambda s: (-s.lift, s.dimension, s.group))
