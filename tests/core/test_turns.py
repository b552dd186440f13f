"""Rotation: fair within one turn, whatever the weights; absences neither earn nor owe."""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.turns import Rotation, Turn, TurnHistory, fairness, gini, rehearse_absence

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
weights = st.lists(st.integers(1, 9), min_size=1, max_size=8)
TRIO = (("ana", 1), ("ben", 1), ("cho", 1))


def draw_of(numbers):
    return tuple((f"p{index}", weight) for index, weight in enumerate(numbers))


def played(rotation, draw, count):
    taken = []
    for _ in range(count):
        person = rotation.next(draw)
        rotation.take(person, draw)
        taken.append(person)
    return taken


def turn(person, draw=TRIO, skipped=(), number=0):
    return Turn(
        lead_id=f"hs-{number}",
        cycle=1,
        team="emea",
        person=person,
        at=NOW,
        skipped=skipped,
        draw=draw,
    )


@settings(max_examples=150, deadline=None)
@given(weights, st.integers(1, 120))
def test_everybody_is_always_within_one_turn_of_the_share(numbers, count):
    draw, rotation = draw_of(numbers), Rotation()
    bound = 1 - Fraction(1, 2 * len(draw) - 2) if len(draw) > 1 else Fraction(0)
    for _ in range(count):
        rotation.take(rotation.next(draw), draw)
        assert all(abs(rotation.owed(name)) <= bound < 1 for name, _ in draw)


@settings(max_examples=100, deadline=None)
@given(weights, st.data())
def test_over_any_window_the_deviation_stays_below_two_turns(numbers, data):
    draw = draw_of(numbers)
    taken = played(Rotation(), draw, 150)
    start = data.draw(st.integers(0, 149))
    end = data.draw(st.integers(start, 150))
    counts = Counter(taken[start:end])
    for name, weight in draw:
        share = Fraction((end - start) * weight, sum(numbers))
        assert abs(counts[name] - share) < 2


@given(st.integers(1, 12), st.integers(0, 40), st.integers(0, 40))
def test_with_equal_weights_any_window_is_even_within_one_turn(people, start, length):
    draw = draw_of([1] * people)
    counts = Counter(played(Rotation(), draw, start + length)[start:])
    received = [counts[name] for name, _ in draw]
    assert max(received) - min(received) <= 1


@settings(max_examples=100, deadline=None)
@given(weights.filter(lambda w: len(w) > 1), st.integers(0, 60), st.integers(1, 60))
def test_nobody_catches_up_after_an_absence(numbers, before, away):
    draw, rotation = draw_of(numbers), Rotation()
    played(rotation, draw, before)
    standing = rotation.owed("p0")
    played(rotation, draw[1:], away)
    assert rotation.owed("p0") == standing
    back = played(rotation, draw, 3 * sum(numbers))
    assert abs(Counter(back)["p0"] - 3 * numbers[0]) < 2


@settings(max_examples=100, deadline=None)
@given(weights, st.lists(st.integers(0, 7), max_size=60))
def test_the_standing_is_replayed_from_the_turns_in_any_order(numbers, missing):
    draw, rotation, turns = draw_of(numbers), Rotation(), []
    for number, gone in enumerate(missing):
        present = tuple(one for index, one in enumerate(draw) if index != gone) or draw
        person = rotation.next(present)
        rotation.take(person, present)
        turns.append(turn(person, present, number=number))
    replayed, history = Rotation(reversed(turns)), TurnHistory()
    for one in turns:
        history.add(one)
    for name, _ in draw:
        assert replayed.owed(name) == rotation.owed(name) == history.of("emea").owed(name)


def test_weights_are_turns():
    assert Counter(played(Rotation(), (("ana", 3), ("ben", 1)), 40)) == {"ana": 30, "ben": 10}


def test_the_order_of_the_roster_breaks_the_first_tie():
    assert played(Rotation(), TRIO, 6) == ["ana", "ben", "cho"] * 2


def test_who_cannot_take_this_one_lead_keeps_the_place():
    rotation = Rotation()
    first = rotation.next(TRIO, barred={"ana"})
    rotation.take(first, TRIO)
    assert (first, rotation.next(TRIO)) == ("ben", "ana")
    assert rotation.next(TRIO, barred={"ana", "ben", "cho"}) is None


def test_a_newcomer_starts_level():
    rotation = Rotation()
    played(rotation, TRIO, 30)
    with_dan = (*TRIO, ("dan", 1))
    assert Counter(played(rotation, with_dan, 8)) == dict.fromkeys(("ana", "ben", "cho", "dan"), 2)


def test_the_figures_name_turns_shares_gaps_and_reasons():
    pair = TRIO[:2]
    turns = [
        turn("ana"),
        turn("ben"),
        turn("cho"),
        turn("ana"),
        turn("ana", pair, (("cho", "absent"),)),
    ]
    figures = fairness("emea", turns)
    by_name = {p.person: p for p in figures.persons}
    assert (figures.turns, figures.largest_gap) == (5, 3)
    assert (by_name["ana"].turns, by_name["ana"].share) == (3, Fraction(4, 3) + Fraction(1, 2))
    assert by_name["cho"].skips == {"absent": 1}
    assert by_name["cho"].deviation == Fraction(-1, 3)
    assert figures.largest_deviation == Fraction(7, 6)


def test_gini_of_even_and_of_one_sided_turns():
    assert gini([3, 3, 3]) == 0
    assert gini([0, 0, 0, 8]) == 0.75
    assert gini([]) == gini([0, 0]) == 0


def test_an_absence_is_rehearsed_before_it_happens():
    rotation = Rotation()
    played(rotation, TRIO, 4)
    rehearsal = rehearse_absence(rotation, TRIO, {"cho"}, 6)
    assert rehearsal.load() == {"ana": (2, 3), "ben": (2, 3), "cho": (2, 0)}
    assert Counter(rehearsal.after_return) == {"ana": 2, "ben": 2, "cho": 2}
    assert rotation.next(TRIO) == "ben"  # a rehearsal changes nothing


def test_nobody_left_gives_no_turns():
    assert rehearse_absence(Rotation(), TRIO[:1], {"ana"}, 3).away == ()
