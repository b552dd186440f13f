"""Faults inside an answer: rows that are doubled, moved or missing, and batches half done."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from connector.sandbox.http import Answer, Call, Handler

_HUBSPOT_BATCH = re.compile(r"/batch/(create|update|upsert|read|archive)/?$")
_COLLECTION = re.compile(r"/composite/sobjects(/\w+/\w+)?/?$")
_LOCKED = "unable to obtain exclusive access to this record or 1 records: "


def duplicate_rows(answer: Answer, share: float, rng: random.Random) -> Answer:
    """Some rows of the page come a second time, right behind the first."""

    def doubled(rows: list[Any]) -> list[Any]:
        return [row for one in rows for row in ([one, one] if rng.random() < share else [one])]

    return _with_rows(answer, doubled)


def reordered_rows(answer: Answer, share: float, rng: random.Random) -> Answer:
    """The rows of the page in another order."""

    def moved(rows: list[Any]) -> list[Any]:
        return rng.sample(rows, len(rows))

    return _with_rows(answer, moved)


def missing_rows(answer: Answer, share: float, rng: random.Random) -> Answer:
    """The page without some of its rows; the cursor and the total do not say so."""

    def thinned(rows: list[Any]) -> list[Any]:
        return [row for row in rows if rng.random() >= share]

    return _with_rows(answer, thinned)


CHANGES: Mapping[str, Callable[[Answer, float, random.Random], Answer]] = {
    "duplicate_rows": duplicate_rows,
    "reordered_rows": reordered_rows,
    "missing_rows": missing_rows,
}


def partial_batch(
    system: str, handler: Handler, call: Call, share: float, rng: random.Random
) -> Answer:
    """Carries out only a part of a batch and answers the other rows with an error of their own.

    Calls that the vendor would carry out whole or not at all (no trace ids on a create,
    `allOrNone`) and batches of one row are left alone.
    """
    name = "inputs" if system == "hubspot" else "records"
    pattern = _HUBSPOT_BATCH if system == "hubspot" else _COLLECTION
    found = pattern.search(call.path)
    if found is None or call.method not in ("POST", "PATCH") or not call.body:
        return handler(call)
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return handler(call)
    rows = body.get(name) if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) < 2 or _whole_or_nothing(system, found, body):
        return handler(call)
    count = min(len(rows) - 1, max(1, round(len(rows) * share)))
    failed = set(rng.sample(range(len(rows)), count))
    kept = [row for place, row in enumerate(rows) if place not in failed]
    answer = handler(replace(call, body=orjson.dumps({**body, name: kept})))
    if answer.status >= 300:
        return answer
    if system == "hubspot":
        return _hubspot_partial(answer, [rows[place] for place in sorted(failed)])
    return _salesforce_partial(answer, rows, failed)


def _whole_or_nothing(system: str, found: re.Match[str], body: Mapping[str, Any]) -> bool:
    if system == "salesforce":
        return bool(body.get("allOrNone"))
    traced = all(row.get("objectWriteTraceId") for row in body["inputs"])
    return found[1] == "archive" or (found[1] in ("create", "upsert") and not traced)


def _hubspot_partial(answer: Answer, failed: list[dict[str, Any]]) -> Answer:
    body = orjson.loads(answer.body)
    errors = body.setdefault("errors", [])
    for row in failed:
        context = {"ids": [str(row["id"])]} if row.get("id") else {}
        if row.get("objectWriteTraceId"):
            context["objectWriteTraceId"] = [row["objectWriteTraceId"]]
        errors.append(
            {
                "status": "error",
                "category": "INTERNAL_ERROR",
                "message": "internal error",
                "context": context,
            }
        )
    body["numErrors"] = len(errors)
    return replace(answer, status=207, body=orjson.dumps(body))


def _salesforce_partial(answer: Answer, rows: list[dict[str, Any]], failed: set[int]) -> Answer:
    results = iter(orjson.loads(answer.body))
    merged = []
    for place, row in enumerate(rows):
        if place not in failed:
            merged.append(next(results))
            continue
        record = str(row.get("id") or row.get("Id") or "00Q000000000001")[:15]
        error = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": _LOCKED + record, "fields": []}
        merged.append({"success": False, "errors": [error]})
    return replace(answer, body=orjson.dumps(merged))


def _with_rows(answer: Answer, change: Callable[[list[Any]], list[Any]]) -> Answer:
    """The answer with its page of rows changed; answers that are no page stay as they are."""
    if answer.status not in (200, 207) or not answer.body.startswith(b"{"):
        return answer
    body = orjson.loads(answer.body)
    name = next((n for n in ("results", "records") if isinstance(body.get(n), list)), None)
    if name is None:
        return answer
    body[name] = change(body[name])
    return replace(answer, body=orjson.dumps(body))
