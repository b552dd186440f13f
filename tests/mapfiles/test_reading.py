"""Reading survives whatever lies in the folder, and YAML means what YAML 1.2 says."""

import random
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.mapfiles import check, load
from connector.mapfiles.hints import listed, nearest
from connector.mapfiles.yaml_text import MOST_BYTES, parse, scalar
from tests.mapfiles.sets import MINIMAL

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("true", True),
        ("False", False), ("null", None), ("~", None), ("", None), ("12", 12), ("-3", -3),
        ("0o17", 15), ("0x1F", 31), ("012", 12), ("1_000", "1_000"), ("1.5", 1.5), ("1e3", 1000.0),
        (".5", 0.5), ("2026-09-01", "2026-09-01"), ("12:30", "12:30"), ("09:00-17:00",
        "09:00-17:00"), ("+49", 49), ("-", "-"), (".", "."), ("1.2.3", "1.2.3"), (".nan", ".nan"),
    ],
)  # fmt: skip
def test_plain_words_follow_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_places_are_those_of_keys_and_values() -> None:
    parsed, _ = parse("a:\n  - {b: 1, c: [x, y]}\n  - d: |\n      text\n    e: 2\n", "f")
    assert parsed is not None
    spot = parsed.spot
    assert (spot.at(("a",)).key_line, spot.at(("a",)).line, spot.at(("a",)).column) == (1, 2, 3)
    assert (spot.at(("a", 0, "c", 1)).line, spot.at(("a", 0, "c", 1)).column) == (2, 19)
    assert (spot.at(("a", 1, "e")).key_line, spot.at(("a", 1, "e")).key_column) == (5, 5)
    assert spot.at(("a", 1, "nothing", "there")) is spot.at(("a", 1))


def test_aliases_share_values_and_keep_their_own_place() -> None:
    parsed, problems = parse("a: &x {b: [1, 2]}\nc: *x\n", "f")
    assert not problems
    assert parsed is not None
    assert parsed.value == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert parsed.spot.at(("c",)).line == 2
    assert parse("a: *nothing\n", "f")[1][0].code in ("unknown-anchor", "yaml-syntax")


def test_a_giant_file_is_refused_unread(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    shutil.copytree(MINIMAL, folder)
    (folder / "targets.yaml").write_bytes(b"# " + b"x" * MOST_BYTES)
    assert [p.code for p in load(folder).problems] == ["too-big"]  # and not that it is missing
    assert load(folder).ruleset is None


def test_a_folder_that_is_not_there() -> None:
    loaded = load(Path("nowhere/mappings"))
    assert loaded.ruleset is None
    assert [p.code for p in loaded.problems] == ["no-folder"]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    shutil.copytree(MINIMAL, folder)
    before = load(folder).project.folder.hash
    (folder / "README.md").write_text("notes", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.yaml").write_text(":", encoding="utf-8")
    assert load(folder).project.folder.hash == before
    assert load(folder).problems == ()


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    shutil.copytree(MINIMAL, folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            text = path.read_bytes().replace(b"\n", b"\r\n")
            path.write_bytes(b"\xef\xbb\xbf" + text)
    assert [str(p) for p in check(folder, TODAY).problems] == []


FILES = sorted(path.relative_to(MINIMAL).as_posix() for path in MINIMAL.rglob("*.*")
               if path.is_file())  # fmt: skip
PIECES = ["{", "}", "[", "]", ":", "- ", "\t", '"', "'", "&a ", "*a", "!x ", "\n", "  ", "#", "~",
          "0", "é", "\x00", "|", ">", "%", ",", "? ", "---\n", "{{", "null", "true",
          "2026-02-30"]  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(FILES), st.integers(0, 2**32), st.integers(1, 6))
def test_no_damage_makes_it_raise(name: str, seed: int, cuts: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "mappings"
        shutil.copytree(MINIMAL, folder)
        text = (folder / name).read_text(encoding="utf-8")
        for _ in range(cuts):
            at = chance.randrange(len(text) + 1)
            end = min(len(text), at + chance.randrange(8))
            text = text[:at] + chance.choice([*PIECES, ""]) + text[end:]
        (folder / name).write_text(text, encoding="utf-8")
        checked = check(folder, TODAY)
        for problem in checked.problems:
            assert problem.where.file.startswith("mappings")
            assert all((problem.code, problem.what, problem.remedy))
        assert (checked.ruleset is None) == bool(checked.errors)


def test_did_you_mean_finds_slips_and_keeps_silent_otherwise() -> None:
    words = ["enterprise-dach", "france", "growth", "lead-centre"]
    assert nearest("enterprise-dahc", words) == "enterprise-dach"
    assert nearest("France", words) == "france"
    assert nearest("frnce", words) == "france"
    assert nearest("lead-center", words) == "lead-centre"
    assert nearest("marketing", words) is None
    assert nearest("", words) is None
    assert nearest("x", []) is None


def test_lists_stay_readable() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(map(str, range(20))).endswith("11 and 8 more")
