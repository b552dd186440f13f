"""How the Salesforce adapter speaks: paths, SOQL, collections, bulk jobs and odd answers."""

import csv
import io
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.adapters.salesforce import paths
from connector.adapters.salesforce.crm import SalesforceCrm
from connector.adapters.salesforce.signin import ClientCredentials, JwtBearer, Session
from connector.core.errors import Refused, StopTheRun, TryLater
from connector.ports import RecordWrite, Window
from connector.sandbox.http import Answer, Call, json_answer
from connector.store import open_ledger
from connector.store.kept import Kept
from tests.adapters.servers import Drop, serving
from tests.adapters.stubs import (
    GRANT,
    Running,
    api_calls,
    body_of,
    salesforce_client,
    salesforce_stub,
    script,
)

ID = "00Q00000000000{:01}AAA"
WINDOW = Window(
    since=datetime(2026, 3, 2, 7, tzinfo=UTC), until=datetime(2026, 3, 2, 9, tzinfo=UTC)
)


def lead(number: int, **values: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "Lead", "url": "/x"},
        "Id": f"00Q{number:012}AAA",
        "CreatedDate": "2026-03-01T00:00:00.000+0000",
        "SystemModstamp": "2026-03-02T08:00:00.000+0000",
        **values,
    }


def found(*rows: dict[str, Any], more: str = "") -> Answer:
    body = {"totalSize": len(rows), "done": not more}
    if more:
        body["nextRecordsUrl"] = more
    return json_answer({**body, "records": rows})


def write(number: int, key: str = "", **fields: Any) -> RecordWrite:
    return RecordWrite(key=key or f"k{number}", id=f"hs-{number}", fields=fields)


def taken(call: Call) -> Answer:
    """A collection in which every row is new."""
    rows = [
        {"id": f"00Q{number:012}AAA", "success": True, "errors": [], "created": True}
        for number, _ in enumerate(body_of(call)["records"])
    ]
    return json_answer(rows)


def failed(code: str, *fields: str) -> dict[str, Any]:
    error = {"statusCode": code, "message": "jane.secret@example.com", "fields": list(fields)}
    return {"success": False, "errors": [error]}


@pytest.mark.parametrize("odd", ["Id; DROP", "a b", "", "Id'--", "../User", "1x", "a.b."])
def test_names_cannot_carry_anything_else(odd: str) -> None:
    with pytest.raises(ValueError, match="not a Salesforce name"):
        paths.select([odd], "Lead")


@pytest.mark.parametrize("odd", ["", "abc", "00Q00000000000/../x", "00Q0000000000010000"])
def test_ids_cannot_carry_anything_else(odd: str) -> None:
    with pytest.raises(ValueError, match="not a Salesforce id"):
        paths.record_id(odd)


def test_literals_are_escaped() -> None:
    assert paths.literal('O\'Neil \\ "x"\n') == "'O\\'Neil \\\\ \\\"x\\\"\\n'"
    assert paths.containing("50%_a") == "'%50\\%\\_a%'"


def test_chunks_fit_into_an_address() -> None:
    keys = [f"p{number}@a-rather-long-company-name.example.com" for number in range(1_000)]
    parts = list(paths.chunks(keys))
    assert [key for part in parts for key in part] == keys
    assert all(paths.fits_address(paths.any_of("Email", part)) for part in parts)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "",
        "https://elsewhere.example/query/01gB000003OCxSPIA1-2000",
        "/services/data/v67.0/sobjects/Lead",
    ],
)
def test_a_next_page_is_only_ever_a_next_page(odd: str | None) -> None:
    with pytest.raises(ValueError, match="further page"):
        paths.more(odd)


