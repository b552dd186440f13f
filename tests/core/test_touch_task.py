"""The task for the next planned touch: its subject, its day and its text in two languages."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from connector.core.handoff import SUBJECT_LENGTH
from connector.core.promises import Promises
from connector.core.touch_task import touch_task

from .agreed import ruleset
from .test_promises import TOUCH_COUNT, event, only

LEAD = {"first_name": "Zoë", "last_name": "Okafor", "company": "Acme"}
LABELS = {"en": "Two calls and a mail", "fr": "Deux appels et un e-mail"}


def made(touches=(), *, begun="delivered", values=LEAD, language="en", after=timedelta(days=2)):
    clause = replace(TOUCH_COUNT, labels=LABELS)
    events = [event("delivered", owner="ana"), *touches]
    state = only(clause, events, after)
    return touch_task(
        state, begun, Promises(ruleset()), values, zone="Europe/Paris", language=language, high=True
    )


def touched(channel, after):
    return event("touched", timedelta(hours=after), channel=channel)


def test_the_task_says_what_was_made_what_is_left_and_until_when():
    found = made([touched("phone", 1)])
    assert found.number == 2
    assert found.task.subject == "E-mail 1 of 1: Zoë Okafor, Acme"
    assert found.task.due == date(2026, 3, 5)
    assert found.task.fields()["TaskSubtype"] == "Email"
    assert found.task.fields()["Priority"] == "High"
    assert found.task.description.splitlines() == [
        "MADE SO FAR: call 1 of 2, e-mail 0 of 1",
        "",
        "PLANNED TOUCHES, EACH BY",
        "- e-mail: Thu 2026-03-05 11:40 (Europe/Paris)",
        "- call: Fri 2026-03-06 18:00 (Europe/Paris)",
        "",
        "PROMISED: Two calls and a mail, by Sat 2026-03-07 09:00 (Europe/Paris)",
    ]


def test_it_is_told_in_the_language_of_the_owner():
    found = made([touched("phone", 1), touched("email", 2)], language="fr")
    assert found.task.subject == "Appel 2 sur 2 : Zoë Okafor, Acme"
    assert found.task.description.startswith("FAIT JUSQU'ICI : appel 1 sur 2, e-mail 1 sur 1\n")
    assert "- appel: ven. 2026-03-06" in found.task.description


def test_more_than_was_planned_of_a_channel_is_shown_as_all_of_it():
    found = made([touched("phone", hour) for hour in (1, 2, 3)])
    assert found.task.subject.startswith("E-mail 1 of 1")
    assert "call 2 of 2" in found.task.description


def test_a_hand_brings_the_first_touch_along_and_a_kept_promise_asks_for_nothing():
    assert made(begun="handed_off") is None
    assert made([touched("email", 1)], begun="reassigned") is None  # the call stands already
    assert made().number == 1
    kept = [touched("phone", 1), touched("email", 2), touched("phone", 3)]
    assert made(kept) is None


@pytest.mark.parametrize(
    ("values", "subject"),
    [
        ({**LEAD, "company": "A" * SUBJECT_LENGTH}, "E-mail 1 of 1: Zoë Okafor"),
        ({**LEAD, "last_name": "O" * SUBJECT_LENGTH}, "E-mail 1 of 1: Acme"),
        ({"company": "A" * SUBJECT_LENGTH}, "E-mail 1 of 1"),
        ({}, "E-mail 1 of 1"),
    ],
)
def test_a_subject_loses_whole_parts(values, subject):
    assert made([touched("phone", 1)], values=values).task.subject == subject
