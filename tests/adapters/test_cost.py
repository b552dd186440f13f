"""What a thousand leads cost in calls, and that connections are kept."""

from datetime import timedelta

import pytest

from connector.ports import RecordWrite, Window
from tests.adapters.conftest import Bench

PROPERTIES = ["email", "firstname", "lastname", "company", "city", "lifecyclestage"]


@pytest.mark.parametrize("bench", ["http"], indirect=True)
def test_calls_for_a_thousand_leads(bench: Bench) -> None:
    bench.world.hubspot.load_contacts(
        {"email": f"p{n}@example.com", "lastname": "Okafor"} for n in range(1_000)
    )
    bench.later()
    marketing, crm = bench.marketing, bench.crm
    wanted = [*PROPERTIES, *marketing.activity_properties]
    pages = list(marketing.scan(wanted, "0"))
    assert bench.hubspot.calls == 10
    now = bench.world.clock.now()
    window = Window(since=now - timedelta(hours=1), until=now)
    assert sum(len(page.records) for page in marketing.changed(window, wanted, "0")) == 1_000
    assert bench.hubspot.calls == 15
    known = {record.id: record for page in pages for record in page.records}
    marketing.activities(list(known), known)
    assert bench.hubspot.calls == 15
    marketing.update([RecordWrite(key=i, id=i, fields={"city": "Ulm"}) for i in known])
    assert bench.hubspot.calls == 25

    crm.count("Lead")
    ids = list(known)
    before = bench.salesforce.calls
    for start in range(0, 1_000, 200):
        crm.people([f"p{n}@example.com" for n in range(start, start + 200)], [])
    looked = bench.salesforce.calls
    assert looked - before <= 5 + 2  # two definitions, once
    crm.upsert(
        "Lead",
        "Leadrelay_Id__c",
        [
            RecordWrite(key=i, id=f"hs-{i}", fields={"LastName": "Okafor", "Company": "Acme"})
            for i in ids
        ],
    )
    assert bench.salesforce.calls - looked == 5


@pytest.mark.parametrize("bench", ["http"], indirect=True)
def test_an_empty_run_costs_two_calls(bench: Bench) -> None:
    now = bench.marketing.now()
    window = Window(since=now - timedelta(hours=1), until=now)
    assert not [r for p in bench.marketing.changed(window, PROPERTIES, "0") for r in p.records]
    assert bench.hubspot.calls == 2
