"""Consequences: who is told, what is passed on, who is named; and each only once."""

from dataclasses import replace
from datetime import date, timedelta

from connector.core.escalation import Escalator, StepKind, on_hold, word_kept
from connector.core.events import EventKind
from connector.core.rules.people import Absence
from connector.core.rules.promises import Escalation, Promises, RaciRow

from .agreed import MONDAY_9, hours, people, person
from .test_promises import FIRST_CONTACT, delivered, event, states

DAY = timedelta(days=1)
STRICT = replace(
    FIRST_CONTACT,
    escalations=(
        Escalation(after=hours(4.5), tell=("manager",)),
        Escalation(
            after=hours(6), tell=("lead_manager", "sponsor"), reassign=True, hold_new_leads=True
        ),
    ),
)


def escalator(*raci, roster=None):
    agreed = Promises(clauses={}, raci=raci, enforcer="lead_manager", sponsor="mia")
    return Escalator(agreed, roster or people())


def steps(clause, after, *events, done=(), roster=None, raci=()):
    found = states(clause, [delivered(), *events], after, roster=roster)
    return escalator(*raci, roster=roster).steps(found, MONDAY_9 + after, done)


def told(found):
    return [(step.kind, step.tell) for step in found]


def test_at_risk_the_owner_is_told():
    assert told(steps(STRICT, hours(4.5))) == [(StepKind.AT_RISK, ("ana",))]


def test_each_stage_of_a_breach_tells_those_the_file_names():
    assert told(steps(STRICT, hours(5.25))) == [(StepKind.BROKEN, ("ana",))]
    assert told(steps(STRICT, hours(5.5))) == [
        (StepKind.BROKEN, ("ana",)),
        (StepKind.ESCALATE, ("sam",)),
    ]
    last = steps(STRICT, hours(8))[-1]
    assert (last.tell, last.reassign, last.hold) == (("max", "mia"), True, "ana")


def test_a_step_is_taken_once_however_often_the_clock_is_looked_at():
    first = steps(STRICT, hours(5.5))
    again = steps(STRICT, hours(5.75), done={step.key for step in first})
    assert again == []
    assert [s.key for s in steps(STRICT, hours(5.75))] == [s.key for s in first]
    later = steps(STRICT, hours(8), done={step.key for step in first})
    assert [step.kind for step in later] == [StepKind.ESCALATE]


def test_an_answer_ends_the_escalation():
    assert told(steps(STRICT, DAY, event("touched", hours(2)))) == [(StepKind.KEPT, ())]
    assert told(steps(STRICT, DAY, event("touched", hours(8)))) == [(StepKind.BROKEN, ("ana",))]


def test_without_escalations_the_raci_says_who_is_told():
    row = RaciRow(
        activity="Answer a passed lead", responsible=("rep",), accountable="sales_manager"
    )
    assert told(steps(FIRST_CONTACT, hours(6), raci=(row,))) == [(StepKind.BROKEN, ("ana", "sam"))]
    assert told(steps(FIRST_CONTACT, hours(6))) == [(StepKind.BROKEN, ("ana", "max"))]


def test_a_deputy_is_told_while_somebody_is_away():
    gone = (Absence(first=date(2026, 3, 2), last=date(2026, 3, 2)),)
    roster = people(person("sam", role="sales_manager", deputy="cho", absences=gone))
    assert told(steps(STRICT, hours(5.5), roster=roster))[1] == (StepKind.ESCALATE, ("cho",))


def test_when_a_role_is_empty_the_enforcer_is_told():
    lonely = replace(STRICT, escalations=(Escalation(after=hours(1), tell=("nobody",)),))
    assert told(steps(lonely, hours(2)))[-1] == (StepKind.ESCALATE, ("max",))


def test_the_event_of_a_step_happened_when_the_clock_said_so():
    broken = steps(STRICT, DAY)[0].event(MONDAY_9 + DAY)
    assert (broken.kind, broken.at, broken.data["person"]) == (
        EventKind.PROMISE_BROKEN,
        MONDAY_9 + hours(5),
        "ana",
    )
    kept = steps(STRICT, DAY, event("touched", hours(2)))[0].event(MONDAY_9 + DAY)
    assert (kept.kind, kept.at, kept.data["took"]) == (
        EventKind.PROMISE_KEPT,
        MONDAY_9 + hours(2),
        7200.0,
    )


def test_a_rep_who_does_not_answer_gets_nothing_new_until_the_answer():
    assert on_hold(states(STRICT, [delivered()], hours(5))) == frozenset()
    assert on_hold(states(STRICT, [delivered()], hours(8))) == {"ana"}
    answered = [delivered(), event("touched", hours(9))]
    assert on_hold(states(STRICT, answered, hours(10))) == frozenset()


def test_those_who_kept_their_word_are_named():
    found = [
        *states(STRICT, [delivered(), event("touched", hours(1))], DAY),
        *states(STRICT, [delivered(), event("touched", hours(3))], DAY),
        *states(STRICT, [delivered(owner="ben"), event("touched", hours(1))], DAY),
        *states(STRICT, [delivered(owner="ben")], DAY),
        *states(STRICT, [delivered(23 * hours(1), owner="cho")], DAY),
    ]
    ana, ben = word_kept(found, MONDAY_9, MONDAY_9 + DAY)
    assert (ana.person, ana.kept, ana.all_kept, ana.median_taken) == ("ana", 2, True, hours(2))
    assert (ben.person, ben.kept, ben.broken, ben.all_kept) == ("ben", 1, 1, False)
    assert word_kept(found, MONDAY_9 + DAY, MONDAY_9 + 2 * DAY) == []
