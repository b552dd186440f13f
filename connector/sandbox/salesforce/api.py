"""The door for calls: sign-in, versions, quota, and which module answers what."""

from collections import deque
from collections.abc import Mapping
from urllib.parse import unquote, urlencode

from connector.sandbox.http import Answer, Call
from connector.sandbox.salesforce import (
    composite,
    graphs,
    limits,
    oauth,
    query_api,
    rows_api,
    soap,
    ui_api,
)
from connector.sandbox.salesforce.bulk1 import Bulk1
from connector.sandbox.salesforce.bulk2 import Bulk2
from connector.sandbox.salesforce.calls import CallRecord, Quota
from connector.sandbox.salesforce.collections import collections
from connector.sandbox.salesforce.errors import ApiRefusal, not_found, refuse
from connector.sandbox.salesforce.oauth import Sessions
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.request import Reply, Request, answer_of, refusal_reply

_SEASONS = ("Spring", "Summer", "Winter")
_RESOURCES = ("composite", "jobs", "limits", "query", "queryAll", "sobjects", "ui-api")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MOST_ADDRESS = 16_384
_TOO_LONG = b"<html><head><title>414 URI Too Long</title></head><body></body></html>"  # [B]
_BAD_SESSION = refuse("INVALID_SESSION_ID", "Session expired or invalid", status=401)


def version_label(number: int) -> str:
    """The release of an API version: 66 is Spring '26, 68 is Winter '27."""
    cycle, season = divmod(number - 66, 3)
    year = 26 + cycle + (season == 2)
    return f"{_SEASONS[season]} '{year:02d}"


def _method(call: Call) -> str:
    """The method; `?_HttpMethod=PATCH` lets a POST stand for another one."""
    return call.value("_HttpMethod", call.method).upper() if call.method == "POST" else call.method


def _too_long(call: Call) -> bool:
    """Whether the address is longer than the server takes (16,384 bytes [D])."""
    size = sum(len(name) + len(text) for name, text in call.query)
    if size < MOST_ADDRESS // 3:
        return False
    return len(call.path) + len(urlencode(call.query)) > MOST_ADDRESS


def _allowed(path: str) -> tuple[str, ...]:
    """The methods outside of the versioned resources, which look for themselves [B]."""
    if path.startswith(("/services/data/v", "/services/async/")):
        return _METHODS
    if path.startswith("/services/oauth2/"):
        return ("GET", "POST")
    return ("POST",) if path.startswith("/services/Soap/") else ("GET", "HEAD")


