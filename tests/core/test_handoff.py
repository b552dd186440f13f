"""The hand-off: the brief in two languages, the task, messages and the hot list."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.handoff import (
    BRIEF_LENGTH,
    SUBJECT_LENGTH,
    TEMPLATE_WORDS,
    BantAnswer,
    Brief,
    HandOff,
    HotLead,
    brief,
    fitted,
    ranked,
    suggestions,
    task,
    words,
)
from connector.core.phrases import PHRASES, shown
from connector.core.problems import Problem
from connector.core.records import Activity
from connector.core.rules.fields import TooLong
from connector.core.rules.ruleset import Template

from .agreed import MONDAY_9, line, ruleset

LEAD = {
    "first_name": "Zoë",
    "last_name": "Okafor",
    "email": "zoe@acme.example",
    "phone": "+33123456789",
    "company": "Acme",
    "country": "FR",
}
DONE = HandOff(
    lead_id="hs-7",
    values=LEAD,
    stage="sql",
    cycle=2,
    because="budget is at least 10000 and need is known",
    rule="sql",
    place=line(41, "qualification.yaml"),
    score=87.4,
    parts={"fit": 90, "intent": 80},
    temperature="hot",
    evidence=("asked for a demo (+30)", "visited pricing 4 times (+12)"),
    bant=(
        BantAnswer(letter="budget", met=True, answer="45000"),
        BantAnswer(letter="timing", met=False),
    ),
    missing=("needs the number of employees",),
    activities=(
        Activity(kind="page_view", at=MONDAY_9 - timedelta(hours=3), title="Pricing\nnow"),
        Activity(kind="webinar_seen", at=MONDAY_9 - timedelta(days=2)),
    ),
    owner="ana",
    routed_because="rule 'emea': turn of ana",
    promise="First contact",
    due=MONDAY_9 + timedelta(hours=2),
    time_zone="Europe/Paris",
    came_back_for="Not now",
)

ENGLISH = """\
WHY THIS LEAD IS READY
sql by rule 'sql' (qualification.yaml:41:1, agreement 000000000000)
budget is at least 10000 and need is known
Score 87 (fit 90, intent 80), hot, cycle 2
Came back earlier: Not now
Yours because: rule 'emea': turn of ana

STRONGEST EVIDENCE
- asked for a demo (+30)
- visited pricing 4 times (+12)

BANT
- Budget: yes (45000)
- Timing: not yet

PROMISED: First contact, by Mon 2026-03-02 11:00 (Europe/Paris)

CONTACT
- First name: Zoë
- Last name: Okafor
- E-mail: zoe@acme.example
- Phone: +33123456789
- Company: Acme
- Country: FR

LATEST ACTIVITIES
- Mon 2026-03-02 06:00 (Europe/Paris): page seen, Pricing now
- Sat 2026-02-28 09:00 (Europe/Paris): webinar seen

