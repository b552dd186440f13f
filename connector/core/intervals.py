"""Intervals for shares, and which groups differ from all others beyond chance."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist

from connector.core.evidence import false_discovery, fisher
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


def difference(
    hits: int, count: int, other_hits: int, other_count: int, level: float = 0.9
) -> tuple[float, float]:
    """Interval of one share less the other, from both Wilson intervals.

    Newcombe, Statistics in Medicine 17 (1998), method 10.
    """
    low, high = wilson(hits, count, level)
    other_low, other_high = wilson(other_hits, other_count, level)
    one = hits / count if count else 0.0
    other = other_hits / other_count if other_count else 0.0
    below = math.hypot(one - low, other_high - other)
    above = math.hypot(high - one, other - other_low)
    return max(-1.0, one - other - below), min(1.0, one - other + above)


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
    false: float = 0.1,
) -> list[Standing]:
    """Groups that differ from all others beyond chance, best first.

    Of what is chosen at most the share `false` is chance on average, however many groups are
    looked at (`evidence.false_discovery`).
    """
    given = list(journeys)
    total = sum(1 for journey in given if reached(journey))
    found = []
    for dimension in dimensions:
        counts: dict[str, tuple[int, int]] = {}
        for journey in given:
            name = getattr(journey, dimension)
            hits, count = counts.get(name, (0, 0))
            counts[name] = (hits + reached(journey), count + 1)
        found += [
            Standing(
                dimension=dimension,
                group=name,
                hits=hits,
                count=count,
                other_hits=total - hits,
                other_count=len(given) - count,
            )
            for name, (hits, count) in counts.items()
            if name and count < len(given)
        ]
    chances = [fisher(s.hits, s.count, s.other_hits, s.other_count) for s in found]
    adjusted = false_discovery(chances)
    chosen = [one for one, chance in zip(found, adjusted, strict=True) if chance <= false]
    return sorted(chosen, key=lambda s: (-s.lift, s.dimension, s.group))
