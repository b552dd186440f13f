"""Business time: how long people were at work between two moments, and when a promise is due.

A calendar is laid out once as open spans in UTC; after that every question is a binary search.
A span belongs to the day it begins on: a night shift that begins on a working day runs into the
holiday behind it, and one that would begin on a holiday does not take place. An end at or before
its start is on the next day (00:00 to 00:00 is the whole day). A wall-clock time that the clocks
jump over stands for the moment of the jump; one that comes twice stands for its first coming.
"""

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.core.rules.people import Absence, People, WorkCalendar

NEVER = datetime.max.replace(tzinfo=UTC)  #: the moment of what does not come within the horizon
HORIZON_YEARS = 12  #: how far ahead a calendar is searched before the answer is NEVER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)

Pause = tuple[datetime, datetime]  #: from, until: time that does not count


def _ticks(at: datetime) -> int:
    """Microseconds since 1970, exactly; a moment without a zone is a fault of the caller."""
    return (at - _EPOCH) // _MICROSECOND


def _moment(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks)


def utc_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clock of a zone shows `wall` (without zone), by the rules above."""
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # before the jump
    before, high = low.astimezone(zone).utcoffset(), first
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle <= low:
            break
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


@lru_cache(maxsize=65_536)
def _shift(zone: ZoneInfo, day: date, opens: time, closes: time) -> tuple[int, int]:
    """One shift in UTC ticks; remembered, since colleagues share their hours."""
    begin = datetime.combine(day, opens)
    until = datetime.combine(day if closes > opens else day + _DAY, closes)
    return _ticks(utc_of(begin, zone)), _ticks(utc_of(until, zone))


@lru_cache(maxsize=512)
def public_holidays(region: str, year: int) -> frozenset[date]:
    """Public holidays of a country or subdivision (`FR`, `DE-BY`), observed days included.

    Raises NotImplementedError for a region the holidays library does not know.
    """
    import holidays  # costs start-up time that most commands need not pay

    country, _, subdivision = region.partition("-")
    # Feasts by the moon are not announced years ahead: the library says so, and gives the others.
    warnings.filterwarnings("ignore", "Requested Holidays are available only", UserWarning)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Open spans in UTC ticks, sorted and disjoint, and the open time before each of them."""

    first_year: int
    last_year: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    through: list[int]  #: open time up to the end of each span

    def open_until(self, ticks: int) -> int:
        at = bisect_right(self.starts, ticks) - 1
        if at < 0:
            return 0
        return self.before[at] + min(ticks, self.ends[at]) - self.starts[at]


