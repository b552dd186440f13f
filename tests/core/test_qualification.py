from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.qualification import Qualifier
from connector.core.records import Activity, LeadState
from connector.core.rules.conditions import ALWAYS, All, Any, Clause, Operator
from connector.core.rules.qualification import (
    BantRule,
    CompletenessRule,
    DisqualifyRule,
    Qualification,
    Requalification,
    ScoreRule,
    StageRule,
    Temperature,
)
from connector.core.rules.recycling import Recycling
from tests.core.agreed import line, ruleset

O = Operator  # noqa: E741
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILE = "qualification.yaml"


def at_least(field, number):
    return Clause(field, O.AT_LEAST, number)


RULES = Qualification(
    disqualify=(
        DisqualifyRule(
            name="competitor",
            when=Clause("email", O.ENDS_WITH, "@rival.example"),
            reason="competitor",
            place=line(3, FILE),
        ),
    ),
    fit=(
        ScoreRule(name="big", points=40, when=at_least("employees", 50), place=line(10, FILE)),
        ScoreRule(name="here", points=20, when=Clause("country", O.IN, ("FR", "DE"))),
        ScoreRule(name="private", points=-15, when=Clause("email", O.ENDS_WITH, "@mail.example")),
    ),
    intent=(
        ScoreRule(name="form", points=20, activity="form", half_life_days=10, at_most=30),
        ScoreRule(name="demo", points=30, when=Clause("interest", O.IS, "demo")),
    ),
    completeness=(
        CompletenessRule(name="email", points=10),
        CompletenessRule(name="phone", points=30, question={"en": "Which number?"}),
        CompletenessRule(name="employees", points=10),
    ),
    weights={"fit": 0.5, "intent": 0.4, "completeness": 0.1},
    bant=(
        BantRule(
            letter="budget",
            when=Any((at_least("budget", 1000), at_least("employees", 500))),
            evidence=("budget", "employees"),
            place=line(50, FILE),
        ),
        BantRule(letter="authority", when=Clause("title", O.CONTAINS, "head")),
        BantRule(letter="need", when=Clause("interest", O.IN, ("demo", "trial"))),
        BantRule(letter="timing", when=Clause("start_on", O.WITHIN_DAYS, 180)),
    ),
    stages=(
        StageRule(stage="mql", when=at_least("score.fit", 20), place=line(70, FILE)),
        StageRule(
            stage="sql",
            when=All((at_least("bant.count", 2), at_least("score.total", 20))),
            place=line(80, FILE),
        ),
    ),
    temperatures=(
        Temperature(name="hot", when=at_least("score.total", 40)),
        Temperature(name="cold", when=ALWAYS),
    ),
    required_for={"mql": ("email",), "sql": ("last_name",)},
    contact_gate=("last_name", "phone"),
    requalification=Requalification(max_cycles=3),
)
RECYCLING = Recycling(
    statuses={},
    rules=(),
    programmes={},
    fallback_programme="general",
    max_cycles=4,
    never_again=("fake",),
)
GOOD = {
    "email": "ada@buyer.example",
    "last_name": "King",
    "phone": "+33612345678",
    "country": "FR",
    "employees": 60,
    "interest": "demo",
    "title": "Head of IT",
}


def qualifier(**changes):
    return Qualifier(ruleset(qualification=replace(RULES, **changes), recycling=RECYCLING))


def form(days_ago):
    return Activity(kind="form", at=NOW - timedelta(days=days_ago))


def state(stage="lead", **more):
    return LeadState(lead_id="hs-1", stage=stage, **more)


def qualify(values, activities=(), at=None, rules=None, **more):
    return (rules or qualifier()).qualify(values, activities, at or state(), NOW, **more)


def test_a_good_lead_climbs_to_sales_with_its_reasons():
    verdict = qualify(GOOD, (form(0),))
    assert (verdict.stage, verdict.previous_stage, verdict.changed) == ("sql", "lead", True)
    assert verdict.may_pass
    assert verdict.scores == (60.0, 50.0, 100.0, 60.0)
    assert verdict.temperature == "hot"
    assert verdict.rule == "sql"
    assert str(verdict.place) == "qualification.yaml:80:1"
    assert verdict.missing == ()
    assert verdict.goal() == ""


def test_bad_leads_come_first_and_say_why():
    verdict = qualify({**GOOD, "email": "spy@rival.example"})
    assert verdict.stage == "unqualified"
    assert (verdict.disqualified, verdict.reason) == ("competitor", "competitor")
    assert str(verdict.place) == "qualification.yaml:3:1"
    assert not verdict.may_pass


def test_a_lead_with_sales_is_not_taken_away_by_a_bad_lead_rule():
    verdict = qualify({**GOOD, "email": "spy@rival.example"}, at=state("sql", passed_at=NOW))
    assert verdict.stage == "sql"
    assert verdict.disqualified == "competitor"
    assert [one.code for one in verdict.held] == ["with-sales"]


