"""The shape of examples/*.yaml: golden leads, whole leads with what must become of them."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from connector.mapfiles.shapes.common import Duration, GivenValues, Name, Shape, Words


class GoldenActivityShape(Shape):
    """Something the lead did, so long before the moment of the decision."""

    noun: ClassVar[str] = "activity"
    kind: Name = Field(description="Kind of activity.", examples=["form"])
    ago: Duration = Field(description="How long before `now`.", examples=["2d"])
    title: str = Field(default="", description="Its name.", examples=["Demo request"])


class GoldenStateShape(Shape):
    """What history contributes, where the lead is not new."""

    noun: ClassVar[str] = "state"
    stage: str | None = Field(default=None, description="Stage so far.", examples=["mql"])
    cycle: int = Field(default=1, gt=0, description="Which cycle it is.", examples=[2])
    cycle_started_ago: Duration | None = Field(
        default=None, description="How long the cycle is open.", examples=["40d"]
    )
    cooled_down_in: Duration | None = Field(
        default=None, description="How long the cool-down still lasts.", examples=["10d"]
    )
    disposition: str | None = Field(
        default=None, description="What sales said last.", examples=["recycle"]
    )
    reason: str | None = Field(default=None, description="And why.", examples=["bad_timing"])


class GoldenExpectShape(Shape):
    """What must come out; only what is named is compared."""

    noun: ClassVar[str] = "expectation"
    stage: str | None = Field(default=None, description="The stage.", examples=["sql"])
    disqualified: str | None = Field(
        default=None, description="Reason for which it is refused.", examples=["competitor"]
    )
    score: dict[str, float] = Field(
        default={},
        description="fit, intent, completeness, total; compared to the whole point.",
        examples=[{"fit": 60, "total": 71}],
    )
    bant: Words | None = Field(
        default=None, description="Letters that hold.", examples=[["need", "timing"]]
    )
    temperature: str | None = Field(default=None, description="The band.", examples=["hot"])
    route: str | None = Field(
        default=None, description="Rule that decides the owner, or `fallback`.",
        examples=["enterprise, DACH"],
    )  # fmt: skip
    held: Words | None = Field(
        default=None,
        description="Why it goes no further: contact-gate, lead-centre, cool-down, "
        "no-new-activity, max-cycles, never-again or with-sales.",
        examples=[["cool-down"]],
    )
    promise: str | None = Field(
        default=None,
        description="Clause that sales must keep first, once the lead is passed.",
        examples=["first-touch-hot"],
    )
    brief: Words = Field(
        default=(),
        description="Texts that the brief must hold, once the lead is passed.",
        examples=[["Alpenblick AG", "Budget: yes"]],
    )
    missing: Words | None = Field(
        default=None, description="Fields that lack for the next stage.", examples=[["phone"]]
    )


class GoldenLeadShape(Shape):
    """One whole lead and what must become of it."""

    noun: ClassVar[str] = "golden lead"
    name: Name = Field(description="What the case shows.", examples=["A hot lead from Vienna"])
    given: GivenValues = Field(
        description="Agreed fields and their values.", examples=[{"email": "a@b.example"}]
    )
    activities: tuple[GoldenActivityShape, ...] = Field(
        default=(), description="What the lead did.", examples=[[{"kind": "form", "ago": "2d"}]]
    )
    state: GoldenStateShape = Field(
        default_factory=GoldenStateShape, description="History.", examples=[{"cycle": 2}]
    )
    expect: GoldenExpectShape = Field(
        description="What must come out.", examples=[{"stage": "sql"}]
    )


class GoldenFile(Shape):
    """Golden leads: the definition of a good lead, by example."""

    noun: ClassVar[str] = "golden file"
    now: datetime = Field(
        description="The moment of the decision, with its offset.",
        examples=["2026-11-16T09:00:00+00:00"],
    )
    leads: tuple[GoldenLeadShape, ...] = Field(
        min_length=1,
        description="The leads.",
        examples=[[{"name": "x", "given": {}, "expect": {"stage": "captured"}}]],
    )
