"""When jobs run: cron in a time zone, quiet windows, jitter, and one run for all that was missed.

A job is a cursor's reader: however many of its ticks were missed, one run catches up with them.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_MINUTE = timedelta(minutes=1)
_FARTHEST = timedelta(days=4 * 366 + 1)  #: the 29th of February comes back by then
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PARTS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Five fields of cron. Weekdays count from Sunday, 0; days and weekdays are joined by `or`
    where both are given, as cron does."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    every_hour: bool

    def on(self, day: date) -> bool:
        """Does the day hold any tick?"""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


@lru_cache(maxsize=64)  # a worker looks every few seconds, and a day holds up to 1,500 ticks
def _ticks_of(cron: Cron, day: date, zone: tzinfo) -> tuple[datetime, ...]:
    """The day's ticks in UTC, rising.

    When clocks change, a job of certain hours runs once in the hour that comes twice and right
    after the hour that is left out; a job of every hour just goes on.
    """
    found: set[datetime] = set()
    for hour in cron.hours:
        for minute in cron.minutes:
            local = datetime.combine(day, time(hour, minute), zone)
            found.add(local.astimezone(UTC))
            if cron.every_hour:
                found.add(local.replace(fold=1).astimezone(UTC))
    return tuple(sorted(found))


def parse_cron(text: str) -> Cron:
    """`minute hour day month weekday` with `*`, lists, spans, steps and English names.

    Raises ValueError that says which field is wrong, and how.
    """
    fields = text.split()
    if len(fields) != len(_PARTS):
        raise ValueError(f"'{text}' has {len(fields)} fields; cron has five")
    numbers = [_numbers(field_, *part) for field_, part in zip(fields, _PARTS, strict=True)]
    return Cron(
        text=text,
        minutes=tuple(sorted(numbers[0])),
        hours=tuple(sorted(numbers[1])),
        days=frozenset(numbers[2]),
        months=frozenset(numbers[3]),
        weekdays=frozenset(number % 7 for number in numbers[4]),
        any_day=fields[2].startswith("*"),
        any_weekday=fields[4].startswith("*"),
        every_hour=len(numbers[1]) == 24,
    )


def _numbers(text: str, name: str, low: int, high: int, words: tuple[str, ...]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if step and (not step.isdecimal() or int(step) < 1):
            raise ValueError(f"{name} '{part}': a step is a number from 1")
        if span == "*":
            first, last = low, 6 if words is _DAYS else high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, name, low, high, words)
            last = _number(end, name, low, high, words) if dash else (high if step else first)
        if last < first:
            raise ValueError(f"{name} '{part}': {first} is behind {last}")
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, name: str, low: int, high: int, words: tuple[str, ...]) -> int:
    word = text.casefold()
    if word in words:
        return words.index(word) + low
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ValueError(f"{name} '{text}': not from {low} to {high}")
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A window in which jobs do not start; it may reach over midnight. No `jobs` means all."""

    start: time
    end: time
    weekdays: frozenset[int] = frozenset(range(7))  #: Sunday is 0; of the window's start
    jobs: frozenset[str] = frozenset()

    def covers(self, job: str, local: datetime) -> bool:
        if self.jobs and job not in self.jobs:
            return False
        at, today = local.time(), local.isoweekday() % 7
        if self.start <= self.end:
            return today in self.weekdays and self.start <= at < self.end
        if at >= self.start:
            return today in self.weekdays
        return at < self.end and (today - 1) % 7 in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Which job runs when."""

    jobs: Mapping[str, Cron]
    zone: tzinfo = UTC
    quiet: tuple[Quiet, ...] = ()
    jitter: timedelta = field(default=timedelta(0))

    def ticks(self, job: str, after: datetime) -> Iterator[datetime]:
        """The job's ticks behind `after`, rising, without those in a quiet window."""
        cron = self.jobs[job]
        day = after.astimezone(self.zone).date()
        end = day + _FARTHEST
        while day <= end:
            found = _ticks_of(cron, day, self.zone) if cron.on(day) else ()
            for tick in found[bisect_right(found, after) :]:
                if not self.is_quiet(job, tick):
                    yield tick
            day += timedelta(days=1)

    def next(self, job: str, after: datetime) -> datetime | None:
        """The first tick behind `after`; None where there is none in four years."""
        return next(self.ticks(job, after), None)

    def latest(self, job: str, now: datetime) -> datetime | None:
        """The last tick at or before `now`."""
        cron = self.jobs[job]
        day = now.astimezone(self.zone).date()
        end = day - _FARTHEST
        while day >= end:
            found = _ticks_of(cron, day, self.zone) if cron.on(day) else ()
            for tick in reversed(found[: bisect_right(found, now)]):
                if not self.is_quiet(job, tick):
                    return tick
            day -= timedelta(days=1)
        return None

    def starts(self, job: str, tick: datetime) -> datetime:
        """The moment of a tick with its jitter: the same on every machine, and never so late that
        it comes near the next tick."""
        following = self.next(job, tick)
        most = self.jitter
        if following is not None:
            most = min(most, (following - tick) / 2)
        digest = hashlib.sha256(f"{job} {tick.isoformat()}".encode()).digest()
        return tick + most * (int.from_bytes(digest[:4], "big") / 2**32)

    def due(self, job: str, now: datetime, last_start: datetime | None) -> datetime | None:
        """The tick that is to be run now: the latest one, unless the job started since."""
        tick = self.latest(job, now)
        if tick is None or self.starts(job, tick) > now:
            return None
        return tick if last_start is None or last_start < tick else None

    def overdue(self, job: str, now: datetime, last_good: datetime | None) -> timedelta | None:
        """How long a job has not run although it should have; None where all is well.

        A job is overdue once two of its ticks and five minutes passed without a good run.
        `last_good` is when its last good run started; None: it never ran, and since when it was
        expected to is not known, so that it is not overdue.
        """
        if last_good is None:
            return None
        expected = self.ticks(job, max(last_good, now - timedelta(days=800)))
        next(expected, None)
        second = next(expected, None)
        if second is None or self.starts(job, second) + 5 * _MINUTE > now:
            return None
        return now - last_good

    def is_quiet(self, job: str, tick: datetime) -> bool:
        """Does a window keep the job from starting then?"""
        local = tick.astimezone(self.zone)
        return any(window.covers(job, local) for window in self.quiet)