def test_a_lead_that_is_no_longer_bad_starts_again():
    assert qualify(GOOD, (form(0),), at=state("unqualified")).stage == "sql"
    assert qualify({}, at=state("unqualified")).stage == "lead"


@pytest.mark.parametrize(
    ("days", "points"),
    [((0,), 20), ((10,), 10), ((20,), 5), ((0, 10), 30), ((0, 0, 0), 30), ((-5,), 20), ((), 0)],
)
def test_activities_count_half_after_each_half_life_and_never_above_the_cap(days, points):
    verdict = qualify({}, tuple(form(one) for one in days))
    assert verdict.scores.intent == points


def test_scores_stay_between_0_and_100():
    rules = qualifier(fit=(ScoreRule(name="a", points=90), ScoreRule(name="b", points=90)))
    assert qualify({}, rules=rules).scores.fit == 100
    rules = qualifier(fit=(ScoreRule(name="a", points=-5),))
    assert qualify({}, rules=rules).scores.fit == 0


def test_bant_answers_carry_evidence_and_date():
    known = {"employees": NOW - timedelta(days=9), "budget": NOW - timedelta(days=3)}
    values = {**GOOD, "employees": 600, "budget": 10}
    budget, authority, _, timing = qualify(values, known_since=known).bant
    assert budget.answered
    assert budget.evidence == ("budget", "employees")
    assert budget.at == NOW - timedelta(days=3)
    assert str(budget.place) == "qualification.yaml:50:1"
    assert authority.evidence == ("title",)
    assert authority.at == NOW
    assert (timing.answered, timing.evidence, timing.at) == (False, (), None)


def test_what_is_missing_is_the_goal_of_nurturing():
    verdict = qualify({"email": "a@b.example", "country": "FR", "employees": 10})
    assert (verdict.stage, verdict.next_stage) == ("mql", "sql")
    assert [gap.field for gap in verdict.missing] == [
        "budget",
        "title",
        "score.total",
        "last_name",
    ]
    assert verdict.goal("en", {"title": {"en": "Job title"}}) == (
        "needs budget to be at least 1000, needs job title contains head, "
        "needs total score to be at least 20 and needs a last name"
    )


def test_the_next_question_is_one_the_next_stage_lacks_else_the_most_worth():
    assert qualify({"country": "FR"}).question == "email"
    verdict = qualify({"email": "a@b.example", "country": "FR"})
    assert verdict.stage == "mql"
    assert verdict.question == "phone"
    assert qualify(GOOD).question is None


def test_the_contact_gate_holds_with_a_reason():
    values = {name: value for name, value in GOOD.items() if name != "phone"}
    verdict = qualify(values, (form(0),))
    assert verdict.stage == "sql"
    assert not verdict.may_pass
    assert [(one.code, one.what) for one in verdict.held] == [("contact-gate", ("phone",))]
    assert verdict.held[0].text() == "held: cannot be handed over without phone"
    assert verdict.held[0].text("fr") == "retenu : pas de transmission sans phone"
    assert verdict.goal() == "needs a phone"
    assert qualify(GOOD, at=state("sql")).may_pass
    assert not qualify(GOOD, at=state("sql", passed_at=NOW)).may_pass


def test_a_manual_stage_is_only_proposed():
    stages = (replace(RULES.stages[0], manual=True), RULES.stages[1])
    verdict = qualify(GOOD, rules=qualifier(stages=stages))
    assert (verdict.stage, verdict.proposed) == ("lead", "mql")
    assert [one.code for one in verdict.held] == ["lead-centre"]
    decided = qualify(GOOD, at=state("mql"), rules=qualifier(stages=stages))
    assert decided.stage == "sql"


def test_a_step_back_never_happens_by_itself():
    assert qualify({}, at=state("mql")).stage == "mql"
    assert qualify({}, at=state("sql", passed_at=NOW)).stage == "sql"
    for stage in ("accepted", "opportunity", "customer", "inactive"):
        assert qualify({}, at=state(stage)).stage == stage


BACK = NOW - timedelta(days=20)
AGAIN = {"cycle": 2, "cycle_started_at": BACK, "reason": "not_now"}


@pytest.mark.parametrize(
    ("more", "activities", "codes", "stage"),
    [
        ({}, (form(1),), (), "sql"),
        ({}, (form(30),), ("no-new-activity",), "mql"),
        ({"cool_down_until": NOW + timedelta(days=1)}, (form(1),), ("cool-down",), "mql"),
        ({"cool_down_until": NOW}, (form(1),), (), "sql"),
        ({"cycle": 3}, (form(1),), (), "sql"),
        ({"cycle": 4}, (form(1),), ("max-cycles",), "mql"),
        ({"reason": "fake"}, (form(1),), ("never-again",), "lead"),
    ],
)
def test_a_lead_that_came_back_is_guarded(more, activities, codes, stage):
    verdict = qualify(GOOD, activities, at=state(**{**AGAIN, **more}))
    assert tuple(one.code for one in verdict.held) == codes
    assert verdict.stage == stage
    assert verdict.may_pass is (codes == ())
    for one in verdict.held:
        assert one.text("en")
        assert one.text("fr")


