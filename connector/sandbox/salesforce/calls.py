"""The log of API calls, and the quota that they use up."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call: what was asked, the status of the answer, what it cost of which bucket."""

    moment: datetime
    method: str
    path: str
    status: int
    cost: int
    bucket: str


class Quota:
    """API requests over a rolling day, counted by the hour [D]."""

    __slots__ = ("_hours", "maximum")

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self._hours: deque[tuple[datetime, int]] = deque()

    def spend(self, moment: datetime, cost: int) -> None:
        hour = moment.replace(minute=0, second=0, microsecond=0)
        if self._hours and self._hours[-1][0] == hour:
            self._hours[-1] = (hour, self._hours[-1][1] + cost)
        else:
            self._hours.append((hour, cost))

    def used(self, moment: datetime) -> int:
        """Requests in the last 24 hours."""
        oldest = moment - timedelta(hours=24)
        while self._hours and self._hours[0][0] <= oldest:
            self._hours.popleft()
        return sum(count for _, count in self._hours)

    def save(self) -> list[list[object]]:
        return [[hour.isoformat(), count] for hour, count in self._hours]

    def load(self, saved: list[list[object]]) -> None:
        self._hours = deque(
            (datetime.fromisoformat(str(hour)), int(str(count))) for hour, count in saved
        )
