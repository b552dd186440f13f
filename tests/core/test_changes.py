from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.changes import Side, merge, merge_field, same_value
from connector.core.problems import Place
from connector.core.records import System, is_blank
from connector.core.rules.fields import (
    Blanks,
    Direction,
    FieldRule,
    Fields,
    FieldType,
    Winner,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)
CRM, MARKETING = System.SALESFORCE, System.HUBSPOT
PLACE = Place(file="fields.yaml", line=7, column=3)


def rule(**more):
    more.setdefault("type", FieldType.TEXT)
    more.setdefault("direction", Direction.BOTH)
    return FieldRule(name="f", place=PLACE, **more)


def step(a_rule, agreed, left, right, *, left_at=None, right_at=None, **more):
    marketing = Side(values={"f": left}, times={"f": left_at} if left_at else {})
    crm = Side(values={"f": right}, times={"f": right_at} if right_at else {})
    base = {} if agreed is ... else {"f": agreed}
    return merge_field(a_rule, base, marketing, crm, **more)


CASES = [
    # agreed, marketing, CRM, rule, written to, value
    ("a", "a", "a", {}, None, "a"),
    ("a", "b", "a", {}, CRM, "b"),
    ("a", "a", "b", {}, MARKETING, "b"),
    ("a", "b", "b", {}, None, "b"),
    ("a", "b", "c", {}, CRM, "b"),
    ("a", "b", "c", {"winner": Winner.CRM}, MARKETING, "c"),
    ("a", "a", "b", {"direction": Direction.TO_CRM}, None, None),
    ("a", "b", "a", {"direction": Direction.TO_MARKETING}, None, None),
    ("a", "b", "c", {"winner": Winner.CRM, "direction": Direction.TO_CRM}, None, None),
    ("a", "b", "a", {"direction": Direction.READ_ONLY}, None, None),
    ("a", "", "a", {}, None, None),
    ("a", None, "a", {"blanks": Blanks.CLEAR}, CRM, None),
    ("a", "", "b", {}, MARKETING, "b"),
    ("a", "", "b", {"blanks": Blanks.CLEAR}, CRM, ""),
    ("a", "", "b", {"blanks": Blanks.CLEAR, "winner": Winner.CRM}, MARKETING, "b"),
    ("a", None, "", {}, None, None),
    (..., "a", None, {}, CRM, "a"),
    (..., "", "b", {}, MARKETING, "b"),
    (..., "", "b", {"blanks": Blanks.CLEAR}, MARKETING, "b"),
    (..., "a", "b", {}, CRM, "a"),
    (..., "a", "b", {"winner": Winner.FILL_BLANKS}, None, None),
    (..., "a", "", {"winner": Winner.FILL_BLANKS}, CRM, "a"),
    ("a", "b", "a", {"winner": Winner.FILL_BLANKS}, None, None),
    ("", "b", "", {"winner": Winner.FILL_BLANKS}, CRM, "b"),
    ("a", "", "a", {"winner": Winner.FILL_BLANKS}, None, None),
]


@pytest.mark.parametrize(("agreed", "left", "right", "more", "to", "value"), CASES)
def test_what_travels_where(agreed, left, right, more, to, value):
    found = step(rule(**more), agreed, left, right)
    assert found.to is to
    if to is not None or found.settled:
        assert found.value == value
    assert found.settled is same_value(left, right)


def test_the_newest_wins_and_without_times_nobody_does():
    newest = rule(winner=Winner.NEWEST)
    later = step(newest, "a", "b", "c", left_at=OLD, right_at=NOW)
    assert (later.to, later.value) == (MARKETING, "c")
    assert later.conflict.winner is CRM
    for left_at, right_at in ((None, NOW), (NOW, None), (NOW, NOW), (None, None)):
        found = step(newest, "a", "b", "c", left_at=left_at, right_at=right_at)
        assert found.to is None
        assert found.conflict.winner is None


def test_a_conflict_carries_both_values_times_and_authors():
    marketing = Side(values={"f": "b"}, times={"f": OLD}, authors={"f": "workflow"})
    crm = Side(values={"f": "c"}, times={"f": NOW}, authors={"f": "005A"})
    conflict = merge_field(rule(), {"f": "a"}, marketing, crm).conflict
    assert conflict[:8] == ("f", "a", "b", "c", OLD, NOW, "workflow", "005A")
    assert conflict.winner is MARKETING
    assert conflict.place == PLACE


