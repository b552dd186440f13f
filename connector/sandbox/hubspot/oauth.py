"""OAuth: tokens that live half an hour, refresh tokens that live on, and what they may do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from connector.sandbox.hubspot.errors import Json, Rejection, expired, unauthenticated
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Credential, Reply, Request
from connector.sandbox.hubspot.settings import App

LIFETIME_S = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An access token that was handed out."""

    token: str
    client_id: str
    ends: int
    use: str


class OAuth:
    """The token endpoint and its relatives, and the check of bearer tokens."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._apps = {app.client_id: app for app in portal.settings.apps}
        self._grants: dict[str, Grant] = {}
        self._revoked: set[str] = set()
        self._expired: set[str] = set()
        self._withdrawn: dict[str, frozenset[str]] = {}

    def credential(self, header: str, now: int) -> Credential:
        """Who a bearer header belongs to.

        Raises:
            Rejection: 401 for a missing, unknown or expired token.
        """
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated()
        private = self._portal.settings.tokens.get(token)
        if private is not None and token not in self._revoked:
            if token in self._expired:
                raise expired(75, iso(now - 75_000))
            scopes = private.scopes - self._withdrawn.get(token, frozenset())
            return Credential(key=token, app_id=private.app_id, scopes=scopes)
        grant = self._grants.get(token)
        if grant is None:
            raise unauthenticated()
        if now >= grant.ends:
            raise expired((now - grant.ends) // 1000, iso(grant.ends))
        app = self._apps[grant.client_id]
        return Credential(
            key=f"app-{app.app_id}",
            app_id=app.app_id,
            scopes=app.scopes,
            public=True,
            user_id=app.user_id,
        )

    def expire(self, token: str | None = None) -> None:
        """Ends the life of a token now, or of every token that was handed out."""
        for one in [token] if token else list(self._grants):
            if one in self._grants:
                ended = asdict(self._grants[one]) | {"ends": self._portal.now()}
                self._grants[one] = Grant(**ended)
            else:
                self._expired.add(one)

    def withdraw(self, token: str, scopes: Iterable[str]) -> None:
        """Takes scopes away from a private token."""
        self._withdrawn[token] = self._withdrawn.get(token, frozenset()) | frozenset(scopes)

    def revoke(self, token: str) -> None:
        """Makes a token unknown: the application was removed."""
        self._grants.pop(token, None)
        self._revoked.add(token)

    def token(self, request: Request) -> Reply:
        """POST …/token with refresh_token or client_credentials."""
        form = self._form(request)
        app = self._app(form)
        kind = form.get("grant_type", "")
        if kind == "refresh_token":
            known = form.get("refresh_token") == app.refresh_token
            if not known or app.refresh_token in self._revoked:
                raise Rejection(
                    400,
                    "missing or invalid refresh token",
                    category=None,
                    word="BAD_REFRESH_TOKEN",
                )
            return 200, self._hand_out(request, app, "access_token")
        if kind == "client_credentials":
            return 200, self._hand_out(request, app, "client_credentials")
        raise Rejection(
            400,
            f"unsupported grant_type '{kind}'",  # [?] the words
            category=None,
            word="BAD_GRANT_TYPE",
        )

    def _hand_out(self, request: Request, app: App, use: str) -> Json:
        token = f"CL{self._portal.dice.getrandbits(240):060x}"
        ends = request.now + LIFETIME_S * 1000
        self._grants[token] = Grant(token=token, client_id=app.client_id, ends=ends, use=use)
        body: Json = {"token_type": "bearer", "access_token": token, "expires_in": LIFETIME_S}
        if use == "access_token":
            body["refresh_token"] = app.refresh_token
        if "/v1/" not in request.call.path:
            body |= {
                "hub_id": self._portal.settings.portal_id,
                "scopes": sorted(app.scopes),
                "user_id": app.user_id,
                "token_use": use,
            }
        return body

    @staticmethod
    def _form(request: Request) -> dict[str, str]:
        return dict(parse_qsl(request.call.body.decode("utf-8", "replace")))

    def _app(self, form: dict[str, str]) -> App:
        app = self._apps.get(form.get("client_id", ""))
        if app is None or app.client_secret != form.get("client_secret"):
            raise Rejection(
                400,
                "missing or invalid client id",  # [?] the words
                category=None,
                word="BAD_CLIENT_ID",
            )
        return app

    def access_info(self, request: Request, token: str) -> Reply:
        """GET /oauth/v1/access-tokens/{token}."""
        grant = self._grants.get(token)
        if grant is None or request.now >= grant.ends:
            raise Rejection(
                404,
                "access token not found",
                category="OBJECT_NOT_FOUND",  # [?] the words
            )
        app = self._apps[grant.client_id]
        return 200, self._about(app) | {
            "token": token,
            "expires_in": (grant.ends - request.now) // 1000,
            "token_type": "access",
        }

    def _about(self, app: App) -> Json:
        return {
            "user": app.user,
            "hub_domain": "acme.example",
            "scopes": sorted(app.scopes),
            "hub_id": self._portal.settings.portal_id,
            "app_id": app.app_id,
            "user_id": app.user_id,
        }

    def refresh_info(self, _request: Request, token: str) -> Reply:
        """GET /oauth/v1/refresh-tokens/{token}."""
        app = self._by_refresh(token)
        return 200, self._about(app) | {
            "token": token,
            "client_id": app.client_id,
            "token_type": "refresh",
        }

    def _by_refresh(self, token: str) -> App:
        for app in self._apps.values():
            if app.refresh_token == token and token not in self._revoked:
                return app
        raise Rejection(404, "refresh token not found", category="OBJECT_NOT_FOUND")  # [?]

    def delete_refresh(self, _request: Request, token: str) -> Reply:
        """DELETE /oauth/v1/refresh-tokens/{token}."""
        self._revoked.add(self._by_refresh(token).refresh_token)
        return 204, None

    def introspect(self, request: Request) -> Reply:
        """POST …/token/introspect: an unknown token is 200 with `active: false`."""
        form = self._form(request)
        app = self._app(form)
        token = form.get("token", "")
        grant = self._grants.get(token)
        if grant is not None and request.now < grant.ends:
            rest = (grant.ends - request.now) // 1000
            about = {"token_use": grant.use, "expires_in": rest, "token_type": "access"}
        elif token == app.refresh_token and token not in self._revoked:
            about = {"token_use": "refresh_token", "token_type": "refresh"}
        else:
            return 200, {"active": False}
        mine = {"active": True, "token": token, "client_id": app.client_id}
        return 200, mine | self._about(app) | about

    def revoke_call(self, request: Request) -> Reply:
        """POST …/token/revoke."""
        form = self._form(request)
        self._app(form)
        self.revoke(form.get("token", ""))
        return 200, {}

    def save(self) -> dict[str, Any]:
        """Handed-out and ended tokens as JSON."""
        return {
            "grants": [asdict(one) for one in self._grants.values()],
            "revoked": sorted(self._revoked),
            "expired": sorted(self._expired),
            "withdrawn": {token: sorted(some) for token, some in self._withdrawn.items()},
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self._grants = {one["token"]: Grant(**one) for one in saved["grants"]}
        self._revoked = set(saved["revoked"])
        self._expired = set(saved["expired"])
        self._withdrawn = {one: frozenset(some) for one, some in saved["withdrawn"].items()}
