"""Lists: HubSpot's spelling of memberships, and what active lists refuse."""

from datetime import timedelta

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

LISTS = "/crm/v3/lists"


@pytest.fixture
def people(sandbox: HubSpotSandbox) -> list[str]:
    return [sandbox.create("contacts", {"firstname": f"P{n}"})["id"] for n in range(4)]


def make(hub: Client, name: str = "Nurture", kind: str = "MANUAL") -> str:
    body = {"name": name, "objectTypeId": "0-1", "processingType": kind}
    return str(hub("POST", f"{LISTS}/", body)["list"]["listId"])


def test_memberships_are_added_and_removed(hub: Client, people: list[str]) -> None:
    path = f"{LISTS}/{make(hub)}/memberships"
    body = hub("PUT", f"{path}/add", [people[1], people[0], "12"])
    assert body == {"recordsIdsAdded": [people[1], people[0]], "recordIdsMissing": ["12"]}
    assert hub("PUT", f"{path}/add", [people[0]]) == {}
    assert hub("PUT", f"{path}/remove", [int(people[1])]) == {"recordIdsRemoved": [people[1]]}
    change = {"recordIdsToAdd": people[2:], "recordIdsToRemove": people[:1]}
    body = hub("PUT", f"{path}/add-and-remove", change)
    assert body["recordsIdsAdded"] == people[2:]
    members = hub("GET", path)
    assert [one["recordId"] for one in members["results"]] == people[2:]
    assert members["total"] == 2


def test_members_are_paged(hub: Client, people: list[str], clock: SandboxClock) -> None:
    path = f"{LISTS}/{make(hub)}/memberships"
    for id_ in reversed(people):
        hub("PUT", f"{path}/add", [id_])
        clock.advance(timedelta(seconds=1))
    first = hub("GET", f"{path}?limit=3")
    rest = hub("GET", f"{path}?limit=3&after={first['paging']['next']['after']}")
    assert [one["recordId"] for one in first["results"] + rest["results"]] == people
    joined = hub("GET", f"{path}/join-order")["results"]
    assert [one["recordId"] for one in joined] == people[::-1]


def test_an_active_list_cannot_be_written_to(
    sandbox: HubSpotSandbox, hub: Client, people: list[str]
) -> None:
    id_ = make(hub, kind="DYNAMIC")
    hub("PUT", f"{LISTS}/{id_}/memberships/add", people, status=400)
    sandbox.put_on_list(id_, people[0])
    assert sandbox.members(id_) == [people[0]]


def test_names_are_unique_and_lists_are_found_by_them(hub: Client) -> None:
    id_ = make(hub, "Nurture")
    body = {"name": "Nurture", "objectTypeId": "0-1", "processingType": "MANUAL"}
    hub("POST", LISTS, body, status=400)
    found = hub("GET", f"{LISTS}/object-type-id/0-1/name/Nurture")
    assert found["list"]["listId"] == id_
    renamed = hub("PUT", f"{LISTS}/{id_}/update-list-name?listName=Again")
    assert renamed["updatedList"]["name"] == "Again"
    assert [one["listId"] for one in hub("GET", f"{LISTS}?listIds={id_}")["lists"]] == [id_]


def test_a_deleted_list_can_be_restored(hub: Client) -> None:
    id_ = make(hub)
    hub("DELETE", f"{LISTS}/{id_}", status=204)
    body = hub("GET", f"{LISTS}/{id_}", status=404)
    assert body["subCategory"] == "ListError.LIST_ID_DOES_NOT_EXIST"
    hub("PUT", f"{LISTS}/{id_}/restore", status=204)
    assert hub("GET", f"/crm/lists/2026-09/{id_}")["list"]["listId"] == id_


def test_searching_tells_the_size_as_text(hub: Client, people: list[str]) -> None:
    id_ = make(hub, "Webinar guests")
    make(hub, "Other")
    hub("PUT", f"{LISTS}/{id_}/memberships/add", people)
    body = hub("POST", f"{LISTS}/search", {"query": "webinar"})
    (found,) = body["lists"]
    assert found["additionalProperties"]["hs_list_size"] == "4"
    assert (body["total"], body["hasMore"], body["offset"]) == (1, False, 1)


def test_lists_are_copied_and_emptied(hub: Client, people: list[str]) -> None:
    source, target = make(hub, "A"), make(hub, "B")
    hub("PUT", f"{LISTS}/{source}/memberships/add", people)
    hub("PUT", f"{LISTS}/{target}/memberships/add-from/{source}", status=204)
    hub("DELETE", f"{LISTS}/{source}/memberships", status=204)
    assert hub("GET", f"{LISTS}/{source}/memberships")["total"] == 0
    on = hub("GET", f"{LISTS}/records/0-1/{people[0]}/memberships")
    assert [one["listId"] for one in on["results"]] == [target]


def test_archived_records_leave_their_lists(
    sandbox: HubSpotSandbox, hub: Client, people: list[str]
) -> None:
    id_ = make(hub)
    hub("PUT", f"{LISTS}/{id_}/memberships/add", people)
    sandbox.archive("contacts", people[0])
    assert hub("GET", f"{LISTS}/{id_}/memberships")["total"] == 3
