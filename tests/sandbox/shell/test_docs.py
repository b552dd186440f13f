"""docs/sandbox.md names every call of the control API and every fault, and no others."""

import re
from pathlib import Path

from connector.sandbox.control import ENDPOINTS
from connector.sandbox.faults import KINDS
from connector.sandbox.people.habits import HABITS

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """The first table of a section: first cell -> second cell."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, flags=re.MULTILINE))


def test_the_page_lists_every_fault() -> None:
    assert rows("Faults") == KINDS


def test_the_page_lists_every_call_of_the_control_api() -> None:
    assert rows("The control API") == {
        f"{method} {path}": (act.__doc__ or "").strip() for method, path, act in ENDPOINTS
    }


def test_the_page_names_every_habit() -> None:
    people = PAGE.split("\n## People\n")[1].split("\n## ")[0]
    assert all(f"`{habit}`" in people for habit in HABITS)
