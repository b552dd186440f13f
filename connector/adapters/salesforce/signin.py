"""How the connector proves itself to Salesforce: client credentials, JWT bearer, or a session."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from connector.core.errors import StopTheRun

#: (URL, form fields, basic credentials or None) -> parsed token answer
PostForm = Callable[[str, Mapping[str, str], tuple[str, str] | None], Mapping[str, Any]]

JWT_LIFETIME = 180  #: seconds; Salesforce takes at most five minutes


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """A token and the address of the organisation that gave it."""

    token: str
    instance_url: str
    organisation: str = ""  #: its id, where the answer names it


class SignIn(Protocol):
    """Gets a grant; Salesforce names no expiry, so a new one is fetched after a 401."""

    def grant(self, post: PostForm) -> Grant:
        """A fresh grant. Raises StopTheRun where the credentials are not accepted."""


class ClientCredentials:
    """An external client app with a run-as user; `domain` is My Domain's address."""

    def __init__(self, *, client_id: str, client_secret: str, domain: str) -> None:
        self._credentials = (client_id, client_secret)
        self._domain = _origin(domain)

    def __repr__(self) -> str:
        return "ClientCredentials(…)"

    def grant(self, post: PostForm) -> Grant:
        answer = post(
            f"{self._domain}/services/oauth2/token",
            {"grant_type": "client_credentials"},
            self._credentials,
        )
        return _grant(answer, self._domain)


class JwtBearer:
    """A pre-authorised user, proved by a signature (RS256) with the app's private key."""

    def __init__(
        self,
        *,
        client_id: str,
        username: str,
        private_key: str,
        domain: str,
        clock: Callable[[], float],
        audience: str = "https://login.salesforce.com",
    ) -> None:
        self._client_id, self._username = client_id, username
        self._private_key, self._audience = private_key, audience
        self._domain, self._clock = _origin(domain), clock

    def __repr__(self) -> str:
        return "JwtBearer(…)"

    def grant(self, post: PostForm) -> Grant:
        import jwt

        claims = {
            "iss": self._client_id,
            "sub": self._username,
            "aud": self._audience,
            "exp": int(self._clock()) + JWT_LIFETIME,
        }
        try:
            assertion = jwt.encode(claims, self._private_key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            raise StopTheRun("Salesforce's private key cannot be read: it must be PEM.") from None
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": assertion,
        }
        return _grant(post(f"{self._domain}/services/oauth2/token", form, None), self._domain)


class Session:
    """A token from elsewhere, which cannot be renewed."""

    def __init__(self, *, token: str, instance_url: str) -> None:
        self._grant: Grant | None = Grant(token, _origin(instance_url))
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Session(…)"

    def grant(self, post: PostForm) -> Grant:
        with self._lock:
            grant, self._grant = self._grant, None
        if grant is None:
            raise StopTheRun("Salesforce's session has expired: set a new token.")
        return grant


def _origin(url: str) -> str:
    """`https://host[:port]` of an address or a bare host name."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if not parts.hostname:
        raise StopTheRun("Salesforce's address is not one: use https://<My Domain>.")
    return f"{parts.scheme}://{parts.netloc}"


def _grant(answer: Mapping[str, Any], domain: str) -> Grant:
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise StopTheRun("Salesforce's token endpoint gave no access token.")
    instance = answer.get("instance_url")
    return Grant(
        token,
        _origin(instance) if isinstance(instance, str) and instance else domain,
        _organisation(answer.get("id")),
    )


def _organisation(identity: object) -> str:
    """The organisation's id out of the identity address `…/id/<organisation>/<user>`."""
    parts = identity.rstrip("/").split("/") if isinstance(identity, str) else []
    return parts[-2] if len(parts) > 2 and parts[-3] == "id" else ""
