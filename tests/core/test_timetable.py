"""Cron, zones, quiet windows, jitter and what was missed."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from connector.core.timetable import Quiet, Timetable, parse_cron

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(cron: str, **more: object) -> Timetable:
    return Timetable(jobs={"job": parse_cron(cron)}, **more)  # type: ignore[arg-type]


CRONS = (
    *("* * * * *", "*/5 * * * *", "20 5 * * *", "0 8-18/2 * * mon-fri", "15,45 6 1 * *"),
    *("0 0 29 2 *", "30 4 1,15 * fri", "7 3 * jan-mar 0", "59 23 31 12 7", "10-20/3 1 * * sat,sun"),
)


@given(
    cron=st.sampled_from(CRONS),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
)
def test_ticks_are_those_of_a_known_cron(cron: str, start: datetime) -> None:
    start = start.replace(tzinfo=UTC, microsecond=0)
    theirs = croniter(cron, start)
    ours = list(islice(table(cron).ticks("job", start), 4))
    assert ours  # a leap day alone comes once in the four years that are looked at
    assert ours == [theirs.get_next(datetime) for _ in ours]


@given(
    cron=st.sampled_from(CRONS),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
)
def test_the_latest_tick_is_the_one_before_the_next(cron: str, now: datetime) -> None:
    now = now.replace(tzinfo=UTC)
    made = table(cron, zone=PARIS)
    latest = made.latest("job", now)
    assert latest is not None
    assert latest <= now
    following = made.next("job", latest)
    assert following is not None
    assert following > now


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "minute '60': not from 0 to 59"),
        ("* * * * funday", "weekday 'funday'"),
        ("*/0 * * * *", "minute '*/0': a step"),
        ("9-5 * * * *", "9 is behind 5"),
    ],
)
def test_a_wrong_cron_says_what_is_wrong(cron: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_cron(cron)
    assert said in str(caught.value)


def test_hours_are_local_and_a_daily_job_runs_once_when_clocks_change() -> None:
    daily = table("30 2 * * *", zone=PARIS)
    spring = daily.ticks("job", at("2026-03-27T12:00"))
    assert [next(spring) for _ in range(3)] == [
        at("2026-03-28T01:30"),
        at("2026-03-29T01:30"),  # 02:30 does not exist: it runs at 03:30
        at("2026-03-30T00:30"),
    ]
    autumn = daily.ticks("job", at("2026-10-24T12:00"))
    assert [next(autumn) for _ in range(2)] == [at("2026-10-25T00:30"), at("2026-10-26T01:30")]


def test_a_job_of_every_minute_knows_no_gap_when_clocks_change() -> None:
    ticks = table("*/10 * * * *", zone=PARIS).ticks("job", at("2026-10-24T22:00"))
    found = [next(ticks) for _ in range(60)]
    assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=10)}


def test_quiet_windows_reach_over_midnight() -> None:
    night = Quiet(start=time(22), end=time(6), weekdays=frozenset({5}))  # Friday nights
    made = table("0 * * * *", quiet=(night,))
    assert made.next("job", at("2026-03-06T21:30")) == at("2026-03-07T06:00")
    assert made.next("job", at("2026-03-07T21:30")) == at("2026-03-07T22:00")
    only = Quiet(start=time(0), end=time(12), jobs=frozenset({"other"}))
    assert table("0 * * * *", quiet=(only,)).next("job", at("2026-03-06T01:30")) == at(
        "2026-03-06T02:00"
    )


def test_jitter_is_the_same_everywhere_and_stays_away_from_the_next_tick() -> None:
    made = table("* * * * *", jitter=timedelta(minutes=10))
    ticks = made.ticks("job", at("2026-03-06T00:00"))
    offsets = [made.starts("job", tick) - tick for tick in (next(ticks) for _ in range(200))]
    assert max(offsets) < timedelta(seconds=30)
    assert len(set(offsets)) > 150


def test_all_that_was_missed_is_one_run() -> None:
    made = table("*/5 * * * *")
    now = at("2026-03-06T12:03")
    assert made.due("job", now, at("2026-03-05T00:00")) == at("2026-03-06T12:00")
    assert made.due("job", now, at("2026-03-06T12:00")) is None
    assert made.due("job", now, None) == at("2026-03-06T12:00")


def test_a_job_is_overdue_after_two_missed_ticks_and_five_minutes() -> None:
    made = table("* * * * *")
    last = at("2026-03-06T12:00")
    assert made.overdue("job", last + timedelta(minutes=6), last) is None
    assert made.overdue("job", last + timedelta(minutes=40), last) == timedelta(minutes=40)
    assert made.overdue("job", last, None) is None
    night = table("* * * * *", quiet=(Quiet(start=time(12), end=time(18)),))
    assert night.overdue("job", last + timedelta(hours=5), last) is None
