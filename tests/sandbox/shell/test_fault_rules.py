"""Which calls a fault strikes, and in whose words the system then answers."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from pydantic import ValidationError

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import KINDS, Fault, Faults, FaultShape, SystemClock, SystemName
from connector.sandbox.http import Answer, Call, json_answer
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.world import World

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
GET = Call(method="GET", path="/crm/v3/objects/contacts")


def rows(call: Call) -> Answer:
    """A system with one page of twenty rows, or the rows it was sent."""
    if call.body:
        body = orjson.loads(call.body)
        if "records" in body:
            return json_answer(
                [{"id": r["id"], "success": True, "errors": []} for r in body["records"]]
            )
        return json_answer({"status": "COMPLETE", "results": body["inputs"]})
    return json_answer({"results": [{"id": str(n)} for n in range(20)]})


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(START)


@pytest.fixture
def faults(clock: SandboxClock) -> Faults:
    return Faults({"hubspot": SystemClock(clock), "salesforce": SystemClock(clock)}, seed=5)


def statuses(
    faults: Faults, call: Call = GET, times: int = 6, system: SystemName = "hubspot"
) -> list[int]:
    answers = [faults.deliver(system, rows, call).answer for _ in range(times)]
    return [answer.status if answer else 0 for answer in answers]


def test_a_script_strikes_the_nth_calls_only(faults: Faults) -> None:
    faults.add(Fault(kind="server_error", status=502, nth=(2, 5)))
    assert statuses(faults) == [200, 502, 200, 200, 502, 200]


def test_every_third_call_and_not_for_ever(faults: Faults) -> None:
    faults.add(Fault(kind="server_error", every=3, times=1))
    assert statuses(faults) == [200, 200, 500, 200, 200, 200]


def test_a_rule_is_about_a_system_a_method_a_path_and_a_body(faults: Faults) -> None:
    faults.add(Fault(kind="locked", system="hubspot", method="POST", path="/batch/", body="jane"))
    hit = Call(
        method="POST", path="/crm/v3/objects/contacts/batch/update", body=b'{"inputs":["jane"]}'
    )
    assert statuses(faults, hit, 1) == [423]
    assert statuses(faults, hit, 1, "salesforce") == [200]
    assert statuses(faults, GET, 1) == [200]
    other = Call(method="POST", path=hit.path, body=b'{"inputs":["joan"]}')
    assert statuses(faults, other, 1) == [200]


def test_a_storm_lasts_its_time_on_the_sandboxs_clock(faults: Faults, clock: SandboxClock) -> None:
    faults.add(
        Fault(
            kind="rate_ten_secondly",
            since=START + timedelta(minutes=1),
            until=START + timedelta(minutes=2),
        )
    )
    seen = []
    for _ in range(3):
        seen += statuses(faults, times=1)
        clock.advance(timedelta(minutes=1))
    assert seen == [200, 429, 200]


def test_chance_is_seeded(clock: SandboxClock) -> None:
    def history(seed: int) -> list[int]:
        faults = Faults(
            {"hubspot": SystemClock(clock), "salesforce": SystemClock(clock)}, seed=seed
        )
        faults.add(Fault(kind="server_error", probability=0.3))
        return statuses(faults, times=200)

    assert history(1) == history(1) != history(2)
    assert 30 < history(1).count(500) < 90


def test_the_three_spellings_of_429(faults: Faults) -> None:
    bodies = []
    for kind in ("rate_ten_secondly", "quota_exhausted", "rate_secondly"):
        faults.clear()
        faults.add(Fault(kind=kind, wait=7))
        answer = faults.deliver("hubspot", rows, GET).answer
        assert answer is not None
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")
        bodies.append(orjson.loads(answer.body))
    assert [body.get("policyName") for body in bodies] == ["TEN_SECONDLY_ROLLING", "DAILY", None]
    assert bodies[2]["category"] == "RATE_LIMITS"


def test_salesforce_answers_in_its_own_words(faults: Faults) -> None:
    seen = {}
    for kind in ("quota_exhausted", "rate_secondly", "expired_token", "locked"):
        faults.clear()
        faults.add(Fault(kind=kind))
        answer = faults.deliver("salesforce", rows, GET).answer
        assert answer is not None
        seen[kind] = (answer.status, orjson.loads(answer.body)[0]["errorCode"])
    assert seen == {
        "quota_exhausted": (403, "REQUEST_LIMIT_EXCEEDED"),
        "rate_secondly": (403, "REQUEST_LIMIT_EXCEEDED"),
        "expired_token": (401, "INVALID_SESSION_ID"),
        "locked": (400, "UNABLE_TO_LOCK_ROW"),
    }


def test_outages_come_as_html_or_json(faults: Faults) -> None:
    faults.add(Fault(kind="server_error", status=504, nth=(1,)))
    faults.add(Fault(kind="server_error", status=500, html=False, nth=(2,)))
    faults.add(Fault(kind="maintenance", nth=(3,), wait=120))
    answers = [faults.deliver("salesforce", rows, GET).answer for _ in range(3)]
    kinds = [(a.status, a.headers["content-type"].split(";")[0]) for a in answers if a]
    assert kinds == [(504, "text/html"), (500, "application/json"), (503, "text/html")]
    assert answers[2] is not None
    assert answers[2].headers["retry-after"] == "120"


def test_a_revoked_token_stays_revoked_and_a_new_one_works(faults: Faults) -> None:
    faults.add(Fault(kind="revoked_token", nth=(2,)))
    old = Call(method="GET", path="/x", headers={"authorization": "Bearer old"})
    new = Call(method="GET", path="/x", headers={"authorization": "Bearer new"})
    assert statuses(faults, old, 4) == [200, 401, 401, 401]
    assert statuses(faults, new, 2) == [200, 200]


def test_part_of_a_hubspot_batch_fails(faults: Faults) -> None:
    faults.add(Fault(kind="partial_batch", share=0.3))
    inputs = [{"id": str(n), "objectWriteTraceId": f"t{n}"} for n in range(10)]
    call = Call(
        method="POST",
        path="/crm/v3/objects/contacts/batch/update",
        body=orjson.dumps({"inputs": inputs}),
    )
    answer = faults.deliver("hubspot", rows, call).answer
    assert answer is not None
    body = orjson.loads(answer.body)
    assert (answer.status, body["numErrors"], len(body["results"])) == (207, 3, 7)
    failed = {entry["context"]["objectWriteTraceId"][0] for entry in body["errors"]}
    done = {row["objectWriteTraceId"] for row in body["results"]}
    assert failed | done == {f"t{n}" for n in range(10)}
    assert not failed & done


def test_part_of_a_salesforce_collection_fails_in_its_place(faults: Faults) -> None:
    faults.add(Fault(kind="partial_batch", share=0.5))
    records = [{"id": f"00Q00000000000{n}AAA", "LastName": "x"} for n in range(6)]
    call = Call(
        method="PATCH",
        path="/services/data/v62.0/composite/sobjects",
        body=orjson.dumps({"allOrNone": False, "records": records}),
    )
    answer = faults.deliver("salesforce", rows, call).answer
    assert answer is not None
    results = orjson.loads(answer.body)
    assert [r["success"] for r in results].count(False) == 3
    for record, result in zip(records, results, strict=True):
        if result["success"]:
            assert result["id"] == record["id"]
        else:
            assert result["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
            assert record["id"][:15] in result["errors"][0]["message"]


def test_a_batch_that_is_whole_or_nothing_is_left_alone(faults: Faults) -> None:
    faults.add(Fault(kind="partial_batch"))
    body = orjson.dumps({"allOrNone": True, "records": [{"id": "1"}, {"id": "2"}]})
    call = Call(method="POST", path="/services/data/v62.0/composite/sobjects", body=body)
    answer = faults.deliver("salesforce", rows, call).answer
    assert answer is not None
    assert all(result["success"] for result in orjson.loads(answer.body))


def test_rows_are_doubled_moved_and_lost(faults: Faults) -> None:
    def page(kind: str) -> list[str]:
        faults.clear()
        faults.add(Fault(kind=kind, share=0.5))
        answer = faults.deliver("hubspot", rows, GET).answer
        assert answer is not None
        return [row["id"] for row in orjson.loads(answer.body)["results"]]

    straight = [str(n) for n in range(20)]
    doubled, moved, thinned = page("duplicate_rows"), page("reordered_rows"), page("missing_rows")
    assert len(doubled) > 20
    assert sorted(set(doubled), key=int) == straight
    assert moved != straight
    assert sorted(moved, key=int) == straight
    assert 0 < len(thinned) < 20


def test_the_rules_survive_saving(faults: Faults, clock: SandboxClock) -> None:
    faults.add(Fault(kind="server_error", nth=(1, 3), until=START + timedelta(hours=1)))
    statuses(faults, times=2)
    other = Faults({"hubspot": SystemClock(clock), "salesforce": SystemClock(clock)})
    other.load(orjson.loads(orjson.dumps(faults.save())))
    assert other.rules() == faults.rules()
    assert statuses(other, times=2) == [500, 200]


@pytest.mark.parametrize(
    "given",
    [{"kind": "earthquake"}, {"kind": "latency", "path": "("}, {"kind": "latency", "speed": 1}],
)
def test_a_rule_with_a_mistake_is_refused(given: dict[str, str]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        FaultShape.model_validate(given).fault()


def found(world: World) -> int:
    """How many contacts a search finds."""
    call = Call(
        method="POST",
        path="/crm/v3/objects/contacts/search",
        headers={"authorization": "Bearer pat-na1-sandbox"},
        body=b"{}",
    )
    answer = world.deliver("hubspot", call).answer
    assert answer is not None
    return int(orjson.loads(answer.body)["total"])


@pytest.mark.parametrize("lag", [0.0, 10.0])
def test_a_stale_search_finds_what_changed_only_when_it_is_over(lag: float) -> None:
    world = World(hubspot=HubSpotSettings(search_lag_seconds=lag))
    world.hubspot.create("contacts", {"email": "a@oak.example"})
    world.clock.advance(timedelta(minutes=1))
    world.faults.add(Fault(kind="stale_search", path="/search", seconds=300, nth=(2,)))
    assert [found(world), found(world)] == [1, 1]
    world.hubspot.create("contacts", {"email": "b@oak.example"})
    world.clock.advance(timedelta(seconds=200))
    assert found(world) == 1
    again = World(hubspot=HubSpotSettings(search_lag_seconds=lag))
    again.load(orjson.loads(orjson.dumps(world.save())))
    for one in (world, again):
        assert found(one) == 1
        one.clock.advance(timedelta(seconds=101))
        assert found(one) == 2


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"stale_search"}))
def test_every_kind_strikes_and_is_logged(faults: Faults, kind: str) -> None:
    """What each kind does is told above; here, that none is a dead word."""
    call = Call(
        method="POST",
        path="/crm/v3/objects/contacts/batch/update",
        headers={"authorization": "Bearer x"},
        body=orjson.dumps({"inputs": [{"id": str(n)} for n in range(30)]}),
    )
    straight = faults.deliver("hubspot", rows, call)
    faults.add(Fault(kind=kind, seconds=3))
    struck = faults.deliver("hubspot", rows, call)
    assert struck != straight
    assert [strike.kind for strike in faults.strikes] == [kind]