def test_upserts_in_collections_of_two_hundred() -> None:
    with salesforce_stub(taken) as (client, served):
        results = SalesforceCrm(client).upsert(
            "Lead", "Leadrelay_Id__c", [write(n, LastName="Okafor", City="") for n in range(401)]
        )
    calls = api_calls(served)
    assert [len(body_of(call)["records"]) for call in calls] == [200, 200, 1]
    assert calls[0].path == "/services/data/v67.0/composite/sobjects/Lead/Leadrelay_Id__c"
    assert body_of(calls[0])["allOrNone"] is False
    assert body_of(calls[0])["records"][0] == {
        "attributes": {"type": "Lead"},
        "LastName": "Okafor",
        "City": None,
        "Leadrelay_Id__c": "hs-0",
    }
    assert [result.key for result in results] == [f"k{n}" for n in range(401)]
    assert all(result.created for result in results)
    assert len(served.connections) == 1


def test_each_row_has_its_own_result() -> None:
    rows = [
        {"id": "00Q000000000001AAA", "success": True, "errors": [], "created": False},
        failed("STRING_TOO_LONG", "LastName"),
        failed("DUPLICATES_DETECTED"),
    ]
    with salesforce_stub(script(json_answer(rows))) as (client, _):
        one, two, three, four = SalesforceCrm(client).upsert(
            "Lead", "Leadrelay_Id__c", [write(n) for n in range(4)]
        )
    assert one.confirmed
    assert not one.created
    assert two.problem is not None
    assert two.problem.code == "salesforce-string-too-long"
    assert "LastName" in two.problem.what
    assert str(two.problem.where) == "salesforce:Lead/hs-1"
    assert three.problem is not None
    assert "jane" not in str(three.problem)
    assert four.unknown


def test_locked_rows_are_sent_again_alone() -> None:
    answers = script(
        json_answer(
            [
                {"id": "00Q000000000001AAA", "success": True, "errors": []},
                failed("UNABLE_TO_LOCK_ROW"),
            ]
        ),
        json_answer([failed("UNABLE_TO_LOCK_ROW")]),
        json_answer([{"id": "00Q000000000002AAA", "success": True, "errors": []}]),
    )
    running = Running()
    with salesforce_stub(answers, running=running) as (client, served):
        one, two = SalesforceCrm(client).upsert("Lead", "Leadrelay_Id__c", [write(1), write(2)])
    assert one.confirmed
    assert two.confirmed
    sent = [
        [row["Leadrelay_Id__c"] for row in body_of(call)["records"]] for call in api_calls(served)
    ]
    assert sent == [["hs-1", "hs-2"], ["hs-2"], ["hs-2"]]
    assert len(running.slept) == 2


def test_a_row_that_stays_locked_waits() -> None:
    with salesforce_stub(script(json_answer([failed("UNABLE_TO_LOCK_ROW")]))) as (client, served):
        [result] = SalesforceCrm(client).update(
            "Lead", [RecordWrite(key="k", id="00Q000000000001AAA", fields={})]
        )
    assert result.try_later
    assert len(api_calls(served)) == 4


def test_a_lost_collection_is_unknown_and_the_next_one_goes_on() -> None:
    with salesforce_stub(script(Drop(), taken)) as (client, served):
        results = SalesforceCrm(client).upsert(
            "Lead", "Leadrelay_Id__c", [write(n) for n in range(201)]
        )
    assert all(result.unknown for result in results[:200])
    assert results[200].confirmed
    assert len(api_calls(served)) == 2


def test_a_value_that_breaks_the_whole_collection_is_found() -> None:
    def answer(call: Call) -> Answer:
        records = body_of(call)["records"]
        if any(record["Since__c"] == "never" for record in records):
            return json_answer([{"errorCode": "JSON_PARSER_ERROR", "message": "x"}], status=400)
        return taken(call)

    writes = [write(n, Since__c="never" if n == 50 else "2026-01-01T00:00:00Z") for n in range(100)]
    with salesforce_stub(answer) as (client, _):
        results = SalesforceCrm(client).upsert("Lead", "Leadrelay_Id__c", writes)
    assert [place for place, result in enumerate(results) if result.problem] == [50]
    assert sum(result.confirmed for result in results) == 99


