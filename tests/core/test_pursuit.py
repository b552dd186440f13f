"""How leads are followed up: what is planned, what was left undone, who is forgotten."""

from datetime import timedelta

from connector.core.promises import Promises
from connector.core.pursuit import asleep, pursuit
from connector.core.rules.promises import ClockKind, Touches
from connector.core.rules.promises import Promises as Agreed

from .agreed import MONDAY_9, hours, ruleset
from .test_promises import DAY, clause, event

TOUCHES = clause(
    "touches", start="handed_off", stop=("converted",), within=10 * DAY,
    clock=ClockKind.CALENDAR, touches=Touches(phone=2, email=1),
)  # fmt: skip
NOTE = clause("note", start="accepted", stop=("note_written", "rejected"), within=hours(16))
RULES = ruleset(
    promises=Agreed(
        clauses={one.name: one for one in (TOUCHES, NOTE)}, raci=(), enforcer="lead_manager"
    )
)
HANDED = event("handed_off", owner="ana")


def seen(after, *events):
    now = MONDAY_9 + after
    watch = Promises(RULES)
    told = [HANDED, *events]
    return pursuit("hs-1", 1, told, watch.states(told, {}, now), watch, now), now


def test_the_next_step_is_the_first_planned_touch_that_was_not_made():
    found, now = seen(hours(1))
    assert (found.next_step.what, found.next_step.number) == ("phone", 1)
    assert found.next_step.at > now
    assert not found.is_stale(now)
    called = event("touched", hours(1), channel="phone")
    found, now = seen(hours(2), called)
    assert (found.next_step.what, found.next_step.number) == ("email", 2)
    found, now = seen(8 * DAY, called)
    assert found.is_stale(now)


def test_a_meeting_that_lies_ahead_is_the_next_step_of_a_late_lead():
    start = MONDAY_9 + 9 * DAY
    planned = event("appointment_made", hours(5), **{"for": start.isoformat()})
    found, now = seen(8 * DAY, planned)
    assert (found.next_step.what, found.next_step.at) == ("meeting", start)
    assert not found.is_stale(now)
    assert found.unprepared == planned.at
    noted = event("note_written", hours(4))
    assert seen(8 * DAY, noted, planned)[0].unprepared is None
    past, now = seen(9 * DAY + hours(9), planned)
    assert past.is_stale(now)


def test_a_lead_without_any_plan_is_stale():
    made = [event("touched", hours(n), channel=c) for n, c in ((1, "call"), (2, "phone"))]
    made.append(event("touched", hours(3), channel="email"))
    found, now = seen(DAY, *made)
    assert found.next_step is None
    assert found.is_stale(now)


def test_calls_and_meetings_leave_a_note_and_mails_are_their_own():
    call, mail = (event("touched", hours(n), channel=c) for n, c in ((2, "phone"), (3, "email")))
    assert (seen(DAY, call, mail)[0].unnoted, seen(DAY, mail)[0].unnoted) == (1, 0)
    same = event("note_written", hours(2))
    assert seen(DAY, call, same)[0].unnoted == 0
    later = event("touched", hours(5), channel="meeting")
    assert seen(DAY, call, same, later)[0].unnoted == 1


def test_a_note_is_owed_from_the_acceptance_on():
    accepted = event("accepted", hours(1))
    found, _ = seen(hours(2), accepted)
    assert found.note_due > MONDAY_9 + hours(1)
    assert found.lacks_note
    assert not seen(hours(4), accepted, event("note_written", hours(3)))[0].lacks_note


def test_the_last_contact_counts_from_the_latest_hand_at_first():
    found, now = seen(3 * DAY)
    assert (found.last_contact, found.age(now)) == (None, 3 * DAY)
    found, now = seen(3 * DAY, event("reassigned", DAY, to="ben"))
    assert found.age(now) == 2 * DAY
    found, now = seen(3 * DAY, event("touched", 2 * DAY, channel="whatsapp"))
    assert (found.last_channel, found.age(now)) == ("whatsapp", DAY)


def test_an_open_opportunity_sleeps_from_the_last_that_was_heard_of_it():
    opened = event("opportunity_created", hours(1), opportunity="006A")
    touched = event("touched", DAY, channel="email")
    won = event("opportunity_created", hours(1), opportunity="006B")
    closed = event("won", hours(2), opportunity="006B")
    two_weeks = timedelta(days=14)
    [one] = asleep("hs-1", [opened, touched, won, closed], two_weeks)
    assert (one.opportunity, one.since, one.supported) == ("006A", touched.at, False)
    assert one.due == touched.at + two_weeks
    stalled = event("stalled", 16 * DAY, opportunity="006A")
    [one] = asleep("hs-1", [opened, touched, stalled], two_weeks)
    assert one.supported
