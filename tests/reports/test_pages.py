"""Reports in a real browser: on a screen, on a phone, on paper; and without a legend."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from connector.reports import packs
from connector.reports.document import Chart, Document, Table
from connector.reports.funnel import funnel_report
from connector.reports.html import to_html
from connector.reports.plain import to_csv, to_markdown, to_text
from connector.reports.recycle import recycle_report
from tests.reports.material import material

CHROMIUM = Path("/usr/bin/chromium")


def recycle(given: packs.Material) -> Document:
    return recycle_report(
        given.journeys, given.ruleset, given.period, now=given.now, language=given.language
    )


REPORTS: dict[str, Callable[[packs.Material], Document]] = {
    "recycle": recycle,
    "funnel": funnel_report,
    "sources": packs.sources_report,
    "stock": packs.stock_report,
    "meeting": packs.meeting_report,
    "quarterly": packs.quarterly_report,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not here")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


def opened(browser: Browser, document: Document, folder: Path, width: int) -> Page:
    file = folder / f"{document.name}-{document.language}.html"
    file.write_text(to_html(document), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(file.as_uri())
    return page


@pytest.mark.browser
@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_report_is_read_on_every_width_and_on_paper(
    name: str, language: str, browser: Browser, tmp_path: Path
) -> None:
    document = REPORTS[name](material(language))
    phone = opened(browser, document, tmp_path, 375)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    assert phone.locator("h1").inner_text() == document.title
    for drawn in phone.locator("figure").all():  # its chart is seen whole, with readable words
        box = drawn.bounding_box()
        assert box is not None
        assert 200 < box["width"] <= 375
        assert not drawn.evaluate("f => f.scrollWidth > f.clientWidth")
    for words in phone.locator("figure svg text").all()[:40]:
        assert words.evaluate("t => t.getBoundingClientRect().height") >= 9
    pages = phone.pdf(format="A4").count(b"/Type /Page\n") or 1
    assert pages < 16
    # No word of ours is missing, and nobody else's is taken for markup.
    said = phone.locator("main").inner_text()
    assert not re.search(r"\b(recycle|funnel|meeting|suspect|state)\.[a-z_]+\b", said)
    assert phone.locator("main b:text('bold')").count() == 0
    phone.close()


@pytest.mark.browser
def test_charts_are_read_without_colour(browser: Browser, tmp_path: Path) -> None:
    """Every bar, band and cell stands beside its number, inside the picture."""
    page = opened(browser, funnel_report(material()), tmp_path, 900)
    outside = page.evaluate(
        "[...document.querySelectorAll('svg text')].filter(t => {"
        "const b = t.getBoundingClientRect(), s = t.ownerSVGElement.getBoundingClientRect();"
        "return b.left < s.left - 1 || b.right > s.right + 1 || b.bottom > s.bottom + 1;"
        "}).map(t => t.textContent)"
    )
    assert outside == []
    page.close()


def test_the_recycle_report_needs_no_legend() -> None:
    given = material()
    text = to_text(recycle(given))
    for word in ("Organic search", "Mid-market", "Autumn fair", "No budget", "Keep warm"):
        assert word in text
    for raw in ("organic_search", "no_budget", "keep-warm", "mid_market", ".;"):
        assert raw not in text
    assert "Set aside for good" in text
    assert re.search(r"\d+ · \d+\.\d %", to_html(recycle(given)))
    french = to_text(recycle(material("fr")))
    assert "Recherche naturelle" in french
    assert "Mis de côté définitivement" in french


def test_the_meeting_pack_says_what_does_not_work() -> None:
    text = to_text(packs.meeting_report(material()))
    assert "Source Offline" in text
    assert "▲ has shifted" in text
    assert "82 %" in text  # 41 of 50 promises
    assert "Visitors of fairs" in text
    assert "They build it themselves" in text


@pytest.mark.parametrize("name", REPORTS)
def test_both_languages_say_the_same(name: str) -> None:
    english, french = REPORTS[name](material()), REPORTS[name](material("fr"))
    assert len(english.sections) == len(french.sections)
    for one, other in zip(english.sections, french.sections, strict=True):
        assert [type(block) for block in one.blocks] == [type(block) for block in other.blocks]
        for block, twin in zip(one.blocks, other.blocks, strict=True):
            if isinstance(block, Table) and isinstance(twin, Table):
                assert len(block.rows) == len(twin.rows)
            if isinstance(block, Chart):
                assert block.words
    assert to_csv(english)
    assert to_markdown(english).startswith(f"# {english.title}")
