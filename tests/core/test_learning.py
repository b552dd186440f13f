"""Planted truths are found, planted decoration is called so, and chance is not taken for truth."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from connector.core.learning import (
    LEAST,
    Clause,
    Example,
    Learned,
    Verdict,
    categories,
    study,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
A_TENTH = 0.1  #: as docs/guarantees.md promises
NAMES = ("budget", "echo of budget", "country", "newsletter", "rare", "everybody", "private")
CLAUSES = [Clause(part="fit", rule=name, points=-15 if name == "private" else 20) for name in NAMES]


def history(dice: random.Random, count: int) -> list[Example]:
    """A budget raises the odds, a private address lowers them, the rest does nothing at all."""
    found = []
    for number in range(count):
        budget = dice.random() < 0.5
        echo = budget if dice.random() < 0.9 else not budget
        private = dice.random() < 0.3
        rare = dice.random() < 3 / count
        held = (budget, echo, dice.random() < 0.5, dice.random() < 0.4, rare, True, private)
        odds = -0.4 + 1.2 * budget - 1.0 * private
        accepted = dice.random() < 1 / (1 + math.exp(-odds))
        won = accepted and dice.random() < 0.3
        found.append(
            Example(
                passed_at=START + timedelta(hours=number),
                holds=held,
                success=accepted,
                revenue=dice.lognormvariate(9, 1) * (2 if budget else 1) if won else 0.0,
                groups={"source": dice.choice(["web", "fair", "partner"])},
            )
        )
    return found


def by_name(learned: list[Learned]) -> dict[str, Learned]:
    return {one.clause.rule: one for one in learned}


def test_planted_truth_and_planted_decoration_are_told_apart() -> None:
    found = by_name(study(CLAUSES, history(random.Random(5), 4_000)))
    assert {name: one.success.verdict for name, one in found.items()} == {
        "budget": Verdict.PREDICTS,
        "echo of budget": Verdict.ECHO,
        "country": Verdict.DECORATION,
        "newsletter": Verdict.DECORATION,
        "rare": Verdict.NOT_ENOUGH,
        "everybody": Verdict.UNSEEN,
        "private": Verdict.PREDICTS,  # it lowers the odds, and its points are negative
    }
    effect = found["budget"].success.effect
    assert effect is not None
    assert abs(effect.size - 1.2) < 3 * effect.error < 0.6
    assert found["budget"].revenue.verdict is Verdict.PREDICTS
    assert found["budget"].revenue.low > 0
    assert found["country"].revenue.verdict is Verdict.NOT_ENOUGH


def test_points_the_wrong_way_work_against() -> None:
    wrong = [Clause(part="fit", rule="private", points=10)]
    examples = [
        Example(passed_at=one.passed_at, holds=one.holds[-1:], success=one.success)
        for one in history(random.Random(5), 2_000)
    ]
    (found,) = study(wrong, examples)
    assert found.success.verdict is Verdict.AGAINST


def test_small_numbers_are_answered_with_not_enough() -> None:
    """Whatever the difference looks like: below the least number nothing is said."""
    few = [
        Example(passed_at=START, holds=(n < LEAST - 1,), success=n < LEAST - 1)
        for n in range(5 * LEAST)
    ]
    (found,) = study(CLAUSES[:1], few)
    assert (found.success.rate, found.success.other_rate) == (1.0, 0.0)
    assert found.success.verdict is Verdict.NOT_ENOUGH
    nothing = study(CLAUSES[:1], [])
    assert nothing[0].success.verdict is Verdict.NOT_ENOUGH


def test_not_enough_says_how_many_more_would_be() -> None:
    dice = random.Random(3)
    examples = [
        Example(passed_at=START, holds=(dice.random() < 0.5,), success=dice.random() < 0.5)
        for _ in range(200)
    ]
    (found,) = study(CLAUSES[:1], examples)
    assert found.success.verdict is Verdict.NOT_ENOUGH
    # half a point of each side, 90 %: (1.645 / 0.05)² · 0.25 / 0.25 leads in all
    assert found.success.needed is not None
    assert 800 < found.success.needed < 960


def test_false_discoveries_are_as_rare_as_stated() -> None:
    """Twenty clauses that depend on each other, none of which does anything, in 200 companies."""
    dice = random.Random(17)
    clauses = [Clause(part="bant", rule=str(n), points=5) for n in range(20)]
    wrong = 0
    for _ in range(200):
        examples = []
        for _ in range(120):
            common = dice.random()
            held = tuple((common + dice.random()) / 2 < 0.5 for _ in clauses)
            examples.append(Example(passed_at=START, holds=held, success=dice.random() < 0.5))
        found = study(clauses, examples)
        wrong += any(o.success.verdict in (Verdict.PREDICTS, Verdict.AGAINST) for o in found)
    assert wrong / 200 <= A_TENTH


def test_among_true_ones_few_false_ones_are_chosen() -> None:
    """Half of the clauses do something: of what is chosen, at most a tenth does not."""
    dice = random.Random(23)
    clauses = [Clause(part="bant", rule=str(n), points=5) for n in range(12)]
    shares = []
    for _ in range(60):
        examples = []
        for _ in range(400):
            held = tuple(dice.random() < 0.5 for _ in clauses)
            odds = sum(0.9 if on else -0.9 for on in held[:6])
            accepted = dice.random() < 1 / (1 + math.exp(-odds))
            examples.append(Example(passed_at=START, holds=held, success=accepted))
        chosen = [
            int(one.clause.rule)
            for one in study(clauses, examples)
            if one.success.verdict in (Verdict.PREDICTS, Verdict.AGAINST)
        ]
        assert len(chosen) >= 2
        shares.append(sum(number >= 6 for number in chosen) / len(chosen))
    assert sum(shares) / len(shares) <= A_TENTH


def test_a_category_that_outperforms_is_found() -> None:
    dice = random.Random(9)
    examples = []
    for _ in range(1_500):
        source = dice.choice(["web", "fair", "partner", "list"])
        rate = 0.7 if source == "partner" else 0.5
        examples.append(
            Example(
                passed_at=START,
                holds=(),
                success=dice.random() < rate,
                groups={"source": source, "segment": dice.choice(["small", "large"])},
            )
        )
    found = {c.group: c.success for c in categories(examples, ("source", "segment"))}
    assert found["partner"].verdict is Verdict.PREDICTS
    assert found["partner"].low > 0.1
    assert found["small"].verdict is Verdict.NOT_ENOUGH
    assert found["partner"].count + found["partner"].other_count == 1_500


@pytest.mark.parametrize("count", [300])
def test_the_interval_of_an_effect_holds_the_truth_as_often_as_it_says(count: int) -> None:
    dice = random.Random(29)
    held = 0
    for _ in range(150):
        examples = history(dice, count)
        effect = by_name(study(CLAUSES, examples))["private"].success.effect
        assert effect is not None
        held += abs(effect.size - -1.0) <= 1.645 * effect.error
    assert 0.82 <= held / 150 <= 0.97
