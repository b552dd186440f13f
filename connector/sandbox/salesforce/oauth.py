"""Sign-in: the token endpoint with four grants, sessions, userinfo and identity."""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import jwt

from connector.sandbox.http import Call
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.request import Reply
from connector.sandbox.salesforce.tables import Row

_ERRORS = {
    "authentication": ("invalid_grant", "authentication failure"),
    "refresh": ("invalid_grant", "expired access/refresh token"),
    "client": ("invalid_client_id", "client identifier invalid"),
    "secret": ("invalid_client", "invalid client credentials"),
    "assertion": ("invalid_grant", "invalid assertion"),
    "audience": ("invalid_grant", "audience is invalid"),
    "expired": ("invalid_grant", "expired authorization code"),
    "grant": ("unsupported_grant_type", "grant type not supported"),
    "domain": ("invalid_grant", "request not supported on this domain"),
}


@dataclass(slots=True)
class Session:
    """A signed-in user; it ends `until` unless it is used before."""

    user_id: str
    until: datetime | None


class Sessions:
    """Access and refresh tokens."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._open: dict[str, Session] = {}
        self._refresh: dict[str, str] = {}
        self._number = 0

    def fixed(self) -> None:
        """Opens the tokens of the settings; they never end by themselves."""
        for token in self._org.settings.tokens:
            self._open[token] = Session(self._org.user_id, None)
        for token in self._org.settings.refresh_tokens:
            self._refresh[token] = self._org.user_id

    def open(self, user_id: str) -> str:
        self._number += 1
        secret = self._org.rng.getrandbits(256).to_bytes(32, "big")
        tail = base64.b64encode(secret).decode().replace("/", ".").replace("+", "_").rstrip("=")
        token = f"{self._org.org_id[:15]}!AQ{tail}"
        self._open[token] = Session(user_id, self._end())
        return token

    def _end(self) -> datetime:
        return self._org.clock.now() + timedelta(seconds=self._org.settings.session_seconds)

    def user_of(self, token: str) -> str | None:
        """The user of a live session, whose life is prolonged; None where it ended."""
        found = self._open.get(token)
        if found is None:
            return None
        if found.until is not None:
            if found.until <= self._org.clock.now():
                del self._open[token]
                return None
            found.until = self._end()
        return found.user_id

    def end_all(self) -> None:
        """Every session ends at once, the fixed ones too; new ones can be opened."""
        self._open.clear()

    def end(self, token: str) -> bool:
        self._refresh.pop(token, None)
        return self._open.pop(token, None) is not None

    def refresh_user(self, token: str) -> str | None:
        return self._refresh.get(token)

    def rotate(self, token: str) -> str:
        """A new refresh token in place of the old one."""
        fresh = f"5Aep{self._org.rng.getrandbits(160):040x}"
        self._refresh[fresh] = self._refresh.pop(token)
        return fresh

    def save(self) -> dict[str, Any]:
        return {
            "open": [
                [token, one.user_id, one.until.isoformat() if one.until else None]
                for token, one in self._open.items()
            ],
            "refresh": dict(self._refresh),
        }

    def load(self, saved: dict[str, Any]) -> None:
        self._open = {
            token: Session(user_id, datetime.fromisoformat(until) if until else None)
            for token, user_id, until in saved["open"]
        }
        self._refresh = dict(saved["refresh"])


def _fault(kind: str, status: int = 400) -> Reply:
    code, text = _ERRORS[kind]
    return Reply(status=status, body={"error": code, "error_description": text})


def token(org: Org, sessions: Sessions, call: Call) -> Reply:
    """`/services/oauth2/token`; every error is 400 with `error` and `error_description`."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    form = {**dict(call.query), **form}
    _add_basic(form, call.headers.get("authorization", ""))
    grant = form.get("grant_type")
    if grant == "client_credentials":
        return _client_credentials(org, sessions, form, call)
    if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return _jwt_bearer(org, sessions, form)
    if grant == "password":
        return _password(org, sessions, form)
    if grant == "refresh_token":
        return _refresh(org, sessions, form)
    return _fault("grant")


def _add_basic(form: dict[str, str], header: str) -> None:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return
    try:
        client, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return
    form.setdefault("client_id", client)
    form.setdefault("client_secret", secret)


def _client_fault(org: Org, form: dict[str, str]) -> Reply | None:
    if form.get("client_id") != org.settings.client_id:
        return _fault("client")
    if not hmac.compare_digest(form.get("client_secret", ""), org.settings.client_secret):
        return _fault("secret")
    return None


def _client_credentials(org: Org, sessions: Sessions, form: dict[str, str], call: Call) -> Reply:
    host = call.headers.get("host", "").split(":")[0]
    if host in {"login.salesforce.com", "test.salesforce.com"}:
        return _fault("domain")
    return _client_fault(org, form) or _success(org, sessions, org.user_id)


