"""Tests and intervals agree with SciPy 1.17 to the last digits, and with what they promise."""

import math
import random

import pytest

from connector.core.evidence import (
    false_discovery,
    fisher,
    mean_difference,
    midranks,
    rank_sum,
    total_interval,
)
from connector.core.intervals import difference, wilson
from connector.core.logistic import effects
from connector.core.ranking import compare


@pytest.mark.parametrize(
    ("table", "chance"),
    [
        ((8, 10, 1, 9), 0.005477494641581328),
        ((3, 50, 12, 60), 0.04910292051872377),
        ((0, 20, 5, 25), 0.0561763817577771),
        ((300, 1_000, 360, 1_000), 0.005001529322327826),
        ((7, 7, 0, 3), 0.008333333333333333),
        ((0, 5, 0, 9), 1.0),
    ],
)
def test_fisher_as_scipy_has_it(table: tuple[int, int, int, int], chance: float) -> None:
    assert fisher(*table) == pytest.approx(chance, rel=1e-9)
    hits, count, other_hits, other_count = table
    assert fisher(other_hits, other_count, hits, count) == pytest.approx(chance, rel=1e-9)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (8, 10, 0.5407928056874879, 0.9314420122624679),
        (0, 20, 0.0, 0.11915783736096448),
        (300, 1_000, 0.27672951842964066, 0.3243497788662635),
    ],
)
def test_wilson_as_scipy_has_it(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-12)


def test_newcombe_as_he_printed_it() -> None:
    """Newcombe (1998), table II: 56/70 less 48/80 by method 10."""
    assert difference(56, 70, 48, 80, 0.95) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_ranks_as_scipy_has_them() -> None:
    first = [0, 0, 0, 12, 5.5, 0, 30, 7]
    second = [0, 0, 0, 0, 0, 3, 0, 0, 5.5, 1]
    assert rank_sum(first, second) == pytest.approx(0.18861419891456876, rel=1e-12)
    assert midranks([3, 1, 3])[0] == [2.5, 1, 2.5]
    assert rank_sum([1.0, 1.0], [1.0]) == rank_sum([], [1.0]) == 1.0


def test_many_looks_as_scipy_corrects_them() -> None:
    chances = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205]
    assert false_discovery(chances[::-1])[::-1] == pytest.approx(
        [
            0.021742857142857,
            0.086971428571429,
            0.18264,
            0.18264,
            0.18264,
            0.217428571428571,
            0.229853061224490,
            0.557160714285714,
        ]
    )
    assert false_discovery([]) == []
    assert false_discovery([1.0, 0.9]) == [1.0, 1.0]


def test_welch_holds_the_difference_of_means_as_often_as_it_says() -> None:
    dice = random.Random(3)
    held = 0
    for _ in range(400):
        first = [dice.gauss(3, 2) for _ in range(60)]
        second = [dice.gauss(1, 5) for _ in range(90)]
        low, high = mean_difference(first, second)
        held += low <= 2 <= high
    assert 0.86 <= held / 400 <= 0.94


def test_the_revenue_of_another_such_year_lies_within_its_interval() -> None:
    """Two years of the same company: one gives the interval, the other falls in, most times."""
    dice = random.Random(7)

    def year() -> list[float]:
        return [dice.lognormvariate(8, 0.7) for _ in range(400) if dice.random() < 0.25]

    held = 0
    truth = 400 * 0.25 * math.exp(8 + 0.7**2 / 2)
    for _ in range(150):
        low, high = total_interval(year(), dice, draws=200)
        held += low <= truth <= high
    assert 0.83 <= held / 150 <= 0.97
    assert total_interval([], dice) == (0.0, 0.0)


def test_effects_find_what_was_planted_and_leave_the_rest() -> None:
    dice = random.Random(11)
    wanted = [1.0, -0.7, 0.0]
    leads = []
    for _ in range(3_000):
        marks = frozenset(i for i in range(3) if dice.random() < 0.4)
        odds = -0.3 + sum(wanted[i] for i in marks)
        leads.append((marks, dice.random() < 1 / (1 + math.exp(-odds))))
    for effect, size in zip(effects(leads, 3), wanted, strict=True):
        assert abs(effect.size - size) < 3 * effect.error < 0.35


def test_a_mark_that_always_succeeds_has_an_effect_that_is_finite() -> None:
    leads = [(frozenset({0}), True)] * 30 + [(frozenset[int](), False)] * 30
    (effect,) = effects(leads, 1)
    assert 1 < effect.size < 5
    assert 0 < effect.error < 1


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    dice = random.Random(13)
    outcomes = [dice.random() < 0.4 for _ in range(80)]
    before = [float(dice.randrange(8)) for _ in outcomes]
    after = [score + 3 * outcome for score, outcome in zip(before, outcomes, strict=True)]
    found = compare(outcomes, before, after)
    assert found is not None
    for scores, area in ((before, found.before), (after, found.after)):
        pairs = [
            (scores[i] > scores[j]) + (scores[i] == scores[j]) / 2
            for i, good in enumerate(outcomes)
            for j, bad in enumerate(outcomes)
            if good and not bad
        ]
        assert area == pytest.approx(sum(pairs) / len(pairs))
    assert found.low > 0
    assert compare([True, False], [1, 2], [2, 1]) is None


def test_two_scores_of_equal_worth_differ_as_rarely_as_stated() -> None:
    dice = random.Random(19)
    beyond = 0
    for _ in range(300):
        outcomes = [dice.random() < 0.5 for _ in range(120)]
        scores = [[o + dice.gauss(0, 1) for o in outcomes] for _ in range(2)]
        found = compare(outcomes, *scores)
        assert found is not None
        beyond += found.low > 0 or found.high < 0
    assert 0.05 <= beyond / 300 <= 0.15
