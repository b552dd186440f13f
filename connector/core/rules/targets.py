"""What both teams aim at: metrics, targets, currencies, alarm sensitivity, cadence of meetings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.core.problems import NOWHERE, Place
from connector.core.rules.vocabulary import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTarget:
    """A wanted figure for one metric in one period, whole or for one segment."""

    metric: str
    period: str  #: week, fortnight, month, quarter
    value: Decimal
    segment: str = ""
    owner: str = ""  #: role that is measured on it
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A coming campaign, for the meeting pack."""

    name: str
    starts_on: date
    expected_leads: int | None = None
    labels: Labels = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """All of targets.yaml."""

    currency: str  #: ISO 4217: the currency reports add up in
    rates: Mapping[str, tuple[tuple[date, Decimal], ...]] = field(default_factory=dict)
    targets: tuple[MetricTarget, ...] = ()
    segments: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  #: name -> fields it groups by
    false_alarm_rate: float = 0.01  #: of the sequential test over a whole year
    meeting_every_days: int = 14
    campaigns: tuple[Campaign, ...] = ()
    metric_labels: Mapping[str, Labels] = field(default_factory=dict)
    place: Place = NOWHERE
