"""What a qualification decided, and why: stage, scores, BANT, what is missing, what holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from connector.core.conditions import ClauseVerdict, Facts, Gap
from connector.core.problems import NOWHERE, Place
from connector.core.rules.vocabulary import Labels
from connector.core.wording import joined


class Scores(NamedTuple):
    """Fit, intent and completeness, 0 to 100 each, and their weighted total."""

    fit: float
    intent: float
    completeness: float
    total: float


class BantAnswer(NamedTuple):
    """One letter of BANT: whether it is answered, by which known fields, and when that was seen."""

    letter: str
    answered: bool
    evidence: tuple[str, ...]  #: names of fields that are known
    at: datetime | None
    place: Place = NOWHERE


class Held(NamedTuple):
    """Why a lead goes no further although its values would let it. `what` are words or fields.

    Codes: `contact-gate`, `lead-centre`, `cool-down`, `no-new-activity`, `max-cycles`,
    `never-again`, `with-sales`.
    """

    code: str
    stage: str
    what: tuple[str, ...] = ()
    until: datetime | None = None
    place: Place = NOWHERE

    def text(self, language: str = "en") -> str:
        """In words."""
        pattern = _HELD["fr" if language == "fr" else "en"][self.code]
        until = self.until.date().isoformat() if self.until else ""
        return pattern.format(what=joined(self.what, language), until=until, stage=self.stage)


_HELD = {
    "en": {
        "contact-gate": "held: cannot be handed over without {what}",
        "lead-centre": "waits for the lead centre to decide on {stage}",
        "cool-down": "held: cooling down until {until}",
        "no-new-activity": "held: nothing has happened since sales gave it back",
        "max-cycles": "held: sales has had it as often as agreed",
        "never-again": "held: given back for good ({what})",
        "with-sales": "sales has it already; {what} is only reported",
    },
    "fr": {
        "contact-gate": "retenu : pas de transmission sans {what}",
        "lead-centre": "le centre de qualification doit décider de {stage}",
        "cool-down": "retenu : en pause jusqu'au {until}",
        "no-new-activity": "retenu : rien ne s'est passé depuis le retour des commerciaux",
        "max-cycles": "retenu : transmis aussi souvent que convenu",
        "never-again": "retenu : rendu définitivement ({what})",
        "with-sales": "déjà chez les commerciaux ; {what} est seulement signalé",
    },
}


class Explained(NamedTuple):
    """One rule with its outcome: whether it held, what it gave, and its clauses one by one.

    `part` is disqualify, fit, intent, completeness, bant, temperature or stage.
    """

    part: str
    name: str
    passed: bool
    points: float
    clauses: tuple[ClauseVerdict, ...]
    place: Place = NOWHERE
    counted: int = 0  #: activities an intent rule counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one qualification. `explain()` builds the full explanation when asked."""

    stage: str
    previous_stage: str
    scores: Scores
    bant: tuple[BantAnswer, ...]
    temperature: str
    facts: Facts  #: all that conditions were asked on: the values, scores, BANT, stage …
    now: datetime
    rule: str = ""  #: the rule that decided on the stage
    place: Place = NOWHERE
    disqualified: str | None = None  #: name of the bad-lead rule
    reason: str | None = None  #: its reason, a word of the vocabulary
    proposed: str | None = None  #: a stage that waits for a person to decide
    next_stage: str | None = None
    missing: tuple[Gap, ...] = ()  #: for `next_stage`
    question: str | None = None  #: the field worth asking for next
    held: tuple[Held, ...] = ()
    may_pass: bool = False  #: sales qualified, not yet passed in this cycle, and nothing holds it
    explainer: Callable[[], tuple[Explained, ...]]

    @property
    def changed(self) -> bool:
        return self.stage != self.previous_stage

    def explain(self) -> tuple[Explained, ...]:
        """Every rule that was asked, in the order of asking, clause by clause."""
        return self.explainer()

    def goal(self, language: str = "en", labels: Mapping[str, Labels] | None = None) -> str:
        """What is missing for the next stage, in words: the goal of nurturing. Empty if nothing."""
        return joined(tuple(gap.text(language, labels) for gap in self.missing), language)
