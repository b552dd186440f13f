"""How quick the sandbox is around its systems: start, calls by HTTP and in process, weeks of life.

Run: python -m benchmarks.sandbox_shell [LEADS]
"""

import sys
import time
from http.client import HTTPConnection

from connector.sandbox.http import Call
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.story import up
from connector.sandbox.world import World

HEADERS = {"authorization": "Bearer pat-na1-sandbox"}
PATH = "/crm/v3/objects/contacts"
QUERY = (("limit", "100"), ("properties", "email,firstname,lastname,company"))
CALLS = 2_000


def in_process(world: World) -> float:
    """Pages of 100 contacts a second through the faults, without sockets."""
    call = Call(method="GET", path=PATH, query=QUERY, headers=HEADERS)
    start = time.perf_counter()
    for _ in range(CALLS):
        world.deliver("hubspot", call)
    return CALLS / (time.perf_counter() - start)


def over_http(sandbox: Sandbox) -> float:
    """The same pages over one kept connection; client and server share the processor."""
    connection = HTTPConnection(sandbox.hubspot_url.removeprefix("http://"))
    query = "&".join(f"{name}={text}" for name, text in QUERY)
    start = time.perf_counter()
    for _ in range(CALLS):
        connection.request("GET", f"{PATH}?{query}", headers=HEADERS)
        connection.getresponse().read()
    connection.close()
    return CALLS / (time.perf_counter() - start)


def main() -> None:
    """Prints the figures."""
    leads = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    world = World(hubspot=HubSpotSettings(enforce_limits=False))
    world.hubspot.load_contacts(
        {"email": f"p{n}@company{n % 500}.example", "firstname": "A", "lastname": f"L{n}"}
        for n in range(10_000)
    )
    print(f"in process   {in_process(world):10,.0f} pages of 100 a second")
    start = time.perf_counter()
    with Sandbox(world) as sandbox:
        print(f"start        {time.perf_counter() - start:10.3f} s")
        print(f"over HTTP    {over_http(sandbox):10,.0f} pages of 100 a second")
    start = time.perf_counter()
    up(weeks=26, leads=leads, seed=7)
    print(f"26 weeks     {time.perf_counter() - start:10.1f} s for {leads:,} leads")


if __name__ == "__main__":
    main()
