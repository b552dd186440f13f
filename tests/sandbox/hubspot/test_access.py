"""The door: tokens, scopes, rate limits and their headers, and pages of HTML."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import orjson
import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer
from connector.sandbox.hubspot.settings import ALL_SCOPES, Token
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

CONTACTS = "/crm/v3/objects/contacts"
SEARCH = f"{CONTACTS}/search"
LIMITS = "x-hubspot-ratelimit-"


def body_of(answer: Answer) -> dict[str, object]:
    found: dict[str, object] = orjson.loads(answer.body)
    return found


@pytest.mark.parametrize("header", ["", "Bearer nobody", "Basic pat-na1-sandbox", "Bearer"])
def test_a_call_without_a_known_token_is_refused(hub: Client, header: str) -> None:
    answer = hub.answer("GET", CONTACTS, authorization=header)
    assert answer.status == 401
    body = body_of(answer)
    assert body["category"] == "INVALID_AUTHENTICATION"
    assert body["correlationId"] == answer.headers["x-hubspot-correlation-id"]
    assert answer.headers["x-hubspot-auth-failure"] == "401 Unauthorized"


def test_a_missing_scope_is_named(make: Callable[..., HubSpotSandbox]) -> None:
    few = Token(scopes=ALL_SCOPES - {"crm.objects.contacts.write"})
    hub = Client(make(tokens={"few": few}).handle, "few")
    hub("GET", CONTACTS)
    body = hub("POST", CONTACTS, {"properties": {"firstname": "A"}}, status=403)
    assert body["category"] == "MISSING_SCOPES"
    context = body["errors"][0]["context"]
    assert context == {"requiredGranularScopes": ["crm.objects.contacts.write"]}
    hub("POST", "/crm/v3/objects/tasks", {"properties": {"hs_timestamp": "0"}}, status=403)


def test_scopes_and_tokens_can_be_taken_away_in_the_middle(
    sandbox: HubSpotSandbox, hub: Client
) -> None:
    hub("GET", CONTACTS)
    sandbox.withdraw_scopes("pat-na1-sandbox", "crm.objects.contacts.read")
    hub("GET", CONTACTS, status=403)
    sandbox.expire_token("pat-na1-sandbox")
    assert hub("GET", CONTACTS, status=401)["category"] == "EXPIRED_AUTHENTICATION"


def form(**fields: str) -> bytes:
    mine = {"client_id": "sandbox-client", "client_secret": "sandbox-secret", **fields}
    return urlencode(mine).encode()


REFRESH = form(grant_type="refresh_token", refresh_token="sandbox-refresh")


def test_a_refreshed_token_lives_half_an_hour(
    sandbox: HubSpotSandbox, hub: Client, clock: SandboxClock
) -> None:
    body = hub("POST", "/oauth/v1/token", REFRESH)
    assert (body["expires_in"], body["refresh_token"]) == (1800, "sandbox-refresh")
    mine = Client(sandbox.handle, body["access_token"])
    mine("GET", CONTACTS)
    info = hub("GET", f"/oauth/v1/access-tokens/{body['access_token']}")
    assert (info["hub_id"], info["expires_in"]) == (24_190_711, 1800)
    clock.advance(timedelta(seconds=1875))
    refused = mine("GET", CONTACTS, status=401)
    assert refused["message"] == "The OAuth token used to make this call expired 75 second(s) ago."
    assert refused["context"] == {"expire time": ["2026-03-02T09:30:00.250Z"]}


def test_newer_token_endpoints_tell_more(hub: Client) -> None:
    body = hub("POST", "/oauth/2026-03/token", REFRESH)
    assert body["token_use"] == "access_token"
    assert body["hub_id"] == 24_190_711
    credentials = form(grant_type="client_credentials", scope="crm.objects.contacts.read")
    other = hub("POST", "/oauth/v3/token", credentials)
    assert other["token_use"] == "client_credentials"
    assert "refresh_token" not in other
    known = hub("POST", "/oauth/v3/token/introspect", form(token=body["access_token"]))
    assert (known["active"], known["token_use"]) == (True, "access_token")
    hub("POST", "/oauth/v3/token/revoke", form(token=body["access_token"]))
    gone = hub("POST", "/oauth/v3/token/introspect", form(token=body["access_token"]))
    assert gone == {"active": False}


def test_a_bad_refresh_token_is_a_400(hub: Client) -> None:
    wrong = form(grant_type="refresh_token", refresh_token="nonsense")
    body = hub("POST", "/oauth/v1/token", wrong, status=400)
    assert (body["status"], body["message"]) == (
        "BAD_REFRESH_TOKEN",
        "missing or invalid refresh token",
    )
    hub("DELETE", "/oauth/v1/refresh-tokens/sandbox-refresh", status=204)
    hub("POST", "/oauth/v1/token", REFRESH, status=400)


def test_each_kind_of_call_has_its_headers(make: Callable[..., HubSpotSandbox]) -> None:
    sandbox = make()
    hub = Client(sandbox.handle)
    general = hub.answer("GET", CONTACTS).headers
    assert general[f"{LIMITS}max"] == "190"
    assert general[f"{LIMITS}remaining"] == "189"
    assert general[f"{LIMITS}interval-milliseconds"] == "10000"
    assert general[f"{LIMITS}secondly"] == "19"
    assert general[f"{LIMITS}daily-remaining"] == "624999"
    search = hub.answer("POST", SEARCH, {}).headers
    assert {name for name in search if name.startswith(LIMITS)} == {
        f"{LIMITS}daily",
        f"{LIMITS}daily-remaining",
    }
    token = hub("POST", "/oauth/v1/token", REFRESH)["access_token"]
    public = Client(sandbox.handle, token).answer("GET", CONTACTS).headers
    assert public[f"{LIMITS}max"] == "110"
    assert f"{LIMITS}daily" not in public


def test_ten_seconds_have_room_for_so_many_calls(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    hub = Client(make(burst=5).handle)
    for _call in range(5):
        hub("GET", CONTACTS)
        clock.advance(timedelta(seconds=1))
    body = hub("GET", CONTACTS, status=429)
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["errorType"] == "RATE_LIMIT"
    clock.advance(timedelta(seconds=5))
    hub("GET", CONTACTS)
    hub("GET", CONTACTS, status=429)


def test_searches_have_a_bucket_of_their_own(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    hub = Client(make(burst=1).handle)
    for _call in range(5):
        hub("POST", SEARCH, {})
    body = hub("POST", SEARCH, {}, status=429)
    assert body["message"] == "You have reached your secondly limit."
    assert body["category"] == "RATE_LIMITS"
    hub("GET", CONTACTS)
    clock.advance(timedelta(seconds=1))
    hub("POST", SEARCH, {})


def test_the_day_ends_at_midnight_of_the_account(
    make: Callable[..., HubSpotSandbox], clock: SandboxClock
) -> None:
    sandbox = make(retry_after=True)
    hub = Client(sandbox.handle)
    sandbox.limits.spend(625_000, sandbox.portal.now())
    answer = hub.answer("GET", CONTACTS)
    assert answer.status == 429
    assert body_of(answer)["policyName"] == "DAILY"
    clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
    assert clock.now().isoformat()[:13] == "2026-03-03T05"
    hub("GET", CONTACTS)


def test_limits_can_be_switched_off(make: Callable[..., HubSpotSandbox]) -> None:
    hub = Client(make(burst=1, enforce_limits=False).handle)
    assert [hub.answer("GET", CONTACTS).status for _ in range(3)] == [200, 200, 200]


def test_a_very_long_address_is_answered_by_the_proxy(hub: Client) -> None:
    answer = hub.answer("GET", f"{CONTACTS}?properties={'x' * 8000}")
    assert answer.status == 414
    assert b"<title>414 Request-URI Too Large</title>" in answer.body
    assert answer.headers["content-type"].startswith("text/html")


def test_a_missing_record_is_json_or_a_page_as_the_client_accepts(hub: Client) -> None:
    as_json = hub.answer("GET", f"{CONTACTS}/12")
    assert body_of(as_json)["message"] == "resource not found"
    page = hub.answer("GET", f"{CONTACTS}/12", accept="*/*")
    assert (page.status, page.headers["x-hubspot-notfound"]) == (404, "true")
    assert b"<title>Error 404 Not Found</title>" in page.body
    body = hub("GET", f"{CONTACTS}/abc", status=404)
    assert body["message"] == "Object not found.  objectId are usually numeric."


def test_unknown_types_and_paths(hub: Client) -> None:
    body = hub("GET", "/crm/v3/objects/butterflies", status=400)
    assert body["message"] == "Unable to infer object type from: butterflies"
    assert "category" not in body
    hub("GET", "/crm/v3/nowhere", status=404)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "validation error"),
        (b'{"properties":\n {"a" 1}}', "Invalid input JSON on line 2, column"),
        (b"[]", "Invalid input JSON on line 1, column 1: Cannot deserialize value of type"),
    ],
)
def test_bodies_that_are_not_what_was_expected(hub: Client, raw: bytes, message: str) -> None:
    assert hub("POST", CONTACTS, raw, status=400)["message"].startswith(message)


def test_a_page_that_is_too_large_is_refused(hub: Client) -> None:
    hub("GET", f"{CONTACTS}?limit=101", status=400)
    hub("GET", f"{CONTACTS}?limit=51&propertiesWithHistory=email", status=400)
    hub("GET", f"{CONTACTS}?after=soon", status=400)


def test_locks_and_moves_pass(sandbox: HubSpotSandbox, hub: Client, clock: SandboxClock) -> None:
    sandbox.lock_for(2)
    hub("POST", CONTACTS, {"properties": {"firstname": "A"}}, status=423)
    hub("GET", CONTACTS)
    clock.advance(timedelta(seconds=2))
    hub("POST", CONTACTS, {"properties": {"firstname": "A"}}, status=201)
    sandbox.move_for(3600)
    answer = hub.answer("GET", CONTACTS)
    assert (answer.status, answer.headers["retry-after"]) == (477, "3600")


def test_the_log_knows_every_call_and_its_cost(sandbox: HubSpotSandbox, hub: Client) -> None:
    hub("GET", CONTACTS)
    hub("POST", SEARCH, {})
    hub("POST", "/oauth/v1/token", REFRESH)
    hub.answer("GET", CONTACTS, authorization="")
    told = [(one.method, one.status, one.cost, one.bucket) for one in sandbox.calls]
    assert told == [
        ("GET", 200, 1, "general"),
        ("POST", 200, 1, "search"),
        ("POST", 200, 0, "none"),
        ("GET", 401, 0, "none"),
    ]
    sandbox.calls.clear()
    assert not sandbox.calls


def test_a_known_path_under_another_method_is_405_without_a_body(hub: Client) -> None:
    answer = hub.answer("PUT", CONTACTS)
    assert (answer.status, answer.body) == (405, b"")
    assert answer.headers["allow"] == "GET,POST,OPTIONS"
    assert "content-type" not in answer.headers
    assert hub.answer("GET", f"{CONTACTS}/search").status == 404  # a contact called "search"
    assert hub.answer("DELETE", "/crm/v3/owners").headers["allow"] == "GET,OPTIONS"
    anyone = Client(hub.handler, token="wrong")
    assert anyone.answer("PUT", CONTACTS).status == 401