def _jwt_bearer(org: Org, sessions: Sessions, form: dict[str, str]) -> Reply:
    """RS256 over iss, sub, aud and exp; `exp` may be text, as simple-salesforce sends it."""
    key = org.settings.public_key
    if key is None:
        return _fault("assertion")
    try:
        claims = jwt.decode(
            form.get("assertion", ""),
            key,
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False,
                     "verify_nbf": False},
        )  # fmt: skip
        ends = float(claims.get("exp", 0))
    except (jwt.PyJWTError, ValueError):
        return _fault("assertion")
    if claims.get("iss") != org.settings.client_id:
        return _fault("client")
    if claims.get("aud") not in {
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        f"https://{org.settings.my_domain}",
        org.site,
    }:
        return _fault("audience")
    # the client may live by the real clock while the organisation lives by its own
    if ends <= org.clock.now().timestamp() and ends <= time.time():
        return _fault("expired")
    user = _user(org, str(claims.get("sub", "")))
    return _fault("authentication") if user is None else _success(org, sessions, user["Id"])


def _password(org: Org, sessions: Sessions, form: dict[str, str]) -> Reply:
    fault = _client_fault(org, form)
    if fault is not None:
        return fault
    if not password_fits(org, form.get("username", ""), form.get("password", "")):
        return _fault("authentication")
    return _success(org, sessions, org.user_id)


def password_fits(org: Org, username: str, password: str) -> bool:
    """The password alone, or with the security token after it."""
    settings = org.settings
    accepted = (settings.password, settings.password + settings.security_token)
    return username.lower() == settings.username.lower() and password in accepted


def _refresh(org: Org, sessions: Sessions, form: dict[str, str]) -> Reply:
    if form.get("client_id") != org.settings.client_id:
        return _fault("client")
    given = form.get("refresh_token", "")
    user_id = sessions.refresh_user(given)
    if user_id is None:
        return _fault("refresh")
    reply = _success(org, sessions, user_id)
    if org.settings.rotate_refresh_tokens:
        reply.body["refresh_token"] = sessions.rotate(given)
    return reply


def _user(org: Org, username: str) -> Row | None:
    found = [row for row in org.matching("User", {"Username": username}) if row.get("IsActive")]
    return found[0] if found else None


def _success(org: Org, sessions: Sessions, user_id: str) -> Reply:
    identity = f"{org.login_site}/id/{org.org_id}/{user_id}"
    issued = str(int(org.clock.now().timestamp() * 1000))
    secret = org.settings.client_secret.encode()
    signature = hmac.new(secret, (identity + issued).encode(), hashlib.sha256).digest()
    body = {
        "access_token": sessions.open(user_id),
        "signature": base64.b64encode(signature).decode(),
        "scope": "api",
        "instance_url": org.site,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
    }
    return Reply(body=body)


def userinfo(org: Org, user_id: str) -> Reply:
    """`/services/oauth2/userinfo`."""
    row = org.tables["User"].rows[user_id]
    site = org.site
    body = {
        "sub": f"{org.login_site}/id/{org.org_id}/{user_id}",
        "user_id": user_id,
        "organization_id": org.org_id,
        "preferred_username": row["Username"],
        "nickname": row.get("CommunityNickname"),
        "name": row["Name"],
        "email": row["Email"],
        "email_verified": True,
        "given_name": row.get("FirstName"),
        "family_name": row["LastName"],
        "zoneinfo": row["TimeZoneSidKey"],
        "profile": f"{site}/{user_id}",
        "active": bool(row.get("IsActive")),
        "user_type": "STANDARD",
        "language": row["LanguageLocaleKey"],
        "locale": row["LocaleSidKey"],
        "utcOffset": 0,
        "urls": _urls(site, user_id),
    }
    return Reply(body=body)


def identity(org: Org, user_id: str) -> Reply:
    """`/id/<organisation>/<user>`."""
    row = org.tables["User"].rows.get(user_id)
    if row is None:
        return Reply(status=404, raw=b"Bad_Id")
    site = org.site
    body = {
        "id": f"{org.login_site}/id/{org.org_id}/{user_id}",
        "asserted_user": True,
        "user_id": user_id,
        "organization_id": org.org_id,
        "username": row["Username"],
        "nick_name": row.get("CommunityNickname"),
        "display_name": row["Name"],
        "email": row["Email"],
        "email_verified": True,
        "first_name": row.get("FirstName"),
        "last_name": row["LastName"],
        "timezone": row["TimeZoneSidKey"],
        "active": bool(row.get("IsActive")),
        "user_type": "STANDARD",
        "language": row["LanguageLocaleKey"],
        "locale": row["LocaleSidKey"],
        "utcOffset": 0,
        "last_modified_date": row["LastModifiedDate"],
        "urls": _urls(site, user_id),
    }
    return Reply(body=body)


def _urls(site: str, user_id: str) -> dict[str, str]:
    data = f"{site}/services/data/v{{version}}"
    return {
        "rest": f"{data}/",
        "sobjects": f"{data}/sobjects/",
        "query": f"{data}/query/",
        "profile": f"{site}/{user_id}",
    }
