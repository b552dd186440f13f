"""The words of a set of files are looked up once, and are those of that set and language alone."""

from dataclasses import replace
from pathlib import Path

from connector.core.because import Because
from connector.core.rules.ruleset import Ruleset
from connector.core.tongue import tongue_of
from connector.mapfiles.load import load

MAPPINGS = Path(__file__).parents[1] / "stories" / "xeducation" / "mappings"


def agreed() -> Ruleset:
    ruleset = load(MAPPINGS).ruleset
    assert ruleset is not None
    return ruleset


def test_each_ruleset_and_language_has_its_own_words() -> None:
    one = agreed()
    rules = {
        name: replace(rule, labels={"en": f"our {name}", "fr": f"notre {name}"})
        for name, rule in one.fields.rules.items()
    }
    other = replace(one, fields=replace(one.fields, rules=rules))
    assert tongue_of(other, "en").fields[0][1].startswith("our ")
    assert tongue_of(other, "fr").fields[0][1].startswith("notre ")
    assert not tongue_of(one, "en").fields[0][1].startswith("our ")
    assert tongue_of(one, "en") is tongue_of(one, "en")


def test_more_rulesets_than_are_remembered_are_told_apart() -> None:
    one = agreed()
    stage = next(iter(one.vocabulary.stages))
    for number in range(40):
        stages = {stage: replace(one.vocabulary.stages[stage], labels={"en": f"stage {number}"})}
        other = replace(one, vocabulary=replace(one.vocabulary, stages=stages))
        assert tongue_of(other, "en").stage(stage) == f"stage {number}"


def test_a_reason_is_told_alike_the_second_time_and_after_thousands() -> None:
    because = Because(agreed(), "fr")
    first = because.told("sql: score 80, BANT 3 of 4")
    for number in range(3_000):
        because.told(f"came back {number} times; the limit is 3")
    assert because.told("sql: score 80, BANT 3 of 4") == first
    assert "sur 4" in first
