"""The shape of recycling.yaml: what becomes of leads that sales cannot use now."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from connector.mapfiles.shapes.common import (
    ConditionText,
    Duration,
    ExampleShape,
    Labels,
    Name,
    Sentence,
    Shape,
    Words,
)


class StatusShape(Shape):
    """What a Salesforce lead status means."""

    noun: ClassVar[str] = "status"
    stage: str | None = Field(default=None, description="Stage it shows.", examples=["accepted"])
    disposition: str | None = Field(
        default=None, description="Disposition it gives.", examples=["recycle"]
    )
    hubspot_lead_status: str | None = Field(
        default=None, description="Value of `hs_lead_status` in HubSpot.", examples=["IN_PROGRESS"]
    )


class ProgrammeShape(Shape):
    """A nurture programme: more than e-mails."""

    noun: ClassVar[str] = "programme"
    hubspot_list: str | None = Field(
        default=None,
        description="Static list in HubSpot that starts the programme.",
        examples=["Nurture: education"],
    )
    hubspot_property: str | None = Field(
        default=None,
        description="Property that starts a workflow instead.",
        examples=["lr_recycle_programme"],
    )
    hubspot_value: str | None = Field(
        default=None, description="Its value.", examples=["education"]
    )
    steps: tuple[Sentence, ...] = Field(
        default=(),
        description="Calls, ads, events, mails: what marketing does, in words, by language.",
        examples=[["A mail every two weeks", {"en": "A call", "fr": "Un appel"}]],
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Formation"}]
    )


class RecycleShape(Shape):
    """Which programme a returned lead joins; the first rule that holds decides."""

    noun: ClassVar[str] = "recycle rule"
    name: Name = Field(description="How reports call it.", examples=["not now"])
    reasons: Words = Field(
        description="Reasons of vocabulary.yaml.", examples=[["bad_timing", "no_budget"]]
    )
    programme: Name = Field(description="A programme of this file.", examples=["keep-warm"])
    when: ConditionText = Field(
        default={},
        description="For which leads; without it, for all.",
        examples=[{"country": "FR"}],
    )
    cool_down: Duration | None = Field(
        default=None, description="Instead of the file's cool-down.", examples=["90d"]
    )
    return_after: Duration | None = Field(
        default=None, description="Comes back by itself after this time.", examples=["180d"]
    )
    return_on: str | None = Field(
        default=None, description="Date field that says when it comes back.", examples=["buy_date"]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples; `reason` is a fact.",
        examples=[[{"given": {"reason": "bad_timing"}, "expect": "match"}]],
    )


class EchoShape(Shape):
    """HubSpot properties into which the outcome of each passed lead is written."""

    noun: ClassVar[str] = "echo"
    stage: str | None = Field(
        default=None, description="For the stage.", examples=["lr_outcome_stage"]
    )
    disposition: str | None = Field(
        default=None, description="For the disposition.", examples=["lr_outcome"]
    )
    owner: str | None = Field(
        default=None, description="For the owner's name.", examples=["lr_outcome_owner"]
    )
    amount: str | None = Field(
        default=None, description="For the amount won.", examples=["lr_outcome_amount"]
    )
    extra: dict[str, str] = Field(
        default={},
        description="Further facts by name.",
        examples=[{"cycle": "lr_cycle"}],
    )


class RecyclingFile(Shape):
    """Statuses and what they mean; reasons and where they lead; the outcome for marketing."""

    noun: ClassVar[str] = "recycling"
    statuses: dict[str, StatusShape] = Field(
        min_length=1,
        description="Every lead status of Salesforce.",
        examples=[{"Working - Contacted": {"stage": "accepted"}}],
    )
    programmes: dict[str, ProgrammeShape] = Field(
        min_length=1,
        description="Nurture programmes by name.",
        examples=[{"keep-warm": {"hubspot_list": "Nurture: keep warm"}}],
    )
    rules: tuple[RecycleShape, ...] = Field(
        default=(),
        description="In order; the first that holds decides.",
        examples=[[{"name": "not now", "reasons": "bad_timing", "programme": "keep-warm"}]],
    )
    fallback_programme: Name = Field(
        description="For reasons that no rule names.", examples=["keep-warm"]
    )
    cool_down: Duration = Field(
        default=timedelta(days=30),
        description="Rest before a lead is qualified again.",
        examples=["30d"],
    )
    max_cycles: int = Field(
        default=4, gt=0, description="How often a lead may come round.", examples=[4]
    )
    recycled_stage: Name = Field(
        description="Stage a recycled lead goes back to.", examples=["captured"]
    )
    recycled_lead_status: str | None = Field(
        default=None, description="Its `hs_lead_status` in HubSpot.", examples=["BAD_TIMING"]
    )
    reason_property: str | None = Field(
        default=None, description="Property for the reason.", examples=["lr_recycle_reason"]
    )
    goal_property: str | None = Field(
        default=None,
        description="Property for what is missing to pass again.",
        examples=["lr_nurture_goal"],
    )
    stalled_after: Duration = Field(
        default=timedelta(days=14),
        description="An opportunity without update for so long gets marketing's support.",
        examples=["14d"],
    )
    stalled_programme: str | None = Field(
        default=None, description="The programme for that.", examples=["deal-support"]
    )
    never_again: Words = Field(
        default=(),
        description="Reasons after which a lead is not qualified again.",
        examples=[["competitor"]],
    )
    echo: EchoShape = Field(
        default_factory=EchoShape,
        description="What marketing sees of each passed lead.",
        examples=[{"stage": "lr_outcome_stage"}],
    )
