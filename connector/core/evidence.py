"""Do two groups differ beyond chance? Exact and rank tests, intervals, and many looks at once.

Each is a few lines by its published formula; the tests hold them to SciPy's, which is not needed
to run. Shares: Fisher's exact test. Amounts: the Wilcoxon-Mann-Whitney
test and Welch's interval. Many looks: Benjamini and Yekutieli, which holds for looks that depend
on each other in whatever way, as the clauses of one definition do.
"""

import math
from collections.abc import Sequence
from operator import mul
from random import Random
from statistics import NormalDist

_EPSILON = 1e-7  #: tables as likely as the one seen, up to rounding, count as extreme


def fisher(hits: int, count: int, other_hits: int, other_count: int) -> float:
    """Two-sided p-value that two shares are the same (Fisher's exact test, 1922)."""
    total, drawn = count + other_count, hits + other_hits
    low, high = max(0, drawn - other_count), min(count, drawn)
    if low == high:
        return 1.0

    def likelihood(k: int) -> float:
        return _ln_choose(count, k) + _ln_choose(other_count, drawn - k)

    base = _ln_choose(total, drawn)
    seen = likelihood(hits) + _EPSILON
    found = (likelihood(k) for k in range(low, high + 1))
    return min(1.0, math.fsum(math.exp(one - base) for one in found if one <= seen))


def _ln_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def rank_sum(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p-value that neither of two groups tends to larger amounts.

    Wilcoxon-Mann-Whitney, normal approximation, corrected for ties and for continuity.
    """
    n, m = len(first), len(second)
    ranks, ties = midranks([*first, *second])
    spread = n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1))) if n and m else 0.0
    if spread <= 0:
        return 1.0
    away = abs(sum(ranks[:n]) - n * (n + 1) / 2 - n * m / 2)
    return min(1.0, 2 * NormalDist().cdf(-max(0.0, away - 0.5) / math.sqrt(spread)))


def midranks(values: Sequence[float]) -> tuple[list[float], float]:
    """Ranks from 1, ties sharing their middle; and the sum of t³ - t over groups of t ties."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    ties = 0.0
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in range(start, end):
            ranks[order[place]] = (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    return ranks, ties


def mean_difference(
    first: Sequence[float], second: Sequence[float], level: float = 0.9
) -> tuple[float, float]:
    """Interval of one mean less the other, variances not taken as equal (Welch, 1947).

    By the normal distribution: meant for groups of thirty and more.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    (one, spread), (other, other_spread) = _moments(first), _moments(second)
    half = z * math.sqrt(spread / max(1, len(first)) + other_spread / max(1, len(second)))
    return one - other - half, one - other + half


def _moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and variance; 0 of nothing."""
    if not values:
        return 0.0, 0.0
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((one - mean) ** 2 for one in values) / max(1, len(values) - 1)


def false_discovery(chances: Sequence[float]) -> list[float]:
    """Adjusted p-values: choosing those up to q errs in at most the share q of what is chosen,
    on average, however the tests depend on each other.

    Benjamini and Yekutieli, Annals of Statistics 29 (2001).
    """
    count = len(chances)
    penalty = sum(1 / rank for rank in range(1, count + 1))
    order = sorted(range(count), key=chances.__getitem__, reverse=True)
    adjusted = [1.0] * count
    lowest = 1.0
    for place, index in enumerate(order):
        lowest = min(lowest, chances[index] * count * penalty / (count - place))
        adjusted[index] = lowest
    return adjusted


def total_interval(
    amounts: Sequence[float], dice: Random, *, level: float = 0.9, draws: int = 1_000
) -> tuple[float, float]:
    """Interval of a sum over leads of which most bring nothing: the Poisson bootstrap.

    Each amount counts 0, 1, 2 … times by a Poisson law of mean 1 (Hanley and MacGibbon, 2006);
    leads that brought nothing change nothing, and need not be given.
    """
    if not amounts:
        return 0.0, 0.0
    times = range(len(_AT_MOST))
    sums = sorted(
        sum(map(mul, amounts, dice.choices(times, cum_weights=_AT_MOST, k=len(amounts))))
        for _ in range(draws)
    )
    cut = (1 - level) / 2
    return sums[int(cut * (draws - 1))], sums[math.ceil((1 - cut) * (draws - 1))]


#: The chance of at most 0, 1, 2 … by a Poisson law of mean 1.
_AT_MOST: tuple[float, ...] = tuple(
    sum(math.exp(-1) / math.factorial(k) for k in range(top + 1)) for top in range(12)
)
