"""Returned leads: which programme, what is written in which order, how long, and never back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.calendars import NEVER
from connector.core.events import EventKind
from connector.core.problems import Mender, Severity
from connector.core.recycling import LIFECYCLE_ORDER, Recycler, support
from connector.core.routing import Router
from connector.core.rules.promises import Promises, Touches
from connector.core.rules.recycling import Programme, RecycleRule, Recycling, StatusRule

from .agreed import MONDAY_9, is_, line, rule, ruleset, state
from .test_promises import CALLS, event
from .test_status import deal, told

DAY = timedelta(days=1)
RULES = Recycling(
    statuses={"Fake": StatusRule(status="Fake", hubspot_lead_status="UNQUALIFIED")},
    rules=(
        RecycleRule(
            name="not now", reasons=("not_now",), programme="warm", cool_down_days=60,
            return_after_days=180, return_on_field="start_on", place=line(8, "recycling.yaml"),
        ),
        RecycleRule(
            name="big", reasons=("no_budget",), programme="case",
            when=is_("employees", 500, "at_least"),
        ),
        RecycleRule(name="no answer", reasons=("no_answer",), programme="wake", cool_down_days=45),
    ),
    programmes={
        "warm": Programme(name="warm", hubspot_list="Warm"),
        "case": Programme(name="case", hubspot_property="lr_programme", hubspot_value="CASE"),
        "wake": Programme(name="wake", hubspot_list="Wake"),
        "general": Programme(name="general", hubspot_property="lr_programme"),
        "deals": Programme(name="deals", hubspot_list="Deals"),
    },
    fallback_programme="general",
    recycled_stage="lead",
    recycled_lead_status="BAD_TIMING",
    reason_property="lr_reason",
    goal_property="lr_goal",
    stalled_programme="deals",
    never_again=("competitor",),
    max_cycles=3,
)  # fmt: skip
AGREED = ruleset(
    recycling=RULES,
    promises=Promises(
        clauses={}, raci=(), enforcer="lead_manager", minimum_touches=Touches(phone=2, email=1)
    ),
)
RECYCLER = Recycler(AGREED)
PASSED = state(owner="ana", cycle=1)


def decide(disposition="recycle", reason="no_budget", lead=PASSED, **more):
    more.setdefault("values", {})
    more.setdefault("events", ())
    more.setdefault("now", MONDAY_9)
    more.setdefault("lifecycle", "salesqualifiedlead")
    return RECYCLER.decide(lead, disposition=disposition, reason=reason, **more)


def decision(*args, **more):
    found, problems = decide(*args, **more)
    assert problems == ()
    return found


def test_the_first_rule_for_the_reason_decides():
    found = decision(reason="not_now")
    assert (found.rule, found.programme.name, found.stage) == ("not now", "warm", "lead")
    assert str(found.place) == "recycling.yaml:8:1"
    assert found.cool_down_until == MONDAY_9 + 60 * DAY
    assert found.next_cycle == 2


def test_a_rule_may_ask_about_the_lead():
    assert decision(values={"employees": 900}).programme.name == "case"
    assert decision(values={"employees": 9}).programme.name == "general"
    assert decision(facts={"employees": 900}).programme.name == "case"


def test_without_a_rule_the_fallback_takes_care():
    found = decision(values={"employees": 9})
    assert (found.rule, found.cool_down_until) == ("fallback", MONDAY_9 + 30 * DAY)


# --- what is written -------------------------------------------------------------------------


def test_a_lifecycle_stage_that_goes_back_is_cleared_in_a_request_of_its_own():
    assert decision(values={"employees": 900}, goal="needs a budget").writes == (
        {"lifecyclestage": ""},
        {
            "lifecyclestage": "lead",
            "hs_lead_status": "BAD_TIMING",
            "lr_reason": "no_budget",
            "lr_goal": "needs a budget",
            "lr_programme": "CASE",
        },
    )


@pytest.mark.parametrize(
    ("now", "wanted", "writes"),
    [
        ("lead", "lead", []),
        ("subscriber", "lead", ["lead"]),
        ("", "lead", ["lead"]),
        (None, "lead", ["lead"]),
        ("customer", "lead", ["", "lead"]),
        ("4711", "lead", ["", "lead"]),
        ("lead", "4711", ["", "4711"]),
        ("lead", None, []),
    ],
)
def test_the_way_of_the_lifecycle_stage(now, wanted, writes):
    assert [w["lifecyclestage"] for w in RECYCLER.lifecycle_writes(now, wanted)] == writes


@given(st.sampled_from(LIFECYCLE_ORDER), st.sampled_from(LIFECYCLE_ORDER))
def test_what_is_written_always_takes_effect_in_a_system_that_only_goes_forward(now, wanted):
    current = now
    for write in RECYCLER.lifecycle_writes(now, wanted):
        value = write["lifecyclestage"]
        if (
            not current
            or not value
            or LIFECYCLE_ORDER.index(value) > LIFECYCLE_ORDER.index(current)
        ):
            current = value
    assert current == wanted


def test_a_contact_that_is_where_it_should_be_is_written_once():
    [write] = decision(lifecycle="lead").writes
    assert "lifecyclestage" not in write


# --- the four ways ---------------------------------------------------------------------------


def test_junk_is_put_aside_for_good():
    found = decision("junk", "fake", status="FAKE", lifecycle="lead")
    assert (found.stage, found.programme, found.final) == ("unqualified", None, True)
    assert found.cool_down_until == NEVER
    assert found.writes == (
        {
            "lifecyclestage": "other",
            "hs_lead_status": "UNQUALIFIED",
            "lr_reason": "fake",
            "lr_goal": "",
        },
    )


def test_some_reasons_are_for_good():
    found = decision(reason="competitor")
    assert (found.stage, found.final, found.rule) == ("unqualified", True, "never again")


def test_too_many_cycles_end_the_way():
    assert decision(lead=replace(PASSED, cycle=2)).next_cycle == 3
    found = decision(lead=replace(PASSED, cycle=3))
    assert (found.stage, found.final, found.programme) == ("inactive", True, None)
    assert found.because == "came back 3 times; the limit is 3"


def test_unreachable_is_no_answer_before_the_agreed_touches():
    found, [problem] = decide("unreachable", "no_answer", events=CALLS[:2])
    assert found is None
    assert (problem.code, problem.mender) == ("unreachable-too-early", Mender.REP)
    assert problem.what == "called unreachable after 1 of 2 calls and 1 of 1 mails"
    assert str(problem.where) == "lead/hs-1"


def test_unreachable_after_the_agreed_touches_has_its_own_programme():
    found = decision("unreachable", "no_answer", events=CALLS)
    assert (found.programme.name, found.cool_down_until) == ("wake", MONDAY_9 + 45 * DAY)


def test_touches_of_an_earlier_cycle_do_not_count():
    lead = replace(PASSED, cycle=2, salesforce_id="00Q1", salesforce_kind="Lead")
    found, [problem] = decide("unreachable", "no_answer", lead=lead, events=CALLS)
    assert found is None
    assert str(problem.where) == "salesforce:Lead/00Q1"


# --- coming back -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "returns"),
    [
        (None, MONDAY_9 + 180 * DAY),
        (date(2026, 6, 1), datetime(2026, 6, 1, tzinfo=UTC)),
        (date(2025, 6, 1), MONDAY_9 + 180 * DAY),
        (datetime(2026, 6, 1, 8, tzinfo=UTC), datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("soon", MONDAY_9 + 180 * DAY),
    ],
)
def test_not_now_comes_back_on_the_day_the_lead_has_named(named, returns):
    assert decision(reason="not_now", values={"start_on": named}).returns_at == returns


def test_others_come_back_only_by_what_they_do():
    assert decision().returns_at is None


def test_a_lead_never_goes_back_to_the_one_who_refused_it():
    found = decision(lead=replace(PASSED, refused_by=("ben",)))
    assert found.refused_by == ("ben", "ana")
    again = state(refused_by=found.refused_by, cycle=2)
    router = Router(ruleset(rule("emea", "team:emea")))
    assert router.route({}, again, now=MONDAY_9).owner == "cho"


def test_a_queue_refuses_nothing():
    assert decision(lead=replace(PASSED, owner="queue:inbox")).refused_by == ()


# --- people ----------------------------------------------------------------------------------


def test_without_consent_nobody_is_enrolled_anywhere():
    found = decision(values={"employees": 900}, consent=False)
    assert found.programme is None
    assert "lr_programme" not in found.writes[-1]
    assert "no consent" in found.because


def test_a_missing_reason_is_told_but_holds_nobody_up():
    found, [problem] = decide(reason="")
    assert found.programme.name == "general"
    assert (problem.code, problem.severity, problem.mender) == (
        "no-reason",
        Severity.WARNING,
        Mender.REP,
    )


def test_the_facts_that_are_recorded():
    found = decision(reason="not_now", goal="needs a date")
    origin = {"source": "fair"}
    told = found.events(PASSED, "key of the rejection", MONDAY_9, AGREED, origin)
    recycled, moved, opened = told
    assert recycled.kind is EventKind.RECYCLED
    assert recycled.data == {
        "disposition": "recycle",
        "reason": "not_now",
        "programme": "warm",
        "goal": "needs a date",
        "final": False,
    }
    assert (moved.kind, moved.data["direction"]) == (EventKind.STAGE_CHANGED, "back")
    assert (opened.kind, opened.cycle) == (EventKind.CYCLE_OPENED, 2)
    assert opened.data == {"cycle": 2, "source": "fair"}  # it goes on counting for where it began
    later = found.events(PASSED, "key of the rejection", MONDAY_9 + DAY, AGREED, origin)
    assert later[0].key == recycled.key
    closed = decision("junk", "fake").events(PASSED, "key", MONDAY_9, AGREED, origin)
    assert [e.kind for e in closed] == [EventKind.RECYCLED, EventKind.STAGE_CHANGED]


# --- stalled deals ---------------------------------------------------------------------------


def test_a_stalled_deal_gets_support_once_for_each_sleep():
    events = told([deal()])
    assert support(PASSED, "0061", events, AGREED, MONDAY_9 + 14 * DAY) is None
    asleep = support(PASSED, "0061", events, AGREED, MONDAY_9 + 15 * DAY)
    later = support(PASSED, "0061", events, AGREED, MONDAY_9 + 20 * DAY)
    assert asleep.programme.name == "deals"
    assert (asleep.event.kind, asleep.event.at) == (EventKind.STALLED, MONDAY_9 + 14 * DAY)
    assert later.event == asleep.event
    woken = [*events, asleep.event, event("touched", 16 * DAY)]
    assert support(PASSED, "0061", woken, AGREED, MONDAY_9 + 20 * DAY) is None
    again = support(PASSED, "0061", woken, AGREED, MONDAY_9 + 31 * DAY)
    assert again.event.key != asleep.event.key
    assert (
        support(PASSED, "0061", events, AGREED, MONDAY_9 + 15 * DAY, consent=False).programme
        is None
    )
