"""Other files on the same history: what would have been passed, and what became of those leads.

Only leads that were passed in truth have an outcome. What the other files pass besides was never
seen by sales: nothing is guessed for it. Its acceptance lies somewhere between none and all, and
the bounds say what that makes of the whole (Manski, "Nonparametric bounds on treatment effects",
American Economic Review 80, 1990).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from connector.core.alarms import WATCHED
from connector.core.attribution import worth
from connector.core.conditions import compile_condition
from connector.core.courses import Course, Courses, Handed, Kept
from connector.core.evidence import total_interval
from connector.core.intervals import wilson
from connector.core.journeys import Journey
from connector.core.rule_diff import Judge
from connector.core.rules.ruleset import Ruleset
from connector.core.shifts import Share

#: Time that a passed lead is given to be accepted, and to become an opportunity.
TO_ACCEPT = timedelta(days=WATCHED["passed", "accepted"])
TO_OPPORTUNITY = TO_ACCEPT + timedelta(days=WATCHED["accepted", "opportunity"])
NONE = Share(part=0, whole=0)
LEAST = 20  #: leads with an outcome below which no rate is told


@dataclass(slots=True, kw_only=True)
class Outcomes:
    """What became of some passed leads, as far as they had the time for it."""

    leads: int = 0
    accepted: Share = NONE
    opportunities: Share = NONE
    won: int = 0
    amounts: list[float] = field(default_factory=list)  #: revenue of each lead that brought any

    @property
    def revenue(self) -> float:
        return sum(self.amounts)

    def add(self, journey: Journey, amount: Decimal, now: datetime) -> None:
        assert journey.passed_at is not None
        self.leads += 1
        waited = now - journey.passed_at
        if waited >= TO_ACCEPT:
            self.accepted = _counted(self.accepted, journey.accepted_at is not None)
        if waited >= TO_OPPORTUNITY:
            self.opportunities = _counted(self.opportunities, journey.opportunity_at is not None)
        self.won += bool(journey.won)
        if amount:
            self.amounts.append(float(amount))


def _counted(share: Share, hit: bool) -> Share:
    return Share(part=share.part + hit, whole=share.whole + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How many cycles came so far: in truth, by the old files decided anew, by the new ones.

    `low` and `high` hold the new number with 90 %, were as many leads to come again.
    """

    step: str  #: marketing_qualified or passed
    happened: int
    before: int
    after: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLoad:
    """Leads of one owner: in truth, by the old files, by the new ones with their interval."""

    owner: str
    happened: int
    before: int
    after: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtested:
    """What two sets of files make of one history. Intervals are of 90 %."""

    cycles: int  #: that were decided anew
    lost: int  #: cycles without inputs: nothing decided yet, or erased, or expired
    since: datetime | None
    until: datetime
    volumes: tuple[Volume, ...]
    agreement: Share  #: cycles in which the old files, decided anew, pass as it happened
    undecided: int  #: cycles that the new files leave to the lead centre, never asked about them
    both: Outcomes  #: passed in truth, and by the new files
    dropped: Outcomes  #: passed in truth, not by the new files
    gained: int  #: passed by the new files only: no outcome was ever observed
    revenue: tuple[float, float]  #: interval of the revenue of `both`
    currency: str
    loads: tuple[OwnerLoad, ...]
    blank: tuple[str, ...]  #: fields the new files ask about and no kept input holds

    @property
    def acceptance(self) -> tuple[float, float] | None:
        """Interval of the rate of `both`; None with too few outcomes."""
        return _interval(self.both.accepted)

    @property
    def opportunities(self) -> tuple[float, float] | None:
        return _interval(self.both.opportunities)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Acceptance of all that the new files pass, whatever sales makes of the gained ones."""
        known = self.acceptance
        passed = self.both.leads + self.gained
        if known is None or not passed:
            return None
        low, high = known
        return low * self.both.leads / passed, (high * self.both.leads + self.gained) / passed


def _interval(share: Share) -> tuple[float, float] | None:
    return wilson(share.part, share.whole) if share.whole >= LEAST else None


class Backtest:
    """Two sets of files on one history; cycles are given one by one, in any order."""

    def __init__(self, old: Ruleset, new: Ruleset, *, now: datetime) -> None:
        self._old, self._new = Courses(Judge(old)), Courses(Judge(new))
        self._targets, self._now = new.targets, now
        self._cycles = self._lost = self._agreed = self._undecided = self._gained = 0
        self._qualified, self._passed = Counter[str](), Counter[str]()
        self._both, self._dropped = Outcomes(), Outcomes()
        self._owners: Counter[str] = Counter()
        self._handed: tuple[list[Handed], list[Handed]] = ([], [])
        self._since: datetime | None = None
        self._held: set[str] = set()

    def add(self, inputs: Sequence[Kept], journey: Journey, previous: Journey | None) -> None:
        """One cycle: the kept inputs of its decisions, oldest first, and what became of it."""
        if not inputs:
            self._lost += 1
            return
        before = self._old.of(inputs, journey, previous, self._now)
        after = self._new.of(inputs, journey, previous, self._now)
        self._cycles += 1
        began = journey.captured_at or inputs[0].taken_at
        self._since = min(self._since or began, began)
        for one in inputs:
            self._held.update(one.values)
        self._count(journey, before, after)
        if journey.passed_at is not None:
            self._owners[journey.owner] += 1
            kept = self._both if after.handed else self._dropped
            rates = self._targets.rates
            kept.add(journey, worth(journey, self._targets.currency, rates), self._now)
        else:
            self._gained += after.handed is not None
        for course, handed in zip((before, after), self._handed, strict=True):
            if course.handed is not None:
                handed.append(course.handed)

    def _count(self, journey: Journey, before: Course, after: Course) -> None:
        happened = journey.passed_at is not None
        self._agreed += happened is (before.handed is not None)
        self._undecided += after.is_undecided and after.handed is None
        for name, qualified, passed in (
            ("happened", journey.marketing_qualified_at is not None, happened),
            ("before", before.marketing_qualified_at is not None, before.handed is not None),
            ("after", after.marketing_qualified_at is not None, after.handed is not None),
        ):
            self._qualified[name] += qualified
            self._passed[name] += passed

    def result(self, dice: Random) -> Backtested:
        """The figures of all cycles given so far; `dice` draw the interval of the revenue."""
        return Backtested(
            cycles=self._cycles,
            lost=self._lost,
            since=self._since,
            until=self._now,
            volumes=(
                self._volume("marketing_qualified", self._qualified),
                self._volume("passed", self._passed),
            ),
            agreement=Share(part=self._agreed, whole=self._cycles),
            undecided=self._undecided,
            both=self._both,
            dropped=self._dropped,
            gained=self._gained,
            revenue=total_interval(self._both.amounts, dice),
            currency=self._targets.currency,
            loads=self._loads(),
            blank=self._blank(),
        )

    def _volume(self, step: str, counts: Counter[str]) -> Volume:
        low, high = wilson(counts["after"], self._cycles)
        return Volume(
            step=step,
            happened=counts["happened"],
            before=counts["before"],
            after=counts["after"],
            low=low * self._cycles,
            high=high * self._cycles,
        )

    def _loads(self) -> tuple[OwnerLoad, ...]:
        before = self._old.loads(self._handed[0])
        after = self._new.loads(self._handed[1])
        found = []
        for owner in dict.fromkeys((*after, *before, *sorted(self._owners))):
            low, high = wilson(after.get(owner, 0), self._cycles)
            found.append(
                OwnerLoad(
                    owner=owner,
                    happened=self._owners[owner],
                    before=before.get(owner, 0),
                    after=after.get(owner, 0),
                    low=low * self._cycles,
                    high=high * self._cycles,
                )
            )
        return tuple(found)

    def _blank(self) -> tuple[str, ...]:
        """Agreed fields only: facts are made by the decision, and activities are no values."""
        ruleset = self._new.judge.ruleset
        known = set(ruleset.fields.rules) - self._held
        return tuple(sorted(known & set(_asked(ruleset)))) if self._cycles else ()


def _asked(ruleset: Ruleset) -> Iterable[str]:
    """Every field that conditions of the definition ask about."""
    rules = ruleset.qualification
    conditions = [rule.when for rule in (*rules.fit, *rules.intent)]
    conditions += [rule.when for rule in rules.disqualify]
    conditions += [rule.when for rule in rules.bant]
    conditions += [rule.when for rule in rules.stages]
    for condition in conditions:
        yield from compile_condition(condition).fields