def test_only_what_happened_since_the_return_counts():
    verdict = qualify({}, (form(30), form(0)), at=state(**AGAIN))
    assert verdict.scores.intent == 20
    rules = qualifier(requalification=Requalification(new_activity=False))
    assert qualify({}, (form(30), form(0)), at=state(**AGAIN), rules=rules).scores.intent > 20


def test_conditions_may_ask_about_activities():
    warm = Temperature(
        name="warm",
        when=All((at_least("activity.form", 2), Clause("activity.form.last", O.WITHIN_DAYS, 3))),
    )
    rules = qualifier(temperatures=(warm,))
    assert qualify({}, (form(9), form(1)), rules=rules).temperature == "warm"
    assert qualify({}, (form(9), form(8)), rules=rules).temperature == ""


def test_the_explanation_names_every_rule_and_clause_with_its_value():
    verdict = qualify(GOOD, (form(10),))
    found = verdict.explain()
    parts = [one.part for one in found]
    assert list(dict.fromkeys(parts)) == [
        "disqualify", "fit", "intent", "completeness", "bant", "temperature", "stage",
    ]  # fmt: skip
    big = next(one for one in found if one.name == "big")
    assert (big.passed, big.points, str(big.place)) == (True, 40.0, "qualification.yaml:10:1")
    assert [(c.field, c.wanted, c.value, c.passed) for c in big.clauses] == [
        ("employees", 50, 60, True)
    ]
    one_form = next(one for one in found if one.name == "form")
    assert (one_form.points, one_form.counted) == (10.0, 1)
    sql = next(one for one in found if one.name == "sql")
    assert [(c.field, c.value) for c in sql.clauses] == [("bant.count", 2), ("score.total", 56.0)]
    by_part = {
        part: sum(one.points for one in found if one.part == part)
        for part in ("fit", "intent", "completeness")
    }
    assert by_part == {"fit": 60.0, "intent": 40.0, "completeness": 100.0}
    assert verdict.evidence == [
        (one.name, one.points) for one in found if one.part in ("fit", "intent") and one.passed
    ]


STATES = st.builds(
    state,
    st.sampled_from(("lead", "mql", "sql", "accepted", "inactive", "unqualified", "", "odd")),
    cycle=st.integers(1, 5),
    cycle_started_at=st.none() | st.just(BACK),
    passed_at=st.none() | st.just(NOW),
    cool_down_until=st.sampled_from((None, NOW - timedelta(1), NOW + timedelta(1))),
    reason=st.sampled_from((None, "fake", "not_now")),
)
VALUES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from((None, "", value, "x", 5)) for name, value in GOOD.items()}
)
ORDER = {"unqualified": -1, "": 0, "odd": 0, "lead": 0, "inactive": 0, "mql": 1, "sql": 2}
RULES_COMPILED = qualifier()


@given(VALUES, st.lists(st.integers(-5, 60), max_size=4), STATES)
@settings(max_examples=400, deadline=None)
def test_whatever_comes_in_the_laws_hold(values, days, at):
    activities = tuple(form(one) for one in days)
    verdict = RULES_COMPILED.qualify(values, activities, at, NOW)
    assert verdict.disqualified is None
    if at.stage in ORDER:
        assert ORDER[verdict.stage] >= ORDER[at.stage]
    assert all(0 <= score <= 100 for score in verdict.scores)
    if verdict.may_pass:
        assert verdict.stage == "sql"
        assert values.get("phone")
        assert values.get("last_name")
        assert at.passed_at is None
        assert at.stage == "sql" or (
            at.reason != "fake"
            and at.cycle <= 3
            and (at.cool_down_until is None or at.cool_down_until <= NOW)
        )
    again = RULES_COMPILED.qualify(values, activities, at, NOW)
    assert (again.stage, again.scores, again.held) == (verdict.stage, verdict.scores, verdict.held)
    settled = replace(at, stage=verdict.stage)
    assert RULES_COMPILED.qualify(values, activities, settled, NOW).stage == verdict.stage


@given(VALUES, st.lists(st.integers(-5, 60), max_size=4), STATES)
@settings(max_examples=200, deadline=None)
def test_what_is_remembered_as_missing_is_what_is_missing(values, days, at):
    activities = tuple(form(one) for one in days)
    verdict = RULES_COMPILED.qualify(values, activities, at, NOW)
    assert verdict.missing == qualifier().qualify(values, activities, at, NOW).missing
