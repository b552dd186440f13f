"""Business time: properties over many zones, and cases known by hand."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.calendars import (
    NEVER,
    BusinessTime,
    CalendarTime,
    merged,
    public_holidays,
    utc_of,
)
from connector.core.rules.people import Absence, WorkCalendar

ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Dublin", "Europe/Athens", "America/New_York",
    "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Santiago",
    "America/Havana", "Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tokyo", "Asia/Tehran", "Asia/Beirut", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Pacific/Chatham", "UTC",
    "Antarctica/Troll", "Asia/Jerusalem", "Atlantic/Azores", "America/Halifax", "Pacific/Norfolk",
    "America/Nuuk",
)  # fmt: skip
REGIONS = {
    "Europe/Paris": "FR", "Europe/London": "GB-ENG", "Europe/Dublin": "IE", "Europe/Athens": "GR",
    "America/New_York": "US", "America/Los_Angeles": "US-CA", "America/St_Johns": "CA-NL",
    "America/Sao_Paulo": "BR", "America/Santiago": "CL", "America/Havana": "CU",
    "Africa/Cairo": "EG", "Africa/Casablanca": "MA", "Africa/Johannesburg": "ZA",
    "Asia/Kolkata": "IN", "Asia/Tokyo": "JP", "Australia/Sydney": "AU-NSW",
    "Pacific/Auckland": "NZ", "Asia/Jerusalem": "IL", "Atlantic/Azores": "PT-20",
    "America/Halifax": "CA-NS", "UTC": "DE-BY",
}  # fmt: skip
WEEK = range(1, 6)
SPLIT = ((time(9), time(12)), (time(13, 30), time(18)))
NIGHT = ((time(22), time(6)),)
WHOLE = ((time(0), time(0)),)
ABSENCES = (Absence(first=date(2024, 7, 29), last=date(2024, 8, 16), why="leave"),)
SHAPES = {
    "split": dict.fromkeys(WEEK, SPLIT),
    "night": dict.fromkeys(range(1, 8), NIGHT),
    "whole": dict.fromkeys(range(1, 8), WHOLE),
    "few": {3: ((time(2, 15), time(2, 45)), (time(23), time(1)))},
}


@cache
def office(zone: str, shape: str = "split", away: bool = False) -> BusinessTime:
    calendar = WorkCalendar(
        name=f"{zone} {shape}",
        time_zone=zone,
        hours=SHAPES[shape],
        holidays=frozenset({date(2024, 12, 24), date(2024, 3, 29)}),
        holiday_region=REGIONS.get(zone, ""),
    )
    return BusinessTime(calendar, ABSENCES if away else ())


wall = datetime.fromisoformat  #: a wall-clock time, without zone
offices = st.builds(office, st.sampled_from(ZONES), st.sampled_from(sorted(SHAPES)), st.booleans())
moments = st.datetimes(wall("2024-01-01"), wall("2026-12-31")).map(
    lambda at: at.replace(tzinfo=UTC)
)
durations = st.timedeltas(timedelta(0), timedelta(days=60))
SOME = settings(max_examples=150, deadline=None)


@SOME
@given(offices, moments, durations)
def test_the_time_between_start_and_due_is_the_time_promised(hours, start, duration):
    due = hours.add(start, duration)
    assert hours.between(start, due) == duration
    assert due == start or hours.between(start, due - timedelta(microseconds=1)) < duration


@SOME
@given(offices, moments, durations, durations)
def test_durations_add_up(hours, start, first, second):
    assert hours.add(hours.add(start, first), second) == hours.add(start, first + second)


@SOME
@given(offices, moments, moments, moments)
def test_spans_add_up_in_any_order(hours, a, b, c):
    assert hours.between(a, b) + hours.between(b, c) == hours.between(a, c)
    assert hours.between(a, b) == -hours.between(b, a)


@SOME
@given(offices, moments, moments, durations, durations)
def test_later_starts_and_longer_promises_are_never_due_earlier(hours, a, b, first, second):
    (a, b), (short, long) = sorted((a, b)), sorted((first, second))
    assert hours.add(a, long) <= hours.add(b, long)
    assert hours.add(a, short) <= hours.add(a, long)
    assert timedelta(0) <= hours.between(a, b) <= b - a


@SOME
@given(offices, moments)
def test_the_next_opening_is_open_and_nothing_was_open_before_it(hours, at):
    opening = hours.next_open(at)
    assert hours.is_open(opening)
    assert hours.between(at, opening) == timedelta(0)
    assert (opening == at) == hours.is_open(at)


pauses = st.lists(
    st.tuples(moments, st.timedeltas(timedelta(0), timedelta(days=20))).map(
        lambda pair: (pair[0], pair[0] + pair[1])
    ),
    max_size=4,
)


@SOME
@given(offices, moments, durations, pauses)
def test_paused_time_does_not_count(hours, start, duration, pauses):
    due = hours.add(start, duration, pauses)
    assert hours.between(start, due, pauses) == duration
    lost = sum((hours.between(a, b) for a, b in merged(pauses, start, due)), timedelta(0))
    assert hours.between(start, due) == duration + lost


def counted_on_the_wall(hours: BusinessTime, start: datetime, quarters: int) -> timedelta:
    """The same figure by another way: look at the wall clock every quarter of an hour."""
    zone, calendar = ZoneInfo(hours.calendar.time_zone), hours.calendar
    total = 0
    for step in range(quarters):
        wall = (start + step * timedelta(minutes=15)).astimezone(zone)
        for back in (0, 1):
            day = wall.date() - timedelta(days=back)
            away = any(a.first <= day <= a.last for a in hours.absences)
            if day in calendar.holidays or away or is_public_holiday(calendar, day):
                continue
            for opens, closes in calendar.hours.get(day.isoweekday(), ()):
                begin = datetime.combine(day, opens)
                end = datetime.combine(day + timedelta(days=closes <= opens), closes)
                total += begin <= wall.replace(tzinfo=None) < end
    return total * timedelta(minutes=15)


def is_public_holiday(calendar: WorkCalendar, day: date) -> bool:
    region = calendar.holiday_region
    return bool(region) and day in public_holidays(region, day.year)


def changes_of(zone: str, year: int) -> list[datetime]:
    """The hours of a year in which the clock of a zone changes."""
    first = datetime(year, 1, 1, tzinfo=UTC)
    hours = [first + n * timedelta(hours=1) for n in range(366 * 24)]
    offsets = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in hours]
    pairs = zip(hours, offsets, offsets[1:], strict=False)
    return [at for at, before, after in pairs if before != after]


def test_more_than_twenty_zones_change_their_clocks_and_more_than_twenty_have_holidays() -> None:
    changing = [zone for zone in ZONES if changes_of(zone, 2024)]
    assert len(changing) >= 20
    assert len(REGIONS) >= 20
    assert all(len(public_holidays(region, 2024)) >= 6 for region in REGIONS.values())


@pytest.mark.parametrize("zone", ZONES)
def test_each_change_of_the_clocks_agrees_with_the_wall_clock(zone: str) -> None:
    """Three days around each change of the year, at work around the clock and at night."""
    for at in changes_of(zone, 2024):
        for shape in ("night", "few", "whole"):
            hours, start = office(zone, shape), at - timedelta(hours=36)
            end = start + timedelta(days=3)
            assert hours.between(start, end) == counted_on_the_wall(hours, start, 4 * 24 * 3)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("shape", ["split", "night"])
@pytest.mark.parametrize("month", [3, 10])
def test_six_weeks_around_the_clock_changes_agree_with_the_wall_clock(zone, shape, month):
    hours, start = office(zone, shape), datetime(2024, month, 1, tzinfo=UTC)
    quarters = 4 * 24 * 42
    assert hours.between(start, start + quarters * timedelta(minutes=15)) == counted_on_the_wall(
        hours, start, quarters
    )


def test_absence_and_holidays_agree_with_the_wall_clock():
    hours = office("Europe/Paris", "split", True)
    start = datetime(2024, 7, 1, tzinfo=UTC)
    assert hours.is_holiday(date(2024, 7, 14))
    assert hours.between(start, start + timedelta(days=60)) == counted_on_the_wall(
        hours, start, 4 * 24 * 60
    )


def test_a_lead_of_friday_evening_is_due_on_monday_morning():
    hours = office("Europe/Paris")
    friday_1750 = datetime(2026, 3, 6, 16, 50, tzinfo=UTC)
    assert hours.add(friday_1750, timedelta(minutes=30)) == datetime(2026, 3, 9, 8, 20, tzinfo=UTC)


def test_two_working_hours_over_the_spring_change_are_two_hours():
    hours = office("Europe/Paris")
    friday_17 = datetime(2024, 3, 28, 16, 0, tzinfo=UTC)  # Thursday; Good Friday is closed here
    assert hours.add(friday_17, timedelta(hours=2)) == datetime(2024, 4, 2, 8, 0, tzinfo=UTC)


def test_a_night_shift_loses_and_gains_the_hour_of_the_clock_change():
    hours = office("Europe/Berlin", "night")
    spring = datetime(2024, 3, 30, 12, tzinfo=UTC), datetime(2024, 3, 31, 12, tzinfo=UTC)
    autumn = datetime(2024, 10, 26, 12, tzinfo=UTC), datetime(2024, 10, 27, 12, tzinfo=UTC)
    assert hours.between(*spring) == timedelta(hours=7)
    assert hours.between(*autumn) == timedelta(hours=9)


def test_a_wall_time_that_does_not_exist_is_the_moment_of_the_jump():
    zone = ZoneInfo("Europe/Berlin")
    jump = datetime(2024, 3, 31, 1, 0, tzinfo=UTC)
    assert utc_of(wall("2024-03-31T02:00"), zone) == jump
    assert utc_of(wall("2024-03-31T02:45"), zone) == jump
    assert utc_of(wall("2024-03-31T03:00"), zone) == jump
    apia = ZoneInfo("Pacific/Apia")  # skipped the whole of 30 December 2011
    assert utc_of(wall("2011-12-30T09:00"), apia) == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_a_shift_inside_the_lost_hour_does_not_take_place():
    calendar = WorkCalendar(
        name="night watch", time_zone="Europe/Berlin", hours={7: ((time(2, 15), time(2, 45)),)}
    )
    hours = BusinessTime(calendar)
    week = datetime(2024, 3, 31, 0, tzinfo=UTC), datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert hours.between(*week) == timedelta(0)
    assert hours.next_open(week[0]) == datetime(2024, 4, 7, 0, 15, tzinfo=UTC)


def test_somebody_who_never_comes_back_is_never_due():
    calendar = office("UTC").calendar
    gone = BusinessTime(calendar, (Absence(first=date(2024, 1, 1), last=date.max),))
    assert gone.add(datetime(2024, 2, 1, tzinfo=UTC), timedelta(hours=1)) == NEVER
    assert gone.next_open(datetime(2024, 2, 1, tzinfo=UTC)) == NEVER
    assert gone.is_absent(datetime(2024, 2, 1, tzinfo=UTC))


def test_the_absence_is_read_in_the_persons_own_calendar():
    calendar = WorkCalendar(name="nz", time_zone="Pacific/Auckland", hours=SHAPES["split"])
    hours = BusinessTime(calendar, (Absence(first=date(2024, 6, 4), last=date(2024, 6, 4)),))
    assert hours.is_absent(datetime(2024, 6, 3, 20, tzinfo=UTC))
    assert not hours.is_absent(datetime(2024, 6, 4, 20, tzinfo=UTC))


@given(moments, durations, durations, pauses)
def test_calendar_time_keeps_the_same_laws(start, first, second, pauses):
    clock = CalendarTime()
    assert clock.between(start, clock.add(start, first, pauses), pauses) == first
    assert clock.add(clock.add(start, first), second) == clock.add(start, first + second)


def test_years_of_working_time_are_exact():
    hours = office("Europe/Paris")
    start = datetime(2024, 1, 1, tzinfo=UTC)
    worked = hours.between(start, datetime(2034, 1, 1, tzinfo=UTC))
    assert hours.add(start, worked) <= datetime(2034, 1, 1, tzinfo=UTC)
    assert worked % timedelta(minutes=30) == timedelta(0)
