"""How sales people work: their habits, their hours, and what they think of a lead."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from connector.sandbox.people.life import Life
from connector.sandbox.people.persons import Person
from connector.sandbox.people.seasons import WorkingHours

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a rep does with a lead. Hours are working hours.

    `answer_hours` bounds the time to the first touch, `touch_hours` the time between touches;
    `patience` is how many touches a lead gets. `keeps_status` is whether the status in Salesforce
    follows, `closes` whether a lead that leads nowhere is ever given back, `tells_why` how often
    the reason is filled in. `pickiness` is the share of promising leads rejected all the same.
    The `exact` rep does with every lead what its outlook says, if all can be reached.
    """

    name: str
    answer_hours: tuple[float, float] = (0.5, 6.0)
    touch_hours: tuple[float, float] = (8.0, 30.0)
    patience: tuple[int, int] = (3, 6)
    keeps_status: bool = True
    closes: bool = True
    tells_why: float = 0.95
    notes: float = 0.5
    pickiness: float = 0.05
    neglect: float = 0.0  #: share of leads that are never looked at


HABITS: Mapping[str, Habits] = {
    one.name: one
    for one in (
        Habits(name="honest"),
        Habits(name="exact", patience=(3, 3), pickiness=0.0, tells_why=1.0),
        Habits(name="fast", answer_hours=(0.05, 0.8), touch_hours=(4, 16), patience=(4, 8)),
        Habits(name="slow", answer_hours=(12, 60), touch_hours=(24, 60), patience=(2, 4)),
        Habits(name="absent", answer_hours=(1, 10), neglect=0.25, notes=0.3),
        Habits(name="silent", keeps_status=False, closes=False, tells_why=0.0, notes=0.1),
        Habits(name="picky", pickiness=0.45, tells_why=1.0, notes=0.8),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """One member of the sales team, by address the same person in both systems."""

    first_name: str
    last_name: str
    email: str
    habits: Habits
    zone: str = "Europe/Paris"
    opens: time = time(9)
    closes: time = time(18)
    absences: tuple[tuple[date, date], ...] = ()
    user_id: str = ""

    def hours(self) -> WorkingHours:
        """The rep's working hours."""
        return WorkingHours(self.zone, self.opens, self.closes, self.absences)

    def hired_as(self, user_id: str) -> "Rep":
        """The same rep with a Salesforce user."""
        return replace(self, user_id=user_id)


def _rep(
    first: str, last: str, habit: str, zone: str, *away: tuple[date, date], email: str = ""
) -> Rep:
    return Rep(
        first_name=first,
        last_name=last,
        email=f"{email or f'{first}.{last}'.lower()}@northlight.example",
        habits=HABITS[habit],
        zone=zone,
        absences=away,
    )


ROSTER: tuple[Rep, ...] = (
    _rep("Lena", "Vogt", "fast", "Europe/Berlin"),
    _rep(
        "Marco",
        "Steiner",
        "absent",
        "Europe/Vienna",
        (date(2026, 4, 13), date(2026, 4, 26)),
        (date(2026, 7, 20), date(2026, 8, 9)),
        (date(2026, 12, 21), date(2027, 1, 3)),
    ),
    _rep("Camille", "Girard", "honest", "Europe/Paris"),
    _rep("Hugo", "Lefèvre", "slow", "Europe/Paris", email="hugo.lefevre"),
    _rep("Sofia", "Lindqvist", "picky", "Europe/Berlin"),
    _rep("Jonas", "Brandt", "silent", "Europe/Berlin"),
    _rep("Nadia", "Benali", "honest", "Europe/Berlin"),
    _rep("Priya", "Nair", "fast", "Europe/Berlin"),
)
QUEUES = ("Inbound_Desk", "Partner_Desk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What will come of a lead if it is worked, decided when it is first looked at.

    `reason` is what a rejection would say; `amount` is the deal's, in its currency.
    """

    reached: float
    converts: bool
    wins: bool
    reason: str
    amount: Decimal
    currency: str = "USD"


Judge = Callable[[Row, random.Random], Outlook]

_REASONS = {
    "No budget": 18,
    "No need": 16,
    "Bad timing": 24,
    "No authority": 10,
    "Unreachable": 8,
    "Competitor": 8,
    "Other": 5,
}
_KIND_REASONS = {
    "student": "Student",
    "competitor": "Competitor",
    "job_seeker": "No need",
    "junk": "Wrong contact data",
}
_CURRENCIES = {"United States": "USD", "United Kingdom": "GBP", "Japan": "JPY", "Canada": "CAD"}
_RATES = {"USD": 1, "EUR": 0.9, "GBP": 0.8, "JPY": 150, "CAD": 1.35}


def by_score(lead: Row, rng: random.Random) -> Outlook:
    """Judges by what the Lead itself shows: its score, and chance."""
    score = min(1.0, float(lead.get("Lead_Score__c") or 40) / 100)
    converts = rng.random() < 0.08 + 0.6 * score
    return Outlook(
        reached=0.35 + 0.4 * score,
        converts=converts,
        wins=converts and rng.random() < 0.2 + 0.3 * score,
        reason=rng.choices(tuple(_REASONS), weights=tuple(_REASONS.values()))[0],
        amount=_amount(int(lead.get("NumberOfEmployees") or 50), rng),
    )


def by_truth(life: Life) -> Judge:
    """Judges by what the people of a town really want; strangers by their score."""

    def judge(lead: Row, rng: random.Random) -> Outlook:
        person = life.truth.get(str(lead.get("Email") or "").lower())
        return _of_person(person, rng) if person else by_score(lead, rng)

    return judge


def _of_person(person: Person, rng: random.Random) -> Outlook:
    promise = 0.55 * person.intent + 0.45 * person.fit
    converts = person.kind == "buyer" and rng.random() < promise * 0.85 - 0.12
    drawn = rng.choices(tuple(_REASONS), weights=tuple(_REASONS.values()))[0]
    country = person.company.culture.country
    currency = _CURRENCIES.get(country, "EUR")
    amount = _amount(person.company.employees, rng) * Decimal(str(_RATES[currency]))
    return Outlook(
        reached=0.3 + 0.5 * person.intent if person.kind != "junk" else 0.0,
        converts=converts,
        wins=converts and rng.random() < promise * 0.75,
        reason=_KIND_REASONS.get(person.kind, drawn),
        amount=amount.quantize(Decimal(1)),
        currency=currency,
    )


def _amount(employees: int, rng: random.Random) -> Decimal:
    seats = max(8, min(2_000, round(employees * rng.uniform(0.05, 0.25))))
    return Decimal(seats * rng.choice((240, 360, 480)))
