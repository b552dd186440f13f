"""The printed contract says everything in the language it is printed in."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.core.events import EventKind
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.mapfiles import load
from connector.mapfiles.starters import KINDS, write_starting_set
from connector.reports.contract import raci_document, sla_document
from connector.reports.contract_words import EN, FR, MOMENTS
from connector.reports.plain import to_text

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
WIDE = 4_000  #: nothing is wrapped


@pytest.fixture(params=KINDS)
def rules(request: pytest.FixtureRequest, tmp_path: Path) -> Ruleset:
    write_starting_set(request.param, tmp_path / "mappings")
    found = load(tmp_path / "mappings").ruleset
    assert found is not None
    return found


def test_every_kind_of_event_has_words_in_both_languages() -> None:
    assert MOMENTS["en"].keys() == MOMENTS["fr"].keys() == set(EventKind)
    assert EN.keys() == FR.keys()


def test_french_says_nothing_in_english(rules: Ruleset) -> None:
    sla = to_text(sla_document(rules, now=NOW, language="fr"), WIDE)
    raci = to_text(raci_document(rules, now=NOW, language="fr"), WIDE)
    people = rules.people
    english = {words["en"] for words in (*people.role_labels.values(), *people.roles.values())}
    french = {words["fr"] for words in (*people.role_labels.values(), *people.roles.values())}
    english |= {MOMENTS["en"][kind] for kind in EventKind}
    french |= {MOMENTS["fr"][kind] for kind in EventKind}
    words = {*english - french, *people.roles.keys() - french, *EventKind}
    words -= {"marketer", "rep", "lost", "converted", "office"}  # parts of other words
    assert [word for word in sorted(words) if word in sla or word in raci] == []
    assert label(people.role_labels["lead_manager"], "fr", "") in sla
    assert "transmis → contacté, accepté, rendu, converti" in sla
    assert "14 j" in sla
    assert all(label(row.labels, "fr", "") in raci for row in rules.promises.raci)


def test_the_contract_says_what_happens_afterwards_for_every_way_out(rules: Ruleset) -> None:
    english = to_text(sla_document(rules, now=NOW), WIDE)
    french = to_text(sla_document(rules, now=NOW, language="fr"), WIDE)
    recycling, vocabulary = rules.recycling, rules.vocabulary
    for rule in recycling.rules:
        for name in rule.reasons:
            assert label(vocabulary.reasons[name].labels, "en", "") in english
            assert label(vocabulary.reasons[name].labels, "fr", "") in french
    for programme in recycling.programmes.values():
        assert label(programme.labels, "en", "") in english
        if programme.name in {rule.programme for rule in recycling.rules}:
            for step in programme.steps:
                assert step["en"] in english
                assert step["fr"] in french
    assert "after 60 days at the earliest; by itself on the day of" in english
    assert "Unreachable, after 4 calls and 2 e-mails" in english
    assert "Rendu au cycle" in french
    assert f"cycle {recycling.max_cycles} or later" in english


def test_the_contract_says_who_knows_of_each_promise(rules: Ruleset) -> None:
    document = sla_document(rules, now=NOW, language="fr")
    [known] = [section for section in document.sections if section.name == "audience"]
    text = to_text(replace(document, sections=(known,)), WIDE)
    for clause in rules.promises.clauses.values():
        assert label(clause.labels, "fr", "") in text
    assert "le lead lui-même" in text


def test_english_names_roles_and_moments_in_words(rules: Ruleset) -> None:
    sla = to_text(sla_document(rules, now=NOW), WIDE)
    assert "handed over → contacted, accepted, given back, converted" in sla
    assert "after 1 h: tell owner of the lead, lead manager" in sla
    assert "_" not in sla.replace("______________________", "")
