"""What a good and a bad lead is: disqualifiers, scores, BANT and the conditions of the stages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.core.problems import NOWHERE, Place
from connector.core.rules.conditions import ALWAYS, Condition
from connector.core.rules.examples import Example
from connector.core.rules.vocabulary import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifyRule:
    """A bad lead; checked before anything else. `reason` is a word of the vocabulary."""

    name: str
    when: Condition
    reason: str
    labels: Labels = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRule:
    """Points for what a lead is (fit) or did (intent).

    An intent rule counts activities of a kind: each is worth `points`, halved every
    `half_life_days`, and all of them together never more than `at_most`.
    """

    name: str
    points: int
    when: Condition = ALWAYS
    activity: str | None = (
        None  #: kind of activity an intent rule counts; None for a plain condition
    )
    half_life_days: float | None = None
    at_most: int | None = None
    labels: Labels = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessRule:
    """How much knowing one field is worth; sensitive fields are simply not listed."""

    name: str  #: of the field
    points: int
    question: Labels = field(default_factory=dict)  #: what a form or a rep would ask next
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class BantRule:
    """One letter of BANT: the condition, and the fields that are its evidence."""

    letter: str  #: budget, authority, need, timing
    when: Condition
    evidence: tuple[str, ...] = ()
    labels: Labels = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """The condition of a stage. Facts: `score.fit`, `score.intent`, `score.completeness`,
    `score.total`, `bant.count`, `bant.budget` …, `stage`, `cycle`, `temperature`."""

    stage: str
    when: Condition
    manual: bool = False  #: a person of the lead centre decides; the rule only proposes
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature:
    """A band of the total score or of events: cold, warm, hot."""

    name: str
    when: Condition
    labels: Labels = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Requalification:
    """The guard against loops: what must have happened since a lead came back."""

    new_activity: bool = True  #: only activities after the return count
    cool_down_days: int = 30
    max_cycles: int = 4
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """All of qualification.yaml; the order of evaluation is fixed: bad, scores, stages."""

    disqualify: tuple[DisqualifyRule, ...]
    fit: tuple[ScoreRule, ...]
    intent: tuple[ScoreRule, ...]
    completeness: tuple[CompletenessRule, ...]
    weights: Mapping[str, float]  #: fit, intent, completeness -> share of the total score (sum 1)
    bant: tuple[BantRule, ...]
    stages: tuple[StageRule, ...]  #: lowest stage first
    temperatures: tuple[Temperature, ...]  #: hottest first; the first that holds is taken
    required_for: Mapping[str, tuple[str, ...]]  #: stage -> fields it needs
    contact_gate: tuple[str, ...] = ()  #: fields without which nothing is handed over
    requalification: Requalification = Requalification()
