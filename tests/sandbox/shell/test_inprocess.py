"""The sandbox without sockets, through both official clients' own transports."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
import urllib3
from simple_salesforce import Salesforce
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Fault
from connector.sandbox.inprocess import InProcessAdapter, InProcessPool
from connector.sandbox.world import World

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CONTACTS = "https://api.hubapi.com/crm/v3/objects/contacts"
HEADERS = {"authorization": "Bearer pat-na1-sandbox"}


@pytest.fixture
def world() -> World:
    return World(SandboxClock(START))


@pytest.fixture
def session(world: World) -> requests.Session:
    session = requests.Session()
    session.mount("https://", InProcessAdapter(world))
    return session


def test_the_pool_answers_as_urllib3_does(world: World) -> None:
    world.hubspot.create("contacts", {"email": "ann@oak.example"})
    answer = InProcessPool(world).request(
        "GET", CONTACTS, fields={"limit": "5", "properties": "email"}, headers=HEADERS
    )
    assert answer.status == 200
    assert answer.json()["results"][0]["properties"]["email"] == "ann@oak.example"
    assert answer.headers["Date"] == "Mon, 02 Mar 2026 08:00:00 GMT"


def test_simple_salesforce_works_unmodified(world: World, session: requests.Session) -> None:
    token = session.post(
        "https://acme.my.salesforce.com/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
    ).json()
    sf = Salesforce(
        session_id=token["access_token"], instance_url=token["instance_url"], session=session
    )
    made = sf.Lead.create({"LastName": "Žurawski", "Company": "Dąb"})
    found = sf.query("SELECT LastName FROM Lead WHERE Company = 'Dąb'")
    assert found["records"][0]["LastName"] == "Žurawski"
    assert world.salesforce.get("Lead", made["id"])["Company"] == "Dąb"


@pytest.mark.parametrize(
    ("kind", "error"),
    [("reset_after", ProtocolError), ("lost_answer", ReadTimeoutError)],
)
def test_a_post_that_breaks_raises_at_once(world: World, kind: str, error: type[Exception]) -> None:
    world.faults.add(Fault(kind=kind, times=1))
    body = b'{"properties":{"email":"ann@oak.example"}}'
    headers = {**HEADERS, "content-type": "application/json"}
    with pytest.raises(error):
        InProcessPool(world).request("POST", CONTACTS, body=body, headers=headers, timeout=5)
    assert len(world.hubspot.records("contacts")) == 1


def test_a_get_is_repeated_as_often_as_urllib3_would(world: World) -> None:
    number = world.faults.add(Fault(kind="reset_before"))
    with pytest.raises(MaxRetryError):
        InProcessPool(world).request("GET", CONTACTS, headers=HEADERS)
    assert world.faults.rules()[number - 1]["struck"] == 4
    with pytest.raises(ProtocolError):
        InProcessPool(world).request("GET", CONTACTS, headers=HEADERS, retries=False)
    assert world.faults.rules()[number - 1]["struck"] == 5


def test_waiting_passes_on_the_sandboxs_clock(world: World, session: requests.Session) -> None:
    world.faults.add(Fault(kind="latency", seconds=40))
    pool = InProcessPool(world)
    assert pool.request("GET", CONTACTS, headers=HEADERS, timeout=60).status == 200
    assert world.clock.now() == START + timedelta(seconds=40)
    with pytest.raises(ReadTimeoutError):
        pool.request("GET", CONTACTS, headers=HEADERS, timeout=10, retries=False)
    assert world.clock.now() == START + timedelta(seconds=50)
    with pytest.raises(requests.ReadTimeout):
        session.get("https://acme.my.salesforce.com/services/data", timeout=(1, 3))
    assert world.clock.now() == START + timedelta(seconds=53)


def test_breaks_raise_what_requests_raises(world: World, session: requests.Session) -> None:
    url = "https://acme.my.salesforce.com/services/data"
    world.faults.add(Fault(kind="reset_before", nth=(1,)))
    world.faults.add(Fault(kind="truncated", nth=(2,)))
    with pytest.raises(requests.ConnectionError):
        session.get(url)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(url)
    assert session.get(url).status_code == 200


def test_a_truncated_answer_raises_when_it_is_read(world: World) -> None:
    world.faults.add(Fault(kind="truncated"))
    answer = InProcessPool(world).request("GET", CONTACTS, headers=HEADERS, preload_content=False)
    with pytest.raises(ProtocolError):
        answer.read()


def test_a_timeout_may_be_urllib3s_own(world: World) -> None:
    world.faults.add(Fault(kind="latency", seconds=5))
    timeout = urllib3.Timeout(connect=1, read=2)
    with pytest.raises(ReadTimeoutError):
        InProcessPool(world).request(
            "GET", CONTACTS, headers=HEADERS, timeout=timeout, retries=False
        )
