"""The shape of qualification.yaml: bad leads, scores, BANT, stages and temperatures."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from connector.mapfiles.shapes.common import (
    ConditionText,
    Duration,
    Durations,
    ExampleShape,
    GivenValues,
    Labels,
    Name,
    Shape,
    Words,
)

_WHEN = {"country": {"in": ["DE", "AT"]}, "employees": {"at_least": 500}}


class DisqualifyShape(Shape):
    """A bad lead: checked before anything else."""

    noun: ClassVar[str] = "bad-lead rule"
    name: Name = Field(description="How reports call the rule.", examples=["competitor"])
    when: ConditionText = Field(
        description="When it holds.", examples=[{"email_domain": "x.example"}]
    )
    reason: Name = Field(description="A reason of vocabulary.yaml.", examples=["competitor"])
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Concurrent"}]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples; `leadrelay test` runs them.",
        examples=[[{"given": {"email_domain": "x.example"}, "expect": "match"}]],
    )


class FitShape(Shape):
    """Points for what a lead is."""

    noun: ClassVar[str] = "fit rule"
    name: Name = Field(description="How explanations call the rule.", examples=["large company"])
    points: int = Field(description="Added when the rule holds; may be negative.", examples=[20])
    when: ConditionText = Field(description="When it holds.", examples=[_WHEN])
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Grande entreprise"}]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples.",
        examples=[[{"given": {"employees": 900}, "expect": 20}]],
    )


class IntentExampleShape(ExampleShape):
    """A worked example of points that may fade."""

    given: GivenValues = Field(
        default={},
        description="Values of agreed fields or facts; everything not named is unknown.",
        examples=[{"interest": "demo"}],
    )
    ago: Durations = Field(
        default=(),
        description="How long ago each activity was; `expect` is then what is left, rounded.",
        examples=[["1d", "30d"], "14d"],
    )


class IntentShape(Shape):
    """Points for what a lead did, or said it wants; activities count less as they grow old."""

    noun: ClassVar[str] = "intent rule"
    name: Name = Field(description="How explanations call the rule.", examples=["filled in a form"])
    points: int = Field(description="For each activity, or once for a condition.", examples=[15])
    activity: str | None = Field(
        default=None,
        description="Kind of activity that is counted (see `activities` in fields.yaml).",
        examples=["form"],
    )
    half_life: Duration | None = Field(
        default=None, description="Time after which an activity counts half.", examples=["14d"]
    )
    at_most: int | None = Field(
        default=None, description="All activities of this rule together.", examples=[40]
    )
    when: ConditionText | None = Field(
        default=None, description="Counts only when this holds.", examples=[_WHEN]
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Formulaire rempli"}]
    )
    examples: tuple[IntentExampleShape, ...] = Field(
        default=(),
        description="Worked examples of the condition, and of how points fade.",
        examples=[[{"given": {"interest": "demo"}, "expect": 25}, {"ago": "14d", "expect": 8}]],
    )


class CompletenessShape(Shape):
    """How much knowing one field is worth."""

    noun: ClassVar[str] = "completeness rule"
    field: Name = Field(description="An agreed field.", examples=["phone"])
    points: int = Field(gt=0, description="Points when it is known.", examples=[15])
    ask: Labels = Field(
        default={},
        description="What a form or a rep asks next, by language.",
        examples=[{"en": "Which number may we call?"}],
    )


class ScoreShape(Shape):
    """Three sub-scores of 0 to 100 each, and what they weigh in the total."""

    noun: ClassVar[str] = "score"
    weights: dict[str, float] = Field(
        description="Share of fit, intent and completeness in the total; they add up to 1.",
        examples=[{"fit": 0.4, "intent": 0.45, "completeness": 0.15}],
    )
    fit: tuple[FitShape, ...] = Field(
        description="What a good lead is.", examples=[[{"name": "x", "points": 5, "when": _WHEN}]]
    )
    intent: tuple[IntentShape, ...] = Field(
        description="What an interested lead does.",
        examples=[[{"name": "form", "activity": "form", "points": 15, "half_life": "14d"}]],
    )
    completeness: tuple[CompletenessShape, ...] = Field(
        description="What we should know.", examples=[[{"field": "phone", "points": 15}]]
    )


class BantLetterShape(Shape):
    """One letter of BANT."""

    noun: ClassVar[str] = "BANT letter"
    when: ConditionText = Field(description="When it is answered with yes.", examples=[_WHEN])
    evidence: Words = Field(
        default=(), description="Fields that prove it, for the brief.", examples=[["budget"]]
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Budget"}]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples.",
        examples=[[{"given": {"budget": 20000}, "expect": "match"}]],
    )


class BantShape(Shape):
    """The four letters of BANT."""

    noun: ClassVar[str] = "BANT"
    budget: BantLetterShape = Field(
        description="There is money for it.", examples=[{"when": _WHEN}]
    )
    authority: BantLetterShape = Field(
        description="The person may decide, or prepares the decision.", examples=[{"when": _WHEN}]
    )
    need: BantLetterShape = Field(
        description="There is a problem that we solve.", examples=[{"when": _WHEN}]
    )
    timing: BantLetterShape = Field(description="It is soon enough.", examples=[{"when": _WHEN}])


class StageRuleShape(Shape):
    """What a lead must be to stand in a stage."""

    noun: ClassVar[str] = "stage rule"
    stage: Name = Field(description="A stage of vocabulary.yaml.", examples=["mql"])
    when: ConditionText = Field(
        description="When a lead reaches it. Also knows score.fit, score.total, bant.count …",
        examples=[{"score.fit": {"at_least": 40}}],
    )
    manual: bool = Field(
        default=False,
        description="A person of the lead centre decides; the rule only proposes.",
        examples=[True],
    )
    requires: Words = Field(
        default=(), description="Fields that must be known.", examples=[["email", "company"]]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples.",
        examples=[[{"given": {"score.fit": 50}, "expect": "match"}]],
    )


class TemperatureShape(Shape):
    """A band of interest; the first in the file that holds is taken."""

    noun: ClassVar[str] = "temperature"
    name: Name = Field(description="As written to the CRM.", examples=["hot"])
    when: ConditionText = Field(
        default={}, description="When it holds; without it, always.",
        examples=[{"score.total": {"at_least": 70}}],
    )  # fmt: skip
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "chaud"}]
    )
    examples: tuple[ExampleShape, ...] = Field(
        default=(),
        description="Worked examples.",
        examples=[[{"given": {"score.total": 71}, "expect": "match"}]],
    )


class RequalificationShape(Shape):
    """The guard against loops: what must have happened since a lead came back."""

    noun: ClassVar[str] = "re-qualification guard"
    new_activity: bool = Field(
        default=True, description="Only activities after the return count.", examples=[True]
    )
    cool_down: Duration = Field(
        default=timedelta(days=30),
        description="Not passed again before this time is over.",
        examples=["30d"],
    )
    max_cycles: int = Field(
        default=4, gt=0, description="How often a lead may be passed at all.", examples=[4]
    )


class QualificationFile(Shape):
    """What a good and a bad lead is. The order of evaluation is fixed: bad, scores, stages."""

    noun: ClassVar[str] = "qualification"
    disqualify: tuple[DisqualifyShape, ...] = Field(
        default=(),
        description="Bad leads.",
        examples=[[{"name": "x", "when": _WHEN, "reason": "other"}]],
    )
    score: ScoreShape = Field(description="Points and weights.", examples=[{"weights": {"fit": 1}}])
    bant: BantShape = Field(
        description="Budget, authority, need, timing.", examples=[{"need": {"when": _WHEN}}]
    )
    stages: tuple[StageRuleShape, ...] = Field(
        min_length=1,
        description="Conditions of the stages, lowest stage first.",
        examples=[[{"stage": "mql", "when": {"score.fit": {"at_least": 40}}}]],
    )
    temperatures: tuple[TemperatureShape, ...] = Field(
        default=(),
        description="Hottest first.",
        examples=[[{"name": "hot", "when": {"score.total": {"at_least": 70}}}]],
    )
    contact_gate: Words = Field(
        default=(),
        description="Fields without which nothing is handed over.",
        examples=[["last_name", "company", "email"]],
    )
    requalification: RequalificationShape = Field(
        default_factory=RequalificationShape,
        description="When a returned lead may be passed again.",
        examples=[{"cool_down": "30d"}],
    )
