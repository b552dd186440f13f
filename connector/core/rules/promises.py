"""What both sides promise each other: clauses, escalation and the RACI matrix."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from connector.core.problems import NOWHERE, Place
from connector.core.records import Value
from connector.core.rules.conditions import ALWAYS, Condition
from connector.core.rules.vocabulary import Labels, Signature


class Side(StrEnum):
    """Who promises."""

    SALES = "sales"
    MARKETING = "marketing"


class ClockKind(StrEnum):
    """Calendar time, or the working hours of the responsible person."""

    CALENDAR = "calendar"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touches:
    """How many completed contacts of each kind, where a clause counts them."""

    phone: int = 0
    email: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What happens when a clause is at risk or broken."""

    after: timedelta  #: measured on the clause's clock from the start event
    tell: tuple[str, ...]  #: roles
    reassign: bool = False
    hold_new_leads: bool = False
    propose_recycle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseExample:
    """A worked example: when a promise is due, or how it stands after so much time.

    What is asked depends on the clause: time on its clock and an answer or touches, the values a
    lead is passed with, or the leads of a period.
    """

    start: str = ""  #: a moment with its offset; with `due`, the example is about the calendar
    due: str = ""
    person: str = ""  #: whose calendar counts, by key
    after: timedelta = timedelta(0)  #: since the start, on the clause's own clock
    answered: bool = False  #: whether something keeps it then
    touches: Touches = Touches()  #: made until then
    given: Mapping[str, Value] = field(default_factory=dict)
    passed: bool = True  #: whether sales has the lead, or it still waits
    count: int = 0  #: leads in the period
    late_count: int = 0  #: of these, in its later half
    expect: str = ""  #: kept, at risk, broken or open
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One measurable promise: from `start` to `stop` within `within` on a named clock."""

    name: str
    side: Side
    start: str  #: event kind
    stop: tuple[str, ...]  #: event kinds, any of which keeps it
    within: timedelta
    clock: ClockKind
    calendar: str = ""  #: calendar name; empty: the responsible person's own
    when: Condition = ALWAYS
    touches: Touches | None = None
    pauses: Mapping[str, str] = field(
        default_factory=dict
    )  #: event that stops the clock -> resumes
    at_risk: timedelta | None = None  #: how long before the end the clause is at risk
    restarts: tuple[str, ...] = ()  #: event kinds that keep it and begin it anew (status age)
    holds: Condition | None = None  #: must hold at the start: completeness, context
    at_least: int | None = None  #: so many start events in every `within`, over all leads: volume
    severity: str = "normal"
    responsible: str = "owner"  #: `owner` or a role
    audience: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    labels: Labels = field(default_factory=dict)
    examples: tuple[ClauseExample, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class RaciRow:
    """One activity or decision; exactly one role is accountable."""

    activity: str
    responsible: tuple[str, ...]
    accountable: str
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    labels: Labels = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """All of promises.yaml."""

    clauses: Mapping[str, Clause]
    raci: tuple[RaciRow, ...]
    enforcer: str  #: role that watches
    sponsor: str = ""  #: person key
    signatures: tuple[Signature, ...] = ()
    review_on: date | None = None
    customer_promise: Labels = field(default_factory=dict)
    customer_promise_property: str | None = None
    minimum_touches: Touches = Touches()  #: before `unreachable` is accepted
    place: Place = NOWHERE
