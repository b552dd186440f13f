"""Reasons are told with names, in the reader's language; also those stored long ago."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.because import Because
from connector.core.owners import Candidate, Directory, Known
from connector.core.records import LeadState
from connector.core.routing import Router
from connector.core.rules.people import Absence
from connector.core.rules.routing import Mode
from connector.core.wording import clause_parts, clause_text
from connector.mapfiles import load

RULES = load(Path(__file__).parents[2] / "mappings").ruleset
ENGLISH, FRENCH = Because(RULES, "en"), Because(RULES, "fr")
NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
AWAY = Absence(first=date(2026, 11, 1), last=date(2026, 12, 1))
LEFT = re.compile(
    r"\b(the|turns?|holds?|does|not|is|needs?|nobody|free|queue|rule|takes?|until|since|cap|"
    r"gave|owned|before|work|known|least|below)\b"
)


KEYS = sorted(RULES.people.persons)
SOME = st.sets(st.sampled_from(KEYS), max_size=4)
OFFICES = st.fixed_dictionaries(
    {
        "absent": SOME,
        "capped_open": SOME,
        "capped_a_day": SOME,
        "inactive": SOME,
        "held": SOME,
        "refused": SOME,
        "mode": st.sampled_from(Mode),
        "working_hours_only": st.booleans(),
    }
)


def at(office):
    """The shipped rules with a roster on some day: people who are absent, or have enough."""
    persons = {
        key: replace(
            one,
            absences=(AWAY,) * (key in office["absent"]),
            cap_open=2 if key in office["capped_open"] else None,
            cap_per_day=2 if key in office["capped_a_day"] else None,
        )
        for key, one in RULES.people.persons.items()
    }
    hours = office["working_hours_only"]
    routing = replace(RULES.routing, mode=office["mode"], working_hours_only=hours)
    return replace(RULES, people=replace(RULES.people, persons=persons), routing=routing)


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "country": st.sampled_from(["DE", "FR", "GB", "US"]),
        "employees": st.sampled_from([5, 80, 900]),
        "segment": st.sampled_from(["partner", "enterprise"]),
        "product": st.sampled_from(["insight", "suite"]),
        "captured_by": st.sampled_from(["lena", "somebody"]),
    },
)


@settings(max_examples=150, deadline=None)  # the first of them lays the calendars out
@given(OFFICES, FACTS, st.sampled_from([None, *Known]))
def test_every_reason_of_a_decision_is_told_in_french(office, facts, known):
    rules, loads = at(office), dict.fromkeys(KEYS, 3)
    ids = {"005A": "lena", "005B": "queue:inbound-desk"}
    candidates = [
        Candidate(known=known, record_id="00Q1", owner_id=owner)
        for owner in ("005A", "005B", "005C")
        if known
    ]
    state = LeadState(lead_id="hs-1", stage="sql", refused_by=tuple(office["refused"]))
    route = Router(rules).route(
        facts, state, now=NOW, candidates=candidates, open_leads=loads, today=loads,
        unavailable=office["inactive"], on_hold=office["held"], directory=Directory(owners=ids),
    )  # fmt: skip
    names = [person.name for person in rules.people.persons.values()]
    told_texts = [(route.because, FRENCH.told(route.because))]
    told_texts += [(str(step), FRENCH.step(str(step))) for step in route.steps]
    for text, told in told_texts:
        for name in (*names, *rules.people.teams, *rules.people.queues):
            told = told.replace(name, "")
        assert not LEFT.search(told), (text, told)


@pytest.mark.parametrize(
    ("stored", "english", "french"),
    [
        (
            "rule 'enterprise, DACH': turn of lena in enterprise-dach (+0.50 turns owed, 2 in the "
            "draw); nobody is at work, hours left aside",
            "rule 'Enterprise, DACH': Lena Vogt's turn in enterprise-dach (+0.50 turns owed, 2 in "
            "the draw); nobody was at work, so hours were left aside",
            "règle « Grands comptes, DACH » : tour de Lena Vogt dans enterprise-dach (+0.50 tours "
            "dus, 2 au tirage) ; personne n'était au travail, les heures n'ont pas compté",
        ),
        (
            "sql: score 76, BANT 4 of 4; rule 'Insight specialists': to marco (deputy of sofia)",
            "Sales qualified: score 76, BANT 4 of 4; rule 'Insight specialists': to Marco Steiner, "
            "deputy of Sofia Lindqvist",
            "Qualifié ventes : score 76, BANT 4 sur 4 ; règle « Spécialistes Insight » : à Marco "
            "Steiner, qui remplace Sofia Lindqvist",
        ),
        (
            "rule 'not now' for reason 'bad_timing'; no consent, so nothing is sent",
            "rule 'not now' for the reason “Bad timing”; no consent, so nothing is sent",
            "règle « not now » pour le motif « Mauvais moment » ; sans consentement, rien n'est "
            "envoyé",
        ),
        ("given by sales", "given by sales", "donné par les ventes"),
        ("the appointment is in lena's calendar", "the appointment is in Lena Vogt's calendar",
         "le rendez-vous est dans l'agenda de Lena Vogt"),
        ("Confirmed by phone; wants a demo", "Confirmed by phone; wants a demo",
         "Confirmed by phone; wants a demo"),
        ("competitor", "Competitor", "Concurrent"),
    ],
)  # fmt: skip
def test_a_stored_reason_is_told_with_names_and_labels(stored, english, french):
    assert ENGLISH.told(stored) == english
    assert FRENCH.told(stored) == french


def test_what_was_asked_is_told_as_what_it_takes():
    stored = "- rule enterprise, DACH: does not hold: not country is DE, AT or CH, not employees is"
    assert ENGLISH.step(f"{stored} at least 500") == (
        "- rule Enterprise, DACH: does not hold: needs country to be DE, AT or CH; "
        "needs at least 500 employees"
    )
    assert ENGLISH.step("a line that is none") == "a line that is none"


CLAUSES = [
    (field, clause.operator, clause.wanted)
    for rule in RULES.routing.rules
    for field, clause in [(getattr(rule.when, "field", None), rule.when)]
    if field
]


@pytest.mark.parametrize(("field", "operator", "wanted"), CLAUSES)
@pytest.mark.parametrize("negated", [False, True])
def test_a_clause_is_read_back_as_it_was_written(field, operator, wanted, negated):
    text = clause_text(field, operator, wanted, "en", {}, negated=negated)
    found = clause_parts(text)
    assert clause_text(*found[:3], "en", {}, negated=found[3]) == text
