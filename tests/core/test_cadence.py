"""The planned follow-up: evenly spread, on the promise's clock, complete when it is due."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.core.cadence import follow_ups, order_of, still_to_make
from connector.core.calendars import BusinessTime, Calendars, CalendarTime
from connector.core.rules.people import WorkCalendar
from connector.core.rules.promises import Touches

from .agreed import MONDAY_9, hours, people
from .test_promises import FIRST_CONTACT, TOUCH_COUNT

WALL = CalendarTime()
NEVER_OPEN = WorkCalendar(name="closed", time_zone="UTC", hours={})
numbers = st.builds(Touches, phone=st.integers(0, 9), email=st.integers(0, 9))


def test_calls_and_mails_alternate_and_a_call_comes_first():
    assert order_of(Touches(phone=2, email=2)) == ("phone", "email", "phone", "email")
    assert order_of(Touches(phone=4, email=2)) == (
        "phone", "email", "phone", "phone", "email", "phone",
    )  # fmt: skip


@given(numbers)
def test_every_touch_is_planned_and_no_channel_waits_for_the_end(touches):
    order = order_of(touches)
    assert Counter(order) == +Counter(phone=touches.phone, email=touches.email)
    for name, wanted in (("phone", touches.phone), ("email", touches.email)):
        for end in range(len(order) + 1):
            assert abs(order[:end].count(name) - wanted * end / max(len(order), 1)) <= 1


@given(numbers.filter(lambda t: t.phone + t.email > 0))
def test_the_last_touch_is_due_when_the_promise_is(touches):
    clause = replace(TOUCH_COUNT, touches=touches)
    plan = follow_ups(clause, MONDAY_9, WALL, WALL)
    assert plan[-1].due == MONDAY_9 + clause.within
    assert sorted(step.due for step in plan) == [step.due for step in plan]


def test_touches_fall_into_working_hours():
    clause = replace(TOUCH_COUNT, within=hours(16))
    ana = Calendars(people()).of_person("ana")
    plan = follow_ups(clause, MONDAY_9, ana, ana)
    assert [ana.between(MONDAY_9, step.due) for step in plan] == [
        hours(16) * n / 3 for n in (1, 2, 3)
    ]
    assert plan[1].due.date() == (MONDAY_9 + timedelta(days=1)).date()


def test_nobody_is_to_call_outside_working_hours_for_a_promise_that_counts_every_hour():
    clause = replace(TOUCH_COUNT, touches=Touches(phone=4, email=3), within=timedelta(days=10))
    ana = Calendars(people()).of_person("ana")
    plan = follow_ups(clause, MONDAY_9, WALL, ana)
    assert all(ana.is_open(step.due - timedelta(seconds=1)) for step in plan)
    assert MONDAY_9 + timedelta(days=8) < plan[-1].due <= MONDAY_9 + clause.within
    closed = follow_ups(clause, MONDAY_9 + timedelta(days=5), WALL, BusinessTime(NEVER_OPEN))
    assert {step.due for step in closed} == {MONDAY_9 + timedelta(days=15)}


def test_the_next_touch_is_the_first_that_was_not_made():
    plan = follow_ups(TOUCH_COUNT, MONDAY_9, WALL, WALL)
    assert [s.channel for s in plan] == ["phone", "email", "phone"]
    assert still_to_make(plan, Touches()) == plan
    assert still_to_make(plan, Touches(email=1)) == (plan[0], plan[2])
    assert still_to_make(plan, Touches(phone=1)) == plan[1:]
    assert still_to_make(plan, Touches(phone=2, email=1)) == ()
    assert follow_ups(FIRST_CONTACT, MONDAY_9, WALL, WALL) == ()
