"""The sandbox's page in a real browser: both systems, the clock, the faults, the log."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connector.sandbox.serve import Sandbox

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
NASTY = "<script>document.title='taken'</script>\"'&"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(start=START) as sandbox:
        world = sandbox.world
        contact = world.hubspot.create(
            "contacts", {"email": "ann@oak.example", "firstname": "Ann", "lastname": NASTY}
        )
        world.salesforce.create(
            "Lead",
            {
                "LastName": "Oak",
                "Company": NASTY,
                "Email": "ann@oak.example",
                "Leadrelay_Id__c": f"hs-{contact['id']}",
            },
        )
        yield sandbox


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(sandbox: Sandbox, browser: Browser) -> Iterator[Page]:
    """The page as a browser shows it; anything it complains about fails the test."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(10_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((sandbox.control_url, "data:"))
            else complaints.append(f"asks a foreign host: {request.url}")
        ),
    )
    page.goto(sandbox.control_url)
    yield page
    page.close()
    assert complaints == []


def opened(page: Page) -> Page:
    """The page with the contact and, beside it, the Lead that belongs to it."""
    page.get_by_role("link", name="ann@oak.example").click()
    expect(page.get_by_role("region", name="ann@oak.example")).to_be_visible()
    expect(page.get_by_role("region", name="Oak", exact=True)).to_be_visible()
    return page


@needs_chromium
@pytest.mark.browser
def test_both_sides_of_a_person_stand_side_by_side(page: Page) -> None:
    opened(page)
    contact = page.locator(".hubspot .record")
    lead = page.locator(".salesforce .record")
    assert contact.bounding_box()["x"] < lead.bounding_box()["x"]  # type: ignore[index]
    expect(contact.get_by_label("Last Name")).to_have_value(NASTY)
    expect(lead.get_by_label("Company", exact=True)).to_have_value(NASTY)
    assert page.title() == "leadrelay sandbox"


@needs_chromium
@pytest.mark.browser
def test_fields_of_both_systems_are_edited(page: Page, sandbox: Sandbox) -> None:
    opened(page)
    contact, lead = page.locator(".hubspot .record"), page.locator(".salesforce .record")
    contact.get_by_label("First Name").fill("Änne")
    contact.get_by_text("fields without a value").click()
    contact.get_by_label("Job Title").fill("Head of IT")
    contact.get_by_role("button", name="Save changes").click()
    expect(contact.get_by_label("Job Title")).to_have_value("Head of IT")
    lead.get_by_text("fields without a value").click()
    lead.get_by_label("Employees").fill("120")
    lead.get_by_role("button", name="Save changes").click()
    expect(lead.get_by_label("Employees")).to_have_value("120")
    values = sandbox.world.hubspot.records("contacts")[0]["properties"]
    assert (values["firstname"], values["jobtitle"], values["lastname"]) == (
        "Änne",
        "Head of IT",
        NASTY,
    )
    assert sandbox.world.salesforce.rows("Lead")[0]["NumberOfEmployees"] == 120


