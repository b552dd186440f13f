"""The checklist ticks what stands in the files, and opens exactly what is taken out of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connector.core.checklist import checklist
from connector.core.rules.promises import Touches
from connector.core.rules.ruleset import Ruleset
from connector.mapfiles import load
from connector.mapfiles.starters import KINDS, write_starting_set
from connector.reports.checklist import checklist_document
from connector.reports.checklist_words import EN, FR, MATTERS
from connector.reports.plain import to_text

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    found = load(Path(__file__).parents[2] / "mappings").ruleset
    assert found is not None
    return found


def opened(rules: Ruleset, today: date = TODAY) -> dict[str, tuple[str, ...]]:
    """Open matters -> what is lacking."""
    matters = [matter for chapter in checklist(rules, today) for matter in chapter.matters]
    return {matter.name: matter.lacking for matter in matters if not matter.done}


def test_the_shipped_files_have_everything(rules: Ruleset) -> None:
    assert opened(rules) == {}


def test_every_matter_has_words_in_both_languages(rules: Ruleset) -> None:
    chapters = checklist(rules, TODAY)
    names = {matter.name for chapter in chapters for matter in chapter.matters}
    assert EN.keys() == FR.keys() > {chapter.name for chapter in chapters}
    assert MATTERS["en"].keys() == MATTERS["fr"].keys() == names


def _terms(rules: Ruleset, **changes: object) -> Ruleset:
    terms = dict(rules.vocabulary.terms)
    terms["touch"] = replace(terms["touch"], **changes)  # type: ignore[arg-type]
    return replace(rules, vocabulary=replace(rules.vocabulary, terms=terms))


def _promises(rules: Ruleset, **changes: object) -> Ruleset:
    return replace(rules, promises=replace(rules.promises, **changes))  # type: ignore[arg-type]


def _without_clause(rules: Ruleset, name: str) -> Ruleset:
    kept = {key: clause for key, clause in rules.promises.clauses.items() if key != name}
    return _promises(rules, clauses=kept)


def _without_bant(rules: Ruleset, letter: str) -> Ruleset:
    kept = tuple(rule for rule in rules.qualification.bant if rule.letter != letter)
    return replace(rules, qualification=replace(rules.qualification, bant=kept))


def _without_template(rules: Ruleset, name: str) -> Ruleset:
    return replace(rules, templates={k: v for k, v in rules.templates.items() if k != name})


def _without_target(rules: Ruleset, metric: str) -> Ruleset:
    kept = tuple(one for one in rules.targets.targets if one.metric != metric)
    return replace(rules, targets=replace(rules.targets, targets=kept))


def _alone(rules: Ruleset, key: str) -> Ruleset:
    persons = dict(rules.people.persons)
    persons[key] = replace(persons[key], deputy=None)
    return replace(rules, people=replace(rules.people, persons=persons))


def _unanswered(rules: Ruleset, activity: str) -> Ruleset:
    return _promises(rules, raci=tuple(r for r in rules.promises.raci if r.activity != activity))


def _idle(rules: Ruleset, name: str) -> Ruleset:
    programmes = dict(rules.recycling.programmes)
    programmes[name] = replace(programmes[name], steps=())
    return replace(rules, recycling=replace(rules.recycling, programmes=programmes))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: _terms(r, signatures=()), {"signed": ("Touch",)}),
        (lambda r: _terms(r, review_on=date(2026, 11, 21)), {"reviewed": ("Touch",)}),
        (lambda r: _terms(r, examples=(), counter_examples=()), {"shown": ("Touch",)}),
        (lambda r: _terms(r, labels={"en": "Touch"}), {"translated": ("Touch",)}),
        (lambda r: _without_bant(r, "timing"), {"bant": ("bant.timing",)}),
        (lambda r: _without_template(r, "brief.fr"), {"told": ("brief.fr",)}),
        (lambda r: _without_template(r, "thanks.en"), {"messages": ("thanks.en",)}),
        (lambda r: _without_target(r, "revenue"), {"targets": ("Revenue",)}),
        (lambda r: _without_clause(r, "touches"), {"touches": ()}),
        (lambda r: _without_clause(r, "decide"), {"decided": ()}),
        (lambda r: _promises(r, signatures=()), {"contract": ("team.sales", "team.marketing")}),
        (lambda r: _promises(r, sponsor=""), {"sponsored": ()}),
        (lambda r: _promises(r, minimum_touches=Touches()), {"unreachable": ()}),
        (
            lambda r: _unanswered(r, "Watch the promises daily"),
            {"raci": ("Watch the promises daily",)},
        ),
        (lambda r: _alone(r, "lena"), {"deputies": ("Lena Vogt",)}),
        (lambda r: _idle(r, "wake-up"), {"programmes": ("Wake up",)}),
    ],
)
def test_what_is_taken_out_is_open(
    rules: Ruleset, change: Callable[[Ruleset], Ruleset], expected: dict[str, tuple[str, ...]]
) -> None:
    assert opened(change(rules)) == expected


def test_what_has_passed_is_open(rules: Ruleset) -> None:
    assert {"reviewed", "renewed", "campaigns"} == set(opened(rules, date(2030, 1, 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_starting_sets_begin_with_little_open(kind: str, tmp_path: Path) -> None:
    write_starting_set(kind, tmp_path / "mappings")
    rules = load(tmp_path / "mappings").ruleset
    assert rules is not None
    assert opened(rules) == {}


def test_the_list_says_what_is_lacking_and_leaves_room_to_sign(rules: Ruleset) -> None:
    printed = to_text(checklist_document(_without_bant(rules, "timing"), now=NOW), 200)
    assert "46 of 47 matters stand in the files; open: 1." in printed
    asked = "Budget, authority, need and time horizon are asked"
    (line,) = [line for line in printed.splitlines() if asked in line]
    assert line.split("  ")[0] == "☐"
    assert "Lacking: time horizon." in line
    assert "Claire Moreau  marketing             ______________________" in printed
    assert rules.hash in printed
    french = to_text(checklist_document(rules, now=NOW, language="fr"), 200)
    assert "Les 47 points sont tous dans les fichiers." in french
    assert "☐" not in french
