"""People for stories: somebody who qualifies at once, and quick looks at both systems."""

from typing import Any

from tests.stories.conftest import Story

READY = {
    "lastname": "Hofer",
    "firstname": "Eva",
    "company": "Alpenblick AG",
    "jobtitle": "Head of IT",
    "phone": "+43 1 9018200",
    "country": "Austria",
    "industry": "INSURANCE",
    "numberofemployees": "900",
    "annualrevenue": "50000000",
    "lr_lead_interest": "Demo",
    "lr_timeframe": "Now",
    "lr_budget": "50000",
    "recent_conversion_date": "2026-03-02T07:00:00Z",
    "recent_conversion_event_name": "Demo request",
}

#: Changes that keep somebody far from sales.
NOT_YET = {
    "lr_lead_interest": "Newsletter",
    "lr_timeframe": "Just exploring",
    "lr_budget": "0",
    "jobtitle": "Developer",
    "numberofemployees": "8",
    "annualrevenue": "0",
}


def arrive(story: Story, email: str, **more: str) -> str:
    """A contact who is ready for sales; returns the HubSpot id."""
    with story.world.lock:
        made = story.world.hubspot.create(
            "contacts", {**READY, "email": email, **more}, as_hubspot=True
        )
    return str(made["id"])


def marketing_sets(story: Story, contact: str, **values: str) -> None:
    with story.world.lock:
        story.world.hubspot.update("contacts", contact, values)


def sales_sets(story: Story, id_: str, kind: str = "Lead", **values: Any) -> None:
    crm = story.world.salesforce
    with story.world.lock:
        crm.update(kind, id_, values, by=crm.get(kind, id_)["OwnerId"])


def contact_of(story: Story, id_: str) -> dict[str, Any]:
    with story.world.lock:
        found: dict[str, Any] = story.world.hubspot.get("contacts", id_)["properties"]
    return found


def record_of(story: Story, lead_id: str, kind: str = "Lead") -> dict[str, Any]:
    """The CRM's record of a lead, by the external id."""
    with story.world.lock:
        rows = [r for r in story.world.salesforce.rows(kind) if r.get("Leadrelay_Id__c") == lead_id]
    assert len(rows) == 1, f"{len(rows)} records of {lead_id}"
    return dict(rows[0])
