# ruff: noqa: DTZ001 - moments without time zone are part of what is tested

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.conditions import IMPOSSIBLE, Gap, compile_condition, missing
from connector.core.rules.conditions import ALWAYS, All, Any, Clause, Not, Operator
from tests.core.condition_strategies import conditions, facts, values

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
O = Operator  # noqa: E741

HOLDS = [
    ("country", O.IS, "fr", "FR"),
    ("country", O.IS_NOT, "DE", "FR"),
    ("country", O.IS_NOT, "DE", None),
    ("country", O.NOT_IN, ("DE", "AT"), ""),
    ("postcode", O.IS, 75001, "75001"),
    ("budget", O.IS, 10, Decimal("10.00")),
    ("consent", O.IS, True, True),
    ("tags", O.IN, ("b", "z"), ("A", "B")),
    ("tags", O.IS, ("a", "b"), ("B", "A")),
    ("tags", O.CONTAINS, "a", ("A", "B")),
    ("tags", O.STARTS_WITH, "al", ("beta", "Alpha")),
    ("tags", O.NOT_IN, ("c",), ("a", "b")),
    ("employees", O.AT_LEAST, 50, 50),
    ("employees", O.ABOVE, 50, Decimal("50.5")),
    ("employees", O.BETWEEN, (50, 99), 99),
    ("score.total", O.AT_LEAST, 40, 40.0),
    ("day", O.AT_LEAST, date(2026, 3, 1), date(2026, 3, 1)),
    ("day", O.BELOW, "2026-03-02", date(2026, 3, 1)),
    ("moment", O.IS, date(2026, 3, 1), datetime(2026, 3, 1, 23, 59, tzinfo=UTC)),
    ("moment", O.ABOVE, datetime(2026, 3, 1), datetime(2026, 3, 1, 0, 0, 1)),
    ("phone", O.PRESENT, True, "+33612345678"),
    ("phone", O.PRESENT, False, ""),
    ("phone", O.PRESENT, False, None),
    ("title", O.CONTAINS, "DIRECTOR", "Sales director"),
    ("title", O.CONTAINS_ANY, ("chief", "head"), "Head of IT"),
    ("title", O.ENDS_WITH, "it", "Head of IT"),
    ("title", O.MATCHES, "head*?t", "Head of IT"),
    ("title", O.MATCHES, "h?ad*", "head"),
    ("seen", O.WITHIN_DAYS, 30, NOW + timedelta(days=30)),
    ("seen", O.WITHIN_DAYS, 0, NOW.date()),
    ("seen", O.OLDER_THAN_DAYS, 30, NOW - timedelta(days=30, seconds=1)),
]
FAILS = [
    ("country", O.IS, "FR", None),
    ("country", O.IS, None, None),
    ("country", O.IS, "", ""),
    ("country", O.IN, (), "FR"),
    ("employees", O.AT_LEAST, 50, None),
    ("employees", O.BELOW, 50, ""),
    ("employees", O.AT_LEAST, 50, "51"),
    ("employees", O.AT_LEAST, 0, True),
    ("employees", O.IS, 1, True),
    ("consent", O.IS, True, 1),
    ("budget", O.AT_LEAST, 1, Decimal("NaN")),
    ("budget", O.AT_LEAST, 1, Decimal("sNaN")),
    ("budget", O.IS, 1, Decimal("sNaN")),
    ("budget", O.AT_LEAST, Decimal(1), float("nan")),
    ("title", O.AT_LEAST, "a", "b"),
    ("title", O.CONTAINS, "x", None),
    ("title", O.MATCHES, "*", ""),
    ("title", O.MATCHES, "h?ad", "headd"),
    ("seen", O.WITHIN_DAYS, 30, NOW - timedelta(days=31)),
    ("seen", O.WITHIN_DAYS, 30, "soon"),
    ("seen", O.OLDER_THAN_DAYS, 30, NOW - timedelta(days=30)),
    ("tags", O.IN, ("c",), ()),
    ("employees", O.BETWEEN, (50,), 50),
    ("phone", O.PRESENT, "yes", "1"),
]


@pytest.mark.parametrize(("field", "operator", "wanted", "value"), HOLDS)
def test_a_clause_holds(field, operator, wanted, value):
    assert compile_condition(Clause(field, operator, wanted)).holds({field: value}, NOW)


@pytest.mark.parametrize(("field", "operator", "wanted", "value"), FAILS)
def test_a_clause_fails(field, operator, wanted, value):
    assert not compile_condition(Clause(field, operator, wanted)).holds({field: value}, NOW)


@given(st.sampled_from(Operator), values() | st.tuples(values(), values()), values())
def test_no_clause_ever_raises_and_blank_passes_only_what_it_may(operator, wanted, value):
    compiled = compile_condition(Clause("f", operator, wanted))
    compiled.holds({"f": value}, NOW)
    for blank in ({}, {"f": None}, {"f": ""}, {"f": ()}):
        may = operator in (O.IS_NOT, O.NOT_IN) or (operator is O.PRESENT and wanted is False)
        assert compiled.holds(blank, NOW) is may


