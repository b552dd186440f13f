"""The shared metrics: five numbers, a rate for every step, each with its definition and count."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from connector.core.journeys import Journey, State
from connector.core.rules.vocabulary import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the funnel and the moment by which a journey has reached it."""

    name: str
    moment: str  #: field of Journey
    labels: Labels
    definitions: Labels


STEPS = (
    Step(
        name="captured",
        moment="captured_at",
        labels={"en": "Captured", "fr": "Captés"},
        definitions={
            "en": "Leads seen for the first time, and returns that opened a new cycle.",
            "fr": "Leads vus pour la première fois, et retours ayant ouvert un nouveau cycle.",
        },
    ),
    Step(
        name="marketing_qualified",
        moment="marketing_qualified_at",
        labels={"en": "Marketing-qualified", "fr": "Qualifiés marketing"},
        definitions={
            "en": "Of these, the ones that met the written definition of an MQL, or passed it.",
            "fr": "Parmi eux, ceux qui répondent à la définition écrite du MQL, ou l'ont dépassée.",
        },
    ),
    Step(
        name="passed",
        moment="passed_at",
        labels={"en": "Passed to sales", "fr": "Transmis aux ventes"},
        definitions={
            "en": "Sales-qualified leads handed over to a named owner.",
            "fr": "Leads qualifiés pour la vente, transmis à un responsable nommé.",
        },
    ),
    Step(
        name="accepted",
        moment="accepted_at",
        labels={"en": "Accepted by sales", "fr": "Acceptés par les ventes"},
        definitions={
            "en": "Passed leads that sales took on (by status or by conversion).",
            "fr": "Leads transmis que les ventes ont pris en charge (statut ou conversion).",
        },
    ),
    Step(
        name="opportunity",
        moment="opportunity_at",
        labels={"en": "Opportunities", "fr": "Opportunités"},
        definitions={
            "en": "Passed leads with at least one opportunity in Salesforce.",
            "fr": "Leads transmis ayant au moins une opportunité dans Salesforce.",
        },
    ),
    Step(
        name="won",
        moment="won_at",
        labels={"en": "Customers", "fr": "Clients"},
        definitions={
            "en": "Passed leads with at least one opportunity that is won now.",
            "fr": "Leads transmis ayant au moins une opportunité gagnée à ce jour.",
        },
    ),
)
STEP_NAMES = tuple(step.name for step in STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Median and 90th percentile of a time, with the count behind them; None without a count."""

    count: int
    median: timedelta | None = None
    p90: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The shared metrics of one group of journeys (a cohort: all that began in one period)."""

    group: str
    counts: Mapping[str, int]  #: step name -> journeys that reached it
    rejected: int
    recycled: int
    waiting: int  #: passed, and neither accepted nor given back
    system_delay: Duration  #: handed off -> confirmed in Salesforce
    human_delay: Duration  #: confirmed in Salesforce -> first answer of sales
    revenue: Decimal
    currency: str
    unconverted: Mapping[str, Decimal] = field(default_factory=dict)  #: amounts without a rate

    def rate(self, start: str, end: str) -> float | None:
        """Share of those at `start` who reached `end`; None where nobody was at `start`."""
        base = self.counts[start]
        return self.counts[end] / base if base else None

    def steps(self) -> list[tuple[str, str, float | None]]:
        """Each step to the next with its conversion rate."""
        return [(a, b, self.rate(a, b)) for a, b in itertools.pairwise(STEP_NAMES)]


Rates = Mapping[str, Sequence[tuple[date, Decimal]]]


def figures(
    journeys: Iterable[Journey],
    *,
    currency: str,
    rates: Rates,
    group: str = "",
) -> Figures:
    """The shared metrics of some journeys; money in `currency` by the rate of the booking day."""
    chosen = [journey for journey in journeys if journey.is_counted]
    counts = {
        step.name: sum(1 for j in chosen if getattr(j, step.moment) is not None) for step in STEPS
    }
    revenue, unconverted = _revenue(chosen, currency, rates)
    return Figures(
        group=group,
        counts=counts,
        rejected=sum(1 for j in chosen if j.rejected_at is not None),
        recycled=sum(1 for j in chosen if j.recycled_at is not None),
        waiting=sum(1 for j in chosen if is_waiting(j)),
        system_delay=duration(_between(chosen, "passed_at", "delivered_at")),
        human_delay=duration(_between(chosen, "delivered_at", "answered_at")),
        revenue=revenue,
        currency=currency,
        unconverted=unconverted,
    )


def is_waiting(journey: Journey) -> bool:
    """Passed, and sales has neither taken it nor given it back."""
    return journey.state is State.WAITING


def grouped(
    journeys: Iterable[Journey],
    by: Callable[[Journey], str],
    *,
    currency: str,
    rates: Rates,
) -> list[Figures]:
    """The figures of each group, largest number of passed leads first."""
    groups: dict[str, list[Journey]] = {}
    for journey in journeys:
        groups.setdefault(by(journey), []).append(journey)
    found = [
        figures(members, currency=currency, rates=rates, group=name)
        for name, members in groups.items()
    ]
    return sorted(found, key=lambda f: (-f.counts["passed"], -f.counts["captured"], f.group))


def rate_on(rates: Sequence[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The rate in force on a day: the newest one not after it, else the oldest known."""
    known = sorted(rates)
    before = [rate for since, rate in known if since <= day]
    if before:
        return before[-1]
    return known[0][1] if known else None


def converted(
    value: Decimal, own: str, at: datetime | None, currency: str, rates: Rates
) -> Decimal | None:
    """An amount in the common currency by the rate of its day; None where no rate is known."""
    if not own or own == currency:
        return value
    known = rates.get(own, ())
    rate = rate_on(known, at.date() if at else date.max)
    return None if rate is None else value * rate


def _revenue(
    journeys: Sequence[Journey], currency: str, rates: Rates
) -> tuple[Decimal, dict[str, Decimal]]:
    total = Decimal(0)
    unconverted: dict[str, Decimal] = {}
    for journey in journeys:
        if journey.won_at is None:
            continue
        for deal in journey.won:
            value, own = deal.value, deal.currency
            worth = converted(value, own, deal.closed_at, currency, rates)
            if worth is None:
                unconverted[own] = unconverted.get(own, Decimal(0)) + value
            else:
                total += worth
    return total.quantize(Decimal("0.01")), unconverted


def _between(journeys: Sequence[Journey], start: str, end: str) -> list[timedelta]:
    found = []
    for journey in journeys:
        first: datetime | None = getattr(journey, start)
        last: datetime | None = getattr(journey, end)
        if first is not None and last is not None:
            found.append(max(last - first, timedelta(0)))
    return sorted(found)


def duration(ordered: Sequence[timedelta]) -> Duration:
    """Median and 90th percentile of sorted times."""
    if not ordered:
        return Duration(count=0)
    return Duration(count=len(ordered), median=median(ordered), p90=nearest_rank(ordered, 0.9))


def median(ordered: Sequence[timedelta]) -> timedelta:
    """The middle of sorted times, or the mean of the two middle ones."""
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def nearest_rank(ordered: Sequence[timedelta], share: float) -> timedelta:
    """The smallest value with at least `share` of all values at or below it (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
