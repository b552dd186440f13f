"""Certificates, missing scopes, threads, and a bad day on both sides."""

import ssl
import threading
from pathlib import Path

import pytest

from connector.adapters.hubspot.marketing import HubSpotMarketing
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.core.errors import StopTheRun, TryLater
from connector.core.records import Activity
from connector.ports import RecordWrite, RowResult
from connector.sandbox.faults import Fault
from connector.sandbox.http import Answer, Call, json_answer
from tests.adapters.certificates import certificate
from tests.adapters.conftest import Bench
from tests.adapters.servers import serving
from tests.adapters.stubs import (
    body_of,
    contact,
    error,
    hubspot_client,
    hubspot_stub,
    salesforce_client,
    script,
)

KEY = "Leadrelay_Id__c"


def test_an_untrusted_certificate_is_not_spoken_to(tmp_path: Path) -> None:
    cert, secret = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, secret)
    with serving(script(json_answer({"results": []})), context) as served:
        with pytest.raises(StopTheRun, match="certificate"):
            HubSpotMarketing(hubspot_client(served.url)).now()
        with pytest.raises(StopTheRun, match="certificate"):
            SalesforceCrm(salesforce_client(served.url)).count("Lead")
    assert not served.calls


def test_a_kind_of_activity_without_scope_is_left_out_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(call: Call) -> Answer:
        if "associations" in call.path:
            contact_id = body_of(call)["inputs"][0]["id"]
            row = {"from": {"id": contact_id}, "to": [{"toObjectId": 7}]}
            return json_answer({"results": [row]})
        if "/emails/" in call.path:
            return error(403, category="MISSING_SCOPES")
        if "/contacts/" in call.path:
            return json_answer({"results": [contact(1, num_notes="2")]})
        row = contact(7, hs_timestamp="2026-03-01T00:00:00Z")
        return json_answer({"results": [row]})

    with hubspot_stub(answer) as (client, served):
        marketing = HubSpotMarketing(client)
        kinds = {activity.kind for activity in marketing.activities(["1"])["1"]}
        before = len(served.calls)
        again: tuple[Activity, ...] = marketing.activities(["1"])["1"]
    assert kinds == {"call", "meeting", "note", "task"}
    assert {activity.kind for activity in again} == kinds
    assert len(served.calls) - before == 9  # the contact, and two for each permitted kind
    assert caplog.text.count("left out") == 1


def test_the_day_starts_anew_at_the_accounts_midnight(bench: Bench) -> None:
    budget = bench.marketing.budget()
    assert budget.resets_at is not None
    assert budget.resets_at.isoformat() == "2026-03-03T05:00:00+00:00"  # in New York


@pytest.mark.parametrize("bench", ["http"], indirect=True)
def test_threads_share_a_client(bench: Bench) -> None:
    bench.world.hubspot.load_contacts({"email": f"p{n}@example.com"} for n in range(100))
    ids = [row["id"] for row in bench.world.hubspot.records("contacts")]
    results: list[RowResult] = []

    def work(part: list[str]) -> None:
        bench.marketing.read(part, ["email"])
        results.extend(
            bench.marketing.update([RecordWrite(key=i, id=i, fields={"city": "Ulm"}) for i in part])
        )
        results.extend(
            bench.crm.upsert(
                "Lead",
                KEY,
                [
                    RecordWrite(key=i, id=f"hs-{i}", fields={"LastName": "A", "Company": "B"})
                    for i in part
                ],
            )
        )

    threads = [threading.Thread(target=work, args=(ids[n : n + 10],)) for n in range(0, 100, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 200
    assert all(result.confirmed for result in results)
    assert bench.crm.count("Lead", KEY) == 100


def bad_day(bench: Bench) -> None:
    add = bench.world.faults.add
    add(Fault(kind="rate_ten_secondly", probability=0.05))
    add(Fault(kind="server_error", status=502, probability=0.02))
    add(Fault(kind="lost_answer", probability=0.01))
    add(Fault(kind="reset_after", probability=0.01))
    add(Fault(kind="locked", system="salesforce", path="composite/sobjects", probability=0.01))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bench", ["in-process"], indirect=True)
def test_a_bad_day_costs_at_most_twice_the_calls(bench: Bench, seed: int) -> None:
    bench.world.faults._rng.seed(seed)
    bench.world.hubspot.load_contacts(
        {"email": f"p{n}@example.com", "lastname": "Okafor"} for n in range(8_000)
    )
    bad_day(bench)
    pages = list(bench.marketing.scan(["email", "lastname"], "0"))
    records = [record for page in pages for record in page.records]
    assert len({record.id for record in records}) == len(records) == 8_000
    assert bench.hubspot.calls <= 160

    waiting = [
        RecordWrite(key=r.id, id=f"hs-{r.id}", fields={"LastName": "Okafor", "Company": "Acme"})
        for r in records
    ]
    done: dict[str, str] = {}
    for _ in range(20):
        rest: list[RecordWrite] = []
        for start in range(0, len(waiting), 200):
            batch = waiting[start : start + 200]
            rest += [w for w in batch if not _settled(bench, w, batch, done)]
        waiting = rest
        if not waiting:
            break
    assert len(done) == 8_000
    assert bench.world.salesforce.query(f"SELECT COUNT() FROM Lead WHERE {KEY} != null") == []
    assert len(bench.world.salesforce.rows("Lead")) == 8_000
    assert bench.salesforce.calls <= 2 * 41


def _settled(
    bench: Bench, write: RecordWrite, batch: list[RecordWrite], done: dict[str, str]
) -> bool:
    """Delivers a batch once, when its first row is asked for; unknown rows are looked for."""
    if write is batch[0]:
        try:
            results = bench.crm.upsert("Lead", KEY, batch)
        except TryLater:
            return False
        unknown = [str(w.id) for w, r in zip(batch, results, strict=True) if r.unknown]
        there: dict[str, str] = {}
        if unknown:
            try:
                found = bench.crm.read_by("Lead", KEY, unknown, ["LastName"])
            except TryLater:
                found = {}
            there = {key: record.id for key, record in found.items()}
        for row, result in zip(batch, results, strict=True):
            if result.confirmed:
                done[row.key] = str(result.id)
            elif str(row.id) in there:
                done[row.key] = there[str(row.id)]
    return write.key in done
