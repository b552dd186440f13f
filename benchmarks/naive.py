"""The scripts that people write first: read every contact, map a dozen fields, upsert by 200.

    python -m benchmarks.naive clients|requests load|writeback URL [COUNT]

`clients` uses both official clients as their READMEs show; `requests` uses requests on both sides.
Neither looks first, keeps a ledger, explains, routes, or survives a lost answer.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

FIELDS = {
    "email": "Email",
    "firstname": "FirstName",
    "lastname": "LastName",
    "company": "Company",
    "phone": "Phone",
    "country": "Country",
    "lead_source": "LeadSource",
    "lead_origin": "Description",
    "occupation": "Title",
}
PROPERTIES = [*FIELDS, "totalvisits", "time_on_site", "do_not_email"]
PATH = "composite/sobjects/Lead/Leadrelay_Id__c"


def lead(id_: str, properties: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"attributes": {"type": "Lead"}, "Leadrelay_Id__c": f"hs-{id_}"}
    for source, target in FIELDS.items():
        if properties.get(source):
            made[target] = properties[source]
    return made


def pages_of_client(url: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    from hubspot import HubSpot

    client = HubSpot(access_token="stub", host=url)
    api, after = client.crm.contacts.basic_api, None
    while True:
        page = api.get_page(limit=100, after=after, properties=PROPERTIES)
        yield [(contact.id, contact.properties) for contact in page.results]
        if page.paging is None:
            return
        after = page.paging.next.after


def salesforce_of_client(url: str) -> Any:
    import requests
    from requests.adapters import HTTPAdapter
    from simple_salesforce import Salesforce

    class Elsewhere(HTTPAdapter):
        """simple-salesforce insists on https; the stub speaks http."""

        def send(self, request: Any, **more: Any) -> Any:  # type: ignore[override]
            request.url = url + urlsplit(request.url).path
            return super().send(request, **more)

    session = requests.Session()
    session.mount("https://", Elsewhere())
    return Salesforce(
        instance_url="https://acme.my.example.com", session_id="stub", session=session
    )


def load_with_clients(url: str) -> int:
    salesforce = salesforce_of_client(url)
    rows: list[dict[str, Any]] = []
    sent = 0
    for page in pages_of_client(url):
        rows += [lead(*contact) for contact in page]
        while len(rows) >= 200:
            body, rows = {"allOrNone": False, "records": rows[:200]}, rows[200:]
            sent += len(salesforce.restful(PATH, method="PATCH", json=body))
    if rows:
        body = {"allOrNone": False, "records": rows}
        sent += len(salesforce.restful(PATH, method="PATCH", json=body))
    return sent


def load_with_requests(url: str) -> int:
    import requests

    session = requests.Session()
    query: dict[str, Any] = {"limit": 100, "properties": ",".join(PROPERTIES)}
    rows: list[dict[str, Any]] = []
    sent = 0
    target = f"{url}/services/data/v67.0/{PATH}"
    while True:
        page = session.get(f"{url}/crm/v3/objects/contacts", params=query).json()
        rows += [lead(contact["id"], contact["properties"]) for contact in page["results"]]
        last = "paging" not in page
        while len(rows) >= 200 or (last and rows):
            body, rows = {"allOrNone": False, "records": rows[:200]}, rows[200:]
            sent += len(session.patch(target, json=body).json())
        if last:
            return sent
        query["after"] = page["paging"]["next"]["after"]


def write_back_with_clients(url: str, count: int) -> int:
    from hubspot import HubSpot
    from hubspot.crm.contacts import BatchInputSimplePublicObjectBatchInput as Batch

    api = HubSpot(access_token="stub", host=url).crm.contacts.batch_api
    sent = 0
    for first in range(0, count, 100):
        inputs = [
            {"id": str(1_000 + number), "properties": {"hs_lead_status": "IN_PROGRESS"}}
            for number in range(first, min(first + 100, count))
        ]
        sent += len(api.update(Batch(inputs=inputs)).results)
    return sent


def write_back_with_requests(url: str, count: int) -> int:
    import requests

    session = requests.Session()
    sent = 0
    for first in range(0, count, 100):
        inputs = [
            {"id": str(1_000 + number), "properties": {"hs_lead_status": "IN_PROGRESS"}}
            for number in range(first, min(first + 100, count))
        ]
        answer = session.post(
            f"{url}/crm/v3/objects/contacts/batch/update", json={"inputs": inputs}
        )
        sent += len(answer.json()["results"])
    return sent


def main() -> None:
    how, what, url = sys.argv[1:4]
    began = time.perf_counter()
    if what == "load":
        done = load_with_clients(url) if how == "clients" else load_with_requests(url)
    else:
        write = write_back_with_clients if how == "clients" else write_back_with_requests
        done = write(url, int(sys.argv[4]))
    print(f"{done} {time.perf_counter() - began}")


if __name__ == "__main__":
    main()
