"""Search: operators, caps, paging, and the index that trails the records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import START, Client

SEARCH = "/crm/v3/objects/contacts/search"
NOW = int(START.timestamp() * 1000)

PEOPLE = [
    {
        "email": "ann@alpha.example",
        "firstname": "Ann",
        "company": "Alpha One",
        "hs_lead_status": "NEW",
    },
    {"email": "bob@beta.example", "firstname": "Bob", "company": "Beta", "closedate": "2026-01-05"},
    {"email": "cyd@alpha.example", "firstname": "Cyd", "hs_lead_status": "OPEN"},
]


@pytest.fixture
def three(sandbox: HubSpotSandbox) -> list[str]:
    """The ids of three contacts, Ann, Bob and Cyd."""
    return [sandbox.create("contacts", row)["id"] for row in PEOPLE]


def one(name: str, operator: str, **more: Any) -> dict[str, Any]:
    return {"filters": [{"propertyName": name, "operator": operator, **more}]}


def names(hub: Client, *groups: dict[str, Any], **more: Any) -> list[str]:
    body = hub("POST", SEARCH, {"filterGroups": list(groups), **more})
    return [row["properties"]["firstname"] for row in body["results"]]


@pytest.mark.parametrize(
    ("group", "found"),
    [
        (one("email", "EQ", value="ANN@alpha.example"), ["Ann"]),
        (one("firstname", "NEQ", value="ann"), ["Bob", "Cyd"]),
        (one("company", "NEQ", value="beta"), ["Ann", "Cyd"]),
        (one("hs_lead_status", "EQ", value="new"), []),
        (one("hs_lead_status", "IN", values=["NEW", "OPEN"]), ["Ann", "Cyd"]),
        (one("firstname", "IN", values=["ann", "Bob"]), ["Ann"]),
        (one("firstname", "NOT_IN", values=["ann"]), ["Bob", "Cyd"]),
        (one("company", "HAS_PROPERTY"), ["Ann", "Bob"]),
        (one("company", "NOT_HAS_PROPERTY"), ["Cyd"]),
        (one("company", "CONTAINS_TOKEN", value="one"), ["Ann"]),
        (one("email", "CONTAINS_TOKEN", value="*@alpha.example"), ["Ann", "Cyd"]),
        (one("email", "NOT_CONTAINS_TOKEN", value="alpha"), ["Bob"]),
        (one("closedate", "GT", value="1767225600000"), ["Bob"]),
        (one("closedate", "BETWEEN", value="2026-01-05", highValue="2026-01-05"), ["Bob"]),
        (one("lastmodifieddate", "LT", value=str(NOW)), []),
        (one("lastmodifieddate", "GTE", value=str(NOW)), ["Ann", "Bob", "Cyd"]),
        (one("hs_email_domain", "EQ", value="alpha.example"), ["Ann", "Cyd"]),
    ],
)
def test_an_operator(
    hub: Client, three: list[str], group: dict[str, Any], found: list[str]
) -> None:
    assert names(hub, group) == found


def test_groups_are_alternatives(hub: Client, three: list[str]) -> None:
    found = names(hub, one("firstname", "EQ", value="bob"), one("firstname", "EQ", value="cyd"))
    assert found == ["Bob", "Cyd"]


def test_a_free_text_looks_into_names_and_companies(hub: Client, three: list[str]) -> None:
    assert names(hub, query="alpha one") == ["Ann"]


@pytest.mark.parametrize(
    "sorts", [["-firstname"], [{"propertyName": "firstname", "direction": "DESCENDING"}]]
)
def test_one_sort_is_allowed(hub: Client, three: list[str], sorts: list[Any]) -> None:
    assert names(hub, sorts=sorts) == ["Cyd", "Bob", "Ann"]
    hub("POST", SEARCH, {"sorts": ["firstname", "email"]}, status=400)


def test_associations_can_be_searched_by(
    sandbox: HubSpotSandbox, hub: Client, three: list[str]
) -> None:
    company = sandbox.create("companies", {"name": "Alpha"})["id"]
    sandbox.associate("contacts", three[2], "companies", company)
    assert names(hub, one("associations.company", "EQ", value=company)) == ["Cyd"]


def test_paging_goes_by_offset(hub: Client, three: list[str]) -> None:
    first = hub("POST", SEARCH, {"limit": 2})
    assert first["paging"] == {"next": {"after": "2"}}
    rest = hub("POST", SEARCH, {"limit": 2, "after": first["paging"]["next"]["after"]})
    assert [row["id"] for row in first["results"] + rest["results"]] == three
    assert "paging" not in rest
    assert rest["total"] == 3


def test_a_keyset_finds_everyone_once(sandbox: HubSpotSandbox, hub: Client) -> None:
    sandbox.load_contacts({"email": f"p{n}@example.com"} for n in range(950))
    seen: list[str] = []
    totals = []
    while True:
        body = hub(
            "POST",
            SEARCH,
            {
                "limit": 200,
                "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                "filterGroups": [
                    {
                        "filters": [
                            {
                                "propertyName": "lastmodifieddate",
                                "operator": "LTE",
                                "value": str(NOW),
                            },
                            {
                                "propertyName": "hs_object_id",
                                "operator": "GT",
                                "value": seen[-1] if seen else "0",
                            },
                        ]
                    }
                ],
            },
        )
        seen += [row["id"] for row in body["results"]]
        totals.append(body["total"])
        if "paging" not in body:
            break
    assert len(seen) == len(set(seen)) == 950
    assert totals == [950, 750, 550, 350, 150]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"filterGroups": [one("email", "EQ", value="a")] * 6},
        {"filterGroups": [{"filters": one("email", "EQ", value="a")["filters"] * 7}]},
        {"filterGroups": [one("shoe_size", "EQ", value="a")]},
        {"filterGroups": [one("email", "LIKE", value="a")]},
        {"properties": ["x" * 3000]},
        {"after": "NTI"},
    ],
    ids=["limit", "reach", "groups", "filters", "property", "operator", "length", "cursor"],
)
def test_what_a_search_refuses(hub: Client, body: dict[str, Any]) -> None:
    hub("POST", SEARCH, body, status=400)


@pytest.fixture
def lagging(make: Callable[..., HubSpotSandbox]) -> HubSpotSandbox:
    return make(search_lag_seconds=10, second_bump_seconds=0, enforce_limits=False)


def by_email(hub: Client, email: str) -> dict[str, Any]:
    body: dict[str, Any] = hub("POST", SEARCH, {"filterGroups": [one("email", "EQ", value=email)]})
    return body


def test_a_new_record_is_found_after_the_lag(lagging: HubSpotSandbox, clock: SandboxClock) -> None:
    hub = Client(lagging.handle)
    lagging.create("contacts", {"email": "new@example.com"})
    assert by_email(hub, "new@example.com")["total"] == 0
    clock.advance(timedelta(seconds=10))
    assert by_email(hub, "new@example.com")["total"] == 1


def test_old_values_match_and_current_ones_are_told(
    lagging: HubSpotSandbox, clock: SandboxClock
) -> None:
    hub = Client(lagging.handle)
    made = lagging.create("contacts", {"email": "old@example.com"})
    clock.advance(timedelta(minutes=1))
    lagging.update("contacts", made["id"], {"email": "fresh@example.com"})
    (row,) = by_email(hub, "old@example.com")["results"]
    assert row["properties"]["email"] == "fresh@example.com"
    assert by_email(hub, "fresh@example.com")["total"] == 0
    clock.advance(timedelta(seconds=10))
    assert by_email(hub, "old@example.com")["total"] == 0
    assert by_email(hub, "fresh@example.com")["total"] == 1


def test_an_archived_record_still_counts_but_is_not_told(
    lagging: HubSpotSandbox, clock: SandboxClock
) -> None:
    hub = Client(lagging.handle)
    made = lagging.create("contacts", {"email": "gone@example.com"})
    clock.advance(timedelta(minutes=1))
    lagging.archive("contacts", made["id"])
    body = by_email(hub, "gone@example.com")
    assert (body["total"], body["results"]) == (1, [])
    clock.advance(timedelta(seconds=10))
    assert by_email(hub, "gone@example.com")["total"] == 0


def test_several_changes_reach_the_index_one_by_one(
    lagging: HubSpotSandbox, clock: SandboxClock
) -> None:
    hub = Client(lagging.handle)
    made = lagging.create("contacts", {"email": "a@example.com"})
    clock.advance(timedelta(seconds=4))
    lagging.update("contacts", made["id"], {"email": "b@example.com"})
    clock.advance(timedelta(seconds=6))
    assert by_email(hub, "a@example.com")["total"] == 1
    clock.advance(timedelta(seconds=4))
    assert by_email(hub, "a@example.com")["total"] == 0
    assert by_email(hub, "b@example.com")["total"] == 1


def test_a_new_contact_is_touched_once_more(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    sandbox = make(second_bump_seconds=17, search_lag_seconds=0)
    made = sandbox.create("contacts", {"email": "a@example.com"})
    clock.advance(timedelta(seconds=20))
    hub = Client(sandbox.handle)
    row = hub("GET", f"/crm/v3/objects/contacts/{made['id']}")
    assert row["updatedAt"] == "2026-03-02T09:00:17.250Z"
    assert row["properties"]["lastmodifieddate"] == row["updatedAt"]


def window(low: int, high: int) -> dict[str, Any]:
    filters = [
        {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(low)},
        {"propertyName": "lastmodifieddate", "operator": "LTE", "value": str(high)},
    ]
    return {"filters": filters}


def test_a_background_job_gives_everyone_the_same_modified_date(
    sandbox: HubSpotSandbox, hub: Client, clock: SandboxClock
) -> None:
    sandbox.load_contacts({"email": f"p{n}@example.com"} for n in range(300))
    clock.advance(timedelta(days=1))
    assert sandbox.touch("contacts") == 300
    moment = int(clock.now().timestamp() * 1000)
    body = hub("POST", SEARCH, {"filterGroups": [window(moment, moment)], "limit": 200})
    assert body["total"] == 300
    assert hub("POST", SEARCH, {"filterGroups": [window(NOW, moment - 1)]})["total"] == 0


def test_rows_beside_the_window_can_come_back(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    for slack, found in ((0, 0), (2, 1)):
        sandbox = make(search_window_slack_seconds=slack, search_lag_seconds=0)
        sandbox.load_contacts([{"email": "a@example.com"}])
        clock.advance(timedelta(seconds=1))
        late = int(clock.now().timestamp() * 1000)
        body = {"filterGroups": [window(late, late + 5)]}
        assert Client(sandbox.handle)("POST", SEARCH, body)["total"] == found


def test_fresh_records_can_drop_out_and_sorts_can_be_off(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    sandbox = make(
        search_drop_out=0.5,
        search_sort_jitter_seconds=600,
        search_lag_seconds=0,
        second_bump_seconds=0,
        enforce_limits=False,
    )
    hub = Client(sandbox.handle)
    for n in range(40):
        sandbox.create("contacts", {"email": f"p{n}@example.com"})
        clock.advance(timedelta(seconds=1))
    sorted_by_change = {"sorts": ["lastmodifieddate"], "limit": 100}
    totals = {hub("POST", SEARCH, sorted_by_change)["total"] for _ in range(5)}
    assert len(totals) > 1
    assert max(totals) < 40
    clock.advance(timedelta(minutes=2))
    rows = hub("POST", SEARCH, sorted_by_change)["results"]
    assert len(rows) == 40
    dates = [row["updatedAt"] for row in rows]
    assert dates != sorted(dates)
