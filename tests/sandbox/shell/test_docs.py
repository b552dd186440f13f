"""docs/sandbox.md says what stands in the code: endpoints, calls, faults, habits, versions."""

import json
import re
from pathlib import Path

from connector.sandbox.control import ENDPOINTS
from connector.sandbox.document import PARTS, filled
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


def test_the_tables_are_those_of_the_code() -> None:
    assert filled(PAGE) == PAGE, "run: python -m connector.sandbox.document"
    assert all(f"<!-- end of {name} -->" in PAGE for name in PARTS)


def test_the_page_names_the_versions_of_the_clients_that_are_run() -> None:
    pinned = Path(__file__).parents[1] / "clients"
    packages = json.loads((pinned / "node" / "package.json").read_text())["dependencies"]
    for tap in ("tap-hubspot", "tap-salesforce"):
        found = re.search(rf"^{tap}==(.+)$", (pinned / f"{tap}.txt").read_text(), re.M)
        assert found is not None
        packages[tap] = found[1]
    table = PAGE.split("| client | version |")[1].split("\n\n")[0]
    told = re.findall(r"^\| (\S+) .*?\| ([\d.]+) \|", table, re.M)
    assert dict(told) == packages
