"""The official client over real HTTP does not notice the difference."""

import json
from collections.abc import Callable

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import BatchInputPublicAssociationMultiPost
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInputUpsert,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.lists import ListCreateRequest
from hubspot.crm.properties import PropertyCreate

from connector.sandbox.http import Handler
from connector.sandbox.hubspot.system import HubSpotSandbox


@pytest.fixture
def client(sandbox: HubSpotSandbox, serve: Callable[[Handler], str]) -> HubSpot:
    host = serve(sandbox.handle)
    return HubSpot(access_token="pat-na1-sandbox", host=host, base_url=host, retry=False)


def test_contacts_are_made_changed_paged_and_archived(
    client: HubSpot, sandbox: HubSpotSandbox
) -> None:
    contacts = client.crm.contacts
    body = SimplePublicObjectInputForCreate(properties={"email": "Ann@Example.com"})
    made = contacts.basic_api.create(simple_public_object_input_for_create=body)
    assert made.properties["email"] == "ann@example.com"
    assert made.created_at.isoformat() == "2026-03-02T09:00:00.250000+00:00"
    change = SimplePublicObjectInput(properties={"firstname": "Ann"})
    contacts.basic_api.update(made.id, simple_public_object_input=change)
    read = contacts.basic_api.get_by_id(
        "ANN@example.com",
        id_property="email",
        properties=["firstname", "lastname"],
        properties_with_history=["firstname"],
    )
    assert (read.id, read.properties["firstname"]) == (made.id, "Ann")
    assert read.properties_with_history["firstname"][0].value == "Ann"
    sandbox.load_contacts({"email": f"p{n}@example.com"} for n in range(250))
    assert len(contacts.get_all()) == 251
    contacts.basic_api.archive(made.id)
    assert contacts.basic_api.get_page(archived=True).results[0].id == made.id


def test_refusals_come_as_the_clients_exceptions(client: HubSpot) -> None:
    api = client.crm.contacts.basic_api
    with pytest.raises(ApiException) as missing:
        api.get_by_id("12")
    assert missing.value.status == 404
    body = SimplePublicObjectInputForCreate(properties={"email": "000"})
    with pytest.raises(ApiException) as invalid:
        api.create(simple_public_object_input_for_create=body)
    assert invalid.value.status == 400
    told = json.loads(invalid.value.body)
    assert told["correlationId"] == invalid.value.headers["x-hubspot-correlation-id"]


def test_batches_and_searches_work_as_raw_transport(client: HubSpot) -> None:
    inputs = [
        {
            "id": f"p{n}@example.com",
            "idProperty": "email",
            "properties": {"firstname": f"P{n}"},
            "objectWriteTraceId": str(n),
        }
        for n in range(3)
    ]
    batch = client.crm.contacts.batch_api
    answer = batch.upsert(
        batch_input_simple_public_object_batch_input_upsert={"inputs": inputs},
        _preload_content=False,
        _request_timeout=(5, 30),
    )
    assert {row["new"] for row in json.loads(answer.data)["results"]} == {True}
    models = batch.upsert(
        batch_input_simple_public_object_batch_input_upsert=(
            BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
        )
    )
    assert {row.new for row in models.results} == {False}
    wanted = PublicObjectSearchRequest(
        filter_groups=[
            {"filters": [{"propertyName": "firstname", "operator": "EQ", "value": "p1"}]}
        ],
        properties=["email"],
        limit=200,
    )
    found = client.crm.contacts.search_api.do_search(public_object_search_request=wanted)
    assert [row.properties["email"] for row in found.results] == ["p1@example.com"]


def test_owners_properties_and_pipelines(client: HubSpot, sandbox: HubSpotSandbox) -> None:
    owner = sandbox.add_owner(email="rep@acme.example", first_name="Rep", last_name="One")
    (told,) = client.crm.owners.owners_api.get_page().results
    assert (told.id, told.user_id) == (owner["id"], owner["userId"])
    body = PropertyCreate(
        name="fit_score",
        label="Fit score",
        type="number",
        field_type="number",
        group_name="contactinformation",
    )
    client.crm.properties.core_api.create("contacts", property_create=body)
    names = {one.name for one in client.crm.properties.core_api.get_all("contacts").results}
    assert {"fit_score", "email"} <= names
    stages = client.crm.pipelines.pipelines_api.get_all("contacts").results[0].stages
    assert [stage.id for stage in stages][:2] == ["subscriber", "lead"]


def test_associations_and_lists(client: HubSpot, sandbox: HubSpotSandbox) -> None:
    contact = sandbox.create("contacts", {"firstname": "Ann"})["id"]
    company = sandbox.create("companies", {"name": "Acme"})["id"]
    client.crm.associations.v4.basic_api.create_default("contacts", contact, "companies", company)
    read = client.crm.associations.v4.basic_api.get_page("contacts", contact, "companies")
    assert str(read.results[0].to_object_id) == company
    labelled = BatchInputPublicAssociationMultiPost(
        inputs=[
            {
                "from": {"id": contact},
                "to": {"id": company},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}],
            }
        ]
    )
    client.crm.associations.v4.batch_api.create(
        "contacts", "companies", batch_input_public_association_multi_post=labelled
    )
    wanted = ListCreateRequest(name="Nurture", object_type_id="0-1", processing_type="MANUAL")
    made = client.crm.lists.lists_api.create(list_create_request=wanted).list
    client.crm.lists.memberships_api.add(made.list_id, request_body=[contact])
    members = client.crm.lists.memberships_api.get_page(made.list_id)
    assert [str(one.record_id) for one in members.results] == [contact]


def test_tokens_are_refreshed(client: HubSpot) -> None:
    tokens = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id="sandbox-client",
        client_secret="sandbox-secret",
        refresh_token="sandbox-refresh",
    )
    assert tokens.expires_in == 1800
    info = client.oauth.access_tokens_api.get(tokens.access_token)
    assert info.hub_id == 24_190_711
    client.access_token = tokens.access_token
    assert client.crm.contacts.basic_api.get_page().results == []