def test_a_missing_object_refuses_all_rows_at_once() -> None:
    answer = json_answer([{"errorCode": "NOT_FOUND", "message": "x"}], status=404)
    with salesforce_stub(script(answer)) as (client, served):
        results = SalesforceCrm(client).upsert("Lead", "Nope__c", [write(n) for n in range(100)])
    assert all(result.problem for result in results)
    assert len(api_calls(served)) == 1


def test_reading_by_id_leaves_out_what_is_gone() -> None:
    answer = json_answer([lead(1, City="Bonn", Score__c=12.0, Ok__c=True), None])
    with salesforce_stub(script(answer)) as (client, served):
        records = SalesforceCrm(client).read("Lead", [lead(1)["Id"], lead(2)["Id"]], ["City"])
    [record] = records.values()
    assert record.values["City"] == "Bonn"
    assert record.values["Score__c"] == "12"
    assert record.values["Ok__c"] == "true"
    assert record.updated_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert body_of(api_calls(served)[0])["fields"] == [
        "Id",
        "City",
        "CreatedDate",
        "SystemModstamp",
    ]


def test_a_key_found_twice_is_refused() -> None:
    twice = found(lead(1, Key__c="hs-1"), lead(2, Key__c="HS-1"))
    with salesforce_stub(script(twice)) as (client, _), pytest.raises(Refused) as met:
        SalesforceCrm(client).read_by("Lead", "Key__c", ["hs-1"], ["City"])
    assert met.value.problem.code == "salesforce-key-found-twice"


def test_changes_are_paged_by_stamp_and_id() -> None:
    locator = "/services/data/v67.0/query/01gB000003OCxSPIA1-2000"
    answers = script(found(lead(1), lead(2), more=locator), found(lead(3)))
    with salesforce_stub(answers) as (client, served):
        after = f"2026-03-02T07:30:00+00:00|{lead(0)['Id']}"
        pages = list(SalesforceCrm(client).changed("Lead", ["Owner.Name"], WINDOW, after))
    assert [[r.id for r in p.records] for p in pages] == [
        [lead(1)["Id"], lead(2)["Id"]],
        [lead(3)["Id"]],
    ]
    assert [p.resume for p in pages] == [f"2026-03-02T08:00:00+00:00|{lead(2)['Id']}", None]
    first, second = api_calls(served)
    assert first.value("q") == (
        "SELECT Id, Owner.Name, CreatedDate, SystemModstamp FROM Lead WHERE SystemModstamp >= "
        "2026-03-02T07:00:00Z AND SystemModstamp <= 2026-03-02T09:00:00Z AND (SystemModstamp > "
        "2026-03-02T07:30:00Z OR (SystemModstamp = 2026-03-02T07:30:00Z AND Id > "
        f"'{lead(0)['Id']}')) ORDER BY SystemModstamp, Id"
    )
    assert second.path == locator


def test_parents_become_dotted_names() -> None:
    row = lead(1, Owner={"attributes": {"type": "User"}, "Name": "Ada"}, Address=None)
    with salesforce_stub(script(found(row))) as (client, _):
        [only] = SalesforceCrm(client).changed("Lead", ["Owner.Name"], WINDOW, "")
    assert only.records[0].values["Owner.Name"] == "Ada"
    assert only.records[0].values["Address"] is None


