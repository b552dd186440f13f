"""Made-up leads and what happens to them, for the store's tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.core.events import Event, EventKind, event_key
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.problems import Mender, Place, Problem
from connector.core.records import Activity, LeadState, System
from connector.ports import LeadRow, Link, Snapshot

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lead(number: int, **changed: Any) -> LeadRow:
    """One lead; `state` takes the changes of its state."""
    state = {
        "lead_id": f"hs-{number}",
        "stage": "captured",
        "snapshot_hash": f"snap-{number}",
        **changed.pop("state", {}),
    }
    return LeadRow(
        state=LeadState(**state),
        hubspot_id=changed.pop("hubspot_id", str(number)),
        values=changed.pop("values", {"email": f"Person{number}@example.com", "budget": None}),
        captured_at=NOW,
        updated_at=changed.pop("updated_at", NOW),
        ruleset="rules-1",
        **changed,
    )


def full_lead(number: int) -> LeadRow:
    """A lead with every field set."""
    return lead(
        number,
        state={
            "stage": "sales_qualified",
            "cycle": 2,
            "cycle_started_at": NOW - 5 * MINUTE,
            "passed_at": NOW,
            "owner": "ada",
            "refused_by": ("bob", "eve"),
            "cool_down_until": NOW + MINUTE,
            "disposition": None,
            "reason": "budget",
        },
        values={
            "email": f"Person{number}@example.com",
            "amount": Decimal("12.50"),
            "starts_on": NOW.date(),
            "seen_at": NOW,
            "interests": ("crm", "mail"),
            "employees": 90,
            "consent": True,
            "phone": "",
            "title": None,
            "company": "Łódź & Söhne\n",
        },
        score_fit=12.5,
        score_intent=30.25,
        score_completeness=0.8,
        score=43.55,
        temperature="warm",
        goal="a meeting",
        source="fair",
        campaign="spring",
        segment="enterprise",
        product="press",
        team="dach",
        crm={"status": "Working", "owner": "005"},
        look_again_at=NOW + MINUTE,
    )


def action(number: int, change: str = "first", **changed: Any) -> Action:
    destination = changed.pop("destination", Destination.SALESFORCE)
    lead_id = changed.pop("lead_id", f"hs-{number}")
    return Action(
        key=action_key(destination, "Lead", lead_id, change),
        lead_id=lead_id,
        kind=changed.pop("kind", ActionKind.CREATE),
        destination=destination,
        because=changed.pop("because", "it is new"),
        record_kind=changed.pop("record_kind", "Lead"),
        **changed,
    )


def event(number: int, fact: str = "first", **changed: Any) -> Event:
    lead_id = changed.pop("lead_id", f"hs-{number}")
    kind = changed.pop("kind", EventKind.CAPTURED)
    return Event(key=event_key(kind, lead_id, fact), lead_id=lead_id, kind=kind, at=NOW, **changed)


def snapshot(number: int, **changed: Any) -> Snapshot:
    return Snapshot(
        lead_id=f"hs-{number}",
        hash=changed.pop("hash", f"snap-{number}"),
        taken_at=changed.pop("taken_at", NOW),
        ruleset=changed.pop("ruleset", "rules-1"),
        cycle=changed.pop("cycle", 1),
        values={"email": f"Person{number}@example.com", "amount": Decimal("1.0")},
        activities=(
            Activity(kind="form", at=NOW, title="Demo", source=System.SALESFORCE, id="f1"),
            Activity(kind="call", at=NOW, by="u7", direction="out", completed=False),
        ),
        outcome={"stage": "captured", "score": 3.5, "missing": ["budget"]},
        **changed,
    )


def pair(number: int, salesforce_id: str, **changed: Any) -> Link:
    return Link(
        lead_id=f"hs-{number}",
        hubspot_id=changed.pop("hubspot_id", str(number)),
        salesforce_id=salesforce_id,
        salesforce_kind=changed.pop("salesforce_kind", "Lead"),
        since=changed.pop("since", NOW),
        **changed,
    )


def problem(code: str = "too-long") -> Problem:
    return Problem(
        code=code,
        where=Place(file="salesforce:Lead/1", line=3, column=9),
        what="Company is longer than 255",
        remedy="Shorten it.",
        mender=Mender.MARKETING,
    )
