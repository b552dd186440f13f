"""The shape of targets.yaml: what both teams aim at, and how alarms are tuned."""

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from connector.mapfiles.shapes.common import Duration, Labels, Name, Shape, Words


class MetricShape(Shape):
    """How a metric is called on paper."""

    noun: ClassVar[str] = "metric"
    label: Labels = Field(
        description="As printed, by language.", examples=[{"fr": "Leads acceptés"}]
    )


class MetricTargetShape(Shape):
    """A wanted figure for one metric in one period."""

    noun: ClassVar[str] = "target"
    metric: Name = Field(description="A metric of this file.", examples=["qualified_passed"])
    period: str = Field(
        pattern="^(day|week|fortnight|month|quarter)$",
        description="day, week, fortnight, month or quarter.",
        examples=["month"],
    )
    value: Decimal = Field(description="The figure.", examples=[120])
    segment: str = Field(
        default="", description="`segment=value`; without it, the whole.", examples=["country=FR"]
    )
    owner: str = Field(
        default="", description="Role that is measured on it.", examples=["head_of_marketing"]
    )


class CampaignShape(Shape):
    """A coming campaign, for the meeting pack."""

    noun: ClassVar[str] = "campaign"
    name: Name = Field(description="Its name in HubSpot.", examples=["Spring webinar"])
    starts_on: date = Field(description="First day.", examples=["2027-03-08"])
    expected_leads: int | None = Field(
        default=None, ge=0, description="What we hope for.", examples=[80]
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Webinaire"}]
    )


class TargetsFile(Shape):
    """Metrics, targets, currencies, alarms and meetings."""

    noun: ClassVar[str] = "targets"
    currency: str = Field(
        pattern="^[A-Z]{3}$", description="Currency reports add up in.", examples=["EUR"]
    )
    rates: dict[str, dict[date, Decimal]] = Field(
        default={},
        description="What one unit of another currency is worth, from a day on.",
        examples=[{"USD": {"2026-10-01": 0.92}}],
    )
    metrics: dict[str, MetricShape] = Field(
        default={},
        description="Metrics and their labels.",
        examples=[{"qualified_passed": {"label": {"en": "Qualified leads passed"}}}],
    )
    targets: tuple[MetricTargetShape, ...] = Field(
        default=(),
        description="Wanted figures.",
        examples=[[{"metric": "qualified_passed", "period": "month", "value": 120}]],
    )
    segments: dict[str, Words] = Field(
        default={},
        description="How reports cut the figures: name and the fields it groups by.",
        examples=[{"country": ["country"]}],
    )
    false_alarm_rate: float = Field(
        default=0.01, gt=0, lt=0.5,
        description="Chance of a false alarm in a whole year, per conversion rate.",
        examples=[0.01],
    )  # fmt: skip
    meeting_every: Duration = Field(
        default=timedelta(days=14), description="Cadence of the meeting pack.", examples=["14d"]
    )
    campaigns: tuple[CampaignShape, ...] = Field(
        default=(),
        description="What comes next.",
        examples=[[{"name": "Spring webinar", "starts_on": "2027-03-08"}]],
    )
