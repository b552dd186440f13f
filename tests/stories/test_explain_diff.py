"""Explanations name every clause and line; a diff shows what a change of the files would do."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.diff import diff
from connector.cli.explain import explain
from tests.stories.conftest import Story
from tests.stories.test_plan_apply import PEOPLE


@pytest.fixture
def pulled(story: Story) -> Story:
    with story.world.lock:
        for person in PEOPLE:
            story.world.hubspot.create("contacts", dict(person))
    story.world.clock.advance(timedelta(minutes=5))
    story.run("pull-leads")
    config = story.folder / "config.toml"
    config.write_text(
        f'mappings = "{story.mappings}"\n[ledger]\nurl = "{story.ledger}"\n'
        f'[hubspot]\ntoken = "pat-na1-sandbox"\nbase_url = "{story.running.hubspot_url}"\n',
        "utf-8",
    )
    return story


def ask(command: object, story: Story, *words: str) -> str:
    config = str(story.folder / "config.toml")
    done = CliRunner().invoke(command, [*words, "-c", config])  # type: ignore[arg-type]
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.stdout


def test_explain_names_what_is_missing_and_the_line_that_decided(pulled: Story) -> None:
    text = ask(explain, pulled, "tom@tiny.example")
    first = text.splitlines()
    assert first[0].endswith("(fit 0, intent 0, completeness 35), cold")
    assert f"files of version {pulled.bench.ruleset.version}" in first[1]
    assert "  no  large company  mappings/qualification.yaml:" in text
    assert "        - employees is at least 500: (blank)\n" in text
    assert "  yes company +15  mappings/qualification.yaml:" in text
    assert "        + company is known: Tiny\n" in text
    assert "\nTo reach " in text
    tree = json.loads(ask(explain, pulled, "tom@tiny.example", "--json"))
    assert tree["missing"]
    bad = next(rule for rule in tree["rules"] if rule["name"] == "student")
    assert not bad["passed"]
    assert bad["place"].startswith("mappings/qualification.yaml:")


def test_the_live_values_give_the_same_words_and_french_ones(pulled: Story) -> None:
    kept = json.loads(ask(explain, pulled, "eva.hofer@alpenblick.example", "--json"))
    live = json.loads(ask(explain, pulled, "eva.hofer@alpenblick.example", "--live", "--json"))
    assert live["read_at"] is None
    assert live["stage"] == kept["stage"] == "sql"
    french = ask(explain, pulled, "eva.hofer@alpenblick.example", "--language", "fr")
    assert "Décidé par" in french
    assert "Attribution : " in french or "Attribution:" in french


def test_nobody_by_that_name(pulled: Story) -> None:
    config = str(pulled.folder / "config.toml")
    done = CliRunner().invoke(explain, ["ghost@example.com", "-c", config], standalone_mode=False)
    assert done.return_value == 1


def test_a_stricter_rule_shows_whom_it_moves(pulled: Story, tmp_path: Path) -> None:
    draft = tmp_path / "draft" / "mappings"
    shutil.copytree(pulled.mappings, draft)
    routing = draft / "routing.yaml"
    routing.write_text(
        routing.read_text("utf-8").replace("{at_least: 500}", "{at_least: 5000}"), "utf-8"
    )
    before = pulled.bench.ledger.counts()
    text = ask(diff, pulled, str(draft))
    assert text.startswith("1 of 2 leads come out otherwise (version ")
    assert "route enterprise, DACH -> " in text
    assert pulled.bench.ledger.counts() == before
    tree = json.loads(ask(diff, pulled, pulled.bench.ruleset.version, str(draft), "--json"))
    assert tree["changed"] == 1
    assert [one["what"] for one in tree["summary"]] == ["route"]
    same = ask(diff, pulled, str(pulled.mappings))
    assert same.startswith("0 of 2 leads")
