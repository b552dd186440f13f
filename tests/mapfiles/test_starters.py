"""Starting sets are sound as they are written, share one source, and come with their schemas."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connector.core.problems import Problem
from connector.mapfiles import check
from connector.mapfiles.examples import run_examples
from connector.mapfiles.starters import KINDS, folder_of, starting_set, write_starting_set

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("kind", KINDS)
def test_a_set_is_sound_and_its_examples_hold(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    written = write_starting_set(kind, folder)
    assert not isinstance(written, Problem)
    assert all(path.is_file() for path in written)
    checked = check(folder, TODAY)
    assert [str(problem) for problem in checked.problems] == []
    assert checked.ruleset is not None
    golden = checked.loaded.project.golden
    assert golden
    run = run_examples(checked.ruleset, golden, datetime(2026, 11, 22, tzinfo=UTC))
    assert [str(one) for one in run.failed] == []
    assert run.coverage.rules[0] == run.coverage.rules[1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_line_leads_to_a_schema(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    write_starting_set(kind, folder)
    for path in folder.rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema="), path.name
        assert (path.parent / first.partition("=")[2]).is_file(), path.name


def test_the_software_set_is_the_mappings_folder_itself() -> None:
    shipped = {
        path.relative_to(ROOT / "mappings").as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "mappings").rglob("*")
        if path.is_file()
    }
    written = starting_set("b2b-software")
    assert written.keys() == shipped.keys()
    for name, text in written.items():
        if name.endswith(".yaml"):
            assert text.partition("\n")[2] == shipped[name].partition("\n")[2]
        else:
            assert text == shipped[name]


def test_the_wheel_takes_the_software_set_from_the_mappings_folder() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {
        "mappings": "connector/mapfiles/starters/b2b-software",
        "config.example.toml": "connector/mapfiles/starters/config.toml",
    }
    assert not (ROOT / "connector/mapfiles/starters/b2b-software").exists()


def test_the_other_sets_are_not_copies() -> None:
    software = starting_set("b2b-software")
    for kind in ("services", "education"):
        other = starting_set(kind)
        assert other["vocabulary.yaml"] != software["vocabulary.yaml"]
        assert "northlight" not in "".join(other.values()).casefold()
        assert other["templates/brief.en.md"] == software["templates/brief.en.md"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    found = write_starting_set("services", tmp_path)
    assert isinstance(found, Problem)
    assert found.code == "folder-not-empty"
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LookupError):
        starting_set("bakery")
    with pytest.raises(LookupError):
        folder_of("services")


def test_the_software_set_can_be_read_where_it_lies() -> None:
    assert check(folder_of("b2b-software"), TODAY).problems == ()
