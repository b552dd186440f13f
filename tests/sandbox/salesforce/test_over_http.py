"""The official Python client, unmodified, against the sandbox over real HTTP."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from connector.sandbox.salesforce.system import SalesforceSandbox


class Rewriting(HTTPAdapter):
    """Sends every https request of the client to the local server."""

    def __init__(self, base: str) -> None:
        self._base = urlsplit(base)
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        url = urlsplit(request.url)
        request.headers["Host"] = url.netloc
        request.url = urlunsplit((self._base.scheme, self._base.netloc, url.path, url.query, ""))
        return super().send(request, *args, **kwargs)


@pytest.fixture
def session(server: str) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.mount("https://", Rewriting(server))
    return made


def test_the_official_client_works(session: requests.Session, sandbox: SalesforceSandbox) -> None:
    sf = Salesforce(consumer_key="sandbox-client", consumer_secret="sandbox-secret",
                    domain="acme.my", session=session, version="60.0")  # fmt: skip
    made = sf.Lead.create({"LastName": "Müller", "Company": "Example AG"})
    assert sf.Lead.get(made["id"])["Name"] == "Müller"
    assert sf.Lead.upsert("Leadrelay_Id__c/a%2Fb", {"LastName": "U", "Company": "C"}) == 201
    assert sf.Lead.upsert("Leadrelay_Id__c/a%2Fb", {"City": "Wien"}) == 200
    assert sf.Lead.get_by_custom_id("Leadrelay_Id__c", "a/b")["City"] == "Wien"
    assert sf.Lead.update(made["id"], {"City": "Graz"}) == 204
    assert len(sf.Lead.describe()["fields"]) > 50
    rows = [{"attributes": {"type": "Lead"}, "Leadrelay_Id__c": str(n), "LastName": f"L{n}",
             "Company": "C"} for n in range(200)]  # fmt: skip
    path = "composite/sobjects/Lead/Leadrelay_Id__c"
    done = sf.restful(path, method="PATCH", json={"records": rows})
    assert all(one["created"] for one in done)
    assert sf.api_usage["api-usage"].total == 100_000
    for start in range(200, 2200, 200):
        more = [{**row, "Leadrelay_Id__c": f"{start}-{row['LastName']}"} for row in rows]
        sf.restful(path, method="PATCH", json={"records": more})
    found = sf.query_all("SELECT Id, Owner.Name FROM Lead ORDER BY Id")
    assert (found["totalSize"], len(found["records"])) == (2202, 2202)
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 2202
    changed = sf.Lead.updated(
        datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 5, 10, tzinfo=UTC)
    )
    assert len(changed["ids"]) == 2202
    sf.Lead.delete(made["id"])
    with pytest.raises(SalesforceResourceNotFound):
        sf.Lead.delete(made["id"])


def test_its_errors(session: requests.Session, sandbox: SalesforceSandbox) -> None:
    sf = Salesforce(instance_url="https://acme.my.salesforce.com", version="60.0",
                    session_id="00D-sandbox-session", session=session)  # fmt: skip
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.query("SELECT Nope FROM Lead")
    assert refused.value.content[0]["errorCode"] == "INVALID_FIELD"
    for _ in range(2):
        sandbox.create("Lead", {"LastName": "X", "Company": "C", "Email": "x@example.com"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Lead.get_by_custom_id("Email", "x@example.com")


def test_its_older_sign_ins(session: requests.Session) -> None:
    user = {"username": "integration@acme.example.com", "password": "sandbox-password"}
    soap = Salesforce(**user, security_token="", session=session, version="59.0")
    assert soap.query("SELECT Id FROM User")["totalSize"] == 1
    oauth = Salesforce(**user, consumer_key="sandbox-client", consumer_secret="sandbox-secret",
                       session=session, version="60.0")  # fmt: skip
    assert oauth.limits()["DailyApiRequests"]["Max"] == 100_000


def test_its_bulk_clients(session: requests.Session, sandbox: SalesforceSandbox) -> None:
    sf = Salesforce(instance_url="https://acme.my.salesforce.com", version="60.0",
                    session_id="00D-sandbox-session", session=session)  # fmt: skip
    rows = [{"LastName": "Bulk", "Company": "C", "Leadrelay_Id__c": f"b{n}"} for n in range(3)]
    (done,) = sf.bulk2.Lead.upsert(records=rows, external_id_field="Leadrelay_Id__c", wait=0)
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (3, 0)
    (text,) = sf.bulk2.Lead.query("SELECT LastName, Leadrelay_Id__c FROM Lead", wait=0)
    assert text.splitlines()[1:] == ['"Bulk","b0"', '"Bulk","b1"', '"Bulk","b2"']
    classic = sf.bulk.Lead.upsert([*rows, {"LastName": "New"}], "Leadrelay_Id__c")
    assert [one["success"] for one in classic] == [True, True, True, False]
    assert [one["LastName"] for one in sf.bulk.Lead.query("SELECT LastName FROM Lead")] == [
        "Bulk"
    ] * 3