STILL UNKNOWN: ASK NEXT
- needs the number of employees"""


def text_of(name, body, subject="", language="en"):
    return {
        f"{name}.{language}": Template(name=name, language=language, subject=subject, body=body)
    }


def test_the_brief_says_why_by_which_rule_and_what_to_do():
    assert brief(DONE, ruleset()) == Brief(text=ENGLISH)


def test_the_brief_in_french():
    text = brief(DONE, ruleset(), language="fr").text
    assert "POURQUOI CE LEAD EST PRÊT" in text
    assert "PROMIS : First contact, avant le lun. 2026-03-02 11:00 (Europe/Paris)" in text
    assert "- Prénom: Zoë" in text
    assert "page vue" in text


def test_every_sentence_exists_in_both_languages_with_the_same_places():
    english, french = PHRASES["en"], PHRASES["fr"]
    assert english.keys() == french.keys()
    for key, text in english.items():
        assert text.count("{") == french[key].count("{"), key


def test_an_unknown_language_is_served_in_english():
    assert brief(DONE, ruleset(), language="de").text == ENGLISH


def test_blanks_and_what_is_not_agreed_stay_out():
    bare = replace(DONE, values={"phone": "", "email": None, "secret": "x"}, activities=())
    text = brief(bare, ruleset()).text
    assert "secret" not in text
    assert "CONTACT" not in text
    assert "ACTIVITIES" not in text


def test_a_template_may_arrange_the_brief():
    texts = text_of("brief", "For {{ owner.name }} of {{ company }}\n{{ brief }}")
    assert brief(DONE, ruleset(templates=texts)).text == "For Ana of Seller\n" + ENGLISH


def test_a_template_that_does_not_render_is_a_problem():
    assert brief(DONE, ruleset(templates=text_of("brief", "{{ nope }}"))).code == (
        "template-does-not-render"
    )


def test_a_brief_that_does_not_fit_is_parked_unless_the_file_lets_it_be_cut():
    long = replace(DONE, evidence=tuple(f"evidence number {n}" * 20 for n in range(200)))
    problem = brief(long, ruleset())
    assert isinstance(problem, Problem)
    assert problem.code == "brief-too-long"
    cut = brief(long, ruleset(), too_long=TooLong.CUT)
    assert len(cut.text) <= BRIEF_LENGTH
    whole = brief(long, ruleset(), most=10**6).text.split("\n")
    assert cut.text.split("\n")[:-1] == whole[: -cut.cut_lines]
    assert cut.text.endswith(f"[{cut.cut_lines} more lines do not fit here]")


@given(st.text(max_size=400), st.integers(80, 300), st.sampled_from(["en", "fr"]))
def test_cutting_keeps_whole_lines_and_counts_the_rest(text, most, language):
    done = fitted(text, most, TooLong.CUT, language)
    assert len(done.text) <= most
    lines = text.split("\n")
    if done.cut_lines:
        assert done.text.split("\n")[:-1] == lines[: len(lines) - done.cut_lines]
    else:
        assert done.text == text


# --- messages --------------------------------------------------------------------------------

TEXTS = {
    **text_of("presentation", "Who we are", "About us"),
    **text_of(
        "meeting_request", "Dear {{ lead.first_name }}, when?", "A meeting, {{ lead.first_name }}?"
    ),
    **text_of("meeting_request_sms", "When?"),
    **text_of("thanks", "Thank you"),
    **text_of("thanks", "Merci", language="fr"),
    **text_of("launch", "{{ broken"),
}


def names_of(handoff, language="en"):
    return [s.name for s in suggestions(handoff, ruleset(templates=TEXTS), language)]


def test_a_hot_lead_is_asked_for_a_meeting_first():
    assert names_of(DONE) == ["meeting_request", "meeting_request_sms", "thanks", "presentation"]


def test_after_a_call_thanks_come_first():
    called = replace(DONE, activities=(Activity(kind="call", at=MONDAY_9),))
    assert names_of(called)[0] == "thanks"
    assert suggestions(called, ruleset(templates=TEXTS), "fr")[0].text == "Merci"


def test_somebody_who_is_not_hot_is_told_who_we_are():
    assert names_of(replace(DONE, temperature="warm"))[0] == "presentation"


def test_the_brief_carries_the_first_message_ready_to_send():
    text = brief(DONE, ruleset(templates=TEXTS)).text
    assert text.endswith("Suggested now, 'meeting_request':\nA meeting, Zoë?\nDear Zoë, when?")


def test_the_listed_words_are_the_words_given():
    assert {*words(DONE, ruleset(), "en"), "brief"} == TEMPLATE_WORDS


# --- the task --------------------------------------------------------------------------------


def test_the_task_is_due_on_the_owners_day():
    late = replace(DONE, due=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    done = task(late, ruleset(), "text")
    assert done.subject == "Contact: Zoë Okafor, Acme, 87 hot"
    assert done.fields() == {
        "Subject": done.subject,
        "Description": "text",
        "ActivityDate": "2026-03-03",
        "Status": "Not Started",
        "Priority": "High",
    }


def test_a_subject_that_does_not_fit_loses_whole_parts():
    long = replace(DONE, values={**LEAD, "company": "x" * 250})
    assert task(long, ruleset(), "").subject == "Contact: Zoë Okafor, 87 hot"
    longer = replace(DONE, values={"last_name": "y" * 300, "company": "x" * 300})
    assert len(task(longer, ruleset(), "").subject) <= SUBJECT_LENGTH


def test_a_template_may_word_the_task():
    texts = text_of("task", "{{ brief }}!", "Ring {{ lead.first_name }}")
    done = task(DONE, ruleset(templates=texts), "text")
    assert (done.subject, done.description) == ("Ring Zoë", "text!")
    assert isinstance(task(DONE, ruleset(templates=text_of("task", "{{ x }}")), ""), Problem)


# --- the hot list ----------------------------------------------------------------------------

moments = st.none() | st.integers(0, 5).map(lambda n: MONDAY_9 + timedelta(hours=n))
hot_leads = st.lists(
    st.builds(HotLead, lead_id=st.integers(0, 99).map(str), heat=st.integers(0, 2),
              score=st.integers(0, 3).map(float), passed_at=moments),
    unique_by=lambda lead: lead.lead_id,
)  # fmt: skip


@given(hot_leads, st.randoms())
def test_the_rank_does_not_depend_on_the_order_of_reading(leads, dice):
    ranks = ranked(leads)
    dice.shuffle(leads)
    assert ranked(leads) == ranks
    assert sorted(ranks.values()) == list(range(1, len(leads) + 1))


def test_heat_then_the_score_as_it_is_shown_then_what_waits_longest():
    def lead(name, heat, score, hours=None):
        return HotLead(
            lead_id=name, heat=heat, score=score,
            passed_at=MONDAY_9 + timedelta(hours=hours) if hours else None,
        )  # fmt: skip

    leads = [
        lead("a", 1, 99),
        lead("b", 0, 50),
        lead("c", 0, 80.4, 5),
        lead("d", 0, 79.6, 2),
        lead("e", 0, 80),
    ]
    assert sorted(ranked(leads), key=ranked(leads).get) == ["d", "c", "e", "b", "a"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (45_000, "45\u202f000"),
        (1998, "1998"),
        (Decimal("12000.50"), "12\u202f000.50"),
        (("a", "b"), "a, b"),
        (date(2026, 3, 2), "2026-03-02"),
        (MONDAY_9, "2026-03-02 08:00"),
        ("two\nlines", "two lines"),
        (None, ""),
    ],
)
def test_values_as_people_read_them(value, text):
    assert shown(value, "en") == text
