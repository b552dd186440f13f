"""Alarms ring for shifts, not for chance; and they name the right suspect."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from connector.core.alarms import WATCHED, Alarm, mix, shift, watch
from connector.core.journeys import Journey

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.7])
def test_false_alarms_are_as_rare_as_stated(rate: float) -> None:
    """Looked at after every lead of a whole year: with alpha = 0.1 at most one in ten rings."""
    dice = random.Random(11)
    runs, alpha = 250, 0.1
    rung = sum(
        shift([dice.random() < rate for _ in range(120)], alpha).alarm_at is not None
        for _ in range(runs)
    )
    assert rung / runs <= alpha  # the bound itself; in truth it is far rarer


@pytest.mark.parametrize(
    ("old", "new", "within", "least"),
    [(0.5, 0.1, 100, 26), (0.2, 0.6, 100, 22), (0.5, 0.9, 100, 27), (0.5, 0.25, 400, 14)],
)
def test_a_real_shift_is_heard_as_soon_as_stated(
    old: float, new: float, within: int, least: int
) -> None:
    """Of 30 changes; docs/explanation/alarms.md states the shares (`benchmarks.alarms`)."""
    dice = random.Random(5)
    heard = []
    for _ in range(30):
        outcomes = [dice.random() < old for _ in range(150)]
        outcomes += [dice.random() < new for _ in range(within)]
        found = shift(outcomes, 0.01)
        heard.append(found.alarm_at is not None and 110 < found.change < 190)
    assert sum(heard) >= least


def test_nothing_is_said_of_nothing() -> None:
    empty = shift([], 0.01)
    assert (empty.alarm_at, empty.change, empty.before, empty.after) == (None, 0, (0, 0), (0, 0))
    assert shift([True], 0.01).alarm_at is None
    assert shift([True] * 200, 0.01).alarm_at is None


def history(change: Callable[[random.Random, int], dict[str, object]]) -> list[Journey]:
    """400 passed leads, one every half day; `change` says what each is like."""
    dice = random.Random(3)
    found = []
    for number in range(400):
        passed = START + timedelta(hours=12 * number)
        life = change(dice, number)
        rate = float(str(life.pop("rate")))
        took = timedelta(hours=float(str(life.pop("hours", 2))))
        accepted = passed + timedelta(days=2) if dice.random() < rate else None
        found.append(
            Journey(
                lead_id=f"hs-{number}",
                cycle=1,
                passed_at=passed,
                delivered_at=passed,
                answered_at=passed + took,
                accepted_at=accepted,
                **{"source": "web", "ruleset": "one", **life},  # type: ignore[arg-type]
            )
        )
    return found


def alarm(journeys: list[Journey]) -> Alarm:
    now = START + timedelta(days=230)
    (found,) = [a for a in watch(journeys, now=now, since=START, alpha=0.01) if a.start == "passed"]
    return found


def test_a_quiet_year_rings_nothing() -> None:
    quiet = alarm(history(lambda dice, n: {"rate": 0.6, "owner": dice.choice(["ann", "ben"])}))
    assert not quiet.is_ringing
    assert quiet.suspects == ()
    assert quiet.days == WATCHED["passed", "accepted"]


def test_another_mix_of_sources_is_suspected() -> None:
    def life(dice: random.Random, number: int) -> dict[str, object]:
        fair = dice.random() < (0.1 if number < 200 else 0.8)
        return {"source": "fair" if fair else "web", "rate": 0.1 if fair else 0.8}

    found = alarm(history(life))
    assert found.is_ringing
    assert found.suspects[0].kind == "mix of sources"
    assert found.suspects[0].explains > 0.7
    assert found.changed_at is not None
    assert abs((found.changed_at - START).days - 100) < 12


def test_new_rules_are_suspected() -> None:
    found = alarm(
        history(
            lambda dice, n: {
                "rate": 0.8 if n < 200 else 0.3,
                "ruleset": "one" if n < 200 else "two",
            }
        )
    )
    assert (found.suspects[0].kind, found.suspects[0].name) == ("rule change", "two")


def test_slow_answers_are_suspected() -> None:
    def life(dice: random.Random, number: int) -> dict[str, object]:
        slow = dice.random() < (0.2 if number < 200 else 0.9)
        hours = dice.randrange(30, 60) if slow else dice.randrange(1, 5)
        return {"hours": hours, "rate": 0.2 if slow else 0.9}

    assert alarm(history(life)).suspects[0].kind == "follow-up time"


def test_one_rep_is_suspected() -> None:
    def life(dice: random.Random, number: int) -> dict[str, object]:
        owner = dice.choice(["ann", "ben"])
        return {"owner": owner, "rate": 0.05 if owner == "ben" and number >= 200 else 0.8}

    first = alarm(history(life)).suspects[0]
    assert (first.kind, first.name) == ("rep", "ben")
    assert first.explains > 0.7


def test_the_parts_of_a_difference_add_up() -> None:
    journeys = history(lambda dice, n: {"source": dice.choice("ab"), "rate": 0.5})
    series = [(j, j.accepted_at is not None) for j in journeys]
    everything = mix(series[:200], series[200:], lambda j: j.lead_id)
    assert -5 < everything < 5
