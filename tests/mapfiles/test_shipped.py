"""The shipped set is the product's face: it loads without a problem and keeps its promises."""

from datetime import date
from pathlib import Path

import pytest

from connector.core.rules.vocabulary import DispositionMeaning, StageMeaning
from connector.mapfiles import Loaded, check, load

MAPPINGS = Path(__file__).parents[2] / "mappings"
TEMPLATES = ("brief", "task", "alert", *(
    f"{name}{channel}"
    for name in ("presentation", "meeting_request", "thanks", "launch")
    for channel in ("", "_sms", "_whatsapp")
))  # fmt: skip


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(MAPPINGS)


def test_loads_without_a_problem(loaded: Loaded) -> None:
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.ruleset is not None


def test_stands_every_check() -> None:
    checked = check(MAPPINGS, date(2026, 11, 22))
    assert [str(problem) for problem in checked.problems] == []
    assert checked.ruleset is not None


def test_every_meaning_has_a_word(loaded: Loaded) -> None:
    assert loaded.ruleset is not None
    words = loaded.ruleset.vocabulary
    assert {stage.meaning for stage in words.stages.values()} == set(StageMeaning)
    assert {one.meaning for one in words.dispositions.values()} == set(DispositionMeaning)


def test_every_label_is_in_every_language(loaded: Loaded) -> None:
    assert loaded.ruleset is not None
    words = loaded.ruleset.vocabulary
    groups = (
        words.terms.values(), words.stages.values(), words.dispositions.values(),
        words.reasons.values(), loaded.ruleset.fields.rules.values(),
        loaded.ruleset.promises.clauses.values(), loaded.ruleset.routing.rules,
    )  # fmt: skip
    lacking = [
        f"{one.place}: {language}"
        for group in groups
        for one in group
        for language in words.languages
        if language not in one.labels
    ]
    assert not lacking


def test_every_template_is_in_every_language(loaded: Loaded) -> None:
    assert loaded.ruleset is not None
    wanted = {f"{name}.{language}" for name in TEMPLATES for language in ("en", "fr")}
    assert wanted == set(loaded.ruleset.templates)


def test_places_point_at_the_lines(loaded: Loaded) -> None:
    assert loaded.ruleset is not None
    for rule in loaded.ruleset.routing.rules:
        lines = (MAPPINGS / "routing.yaml").read_text(encoding="utf-8").splitlines()
        line = lines[rule.place.line - 1]
        assert line[rule.place.column - 1 :] == f"name: {rule.name}"
    email = loaded.ruleset.fields.rules["email"].place
    assert str(email).startswith("mappings/fields.yaml:")
    lines = (MAPPINGS / "fields.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[email.line - 1] == "  email:"


def test_the_hash_covers_names_and_bytes(loaded: Loaded, tmp_path: Path) -> None:
    assert loaded.ruleset is not None
    copy = tmp_path / "mappings"
    for file in MAPPINGS.rglob("*"):
        if file.is_file():
            target = copy / file.relative_to(MAPPINGS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    same = load(copy).ruleset
    assert same is not None
    assert same.hash == loaded.ruleset.hash
    (copy / "targets.yaml").write_bytes((copy / "targets.yaml").read_bytes() + b"\n# note\n")
    changed = load(copy).ruleset
    assert changed is not None
    assert changed.hash != same.hash
    (copy / "templates/task.en.md").rename(copy / "templates/tusk.en.md")
    assert load(copy).project.folder.hash != changed.hash
