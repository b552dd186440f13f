"""Both systems and the control API on real ports, as clients and people use them."""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from hubspot import HubSpot
from simple_salesforce import Salesforce

from connector.core.errors import StopTheRun
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Fault
from connector.sandbox.load import load_csv, load_rows
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import World

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HUBSPOT = {"authorization": "Bearer pat-na1-sandbox"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(start=START, seed=7) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The running sandbox with a world as new."""
    running.world.clock.set(START)
    running.world.faults.clear()
    running.world.clear_calls()
    return running


def control(sandbox: Sandbox, method: str, path: str, **body: object) -> requests.Response:
    return requests.request(method, sandbox.control_url + path, json=body, timeout=5)


def signed_in(sandbox: Sandbox) -> tuple[str, dict[str, str]]:
    """The instance's address and the header of a session, from the token endpoint."""
    answer = requests.post(
        f"{sandbox.salesforce_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
        timeout=5,
    ).json()
    return answer["instance_url"], {"authorization": f"Bearer {answer['access_token']}"}


def test_it_starts_and_stops_quickly_and_leaves_its_ports() -> None:
    begun = time.perf_counter()
    with Sandbox(start=START) as first:
        assert requests.get(first.control_url, timeout=5).json()["systems"] == first.urls()
    assert time.perf_counter() - begun < 2
    with pytest.raises(requests.ConnectionError):
        requests.get(first.control_url, timeout=1)
    port = int(first.hubspot_url.rsplit(":", 1)[1])
    with Sandbox(first.world, ports=port) as second:
        assert second.hubspot_url == first.hubspot_url
        with pytest.raises(StopTheRun, match=f"cannot listen on 127.0.0.1:{port}"):
            Sandbox(ports=port).__enter__()


def test_the_hubspot_client_talks_to_it(sandbox: Sandbox) -> None:
    made = control(sandbox, "POST", "/hubspot/contacts", properties={"email": "ann@oak.example"})
    client = HubSpot(access_token="pat-na1-sandbox")
    client.config["host"] = sandbox.hubspot_url
    api = client.crm.contacts.basic_api
    api.api_client.configuration.host = sandbox.hubspot_url
    assert api.get_by_id(made.json()["id"]).properties["email"] == "ann@oak.example"
    assert api.get_by_id("ann@oak.example", id_property="email").id == made.json()["id"]


def test_salesforce_names_the_address_it_is_reached_at(sandbox: Sandbox) -> None:
    site, headers = signed_in(sandbox)
    assert site == sandbox.salesforce_url
    rows = requests.get(
        f"{site}/services/data/v62.0/query",
        params={"q": "SELECT Id, Name FROM User"},
        headers=headers,
        timeout=5,
    )
    assert rows.json()["totalSize"] >= 1
    assert rows.headers["date"] == "Mon, 02 Mar 2026 08:00:00 GMT"


def test_a_lead_is_worked_through_the_control_api(sandbox: Sandbox) -> None:
    lead = control(
        sandbox, "POST", "/salesforce/Lead", fields={"LastName": "Oak", "Company": "Oak AG"}
    ).json()["id"]
    control(sandbox, "POST", "/clock/advance", hours=3)
    row = control(
        sandbox, "POST", f"/salesforce/Lead/{lead}/status", status="Working - Contacted"
    ).json()
    assert row["Status"] == "Working - Contacted"
    assert row["LastModifiedDate"].startswith("2026-03-02T11:00:00")
    made = control(sandbox, "POST", f"/salesforce/Lead/{lead}/convert").json()
    won = control(
        sandbox,
        "POST",
        f"/salesforce/Opportunity/{made['opportunityId']}/stage",
        stage="Closed Won",
        amount=1200,
    ).json()
    assert (won["IsWon"], won["Amount"]) == (True, 1200)
    again = control(sandbox, "POST", f"/salesforce/Lead/{lead}/convert")
    assert again.status_code == 409
    assert again.json()["details"][0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    everything = control(sandbox, "GET", "/everything").json()
    assert lead in [row["Id"] for row in everything["salesforce"]["Lead"]]


def test_contacts_are_merged_archived_and_forgotten(sandbox: Sandbox) -> None:
    ids = [
        control(sandbox, "POST", "/hubspot/contacts", properties={"email": f"m{n}@elm.example"})
        for n in range(3)
    ]
    one, two, three = (answer.json()["id"] for answer in ids)
    survivor = control(sandbox, "POST", f"/hubspot/contacts/{one}/merge", other=two).json()
    assert survivor["properties"]["hs_additional_emails"] == "m1@elm.example"
    assert control(sandbox, "DELETE", f"/hubspot/contacts/{three}").status_code == 200
    gone = requests.get(
        f"{sandbox.hubspot_url}/crm/v3/objects/contacts/{three}", headers=HUBSPOT, timeout=5
    )
    assert gone.status_code == 404
    assert control(sandbox, "POST", f"/hubspot/contacts/{three}/restore").status_code == 200
    assert control(sandbox, "DELETE", f"/hubspot/contacts/{three}", forever=True).status_code == 200
    assert control(sandbox, "POST", f"/hubspot/contacts/{three}/restore").status_code == 409


def test_the_log_shows_each_call_its_cost_and_the_faults(sandbox: Sandbox) -> None:
    control(sandbox, "POST", "/faults", kind="server_error", system="hubspot", nth=[2], status=502)
    for _ in range(2):
        requests.get(f"{sandbox.hubspot_url}/crm/v3/owners", headers=HUBSPOT, timeout=5)
    log = control(sandbox, "GET", "/calls").json()
    assert [(row["path"], row["status"], row.get("cost"), row.get("fault")) for row in log] == [
        ("/crm/v3/owners", 200, 1, None),
        ("/crm/v3/owners", None, None, "server_error"),
    ]
    assert control(sandbox, "GET", "/faults").json()["rules"][0]["struck"] == 1
    control(sandbox, "DELETE", "/calls")
    assert control(sandbox, "GET", "/calls").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/faults", {"kind": "earthquake"}, 400),
        ("DELETE", "/faults/99", {}, 404),
        ("PUT", "/clock", {"now": "yesterday"}, 400),
        ("POST", "/clock/advance", {"parsecs": 1}, 400),
        ("GET", "/hubspot/contacts/999", {}, 409),
        ("GET", "/salesforce/Lead/00Q000000000001", {}, 404),
        ("GET", "/salesforce/Unicorn", {}, 404),
        ("POST", "/hubspot/contacts", {"properties": {"email": "nobody"}}, 409),
    ],
)
def test_what_cannot_be_done_is_said(
    sandbox: Sandbox, method: str, path: str, body: dict[str, object], status: int
) -> None:
    answer = control(sandbox, method, path, **body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_foreign_pages_reach_nothing(sandbox: Sandbox, headers: dict[str, str]) -> None:
    for method in ("GET", "DELETE"):
        answer = requests.request(
            method, f"{sandbox.control_url}/calls", headers=headers, timeout=5
        )
        assert answer.status_code == 403


def test_every_call_of_the_control_api_is_described(sandbox: Sandbox) -> None:
    calls = requests.get(sandbox.control_url, timeout=5).json()["calls"]
    assert len(calls) > 25
    assert all(call["does"] for call in calls)


CSV = """Prospect,Email,Job,Total Visits,Note
p-1,ANN@oak.example,Head of Sales,3,
p-2,bob@oak.example,,0,"two
lines"
"""


def test_a_csv_file_becomes_contacts(tmp_path: Path) -> None:
    world = World(SandboxClock(START))
    file = tmp_path / "leads.csv"
    file.write_text(CSV, encoding="utf-8-sig")
    mapping = {"Email": "email", "Job": "jobtitle", "Prospect": ""}
    assert load_csv(world, file, mapping) == 2
    ann, bob = (row["properties"] for row in world.hubspot.records("contacts"))
    assert (ann["email"], ann["jobtitle"], ann["total_visits"]) == (
        "ann@oak.example",
        "Head of Sales",
        "3",
    )
    assert "prospect" not in ann
    assert bob["note"] == "two\nlines"


def test_a_csv_text_is_loaded_through_the_control_api(sandbox: Sandbox) -> None:
    text = 'email,message\r\nls@oak.example,one\u2028line\r\nnl@oak.example,"two\nlines"\r\n'
    assert control(sandbox, "POST", "/load", csv=text).json() == {"loaded": 2}
    everyone = control(sandbox, "GET", "/hubspot/contacts").json()
    told = {row["properties"]["email"]: row["properties"].get("message") for row in everyone}
    assert told["ls@oak.example"] == "one\u2028line"
    assert told["nl@oak.example"] == "two\nlines"
    assert control(sandbox, "POST", "/load", csv="a,b\n1\n").status_code == 400


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"Mail": "email"}, "the file has no column 'Mail'"),
        ({"Email": "email", "Job": "email"}, "two columns become the property email"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str], text: str) -> None:
    row = {"Email": "a@oak.example", "Job": "x"}
    with pytest.raises(ValueError, match=text):
        load_rows(World(SandboxClock(START)), [row], mapping)


