"""How the HubSpot adapter speaks: paths, bodies, pages, tokens and odd answers."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.adapters.hubspot.marketing import HubSpotMarketing
from connector.adapters.hubspot.paths import TABLE, Paths
from connector.adapters.hubspot.signin import OAuth
from connector.core.errors import StopTheRun, TryLater
from connector.ports import RecordWrite, Window
from connector.sandbox.http import Answer, Call, json_answer
from tests.adapters.servers import Drop
from tests.adapters.stubs import (
    TOKEN,
    api_calls,
    body_of,
    contact,
    error,
    hubspot_stub,
    script,
)

WINDOW = Window(
    since=datetime(2026, 3, 2, 7, tzinfo=UTC), until=datetime(2026, 3, 2, 9, tzinfo=UTC)
)


def page(*rows: dict[str, Any], after: str = "") -> Answer:
    return json_answer(
        {"results": rows, **({"paging": {"next": {"after": after}}} if after else {})}
    )


def write(id_: int, key: str = "", **fields: Any) -> RecordWrite:
    return RecordWrite(key=key or f"k{id_}", id=str(id_), fields=fields)


def updated(call: Call) -> Answer:
    """A batch update that takes everything, in reverse order and without trace ids."""
    rows = [contact(int(entry["id"])) for entry in body_of(call)["inputs"]]
    return json_answer({"status": "COMPLETE", "results": rows[::-1]})


def test_both_spellings_of_every_path() -> None:
    parts = {"kind": "contacts", "to": "calls", "id": "1", "email": "a@example.com"}
    for name in TABLE:
        assert "2026-09" in Paths("2026-09")(name, **parts)
        assert "2026" not in Paths()(name, **parts)


@pytest.mark.parametrize("odd", ["..", ".", ""])
def test_a_part_cannot_change_its_path(odd: str) -> None:
    with pytest.raises(ValueError, match="part of a path"):
        Paths()("object", kind="contacts", id=odd)
    assert Paths()("object", kind="contacts", id="1/../2?x#") == (
        "/crm/v3/objects/contacts/1%2F..%2F2%3Fx%23"
    )


def test_the_dated_spelling_is_a_setting() -> None:
    with hubspot_stub(script(page()), version="2026-09") as (client, served):
        list(HubSpotMarketing(client).scan(["email"], "0"))
    assert served.calls[0].path == "/crm/objects/2026-09/contacts"


def test_a_scan_joins_properties_uses_gzip_and_one_connection() -> None:
    answers = script(page(contact(1), contact(2), after="3"), page(contact(3)))
    with hubspot_stub(answers) as (client, served):
        pages = list(HubSpotMarketing(client).scan(["email", "firstname"], "0"))
    assert [[r.id for r in p.records] for p in pages] == [["1", "2"], ["3"]]
    assert [p.resume for p in pages] == ["2", None]
    first, second = served.calls
    assert first.value("properties").startswith("email,firstname,")
    assert first.headers["accept-encoding"] == "gzip"
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    assert second.value("after") == "3"
    assert len(served.connections) == 1


def test_a_scan_starts_behind_the_key_it_is_given() -> None:
    with hubspot_stub(script(page())) as (client, served):
        list(HubSpotMarketing(client).scan(["email"], "41"))
    assert served.calls[0].value("after") == "42"


def test_many_properties_are_read_in_batches_not_in_an_address() -> None:
    names = [f"a_property_with_a_long_name_{number:04}" for number in range(400)]

    def answer(call: Call) -> Answer:
        if call.method == "GET":
            assert len(call.value("properties")) < 100
            return page(contact(1), contact(2))
        assert body_of(call)["properties"][:400] == names
        return page(contact(2, x="b"), contact(1, x="a"))

    with hubspot_stub(answer) as (client, _):
        [only] = HubSpotMarketing(client).scan(names, "0")
    assert [record.values["x"] for record in only.records] == ["a", "b"]


def test_a_search_keeps_to_its_window_and_pages_by_id() -> None:
    late = contact(7, updated="2026-03-02T09:00:00.001Z")
    answers = script(page(contact(5), late, after="200"), page(contact(9)))
    with hubspot_stub(answers) as (client, served):
        pages = list(HubSpotMarketing(client).changed(WINDOW, ["email"], "4"))
    assert [[r.id for r in p.records] for p in pages] == [["5"], ["9"]]
    assert [p.resume for p in pages] == ["7", None]
    bodies = [body_of(call) for call in served.calls]
    assert [body["filterGroups"][0]["filters"][2]["value"] for body in bodies] == ["4", "7"]
    assert "after" not in bodies[1]
    assert bodies[0]["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert bodies[0]["filterGroups"][0]["filters"][0]["value"] == "1772434800000"


def test_an_empty_page_of_a_search_is_not_the_last_one() -> None:
    """All its contacts were merged or deleted since they were indexed; others are behind it."""
    with hubspot_stub(script(page(after="200"))) as (client, _):
        pages = HubSpotMarketing(client).changed(WINDOW, ["email"], "4")
        with pytest.raises(TryLater, match="gone"):
            next(pages)


def test_a_search_with_many_properties_asks_for_ids_first() -> None:
    names = [f"a_property_with_a_long_name_{number:04}" for number in range(120)]

    def answer(call: Call) -> Answer:
        if call.path.endswith("/search"):
            assert len(call.body) <= 3_000
            return page(contact(1))
        return page(contact(1, x="a"))

    with hubspot_stub(answer) as (client, _):
        [only] = HubSpotMarketing(client).changed(WINDOW, names, "0")
    assert only.records[0].values["x"] == "a"


def test_a_merged_id_is_filed_under_the_old_one() -> None:
    def answer(call: Call) -> Answer:
        if call.method == "POST":
            return json_answer({"results": [contact(1)]}, status=207)
        if call.path.endswith("/2"):
            return json_answer(
                contact(77, hs_merged_object_ids="2;5", hs_calculated_merged_vids="2:17")
            )
        return error(404, category="OBJECT_NOT_FOUND")

    with hubspot_stub(answer) as (client, _):
        found = HubSpotMarketing(client).read(["1", "2", "3"], ["email"])
    assert {old: record.id for old, record in found.items()} == {"1": "1", "2": "77"}
    assert found["2"].merged_ids == ("2", "5")


def test_histories_come_newest_first_in_fifties() -> None:
    entries = [
        {"value": "lead", "timestamp": "2026-01-02T00:00:00Z", "sourceType": "API", "sourceId": "9"}
    ]

    def answer(call: Call) -> Answer:
        ids = [entry["id"] for entry in body_of(call)["inputs"]]
        assert len(ids) <= 50
        return page(*({**contact(int(i)), "propertiesWithHistory": {"x": entries}} for i in ids))

    with hubspot_stub(answer) as (client, served):
        found = HubSpotMarketing(client).history([str(n) for n in range(1, 61)], ["x"])
    assert len(found) == 60
    assert len(served.calls) == 2
    assert found["1"]["x"] == [(datetime(2026, 1, 2, tzinfo=UTC), "lead", "API:9")]


def test_writes_go_in_hundreds_with_trace_ids_and_clear_with_empty_text() -> None:
    with hubspot_stub(updated) as (client, served):
        writes = [write(n, a=None, b=True, c=["x", "y"], d=5) for n in range(1, 202)]
        results = HubSpotMarketing(client).update(writes)
    assert [len(body_of(call)["inputs"]) for call in served.calls] == [100, 100, 1]
    first = body_of(served.calls[0])["inputs"][0]
    assert first["properties"] == {"a": "", "b": "true", "c": "x;y", "d": "5"}
    assert [result.key for result in results] == [f"k{n}" for n in range(1, 202)]
    assert all(result.confirmed for result in results)


def test_two_writes_to_one_record_go_one_after_the_other() -> None:
    with hubspot_stub(updated) as (client, served):
        results = HubSpotMarketing(client).update(
            [write(1, "clear", stage=""), write(2), write(1, "set", stage="lead")]
        )
    ids = [[entry["id"] for entry in body_of(call)["inputs"]] for call in served.calls]
    assert ids == [["1", "2"], ["1"]]
    assert [result.key for result in results] == ["clear", "k2", "set"]


@pytest.mark.parametrize("status", [200, 207])
def test_failures_are_read_from_the_body_not_from_the_status(status: int) -> None:
    def answer(call: Call) -> Answer:
        entries = body_of(call)["inputs"]
        body = {
            "results": [contact(1)],
            "numErrors": 1,
            "errors": [
                {
                    "category": "OBJECT_NOT_FOUND",
                    "context": {
                        "ids": ["2"],
                        "objectWriteTraceId": [entries[1]["objectWriteTraceId"]],
                    },
                }
            ],
        }
        return json_answer(body, status=status)

    with hubspot_stub(answer) as (client, _):
        one, two, three = HubSpotMarketing(client).update([write(1), write(2), write(3)])
    assert one.confirmed
    assert two.problem is not None
    assert two.problem.code == "hubspot-object-not-found"
    assert str(two.problem.where) == "hubspot:contact/2"
    assert three.unknown  # in neither list


def test_one_bad_row_does_not_hold_up_its_batch() -> None:
    def answer(call: Call) -> Answer:
        entries = body_of(call)["inputs"]
        bad = [entry for entry in entries if entry["properties"].get("email") == "broken"]
        if not bad:
            return updated(call)
        listed = '[{"error":"INVALID_EMAIL","name":"email"}]'
        return error(400, category="VALIDATION_ERROR", message=f"not valid: {listed}")

    writes = [write(n, email="broken" if n == 37 else f"p{n}@example.com") for n in range(1, 101)]
    with hubspot_stub(answer) as (client, served):
        results = HubSpotMarketing(client).update(writes)
    assert [r.id for r in results if r.problem] == ["37"]
    assert sum(result.confirmed for result in results) == 99
    assert len(served.calls) <= 16


def test_a_missing_option_costs_few_calls() -> None:
    def answer(call: Call) -> Answer:
        entries = body_of(call)["inputs"]
        if all(entry["properties"]["stage"] != "gone" for entry in entries):
            return updated(call)
        return error(
            400,
            category="VALIDATION_ERROR",
            errors=[{"code": "INVALID_OPTION", "context": {"propertyName": ["stage"]}}],
        )

    writes = [write(n, stage="gone" if n % 2 else "lead") for n in range(1, 101)]
    with hubspot_stub(answer) as (client, served):
        results = HubSpotMarketing(client).update(writes)
    assert sum(result.problem is not None for result in results) == 50
    assert sum(result.confirmed for result in results) == 50
    assert len(served.calls) == 3


def test_a_lost_batch_is_unknown_and_a_later_one_waits() -> None:
    answers = script(updated, Drop(), error(429), error(429), error(429))
    with hubspot_stub(answers) as (client, _):
        results = HubSpotMarketing(client).update([write(n) for n in range(1, 301)])
    assert all(result.confirmed for result in results[:100])
    assert all(result.unknown for result in results[100:200])
    assert all(result.try_later for result in results[200:])


def test_nothing_written_means_the_exception() -> None:
    with hubspot_stub(script(error(429))) as (client, _), pytest.raises(TryLater):
        HubSpotMarketing(client).update([write(1)])


def test_oauth_renews_before_expiry_and_once_after_a_401() -> None:
    tokens = iter(["one", "two", "three"])
    refused = {"one": False}

    def answer(call: Call) -> Answer:
        if call.path.endswith("/token"):
            assert call.headers["content-type"] == "application/x-www-form-urlencoded"
            assert b"refresh_token=keep" in call.body
            return json_answer({"access_token": next(tokens), "expires_in": 1800})
        if call.headers["authorization"] == "Bearer two" and not refused["one"]:
            refused["one"] = True
            return error(401, category="EXPIRED_AUTHENTICATION")
        return page()

    now = [1_000.0]
    signin = OAuth(client_id="c", client_secret="s", refresh_token="keep", clock=lambda: now[0])
    with hubspot_stub(answer, signin=signin) as (client, served):
        marketing = HubSpotMarketing(client)
        list(marketing.scan(["email"], "0"))
        now[0] += 1_750  # within a minute of expiry
        list(marketing.scan(["email"], "0"))
    sent = [call.headers["authorization"] for call in api_calls(served)]
    assert sent == ["Bearer one", "Bearer two", "Bearer three"]


def test_a_refresh_token_that_died_is_for_a_person() -> None:
    signin = OAuth(client_id="c", client_secret="s", refresh_token="dead", clock=lambda: 0.0)
    answers = script(error(400, message="missing or invalid refresh token"))
    with (
        hubspot_stub(answers, signin=signin) as (client, served),
        pytest.raises(StopTheRun, match="connect the app again") as met,
    ):
        list(HubSpotMarketing(client).scan([], "0"))
    assert met.value.configuration
    assert len(served.calls) == 1


def test_the_headers_tell_budget_time_and_limit() -> None:
    headers = {
        "X-HubSpot-RateLimit-Daily": "250000",
        "X-HubSpot-RateLimit-Daily-Remaining": "249873",
        "X-HubSpot-RateLimit-Max": "100",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "Date": "Mon, 02 Mar 2026 08:15:00 GMT",
    }
    with hubspot_stub(script(json_answer({"results": []}, headers=headers))) as (client, _):
        marketing = HubSpotMarketing(client)
        assert marketing.now() == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
        assert (marketing.budget().limit, marketing.budget().remaining) == (250_000, 249_873)
        assert client._pace.general.limit.calls == 100


def test_nothing_personal_reaches_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with hubspot_stub(script(error(500, message="jane.secret@example.com"))) as (client, _):
        with pytest.raises(TryLater):
            list(HubSpotMarketing(client).scan([], "0"))
        with pytest.raises(Exception, match="hubspot:unsubscribe"):
            HubSpotMarketing(client).opt_out("jane.secret@example.com")
    assert "jane" not in caplog.text
    assert TOKEN not in caplog.text