class BusinessTime:
    """The working time of one calendar, or of one person where absences are given.

    `add` gives the earliest moment by which the wanted time has been open, so that
    `between(start, add(start, d)) == d`, `add(add(start, a), b) == add(start, a + b)`, and both
    grow with their arguments.
    """

    def __init__(self, calendar: WorkCalendar, absences: Iterable[Absence] = ()) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.time_zone)
        self.absences = tuple(absences)
        self._layout: _Layout | None = None

    def local_date(self, at: datetime) -> date:
        """The date on this calendar's wall."""
        return at.astimezone(self.zone).date()

    def is_absent(self, at: datetime) -> bool:
        """Whether the person is away on that day, by the person's own calendar."""
        day = self.local_date(at)
        return any(absence.first <= day <= absence.last for absence in self.absences)

    def is_holiday(self, day: date) -> bool:
        if day in self.calendar.holidays:
            return True
        region = self.calendar.holiday_region
        return bool(region) and day in public_holidays(region, day.year)

    def is_open(self, at: datetime) -> bool:
        layout, ticks = self._covering(at.year, at.year), _ticks(at)
        place = bisect_right(layout.starts, ticks) - 1
        return place >= 0 and ticks < layout.ends[place]

    def next_open(self, at: datetime) -> datetime:
        """`at` itself during working time, else the next opening; NEVER beyond the horizon."""
        ticks = _ticks(at)
        for layout in self._layouts_ahead(at.year):
            place = bisect_right(layout.ends, ticks)
            if place < len(layout.starts):
                return _moment(max(ticks, layout.starts[place]))
        return NEVER

    def between(self, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> timedelta:
        """Open time from start to end, pauses left out; negative where end is before start."""
        if end < start:
            return -self.between(end, start, pauses)
        layout = self._covering(start.year, end.year)
        total = layout.open_until(_ticks(end)) - layout.open_until(_ticks(start))
        for begin, until in merged(pauses, start, end):
            total -= layout.open_until(_ticks(until)) - layout.open_until(_ticks(begin))
        return timedelta(microseconds=total)

    def add(self, start: datetime, duration: timedelta, pauses: Sequence[Pause] = ()) -> datetime:
        """The earliest moment by which `duration` (not negative) of open time has passed."""
        if duration < timedelta():
            raise ValueError("a duration may not be negative")
        left = duration
        for begin, until in merged(pauses, start, NEVER):
            available = self.between(start, begin)
            if available >= left:
                break
            left -= available
            start = until
        return self._add(start, left // _MICROSECOND)

    def _add(self, start: datetime, ticks: int) -> datetime:
        if ticks == 0:
            return start
        for layout in self._layouts_ahead(start.year):
            wanted = layout.open_until(_ticks(start)) + ticks
            place = bisect_left(layout.through, wanted)
            if place < len(layout.through):
                return _moment(layout.starts[place] + wanted - layout.before[place])
        return NEVER

    def _layouts_ahead(self, year: int) -> Iterator[_Layout]:
        """Ever longer layouts from a year on, up to the horizon."""
        for last in range(year, min(year + HORIZON_YEARS, date.max.year - 1) + 1):
            layout = self._covering(year, last)
            yield layout

    def _covering(self, first: int, last: int) -> _Layout:
        """A layout that holds these years of UTC and a year on either side of them."""
        layout = self._layout
        if layout is not None:
            if layout.first_year < first and last < layout.last_year:
                return layout
            first, last = min(first - 1, layout.first_year), max(last + 1, layout.last_year)
        else:
            first, last = first - 1, last + 1
        layout = self._lay_out(max(first, date.min.year), min(last, date.max.year - 1))
        self._layout = layout
        return layout

    def _lay_out(self, first: int, last: int) -> _Layout:
        starts: list[int] = []
        ends: list[int] = []
        for begin, until in sorted(self._spans(first, last)):
            if ends and begin <= ends[-1]:
                ends[-1] = max(ends[-1], until)
            else:
                starts.append(begin)
                ends.append(until)
        before, through, total = [], [], 0
        for begin, until in zip(starts, ends, strict=True):
            before.append(total)
            total += until - begin
            through.append(total)
        return _Layout(first, last, starts, ends, before, through)

    def _spans(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Every shift that begins in these years, in UTC ticks; empty ones are left out."""
        day, end = date(first, 1, 1), date(last, 12, 31)
        away = [(absence.first, absence.last) for absence in self.absences]
        while day <= end:
            shifts = self.calendar.hours.get(day.isoweekday(), ())
            if shifts and not self.is_holiday(day) and not any(a <= day <= b for a, b in away):
                for opens, closes in shifts:
                    begin, until = _shift(self.zone, day, opens, closes)
                    if begin < until:
                        yield begin, until
            day += _DAY


class CalendarTime:
    """The clock on the wall, day and night, under the same questions as BusinessTime."""

    def is_open(self, at: datetime) -> bool:
        return True

    def between(self, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> timedelta:
        if end < start:
            return -self.between(end, start, pauses)
        paused = (until - begin for begin, until in merged(pauses, start, end))
        return end - start - sum(paused, timedelta())

    def add(self, start: datetime, duration: timedelta, pauses: Sequence[Pause] = ()) -> datetime:
        if duration < timedelta():
            raise ValueError("a duration may not be negative")
        for begin, until in merged(pauses, start, NEVER):
            if begin - start >= duration:
                break
            duration -= begin - start
            start = until
        return start + duration if duration < NEVER - start else NEVER


WorkTime = BusinessTime | CalendarTime


def merged(pauses: Sequence[Pause], start: datetime, end: datetime) -> list[Pause]:
    """Pauses clipped to a span, in order, overlapping ones joined, empty ones left out."""
    result: list[Pause] = []
    for begin, until in sorted(pauses):
        begin, until = max(begin, start), min(until, end)
        if begin >= until:
            continue
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], until))
        else:
            result.append((begin, until))
    return result


class Calendars:
    """The business time of every calendar and person of a roster, laid out when first needed."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._times: dict[str, BusinessTime] = {}

    def of_calendar(self, name: str) -> BusinessTime:
        """Raises LookupError where the roster has no such calendar."""
        return self._remembered(f"calendar:{name}", name, ())

    def of_person(self, key: str) -> BusinessTime:
        """A person's hours, absences taken out; raises LookupError for a stranger."""
        person = self._people.persons[key]
        return self._remembered(f"person:{key}", person.calendar, person.absences)

    def _remembered(self, key: str, calendar: str, absences: tuple[Absence, ...]) -> BusinessTime:
        time_of = self._times.get(key)
        if time_of is None:
            time_of = BusinessTime(self._people.calendars[calendar], absences)
            self._times[key] = time_of
        return time_of
