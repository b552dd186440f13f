"""composite, batch, graph and tree: several requests in one."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from connector.sandbox.salesforce.errors import ApiRefusal, Fault, refuse
from connector.sandbox.salesforce.request import Reply, Request, objects_of, refusal_reply

MOST_SUBREQUESTS = 25
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_\-]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_HALTED = Fault(
    code="PROCESSING_HALTED",
    message="The transaction was rolled back since another operation in the same transaction "
    "failed.",
)  # [B]


_TOO_MANY: dict[str, Any] = {
    "body": [
        {
            "errorCode": "LIMIT_EXCEEDED",
            "message": f"The request can’t contain more than {MOST_SUBREQUESTS} operations.",
        }
    ],
    "httpHeaders": {},
    "httpStatusCode": 400,
    "referenceId": None,
}  # [C]


class _NoSuchReference(Exception):
    """A reference to a request that failed or was not there."""


def composite(request: Request) -> Reply:
    """`composite`: up to 25 requests with references, counted as one call."""
    body = request.json_object()
    parts = objects_of(body.get("compositeRequest"), "compositeRequest")
    if not parts:
        raise refuse("JSON_PARSER_ERROR", "compositeRequest is required")
    if len(parts) > MOST_SUBREQUESTS:
        return Reply(body={"compositeResponse": [_TOO_MANY]})
    answers, _ = run_parts(request, parts, all_or_none=body.get("allOrNone") is True)
    return Reply(body={"compositeResponse": answers})


def check_references(parts: list[dict[str, Any]]) -> None:
    """Every part needs a referenceId of its own; raises ApiRefusal for the whole request."""
    seen: set[str] = set()
    for part in parts:
        name = part.get("referenceId")
        if not isinstance(name, str) or not name:
            raise refuse("REQUIRED_FIELD_MISSING", "referenceId is required")
        if name in seen:
            raise refuse("INVALID_INPUT", f"Duplicate referenceId: {name}")
        seen.add(name)


def run_parts(
    request: Request, parts: list[dict[str, Any]], *, all_or_none: bool
) -> tuple[list[dict[str, Any]], bool]:
    """The answers in order, and whether all went well; undone together where asked."""
    check_references(parts)
    known: dict[str, Any] = {}
    answers: list[dict[str, Any]] = []
    failed = False
    journal = request.org.journal
    mark = journal.begin()
    for part in parts:
        reply = _halted() if failed and all_or_none else _run_part(request, part, known)
        if reply.status >= 400:
            failed = True
        else:
            known[part["referenceId"]] = reply.body
        answers.append(_entry(part, reply))
    if failed and all_or_none:
        journal.rollback(mark)
        answers = [
            one if one["httpStatusCode"] >= 400 else _entry(part, _halted())
            for part, one in zip(parts, answers, strict=True)
        ]
    else:
        journal.commit(mark)
    return answers, not failed


def _halted() -> Reply:
    return Reply(status=400, body=[_HALTED.as_error()])


def _entry(part: dict[str, Any], reply: Reply) -> dict[str, Any]:
    shown = {
        name: value
        for name, value in reply.headers.items()
        if name in {"Location", "ETag", "Last-Modified"}
    }
    return {
        "body": reply.body,
        "httpHeaders": shown,
        "httpStatusCode": reply.status,
        "referenceId": part["referenceId"],
    }


def _run_part(request: Request, part: dict[str, Any], known: dict[str, Any]) -> Reply:
    try:
        url = str(_filled(part.get("url", ""), known))
        content = _filled(part.get("body"), known)
    except _NoSuchReference as fault:
        return Reply(
            status=400,
            body=[
                {
                    "message": f"Invalid reference specified. No value for {fault} found in "
                    "compositeRequest",
                    "errorCode": "PROCESSING_HALTED",
                }
            ],
        )
    return sub_reply(request, str(part.get("method", "GET")), url, content, _headers(part))


def _headers(part: dict[str, Any]) -> dict[str, str]:
    given = part.get("httpHeaders")
    if not isinstance(given, dict):
        return {}
    return {name.lower(): str(value) for name, value in given.items()}


def sub_reply(
    request: Request, method: str, url: str, content: Any, headers: Mapping[str, str]
) -> Reply:
    """Runs one request inside another; faults become its reply.

    Headers of the outer request that change behaviour hold for the inner ones too.
    """
    inherited = {
        name: value for name, value in request.headers.items() if name.startswith("sforce-")
    }
    path, _, query = url.partition("?")
    marker = "/services/data/v"
    rest = path.split(marker, 1)[1] if marker in path else f"{request.version}/{path.lstrip('/')}"
    version, _, tail = rest.partition("/")
    inner = Request(
        org=request.org,
        method=method.upper(),
        version=version,
        parts=tuple(unquote(one) for one in tail.split("/") if one),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={**inherited, **headers},
        user_id=request.user_id,
        content=content,
        depth=request.depth + 1,
        dispatch=request.dispatch,
    )
    try:
        return request.dispatch(inner)
    except ApiRefusal as refusal:
        return refusal_reply(refusal, request.version)


def _filled(value: Any, known: dict[str, Any]) -> Any:
    """The value with all @{references} replaced; raises _NoSuchReference."""
    if isinstance(value, dict):
        return {name: _filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole, known)
    return _REFERENCE.sub(lambda found: str(_looked_up(found, known)), value)


def _looked_up(found: re.Match[str], known: dict[str, Any]) -> Any:
    name, path = found.groups()
    if name not in known:
        raise _NoSuchReference(name)
    value = known[name]
    for key, index in _STEP.findall(path):
        try:
            value = value[key] if key else value[int(index)]
        except (KeyError, IndexError, TypeError):
            raise _NoSuchReference(found.group(0)) from None
    return value


def cost_of(request: Request) -> int:
    """API calls that a request counts for: a batch counts its parts, all else counts once [D]."""
    if request.parts[:2] != ("composite", "batch"):
        return 1
    try:
        parts = request.json_object().get("batchRequests")
    except ApiRefusal:
        return 1
    return max(1, len(parts)) if isinstance(parts, list) else 1
