"""The agreed words: terms, stages, dispositions and reasons, with their labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from connector.core.problems import NOWHERE, Place
from connector.core.rules.conditions import Condition

Labels = Mapping[str, str]  #: language code (`en`, `fr`) -> text


def label(labels: Labels, language: str, name: str) -> str:
    """The word to print: the wanted language, else English, else the name itself."""
    return labels.get(language) or labels.get("en") or name


class StageMeaning(StrEnum):
    """What a stage is for, whatever a company calls it; the machine works with these."""

    CAPTURED = "captured"
    MARKETING_QUALIFIED = "marketing_qualified"
    SALES_QUALIFIED = "sales_qualified"
    ACCEPTED = "accepted"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    INACTIVE = "inactive"
    UNQUALIFIED = "unqualified"


class DispositionMeaning(StrEnum):
    """What sales says of a lead it received."""

    QUALIFIED = "qualified"
    RECYCLE = "recycle"
    JUNK = "junk"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who agreed to a text, for which team, and when."""

    by: str
    team: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word that both teams use, with the one meaning they wrote down."""

    name: str
    definition: str
    labels: Labels = field(default_factory=dict)
    definitions: Labels = field(default_factory=dict)  #: language -> translated definition
    examples: tuple[Labels, ...] = ()  #: language -> text
    counter_examples: tuple[Labels, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: team/system -> words
    owner: str = ""
    agreed_on: date | None = None
    review_on: date | None = None
    signatures: tuple[Signature, ...] = ()
    true_when: Condition | None = None  #: the definition as a condition, where it can be one
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A step of the way from captured to customer; order, names and labels are data."""

    name: str
    meaning: StageMeaning
    order: int
    labels: Labels = field(default_factory=dict)
    hubspot_lifecycle: str | None = None  #: value of `lifecyclestage` that says the same
    team: str = ""  #: the team that owns leads in this stage
    max_age_days: int | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A word sales uses when it answers."""

    name: str
    meaning: DispositionMeaning
    labels: Labels = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a lead came back; `crm_value` is the picklist value sales sees in Salesforce."""

    name: str
    crm_value: str
    disposition: str | None = None  #: given by this reason where the lead status cannot tell
    labels: Labels = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All agreed words, by name; stages in their order."""

    company: str
    languages: tuple[str, ...]
    terms: Mapping[str, Term]
    stages: Mapping[str, Stage]
    dispositions: Mapping[str, Disposition]
    reasons: Mapping[str, Reason]
    version: str = ""

    def stage_for(self, meaning: StageMeaning) -> Stage:
        """The stage that carries a meaning; raises LookupError where no stage does."""
        for stage in self.stages.values():
            if stage.meaning is meaning:
                return stage
        raise LookupError(f"no stage means {meaning}")

    def reason_of(self, crm_value: str | None) -> Reason | None:
        """The reason behind a Salesforce picklist value, compared without case."""
        wanted = (crm_value or "").strip().casefold()
        return next((r for r in self.reasons.values() if r.crm_value.casefold() == wanted), None)