def test_the_first_difference_is_no_conflict_where_somebody_wins():
    assert step(rule(), ..., "a", "b").conflict is None
    assert step(rule(winner=Winner.NEWEST), ..., "a", "b").conflict is not None


def test_our_own_write_is_no_change_even_before_it_is_confirmed():
    crm = Side(values={"f": "b"}, ours={"f": "b"})
    marketing = Side(values={"f": "c"})
    found = merge_field(rule(winner=Winner.CRM), {"f": "a"}, marketing, crm)
    assert (found.to, found.value, found.conflict) == (CRM, "c", None)


STRICT = {"type": FieldType.YES_NO, "options": {"stricter": "true"}}


@pytest.mark.parametrize(
    ("agreed", "left", "right", "to", "value"),
    [
        (False, True, False, CRM, True),
        (False, False, True, MARKETING, True),
        (True, False, True, MARKETING, True),
        (True, True, False, CRM, True),
        (..., True, None, CRM, True),
        (..., None, True, MARKETING, True),
        (..., False, None, CRM, False),
        (True, None, True, MARKETING, True),
    ],
)
def test_consent_goes_towards_the_stricter(agreed, left, right, to, value):
    found = step(rule(**STRICT, winner=Winner.NEWEST), agreed, left, right, left_at=NOW)
    assert (found.to, found.value) == (to, value)
    assert found.conflict is None


def test_consent_of_the_other_polarity():
    given_ = rule(type=FieldType.YES_NO, options={"stricter": "false"})
    assert step(given_, True, True, False)[:3] == ("f", MARKETING, False)


def test_a_flapping_field_is_left_alone_with_a_problem():
    found = step(rule(max_flips=3), "a", "b", "a", flips=3, address="hubspot:contact/1")
    assert found.to is None
    assert found.problem.code == "flapping"
    assert str(found.problem.where) == "hubspot:contact/1"
    assert step(rule(max_flips=3), "a", "b", "a", flips=2).to is CRM


@pytest.mark.parametrize(
    ("one", "other", "type_", "same"),
    [
        (None, "", FieldType.TEXT, True),
        ((), None, FieldType.CHOICES, True),
        ("a\r\nb ", "a\nb", FieldType.TEXT, True),
        ("A@b.example", "a@B.example", FieldType.EMAIL, True),
        ("A", "a", FieldType.TEXT, False),
        (1, Decimal("1.0"), FieldType.MONEY, True),
        (1, True, FieldType.NUMBER, False),
        (("a", "b"), ("b", "a"), FieldType.CHOICES, True),
        (NOW, NOW + timedelta(milliseconds=300), FieldType.MOMENT, True),
        (NOW, NOW + timedelta(seconds=1), FieldType.MOMENT, False),
        (NOW.date(), NOW, FieldType.DATE, False),
        (False, None, FieldType.YES_NO, False),
    ],
)
def test_when_values_say_the_same(one, other, type_, same):
    assert same_value(one, other, type_) is same
    assert same_value(other, one, type_) is same


def test_fields_of_one_side_only_are_left_alone_and_consent_comes_first():
    fields = Fields(
        rules={
            "a": FieldRule(name="a", type=FieldType.TEXT, direction=Direction.BOTH),
            "b": FieldRule(name="b", type=FieldType.TEXT, direction=Direction.BOTH),
            "stop": FieldRule(
                name="stop",
                type=FieldType.YES_NO,
                direction=Direction.BOTH,
                options={"stricter": "yes"},
            ),
        }
    )
    found = merge(
        fields,
        {"a": "1", "b": "1", "stop": False},
        Side(values={"a": "2", "b": "1", "stop": True}),
        Side(values={"b": "1", "stop": False}),
    )
    assert found.to_crm == {"stop": True}
    assert found.settled == {"b": "1"}
    assert found.because == {"stop": "the stricter value goes first"}
    both = merge(
        fields,
        {"a": "1"},
        Side(values={"a": "2", "stop": True}),
        Side(values={"a": "1", "stop": False}),
    )
    assert list(both.to_crm) == ["stop", "a"]


# properties -----------------------------------------------------------------------------------

