"""Disputes: answered with a quote, or turned into an example that counts against the rule."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from connector.core.conditions import compile_condition
from connector.core.disputes import Contested, contested_rules, definitions, dispute, settle
from connector.core.rules.conditions import All
from connector.core.rules.qualification import BantRule, StageRule

from .agreed import FIELDS, MONDAY_9, QUALIFICATION, is_, line, ruleset

LATER = MONDAY_9 + timedelta(days=1)
SQL = StageRule(
    stage="sql",
    when=All((is_("employees", 50, "at_least"), is_("score.total", 70, "at_least"),
              is_("phone", True, "present"))),
    place=line(41, "qualification.yaml"),
)  # fmt: skip
BUDGET = BantRule(letter="budget", when=is_("budget", 10_000, "at_least"))
PERSONAL = replace(FIELDS.rules["phone"], personal=True)
AGREED = replace(
    ruleset(qualification=replace(QUALIFICATION, stages=(SQL,), bant=(BUDGET,))),
    fields=replace(FIELDS, rules={**FIELDS.rules, "phone": PERSONAL}),
)
FACTS = {"employees": 60, "score.total": 71.6, "phone": "+33123456789", "country": "FR"}


def contested(name="stage:sql", lead_id="hs-1", cycle=1):
    return dispute(
        definitions(AGREED)[name],
        lead_id=lead_id,
        cycle=cycle,
        by="ana",
        why="a school",
        now=MONDAY_9,
    )


def settled(event, upheld, facts=FACTS):
    return settle(event, AGREED, facts, upheld=upheld, by="max", now=LATER)


def test_every_rule_of_the_qualification_can_be_contested():
    assert definitions(AGREED).keys() == {"stage:sql", "bant:budget"}
    assert str(contested().place) == "qualification.yaml:41:1"


def test_a_lead_is_contested_once_a_rule_and_cycle():
    assert contested().key == contested().key
    assert len({contested().key, contested("bant:budget").key, contested(cycle=2).key}) == 3


def test_a_rejected_dispute_is_answered_with_the_clauses_the_lead_fulfilled():
    done = settled(contested(), upheld=False, facts={**FACTS, "score.total": 60})
    assert done.quoted == ("employees is at least 50", "phone is known")
    assert len(done.unmet) == 1
    assert done.example is None
    assert done.event.data["upheld"] is False


def test_an_upheld_dispute_becomes_an_example_that_the_rule_fails_today():
    done = settled(contested(), upheld=True)
    assert done.example.given == {"employees": 60, "score.total": Decimal("71.6")}
    assert done.example.expect == "no match"
    assert done.left_out == ("phone",)
    assert compile_condition(SQL.when).holds({**done.example.given, "phone": "x"}, LATER)
    assert "+331" not in str(done)


def test_a_rule_that_is_gone_cannot_be_settled():
    with pytest.raises(LookupError):
        settle(contested(), ruleset(), FACTS, upheld=True, by="max", now=LATER)


def test_disputes_count_against_the_rule():
    events = [contested(lead_id=f"hs-{n}") for n in range(4)] + [contested("bant:budget")]
    events += [settled(e, upheld=e.lead_id == "hs-0").event for e in events[:3]]
    assert contested_rules(events) == {
        "stage:sql": Contested(disputed=4, upheld=1, rejected=2),
        "bant:budget": Contested(disputed=1, upheld=0, rejected=0),
    }
    assert contested_rules(events)["stage:sql"].waiting == 1
    assert next(iter(contested_rules(events))) == "stage:sql"