def test_looking_for_people_costs_one_call_and_shows_no_address_in_it() -> None:
    fields = [
        {"name": name, "label": name, "type": "string"}
        for name in ("Email", "OwnerId", "IsConverted")
    ]

    def answer(call: Call) -> Answer:
        if call.path.endswith("/describe"):
            return json_answer({"fields": fields})
        parts = body_of(call)["compositeRequest"]
        bodies = []
        for part in parts:
            soql = unquote(parse_qs(part["url"].partition("?")[2])["q"][0])
            assert "Nope__c" not in soql
            rows = [
                lead(1, Email="Ann@Example.com", OwnerId="005000000000001AAA", IsConverted=True)
            ]
            rows = rows if "FROM Lead" in soql else []
            bodies.append(
                {
                    "body": {"totalSize": len(rows), "done": True, "records": rows},
                    "httpStatusCode": 200,
                    "referenceId": part["referenceId"],
                }
            )
        return json_answer({"compositeResponse": bodies[::-1]})

    with salesforce_stub(answer) as (client, served):
        crm = SalesforceCrm(client)
        emails = [f"p{n}@example.com" for n in range(200)]
        [person] = crm.people(emails, ["Nope__c"])
        crm.people(emails, [])
    looks = [call for call in api_calls(served) if call.path.endswith("/composite")]
    assert len(looks) == 2
    assert len(api_calls(served)) == 4  # and two descriptions, once
    assert person.converted
    assert person.email == "Ann@Example.com"
    assert all("example.com" not in str(call.query) for call in api_calls(served))


def test_a_failing_part_of_a_composite_call_fails_the_call() -> None:
    body = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Nope__c' on"}]
    part = {"body": body, "httpStatusCode": 400, "referenceId": "q0"}
    other = {"body": {"done": True, "records": []}, "httpStatusCode": 200, "referenceId": "q1"}
    answers = script(json_answer({"compositeResponse": [part, other]}))
    with salesforce_stub(answers) as (client, _), pytest.raises(StopTheRun, match="Nope__c"):
        SalesforceCrm(client).members()


def test_only_what_is_not_shown_is_left_out_of_what_moved() -> None:
    def answer(code: str) -> Answer:
        body = [{"errorCode": code, "message": "sObject type 'FeedItem' is not supported."}]
        part = {"body": body, "httpStatusCode": 400, "referenceId": "q0"}
        return json_answer({"compositeResponse": [part]})

    answers = script(answer("INVALID_TYPE"), answer("MALFORMED_QUERY"))
    with salesforce_stub(answers) as (client, _):
        crm = SalesforceCrm(client)
        assert crm.stirred({"FeedItem": WINDOW}) == {}
        with pytest.raises(StopTheRun):
            crm.stirred({"FeedItem": WINDOW})


def test_a_definition_is_asked_for_again_only_if_it_changed() -> None:
    field = {"name": "City", "label": "City", "type": "string", "length": 40, "updateable": True}
    fresh = json_answer(
        {"fields": [field]}, headers={"Last-Modified": "Mon, 02 Mar 2026 08:00:00 GMT"}
    )
    with salesforce_stub(script(fresh, Answer(status=304))) as (client, served):
        crm = SalesforceCrm(client)
        first, second = crm.schema("Lead"), crm.schema("Lead")
    assert first is second
    assert first.fields["City"].max_length == 40
    assert api_calls(served)[1].headers["if-modified-since"] == "Mon, 02 Mar 2026 08:00:00 GMT"


def test_deleting_what_is_deleted_is_fine() -> None:
    rows = [
        {"id": "00Q000000000001AAA", "success": True, "errors": []},
        failed("ENTITY_IS_DELETED"),
        failed("INSUFFICIENT_ACCESS_OR_READONLY"),
    ]
    with salesforce_stub(script(json_answer(rows))) as (client, served):
        ids = [lead(n)["Id"] for n in (1, 2, 3)]
        results = SalesforceCrm(client).erase("Lead", ids)
    assert [result.confirmed for result in results] == [True, True, False]
    assert api_calls(served)[0].value("ids") == ",".join(ids)


def test_budget_and_time_come_from_the_headers() -> None:
    headers = {
        "Sforce-Limit-Info": "api-usage=25/5000; per-app-api-usage=17/250(appName=x)",
        "Date": "Mon, 02 Mar 2026 08:15:00 GMT",
    }
    with salesforce_stub(script(json_answer({}, headers=headers))) as (client, _):
        crm = SalesforceCrm(client)
        assert (crm.budget().limit, crm.budget().remaining) == (5_000, 4_975)
        assert crm.now() == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


