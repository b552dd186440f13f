"""Who receives a lead: mode, rules, rotations and the fallback that makes sure somebody does."""

from dataclasses import dataclass, field
from enum import StrEnum

from connector.core.problems import NOWHERE, Place
from connector.core.rules.conditions import ALWAYS, Condition
from connector.core.rules.examples import Example
from connector.core.rules.vocabulary import Labels


class Mode(StrEnum):
    """How a lead reaches sales."""

    DIRECT = "direct"  #: to the rep, through the CRM
    SINGLE_CONTACT = "single_contact"  #: one person of sales distributes
    TELE_QUALIFICATION = "tele_qualification"  #: appointment setters first, then the rep
    NOTIFY_ONLY = "notify_only"  #: nothing is written to the CRM; somebody is told


class TargetKind(StrEnum):
    """What a rule points at."""

    PERSON = "person"
    TEAM = "team"
    QUEUE = "queue"
    FIELD = "field"  #: the person named in a field of the lead, e.g. captured_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A person, a team (its rotation decides), a queue, or the person a field names."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """One rule; the first that holds decides."""

    name: str
    to: Target
    when: Condition = ALWAYS
    kind: str = ""  #: territory, product, segment, captured_by …: how reports group it
    mode: Mode | None = None
    labels: Labels = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingOwner:
    """Whether the one who already knows the person or company gets the lead."""

    open_lead: bool = True
    contact: bool = True
    account_domain: bool = True
    account_name: bool = True
    name_similarity: float = 0.92  #: 0..1 below which two company names are two companies
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All of routing.yaml."""

    mode: Mode
    rules: tuple[RouteRule, ...]
    fallback: Target
    existing_owner: ExistingOwner = ExistingOwner()
    single_contact: str | None = None
    tele_team: str | None = None
    working_hours_only: bool = False  #: hand over only to people who are at work now
    return_to_refuser: bool = False
    place: Place = NOWHERE