def test_the_state_survives_saving(sandbox: Sandbox) -> None:
    control(sandbox, "POST", "/hubspot/contacts", properties={"email": "kept@elm.example"})
    control(sandbox, "POST", "/salesforce/Lead", fields={"LastName": "Kept", "Company": "Elm"})
    control(sandbox, "POST", "/clock/advance", days=1)
    saved = control(sandbox, "GET", "/state").json()
    before = control(sandbox, "GET", "/everything").json()
    with Sandbox() as other:
        answer = requests.put(f"{other.control_url}/state", json=saved, timeout=5)
        assert answer.json() == {"now": "2026-03-03T08:00:00+00:00"}
        assert control(other, "GET", "/everything").json() == before
        assert control(other, "PUT", "/state", format="something else").status_code == 400


def test_webhooks_reach_a_listener_and_are_signed(sandbox: Sandbox) -> None:
    heard: queue.Queue[tuple[str, str, dict[str, str]]] = queue.Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            heard.put((self.path, body, dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests' output is theirs."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hook?team=a"
    sandbox.world.hubspot.listen(url, "contact.creation")
    made = control(sandbox, "POST", "/hubspot/contacts", properties={"email": "w@elm.example"})
    path, body, headers = heard.get(timeout=5)
    server.shutdown()
    server.server_close()
    assert path == "/hook?team=a"
    assert [str(event["objectId"]) for event in json.loads(body)] == [made.json()["id"]]
    lower = {name.lower(): text for name, text in headers.items()}
    stamp = lower["x-hubspot-request-timestamp"]
    expected = hmac.new(b"sandbox-secret", f"POST{url}{body}{stamp}".encode(), hashlib.sha256)
    assert lower["x-hubspot-signature-v3"] == base64.b64encode(expected.digest()).decode()


def test_simple_salesforce_insists_on_https_and_gets_it() -> None:
    with Sandbox(start=START, tls=True) as sandbox, requests.Session() as session:
        session.trust_env = False  # else REQUESTS_CA_BUNDLE would win over `verify`
        session.verify = str(sandbox.authority)
        answer = session.post(
            f"{sandbox.salesforce_url}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=("sandbox-client", "sandbox-secret"),
            timeout=5,
        ).json()
        sf = Salesforce(
            session_id=answer["access_token"],
            instance_url=answer["instance_url"],
            session=session,
        )
        made = sf.Lead.create({"LastName": "Oak", "Company": "Oak AG"})
        assert sf.Lead.get(made["id"])["Name"] == "Oak"
        found = sf.query_all("SELECT Id FROM Lead")
        assert [row["Id"] for row in found["records"]] == [made["id"]]
        sandbox.world.faults.add(Fault(kind="reset_before", times=1))
        with pytest.raises(requests.ConnectionError):
            sf.limits()
    assert sandbox.authority is not None
    assert not sandbox.authority.exists()