class Api:
    """Answers calls; knows sessions, quota, open cursors and the log."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.sessions = Sessions(org)
        self.quota = Quota(org.settings.daily_api_requests)
        self.cursors = query_api.Cursors(org)
        self.bulk1 = Bulk1(org)
        self.bulk2 = Bulk2(org)
        self.calls: deque[CallRecord] = deque(maxlen=10_000)

    def handle(self, call: Call) -> Answer:
        """Exactly as the vendor answers: status, headers, body."""
        self.org.reveal()
        self.bulk2.advance()
        cost, reply = self._reply(call)
        self.calls.append(
            CallRecord(
                moment=self.org.clock.now(),
                method=call.method,
                path=call.path,
                status=reply.status,
                cost=cost,
                bucket="daily" if cost else "free",
            )
        )
        return answer_of(reply)

    def _reply(self, call: Call) -> tuple[int, Reply]:
        path = call.path
        if call.method not in _allowed(path):
            return 0, refusal_reply(rows_api.method_refused(call.method), "")
        if path.startswith("/services/data/v"):
            return self._data(call)
        if path.rstrip("/") == "/services/data":
            return 0, Reply(body=self._versions())
        if path.startswith("/services/oauth2/"):
            return 0, self._oauth(call, path.removeprefix("/services/oauth2/"))
        if path.startswith("/services/async/"):
            return self._classic_bulk(call)
        if path.startswith("/services/Soap/u/") and call.method == "POST":
            return 0, soap.login(self.org, self.sessions, call)
        if path.startswith("/id/"):
            return 0, self._identity(call)
        return 0, refusal_reply(not_found(), "")

    def _versions(self) -> list[dict[str, str]]:
        settings = self.org.settings
        return [
            {
                "label": version_label(number),
                "url": f"/services/data/v{number}.0",
                "version": f"{number}.0",
            }
            for number in range(settings.oldest_version, settings.newest_version + 1)
        ]

    def _oauth(self, call: Call, name: str) -> Reply:
        if name == "token" and call.method == "POST":
            return oauth.token(self.org, self.sessions, call)
        if name == "userinfo":
            user_id = self._user(call.headers)
            if user_id is None:
                return Reply(status=403, raw=b"Bad_OAuth_Token")
            return oauth.userinfo(self.org, user_id)
        if name == "revoke":
            token = call.value("token") or call.body.decode().partition("token=")[2]
            ended = self.sessions.end(unquote(token))
            body = {"error": "unsupported_token_type", "error_description": "this token is invalid"}
            return Reply(body=None, raw=b"") if ended else Reply(status=400, body=body)
        return refusal_reply(not_found(), "")

    def _identity(self, call: Call) -> Reply:
        token = call.value("oauth_token")
        user_id = self.sessions.user_of(token) if token else self._user(call.headers)
        if user_id is None:
            return Reply(status=403, raw=b"Bad_OAuth_Token")
        return oauth.identity(self.org, call.path.rstrip("/").rsplit("/", 1)[1])

    def _classic_bulk(self, call: Call) -> tuple[int, Reply]:
        """Bulk 1.0 has a session header of its own; every call counts."""
        token = call.headers.get("x-sfdc-session", "")
        user_id = self.sessions.user_of(token) if token else self._user(call.headers)
        if user_id is None:
            return 0, self.bulk1.handle(call, None)
        self.quota.spend(self.org.clock.now(), 1)
        return 1, self.bulk1.handle(call, user_id)

    def _user(self, headers: Mapping[str, str]) -> str | None:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() not in {"bearer", "oauth"}:
            return None
        return self.sessions.user_of(token.strip())

    def _data(self, call: Call) -> tuple[int, Reply]:
        version, _, tail = call.path.removeprefix("/services/data/v").partition("/")
        if not self._known_version(version):
            return 0, refusal_reply(not_found(), "")
        user_id = self._user(call.headers)
        if user_id is None:
            reply = refusal_reply(_BAD_SESSION, version)
            reply.headers["WWW-Authenticate"] = "Token"
            return 0, reply
        if _too_long(call):
            return 0, Reply(status=414, headers={"Content-Type": "text/html"}, raw=_TOO_LONG)
        request = Request(
            org=self.org,
            method=_method(call),
            version=version,
            parts=tuple(unquote(one) for one in tail.split("/") if one),
            query=dict(call.query),
            headers=call.headers,
            user_id=user_id,
            raw=call.body,
            dispatch=self.dispatch,
        )
        return self._counted(request)

    def _known_version(self, version: str) -> bool:
        number, _, zero = version.partition(".")
        settings = self.org.settings
        return (
            zero == "0"
            and number.isdigit()
            and settings.oldest_version <= int(number) <= settings.newest_version
        )

    def _counted(self, request: Request) -> tuple[int, Reply]:
        """Spends quota, dispatches, and tells the use in Sforce-Limit-Info."""
        now = self.org.clock.now()
        cost = composite.cost_of(request)
        if self.org.settings.enforce_limits and self.quota.used(now) >= self.quota.maximum:
            fault = refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
            reply, cost = refusal_reply(fault, request.version), 0
        else:
            self.quota.spend(now, cost)
            try:
                reply = self.dispatch(request)
            except ApiRefusal as refusal:
                reply = refusal_reply(refusal, request.version)
        reply.headers["Sforce-Limit-Info"] = self._usage()
        return cost, reply

    def _usage(self) -> str:
        settings = self.org.settings
        used = self.quota.used(self.org.clock.now())
        usage = f"api-usage={used}/{self.quota.maximum}"
        if settings.app_name is None:
            return usage
        return (
            f"{usage}; per-app-api-usage={used}/{self.quota.maximum}(appName={settings.app_name})"
        )

    def dispatch(self, request: Request) -> Reply:
        """The module that answers the first segment; raises ApiRefusal."""
        parts = request.parts
        if request.method != "GET" and (not parts or parts[0].lower() == "limits"):
            raise rows_api.wrong_method(request)
        if not parts:
            found = {name: f"{request.root}{name}" for name in _RESOURCES}
            identity = f"{self.org.login_site}/id/{self.org.org_id}/{request.user_id}"
            return Reply(body={**found, "identity": identity})
        first = parts[0].lower()
        if first == "sobjects":
            return rows_api.sobjects(request)
        if first in {"query", "queryall"}:
            return query_api.query(request, self.cursors)
        if first == "limits":
            return limits.limits(request, self.quota)
        if first == "jobs":
            return self.bulk2.handle(request)
        if first == "composite":
            return self._composite(request)
        if first == "ui-api":
            if request.method != "GET":
                raise rows_api.wrong_method(request)
            return ui_api.picklist_values(request)
        raise not_found()

    def _composite(self, request: Request) -> Reply:
        second = request.parts[1].lower() if len(request.parts) > 1 else ""
        if second == "sobjects":
            return collections(request)
        if request.method != "POST":
            raise rows_api.wrong_method(request)
        if not second:
            return composite.composite(request)
        if second == "graph":
            return graphs.graph(request)
        if second == "batch":
            return graphs.batch(request)
        if second == "tree" and len(request.parts) == 3:
            return graphs.tree(request, request.sobject(request.parts[2]))
        raise not_found()
