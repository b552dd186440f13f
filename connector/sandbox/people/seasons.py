"""When things happen: hours, weekdays and months of visitors, and the working hours of reps."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

_MONTHS = (1.0, 1.05, 1.1, 1.0, 0.95, 0.95, 0.7, 0.55, 1.25, 1.2, 1.1, 0.6)  #: January first
_WEEKDAYS = (1.1, 1.2, 1.15, 1.1, 0.9, 0.25, 0.3)  #: Monday first
_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 15, 12, 14, 17, 16, 14, 11, 8, 7, 6, 5, 3, 2)


def day_weight(day: date) -> float:
    """How busy a day is, in relation to others."""
    return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()]


def arrivals(rng: random.Random, start: datetime, until: datetime, count: int) -> list[datetime]:
    """`count` moments between two others, in order, with the shape of seasons, weeks and days."""
    days = max(1, (until - start).days)
    dates = [start + timedelta(days=n) for n in range(days)]
    weights = list(accumulate(day_weight(one.date()) for one in dates))
    drawn = rng.choices(dates, cum_weights=weights, k=count)
    moments = [_in_the_day(rng, one) for one in drawn]
    return sorted(min(max(moment, start), until) for moment in moments)


def _in_the_day(rng: random.Random, day: datetime) -> datetime:
    hour = rng.choices(range(24), weights=_HOURS)[0]
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=hour, seconds=rng.randrange(3_600))


class WorkingHours:
    """When a rep works: hours of the weekdays in a time zone, less absences (dates included)."""

    def __init__(
        self,
        zone: str = "Europe/Paris",
        opens: time = time(9),
        closes: time = time(18),
        absences: Sequence[tuple[date, date]] = (),
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._opens = opens
        self._closes = closes
        self._absences = tuple(absences)

    def at_work(self, moment: datetime) -> bool:
        """Whether the rep is at work at a moment."""
        local = moment.astimezone(self._zone)
        return self._works_on(local.date()) and self._opens <= local.time() < self._closes

    def after(self, moment: datetime, working: timedelta) -> datetime:
        """When so much working time will have passed; after none, the next moment at work."""
        left = working
        day = moment.astimezone(self._zone).date()
        while True:
            if self._works_on(day):
                opens = datetime.combine(day, self._opens, self._zone)
                closes = datetime.combine(day, self._closes, self._zone)
                begins = max(opens, moment)
                if begins < closes:
                    if begins + left < closes:
                        return (begins + left).astimezone(moment.tzinfo)
                    left -= closes - begins
            day += timedelta(days=1)

    def _works_on(self, day: date) -> bool:
        away = any(first <= day <= last for first, last in self._absences)
        return day.weekday() < 5 and not away