@needs_chromium
@pytest.mark.browser
def test_what_a_system_refuses_is_said(sandbox: Sandbox, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(sandbox.control_url)
    opened(page)
    contact = page.locator(".hubspot .record")
    contact.get_by_label("Email", exact=True).fill("nobody")
    contact.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("HubSpot refuses")
    page.close()


@needs_chromium
@pytest.mark.browser
def test_a_lead_gets_a_status_and_is_converted(page: Page, sandbox: Sandbox) -> None:
    opened(page)
    lead = page.locator(".salesforce .record")
    lead.get_by_label("Status").first.select_option("Working - Contacted")
    lead.get_by_role("button", name="Set status").click()
    expect(lead.get_by_label("Status").first).to_have_value("Working - Contacted")
    page.get_by_role("button", name="+1 day").click()
    expect(page.locator("header time")).to_have_text("Tue 03 Mar 2026, 08:00")
    lead.get_by_role("button", name="Convert").click()
    expect(page.locator(".salesforce .record small")).to_contain_text("Contact 003")
    assert sandbox.world.salesforce.rows("Lead")[0]["ConvertedDate"] == "2026-03-03"
    page.get_by_role("link", name="Opportunity", exact=True).click()
    page.locator(".salesforce td a").first.click()
    stage = page.locator(".salesforce .record .quick select")
    stage.select_option("Closed Won")
    page.get_by_role("button", name="Move").click()
    expect(stage).to_have_value("Closed Won")
    assert sandbox.world.salesforce.rows("Opportunity")[0]["IsWon"] is True


@needs_chromium
@pytest.mark.browser
def test_search_narrows_both_sides(page: Page, sandbox: Sandbox) -> None:
    sandbox.world.hubspot.create("contacts", {"email": "bob@elm.example"})
    page.keyboard.press("/")
    page.keyboard.type("OAK.EXAMPLE")
    page.keyboard.press("Enter")
    expect(page.locator(".hubspot tbody tr")).to_have_count(1)
    expect(page.locator(".salesforce tbody tr")).to_have_count(1)
    page.get_by_label("Search both systems").fill("nobody at all")
    page.keyboard.press("Enter")
    expect(page.locator("td.none")).to_have_count(2)


@needs_chromium
@pytest.mark.browser
def test_a_fault_is_switched_on_and_off_and_the_log_follows(page: Page, sandbox: Sandbox) -> None:
    page.get_by_role("link", name="Faults").click()
    page.locator("select[name=kind]").select_option("server_error")
    page.locator("select[name=system]").select_option("hubspot")
    page.get_by_label("Status (server_error)").fill("502")
    page.get_by_label("Only the calls number").fill("1")
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator("tbody tr")).to_contain_text("server_error 502")
    page.get_by_role("link", name="Calls").click()
    expect(page.locator("td.none")).to_be_visible()
    headers = {"authorization": "Bearer pat-na1-sandbox"}
    url = f"{sandbox.hubspot_url}/crm/v3/owners"
    statuses = [requests.get(url, headers=headers, timeout=5).status_code for _ in range(2)]
    assert statuses == [502, 200]
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr.struck")).to_contain_text("fault: server_error")
    page.get_by_role("link", name="Faults").click()
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_text("both systems answer as they should")).to_be_visible()
    assert sandbox.world.faults.rules() == []


@needs_chromium
@pytest.mark.browser
def test_the_clock_is_set_and_a_record_deleted(page: Page, sandbox: Sandbox) -> None:
    page.get_by_text("Set…").click()
    page.get_by_label("Moment (UTC)").fill("2026-09-01T12:30:00")
    page.get_by_role("button", name="Set the clock").click()
    expect(page.locator("header time")).to_have_text("Tue 01 Sep 2026, 12:30")
    opened(page)
    page.locator(".hubspot .record").get_by_role("button", name="Delete").click()
    expect(page.locator(".hubspot td.none")).to_be_visible()
    assert sandbox.world.hubspot.records("contacts") == []


@needs_chromium
@pytest.mark.browser
def test_on_a_phone_nothing_sticks_out_and_all_is_in_reach(page: Page, sandbox: Sandbox) -> None:
    page.set_viewport_size({"width": 360, "height": 760})
    fault = {"kind": "server_error", "system": "salesforce", "path": "/composite", "nth": [2, 5]}
    requests.post(f"{sandbox.control_url}/faults", json=fault, timeout=5)
    url = f"{sandbox.hubspot_url}/crm/v3/objects/contacts/batch/read"
    requests.post(url, headers={"Authorization": "Bearer pat-na1-sandbox"}, json={}, timeout=5)
    opened(page)
    for view in ("Records", "Faults", "Calls"):
        page.get_by_role("link", name=view).click()
        expect(page.get_by_role("link", name=view)).to_have_attribute("aria-current", "page")
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        cells = page.locator("tbody td:visible").all()
        assert cells
        assert all(cell.bounding_box()["width"] >= 20 for cell in cells)  # type: ignore[index]


def test_the_page_is_strict_about_what_it_loads_and_escapes(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.control_url}/page/", params={"q": NASTY}, timeout=5)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert NASTY not in answer.text
    assert "<script>document" not in answer.text
    assert "https://" not in answer.text


def test_a_foreign_page_cannot_press_a_button(sandbox: Sandbox) -> None:
    answer = requests.post(
        f"{sandbox.control_url}/page/",
        data={"deed": "advance", "hours": "1"},
        headers={"origin": "https://evil.example"},
        timeout=5,
    )
    assert answer.status_code == 403
    assert sandbox.world.clock.now() == START
    unknown = requests.post(f"{sandbox.control_url}/page/", data={"deed": "burn"}, timeout=5)
    assert unknown.status_code == 400
