from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.cells import Domain, domains_of
from connector.core.conditions import compile_condition
from connector.core.coverage import gaps, implies, overlaps, satisfiable, shadowed
from connector.core.rules.conditions import ALWAYS, All, Any, Clause, Not, Operator
from connector.core.rules.fields import FieldRule, Fields, FieldType, ValueMap
from tests.core.condition_strategies import conditions

O = Operator  # noqa: E741
NOW = datetime(2026, 3, 2, tzinfo=UTC)
DOMAINS = {
    "n": Domain(type=FieldType.NUMBER, whole=True),
    "m": Domain(type=FieldType.NUMBER, whole=True),
    "c": Domain(type=FieldType.CHOICE, words=("FR", "DE", "AT", "XX")),
    "b": Domain(type=FieldType.YES_NO),
}
NUMBERS = (None, *range(-1, 10))
WORLD = [
    {"n": n, "m": m, "c": c, "b": b}
    for n, m, c, b in product(NUMBERS, NUMBERS, (None, "FR", "DE", "AT", "XX"), (None, True, False))
]


def holding(condition):
    holds = compile_condition(condition).holds
    return [holds(facts, NOW) for facts in WORLD]


@given(conditions())
@settings(max_examples=60, deadline=None)
def test_satisfiable_is_what_brute_force_finds(condition):
    assert satisfiable(condition, DOMAINS) is any(holding(condition))


@given(conditions(), conditions())
@settings(max_examples=60, deadline=None)
def test_implies_and_overlaps_are_what_brute_force_finds(one, two):
    left, right = holding(one), holding(two)
    assert implies(one, two, DOMAINS) is all(b for a, b in zip(left, right, strict=True) if a)
    assert overlaps(one, two, DOMAINS) is any(a and b for a, b in zip(left, right, strict=True))


@given(st.lists(conditions(max_leaves=4), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_shadowed_rules_are_exactly_those_never_reached(rules):
    verdicts = [holding(rule) for rule in rules]
    expected = set()
    for i, own in enumerate(verdicts):
        free = any(
            mine and not any(earlier[w] for earlier in verdicts[:i]) for w, mine in enumerate(own)
        )
        if any(own) and not free:
            expected.add(i)
    found = shadowed(rules, DOMAINS)
    assert {one.index for one in found} == expected
    for one in found:
        together = [verdicts[j] for j in one.by]
        assert all(
            any(other[w] for other in together)
            for w, mine in enumerate(verdicts[one.index])
            if mine
        )


@given(st.lists(conditions(max_leaves=4), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_gaps_are_exactly_what_no_rule_covers(rules):
    coverage = gaps(rules, DOMAINS)
    assert coverage.complete
    verdicts = [holding(rule) for rule in rules]
    uncovered = [not any(one[w] for one in verdicts) for w in range(len(WORLD))]
    for facts, open_ in zip(WORLD, uncovered, strict=True):
        inside = [region for region in coverage.gaps if _contains(region, facts)]
        assert len(inside) == int(open_)


def _contains(region, facts):
    return all(
        any(_fits(cell, facts[name]) for cell in cells) for name, cells in region.cells.items()
    )


def _fits(cell, value):
    if cell.kind == "blank":
        return value is None
    if cell.kind == "range":
        return value is not None and (
            (cell.low is None or value >= cell.low) and (cell.high is None or value <= cell.high)
        )
    return value is not None and str(value).lower() == cell.text.lower()


ROUTES = (
    All((Clause("country", O.IN, ("DE", "AT")), Clause("employees", O.AT_LEAST, 50))),
    All((Clause("country", O.IS, "FR"), Clause("employees", O.BELOW, 50))),
    All((Clause("country", O.IS, "FR"), Clause("employees", O.ABOVE, 99))),
    Clause("employees", O.PRESENT, False),
    Clause("country", O.PRESENT, False),
    All((Clause("country", O.IN, ("DE", "AT")), Clause("employees", O.BELOW, 50))),
)
FIELDS = {
    "country": Domain(type=FieldType.CHOICE, words=("FR", "DE", "AT")),
    "employees": Domain(type=FieldType.NUMBER, whole=True, lowest=1),
}


def test_a_gap_names_the_values_no_rule_routes():
    assert [str(one) for one in gaps(ROUTES, FIELDS).gaps] == ["country FR with employees 50-99"]


def test_gaps_within_a_condition_only():
    within = Clause("country", O.IN, ("DE", "AT"))
    assert gaps(ROUTES, FIELDS, within=within).gaps == ()


def test_real_numbers_have_open_ends():
    rules = (Clause("score.total", O.BELOW, 40), Clause("score.total", O.ABOVE, Decimal("59.5")))
    domains = domains_of(Fields(rules={}))
    assert [str(one) for one in gaps(rules, domains).gaps] == ["score.total 40-59.5"]


def test_no_rule_at_all_leaves_everything():
    assert [str(one) for one in gaps((), FIELDS).gaps] == ["everything"]
    assert gaps((ALWAYS,), FIELDS).gaps == ()


def test_text_patterns_never_make_a_false_accusation():
    director = Clause("title", O.CONTAINS, "director")
    it = Clause("title", O.ENDS_WITH, "it")
    assert satisfiable(All((director, it)))
    assert not shadowed((director, it))
    assert shadowed((director, All((director, it))))[0].by == (0,)
    assert not satisfiable(All((director, Clause("title", O.PRESENT, False))))
    assert not satisfiable(All((director, Clause("title", O.IS, "CEO"))))


def test_relative_and_absolute_days_are_not_ranked_against_each_other():
    recent = Clause("demo", O.WITHIN_DAYS, 30)
    fixed = Clause("demo", O.AT_LEAST, date(2026, 1, 1))
    assert satisfiable(All((recent, fixed)))
    assert satisfiable(All((recent, Not(fixed))))
    assert not implies(recent, fixed)
    assert implies(Clause("demo", O.WITHIN_DAYS, 7), recent)
    assert not satisfiable(All((recent, Clause("demo", O.OLDER_THAN_DAYS, 30))))


def test_multi_values_can_hold_several_words():
    both = All((Clause("tags", O.IS, "a"), Clause("tags", O.IS, "b")))
    assert satisfiable(both, {"tags": Domain(type=FieldType.CHOICES)})
    assert not satisfiable(both, {"tags": Domain(type=FieldType.CHOICE)})


def test_domains_come_from_the_fields():
    segment = ValueMap(name="segment", rows=(("smb", "small", "S"), ("ent", "large", "L")))
    fields = Fields(
        rules={
            "segment": FieldRule(name="segment", type=FieldType.CHOICE, values=segment),
            "employees": FieldRule(name="employees", type=FieldType.NUMBER),
        }
    )
    domains = domains_of(fields)
    rules = (Clause("segment", O.IS, "small"), Clause("segment", O.PRESENT, False))
    assert [str(one) for one in gaps(rules, domains).gaps] == ["segment large"]
    assert domains["employees"].whole


def test_a_search_that_would_explode_says_so():
    parts = tuple(Any((Clause(f"f{i}", O.IS, "a"), Clause(f"g{i}", O.IS, "b"))) for i in range(18))
    assert satisfiable(All(parts))
    assert not implies(All(parts), Not(ALWAYS))
    assert not gaps((All(parts),)).complete
