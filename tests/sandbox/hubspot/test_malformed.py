"""Bodies of a wrong shape are refused with a 400, as a typed API refuses them; nothing breaks."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

SPEC = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
STRANGE: list[Any] = [None, 7, -1.5, True, "x", "", [], ["x"], [[]], {}, {"x": 1}, [None], "9" * 30]

CALLS: list[tuple[str, str, Any]] = [
    (
        "POST",
        "/crm/v3/objects/contacts",
        {
            "properties": {"firstname": "A", "hs_legal_basis": "Not applicable"},
            "associations": [{"to": {"id": "COMPANY"}, "types": SPEC}],
        },
    ),
    ("PATCH", "/crm/v3/objects/contacts/CONTACT", {"properties": {"hubspot_owner_id": ""}}),
    ("POST", "/crm/v3/objects/contacts/merge", {"primaryObjectId": "1", "objectIdToMerge": "2"}),
    ("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": "1", "idProperty": "email"}),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/read",
        {
            "properties": ["email"],
            "propertiesWithHistory": ["email"],
            "idProperty": "email",
            "inputs": [{"id": "a@example.com"}],
        },
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/create",
        {
            "inputs": [
                {"properties": {"firstname": "B"}, "objectWriteTraceId": "1", "associations": []}
            ]
        },
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/update",
        {
            "inputs": [
                {"id": "CONTACT", "properties": {"firstname": "B"}, "objectWriteTraceId": "1"}
            ]
        },
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/batch/upsert",
        {
            "inputs": [
                {"id": "a@x.example", "idProperty": "email", "properties": {"firstname": "B"}}
            ]
        },
    ),
    ("POST", "/crm/v3/objects/contacts/batch/archive", {"inputs": [{"id": "1"}]}),
    (
        "POST",
        "/crm/v3/objects/contacts/search",
        {
            "filterGroups": [
                {
                    "filters": [
                        {
                            "propertyName": "closedate",
                            "operator": "BETWEEN",
                            "value": "1",
                            "highValue": "2",
                        },
                        {"propertyName": "email", "operator": "IN", "values": ["a"]},
                        {"propertyName": "associations.company", "operator": "EQ", "value": "1"},
                    ]
                }
            ],
            "filters": [],
            "sorts": [{"propertyName": "email", "direction": "ASCENDING"}],
            "query": "a",
            "properties": ["email"],
            "limit": 10,
            "after": "0",
        },
    ),
    (
        "POST",
        "/crm/v3/properties/contacts",
        {
            "name": "a",
            "label": "A",
            "type": "enumeration",
            "fieldType": "select",
            "groupName": "contactinformation",
            "displayOrder": 1,
            "options": [{"label": "L", "value": "v", "displayOrder": 1}],
        },
    ),
    ("PATCH", "/crm/v3/properties/contacts/own", {"label": "B", "options": [], "displayOrder": 2}),
    ("POST", "/crm/v3/properties/contacts/batch/read", {"inputs": [{"name": "email"}]}),
    ("POST", "/crm/v3/properties/contacts/batch/archive", {"inputs": [{"name": "nothing"}]}),
    ("POST", "/crm/v3/properties/contacts/groups", {"name": "g", "label": "G", "displayOrder": 1}),
    (
        "POST",
        "/crm/v3/pipelines/deals",
        {
            "label": "P",
            "displayOrder": 1,
            "stages": [{"label": "S", "displayOrder": 0, "metadata": {"probability": "0.5"}}],
        },
    ),
    ("PATCH", "/crm/v3/pipelines/deals/default", {"label": "P", "displayOrder": 1}),
    ("PUT", "/crm/v4/objects/contacts/CONTACT/associations/companies/COMPANY", SPEC),
    (
        "POST",
        "/crm/v4/associations/contacts/companies/batch/create",
        {"inputs": [{"from": {"id": "CONTACT"}, "to": {"id": "COMPANY"}, "types": SPEC}]},
    ),
    (
        "POST",
        "/crm/v4/associations/contacts/companies/batch/read",
        {"inputs": [{"id": "CONTACT", "after": "0"}]},
    ),
    (
        "POST",
        "/crm/v4/associations/contacts/companies/batch/archive",
        {"inputs": [{"from": {"id": "CONTACT"}, "to": [{"id": "COMPANY"}]}]},
    ),
    ("POST", "/crm/v4/associations/contacts/companies/labels", {"label": "L", "name": "n"}),
    (
        "PUT",
        "/crm/v4/associations/contacts/companies/labels",
        {"label": "L", "associationTypeId": 1},
    ),
    ("POST", "/crm/v3/lists", {"name": "L", "objectTypeId": "0-1", "processingType": "MANUAL"}),
    ("PUT", "/crm/v3/lists/LIST/memberships/add", ["CONTACT"]),
    (
        "PUT",
        "/crm/v3/lists/LIST/memberships/add-and-remove",
        {"recordIdsToAdd": ["1"], "recordIdsToRemove": ["2"]},
    ),
    (
        "POST",
        "/crm/v3/lists/search",
        {"query": "a", "count": 1, "offset": 0, "listIds": ["1"], "processingTypes": ["MANUAL"]},
    ),
    (
        "POST",
        "/communication-preferences/v3/subscribe",
        {"emailAddress": "a@x.example", "subscriptionId": "4100101", "legalBasis": "NON_GDPR"},
    ),
    (
        "POST",
        "/communication-preferences/v4/statuses/a@x.example",
        {"subscriptionId": 4100101, "statusState": "SUBSCRIBED", "channel": "EMAIL"},
    ),
    (
        "POST",
        "/communication-preferences/v4/statuses/batch/read?channel=EMAIL",
        {"inputs": ["a@x.example"]},
    ),
    (
        "POST",
        "/automation/v4/sequences/enrollments?userId=1",
        {"sequenceId": "1", "contactId": "1", "senderEmail": "a@x.example"},
    ),
    (
        "PUT",
        "/webhooks/v3/7/settings",
        {"targetUrl": "u", "throttling": {"maxConcurrentRequests": 1}},
    ),
    ("POST", "/webhooks/v3/7/subscriptions", {"eventType": "contact.creation", "active": True}),
    ("POST", "/webhooks/v3/7/subscriptions/batch/update", {"inputs": []}),
]


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    inner = (
        body.items()
        if isinstance(body, dict)
        else enumerate(body)
        if isinstance(body, list)
        else ()
    )
    for name, value in inner:
        yield from places(value, (*path, name))


def spoiled(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The body with something strange at a place."""
    if not path:
        return value
    changed = copy.deepcopy(body)
    spot = changed
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return changed


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1].partition('?')[0]}")
def test_nothing_strange_breaks_the_sandbox(
    call: tuple[str, str, Any], make: Callable[..., HubSpotSandbox]
) -> None:
    sandbox = make(enforce_limits=False)
    sandbox.define_property("contacts", {"name": "own"})
    known = {
        "CONTACT": sandbox.create("contacts", {"firstname": "A", "email": "a@example.com"})["id"],
        "COMPANY": sandbox.create("companies", {"name": "A"})["id"],
        "LIST": sandbox.add_list("A"),
    }
    method, url, body = call
    hub = Client(sandbox.handle)
    for path in list(places(body)):
        for value in STRANGE:
            wrong = spoiled(body, path, value)
            for name, id_ in known.items():
                url = url.replace(name, id_)
                wrong = _filled(wrong, name, id_)
            answer = hub.answer(method, url, wrong)
            assert answer.status < 500, (path, value)
    assert hub.answer("GET", "/crm/v3/objects/contacts").status == 200


def _filled(body: Any, name: str, id_: str) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, name, id_) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, name, id_) for value in body]
    return id_ if body == name else body


@pytest.mark.parametrize("odd", ["²", "--5", "9" * 30, "-1", "%00", "a b", "é"])
def test_no_path_breaks_the_sandbox(odd: str, sandbox: HubSpotSandbox) -> None:
    hub = Client(sandbox.handle)
    endpoints = sandbox.endpoints()
    assert len(endpoints) > 150
    for method, pattern in endpoints:
        for path in (
            pattern.replace("*", odd),
            pattern.replace("*", "contacts", 1).replace("*", odd),
        ):
            for body in (None, {}, []):
                answer = hub.answer(method, path, body)
                assert answer.status < 500, (method, path, body)
    for query in (
        "limit",
        "after",
        "properties",
        "idProperty",
        "archived",
        "associations",
        "channel",
    ):
        for path in ("/crm/v3/objects/contacts", "/crm/v3/owners", "/crm/v3/lists"):
            assert hub.answer("GET", f"{path}?{query}={odd}").status < 500
