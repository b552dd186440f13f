"""A company whose whole history is known: what measuring says of it comes out exactly.

The truth is counted while each life is drawn, from what was drawn; never from the events. The
events are then heard of in another order than they happened, some of them months late.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connector.core.attribution import Model, credited
from connector.core.events import Event, EventKind, event_key
from connector.core.goals import reached
from connector.core.journeys import Journey, StageNames, State
from connector.core.metrics import Rates, figures, grouped
from connector.core.plan import Json
from connector.core.rules.targets import MetricTarget, Targets
from connector.store import SqlLedger
from connector.store.cells import figures_by

START = datetime(2025, 1, 6, 8, tzinfo=UTC)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
NAMES = StageNames(
    marketing_qualified=frozenset({"mql", "sql"}), sales_qualified=frozenset({"sql"})
)
RATES: Rates = {"USD": ((date(2025, 1, 1), Decimal("0.9")), (date(2025, 9, 1), Decimal("0.8")))}
LEADS = 900
Kind = EventKind


@dataclass
class Truth:
    """What really happened."""

    events: list[Event] = field(default_factory=list)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)  #: (source, step)
    cohort: Counter[tuple[str, str]] = field(default_factory=Counter)  #: (month, step)
    states: Counter[str] = field(default_factory=Counter)
    revenue: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    revenue_of_cohort: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    first: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    split: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    quarter: Decimal = Decimal(0)  #: won in the second quarter of 2026
    answers: list[timedelta] = field(default_factory=list)


class Life:
    """One person, cycle by cycle."""

    def __init__(self, truth: Truth, number: int, dice: random.Random) -> None:
        self.truth, self.number, self.dice = truth, number, dice
        self.lead_id = f"hs-{number}"
        self.at = START + timedelta(minutes=dice.randrange(60 * 24 * 300))
        self.sources: list[str] = []
        self.cycle = 1

    def tell(self, kind: EventKind, at: datetime, by: str = "005A", **data: Json) -> None:
        fact = f"{self.cycle} {kind} {at.isoformat()} {data.get('opportunity', '')}"
        self.truth.events.append(
            Event(
                key=event_key(kind, self.lead_id, fact),
                lead_id=self.lead_id,
                kind=kind,
                at=at,
                cycle=self.cycle,
                data=data,
                by=by,
            )
        )

    def count(self, step: str) -> None:
        self.truth.steps[self.sources[-1], step] += 1
        self.truth.cohort[f"{self.began:%Y-%m}", step] += 1

    def wait(self, hours: int) -> datetime:
        self.at += timedelta(minutes=self.dice.randrange(1, hours * 60))
        return self.at

    def live(self) -> None:
        while self.one_cycle() and self.cycle < 4:
            self.cycle += 1

    def one_cycle(self) -> bool:
        """True where the lead came back and may go round again."""
        dice = self.dice
        self.sources.append(dice.choice(["fair", "web", "partner"]))
        self.began = self.wait(48)
        opening = Kind.CAPTURED if self.cycle == 1 else Kind.CYCLE_OPENED
        self.tell(opening, self.began, by="leadrelay", source=self.sources[-1])
        self.count("captured")
        if dice.random() < 0.3:
            return False
        self.tell(Kind.STAGE_CHANGED, self.wait(200), by="leadrelay", to="mql")
        self.count("marketing_qualified")
        if dice.random() < 0.2:  # a step back, and the same step again: it counts once
            self.tell(Kind.STAGE_CHANGED, self.wait(20), by="leadrelay", to="captured")
            self.tell(Kind.STAGE_CHANGED, self.wait(20), by="leadrelay", to="mql")
        if dice.random() < 0.3:
            return False
        passed = self.wait(40)
        words: dict[str, Json] = {"source": self.sources[-1], "owner": "ann"}
        self.tell(Kind.HANDED_OFF, passed, by="leadrelay", **words)
        self.count("passed")
        delivered = self.wait(2)
        self.tell(Kind.DELIVERED, delivered, by="leadrelay")
        return self.with_sales(delivered)

    def with_sales(self, delivered: datetime) -> bool:
        dice = self.dice
        if dice.random() < 0.1:
            gone = dice.random() < 0.3
            if gone:
                self.tell(Kind.DELETED, self.wait(90), by="")
            self.truth.states["gone" if gone else "waiting"] += 1
            return False
        touched = self.wait(70)
        self.tell(Kind.TOUCHED, touched)
        self.truth.answers.append(touched - delivered)
        accepted = dice.random() < 0.6
        if accepted:
            self.tell(Kind.ACCEPTED, self.wait(50))
            self.count("accepted")
        if not accepted or dice.random() < 0.2:  # taken on, and given back after all
            self.tell(Kind.REJECTED, self.wait(100), disposition="recycle", reason="no_budget")
            if dice.random() < 0.8:
                self.tell(Kind.RECYCLED, self.wait(30), by="leadrelay", programme="keep-warm")
                self.truth.states["recycled"] += 1
                return True
            self.truth.states["rejected"] += 1
            return False
        self.truth.states["accepted"] += 1
        if dice.random() < 0.7:
            self.deal()
        return False

    def deal(self) -> None:
        dice = self.dice
        name = f"006{self.number}"
        amount, currency = Decimal(dice.randrange(1, 900) * 10), dice.choice(["EUR", "USD"])
        money: dict[str, Json] = {
            "opportunity": name,
            "amount": str(amount),
            "currency": currency,
        }
        self.tell(Kind.OPPORTUNITY_CREATED, self.wait(90), **money)
        self.count("opportunity")
        if dice.random() < 0.3:
            self.tell(Kind.LOST, self.wait(400), **money)
            if dice.random() < 0.5:
                return
            self.tell(Kind.REOPENED, self.wait(400), **money)  # lost, reopened, and won
        won = self.wait(24 * 120)  # months later
        self.tell(Kind.WON, won, **money)
        if dice.random() < 0.2:  # won again for another amount: the day of the win stays
            amount += 50
            money["amount"] = str(amount)
            self.tell(Kind.WON, self.wait(300), **money)
        if dice.random() < 0.2:
            self.tell(Kind.REOPENED, self.wait(300), **money)
            if dice.random() < 0.5:
                return  # open again: no revenue
            won = self.wait(300)
            self.tell(Kind.WON, won, **money)  # a new win, on its own day
        self.count("won")
        self.bank(amount, currency, won)

    def bank(self, amount: Decimal, currency: str, won: datetime) -> None:
        rate = Decimal(1)
        if currency == "USD":
            rate = Decimal("0.9") if won.date() < date(2025, 9, 1) else Decimal("0.8")
        worth, truth = amount * rate, self.truth
        truth.revenue[self.sources[-1]] += worth
        truth.revenue_of_cohort[f"{self.began:%Y-%m}"] += worth
        truth.first[self.sources[0]] += worth
        for source in self.sources:
            truth.split[source] += worth / len(self.sources)
        if datetime(2026, 4, 1, tzinfo=UTC) <= won < datetime(2026, 7, 1, tzinfo=UTC):
            truth.quarter += worth


def twin(life: Life, other: str) -> None:
    """A second record of somebody, merged into the first: as `flows.joining` tells of it.

    Never passed, it is no lead of its own. Passed, the hand-over did happen, and whatever sales
    said until then; without an answer it is gone. The survivor's contact has a new id, no more.
    """
    truth, passed = life.truth, life.number % 3 == 0
    began = life.wait(48)
    life.tell(Kind.CAPTURED, began, by="leadrelay", source="web")
    if passed:
        life.sources, life.began = ["web"], began
        life.count("captured")
        life.tell(Kind.STAGE_CHANGED, life.wait(20), by="leadrelay", to="sql")
        life.count("marketing_qualified")
        life.tell(Kind.HANDED_OFF, life.wait(20), by="leadrelay", source="web", owner="ann")
        life.count("passed")
        if life.number % 2:
            life.tell(Kind.ACCEPTED, life.wait(50))
            life.count("accepted")
        truth.states["accepted" if life.number % 2 else "gone"] += 1
    merged: dict[str, Json] = {"system": "hubspot", "loser": str(life.number), "survivor": "7001"}
    life.tell(Kind.MERGED, life.wait(48), by="leadrelay", **merged, lead=other)
    survivor = Life(truth, int(other.removeprefix("hs-")), life.dice)
    survivor.tell(Kind.MERGED, life.at, by="leadrelay", **merged)


def company() -> Truth:
    dice = random.Random(20260701)
    truth = Truth()
    for number in range(LEADS):
        Life(truth, number, dice).live()
    for number in range(LEADS, LEADS + 60):  # second records of people we knew: merged away
        twin(Life(truth, number, dice), f"hs-{number - LEADS}")
    dice.shuffle(truth.events)
    return truth


@pytest.fixture(scope="module")
def truth() -> Truth:
    return company()


@pytest.fixture
def journeys(ledger: SqlLedger, truth: Truth) -> list[Journey]:
    """Heard of in ten lots, measured after each."""
    size = len(truth.events) // 10 + 1
    for start in range(0, len(truth.events), size):
        with ledger.transaction() as tx:
            tx.record(truth.events[start : start + size], now=NOW)
        ledger.measure(NAMES)
    return list(ledger.journeys())


def of(key: str) -> Callable[[Journey], str]:
    return lambda journey: str(getattr(journey, key))


def month(journey: Journey) -> str:
    return f"{journey.captured_at:%Y-%m}" if journey.captured_at else ""


def test_every_figure_is_the_one_that_was_drawn(
    ledger: SqlLedger, journeys: list[Journey], truth: Truth
) -> None:
    counted = [journey for journey in journeys if journey.is_counted]
    assert len(journeys) - len(counted) == 40  # of 60 second records a third had been passed
    by_source = grouped(counted, of("source"), currency="EUR", rates=RATES)
    assert {f.group for f in by_source} == {"fair", "web", "partner"}
    for found in by_source:
        assert found.counts == {s: truth.steps[found.group, s] for s in found.counts}
        assert found.revenue == truth.revenue[found.group]
    for found in grouped(counted, month, currency="EUR", rates=RATES):
        assert found.counts == {s: truth.cohort[found.group, s] for s in found.counts}
        assert found.revenue == truth.revenue_of_cohort[found.group]
    whole = figures(journeys, currency="EUR", rates=RATES)
    assert whole.human_delay.count == len(truth.answers)
    assert whole.human_delay.median is not None
    times = sorted(truth.answers)
    middle = len(times) // 2
    exact = times[middle] if len(times) % 2 else (times[middle - 1] + times[middle]) / 2
    assert whole.human_delay.median == exact
    assert figures_by(ledger, "source", currency="EUR", rates=RATES) == by_source


def test_every_passed_journey_is_in_exactly_one_state(
    journeys: list[Journey], truth: Truth
) -> None:
    found = Counter(journey.state for journey in journeys)
    assert {s.value: n for s, n in found.items() if s is not None} == dict(truth.states)
    passed = sum(1 for journey in journeys if journey.passed_at)
    assert passed == sum(found[state] for state in State)
    assert min(truth.states.values()) > 5


def test_revenue_is_credited_by_three_models(journeys: list[Journey], truth: Truth) -> None:
    def credit(model: Model) -> dict[str, Decimal]:
        return credited(journeys, of("source"), model, currency="EUR", rates=RATES)

    assert credit(Model.FIRST) == truth.first
    assert credit(Model.LAST) == truth.revenue
    split = credit(Model.SPLIT)
    assert {s: round(v, 6) for s, v in split.items()} == {
        s: round(v, 6) for s, v in truth.split.items()
    }
    assert round(sum(split.values()), 6) == round(sum(truth.first.values()), 6)
    assert truth.first != truth.revenue


def test_a_target_counts_what_fell_into_its_period(journeys: list[Journey], truth: Truth) -> None:
    wanted = MetricTarget(metric="revenue", period="quarter", value=Decimal(100_000))
    targets = Targets(currency="EUR", rates=RATES, targets=(wanted,))
    at = datetime(2026, 6, 30, 12, tzinfo=UTC)
    (found,) = reached(journeys, targets, lambda journey, name: "", now=at)
    assert found.actual == truth.quarter > 0
    assert found.is_on_course is (truth.quarter >= Decimal(100_000) * Decimal(str(found.passed)))


def test_an_opportunity_of_two_leads_is_counted_once(ledger: SqlLedger) -> None:
    money: dict[str, Json] = {"opportunity": "006", "amount": "100", "currency": "EUR"}
    events = [
        Event(key=f"{lead}{kind}", lead_id=lead, kind=kind, at=START, data={"source": lead} | money)
        for lead in ("hs-1", "hs-2")
        for kind in (Kind.CAPTURED, Kind.HANDED_OFF, Kind.OPPORTUNITY_CREATED, Kind.WON)
    ]
    with ledger.transaction() as tx:
        tx.record(events, now=NOW)
    ledger.measure(NAMES)
    whole = figures(ledger.journeys(), currency="EUR", rates={})
    assert (whole.revenue, whole.counts["won"]) == (Decimal(100), 2)
    parts = figures_by(ledger, "source", currency="EUR", rates={})
    assert [part.revenue for part in parts] == [Decimal(50), Decimal(50)]
