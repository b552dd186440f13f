"""What leads and files say is text in every page and every CSV file, and never runs there."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from connector.core.poster import poster
from connector.reports import contract, html, plain, warehouse
from connector.reports import poster as posters
from connector.reports.document import Document
from connector.reports.packs import Material
from tests.reports.material import NOW, material, rules
from tests.reports.test_pages import REPORTS

MARK = "<evil onload=\"x\" href='y'>"
EVIL = f"=1+{MARK}"


class Tags(HTMLParser):
    """The names of all elements, attributes that run something, and the page's policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.running: set[str] = set()
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        given = {name: value or "" for name, value in attrs}
        self.running |= {name for name in given if name.startswith("on")}
        self.running |= {n for n in ("src", "href", "action") if n in given}
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]


def evil(language: str = "en") -> Material:
    """All that comes from outside into a report wants to run."""
    given = material(language)
    bad = [
        replace(j, source=EVIL, campaign=EVIL, segment=EVIL, reason=EVIL, programme=EVIL)
        for j in given.journeys
    ]
    notes = tuple(replace(note, text=EVIL) for note in given.notes)
    decisions = tuple(replace(one, what=EVIL) for one in given.decisions)
    words = replace(given.ruleset.vocabulary, company=EVIL)
    ruleset = replace(given.ruleset, vocabulary=words)
    return replace(given, journeys=bad, notes=notes, decisions=decisions, ruleset=ruleset)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    given = evil()
    made = [report(given) for report in REPORTS.values()]
    made.append(contract.sla_document(given.ruleset, now=NOW))
    made.append(contract.raci_document(given.ruleset, now=NOW))
    return made


def pages(documents: list[Document]) -> Iterator[str]:
    yield from (html.to_html(document) for document in documents)
    bad = replace(rules().vocabulary, company=EVIL)
    bad = replace(bad, terms={n: replace(t, definition=EVIL) for n, t in bad.terms.items()})
    yield posters.to_html(
        poster(replace(rules(), vocabulary=bad), "en"), next(iter(posters.SHEETS))
    )


def test_a_page_runs_nothing_and_loads_nothing(documents: list[Document]) -> None:
    shown = 0
    for page in pages(documents):
        tags = Tags(page)
        assert "default-src 'none'" in tags.policy
        assert "script" not in tags.policy.replace("default-src", "")
        assert not tags.names & {"evil", "script", "img", "iframe", "link", "object", "form"}
        assert not tags.running
        shown += "&lt;evil" in page
    assert shown >= len(REPORTS)  # it is there, as text


def test_a_cell_is_never_a_formula(documents: list[Document], tmp_path: Path) -> None:
    files = [plain.to_csv(document) for document in documents]
    bad = evil().journeys
    for name, columns, rows in (
        ("journeys", warehouse.JOURNEYS, warehouse.journey_rows(bad)),
        ("deals", warehouse.DEALS, warehouse.deal_rows(bad)),
    ):
        warehouse.write_csv(tmp_path / name, columns, rows)
        files.append((tmp_path / name).read_text("utf-8"))
    seen = 0
    for text in files:
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                seen += MARK in cell
                number = cell.lstrip("+-").replace(".", "", 1).replace("%", "").strip().isdigit()
                assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    assert seen > 100
