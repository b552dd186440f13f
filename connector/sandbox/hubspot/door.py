"""The door of the API: token, scope and rate limit first, then the endpoint, then the answer."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from connector.sandbox.http import Answer, Call
from connector.sandbox.hubspot.errors import (
    TOO_LONG_PAGE,
    Rejection,
    missing_scopes,
    not_found_page,
    wrong_method,
)
from connector.sandbox.hubspot.formats import uuid7
from connector.sandbox.hubspot.limits import Bucket, CallRecord, Limits
from connector.sandbox.hubspot.oauth import OAuth
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Request
from connector.sandbox.hubspot.routes import Match, Router

_JSON = "application/json;charset=utf-8"
_HTML = "text/html;charset=iso-8859-1"


class Door:
    """Lets calls in, and keeps the log of them."""

    def __init__(self, portal: Portal, router: Router, oauth: OAuth, limits: Limits) -> None:
        self._portal = portal
        self._router = router
        self._oauth = oauth
        self._limits = limits
        self.calls: deque[CallRecord] = deque(maxlen=portal.settings.call_log_length)
        self.locked_until = 0
        self.away_until = 0

    def handle(self, call: Call) -> Answer:
        """One call, answered as HubSpot answers it."""
        now = self._portal.now()
        self._portal.settle(now)
        correlation = uuid7(now, self._portal.dice)
        headers: dict[str, str] = {"x-hubspot-correlation-id": correlation}
        bucket: Bucket = "none"
        cost = 0
        try:
            self._check_length(call)
            match = self._router.match(call.method, call.path)
            request = Request(call=call, now=now)
            if match is None or not match.route.open:
                header = call.headers.get("authorization", "")
                request.credential = self._oauth.credential(header, now)
            if match is None:
                raise self._nowhere(call)
            bucket = match.route.bucket
            self._check_scopes(request, match)
            more, cost = self._limits.admit(
                request.credential, bucket, now, lambda: uuid7(now, self._portal.dice)
            )
            headers |= more
            self._check_availability(call, match, now)
            status, body = match.route.endpoint(request, *match.variables)
            answer = _answer(status, body, headers)
        except Rejection as refused:
            answer = _refusal(refused, headers, correlation)
        self.calls.append(
            CallRecord(
                moment=datetime.fromtimestamp(now / 1000, UTC),
                method=call.method,
                path=call.path,
                status=answer.status,
                cost=cost,
                bucket=bucket,
            )
        )
        return answer

    def _check_length(self, call: Call) -> None:
        length = len(call.path) + sum(len(name) + len(text) + 2 for name, text in call.query)
        if length > self._portal.settings.url_limit:
            raise Rejection(414, TOO_LONG_PAGE, html=True)

    def _nowhere(self, call: Call) -> Rejection:
        if allowed := self._router.methods(call.path):
            return wrong_method(allowed)
        if "json" in call.headers.get("accept", ""):
            return Rejection(404, "resource not found", category=None)
        return not_found_page()

    @staticmethod
    def _check_scopes(request: Request, match: Match) -> None:
        needed = match.route.scopes(match.variables)
        if needed and request.credential.scopes.isdisjoint(needed):
            raise missing_scopes(needed)

    def _check_availability(self, call: Call, match: Match, now: int) -> None:
        if now < self.away_until:
            wait = (self.away_until - now + 999) // 1000
            raise Rejection(
                477,
                "This account is being moved to another data centre.",  # [?] the words
                category="MIGRATION_IN_PROGRESS",
                headers={"retry-after": str(wait)},
            )
        if now < self.locked_until and call.method != "GET" and match.route.bucket != "search":
            raise Rejection(423, "The resource is locked.", category="LOCKED")  # [?] the words


def _answer(status: int, body: object, headers: dict[str, str]) -> Answer:
    if body is None:
        return Answer(status=status, headers=headers)
    headers["content-type"] = _JSON
    return Answer(status=status, headers=headers, body=orjson.dumps(body))


def _refusal(refused: Rejection, headers: Mapping[str, str], correlation: str) -> Answer:
    told = {**headers, **refused.headers}
    if refused.html:
        if refused.message:
            told["content-type"] = _HTML
        return Answer(status=refused.status, headers=told, body=refused.message.encode())
    told["content-type"] = _JSON
    body = dict(refused.body)
    ordered = {"status": body.pop("status"), "message": body.pop("message")}
    ordered["correlationId"] = correlation
    return Answer(status=refused.status, headers=told, body=orjson.dumps(ordered | body))
