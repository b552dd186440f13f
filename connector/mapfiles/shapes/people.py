"""The shape of people.yaml: who works here, where, when, and with which share."""

import re
from datetime import date, time
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from connector.mapfiles.shapes.common import Labels, Name, Sentence, Shape, Words

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-4]):([0-5][0-9])\Z")
Span = tuple[time, time]


def _spans(value: object) -> object:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        raise _not_hours(value)
    return [_span(text) for text in texts]


def _span(text: object) -> Span:
    found = _SPAN.match(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise _not_hours(text)
    first = time(int(found[1]), int(found[2]))
    last = time.max if found[3] == "24" else time(int(found[3]), int(found[4]))
    if last <= first:
        raise _not_hours(text)
    return first, last


def _not_hours(value: object) -> PydanticCustomError:
    return PydanticCustomError(
        "not-hours",
        "{value} are not working hours",
        {
            "value": repr(value),
            "remedy": "Write 09:00-17:30, or a list: [09:00-12:30, 13:30-18:00]. "
            "The end comes after the beginning.",
        },
    )


def _days(value: object) -> object:
    """`mon-fri` and `mon` become one key for each day."""
    if not isinstance(value, dict):
        return value
    spread: dict[str, object] = {}
    for key, hours in value.items():
        first, _, last = str(key).partition("-")
        last = last or first
        if first not in DAYS or last not in DAYS or DAYS.index(last) < DAYS.index(first):
            raise PydanticCustomError(
                "not-days",
                "'{key}' is not a day of the week or a span of days",
                {"key": str(key), "remedy": "Write mon, or mon-fri. Weeks begin on Monday."},
            )
        for day in DAYS[DAYS.index(first) : DAYS.index(last) + 1]:
            spread[day] = hours
    return spread


Hours = Annotated[
    dict[str, Annotated[tuple[Span, ...], BeforeValidator(_spans)]],
    BeforeValidator(_days),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": f"^({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?$"},
            "additionalProperties": {
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
            },
        }
    ),
]


class RoleShape(Shape):
    """A role: what it does, and on which figures it is measured."""

    noun: ClassVar[str] = "role"
    label: Labels = Field(
        default={},
        description="Its name by language, as the contract prints it.",
        examples=[{"en": "lead manager", "fr": "responsable des leads"}],
    )
    does: Sentence = Field(
        description="In a sentence, by language; one without a language is in English.",
        examples=["Keeps leads moving.", {"en": "Closes.", "fr": "Conclut."}],
    )
    measured_on: Words = Field(
        default=(),
        description="Metrics of targets.yaml by which success is judged.",
        examples=[["follow_up_time"]],
    )


class CalendarShape(Shape):
    """Working hours of a week in one time zone, minus holidays."""

    noun: ClassVar[str] = "calendar"
    time_zone: Name = Field(description="IANA name.", examples=["Europe/Berlin"])
    hours: Hours = Field(
        description="Hours by day or span of days.",
        examples=[{"mon-thu": ["09:00-12:30", "13:30-18:00"], "fri": "09:00-15:00"}],
    )
    public_holidays: str = Field(
        default="",
        description="Country, or country-region, whose public holidays are free.",
        examples=["DE-BE"],
    )
    closed: tuple[date, ...] = Field(
        default=(), description="Other days off for everybody.", examples=[["2026-12-24"]]
    )


class TeamShape(Shape):
    """A group that shares turns and a scorecard."""

    noun: ClassVar[str] = "team"
    label: Labels = Field(
        default={}, description="As printed, by language.", examples=[{"fr": "Grands comptes"}]
    )
    manager: str = Field(
        default="", description="Person who answers for the team.", examples=["jonas"]
    )


class QueueShape(Shape):
    """A Salesforce queue that may own leads for a while."""

    noun: ClassVar[str] = "queue"
    salesforce_queue: Name = Field(
        description="Developer name of the queue.", examples=["Inbound_Desk"]
    )
    responsible: str = Field(
        default="", description="Person who answers for what waits there.", examples=["nadia"]
    )


class AbsenceShape(Shape):
    """Days on which somebody is away, both ends included."""

    noun: ClassVar[str] = "absence"
    first: date = Field(description="First day away.", examples=["2026-12-21"])
    last: date = Field(description="Last day away.", examples=["2027-01-02"])
    why: str = Field(default="", description="For the team's eyes.", examples=["holiday"])


class PersonShape(Shape):
    """One member of the roster; the key is the word that other files use."""

    noun: ClassVar[str] = "person"
    name: Name = Field(description="As printed.", examples=["Lena Vogt"])
    email: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="Where alerts go.",
        examples=["lena.vogt@northlight.example"],
    )
    role: str = Field(default="rep", description="A role of this file.", examples=["rep"])
    teams: Words = Field(
        default=(), description="Teams of this file.", examples=[["enterprise-dach"]]
    )
    hubspot_owner: str | None = Field(
        default=None, description="Owner id or e-mail in HubSpot.", examples=["512"]
    )
    salesforce_user: str | None = Field(
        default=None,
        description="User id, user name or e-mail in Salesforce.",
        examples=["lena.vogt@northlight.example"],
    )
    calendar: str = Field(
        default="default", description="A calendar of this file.", examples=["paris"]
    )
    absences: tuple[AbsenceShape, ...] = Field(
        default=(),
        description="Days away: no new leads, and the deputy steps in.",
        examples=[[{"first": "2026-12-21", "last": "2027-01-02"}]],
    )
    weight: int = Field(
        default=1, ge=0, description="Turns compared to the others in a team.", examples=[2]
    )
    cap_per_day: int | None = Field(
        default=None, ge=0, description="Most new leads on one day.", examples=[8]
    )
    cap_open: int | None = Field(
        default=None, ge=0, description="Most leads at a time that wait for an answer.",
        examples=[25],
    )  # fmt: skip
    deputy: str | None = Field(default=None, description="Person who steps in.", examples=["marco"])
    on_hold: bool = Field(
        default=False, description="No new leads until this is removed.", examples=[False]
    )
    language: str = Field(
        default="en", pattern="^[a-z]{2}$", description="Of briefs and alerts.", examples=["fr"]
    )


class PeopleFile(Shape):
    """The roster: roles, calendars, teams, queues and people."""

    noun: ClassVar[str] = "roster"
    roles: dict[str, RoleShape] = Field(
        default={},
        description="What each role does.",
        examples=[{"lead_manager": {"does": "Keeps leads moving."}}],
    )
    calendars: dict[str, CalendarShape] = Field(
        min_length=1,
        description="Working hours by name; `default` is taken where a person names none.",
        examples=[{"default": {"time_zone": "Europe/Paris", "hours": {"mon-fri": "09:00-18:00"}}}],
    )
    teams: dict[str, TeamShape] = Field(
        default={}, description="Teams by name.", examples=[{"france": {"manager": "claire"}}]
    )
    queues: dict[str, QueueShape] = Field(
        default={},
        description="Queues by name.",
        examples=[{"inbound-desk": {"salesforce_queue": "Inbound_Desk"}}],
    )
    people: dict[str, PersonShape] = Field(
        min_length=1,
        description="People by the word that other files use for them.",
        examples=[{"lena": {"name": "Lena Vogt", "email": "lena.vogt@northlight.example"}}],
    )