def test_client_credentials_are_sent_as_basic() -> None:
    with serving(lambda call: json_answer(GRANT)) as served:
        client = salesforce_client(served.url)
        client.call("GET", "limits")
    token, call = served.calls
    assert token.headers["authorization"].startswith("Basic ")
    assert token.body == b"grant_type=client_credentials"
    assert token.headers["host"] == "acme.my.salesforce.com"
    assert call.headers["authorization"] == "Bearer first-secret"


def test_a_jwt_is_signed_and_current() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    signin = JwtBearer(
        client_id="client",
        username="bot@example.com",
        private_key=pem,
        domain="acme.my.salesforce.com",
        clock=lambda: 1_800_000_000.0,
    )
    with serving(lambda call: json_answer(GRANT)) as served:
        salesforce_client(served.url, signin).call("GET", "limits")
    form = parse_qs(served.calls[0].body.decode())
    claims = jwt.decode(
        form["assertion"][0],
        key.public_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert claims["sub"] == "bot@example.com"
    assert claims["exp"] == 1_800_000_180


def test_a_broken_key_or_address_is_a_matter_of_configuration() -> None:
    signin = JwtBearer(
        client_id="c", username="u", private_key="no", domain="x.example", clock=lambda: 0.0
    )
    with pytest.raises(StopTheRun, match="private key"):
        salesforce_client("http://127.0.0.1:9", signin).call("GET", "limits")
    with pytest.raises(StopTheRun, match="address"):
        ClientCredentials(client_id="c", client_secret="s", domain="https://")


def test_wrong_credentials_are_one_clear_sentence() -> None:
    answer = json_answer({"error": "invalid_client", "error_description": "jane"}, status=400)
    with serving(lambda call: answer) as served, pytest.raises(StopTheRun) as met:
        salesforce_client(served.url).call("GET", "limits")
    assert str(met.value) == "Salesforce does not accept the credentials (invalid_client)."


def test_secrets_have_no_face() -> None:
    shown = repr(ClientCredentials(client_id="c", client_secret="hush", domain="x.example"))
    shown += repr(Session(token="hush", instance_url="x.example"))
    assert "hush" not in shown


def test_threads_share_one_sign_in() -> None:
    with salesforce_stub(script(json_answer({}))) as (client, served):
        threads = [threading.Thread(target=client.call, args=("GET", "limits")) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(served.calls) == 13
    assert client.calls == 13


def test_nothing_personal_reaches_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fields = [{"name": "Email", "label": "Email", "type": "email"}]

    def answer(call: Call) -> Answer:
        if call.path.endswith("/describe"):
            return json_answer({"fields": fields})
        return json_answer([{"errorCode": "X", "message": "jane.secret@example.com"}], status=500)

    with salesforce_stub(answer) as (client, _), pytest.raises(TryLater) as met:
        SalesforceCrm(client).people(["jane.secret@example.com"], [])
    assert "jane" not in caplog.text + str(met.value)
    assert "first-secret" not in caplog.text


class Jobs:
    """Bulk 2.0 ingest, small: what it was loaded with and how it answers."""

    def __init__(self, answer_of: Callable[[dict[str, str]], tuple[str, str]]) -> None:
        self.answer_of = answer_of
        self.states: dict[str, str] = {}
        self.rows: dict[str, list[dict[str, str]]] = {}
        self.lose: set[str] = set()  #: "create", "upload", "close": answers that get lost

    def __call__(self, call: Call) -> Answer:
        parts = call.path.partition("/jobs/ingest")[2].strip("/").split("/")
        if call.method == "POST":
            job = f"750{len(self.states):012}AAA"
            self.states[job] = "Open"
            return self._answered("create", json_answer({"id": job, "state": "Open"}))
        job = parts[0]
        if call.method == "PUT":
            text = io.StringIO(call.body.decode("utf-8"), newline="")
            self.rows[job] = list(csv.DictReader(text))
            return self._answered("upload", Answer(status=201))
        if call.method == "PATCH":
            self.states[job] = body_of(call)["state"]
            return self._answered("close", json_answer({"id": job, "state": self.states[job]}))
        if len(parts) == 1:
            if self.states[job] == "UploadComplete":
                self.states[job] = "InProgress"
            elif self.states[job] == "InProgress":
                self.states[job] = "JobComplete"
            return json_answer({"id": job, "state": self.states[job]})
        return self._file(job, parts[1])

    def _answered(self, step: str, answer: Answer) -> Answer:
        if step in self.lose:
            raise Drop
        return answer

    def _file(self, job: str, part: str) -> Answer:
        out = io.StringIO(newline="")
        names = list(self.rows[job][0])
        first = {"successfulResults": "sf__Created", "failedResults": "sf__Error"}.get(part)
        columns = ["sf__Id", first, *names] if first else names
        table = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        table.writerow(columns)
        for number, row in reversed(list(enumerate(self.rows[job]))):
            fate, text = self.answer_of(row)
            if fate == part:
                own = [row[name] for name in names]
                table.writerow([f"00Q{number:012}AAA", text, *own] if first else own)
        body = out.getvalue().encode("utf-8")
        return Answer(headers={"content-type": "text/csv"}, body=body)


def bulk_fate(row: dict[str, str]) -> tuple[str, str]:
    number = int(row["Leadrelay_Id__c"].removeprefix("hs-"))
    if number == 3:
        return (
            "failedResults",
            "STRING_TOO_LONG:Name: jane.secret@example.com too large:LastName --",
        )
    if number == 4:
        return "failedResults", "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--"
    if number == 5:
        return "unprocessedrecords", ""
    if number == 6:
        return "lost", ""
    return "successfulResults", "true"


def bulk_writes(count: int = 8) -> list[RecordWrite]:
    return [write(n, LastName=f'Müller, "{n}"\nzweite Zeile', City=None) for n in range(count)]


def test_a_bulk_job_has_a_result_for_every_row() -> None:
    jobs = Jobs(bulk_fate)
    writes = [*bulk_writes(), write(8, Score__c=5, Ok__c=True)]
    memory: dict[str, str] = {}
    with salesforce_stub(jobs) as (client, _):
        crm = SalesforceCrm(client, bulk_from=5, jobs=memory)
        results = crm.upsert("Lead", "Leadrelay_Id__c", writes)
    [rows] = jobs.rows.values()
    assert rows[0]["LastName"] == 'Müller, "0"\nzweite Zeile'
    assert rows[0]["City"] == "#N/A"
    assert rows[0]["Score__c"] == ""
    assert (rows[8]["Score__c"], rows[8]["Ok__c"], rows[8]["City"]) == ("5", "true", "")
    assert [result.key for result in results] == [f"k{n}" for n in range(9)]
    assert results[0].id == "00Q000000000000AAA"
    assert results[0].created
    assert results[3].problem is not None
    assert "LastName" in results[3].problem.what
    assert "jane" not in str(results[3].problem)
    assert results[4].try_later
    assert results[5].try_later
    assert results[6].unknown
    assert not memory


def test_a_crash_while_a_job_runs_takes_up_the_same_job(story_ledger: str) -> None:
    jobs = Jobs(bulk_fate)
    ledger = open_ledger(story_ledger)

    class Killed(Exception):
        pass

    def kill(seconds: float) -> None:
        raise Killed

    running = Running()
    running.sleep = kill  # type: ignore[method-assign]
    with salesforce_stub(jobs, running=running) as (client, _), pytest.raises(Killed):
        SalesforceCrm(client, bulk_from=5, jobs=Kept(ledger, "bulk")).upsert(
            "Lead", "Leadrelay_Id__c", bulk_writes()
        )
    assert list(Kept(ledger, "bulk").values()) == list(jobs.states)
    with salesforce_stub(jobs) as (client, _):
        results = SalesforceCrm(client, bulk_from=5, jobs=Kept(ledger, "bulk")).upsert(
            "Lead", "Leadrelay_Id__c", bulk_writes()
        )
    assert results[0].confirmed
    assert len(jobs.states) == 1
    assert not Kept(ledger, "bulk")


@pytest.mark.parametrize("step", ["create", "upload"])
def test_a_job_that_could_not_be_loaded_is_aborted_and_nothing_was_written(step: str) -> None:
    jobs = Jobs(bulk_fate)
    jobs.lose = {step}
    memory: dict[str, str] = {}
    with salesforce_stub(jobs) as (client, _), pytest.raises(TryLater):
        SalesforceCrm(client, bulk_from=5, jobs=memory).upsert(
            "Lead", "Leadrelay_Id__c", bulk_writes()
        )
    assert not memory
    assert set(jobs.states.values()) == ({"Open"} if step == "create" else {"Aborted"})


def test_a_job_that_was_closed_after_all_is_waited_for() -> None:
    jobs = Jobs(bulk_fate)
    jobs.lose = {"close"}
    with salesforce_stub(jobs) as (client, _):
        results = SalesforceCrm(client, bulk_from=5).upsert(
            "Lead", "Leadrelay_Id__c", bulk_writes()
        )
    assert results[0].confirmed
    assert set(jobs.states.values()) == {"JobComplete"}


def test_what_an_earlier_run_left_is_ended() -> None:
    jobs = Jobs(bulk_fate)
    jobs.states = {"750000000000000AAA": "Open", "750000000000001AAA": "UploadComplete"}
    memory = {"a": "750000000000000AAA", "b": "750000000000001AAA"}
    with salesforce_stub(jobs) as (client, _):
        ended = SalesforceCrm(client, jobs=memory).settle_jobs()
    assert list(ended) == list(jobs.states)
    assert list(jobs.states.values()) == ["Aborted", "JobComplete"]
    assert not memory


def test_a_job_that_failed_as_a_whole_refuses_its_rows() -> None:
    jobs = Jobs(bulk_fate)

    def failing(call: Call) -> Answer:
        answer = jobs(call)
        if call.method == "GET":
            return json_answer({"state": "Failed", "errorMessage": "InvalidBatch : jane"})
        return answer

    with salesforce_stub(failing) as (client, _):
        results = SalesforceCrm(client, bulk_from=5).upsert(
            "Lead", "Leadrelay_Id__c", bulk_writes()
        )
    assert all(result.problem for result in results)


def test_deletions_name_the_winner() -> None:
    gone = {
        "attributes": {},
        "Id": lead(1)["Id"],
        "MasterRecordId": lead(2)["Id"],
        "SystemModstamp": "2026-03-02T08:00:00.000+0000",
    }
    with salesforce_stub(script(found(gone))) as (client, served):
        rows = SalesforceCrm(client).deleted("Lead", WINDOW)
    assert rows == ((lead(1)["Id"], lead(2)["Id"], WINDOW.since + timedelta(hours=1)),)
    assert api_calls(served)[0].path.endswith("/queryAll")


def test_accounts_are_matched_by_host_not_by_accident() -> None:
    def answer(call: Call) -> Answer:
        rows = [
            lead(1, Name="Acme", Website="https://www.acme.example/about"),
            lead(2, Name="Other", Website="notacme.example"),
            lead(3, Name="Sub", Website="eu.acme.example"),
        ]
        return found(*rows)

    with salesforce_stub(answer) as (client, _):
        records = SalesforceCrm(client).accounts(["acme.example"], [])
    assert [record.values["Name"] for record in records] == ["Acme", "Sub"]
