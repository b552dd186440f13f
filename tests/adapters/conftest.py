"""Both adapters against the sandbox, over real HTTP and in process."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from connector.adapters.hubspot import client as hubspot
from connector.adapters.hubspot.marketing import HubSpotMarketing
from connector.adapters.hubspot.signin import PrivateToken
from connector.adapters.pacing import Buckets
from connector.adapters.salesforce import client as salesforce
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.adapters.salesforce.signin import ClientCredentials
from connector.sandbox.inprocess import InProcessAdapter, InProcessPool
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One world and the adapters on it; waits pass on the world's clock."""

    world: World
    marketing: HubSpotMarketing
    crm: SalesforceCrm
    hubspot: hubspot.HubSpotClient
    salesforce: salesforce.SalesforceClient

    def later(self, seconds: float = 60) -> datetime:
        """Moves the clock on, past the lag of the search index."""
        return self.world.clock.advance(timedelta(seconds=seconds))


def bench_on(world: World, sandbox: Sandbox | None, *, version: str = "") -> Bench:
    """Adapters on a world: through its ports, or in process where there is no sandbox."""

    def sleep(seconds: float) -> None:
        world.clock.advance(timedelta(seconds=seconds))

    def now() -> float:
        return world.clock.now().astimezone(UTC).timestamp()

    buckets = Buckets(clock=now, sleep=sleep)
    dice = random.Random(7)
    first = hubspot.HubSpotClient(
        PrivateToken("pat-na1-sandbox"),
        base_url=sandbox.hubspot_url if sandbox else hubspot.BASE_URL,
        pace=hubspot.pace(buckets, sleep=sleep, dice=dice),
        pool=None if sandbox else InProcessPool(world),
        version=version,
    )
    second = salesforce.SalesforceClient(
        ClientCredentials(
            client_id="sandbox-client",
            client_secret="sandbox-secret",
            domain="https://acme.my.salesforce.com",
        ),
        pace=salesforce.pace(buckets, sleep=sleep, dice=dice),
        base_url=sandbox.salesforce_url if sandbox else "",
        adapter=None if sandbox else InProcessAdapter(world),
    )
    return Bench(
        world=world,
        marketing=HubSpotMarketing(first),
        crm=SalesforceCrm(second),
        hubspot=first,
        salesforce=second,
    )


@pytest.fixture(params=["http", "http-dated", "in-process"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The same contract over sockets, with date-versioned paths, and without sockets."""
    world = World(seed=1)
    if request.param == "in-process":
        yield bench_on(world, None)
        return
    version = "2026-09" if request.param == "http-dated" else ""
    with Sandbox(world) as sandbox:
        yield bench_on(world, sandbox, version=version)
