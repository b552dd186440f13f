"""The shape of promises.yaml: what both sides promise each other, and who answers for what."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from connector.core.events import EventKind
from connector.core.rules.promises import ClockKind
from connector.mapfiles.shapes.common import (
    ConditionText,
    Duration,
    GivenValues,
    Labels,
    Name,
    Shape,
    SignatureShape,
    Words,
)


class TouchesShape(Shape):
    """How many completed contacts of each kind."""

    noun: ClassVar[str] = "touches"
    phone: int = Field(default=0, ge=0, description="Calls.", examples=[4])
    email: int = Field(default=0, ge=0, description="Mails.", examples=[3])


class EscalationShape(Shape):
    """What happens when a clause is late."""

    noun: ClassVar[str] = "escalation"
    after: Duration = Field(
        description="Measured from the start event, on the clause's clock.", examples=["6h"]
    )
    tell: Words = Field(description="Roles that hear of it.", examples=[["lead_manager"]])
    reassign: bool = Field(
        default=False, description="The lead goes to the deputy or the next turn.", examples=[True]
    )
    hold_new_leads: bool = Field(
        default=False,
        description="The person gets no new leads until this one is answered.",
        examples=[True],
    )
    propose_recycle: bool = Field(
        default=False,
        description="Those who hear of it are asked to give the lead back to marketing.",
        examples=[True],
    )


class ClauseExampleShape(Shape):
    """A worked example: when it is due, or how it stands after so much time."""

    noun: ClassVar[str] = "clause example"
    start: str = Field(
        default="",
        description="Moment of the start event, with its offset. Goes with `due`.",
        examples=["2026-03-06T17:50+01:00"],
    )
    due: str = Field(
        default="", description="Moment at which it is due.", examples=["2026-03-09T10:20+01:00"]
    )
    person: str = Field(default="", description="Whose calendar counts, by key.", examples=["lena"])
    after: Duration | None = Field(
        default=None,
        description="Time since the start event, on the clause's own clock. Goes with `expect`.",
        examples=["45m"],
    )
    answered: bool = Field(
        default=False, description="Whether something keeps the promise then.", examples=[True]
    )
    phone: int = Field(default=0, ge=0, description="Calls made until then.", examples=[4])
    email: int = Field(default=0, ge=0, description="Mails sent until then.", examples=[3])
    given: GivenValues | None = Field(
        default=None,
        description="For `holds`: the values of the lead; everything not named is unknown.",
        examples=[{"last_name": "Hofer", "phone": "+4366012345"}],
    )
    passed: bool = Field(
        default=True,
        description="For `holds`: no, where the lead is qualified and still waits to be passed.",
        examples=[False],
    )
    count: int | None = Field(
        default=None, ge=0, description="For `at_least`: leads in the period.", examples=[104]
    )
    late_count: int = Field(
        default=0, ge=0, description="Of these, the leads in its later half.", examples=[38]
    )
    expect: Literal["", "open", "kept", "at risk", "broken"] = Field(
        default="", description="How the promise stands then.", examples=["at risk"]
    )


class ClauseShape(Shape):
    """One measurable promise: start, stop, clock and threshold."""

    noun: ClassVar[str] = "clause"
    start: EventKind = Field(description="Event that starts the clock.", examples=["handed_off"])
    stop: tuple[EventKind, ...] = Field(
        default=(),
        description="Events any of which keeps the promise. Needed, unless `holds` or `at_least` "
        "says what is promised.",
        examples=[["touched", "accepted"]],
    )
    within: Duration = Field(description="The threshold.", examples=["4h"])
    clock: ClockKind = Field(
        description="calendar: every hour counts; business: working hours only.",
        examples=["business"],
    )
    calendar: str = Field(
        default="",
        description="Calendar of people.yaml; without it, that of the responsible person.",
        examples=["default"],
    )
    when: ConditionText = Field(
        default={}, description="For which leads; without it, for all.",
        examples=[{"temperature": "hot"}],
    )  # fmt: skip
    touches: TouchesShape | None = Field(
        default=None,
        description="Completed contacts that are needed, where a clause counts them.",
        examples=[{"phone": 4, "email": 3}],
    )
    pauses: dict[EventKind, EventKind] = Field(
        default={},
        description="Event that stops the clock, and the event that starts it again.",
        examples=[{"stalled": "opportunity_changed"}],
    )
    restarts: tuple[EventKind, ...] = Field(
        default=(),
        description="Events that keep the promise and begin it anew: for updates at intervals.",
        examples=[["status_changed", "note_written"]],
    )
    holds: ConditionText | None = Field(
        default=None,
        description="What must be true at the start event: for promises about quality.",
        examples=[{"phone": {"present": True}}],
    )
    at_least: int | None = Field(
        default=None,
        gt=0,
        description="So many start events in every `within`, over all leads: for volume.",
        examples=[100],
    )
    at_risk: Duration | None = Field(
        default=None, description="How long before the end it counts as at risk.", examples=["1h"]
    )
    severity: str = Field(
        default="normal", pattern="^(low|normal|high)$", description="low, normal or high.",
        examples=["high"],
    )  # fmt: skip
    responsible: str = Field(
        default="owner", description="`owner` of the lead, or a role.", examples=["owner"]
    )
    audience: Words = Field(
        default=(),
        description="Who is told of the promise: roles, `owner`, `lead`.",
        examples=[["owner", "lead"]],
    )
    escalate: tuple[EscalationShape, ...] = Field(
        default=(), description="Steps when it is late.",
        examples=[[{"after": "6h", "tell": ["lead_manager"]}]],
    )  # fmt: skip
    label: Labels = Field(
        default={}, description="The promise as printed, by language.",
        examples=[{"en": "First call within four working hours."}],
    )  # fmt: skip
    examples: tuple[ClauseExampleShape, ...] = Field(
        default=(),
        description="Worked examples: one that keeps it, one at risk, one that breaks it.",
        examples=[[{"after": "3h", "answered": True, "expect": "kept"}]],
    )


class RaciShape(Shape):
    """One activity or decision."""

    noun: ClassVar[str] = "RACI row"
    activity: Name = Field(description="What is done or decided.", examples=["Call a new lead"])
    responsible: Words = Field(description="Roles that do it.", examples=[["rep"]])
    accountable: Words = Field(
        description="The one role that answers for it.", examples=["head_of_sales"]
    )
    consulted: Words = Field(default=(), description="Roles that are asked.", examples=[["rep"]])
    informed: Words = Field(
        default=(), description="Roles that are told.", examples=[["lead_manager"]]
    )
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Appeler un lead"}]
    )


class CustomerPromiseShape(Shape):
    """What the lead itself is told."""

    noun: ClassVar[str] = "customer promise"
    text: Labels = Field(
        description="The sentence, by language.",
        examples=[{"en": "We call you within one working day."}],
    )
    hubspot_property: str | None = Field(
        default=None,
        description="Contact property the sentence is written to, in the contact's language, when "
        "it goes to sales: for mails and pages.",
        examples=["lr_customer_promise"],
    )


class PromisesFile(Shape):
    """What marketing and sales promise each other. Both sections are needed: it is a bargain."""

    noun: ClassVar[str] = "promises"
    enforcer: Name = Field(description="Role that watches, daily.", examples=["lead_manager"])
    sponsor: str = Field(
        default="", description="Person of the leadership who backs it.", examples=["ines"]
    )
    review_on: date | None = Field(
        default=None, description="Day of the next review.", examples=["2027-03-01"]
    )
    signatures: tuple[SignatureShape, ...] = Field(
        default=(),
        description="Both heads sign; a change of a clause asks for new signatures.",
        examples=[[{"by": "jonas", "team": "sales", "on": "2026-09-01"}]],
    )
    customer_promise: CustomerPromiseShape | None = Field(
        default=None,
        description="What the lead is told.",
        examples=[{"text": {"en": "We call you within one working day."}}],
    )
    minimum_touches: TouchesShape = Field(
        default_factory=TouchesShape,
        description="Contacts sales must have tried before `unreachable` is accepted.",
        examples=[{"phone": 4, "email": 2}],
    )
    marketing: dict[str, ClauseShape] = Field(
        min_length=1,
        description="What marketing promises sales.",
        examples=[
            {
                "deliver": {
                    "start": "handed_off",
                    "stop": ["delivered"],
                    "within": "15m",
                    "clock": "calendar",
                }
            }
        ],
    )
    sales: dict[str, ClauseShape] = Field(
        min_length=1,
        description="What sales promises marketing.",
        examples=[
            {
                "first-touch": {
                    "start": "handed_off",
                    "stop": ["touched"],
                    "within": "4h",
                    "clock": "business",
                }
            }
        ],
    )
    raci: tuple[RaciShape, ...] = Field(
        default=(),
        description="Who does, answers for, is asked and is told.",
        examples=[[{"activity": "Call", "responsible": "rep", "accountable": "head_of_sales"}]],
    )
