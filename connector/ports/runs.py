"""Runs of jobs and counts of the stock: how far was read, what became of it, what must agree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.plan import ActionKind
from connector.core.problems import Problem
from connector.core.turns import Draw
from connector.ports.systems import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a stream was read: everything up to `covered`, and inside `window` up to `after`."""

    stream: str
    covered: datetime | None = None
    window: Window | None = None
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """When one lead's promises are next to be looked at, and who gets nothing new meanwhile."""

    lead_id: str
    look_at: datetime | None = None  #: None: only a new fact changes anything
    hold: tuple[str, ...] = ()  #: person keys


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """What one run did with everything it picked up; the sum must close."""

    picked_up: int = 0
    delivered: int = 0
    skipped: int = 0
    waiting: int = 0
    parked: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)  #: further counts, by name

    def check(self) -> None:
        """Raises AssertionError where a record was lost."""
        accounted = self.delivered + self.skipped + self.waiting + self.parked
        if accounted != self.picked_up:
            raise AssertionError(
                f"{self.picked_up} picked up but {accounted} accounted for: a record was lost"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one job."""

    id: str
    job: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""  #: done, attention, configuration, away, bug, interrupted
    exit_code: int | None = None
    totals: RunTotals = field(default_factory=RunTotals)
    ruleset: str = ""
    message: str = ""
    mode: str = ""  #: rehearse or live


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Leads with an id behind `after` and up to `until`; an empty `until` is open."""

    after: str = ""
    until: str = ""

    @property
    def name(self) -> str:
        return f"{self.after}..{self.until}"

    @classmethod
    def named(cls, name: str) -> "Span":
        """The span of that name."""
        after, _, until = name.partition("..")
        return cls(after=after, until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Turns counted, however many they are, and the number of the last of them."""

    counts: tuple[tuple[str, str, Draw, int], ...] = ()  #: (team, person, draw, how often)
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """How many leads share a stage, a segment, a product and an age band."""

    stage: str
    segment: str
    product: str
    age: int  #: index of the band; see `AGES` of the stock
    is_passed: bool  #: with sales in this cycle
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Two counts that must be the same."""

    name: str
    wanted: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """How many writes of one kind wait to be delivered."""

    kind: ActionKind
    record_kind: str
    gives_owner: bool  #: whether they set the record's owner
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a group of actions waits for a person: one line of the list, one alert."""

    name: str  #: destination and code: what an alert is grouped by
    problem: Problem  #: of the newest action
    lead_ids: tuple[str, ...]
