"""simple-salesforce over a session of ours: timeouts, behaviour headers, own pace and tries."""

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import orjson
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from connector.adapters.pacing import Bucket, Buckets, Limit, Patience, Persistence
from connector.adapters.redact import quieten
from connector.adapters.salesforce import faults, paths
from connector.adapters.salesforce.foreign import Salesforce
from connector.adapters.salesforce.signin import Grant, SignIn
from connector.core.errors import TryLater
from connector.core.problems import Place
from connector.ports import Budget

VERSION = "67.0"
TIMEOUTS = (5.0, 120.0)  #: seconds to connect and to read; a collection may run triggers for long
CALLS = Limit(calls=100, seconds=1)  #: ours: Salesforce limits the day, not the second
CONCURRENT = 8  #: calls under way at a time; organisations allow 25 long ones, trials 5

#: An absent header means TRUE there: an assignment rule would then overwrite the owner we chose.
NO_ASSIGNMENT = {"Sforce-Auto-Assign": "FALSE"}

#: What reading an answer of an unexpected shape raises (broken JSON is a ValueError).
MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)

T = TypeVar("T")


def _as_it_is(answer: Any) -> Any:
    return answer


_USAGE = re.compile(r"(?:^|[;\s])api-usage=(\d+)/(\d+)")


