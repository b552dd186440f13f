"""What happens with a lead that sales cannot use: dispositions, programmes, cool-down, stalls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.core.problems import NOWHERE, Place
from connector.core.rules.conditions import ALWAYS, Condition
from connector.core.rules.examples import Example
from connector.core.rules.vocabulary import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule:
    """What a Salesforce lead status means: the stage it shows and the disposition it gives."""

    status: str
    stage: str | None = None
    disposition: str | None = None
    hubspot_lead_status: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A nurture programme: more than e-mails; where HubSpot enrols, and what people do."""

    name: str
    hubspot_list: str | None = None  #: name or id of a static list
    hubspot_property: str | None = None  #: property that triggers a workflow
    hubspot_value: str | None = None
    steps: tuple[Labels, ...] = ()  #: calls, ads, events, mails: what marketing does, in words
    labels: Labels = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecycleRule:
    """Which programme a returned lead joins; the first that holds decides."""

    name: str
    reasons: tuple[str, ...]
    programme: str
    when: Condition = ALWAYS
    cool_down_days: int | None = None
    return_after_days: int | None = None  #: timed return for `not now`
    return_on_field: str | None = None  #: a date field that says when
    examples: tuple[Example, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recycling:
    """All of recycling.yaml."""

    statuses: Mapping[str, StatusRule]
    rules: tuple[RecycleRule, ...]
    programmes: Mapping[str, Programme]
    fallback_programme: str
    cool_down_days: int = 30
    max_cycles: int = 4
    recycled_stage: str = ""  #: stage name a recycled lead goes back to
    recycled_lead_status: str | None = None  #: HubSpot `hs_lead_status` of a recycled lead
    reason_property: str | None = None
    goal_property: str | None = None
    stalled_after_days: int = 14
    stalled_programme: str | None = None
    never_again: tuple[str, ...] = ()  #: reasons after which a lead is not qualified again
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoProperties:
    """HubSpot properties into which the outcome of each passed lead is written back."""

    stage: str | None = None
    disposition: str | None = None
    owner: str | None = None
    amount: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
