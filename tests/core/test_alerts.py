"""Alerts: one a cause, once, in working hours, a digest of many."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.core.alerts import AlertKind, Notice, alerts, letters, notices_of, wording
from connector.core.calendars import Calendars
from connector.core.phrases import ALERTS
from connector.core.rules.promises import Escalation

from .agreed import MONDAY_9, hours, people
from .test_escalation import STRICT, escalator, steps
from .test_promises import delivered, states

CALENDARS = Calendars(people())
SUNDAY = MONDAY_9 - timedelta(hours=20)


def notice(number=1, kind=AlertKind.BROKEN, cause="first_contact", person="ana", **more):
    return Notice(
        key=f"{kind} {cause} {number} {person}", person=person, kind=kind, cause=cause,
        lead_id=f"hs-{number}", **more,
    )  # fmt: skip


def sent(notices, told=(), now=MONDAY_9):
    return alerts(notices, CALENDARS, now, told)


def test_one_cause_is_one_alert_whatever_the_number_of_leads():
    [alert] = sent([notice(n) for n in range(300)])
    assert len(alert.lead_ids) == len(alert.notices) == 300
    assert len(sent([notice(1), notice(2, cause="decide"), notice(3, person="ben")])) == 3


def test_what_was_told_is_not_told_again():
    [alert] = sent([notice(1), notice(2)])
    assert sent([notice(1), notice(2)], told=alert.notices) == []
    [more] = sent([notice(1), notice(2), notice(3)], told=alert.notices)
    assert more.lead_ids == ("hs-3",)


def test_a_fault_is_told_at_first_and_when_it_has_grown_tenfold():
    told, loud = set(), []
    for count in range(1, 1_200):
        cases = [notice(n, AlertKind.FAULT, "picklist", severity="high") for n in range(count)]
        for alert in sent(cases, told):
            told.add(alert.key)
            loud.append(count)
    assert loud == [1, 10, 100, 1_000]


def test_nobody_is_told_on_a_sunday_unless_it_is_urgent():
    assert sent([notice()], now=SUNDAY)[0].not_before == MONDAY_9
    assert sent([notice(severity="high")], now=SUNDAY)[0].not_before == SUNDAY
    assert sent([notice()])[0].not_before == MONDAY_9


def test_many_alerts_at_one_moment_are_one_digest_most_urgent_first():
    few = [notice(1, cause=c) for c in ("a", "b", "c")]
    assert [x.is_digest for x in letters(sent(few))] == [False, False, False]
    many = [*few, notice(2, AlertKind.ESCALATED, "d"), notice(3, AlertKind.NEW_LEAD, "e")]
    [digest, other] = letters(sent([*many, notice(9, person="ben")]))
    assert digest.alerts[0].kind is AlertKind.ESCALATED
    assert digest.alerts[-1].kind is AlertKind.NEW_LEAD
    assert (other.person, other.is_digest) == ("ben", False)


@given(st.lists(st.integers(0, 30), max_size=20), st.randoms())
def test_the_order_of_hearing_changes_nothing(numbers, dice):
    notices = [notice(n, cause=str(n % 5)) for n in set(numbers)]
    found = letters(sent(notices))
    dice.shuffle(notices)
    assert letters(sent(notices)) == found
    assert sum(len(a.notices) for one in found for a in one.alerts) == len(notices)


def test_the_steps_of_the_watch_alert_those_they_name():
    found = notices_of(steps(STRICT, hours(5.5)))
    assert [(n.person, n.kind) for n in found] == [
        ("ana", AlertKind.BROKEN),
        ("sam", AlertKind.ESCALATED),
    ]
    to_owner = replace(STRICT, escalations=(Escalation(after=hours(4), tell=("owner", "manager")),))
    assert [(n.person, n.kind) for n in notices_of(steps(to_owner, hours(5.5)))] == [
        ("ana", AlertKind.ESCALATED),
        ("sam", AlertKind.ESCALATED),
    ]
    asked = Escalation(after=hours(4), tell=("owner", "manager"), propose_recycle=True)
    giving_back = replace(STRICT, escalations=(asked,))
    assert [(n.person, n.kind) for n in notices_of(steps(giving_back, hours(5.5)))] == [
        ("ana", AlertKind.PROPOSED),
        ("sam", AlertKind.PROPOSED),
    ]
    kept = states(STRICT, [delivered()], hours(1))
    assert notices_of(escalator().steps(kept, MONDAY_9)) == []


def test_the_words_are_blameless_and_in_two_languages():
    labelled = replace(
        notice(due=MONDAY_9), words={"en": "Answer in time.", "fr": "Répondre à temps."}
    )
    [letter] = letters(sent([labelled]))
    assert wording(letter, "en", "Europe/Paris") == (
        "Past its time (1): Answer in time, due Mon 2026-03-02 09:00 (Europe/Paris)",
        "Past its time (1): Answer in time, due Mon 2026-03-02 09:00 (Europe/Paris)\n- hs-1\n",
    )
    assert wording(letter, "fr", "UTC")[0].startswith("Délai dépassé (1) : Répondre à temps")
    assert ALERTS["en"].keys() == ALERTS["fr"].keys()


def test_a_long_list_is_counted_and_a_digest_says_how_many():
    [letter] = letters(sent([notice(n) for n in range(25)]))
    assert wording(letter, "en", "UTC")[1].endswith("- and 5 more\n")
    [digest] = letters(sent([notice(1, cause=c) for c in "abcd"]))
    assert wording(digest, "de", "UTC")[0] == "4 matters for you"
