"""Posters, the history of words and the blind test, as somebody at a terminal meets them."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from connector.cli.blame import blame
from connector.cli.envelope import envelope
from connector.cli.print import print_
from connector.config import read_config
from connector.core.envelope import Answer, Ballot, Case, score
from connector.core.journeys import Journey
from connector.core.poster import poster as make
from connector.core.shifts import Share, Shift, shifts
from connector.mapfiles import load
from connector.reports.poster import SHEETS, laid_out, to_html
from connector.store import open_ledger

ROOT = Path(__file__).parents[2]
SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path, story_ledger: str) -> Path:
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    config = f'mode = "rehearse"\n[ledger]\nurl = "{story_ledger}"\n'
    (tmp_path / "config.toml").write_text(config, "utf-8")
    return tmp_path


def ask(command: object, *words: str) -> Result:
    done = CliRunner().invoke(command, list(words), standalone_mode=False)  # type: ignore[arg-type]
    if done.exception is not None:
        raise done.exception
    return done


def change(project: Path, file: str, old: str, new: str) -> None:
    path = project / "mappings" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def keep(project: Path, at: datetime) -> str:
    ruleset = load(project / "mappings").ruleset
    assert ruleset is not None
    ledger = open_ledger(read_config(project / "config.toml").ledger.url)
    ledger.save_ruleset(ruleset.hash, ruleset.files, now=at)
    ledger.close()
    return ruleset.version


def test_a_poster_shows_the_words_of_its_language_and_its_version(project: Path) -> None:
    config = str(project / "config.toml")
    out = project / "words.html"
    ask(print_, "poster", "--sheet", "A1", "--language", "fr", "--out", str(out), "-c", config)
    page = out.read_text("utf-8")
    assert "size: 594mm 841mm" in page
    assert "Un lead enregistré, que personne n&#39;a encore évalué." in page
    ruleset = load(project / "mappings").ruleset
    assert ruleset is not None
    assert f"version {ruleset.version}</code>" in page
    assert "<script" not in page


@pytest.mark.sqlite_only("what is printed comes from the files alone")
def test_the_pdf_is_one_sheet_of_the_size_asked_for(project: Path) -> None:
    pytest.importorskip("weasyprint")
    out = project / "words.pdf"
    config = str(project / "config.toml")
    ask(print_, "poster", "--sheet", "A3", "--out", str(out), "-c", config)
    assert out.read_bytes().startswith(b"%PDF")
    ruleset = load(project / "mappings").ruleset
    assert ruleset is not None
    for sheet in ("A4", "A2"):
        (page,) = laid_out(make(ruleset, "fr"), sheet).pages
        assert round(page.width * 25.4 / 96) == SHEETS[sheet][0]


def test_nothing_on_a_french_poster_is_english(project: Path) -> None:
    ruleset = load(project / "mappings").ruleset
    assert ruleset is not None
    french = make(ruleset, "fr")
    for word, term in zip(french.words, ruleset.vocabulary.terms.values(), strict=True):
        assert word.definition == term.definitions["fr"]
        assert word.examples == tuple(one["fr"] for one in term.examples)
        assert word.counter_examples == tuple(one["fr"] for one in term.counter_examples)
    page = to_html(french, "A4")
    assert "dit aussi (ventes)\u202f: hot lead, SQL" in page
    assert "2026-09-01 · Claire Moreau (marketing) · Jonas Brandt (ventes)" in page


def test_changed_examples_of_a_word_are_a_changed_word(project: Path) -> None:
    config = str(project / "config.toml")
    first = keep(project, SPRING)
    change(project, "vocabulary.yaml", "An anonymous page view", "A page view")
    old = ask(print_, "verify", first, "-c", config)
    assert old.return_value == 1
    assert "Words that changed since: captured_lead." in old.stdout


def test_verify_tells_whether_the_wall_still_says_the_law(project: Path) -> None:
    config = str(project / "config.toml")
    first = keep(project, SPRING)
    assert ask(print_, "verify", first, "-c", config).stdout.startswith(f"{first} is the law")
    change(project, "routing.yaml", "{at_least: 500}", "{at_least: 400}")
    same = ask(print_, "verify", first, "-c", config)
    assert same.return_value == 0
    assert same.stdout.endswith("Its words still hold; only these files changed: routing.yaml.\n")
    change(project, "vocabulary.yaml", "at least one way to reach them", "a phone number")
    old = ask(print_, "verify", first, "-c", config)
    assert old.return_value == 1
    assert "Words that changed since: lead. Print the poster anew." in old.stdout
    assert "contract" not in old.stdout
    change(project, "promises.yaml", "within: 14d", "within: 21d")
    both = ask(print_, "verify", first, "-c", config)
    assert both.stdout.endswith("The promises changed: print the contract and the chart anew.\n")
    assert ask(print_, "verify", "feedbeef", "-c", config).return_value == 1


def test_blame_shows_each_change_of_a_definition_and_no_other(project: Path) -> None:
    config = str(project / "config.toml")
    keep(project, SPRING)
    change(project, "routing.yaml", "{at_least: 500}", "{at_least: 400}")
    second = keep(project, SPRING + timedelta(days=30))
    change(project, "vocabulary.yaml", "at least one way to reach them", "a phone number")
    keep(project, SPRING + timedelta(days=60))
    text = ask(blame, "enterprise, DACH", "-c", config).stdout
    assert text.count(" · version ") == 2
    assert f"2026-03-31 00:00 · version {second} · routing.yaml: rules.enterprise, DACH" in text
    assert "    when.employees.at_least: 500 -> 400\n" in text
    tree = json.loads(ask(blame, "lead", "--json", "-c", config).stdout)
    lead = [one for one in tree if one["where"] == "vocabulary.yaml: terms.lead"]
    assert [change[0] for change in lead[-1]["changes"]] == ["means"]
    assert ask(blame, "no such word", "-c", config).return_value == 1


def test_a_rate_that_moved_is_told_from_chance() -> None:
    assert Shift(start="a", end="b", before=Share(part=50, whole=100),
                 after=Share(part=80, whole=100)).moved  # fmt: skip
    assert not Shift(start="a", end="b", before=Share(part=50, whole=100),
                     after=Share(part=54, whole=100)).moved  # fmt: skip
    assert not Shift(start="a", end="b", before=Share(part=0, whole=5),
                     after=Share(part=5, whole=5)).moved  # fmt: skip
    old = [Journey(lead_id=f"hs-{n}", cycle=1, captured_at=SPRING) for n in range(4)]
    new = [
        Journey(
            lead_id=f"hs-{n}",
            cycle=1,
            captured_at=SPRING + timedelta(days=10),
            marketing_qualified_at=SPRING + timedelta(days=11),
        )
        for n in range(4, 7)
    ]
    at = SPRING + timedelta(days=5)
    first = shifts([*old, *new], at, span=timedelta(days=28), until=at + timedelta(days=9))[0]
    assert (first.before, first.after) == (Share(part=0, whole=4), Share(part=3, whole=3))


def test_the_envelope_finds_the_word_on_which_teams_differ(project: Path) -> None:
    config, folder = str(project / "config.toml"), str(project / "envelopes")
    ask(envelope, "new", "spring", "lead", "captured_lead", "--folder", folder, "-c", config)
    form = (project / "envelopes" / "spring" / "form.md").read_text("utf-8")
    assert "## Captured lead (MCL): is this one?" in form
    asked = json.loads((project / "envelopes" / "spring" / "round.json").read_text("utf-8"))
    right = "".join("y" if case["is_one"] else "n" for case in asked["cases"])
    flip = next(n for n, case in enumerate(asked["cases"]) if case["term"] == "captured_lead")
    wrong = right[:flip] + ("n" if right[flip] == "y" else "y") + right[flip + 1 :]
    for team, letters in (("marketing", right), ("marketing", right), ("sales", wrong)):
        done = ask(envelope, "answer", "spring", "--team", team, "--answers", letters,
                   "--folder", folder)  # fmt: skip
        assert done.stdout == "Thank you. Your answer is in the envelope.\n"
    files = list((project / "envelopes" / "spring" / "answers").iterdir())
    assert {file.stat().st_mtime for file in files} == {0}
    text = ask(envelope, "score", "spring", "--folder", folder)
    assert text.return_value == 1
    assert f"Teams differ on Captured lead (MCL): {asked['cases'][flip]['text']}" in text.stdout
    ask(envelope, "new", "autumn", "lead", "captured_lead", "--folder", folder, "-c", config)
    again = json.loads((project / "envelopes" / "autumn" / "round.json").read_text("utf-8"))
    right = "".join("y" if case["is_one"] else "n" for case in again["cases"])
    for team in ("marketing", "sales"):
        ask(envelope, "answer", "autumn", "--team", team, "--answers", right, "--folder", folder)
    tree = json.loads(ask(envelope, "score", "autumn", "--json", "--folder", folder).stdout)
    word = next(one for one in tree["words"] if one["word"] == "captured_lead")
    assert word["agreement"] == 1
    assert word["earlier"]["spring"] < 1


def test_a_round_in_french_asks_in_french(project: Path) -> None:
    config, folder = str(project / "config.toml"), str(project / "envelopes")
    ask(envelope, "new", "tour", "bad_lead", "--language", "fr", "--folder", folder, "-c", config)
    form = (project / "envelopes" / "tour" / "form.md").read_text("utf-8")
    assert "Sans nom, s'il vous plaît." in form
    assert "## Mauvais lead : en est-ce un cas ?" in form
    assert "Un concurrent  [ ] oui  [ ] non  [ ] je ne sais pas" in form
    done = ask(envelope, "answer", "tour", "--team", "ventes", "--answers", "yyyn",
               "--folder", folder)  # fmt: skip
    assert done.stdout == "Merci. Votre réponse est dans l'enveloppe.\n"
    with pytest.raises(click.UsageError, match="not a path"):
        ask(envelope, "new", "../elsewhere", "--folder", folder, "-c", config)


def test_agreement_is_the_share_of_pairs_that_say_the_same() -> None:
    asked = [Case(term="mql", text="a", is_one=True)]
    ballots = [
        Ballot(team="sales", answers={1: Answer.YES}),
        Ballot(team="sales", answers={1: Answer.YES}),
        Ballot(team="marketing", answers={1: Answer.NO}),
    ]
    (found,) = score(asked, ballots)
    assert found.agreement == pytest.approx(1 / 3)
    assert found.right == pytest.approx(2 / 3)
    assert found.split == ("a",)
    assert found.clashes
    assert not found.strays
    (alike,) = score(
        asked, [Ballot(team=t, answers={1: Answer.NO}) for t in ("sales", "marketing")]
    )
    assert alike.strays, "all say the same, and not what is written"
    assert not alike.clashes