def brute(condition, known):
    """The meaning of all, any and not, straight from the structure."""
    if isinstance(condition, Clause):
        return compile_condition(condition).holds(known, NOW)
    if isinstance(condition, Not):
        return not brute(condition.part, known)
    verdicts = [brute(part, known) for part in condition.parts]
    return all(verdicts) if isinstance(condition, All) else any(verdicts)


@given(conditions(), facts())
def test_compiled_means_what_the_structure_says(condition, known):
    assert compile_condition(condition).holds(known, NOW) is brute(condition, known)


@given(conditions(), facts())
def test_nothing_is_missing_exactly_where_it_holds(condition, known):
    compiled = compile_condition(condition)
    assert (compiled.missing(known, NOW) == ()) is compiled.holds(known, NOW)


@given(conditions(), facts())
def test_closing_all_gaps_makes_the_condition_hold(condition, known):
    """Clauses named as gaps are taken as mended, the others keep their verdict."""
    gaps = missing(condition, known, NOW)
    if IMPOSSIBLE in gaps:
        return
    mended = {gap[:4] for gap in gaps}

    def holds(part, negated=False):
        if isinstance(part, Clause):
            alone = compile_condition(Not(part) if negated else part)
            return alone.holds(known, NOW) or alone.root.gap()[:4] in mended
        if isinstance(part, Not):
            return holds(part.part, not negated)
        verdicts = [holds(one, negated) for one in part.parts]
        return all(verdicts) if isinstance(part, All) is not negated else any(verdicts)

    dropped = [
        leaf[0]
        for leaf in compile_condition(condition).leaves
        if leaf[1] is O.PRESENT and any(gap.field == leaf[0] for gap in gaps)
    ]
    assert holds(condition) or dropped


@given(conditions(), facts())
def test_explain_names_every_clause_with_value_and_verdict(condition, known):
    verdicts = compile_condition(condition).explain(known, NOW)
    for one in verdicts:
        alone = compile_condition(Clause(one.field, one.operator, one.wanted)).holds(known, NOW)
        assert one.passed is (alone is not one.negated)
        assert one.value == known.get(one.field) or one.value is known.get(one.field)
        assert one.text("en")
        assert one.text("fr")


def test_the_cheapest_alternative_is_named():
    condition = Any(
        (
            All((Clause("title", O.IS, "CEO"), Clause("employees", O.AT_LEAST, 500))),
            Clause("phone", O.PRESENT, True),
        )
    )
    known = {"title": "Clerk", "employees": 900}
    assert [gap.text() for gap in missing(condition, known, NOW)] == ["needs a phone"]


def test_not_is_turned_round():
    condition = Not(Any((Clause("employees", O.BELOW, 50), Clause("email", O.PRESENT, False))))
    gaps = missing(condition, {"employees": 10}, NOW)
    assert [gap[:4] for gap in gaps] == [
        ("employees", O.AT_LEAST, 50, False),
        ("email", O.PRESENT, True, False),
    ]


def test_what_cannot_be_met_says_so():
    assert missing(Any(()), {}, NOW) == (IMPOSSIBLE,)
    assert missing(Not(ALWAYS), {}, NOW) == (IMPOSSIBLE,)
    assert IMPOSSIBLE.text("fr") == "impossible à remplir"
    assert not IMPOSSIBLE.possible


LABELS = {
    "phone": {"en": "Phone", "fr": "Téléphone"},
    "employees": {"en": "Employees", "fr": "Salariés"},
    "email": {"en": "E-mail", "fr": "E-mail"},
    "country": {"en": "Country", "fr": "Pays"},
    "vat": {"en": "VAT number", "fr": "N° de TVA"},
}
GAPS = [
    (Gap("phone", O.PRESENT, True), "needs a phone", "il manque : téléphone"),
    (Gap("email", O.PRESENT, True), "needs an e-mail", "il manque : e-mail"),
    (Gap("vat", O.PRESENT, True), "needs a VAT number", "il manque : n° de TVA"),
    (
        Gap("employees", O.AT_LEAST, 50),
        "needs at least 50 employees",
        "il faut au moins 50 salariés",
    ),
    (
        Gap("employees", O.BETWEEN, (50, 99)),
        "needs between 50 and 99 employees",
        "il faut entre 50 et 99 salariés",
    ),
    (
        Gap("country", O.IN, ("FR", "BE", "CH")),
        "needs country to be FR, BE or CH",
        "il faut : pays vaut FR, BE ou CH",
    ),
    (
        Gap("score.total", O.AT_LEAST, 40),
        "needs total score to be at least 40",
        "score total : au moins 40",
    ),
    (
        Gap("country", O.STARTS_WITH, "x", negated=True),
        "needs not: country starts with x",
        "il faut : non : pays commence par x",
    ),
]


@pytest.mark.parametrize(("gap", "english", "french"), GAPS)
def test_a_gap_reads_well_in_both_languages(gap, english, french):
    assert gap.text("en", LABELS) == english
    assert gap.text("fr", LABELS) == french
    assert gap.text("xx", LABELS) == english


def test_wildcards_stay_quick_on_hostile_patterns():
    compiled = compile_condition(Clause("f", O.MATCHES, "*a" * 40 + "b"))
    assert not compiled.holds({"f": "a" * 5000}, NOW)
