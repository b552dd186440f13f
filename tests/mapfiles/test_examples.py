"""`leadrelay test`: examples run against the real engine, failures are found, coverage is told."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connector.core.learning import Verdict
from connector.core.problems import NOWHERE
from connector.core.reweighing import Reweighed
from connector.mapfiles import Loaded, load
from connector.mapfiles.examples import ExampleRun, as_junit, as_text, run_examples
from connector.mapfiles.reweighed import rewritten
from tests.mapfiles.sets import lay

MAPPINGS = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(loaded: Loaded) -> ExampleRun:
    assert loaded.ruleset is not None, [str(p) for p in loaded.problems]
    return run_examples(loaded.ruleset, loaded.project.golden, NOW)


@pytest.fixture(scope="module")
def shipped() -> ExampleRun:
    return run(load(MAPPINGS))


def test_all_shipped_examples_hold(shipped: ExampleRun) -> None:
    assert [str(one) for one in shipped.failed] == []
    assert len(shipped.results) > 150


def test_the_shipped_examples_exercise_everything(shipped: ExampleRun) -> None:
    assert [str(one) for one in shipped.coverage.unmet] == []
    assert shipped.coverage.percent == 100.0


@pytest.mark.parametrize(
    ("file", "find", "write", "said"),
    [
        (
            "routing.yaml",
            "{given: {country: DE}, expect: match}",
            "{given: {country: FR}, expect: match}",
            "FAIL  mappings/routing.yaml:8:9: route 'Germany': expected match, got no match",
        ),
        (
            "qualification.yaml",
            "when: {employees: {at_least: 500}}}",
            "when: {employees: {at_least: 500}}, "
            "examples: [{given: {employees: 500}, expect: 39}]}",
            "FAIL  mappings/qualification.yaml:11:80: fit 'large': expected 39, got 40",
        ),
        (
            "qualification.yaml",
            "half_life: 14d, at_most: 80}",
            "half_life: 14d, at_most: 80, examples: [{ago: [0d, 14d], expect: 61}]}",
            "FAIL  mappings/qualification.yaml:13:88: intent 'form': expected 61, got 60",
        ),
        (
            "qualification.yaml",
            "when: {score.total: {at_least: 70}}}",
            "when: {score.total: {at_least: 70}}, "
            "examples: [{given: {score.total: 69}, expect: match}]}",
            "FAIL  mappings/qualification.yaml:27:65: temperature 'hot': expected match, "
            "got no match",
        ),
        (
            "fields.yaml",
            "transform: [country]}",
            "transform: [country], examples: [{hubspot: Atlantis, expect: AT}]}",
            "FAIL  mappings/fields.yaml:9:97: field 'country': expected AT, got parked",
        ),
        (
            "promises.yaml",
            "    audience: [owner]\n",
            "    audience: [owner]\n    examples:\n"
            '      - {start: "2026-11-13T16:00+01:00", due: "2026-11-16T11:00+01:00",'
            " person: ben}\n",
            "FAIL  mappings/promises.yaml:18:3: promise 'first-touch' from 2026-11-13T16:00+01:00: "
            "expected 2026-11-16T11:00+01:00, got 2026-11-16T12:00+01:00",
        ),
        (
            "examples/golden.yaml",
            "route: Germany",
            "route: the rest, held: [cool-down], score: {fit: 60}",
            "FAIL  mappings/examples/golden.yaml:3:5: golden lead 'a bank in Berlin', route: "
            "expected the rest, got Germany",
        ),
    ],
)
def test_a_wrong_example_is_found(
    file: str, find: str, write: str, said: str, tmp_path: Path
) -> None:
    tested = run(load(lay([{"file": file, "find": find, "write": write}], tmp_path)))
    assert said in as_text(tested).splitlines()


def test_a_golden_lead_is_compared_in_every_part_that_is_named(tmp_path: Path) -> None:
    edit = {
        "file": "examples/golden.yaml",
        "find": "expect: {stage: mql, route: Germany}",
        "write": "expect: {stage: sql, disqualified: competitor, score: {fit: 1}, bant: need, "
        "temperature: hot, route: the rest, missing: email, held: cool-down, promise: nothing, "
        "brief: Bank}",
    }
    tested = run(load(lay([edit], tmp_path)))
    found = {one.subject.rpartition(", ")[2]: one.got for one in tested.failed}
    assert found == {
        "stage": "mql",
        "disqualified for": "nothing",
        "temperature": "cold",
        "route": "Germany",
        "score fit": "100",
        "BANT": "budget",
        "missing": "interest, last_name, phone",
        "held": "nothing",
        "promise": "first-touch",
        "'Bank' in the brief": "there is no brief",
    }


def test_what_no_example_exercises_is_told_with_its_line(tmp_path: Path) -> None:
    tested = run(load(lay([], tmp_path)))
    told = [str(one) for one in tested.coverage.unmet]
    assert "mappings/recycling.yaml:10:5: no example lets recycling 'budget' hold" in told
    assert "mappings/fields.yaml:16:5: no example has demo and news of 'interest'" in told
    assert any("'employees at_least 500' of route 'France, large'" in one for one in told)
    assert 0 < tested.coverage.percent < 100


def test_junit_counts_and_names_each_example(shipped: ExampleRun) -> None:
    broken = replace(shipped.results[0], got="<something> & else")
    tested = replace(shipped, results=(broken, *shipped.results[1:]))
    root = ElementTree.fromstring(as_junit(tested))
    assert root.attrib == {"tests": str(len(tested.results)), "failures": "1"}
    assert sum(int(suite.attrib["tests"]) for suite in root) == len(tested.results)
    failures = root.findall(".//failure")
    assert [one.attrib["message"] for one in failures] == [
        f"expected {broken.expected}, got <something> & else"
    ]
    assert {suite.attrib["name"] for suite in root} >= {"mappings/routing.yaml"}


def test_other_points_come_with_the_examples_of_what_is_left_of_them(tmp_path: Path) -> None:
    text = (MAPPINGS / "qualification.yaml").read_text("utf-8")
    form = Reweighed(
        part="intent",
        rule="filled in a form",
        before=20,
        after=30,
        at_most=(40, 60),
        why=Verdict.PREDICTS,
        place=NOWHERE,
    )
    changed = rewritten(text, [form])
    assert isinstance(changed, str)
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    (tmp_path / "mappings" / "qualification.yaml").write_text(changed, "utf-8")
    loaded = load(tmp_path / "mappings")
    assert loaded.ruleset is not None
    intent = {one.name: one for one in loaded.ruleset.qualification.intent}
    assert [one.expect for one in intent["filled in a form"].examples] == ["15", "60"]
    assert [str(one) for one in run(loaded).failed if "filled in a form" in one.subject] == []
