"""Recorded exchanges with the real HubSpot, replayed: the answers must have the same shape.

Every exchange of a supported endpoint is replayed with its recorded ids and compared: status, keys,
types, error codes and messages, rate-limit headers. `LEFT_OUT` lists the others, and why.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.hubspot.endpoints import RECORDED
from connector.sandbox.hubspot.kinds import Kind, find_kind
from connector.sandbox.hubspot.system import HubSpotSandbox
from tests.sandbox.hubspot.conftest import Client

_BESIDE = Path(__file__).parents[3].resolve()
_PLACES = [
    Path(os.environ["LEADRELAY_SHARED"]) if os.environ.get("LEADRELAY_SHARED") else None,
    *(parent / "shared" for parent in _BESIDE.parents),
]
FOLDER = next(
    (
        place / "reference" / "hubspot-recorded"
        for place in _PLACES
        if place is not None and (place / "reference" / "hubspot-recorded").is_dir()
    ),
    None,
)

#: Endpoints that are not simulated, by path, with the reason.
LEFT_OUT = [
    (r"^/(contacts|companies|deals|properties|engagements)/v\d", "ended versions 1 and 2"),
    (r"^/(forms|uploads)/", "forms are not simulated"),
    (r"^/conversations/", "conversations are not simulated"),
    (r"2-\d+", "custom object types are not simulated"),
]

#: Keys that today's answers have and those of 2022 lack.
NEWER = {"url", "writePermissions", "dataSensitivity", "readOnlyOptions", "archived"}
#: Keys that stand in every error of today for invalid values; in 2022 they were missing.
NEWER_IN_ERRORS = {"errors"}
#: What the sandbox does not tell: formulas, and explanations of some built-in options.
UNTOLD = {".properties[].calculationFormula", ".properties[].options[].description"}

#: What a record needs to be made.
NEEDED = {
    "contacts": {"firstname": "A"},
    "companies": {"name": "A"},
    "deals": {"dealname": "A", "dealstage": "contractsent"},
    "meetings": {"hs_timestamp": "2026-01-01T00:00:00Z"},
    "tickets": {"subject": "A", "hs_pipeline_stage": "1"},
    "tasks": {"hs_timestamp": "2026-01-01T00:00:00Z"},
}

_ID = re.compile(r"(?<![\w-])\d{4,}(?![\w-])|<PORTAL_ID>")


def exchanges() -> Iterator[Any]:
    """All recordings once, as parameters of tests."""
    seen: set[str] = set()
    for path in sorted(FOLDER.glob("*.json")) if FOLDER else []:
        for one in json.loads(path.read_text(encoding="utf-8")):
            if one["id"] not in seen:
                seen.add(one["id"])
                yield pytest.param(one, id=f"{one['id']}-{one['method']}-{one['status']}")


def reason_to_leave_out(one: dict[str, Any]) -> str | None:
    """Why an exchange is not compared; None if it is."""
    for pattern, reason in LEFT_OUT:
        if re.search(pattern, one["path"]):
            return reason
    return None


ALL = list(exchanges())
COMPARED = [one for one in ALL if reason_to_leave_out(one.values[0]) is None]


def differences(recorded: Any, answered: Any, where: str = "") -> list[str]:
    """Where two JSON values differ in keys and types."""
    if recorded is None or answered is None:
        return []
    if isinstance(recorded, dict) and isinstance(answered, dict):
        missing = {
            name for name in set(recorded) - set(answered) if f"{where}.{name}" not in UNTOLD
        }
        extra = set(answered) - set(recorded) - NEWER
        found = [f"{where}: lacks {sorted(missing)}"] if missing else []
        found += [f"{where}: has also {sorted(extra)}"] if extra else []
        for name in recorded.keys() & answered.keys():
            found += differences(recorded[name], answered[name], f"{where}.{name}")
        return found
    if isinstance(recorded, list) and isinstance(answered, list):
        if bool(recorded) is not bool(answered):
            return [f"{where}: {len(recorded)} recorded, {len(answered)} answered"]
        return differences(_union(recorded), _union(answered), f"{where}[]")
    if type(recorded) is not type(answered):
        return [f"{where}: {type(recorded).__name__} became {type(answered).__name__}"]
    return []


def _union(rows: list[Any]) -> Any:
    """One value with all keys that any row has."""
    if rows and all(isinstance(row, dict) for row in rows):
        merged: dict[str, Any] = {}
        for row in rows:
            for name, value in row.items():
                if merged.get(name) in (None, [], {}):
                    merged[name] = value
        return merged
    return rows[0] if rows else None


def place(sandbox: HubSpotSandbox, kind: Kind, id_: str | int, values: dict[str, Any]) -> None:
    """Puts a record with a given id into the sandbox, defining what properties it takes."""
    if sandbox.portal.store(kind).find(int(id_)) is not None:
        return
    given = {}
    for name, value in values.items():
        known = sandbox.portal.catalogue.find(kind, name)
        if known is None:
            sandbox.define_property(kind.plural, {"name": name})
        if value not in (None, "") and name not in ("hs_object_id", "lastmodifieddate"):
            given[name] = value
    given.pop("hs_lastmodifieddate", None)
    given.pop("hubspot_owner_id", None)
    sandbox.portal.store(kind).next_id = int(id_)
    for name in NEEDED.get(kind.plural, {}):
        given.setdefault(name, NEEDED[kind.plural][name])
    sandbox.create(kind.plural, given, as_hubspot=True)


def set_the_scene(sandbox: HubSpotSandbox, one: dict[str, Any]) -> None:
    """Makes what a recorded call needs to find."""
    parts = one["path"].strip("/").split("/")
    area = parts[2] if len(parts) > 2 else ""
    if area == "objects":
        _objects(sandbox, one, parts)
    elif area == "associations" and one["status"] < 400:
        _associations(sandbox, one, parts)
    elif area == "owners":
        for owner in one["response"]["results"]:
            sandbox.add_owner(
                email=owner["email"],
                first_name=owner.get("firstName", ""),
                last_name=owner.get("lastName", ""),
            )
    elif area == "lists":
        _lists(sandbox, one, parts)
    elif area == "schemas":
        sandbox.define_property("contacts", {"name": "text_field"})


def _objects(sandbox: HubSpotSandbox, one: dict[str, Any], parts: list[str]) -> None:
    kind = find_kind(parts[3])
    assert kind is not None
    response = one["response"] if isinstance(one["response"], dict) else {}
    creates = parts[-1] == "create"
    for row in [] if creates else response.get("results", []):
        place(sandbox, kind, row["id"], row["properties"])
    sent_body = one["request_body"] or {}
    written = sent_body.get("properties")
    if isinstance(written, dict) and (owner := written.get("hubspot_owner_id")):
        known = sandbox.add_owner(email="rep@acme.example")
        saved = sandbox.portal.owners.save()
        sandbox.portal.owners.load([{**saved[0], "id": str(owner)}])
        assert known["id"] != str(owner)
    inputs = sent_body.get("inputs", [])
    for row in [] if creates else inputs:
        place(sandbox, kind, row["id"], {})
        for name in row.get("properties", {}):
            if sandbox.portal.catalogue.find(kind, name) is None:
                sandbox.define_property(kind.plural, {"name": name})
    if parts[-1] == "search":
        _found(sandbox, kind, one)
    elif one["query"].get("limit"):
        place(sandbox, kind, 10**12, {"firstname": "Next"})


def _found(sandbox: HubSpotSandbox, kind: Kind, one: dict[str, Any]) -> None:
    """Gives the searched records what the filters ask for, and makes as many as were found."""
    body, response = one["request_body"], one["response"]
    shown = response.get("results", [])
    for n in range(response.get("total", 0) - len(shown) if "after" in body else 0):
        place(sandbox, kind, 10**12 + n, {})
    groups = [*body.get("filterGroups", []), {"filters": body.get("filters", [])}]
    for group in groups:
        for condition in group["filters"]:
            name = condition["propertyName"].removeprefix("associations.")
            if name == condition["propertyName"] and not sandbox.portal.catalogue.find(kind, name):
                sandbox.define_property(kind.plural, {"name": name})
            other = find_kind(name)
            if other is not None and condition["propertyName"] != name:
                place(sandbox, other, condition["value"], {})
                for record in list(sandbox.portal.store(kind).living()):
                    sandbox.associate(kind.plural, record.id, name, condition["value"])
    gone = response.get("total", 0) and not response.get("results")
    if gone:
        filters = groups[0]["filters"][0]
        made = sandbox.create(kind.plural, {filters["propertyName"]: filters["value"]})
        sandbox.portal.settle(sandbox.portal.now() + 60_000)
        sandbox.archive(kind.plural, made["id"])
    else:
        sandbox.portal.settle(sandbox.portal.now() + 60_000)


def _associations(sandbox: HubSpotSandbox, one: dict[str, Any], parts: list[str]) -> None:
    origin, target = find_kind(parts[3]), find_kind(parts[4])
    assert origin is not None
    assert target is not None
    wrong = " ".join(str(row["message"]) for row in (one["response"] or {}).get("errors", []))
    for row in one["request_body"]["inputs"]:
        ends = row["to"] if isinstance(row["to"], list) else [row["to"]]
        for kind, end in [(origin, row["from"]), *((target, end) for end in ends)]:
            if f"{kind.upper}={end['id']}" not in wrong:
                place(sandbox, kind, end["id"], {})


def _lists(sandbox: HubSpotSandbox, one: dict[str, Any], parts: list[str]) -> None:
    lists = sandbox.portal.lists
    wanted = [part for part in (*parts[3:4], one["query"].get("listIds", "")) if part.isdigit()]
    for id_ in wanted:
        made = lists.all.pop(sandbox.add_list(f"List {id_}"))
        made.id = id_
        lists.all[id_] = made
    if isinstance(one["request_body"], list):
        kind = find_kind("contacts")
        assert kind is not None
        for member in one["request_body"]:
            place(sandbox, kind, member, {})
        if parts[-1] == "remove":
            sandbox.put_on_list(parts[3], *one["request_body"])


def sent(one: dict[str, Any]) -> tuple[str, bytes]:
    """The address and the body of a recorded call."""
    query = {name: str(value) for name, value in one["query"].items() if name != "hapikey"}
    if one["path"] == "/crm/v3/objects/contacts":
        query.pop("after", None)  # the recorded answer starts at the first record all the same
    text = "&".join(f"{name}={value}" for name, value in query.items())
    body = one["request_body"]
    if body is None or one["method"] == "GET":
        raw = b""
    elif isinstance(body, str):
        raw = b'[{"changes":{}}]'  # recorded cut off; an object where an id is expected
    else:
        raw = json.dumps(body, separators=(",", ":")).encode()
    return f"{one['path']}?{text}", raw


def rate_headers(headers: Any) -> set[str]:
    return {name for name in headers if name.startswith("x-hubspot-ratelimit-")}


@pytest.mark.skipif(FOLDER is None, reason="the recorded exchanges are not beside the repository")
@pytest.mark.parametrize("one", COMPARED)
def test_the_answer_has_the_recorded_shape(
    one: dict[str, Any], make: Callable[..., HubSpotSandbox]
) -> None:
    sandbox = make(search_per_second=0 if one["status"] == 429 else 5, burst=100, daily=250_000)
    set_the_scene(sandbox, one)
    url, raw = sent(one)
    with_daily = "x-hubspot-ratelimit-daily" in one["headers"]
    hub = Client(sandbox.handle)
    if not with_daily:
        form = (
            b"grant_type=refresh_token&client_id=sandbox-client&client_secret=sandbox-secret"
            b"&refresh_token=sandbox-refresh"
        )
        hub.token = hub("POST", "/oauth/v1/token", form)["access_token"]
    is_page = isinstance(one["response"], str) and one["response"].startswith("<html")
    answer = hub.answer(one["method"], url, raw, accept="*/*" if is_page else "application/json")
    assert answer.status == one["status"], answer.body
    if is_page:
        assert answer.body.decode() == one["response"]
        assert answer.headers["content-type"] == one["headers"]["content-type"]
        return
    if one["response"] in (None, ""):
        assert answer.body == b""
        return
    body = json.loads(answer.body)
    if one["status"] >= 400:
        compare_errors(one["response"], body)
    else:
        found = differences(one["response"], body)
        assert not found, "\n".join(found)
    assert rate_headers(answer.headers) == rate_headers(one["headers"])


def compare_errors(recorded: dict[str, Any], answered: dict[str, Any]) -> None:
    """Errors must have the same keys, codes and words, but for ids."""
    assert set(answered) - NEWER_IN_ERRORS == set(recorded) - NEWER_IN_ERRORS
    for name in ("status", "category", "subCategory", "errors", "context"):
        if name in recorded:
            assert answered[name] == recorded[name]
    mine, theirs = answered["message"], recorded["message"]
    if theirs.startswith("Property values were not valid: "):
        codes = [
            [(row["error"], row["name"]) for row in json.loads(text.partition(": ")[2])]
            for text in (mine, theirs.replace("<PORTAL_ID>", "1"))
        ]
        assert codes[0] == codes[1]
    else:
        assert _ID.sub("#", mine) == _ID.sub("#", theirs)


@pytest.mark.skipif(FOLDER is None, reason="the recorded exchanges are not beside the repository")
def test_enough_is_compared() -> None:
    """Guards against patterns of `LEFT_OUT` that swallow what is simulated."""
    assert len(COMPARED) >= 50, f"{len(COMPARED)} of {len(ALL)}"
    left = {one.values[0]["path"] for one in ALL if one not in COMPARED}
    simulated = (
        "/crm/v3/lists",
        "/crm/v3/owners",
        "/crm/v4/associations",
        "/crm/v3/schemas/CONTACT",
    )
    assert not [path for path in left if path.startswith(simulated)]


def endpoint_of(sandbox: HubSpotSandbox, method: str, path: str) -> str:
    """The most exact endpoint of a recorded path."""
    plain = "/" + path.partition("?")[0].strip("/")
    fitting = [
        pattern
        for known, pattern in sandbox.endpoints()
        if known == method and re.fullmatch(re.escape(pattern).replace(r"\*", "[^/]+"), plain)
    ]
    return f"{method} {min(fitting, key=lambda one: one.count('*'))}"


@pytest.mark.skipif(FOLDER is None, reason="the recorded exchanges are not beside this repository")
def test_the_endpoints_that_are_said_to_be_recorded_are(sandbox: HubSpotSandbox) -> None:
    compared = [one.values[0] for one in COMPARED]
    assert {endpoint_of(sandbox, one["method"], one["path"]) for one in compared} == RECORDED
