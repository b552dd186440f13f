"""Whatever a page names as what holds a promise is there."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("docs/**/*.md"))
TEST = re.compile(r"`(test_\w+|tests/[^`\s]+)`")


@cache
def named_tests() -> frozenset[str]:
    """Names of all test functions."""
    files = ROOT.glob("tests/**/test_*.py")
    return frozenset(
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tests_that_a_page_names_exist(page: Path) -> None:
    for named in TEST.findall(page.read_text("utf-8")):
        there = named in named_tests() if named.startswith("test_") else any(ROOT.glob(named))
        assert there, f"{page.name} names {named}"
