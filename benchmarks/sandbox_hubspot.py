"""How quick and how lean the HubSpot sandbox is: pages, searches, upserts, bytes per contact.

Run: python -m benchmarks.sandbox_hubspot [CONTACTS]. Seconds are of CPU time on one core.
"""

import gc
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Call
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.hubspot.system import HubSpotSandbox

HEADERS = {"authorization": "Bearer pat-na1-sandbox", "accept": "application/json"}
WANTED = (
    "email,firstname,lastname,phone,company,jobtitle,country,lifecyclestage,hs_lead_status,"
    "hubspot_owner_id"
)


def people(count: int) -> Iterator[dict[str, str]]:
    """Made-up contacts with a dozen values each."""
    for n in range(count):
        yield {
            "email": f"person.{n}@company{n % 5000}.example",
            "firstname": f"First{n % 700}",
            "lastname": f"Last{n % 9000}",
            "phone": f"+33 1 {n:08d}",
            "company": f"Company {n % 5000}",
            "jobtitle": "Head of Operations",
            "country": "France",
            "city": "Lyon",
            "lifecyclestage": "lead",
            "hs_lead_status": "NEW",
            "hs_analytics_source": "ORGANIC_SEARCH",
            "createdate": "2026-01-05T10:00:00Z",
        }


def resident() -> int:
    """Bytes of memory the process holds now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def pages(sandbox: HubSpotSandbox, most: int) -> float:
    """Pages of 100 contacts a second."""
    after, done, start = "0", 0, time.process_time()
    while done < most:
        query = (("limit", "100"), ("after", after), ("properties", WANTED))
        answer = sandbox.handle(
            Call(method="GET", path="/crm/v3/objects/contacts", query=query, headers=HEADERS)
        )
        assert answer.status == 200
        done += 1
        # The cursor is read without parsing the page, which is the client's work.
        tail = answer.body[-400:]
        mark = tail.find(b'"after":"')
        after = tail[mark + 9 :].split(b'"')[0].decode() if mark >= 0 else "0"
    return done / (time.process_time() - start)


def searches(sandbox: HubSpotSandbox, most: int) -> float:
    """Keyset searches of 200 rows a second."""
    last, start = 0, time.process_time()
    for _ in range(most):
        filters = [
            {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1767000000000"},
            {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)},
        ]
        body = {
            "limit": 200,
            "properties": WANTED.split(","),
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "filterGroups": [{"filters": filters}],
        }
        answer = sandbox.handle(
            Call(
                method="POST",
                path="/crm/v3/objects/contacts/search",
                headers=HEADERS,
                body=orjson.dumps(body),
            )
        )
        rows = orjson.loads(answer.body)["results"]
        last = int(rows[-1]["id"]) if rows else 0
    return most / (time.process_time() - start)


def upserts(sandbox: HubSpotSandbox, most: int) -> float:
    """Batch upserts of 100 contacts a second."""
    start = time.process_time()
    for batch in range(most):
        inputs = [
            {
                "id": f"person.{batch * 100 + n}@company{(batch * 100 + n) % 5000}.example",
                "idProperty": "email",
                "properties": {"jobtitle": f"Job {batch}", "city": "Nantes"},
                "objectWriteTraceId": str(n),
            }
            for n in range(100)
        ]
        answer = sandbox.handle(
            Call(
                method="POST",
                path="/crm/v3/objects/contacts/batch/upsert",
                headers=HEADERS,
                body=orjson.dumps({"inputs": inputs}),
            )
        )
        assert answer.status == 200
    return most / (time.process_time() - start)


def main() -> None:
    """Prints one line for each figure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    clock = SandboxClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    sandbox = HubSpotSandbox(clock, settings=HubSpotSettings(enforce_limits=False))
    gc.collect()
    before, start = resident(), time.process_time()
    loaded = sandbox.load_contacts(people(count))
    spent = time.process_time() - start
    gc.collect()
    print(f"loaded           {loaded} contacts, {loaded / spent:,.0f} a second")
    print(f"memory           {(resident() - before) / loaded:,.0f} bytes a contact")
    print(f"list pages       {pages(sandbox, 4000):,.0f} a second (100 contacts each)")
    print(f"batch upserts    {upserts(sandbox, 50):,.1f} a second (100 contacts each)")
    print(f"keyset searches  {searches(sandbox, 5):,.1f} a second (200 contacts each)")


if __name__ == "__main__":
    main()
