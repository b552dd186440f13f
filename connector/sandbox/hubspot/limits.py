"""The rate buckets: rolling ten seconds, one second of search, the day; and their headers."""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.hubspot.formats import epoch_ms
from connector.sandbox.hubspot.request import Credential
from connector.sandbox.hubspot.settings import HubSpotSettings

Bucket = Literal["general", "search", "associations", "none"]

_WINDOW_MS = 10_000
_SECOND_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call as the log keeps it; `cost` is what it drew from the day's quota."""

    moment: datetime
    method: str
    path: str
    status: int
    cost: int
    bucket: Bucket


@dataclass(slots=True)
class _Day:
    ends: int = 0
    used: int = 0


@dataclass(slots=True)
class Limits:
    """Counts calls and refuses those over a limit. Refused calls do not count [?]."""

    settings: HubSpotSettings
    _windows: dict[tuple[str, Bucket], deque[int]] = field(default_factory=dict)
    _search: deque[int] = field(default_factory=deque)
    _days: dict[Bucket, _Day] = field(default_factory=dict)

    def admit(
        self, credential: Credential, bucket: Bucket, now: int, trouble: Callable[[], str]
    ) -> tuple[dict[str, str], int]:
        """Counts a call; gives its headers and its cost.

        Raises:
            Rejection: 429 in the spelling of the limit that is reached; `trouble` makes
                request ids.
        """
        if bucket == "none":
            return {}, 0
        enforced = self.settings.enforce_limits
        day_bucket: Bucket = "associations" if bucket == "associations" else "general"
        day = self._day(day_bucket, now)
        daily = self.settings.association_daily if bucket == "associations" else self.settings.daily
        if enforced and not credential.public and day.used >= daily:
            raise self._daily(day.ends - now, trouble())
        try:
            if bucket == "search":
                headers = self._admit_search(now, enforced)
            else:
                headers = self._admit_burst(credential, bucket, now, enforced)
        except Rejection as refused:
            if not credential.public:
                refused.headers |= _daily_headers(daily, day.used)
            raise
        if credential.public:
            return headers, 0
        day.used += 1
        return headers | _daily_headers(daily, day.used), 1

    def _admit_search(self, now: int, enforced: bool) -> dict[str, str]:
        window = self._search
        _expire(window, now - _SECOND_MS, now)
        if enforced and len(window) >= self.settings.search_per_second:
            raise Rejection(
                429,
                "You have reached your secondly limit.",
                category="RATE_LIMITS",
                headers=self._retry_after(1),
            )
        window.append(now)
        return {}

    def _admit_burst(
        self, credential: Credential, bucket: Bucket, now: int, enforced: bool
    ) -> dict[str, str]:
        most = self._most(credential, bucket)
        window = self._windows.setdefault((credential.key, bucket), deque())
        _expire(window, now - _WINDOW_MS, now)
        if enforced and len(window) >= most:
            raise Rejection(
                429,
                "You have reached your ten_secondly_rolling limit.",
                category=None,
                errorType="RATE_LIMIT",
                policyName="TEN_SECONDLY_ROLLING",
                groupName=f"publicapi:private-apps-api-calls-{bucket}:{credential.app_id}",
                headers=self._retry_after(10),
            )
        window.append(now)
        secondly = most // 10
        recent = len(window) - bisect_left(window, now - _SECOND_MS + 1)
        return {
            "x-hubspot-ratelimit-interval-milliseconds": str(_WINDOW_MS),
            "x-hubspot-ratelimit-max": str(most),
            "x-hubspot-ratelimit-remaining": str(max(0, most - len(window))),
            "x-hubspot-ratelimit-secondly": str(secondly),
            "x-hubspot-ratelimit-secondly-remaining": str(max(0, secondly - recent)),
        }

    def _most(self, credential: Credential, bucket: Bucket) -> int:
        if bucket == "associations":
            return self.settings.association_burst
        return self.settings.oauth_burst if credential.public else self.settings.burst

    def _retry_after(self, seconds: int) -> dict[str, str]:
        return {"retry-after": str(seconds)} if self.settings.retry_after else {}

    def _daily(self, rest_ms: int, request_id: str) -> Rejection:
        return Rejection(
            429,
            "You have reached your daily limit.",
            category=None,
            errorType="RATE_LIMIT",
            policyName="DAILY",
            requestId=request_id,
            headers=self._retry_after(rest_ms // 1000 + 1),
        )

    def _day(self, bucket: Bucket, now: int) -> _Day:
        day = self._days.setdefault(bucket, _Day())
        if now >= day.ends or now < day.ends - 2 * 86_400_000:
            day.ends, day.used = self.day_end(now), 0
        return day

    def day_end(self, now: int) -> int:
        """Midnight in the account's time zone, when the daily limits start afresh."""
        zone = ZoneInfo(self.settings.time_zone)
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return epoch_ms(midnight.astimezone(UTC))

    def used_today(self, now: int) -> int:
        """Calls of private apps since midnight."""
        return self._day("general", now).used

    def save(self) -> dict[str, Any]:
        """What was used, as JSON."""
        return {
            "days": [[bucket, day.ends, day.used] for bucket, day in self._days.items()],
            "search": list(self._search),
            "windows": [[key, bucket, list(one)] for (key, bucket), one in self._windows.items()],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self._days = {bucket: _Day(ends, used) for bucket, ends, used in saved["days"]}
        self._search = deque(saved["search"])
        self._windows = {(key, bucket): deque(one) for key, bucket, one in saved["windows"]}

    def spend(self, calls: int, now: int) -> None:
        """Draws from the day's quota, to come close to its end quickly."""
        self._day("general", now).used += calls


def _daily_headers(most: int, used: int) -> dict[str, str]:
    return {
        "x-hubspot-ratelimit-daily": str(most),
        "x-hubspot-ratelimit-daily-remaining": str(max(0, most - used)),
    }


def _expire(window: deque[int], until: int, now: int) -> None:
    while window and (window[0] <= until or window[0] > now):
        window.popleft()
