"""What each of several marks adds to the odds of success, the others being equal.

Logistic regression on yes-or-no marks by Newton's method, with a normal prior of mean 0 on every
effect (ridge regression; le Cessie and van Houwelingen, 1992): few leads leave an effect near 0,
and marks that always come together share it. Leads with the same marks are counted together.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Marks = frozenset[int]

PRIOR = 1.0  #: standard deviation of an effect before anything is seen, as log odds
_STEPS = 50
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One mark's effect on the log odds, and its standard error.

    `slope` is what one unit of log odds moves the rate of these leads by, on average.
    """

    size: float
    error: float
    slope: float


def effects(leads: Iterable[tuple[Marks, bool]], marks: int, prior: float = PRIOR) -> list[Effect]:
    """The effect of each of `marks` marks, numbered from 0; the base rate is free of the prior."""
    counts: dict[Marks, list[int]] = {}
    for (held, success), count in Counter(leads).items():
        row = counts.setdefault(held, [0, 0])
        row[0] += count * success
        row[1] += count
    rows = [((*sorted(held), marks), hits, all_) for held, (hits, all_) in counts.items()]
    weights = [0.0] * (marks + 1)
    wish = [1 / prior**2] * marks + [1e-6]
    curve: list[list[float]] = []
    for _ in range(_STEPS):
        slope, curve = _newton(rows, weights, wish)
        step = solve(curve, slope)
        weights = [one + part for one, part in zip(weights, step, strict=True)]
        if max(map(abs, step)) < _CLOSE:
            break
    spread = inverse_diagonal(curve)
    count = sum(all_ for _, _, all_ in rows) or 1
    mean = (curve[marks][marks] - wish[marks]) / count
    return [Effect(size=weights[i], error=math.sqrt(spread[i]), slope=mean) for i in range(marks)]


def _newton(
    rows: Sequence[tuple[tuple[int, ...], int, int]],
    weights: Sequence[float],
    wish: Sequence[float],
) -> tuple[list[float], list[list[float]]]:
    """Gradient and (negative) curvature of the log posterior."""
    size = len(weights)
    slope = [-wish[i] * weights[i] for i in range(size)]
    curve = [[0.0] * size for _ in range(size)]
    for i in range(size):
        curve[i][i] = wish[i]
    for held, hits, count in rows:
        chance = _logistic(sum(weights[i] for i in held))
        missed, weight = hits - count * chance, count * chance * (1 - chance)
        for i in held:
            slope[i] += missed
            line = curve[i]
            for j in held:
                line[j] += weight
    return slope, curve


def _logistic(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    raised = math.exp(value)
    return raised / (1 + raised)


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a symmetric positive definite system, by Cholesky's factors."""
    lower = _cholesky(matrix)
    return _backward(lower, _forward(lower, right))


def inverse_diagonal(matrix: Sequence[Sequence[float]]) -> list[float]:
    """The diagonal of the inverse of a symmetric positive definite matrix."""
    lower, size = _cholesky(matrix), len(matrix)
    found = []
    for i in range(size):
        column = _forward(lower, [float(i == j) for j in range(size)])
        found.append(math.fsum(one * one for one in column))
    return found


def _cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i][j] = math.sqrt(rest) if i == j else rest / lower[j][j]
    return lower


def _forward(lower: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    found: list[float] = []
    for i, line in enumerate(lower):
        found.append((right[i] - sum(line[k] * found[k] for k in range(i))) / line[i])
    return found


def _backward(lower: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    size = len(lower)
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = right[i] - sum(lower[k][i] * found[k] for k in range(i + 1, size))
        found[i] = rest / lower[i][i]
    return found
