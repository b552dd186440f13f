"""How fast the simulated Salesforce is, in process on one core: upserts, pages, single calls.

Run: python -m benchmarks.sandbox_salesforce [--calls N] [--profile]
"""

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Call
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.salesforce.system import SalesforceSandbox

HEADERS = {"authorization": "Bearer 00D-sandbox-session", "sforce-auto-assign": "FALSE"}
ROOT = "/services/data/v67.0"
UPSERT = f"{ROOT}/composite/sobjects/Lead/Leadrelay_Id__c"


def lead(number: int, version: int) -> dict[str, object]:
    return {
        "attributes": {"type": "Lead"},
        "Leadrelay_Id__c": f"hs-{number}",
        "FirstName": f"First{number}",
        "LastName": f"Last{number}",
        "Company": f"Company {number % 5000}",
        "Email": f"person{number}@example.com",
        "Phone": "+43 1 5550100",
        "Title": "Head of Operations",
        "Country": "Austria",
        "LeadSource": "Web",
        "NumberOfEmployees": 100 + number % 900,
        "Lead_Score__c": (number + version) % 100,
        "Lead_Temperature__c": "Hot",
        "Handed_Off_At__c": "2026-01-05T09:00:00Z",
        "Handoff_Brief__c": f"Asked for prices twice; version {version}. " * 10,
    }


def upsert_call(start: int, version: int) -> Call:
    rows = [lead(number, version) for number in range(start, start + 200)]
    body = orjson.dumps({"allOrNone": False, "records": rows})
    return Call(method="PATCH", path=UPSERT, headers=HEADERS, body=body)


def query_call(soql: str) -> Call:
    return Call(method="GET", path=f"{ROOT}/query", query=(("q", soql),), headers=HEADERS)


def timed(name: str, calls: list[Call], sandbox: SalesforceSandbox, unit: str) -> None:
    started = time.perf_counter()
    for call in calls:
        answer = sandbox.handle(call)
        assert answer.status == 200, answer.body[:300]
    took = time.perf_counter() - started
    rate = len(calls) / took
    print(f"{name:44} {rate:10.1f} /s {rate * 60:12.0f} /min   {unit}")


def run(calls: int) -> None:
    clock = SandboxClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    sandbox = SalesforceSandbox(clock, settings=SalesforceSettings(enforce_limits=False))
    steps: list[tuple[str, Callable[[], list[Call]], str]] = [
        ("insert by upsert", lambda: [upsert_call(n * 200, 0) for n in range(calls)], "200 rows"),
        ("change by upsert", lambda: [upsert_call(n * 200, 1) for n in range(calls)], "200 rows"),
    ]
    for name, make, unit in steps:
        clock.advance(timedelta(hours=1))
        timed(name, make(), sandbox, unit)
    clock.advance(timedelta(hours=1))
    changed = clock.now()
    timed("a few changes", [upsert_call(0, 2)] * 5, sandbox, "200 rows")
    since = f"SystemModstamp >= {changed:%Y-%m-%dT%H:%M:%SZ}"
    columns = "Id, Status, OwnerId, Owner.Name, IsConverted, ConvertedOpportunity.Amount"
    poll = query_call(f"SELECT {columns} FROM Lead WHERE {since} ORDER BY SystemModstamp, Id")
    timed("changes since, by index", [poll] * 100, sandbox, "page of 200")
    page = query_call("SELECT Id, Name, Email, Status, SystemModstamp FROM Lead LIMIT 2000")
    timed("plain page", [page] * 20, sandbox, "page of 2,000")
    scan = query_call("SELECT Id FROM Lead WHERE Country = 'Austria' AND Lead_Score__c = 17")
    timed(f"scan of {calls * 200:,} rows", [scan] * 3, sandbox, "whole table")
    one = query_call("SELECT Id, Name FROM Lead WHERE Email = 'person77@example.com'")
    timed("one by e-mail", [one] * 500, sandbox, "1 row")
    count = query_call("SELECT LeadSource, COUNT(Id) FROM Lead GROUP BY LeadSource")
    timed("group", [count] * 2, sandbox, "whole table")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    if not given.profile:
        run(given.calls)
        return
    profile = cProfile.Profile()
    profile.runcall(run, given.calls)
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    main()
