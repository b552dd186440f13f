"""Every broken set gives exactly the text beside it: right words, right place, all at once."""

import ast
from datetime import date
from pathlib import Path

import pytest

from connector.mapfiles import check
from connector.mapfiles.formats import as_text
from tests.mapfiles.sets import MINIMAL, BrokenSet, broken_sets, lay

TODAY = date(2026, 11, 22)
SETS = broken_sets()


def test_there_are_fifty_of_them_and_no_two_alike() -> None:
    assert len(SETS) >= 50
    assert len({one.expected for one in SETS}) == len(SETS)


def test_every_code_has_its_set() -> None:
    """Except those about the folder as a whole and about edits, which are tested where they are."""
    elsewhere = {"too-big", "too-many-files", "no-folder", "folder-not-empty", "no-such-place",
                 "shared-value"}  # fmt: skip
    told = "".join(one.expected for one in SETS)
    lacking = {code for code in codes_in_the_source() if f": {code}: " not in told}
    assert lacking == elsewhere


def codes_in_the_source() -> set[str]:
    """The first argument of what notes a problem, and every `code=`."""
    notes = ("add", "_stop", "PydanticCustomError")
    found: set[str] = set()
    for path in Path(check.__code__.co_filename).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            words = [one.value for one in node.keywords if one.arg == "code"]
            words += node.args[:1] if name in notes else []
            found |= {
                word.value
                for word in words
                if isinstance(word, ast.Constant) and "-" in str(word.value)
            }
    return found


def test_the_minimal_set_is_sound() -> None:
    checked = check(MINIMAL, TODAY)
    assert as_text(checked.problems) == "no problems\n"
    assert checked.ruleset is not None


@pytest.mark.parametrize("broken", SETS, ids=lambda one: one.name)
def test_says_what_is_wrong(broken: BrokenSet, tmp_path: Path) -> None:
    checked = check(lay(broken.edits, tmp_path), TODAY)
    assert as_text(checked.problems) == broken.expected
    assert (checked.ruleset is None) == bool(checked.errors)
