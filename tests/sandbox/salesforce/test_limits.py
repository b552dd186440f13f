"""Quota, the call log, changes over time, late commits and saved states."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import orjson
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.salesforce.system import SalesforceSandbox
from tests.sandbox.salesforce.conftest import Client

LEAD = {"LastName": "Muster", "Company": "Example AG"}


def test_the_daily_quota_is_enforced_over_a_rolling_day(
    make: Callable[..., SalesforceSandbox], clock: SandboxClock
) -> None:
    sandbox = make(daily_api_requests=3, app_name="leadrelay")
    client = Client(sandbox.handle)
    answers = [client.send("GET", "/sobjects/Foo") for _ in range(4)]
    assert [one.status for one in answers] == [404, 404, 404, 403]
    assert answers[0].headers["Sforce-Limit-Info"] == (
        "api-usage=1/3; per-app-api-usage=1/3(appName=leadrelay)"
    )
    assert orjson.loads(answers[3].body) == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]
    clock.advance(timedelta(hours=25))
    assert client.json("GET", "/limits")["DailyApiRequests"] == {"Max": 3, "Remaining": 2}


def test_the_quota_can_be_switched_off(make: Callable[..., SalesforceSandbox]) -> None:
    client = Client(make(daily_api_requests=1, enforce_limits=False).handle)
    assert [client.send("GET", "/limits").status for _ in "123"] == [200] * 3


def test_the_log_tells_cost_and_status(client: Client, sandbox: SalesforceSandbox) -> None:
    client.send("GET", "/limits")
    Client(sandbox.handle, "nobody").send("GET", "/limits")
    logged = [(one.method, one.status, one.cost, one.bucket) for one in sandbox.calls]
    assert logged == [("GET", 200, 1, "daily"), ("GET", 401, 0, "free")]
    sandbox.calls.clear()
    assert not sandbox.calls


def test_record_counts(client: Client, sandbox: SalesforceSandbox) -> None:
    sandbox.create("Lead", LEAD)
    assert client.json("GET", "/limits/recordCount?sObjects=Lead") == {
        "sObjects": [{"count": 1, "name": "Lead"}]
    }


def test_updated_and_deleted(
    client: Client, sandbox: SalesforceSandbox, clock: SandboxClock
) -> None:
    kept, gone = sandbox.create("Lead", LEAD), sandbox.create("Lead", LEAD)
    clock.advance(timedelta(minutes=5))
    sandbox.delete("Lead", gone)
    window = urlencode({"start": "2026-01-05T08:00:00+00:00", "end": "2026-01-05T10:00:00+00:00"})
    assert client.json("GET", f"/sobjects/Lead/updated/?{window}") == {
        "ids": [kept],
        "latestDateCovered": "2026-01-05T09:05:00.000+0000",
    }
    deleted = client.json("GET", f"/sobjects/Lead/deleted/?{window}")
    assert deleted["deletedRecords"] == [
        {"id": gone, "deletedDate": "2026-01-05T09:05:00.000+0000"}
    ]
    assert list(deleted) == ["deletedRecords", "earliestDateAvailable", "latestDateCovered"]
    for start in ("2025-11-01T00:00:00Z", "nonsense", "2026-01-05T11:00:00Z"):
        bad = urlencode({"start": start, "end": "2026-01-05T10:00:00Z"})
        assert client.send("GET", f"/sobjects/Lead/updated/?{bad}").status == 400


def test_late_commits_show_up_with_an_old_stamp(
    make: Callable[..., SalesforceSandbox], clock: SandboxClock
) -> None:
    sandbox = make(late_commit_probability=1.0, late_commit_seconds=60)
    client = Client(sandbox.handle)
    since = "SELECT Id, City FROM Lead WHERE SystemModstamp >= 2026-01-05T09:00:00Z"
    lead = sandbox.create("Lead", LEAD)
    assert client.query(since)["totalSize"] == 0
    assert client.send("GET", f"/sobjects/Lead/{lead}").status == 404
    clock.advance(timedelta(seconds=61))
    assert client.ids(since) == [lead]
    sandbox.update("Lead", lead, {"City": "Wien"})
    assert client.query(since)["records"][0]["City"] is None
    clock.advance(timedelta(seconds=61))
    (record,) = client.query(since)["records"]
    assert record["City"] == "Wien"
    assert sandbox.get("Lead", lead)["SystemModstamp"] == "2026-01-05T09:01:01.000+0000"


def test_a_saved_state_comes_back(
    make: Callable[..., SalesforceSandbox], client: Client, sandbox: SalesforceSandbox
) -> None:
    sandbox.add_custom_field("Lead", {"name": "Extra__c", "type": "double", "scale": 1})
    sandbox.add_record_type("Lead", "Inbound")
    sandbox.add_lead_status("Recycled")
    ann = sandbox.add_user(username="ann@example.com", last_name="Ann")
    sandbox.set_assignment_rule([("City = 'Wien'", ann)])
    sandbox.set_duplicate_rule("Lead")
    sandbox.add_validation_rule("Lead", when="City = 'X'", message="Not X")
    lead = sandbox.create("Lead", {**LEAD, "Extra__c": 1.26, "Leadrelay_Id__c": "h1"})
    client.send("GET", "/limits")
    saved = orjson.loads(orjson.dumps(sandbox.save()))
    other = make()
    other.load(saved)
    assert other.save() == sandbox.save() == saved
    assert other.get("Lead", lead)["Extra__c"] == 1.3
    again = Client(other.handle)
    assert again.json("GET", "/sobjects/Lead/Leadrelay_Id__c/h1")["Id"] == lead
    wien = again.json("POST", "/sobjects/Lead", {**LEAD, "City": "Wien"})
    assert other.get("Lead", wien["id"])["OwnerId"] == ann
    assert wien["id"] != lead
    with pytest.raises(ValueError):
        other.load({"format": 0})
    other.add_validation_rule("Lead", when=lambda row: False, message="Never")
    with pytest.raises(ValueError):
        other.save()


def test_equal_seeds_give_equal_answers(make: Callable[..., SalesforceSandbox]) -> None:
    def story() -> list[bytes]:
        client = Client(make(lock_row_probability=0.5).handle)
        made = client.json("POST", "/sobjects/Lead", LEAD)
        return [client.send("PATCH", f"/sobjects/Lead/{made['id']}", {"City": "X"}).body
                for _ in range(20)]  # fmt: skip

    assert story() == story()
    assert len(set(story())) == 2


def test_addresses_have_a_limit(client: Client) -> None:
    names = ", ".join(f"'person{number}@example.com'" for number in range(900))
    soql = urlencode({"q": f"SELECT Id FROM Lead WHERE Email IN ({names})"})
    assert client.send("GET", f"/query?{soql}").status == 414
    assert client.send("POST", "/sobjects/Foo?_HttpMethod=PATCH", {}).status == 404
