"""A saved state goes on exactly where it stopped."""

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client


def lived_in(sandbox: HubSpotSandbox, clock: SandboxClock) -> None:
    """A bit of everything, and some of it not yet in the search index."""
    owner = sandbox.add_owner(email="rep@acme.example", team="East")
    sandbox.define_property("contacts", {"name": "crm_id", "hasUniqueValue": True})
    ids = [
        sandbox.create("contacts", {"email": f"p{n}@example.com", "crm_id": str(n)})["id"]
        for n in range(6)
    ]
    company = sandbox.create("companies", {"name": "Acme"})["id"]
    sandbox.associate("contacts", ids[0], "companies", company)
    clock.advance(timedelta(minutes=5))
    sandbox.update("contacts", ids[0], {"hubspot_owner_id": owner["id"], "firstname": "Zoë"})
    sandbox.put_on_list(sandbox.add_list("Nurture"), *ids[:3])
    sandbox.merge(ids[1], ids[2])
    sandbox.archive("contacts", ids[3])
    sandbox.unsubscribe(f"p{4}@example.com")
    sandbox.add_workflow("Nurture")
    sandbox.listen("https://relay.example/", "contact.creation")
    sandbox.create("contacts", {"email": "late@example.com"})


CALLS = [
    ("GET", "/crm/v3/objects/contacts?limit=100&propertiesWithHistory=firstname", None),
    ("GET", "/crm/v3/objects/contacts?archived=true", None),
    ("POST", "/crm/v3/objects/contacts/search", {"query": "late"}),
    ("GET", "/crm/v3/objects/contacts/1?idProperty=crm_id&associations=companies", None),
    ("GET", "/crm/v3/owners", None),
    ("GET", "/crm/v3/lists/581/memberships", None),
    ("GET", "/crm/v3/properties/contacts/crm_id", None),
    ("GET", "/communication-preferences/v3/status/email/p4@example.com", None),
    ("POST", "/crm/v3/objects/contacts", {"properties": {"email": "next@example.com"}}),
]


def test_a_loaded_state_answers_like_the_saved_one(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    first = make()
    lived_in(first, clock)
    saved = orjson.dumps(first.save())
    second = make()
    second.load(orjson.loads(saved))
    assert orjson.dumps(second.save()) == saved
    for seconds in (0, 30):
        clock.advance(timedelta(seconds=seconds))
        for method, url, body in CALLS:
            mine = Client(first.handle).answer(method, url, body)
            theirs = Client(second.handle).answer(method, url, body)
            assert (mine.status, mine.body) == (theirs.status, theirs.body), url
    told = [one.body for one in first.webhooks_due()]
    assert told == [one.body for one in second.webhooks_due()]
    assert told


def test_the_same_seed_makes_the_same_account(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    start = clock.now()
    states = []
    for _time in range(2):
        clock.set(start)
        sandbox = make()
        lived_in(sandbox, clock)
        states.append(orjson.dumps(sandbox.save()))
    assert states[0] == states[1]


def test_bulk_loading_takes_what_hubspot_would_have_set(
    sandbox: HubSpotSandbox, hub: Client
) -> None:
    rows = [
        {
            "email": f"P{n}@example.com",
            "createdate": "2025-01-01T00:00:00Z",
            "hs_analytics_source": "PAID_SEARCH",
            "lifecyclestage": "subscriber",
        }
        for n in range(3)
    ]
    assert sandbox.load_contacts(rows) == 3
    assert sandbox.load_contacts([{"email": "p0@example.com", "firstname": "Ann"}]) == 1
    rows_now = sandbox.records("contacts")
    assert len(rows_now) == 3
    first = rows_now[0]["properties"]
    assert first["firstname"] == "Ann"
    assert first["hs_analytics_source"] == "PAID_SEARCH"
    assert first["hs_lifecyclestage_subscriber_date"] == "2025-01-01T00:00:00Z"
    assert rows_now[0]["createdAt"] == "2025-01-01T00:00:00Z"
    found = hub("POST", "/crm/v3/objects/contacts/search", {"query": "p2@example.com"})
    assert found["total"] == 1
    with pytest.raises(Rejection):
        sandbox.load_contacts([{"email": "x@example.com", "shoe_size": "43"}])
