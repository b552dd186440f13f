"""Targets beside what was reached: in the running period and in the one before."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from connector.core.journeys import DealState, Journey
from connector.core.metrics import Rates, converted, median
from connector.core.rules.targets import MetricTarget, Targets

SegmentOf = Callable[[Journey, str], str]  #: (journey, field) -> value of the field
LESS_IS_BETTER = frozenset({"follow_up_time"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A calendar period; `until` is not included."""

    since: datetime
    until: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until

    def passed(self, now: datetime) -> float:
        """The share of the period that is over at `now`."""
        return min(1.0, max(0.0, (now - self.since) / (self.until - self.since)))


def span_of(period: str, now: datetime, before: int = 0) -> Span:
    """The calendar week, fortnight, month, quarter or year that holds `now`, or an earlier one.

    Fortnights begin on the Mondays of odd ISO weeks, as counted from 2024-01-01. Raises ValueError
    for another word.
    """
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        start = day - timedelta(days=before)
        return Span(since=start, until=start + timedelta(days=1))
    if period in ("week", "fortnight"):
        weeks = 1 if period == "week" else 2
        monday = day - timedelta(days=day.weekday())
        if weeks == 2 and ((monday.date().toordinal() - 738_886) // 7) % 2:
            monday -= timedelta(weeks=1)
        start = monday - timedelta(weeks=weeks * before)
        return Span(since=start, until=start + timedelta(weeks=weeks))
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        raise ValueError(f"there is no period '{period}'")
    index = (day.year * 12 + day.month - 1) // months * months - months * before
    return Span(since=_month(day, index), until=_month(day, index + months))


def _month(day: datetime, index: int) -> datetime:
    return day.replace(year=index // 12, month=index % 12 + 1, day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """One target and what was reached; `actual` is None where there is nothing to measure."""

    target: MetricTarget
    span: Span
    actual: Decimal | None
    count: int  #: journeys behind the figure
    passed: float  #: share of the period that is over

    @property
    def share(self) -> float | None:
        """Reached ÷ wanted; for times wanted ÷ reached, so that more is always better."""
        if self.actual is None or not self.target.value:
            return None
        if self.target.metric in LESS_IS_BETTER:
            return float(self.target.value / self.actual) if self.actual else 1.0
        return float(self.actual / self.target.value)

    @property
    def is_on_course(self) -> bool | None:
        """Whether as much is reached as the time that is over would make one expect."""
        if self.share is None:
            return None
        wanted = 1.0 if self.target.metric in LESS_IS_BETTER else self.passed
        return self.share >= wanted


def reached(
    journeys: Sequence[Journey],
    targets: Targets,
    segment_of: SegmentOf,
    *,
    now: datetime,
    before: int = 0,
) -> list[Reached]:
    """Every target against the calendar period that holds `now`, or an earlier one."""
    found = []
    for target in targets.targets:
        span = span_of(target.period, now, before)
        name, _, value = target.segment.partition("=")
        chosen = [j for j in journeys if not name or segment_of(j, name) == value]
        actual, count = _actual(target.metric, chosen, span, targets.currency, targets.rates)
        found.append(
            Reached(target=target, span=span, actual=actual, count=count, passed=span.passed(now))
        )
    return found


_MOMENTS = {
    "qualified_passed": "passed_at",
    "sales_accepted": "accepted_at",
    "opportunities": "opportunity_at",
}


def _actual(
    metric: str, journeys: Iterable[Journey], span: Span, currency: str, rates: Rates
) -> tuple[Decimal | None, int]:
    if metric in _MOMENTS:
        count = sum(1 for j in journeys if span.holds(getattr(j, _MOMENTS[metric])))
        return Decimal(count), count
    if metric == "follow_up_time":
        times = sorted(
            max(j.answered_at - j.delivered_at, timedelta(0))
            for j in journeys
            if j.answered_at and j.delivered_at and span.holds(j.passed_at)
        )
        hours = Decimal(str(round(median(times) / timedelta(hours=1), 2))) if times else None
        return hours, len(times)
    if metric == "revenue":
        deals = [d for j in journeys for d in j.won if span.holds(d.closed_at)]
        parts = [converted(d.value, d.currency, d.closed_at, currency, rates) for d in deals]
        return sum((part for part in parts if part is not None), Decimal(0)), len(deals)
    return None, 0


def pipeline(journeys: Iterable[Journey], currency: str, rates: Rates, now: datetime) -> Decimal:
    """The open opportunities' amounts, by today's rates."""
    parts = (
        converted(deal.value, deal.currency, now, currency, rates)
        for journey in journeys
        for deal in journey.deals
        if deal.state is DealState.OPEN
    )
    return sum((part for part in parts if part is not None), Decimal(0))
