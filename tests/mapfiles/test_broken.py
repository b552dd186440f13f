"""Every broken set gives exactly the text beside it: right words, right place, all at once."""

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


def test_the_minimal_set_is_sound() -> None:
    checked = check(MINIMAL, TODAY)
    assert as_text(checked.problems) == "no problems\n"
    assert checked.ruleset is not None


@pytest.mark.parametrize("broken", SETS, ids=lambda one: one.name)
def test_says_what_is_wrong(broken: BrokenSet, tmp_path: Path) -> None:
    checked = check(lay(broken.edits, tmp_path), TODAY)
    assert as_text(checked.problems) == broken.expected
    assert (checked.ruleset is None) == bool(checked.errors)
