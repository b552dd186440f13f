"""Reports in a real browser: wide and narrow, on paper, and without a single request."""

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.core.poster import poster
from connector.mapfiles import load
from connector.reports.poster import SHEETS, to_html
from tests.conftest import NewLedger
from tests.stories.company import EVA, ISA, KIM, LUC, come
from tests.stories.conftest import ROOT, story_on
from tests.stories.terminal import command, write_config

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not at /usr/bin/chromium"),
]

CHARTED = ("recycle", "funnel", "stock", "quarterly")
NAMES = (*CHARTED, "sources", "meeting", "promises", "passport")
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}

#: Words of a chart that stand out of it.
CLIPPED = """
[...document.querySelectorAll('svg text')].filter(text => {
  const box = text.getBoundingClientRect(), drawing = text.ownerSVGElement.getBoundingClientRect();
  return box.left < drawing.left - 1 || box.right > drawing.right + 1;
}).map(text => text.textContent)
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, new_ledger: NewLedger) -> dict[str, str]:
    """Every report of a small story as the job writes it, and the passport of a returned lead."""
    folder = tmp_path_factory.mktemp("reports")
    with story_on(folder, ROOT / "mappings", new_ledger(folder)) as story:
        come(story, EVA, LUC, ISA, KIM)
        story.run("pull-leads", "push-sqls")
        story.world.clock.advance(timedelta(hours=2))
        with story.world.lock:
            crm = story.world.salesforce
            for lead in crm.rows("Lead"):
                no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No budget"}
                crm.update("Lead", lead["Id"], no, by=lead["OwnerId"])
        story.world.clock.advance(timedelta(hours=2))
        story.run("pull-status", "recycle-leads", "closed-loop")
        folder = story.bench.config.reports.folder
        write_config(story)
        [lead_id, *_] = [j.lead_id for j in story.bench.ledger.journeys() if j.cycle == 2]
        page = folder / "passport.html"
        subprocess.run(
            command("lead", lead_id, "--html", str(page)), cwd=story.folder, check=True, env=ENV
        )
        return {name: (folder / f"{name}.html").read_text("utf-8") for name in NAMES}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"], headless=True
        )
        yield found
        found.close()


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("name", NAMES)
def test_a_report_fits_the_screen(browser, pages, name: str, width: int) -> None:  # type: ignore[no-untyped-def]
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.set_content(pages[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").is_visible()
    assert page.locator("svg").count() >= (name in CHARTED)
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)"
    )
    assert min(sizes, default=7) >= 7, "the words in a chart are too small to read"
    clipped = page.evaluate(CLIPPED)
    assert clipped == []
    assert not asked
    assert not said
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_report_prints(browser, pages, name: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    page = browser.new_page()
    page.set_content(pages[name])
    printed = page.pdf(path=str(tmp_path / "report.pdf"), prefer_css_page_size=True)
    page.close()
    assert printed.startswith(b"%PDF-")
    assert 1 <= printed.count(b"/Type /Page\n") <= 6


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("sheet", SHEETS)
def test_a_poster_is_one_sheet_in_a_browser_too(browser, sheet: str, language: str) -> None:  # type: ignore[no-untyped-def]
    rules = load(ROOT / "mappings").ruleset
    assert rules is not None
    page = browser.new_page()
    page.set_content(to_html(poster(rules, language), sheet))
    printed = page.pdf(prefer_css_page_size=True)
    words = page.locator(".way").last.bounding_box()
    page.close()
    assert printed.count(b"/Type /Page\n") == 1
    height = SHEETS[sheet][1] / 25.4 * 96
    assert words["y"] + words["height"] > 0.75 * height, "the sheet is left half empty"


def test_a_passport_tells_both_cycles_with_rule_and_version(pages: dict[str, str]) -> None:
    told = pages["passport"].replace("<wbr>", "")
    for word in ("sql", "No budget", "Business case", "2026-03-02", "HubSpot", "Salesforce"):
        assert word in told, word
    assert re.search(r"mappings?/?[\w/-]*\.yaml:\d+", told)  # the line of the rule
    assert re.search(r"@[0-9a-f]{7}", told)  # and the version of the files
