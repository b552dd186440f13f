"""Promises against the clocks: kept, at risk and broken, clause by clause."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.calendars import Calendars
from connector.core.clocks import delays, touches_of, touches_short
from connector.core.events import Event, EventKind, event_key
from connector.core.promises import Promises, PromiseState, volume_state
from connector.core.rules.people import Absence
from connector.core.rules.promises import Clause, ClockKind, Escalation, Side, Touches
from connector.core.rules.promises import Promises as Agreed

from .agreed import MONDAY_9, hours, is_, people, person, ruleset

DAY = timedelta(days=1)
OPEN, AT_RISK, PAUSED, KEPT, BROKEN, LAPSED = PromiseState


def clause(name, **more):
    more.setdefault("side", Side.SALES)
    more.setdefault("start", "delivered")
    more.setdefault("stop", ("touched", "accepted", "rejected"))
    more.setdefault("within", hours(4))
    more.setdefault("clock", ClockKind.BUSINESS)
    return Clause(name=name, **more)


def event(kind, after=timedelta(), cycle=1, at=MONDAY_9, **data):
    moment = at + after
    return Event(
        key=event_key(kind, "hs-1", f"{moment} {sorted(data.items())}"),
        lead_id="hs-1",
        kind=EventKind(kind),
        at=moment,
        cycle=cycle,
        data=data,
    )


def delivered(after=timedelta(), **more):
    more.setdefault("owner", "ana")
    return event("delivered", after, **more)


def watched(*clauses, roster=None):
    agreed = Agreed(clauses={c.name: c for c in clauses}, raci=(), enforcer="lead_manager")
    return Promises(ruleset(promises=agreed, roster=roster))


def states(clauses, events, after, facts=None, **more):
    clauses = clauses if isinstance(clauses, tuple) else (clauses,)
    return watched(*clauses, **more).states(events, facts or {}, MONDAY_9 + after)


def only(*args, **more):
    [state] = states(*args, **more)
    return state


# --- every kind of clause: kept, at risk, broken ---------------------------------------------

FIRST_CONTACT = clause("first_contact", at_risk=hours(1))
TOUCH_COUNT = clause(
    "touches", touches=Touches(phone=2, email=1), stop=("converted", "rejected"),
    within=5 * DAY, clock=ClockKind.CALENDAR, at_risk=DAY,
)  # fmt: skip
DECIDE = clause(
    "decide",
    stop=("accepted", "rejected"),
    within=14 * DAY,
    clock=ClockKind.CALENDAR,
    at_risk=2 * DAY,
)
WORK_FOR = clause(
    "work_for", start="accepted", stop=("converted", "rejected"), within=30 * DAY,
    clock=ClockKind.CALENDAR, at_risk=5 * DAY,
)  # fmt: skip
STATUS_AGE = clause(
    "status_age", restarts=("status_changed",), stop=("converted", "rejected"), within=7 * DAY,
    clock=ClockKind.CALENDAR, at_risk=DAY,
)  # fmt: skip
STALLED = clause(
    "stalled", start="opportunity_created", restarts=("opportunity_changed", "touched"),
    stop=("won", "lost"), within=14 * DAY, clock=ClockKind.CALENDAR, at_risk=3 * DAY,
)  # fmt: skip
NOTES = clause(
    "notes", start="touched", stop=("note_written",), within=DAY, clock=ClockKind.CALENDAR,
    at_risk=hours(6),
)  # fmt: skip
SYSTEM = clause(
    "hand_over", side=Side.MARKETING, start="handed_off", stop=("delivered",),
    within=timedelta(minutes=15), clock=ClockKind.CALENDAR, at_risk=timedelta(minutes=5),
    responsible="marketing_manager",
)  # fmt: skip
CALLS = [event("touched", n * DAY, channel=c) for n, c in ((1, "phone"), (2, "email"), (3, "call"))]
OPPORTUNITY = event("opportunity_created", opportunity="006A")

CASES = [
    (FIRST_CONTACT, [delivered()], [event("touched", hours(2))], hours(3.5), hours(7)),
    (TOUCH_COUNT, [delivered()], CALLS, 4.5 * DAY, 6 * DAY),
    (DECIDE, [delivered()], [event("accepted", 3 * DAY)], 13 * DAY, 15 * DAY),
    (WORK_FOR, [event("accepted")], [event("converted", 9 * DAY)], 26 * DAY, 31 * DAY),
    (STALLED, [OPPORTUNITY], [event("won", 9 * DAY, opportunity="006A")], 12 * DAY, 15 * DAY),
    (NOTES, [event("touched")], [event("note_written", hours(3))], hours(20), hours(25)),
    (SYSTEM, [event("handed_off")], [delivered(hours(0.1))], hours(0.2), hours(1)),
    (STATUS_AGE, [delivered()], [event("rejected", 2 * DAY)], 6.5 * DAY, 8 * DAY),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "begun", "answer", "late", "too_late"), CASES, ids=lambda c: getattr(c, "name", "")
)
def test_every_clause_is_kept_at_risk_or_broken(rule, begun, answer, late, too_late):
    done = only(rule, [*begun, *answer], late)
    assert (done.state, done.stopped_at) == (KEPT, answer[-1].at)
    assert not done.running
    assert only(rule, begun, timedelta()).state is OPEN
    assert only(rule, begun, late).state is AT_RISK
    broken = only(rule, begun, too_late)
    assert (broken.state, broken.running) == (BROKEN, True)
    answered = (
        only(rule, [*begun, event(answer[-1].kind, 40 * DAY, **answer[-1].data)], 50 * DAY)
        if rule is not TOUCH_COUNT
        else only(rule, [*begun, event("converted", 40 * DAY)], 50 * DAY)
    )
    assert (answered.state, answered.running) == (BROKEN, False)


def test_nothing_is_promised_before_the_start():
    assert states(FIRST_CONTACT, [event("captured")], DAY) == []


def test_an_answer_at_the_last_moment_keeps_the_word():
    assert only(FIRST_CONTACT, [delivered(), event("touched", hours(5))], DAY).state is KEPT
    late = event("touched", hours(5) + timedelta(microseconds=1))
    assert only(FIRST_CONTACT, [delivered(), late], DAY).state is BROKEN


# --- clocks ----------------------------------------------------------------------------------


def test_lunch_and_nights_do_not_count():
    state = only(FIRST_CONTACT, [delivered()], hours(3.5))
    assert state.due == MONDAY_9 + hours(5)
    assert state.at_risk_at == MONDAY_9 + hours(3)
    assert state.taken == hours(3)  # by 12:30 the lunch break has begun
    friday = delivered(4 * DAY + hours(8))
    assert only(FIRST_CONTACT, [friday], 6 * DAY).due == MONDAY_9 + 7 * DAY + hours(3)


def test_the_responsible_persons_own_hours_and_absences_count():
    to_dan = delivered(owner="dan")
    assert only(FIRST_CONTACT, [to_dan], hours(1)).due == MONDAY_9 + hours(6 + 5)
    absent = person("ana", absences=(Absence(first=date(2026, 3, 2), last=date(2026, 3, 3)),))
    state = only(FIRST_CONTACT, [delivered()], 2 * DAY, roster=people(absent))
    assert state.due == MONDAY_9 + 2 * DAY + hours(5)


def test_a_named_calendar_goes_before_the_persons():
    named = replace(FIRST_CONTACT, calendar="east")
    assert only(named, [delivered()], hours(1)).due == MONDAY_9 + hours(11)


def test_a_queue_is_answered_for_by_its_responsible_person():
    state = only(FIRST_CONTACT, [delivered(owner="queue:inbox")], hours(1))
    assert (state.responsible, state.owner) == ("max", "queue:inbox")
    assert only(FIRST_CONTACT, [delivered(owner="somebody")], hours(1)).responsible == ""


def test_pauses_stop_the_clock():
    pausing = replace(FIRST_CONTACT, pauses={"queued_for_centre": "routed"})
    events = [delivered(), event("queued_for_centre", hours(1))]
    waiting = only(pausing, events, 3 * DAY)
    assert (waiting.state, waiting.taken) == (PAUSED, hours(1))
    resumed = only(pausing, [*events, event("routed", DAY, owner="ana")], DAY + hours(1))
    assert (resumed.state, resumed.taken, resumed.due) == (
        OPEN,
        hours(2),
        MONDAY_9 + DAY + hours(3),
    )


def test_a_broken_promise_is_not_mended_by_a_pause():
    pausing = replace(FIRST_CONTACT, pauses={"queued_for_centre": "routed"})
    events = [delivered(), event("queued_for_centre", 2 * DAY)]
    assert only(pausing, events, 3 * DAY).state is BROKEN


# --- runs ------------------------------------------------------------------------------------


def test_a_second_start_changes_nothing_while_the_clause_runs():
    state = only(FIRST_CONTACT, [delivered(), delivered(hours(1))], hours(2))
    assert state.started_at == MONDAY_9


def test_a_change_of_status_keeps_the_old_age_and_begins_a_new_one():
    first, second = states(STATUS_AGE, [delivered(), event("status_changed", 3 * DAY)], 8 * DAY)
    assert (first.state, second.state, second.started_at) == (KEPT, OPEN, MONDAY_9 + 3 * DAY)
    final = [delivered(), event("status_changed", 3 * DAY), event("rejected", 3 * DAY)]
    assert [s.running for s in states(STATUS_AGE, final, 30 * DAY)] == [False, False]


def test_each_opportunity_has_its_own_clock():
    events = [
        OPPORTUNITY,
        event("opportunity_created", 2 * DAY, opportunity="006B"),
        event("opportunity_changed", 10 * DAY, opportunity="006B"),
        event("lost", 12 * DAY, opportunity="006B"),
    ]
    found = [(s.subject, s.state) for s in states(STALLED, events, 20 * DAY)]
    assert found == [("006A", BROKEN), ("006B", KEPT), ("006B", KEPT)]


def test_a_call_counts_as_an_update_of_every_opportunity():
    events = [OPPORTUNITY, event("touched", 10 * DAY, channel="phone")]
    assert [(s.subject, s.state) for s in states(STALLED, events, 20 * DAY)] == [
        ("006A", KEPT),
        ("006A", OPEN),
    ]


def test_whoever_takes_over_has_the_whole_time_and_the_breach_stays_with_the_former_owner():
    events = [delivered(), event("reassigned", DAY, **{"from": "ana", "to": "ben"})]
    first, second = states(FIRST_CONTACT, events, DAY + hours(1))
    assert (first.state, first.responsible, first.running) == (BROKEN, "ana", False)
    assert (second.state, second.responsible) == (OPEN, "ben")
    assert second.due == MONDAY_9 + DAY + hours(5)


def test_an_owner_changed_by_hand_inherits_the_time_left():
    events = [delivered(), event("owner_changed", hours(1), to="dan")]
    state = only(FIRST_CONTACT, events, hours(2))
    assert (state.responsible, state.started_at) == ("dan", MONDAY_9)


@pytest.mark.parametrize(
    "ending", [event("deleted", hours(1)), event("cycle_opened", hours(1), cycle=2)]
)
def test_what_nobody_owes_any_more_lapses(ending):
    state = only(FIRST_CONTACT, [delivered(), ending], 9 * DAY)
    assert (state.state, state.running) == (LAPSED, False)


def test_each_cycle_has_its_own_promise_and_late_news_of_the_old_one_does_not_count():
    events = [
        delivered(), event("rejected", hours(1)),
        delivered(60 * DAY, cycle=2), event("touched", 60 * DAY + hours(1), cycle=1),
    ]  # fmt: skip
    first, second = states(FIRST_CONTACT, events, 60 * DAY + hours(2))
    assert (first.state, first.cycle, second.state, second.cycle) == (KEPT, 1, OPEN, 2)


def test_a_clause_for_some_leads_only():
    hot = replace(FIRST_CONTACT, when=is_("temperature", "hot"))
    assert states(hot, [delivered()], hours(1), {"temperature": "cold"}) == []
    assert only(hot, [delivered()], hours(1), {"temperature": "hot"}).state is OPEN


def test_what_happens_after_now_is_not_known_yet():
    assert only(FIRST_CONTACT, [delivered(), event("touched", hours(2))], hours(1)).state is OPEN


# --- touches ---------------------------------------------------------------------------------


def test_touches_are_counted_by_channel_and_a_meeting_is_a_conversation():
    two = [event("touched", DAY, channel="email"), event("touched", 2 * DAY, channel="meeting")]
    state = only(TOUCH_COUNT, [delivered(), *two], 3 * DAY)
    assert (state.state, state.touches) == (OPEN, Touches(phone=1, email=1))


def test_calling_a_lead_unreachable_does_not_replace_the_touches():
    gave_up = event("rejected", DAY, disposition="unreachable")
    assert only(TOUCH_COUNT, [delivered(), gave_up], 2 * DAY).state is OPEN
    returned = event("rejected", DAY, disposition="recycle")
    assert only(TOUCH_COUNT, [delivered(), returned], 2 * DAY).state is KEPT


def test_what_is_still_owed_before_a_lead_is_unreachable():
    done = touches_of([delivered(), *CALLS, event("touched", DAY, cycle=2, channel="phone")], 1)
    assert done == Touches(phone=2, email=1)
    assert touches_short(done, Touches(phone=3, email=1)) == Touches(phone=1, email=0)


# --- marketing -------------------------------------------------------------------------------

COMPLETE = clause(
    "completeness", side=Side.MARKETING, start="handed_off", stop=(), within=timedelta(),
    holds=is_("phone", True, "present"), responsible="marketing_manager",
)  # fmt: skip


def test_completeness_is_judged_at_the_hand_off_on_what_was_handed_over():
    kept = only(COMPLETE, [event("handed_off")], hours(1), {"phone": "+33"})
    assert (kept.state, kept.responsible, kept.running) == (KEPT, "mia", False)
    assert only(COMPLETE, [event("handed_off")], hours(1)).state is BROKEN
    filled_in_later = event("handed_off", phone="")
    assert only(COMPLETE, [filled_in_later], hours(1), {"phone": "+33"}).state is BROKEN


def test_completeness_is_at_risk_while_a_qualified_lead_waits_without_it():
    reached = event("stage_changed", **{"from": "mql", "to": "sql"})
    stage = {"stage": "sql"}
    waits = only(COMPLETE, [reached], hours(1), stage)
    assert (waits.state, waits.responsible, waits.running) == (AT_RISK, "mia", True)
    assert (waits.started_at, waits.look_at) == (reached.at, None)
    assert states(COMPLETE, [reached], hours(1), {**stage, "phone": "+33"}) == []
    assert states(COMPLETE, [reached], hours(1), {"stage": "mql"}) == []
    handed = event("handed_off", hours(2))
    assert only(COMPLETE, [reached, handed], hours(3), stage).state is BROKEN
    next_cycle = event("cycle_opened", DAY, cycle=2)
    assert only(COMPLETE, [reached, handed, next_cycle], 2 * DAY, stage).state is BROKEN


def test_completeness_is_judged_once():
    handed = event("handed_off")
    on_record = event("promise_broken", hours(1), clause="completeness")
    assert only(COMPLETE, [handed, on_record], DAY, {"phone": "+33"}).state is BROKEN
    other = event("promise_broken", hours(1), clause="first_contact")
    assert only(COMPLETE, [handed, other], DAY, {"phone": "+33"}).state is KEPT


@pytest.mark.parametrize(
    ("days", "state"),
    [((1, 5, 9), KEPT), ((0, 1, 2), AT_RISK), ((1, 9), BROKEN), ((-5, 1, 9), BROKEN)],
)
def test_volume_is_counted_over_all_leads(days, state):
    volume = clause("volume", start="handed_off", stop=(), within=10 * DAY, at_least=3)
    found = volume_state(volume, [MONDAY_9 + n * DAY for n in days], MONDAY_9 + 9.5 * DAY)
    assert found.state is state
    assert states(volume, [event("handed_off")], DAY) == []


# --- two clocks ------------------------------------------------------------------------------


def test_the_systems_and_the_persons_delay_are_two_figures():
    events = [
        event("handed_off", -hours(10), owner="ana"), delivered(-hours(9)),
        event("alerted", -hours(8)), event("touched", hours(2)),
    ]  # fmt: skip
    found = delays(events, 1, Calendars(people()), people())
    assert (found.system, found.human, found.person) == (hours(1), hours(2), "ana")


def test_a_delay_that_is_not_over_is_not_a_figure():
    found = delays([event("handed_off", owner="ana")], 1, Calendars(people()), people())
    assert (found.system, found.human) == (None, None)
    assert delays([delivered()], 2, Calendars(people()), people()).system is None


# --- laws ------------------------------------------------------------------------------------

kinds = st.sampled_from(
    ["delivered", "touched", "accepted", "rejected", "status_changed", "reassigned",
     "queued_for_centre", "routed", "deleted", "opportunity_created", "opportunity_changed", "won"]
)  # fmt: skip
happenings = st.builds(
    lambda kind, after, cycle, subject: event(
        kind, hours(after), cycle, owner="ana", to="ben", opportunity=subject, channel="phone"
    ),
    kinds, st.integers(0, 600), st.integers(1, 2), st.sampled_from(["", "006A", "006B"]),
)  # fmt: skip
ALL = watched(
    replace(FIRST_CONTACT, pauses={"queued_for_centre": "routed"},
            escalations=(Escalation(after=hours(6), tell=("manager",)),)),
    TOUCH_COUNT, STATUS_AGE, STALLED,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(happenings, max_size=12), st.randoms(), st.integers(0, 900))
def test_states_do_not_depend_on_the_order_of_hearing_and_agree_with_their_figures(
    events, dice, after
):
    now = MONDAY_9 + timedelta(hours=after)
    events = sorted({e.at: e for e in events}.values(), key=lambda e: e.at)
    found = ALL.states(events, {}, now)
    dice.shuffle(events)
    assert ALL.states(events, {}, now) == found
    running = [(s.clause.name, s.subject) for s in found if s.running]
    assert len(running) == len(set(running))
    for state in found:
        assert (state.state is BROKEN) == (state.taken > state.clause.within)
        assert not (state.state in (OPEN, AT_RISK, PAUSED) and not state.running)
        if state.state is OPEN:
            assert state.due >= now