class TimeoutAdapter(HTTPAdapter):
    """Adds the timeout that neither client sets; and, for a sandbox, sends elsewhere.

    simple-salesforce insists on https and on its host names, so that a sandbox can only be reached
    below it. `Host` keeps the name that was meant.
    """

    def __init__(
        self,
        timeouts: tuple[float, float] = TIMEOUTS,
        *,
        base_url: str = "",
        connections: int = CONCURRENT,
    ) -> None:
        self._timeouts, self._base = timeouts, urlsplit(base_url) if base_url else None
        super().__init__(pool_connections=4, pool_maxsize=connections, max_retries=0)

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        if self._base is not None:
            meant = urlsplit(str(request.url))
            request.headers["Host"] = meant.netloc
            request.url = urlunsplit(
                (self._base.scheme, self._base.netloc, meant.path, meant.query, "")
            )
        return super().send(request, timeout=timeout or self._timeouts, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Calls a second, calls at a time, and how long one call is tried again."""

    calls: Bucket
    concurrent: threading.BoundedSemaphore
    persistence: Persistence = field(default_factory=Persistence)
    sleep: Callable[[float], None] = time.sleep
    dice: random.Random = field(default_factory=random.Random)


def pace(
    buckets: Buckets | None = None,
    *,
    calls: Limit = CALLS,
    concurrent: int = CONCURRENT,
    patience: Patience | None = None,
    sleep: Callable[[float], None] = time.sleep,
    dice: random.Random | None = None,
) -> Pace:
    """The bucket under its name, so that all processes on one database share it."""
    made = buckets or Buckets(sleep=sleep)
    chance = dice or random.Random()
    return Pace(
        calls=made.bucket("salesforce_calls", calls),
        concurrent=threading.BoundedSemaphore(concurrent),
        persistence=Persistence(patience, sleep=sleep, dice=chance),
        sleep=sleep,
        dice=chance,
    )


class SalesforceClient:
    """Calls of one organisation. Safe for threads; hold one for its connections' sake."""

    def __init__(
        self,
        signin: SignIn,
        *,
        pace: Pace,
        version: str = VERSION,
        base_url: str = "",
        adapter: BaseAdapter | None = None,
        timeouts: tuple[float, float] = TIMEOUTS,
        save_duplicates: bool = True,
    ) -> None:
        self._signin, self._version, self.pace = signin, version, pace
        self._lock = threading.Lock()  # for the connection
        self._counters = threading.Lock()  # taken within the other one, while signing in
        self._sf: Any = None
        self._token = ""
        self._organisation = ""
        self._budget = Budget()
        self._moment: datetime | None = None
        self.calls = 0  #: calls that left, tries included
        quieten()
        self._session = self._new_session(
            adapter or TimeoutAdapter(timeouts, base_url=base_url), save_duplicates=save_duplicates
        )

    def _new_session(self, adapter: BaseAdapter, *, save_duplicates: bool) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # else a .netrc would replace our Authorization
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # On the session, not on the call: simple-salesforce loses a call's headers when it tries
        # again.
        allow = "true" if save_duplicates else "false"
        session.headers.update(NO_ASSIGNMENT)
        session.headers["Sforce-Duplicate-Rule-Header"] = f"allowSave={allow}"
        session.hooks["response"].append(self._seen)
        return session

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        write: bool = False,
        where: str = "",
        read: Callable[[Any], T] = _as_it_is,
    ) -> T:
        """What `read` makes of the parsed answer (`{}` for an empty one).

        Raises TryLater, Refused, StopTheRun, and OutcomeUnknown where `write` is set; an answer
        that `read` cannot make sense of is as good as none.
        """
        response = self.send(
            method, path, params=params, body=body, headers=headers, write=write, where=where
        )
        content = response.content if response is not None else b""
        try:
            return read(orjson.loads(content) if content else {})
        except MISSHAPEN:
            raise faults.unreadable(write=write, where=_place(path, where)) from None

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        write: bool = False,
        where: str = "",
    ) -> requests.Response | None:
        """The raw answer, None for 304; `body` is bytes, or a value to be sent as JSON."""
        place = _place(path, where)
        data = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        given = {"params": dict(params or {}), "data": data, "headers": dict(headers or {})}

        def once() -> requests.Response | None:
            self.pace.calls.wait()
            try:
                with self.pace.concurrent:
                    return self._authorised(method, path, given, write=write, where=place)
            except TryLater as later:
                if later.wait is not None and later.wait <= timedelta(minutes=1):
                    self.pace.calls.hold(later.wait)
                raise

        return self.pace.persistence.call(once)

    def absolute(self, path: str) -> str:
        """A path as a call within a composite call names it."""
        return paths.absolute(self._version, path)

    def budget(self) -> Budget:
        """Calls of the day, from the last answer."""
        return self._budget

    def moment(self) -> datetime | None:
        """Salesforce's own time at the last answer."""
        return self._moment

    def _authorised(
        self, method: str, path: str, given: dict[str, Any], *, write: bool, where: Place
    ) -> requests.Response | None:
        """Sends; after a 401 renews the token once. Their client is not left to do it: it loses
        headers on the way and, on its objects, never stops."""
        sf, token = self._connected("")
        try:
            return self._exchange(sf, method, path, given)
        except faults.FOREIGN as error:
            if not faults.is_stale_token(error):
                _pass_unmodified(error, write=write, where=where)
                return None
        sf, _ = self._connected(token)
        try:
            return self._exchange(sf, method, path, given)
        except faults.FOREIGN as error:
            _pass_unmodified(error, write=write, where=where)
            return None

    def _exchange(
        self, sf: Any, method: str, path: str, given: dict[str, Any]
    ) -> requests.Response:
        response: requests.Response = sf._call_salesforce(
            method, sf.base_url + path, name=path.split("?")[0], allow_redirects=False, **given
        )
        return response

    def _connected(self, stale: str) -> tuple[Any, str]:
        """Their client on our session with a token other than `stale`."""
        with self._lock:
            if self._sf is None or self._token == stale:
                grant = self._signin.grant(self._post_form)
                self._sf, self._token = self._connect(grant), grant.token
                self._organisation = grant.organisation
            return self._sf, self._token

    def organisation(self) -> str:
        """The id of the organisation that signing in named; empty where it did not."""
        self.pace.persistence.call(lambda: self._connected(""))
        return self._organisation

    def _connect(self, grant: Grant) -> Any:
        sf = Salesforce(
            session_id=grant.token,
            instance_url=grant.instance_url,
            session=self._session,
            version=self._version,
        )
        sf.headers.pop("X-PrettyPrint", None)  # it would swell every answer by a third
        return sf

    def _post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> Mapping[str, Any]:
        """The token endpoint's answer. A 4xx is for a person to mend, so it is not repeated."""
        where = Place(file="salesforce:token")
        try:
            response = self._session.post(url, data=dict(form), auth=basic, allow_redirects=False)
            answer = orjson.loads(response.content)
        except faults.FOREIGN as error:
            raise faults.translate(error, write=False, where=where) from None
        except orjson.JSONDecodeError:
            raise faults.unreadable(write=False, where=where) from None
        if response.status_code == 200 and isinstance(answer, dict):
            return answer
        raise faults.of_sign_in(response.status_code, answer, where)

    def _seen(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Learns what is left of the day and Salesforce's time from the headers."""
        match = _USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        moment = _moment(response.headers.get("Date"))
        with self._counters:
            self.calls += 1
            self._moment = moment or self._moment
            if match:
                used, limit = int(match.group(1)), int(match.group(2))
                self._budget = Budget(limit=limit, remaining=max(limit - used, 0))


def _pass_unmodified(error: BaseException, *, write: bool, where: Place) -> None:
    """Lets 304 pass, which their client takes for an error; raises what anything else means."""
    if getattr(error, "status", 0) == 304:
        return
    raise faults.translate(error, write=write, where=where) from None


def _place(path: str, where: str) -> Place:
    return Place(file=f"salesforce:{where or path.split('?')[0]}")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
