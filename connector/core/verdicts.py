"""What a qualification decided, and why: stage, scores, BANT, what is missing, what holds it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from connector.core.conditions import ClauseVerdict, Facts, Gap
from connector.core.problems import NOWHERE, Place
from connector.core.records import Activity
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


class Reasons(Protocol):
    """Whoever judged: unfolds the kept verdicts of the clauses into reasons when asked."""

    @property
    def letters(self) -> int: ...

    def answers(self, verdict: "Verdict") -> tuple[BantAnswer, ...]: ...

    def evidence(self, verdict: "Verdict") -> list[tuple[str, float]]: ...

    def lacking(self, verdict: "Verdict") -> tuple[Gap, ...]: ...

    def next_question(self, verdict: "Verdict") -> str | None: ...

    def explain(self, verdict: "Verdict") -> tuple[Explained, ...]: ...


class Verdict(NamedTuple):
    """The outcome of one qualification; a tuple and no dataclass, since every decision makes one.

    `facts` and `passes` hold the value and the verdict of every clause that was asked; BANT, what
    is missing and the explanation are put together from them when somebody looks, always alike.
    """

    stage: str
    previous_stage: str
    scores: Scores
    temperature: str
    facts: Facts  #: all that conditions were asked on: the values, scores, BANT, stage …
    now: datetime
    reasons: Reasons
    rule: str = ""  #: the rule that decided on the stage
    place: Place = NOWHERE
    disqualified: str | None = None  #: name of the bad-lead rule
    reason: str | None = None  #: its reason, a word of the vocabulary
    proposed: str | None = None  #: a stage that waits for a person to decide
    next_stage: str | None = None
    held: tuple[Held, ...] = ()
    may_pass: bool = False  #: sales qualified, not yet passed in this cycle, and nothing holds it
    activities: Sequence[Activity] = ()  #: those that counted
    known_since: Mapping[str, datetime] | None = None
    passes: tuple[tuple[bool, ...], ...] = ()

    @property
    def changed(self) -> bool:
        return self.stage != self.previous_stage

    @property
    def bant(self) -> tuple[BantAnswer, ...]:
        """The four answers, with their evidence."""
        return self.reasons.answers(self)

    @property
    def met(self) -> tuple[int, int]:
        """How many BANT questions are answered, and how many there are."""
        count = self.facts.get("bant.count", 0)
        return count if isinstance(count, int) else 0, self.reasons.letters

    @property
    def missing(self) -> tuple[Gap, ...]:
        """What is missing for `next_stage`, or for the hand-over where the contact gate holds."""
        return self.reasons.lacking(self)

    @property
    def evidence(self) -> list[tuple[str, float]]:
        """The rules of fit and intent that hold, with their points, as `explain` tells them."""
        return self.reasons.evidence(self)

    @property
    def question(self) -> str | None:
        """The field worth asking for next."""
        return self.reasons.next_question(self)

    def explain(self) -> tuple[Explained, ...]:
        """Every rule that was asked, in the order of asking, clause by clause."""
        return self.reasons.explain(self)

    def goal(self, language: str = "en", labels: Mapping[str, Labels] | None = None) -> str:
        """What is missing for the next stage, in words: the goal of nurturing. Empty if nothing."""
        return joined(tuple(gap.text(language, labels) for gap in self.missing), language)