VALUES = st.sampled_from((None, "", "a", "b", "c"))
FLAGS = st.sampled_from((None, True, False))
MIRROR_WINNER = {
    Winner.MARKETING: Winner.CRM,
    Winner.CRM: Winner.MARKETING,
    Winner.NEWEST: Winner.NEWEST,
    Winner.FILL_BLANKS: Winner.FILL_BLANKS,
}
MIRROR_DIRECTION = {
    Direction.TO_CRM: Direction.TO_MARKETING,
    Direction.TO_MARKETING: Direction.TO_CRM,
    Direction.BOTH: Direction.BOTH,
    Direction.READ_ONLY: Direction.READ_ONLY,
}
RULES = st.builds(
    rule,
    winner=st.sampled_from(Winner),
    direction=st.sampled_from(Direction),
    blanks=st.sampled_from(Blanks),
)
CASE = st.tuples(
    RULES,
    st.just(...) | VALUES,
    VALUES,
    VALUES,
    st.sampled_from((None, OLD, NOW)),
    st.sampled_from((None, OLD, NOW)),
)
STRICT_CASE = st.tuples(
    st.just(rule(**STRICT)), st.just(...) | FLAGS, FLAGS, FLAGS, st.none(), st.none()
)


def run(case):
    a_rule, agreed, left, right, left_at, right_at = case
    return step(a_rule, agreed, left, right, left_at=left_at, right_at=right_at)


@given(CASE | STRICT_CASE)
@settings(max_examples=600, deadline=None)
def test_no_value_is_ever_invented(case):
    found = run(case)
    if found.to is not None:
        assert found.value in (case[2], case[3])
        other = case[3] if found.to is CRM else case[2]
        assert not same_value(found.value, other)


@given(CASE | STRICT_CASE)
@settings(max_examples=600, deadline=None)
def test_merging_again_after_the_writes_changes_nothing(case):
    a_rule, agreed, left, right, left_at, right_at = case
    found = run(case)
    if found.to is CRM:
        right, agreed = found.value, found.value
    elif found.to is MARKETING:
        left, agreed = found.value, found.value
    elif found.settled:
        agreed = found.value
    again = run((a_rule, agreed, left, right, left_at, right_at))
    assert again.to is None


@given(CASE)
@settings(max_examples=600, deadline=None)
def test_swapping_the_sides_mirrors_the_outcome(case):
    a_rule, agreed, left, right, left_at, right_at = case
    mirrored = replace(
        a_rule,
        winner=MIRROR_WINNER[a_rule.winner],
        direction=MIRROR_DIRECTION[a_rule.direction],
    )
    one, two = run(case), run((mirrored, agreed, right, left, right_at, left_at))
    opposite = {CRM: MARKETING, MARKETING: CRM, None: None}
    assert two.to is opposite[one.to]
    assert one.to is None or one.value == two.value
    assert (one.conflict is None) is (two.conflict is None)
    if one.conflict is not None:
        assert two.conflict.winner is opposite[one.conflict.winner]


@given(CASE)
@settings(max_examples=600, deadline=None)
def test_fill_blanks_never_overwrites_and_kept_blanks_never_travel(case):
    a_rule, _, left, right, *_ = case
    found = run(case)
    target = right if found.to is CRM else left
    if found.to is not None and a_rule.winner is Winner.FILL_BLANKS:
        assert is_blank(target)
    if found.to is not None and a_rule.blanks is Blanks.KEEP:
        assert not is_blank(found.value)


@given(CASE)
@settings(max_examples=600, deadline=None)
def test_a_difference_in_a_two_way_field_is_written_or_explained(case):
    a_rule, agreed, left, right, *_ = case
    found = run(case)
    if a_rule.direction is not Direction.BOTH or a_rule.winner is Winner.FILL_BLANKS:
        return
    unchanged = agreed is not ... and (same_value(left, agreed) and same_value(right, agreed))
    blank_kept = a_rule.blanks is Blanks.KEEP and (is_blank(left) or is_blank(right))
    written = found.to is not None
    listed = found.conflict is not None and found.conflict.winner is None
    assert found.settled or written or listed or unchanged or blank_kept


@given(FLAGS, FLAGS, st.just(...) | FLAGS)
def test_an_opt_out_always_ends_on_both_sides(left, right, agreed):
    found = step(rule(**STRICT), agreed, left, right)
    after = {MARKETING: left, CRM: right}
    if found.to is not None:
        after[found.to] = found.value
    if True in (left, right):
        assert after == {MARKETING: True, CRM: True}
