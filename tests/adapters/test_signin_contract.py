"""Every way to sign in, against the sandbox's token endpoints."""

import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.adapters.hubspot.marketing import HubSpotMarketing
from connector.adapters.hubspot.signin import OAuth, PrivateToken
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.adapters.salesforce.signin import ClientCredentials, JwtBearer, Session
from connector.core.errors import StopTheRun
from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import DEFAULT_START, World
from tests.adapters.stubs import hubspot_client, salesforce_client

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    world = World(SandboxClock(DEFAULT_START), salesforce=SalesforceSettings(public_key=PUBLIC))
    with Sandbox(world) as running:
        yield running


def test_hubspots_oauth(sandbox: Sandbox) -> None:
    clock = sandbox.world.clock
    signin = OAuth(
        client_id="sandbox-client",
        client_secret="sandbox-secret",
        refresh_token="sandbox-refresh",
        clock=lambda: clock.now().timestamp(),
    )
    marketing = HubSpotMarketing(hubspot_client(sandbox.hubspot_url, signin))
    assert list(marketing.scan(["email"], "0"))
    clock.set(DEFAULT_START.replace(hour=20))
    assert list(marketing.scan(["email"], "0"))
    assert marketing.budget().limit is None  # OAuth apps are told nothing of the day


@pytest.mark.parametrize(
    "signin",
    [
        PrivateToken("pat-na1-wrong"),
        OAuth(client_id="x", client_secret="y", refresh_token="z", clock=time.time),
    ],
)
def test_hubspot_refuses_the_wrong(sandbox: Sandbox, signin: PrivateToken | OAuth) -> None:
    with pytest.raises(StopTheRun) as met:
        HubSpotMarketing(hubspot_client(sandbox.hubspot_url, signin)).now()
    assert met.value.configuration
    assert "pat-na1" not in str(met.value)


def test_salesforces_jwt(sandbox: Sandbox) -> None:
    clock = sandbox.world.clock
    signin = JwtBearer(
        client_id="sandbox-client",
        username="integration@acme.example.com",
        private_key=PEM,
        domain="acme.my.salesforce.com",
        clock=lambda: clock.now().timestamp(),
    )
    crm = SalesforceCrm(salesforce_client(sandbox.salesforce_url, signin))
    assert crm.count("Lead") == 0
    clock.set(DEFAULT_START.replace(day=9))  # the session is over: a 401, then a new one
    assert crm.count("Lead") == 0


def test_salesforces_session(sandbox: Sandbox) -> None:
    signin = Session(token="00D-sandbox-session", instance_url="https://acme.my.salesforce.com")
    assert SalesforceCrm(salesforce_client(sandbox.salesforce_url, signin)).count("Lead") == 0


@pytest.mark.parametrize(
    "signin",
    [
        ClientCredentials(client_id="x", client_secret="y", domain="acme.my.salesforce.com"),
        Session(token="wrong", instance_url="acme.my.salesforce.com"),
        JwtBearer(
            client_id="sandbox-client",
            username="somebody@else.example",
            private_key=PEM,
            domain="acme.my.salesforce.com",
            clock=lambda: DEFAULT_START.timestamp(),
        ),
    ],
)
def test_salesforce_refuses_the_wrong(
    sandbox: Sandbox, signin: ClientCredentials | Session | JwtBearer
) -> None:
    with pytest.raises(StopTheRun) as met:
        SalesforceCrm(salesforce_client(sandbox.salesforce_url, signin)).count("Lead")
    assert met.value.configuration
