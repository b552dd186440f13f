"""How the connector proves itself to HubSpot: a fixed token, or OAuth with expiry."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from connector.core.errors import StopTheRun

PostForm = Callable[[Mapping[str, str]], Mapping[str, Any]]  #: form fields -> parsed token answer

_EARLY = 60.0  #: seconds before its expiry at which a token is renewed


class SignIn(Protocol):
    """Gives the bearer token of the next call."""

    def token(self, post: PostForm) -> str:
        """The token to send; `post` reaches the token endpoint where one is needed."""

    def renew(self, stale: str, post: PostForm) -> str:
        """A fresh token after `stale` was refused; raises StopTheRun where there is none."""


class PrivateToken:
    """A service key or a private app's token; both are plain bearer tokens without expiry."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "PrivateToken(…)"

    def token(self, post: PostForm) -> str:
        return self._token

    def renew(self, stale: str, post: PostForm) -> str:
        raise StopTheRun("HubSpot does not accept the token: set a valid one.")


class OAuth:
    """A public app's access: access tokens of 30 minutes from a refresh token that stays."""

    def __init__(
        self, *, client_id: str, client_secret: str, refresh_token: str, clock: Callable[[], float]
    ) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self._refresh_token = refresh_token
        self._clock = clock
        self._lock = threading.Lock()
        self._access = ""
        self._expires = 0.0

    def __repr__(self) -> str:
        return "OAuth(…)"

    def token(self, post: PostForm) -> str:
        with self._lock:
            if not self._access or self._clock() >= self._expires - _EARLY:
                self._refresh(post)
            return self._access

    def renew(self, stale: str, post: PostForm) -> str:
        with self._lock:
            if self._access == stale:  # else another thread has renewed it meanwhile
                self._refresh(post)
            return self._access

    def _refresh(self, post: PostForm) -> None:
        answer = post(
            {
                "grant_type": "refresh_token",
                "client_id": self._client_id,
                "client_secret": self._client_secret,
                "refresh_token": self._refresh_token,
            }
        )
        access, lifetime = answer.get("access_token"), answer.get("expires_in", 1800)
        if not isinstance(access, str) or not access:
            raise StopTheRun("HubSpot's token endpoint gave no access token: connect it again.")
        self._access = access
        self._expires = self._clock() + float(lifetime)
        # It is not rotated today; taking over a new one costs nothing.
        rotated = answer.get("refresh_token")
        self._refresh_token = (
            rotated if isinstance(rotated, str) and rotated else (self._refresh_token)
        )
