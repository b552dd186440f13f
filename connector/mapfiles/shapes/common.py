"""Pieces that several mapping files share: labels, durations, conditions, examples, signatures."""

import re
from datetime import date, timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"([0-9]+)\s*([mhdw])\Z")
_DIGITS = 10
LONGEST = timedelta(days=36_500)  #: so that any moment of ours, moved by it, is one
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


class Shape(BaseModel):
    """A strict piece of a file: unknown keys are faults. `noun` is what messages call it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    noun: ClassVar[str] = "entry"


def read_duration(value: object) -> object:
    """`14d` as a span of time; what is one already stays."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if found is not None and len(found[1]) < _DIGITS:
        length = int(found[1]) * _UNITS[found[2]]
        if length <= LONGEST:
            return length
    if found is not None:
        raise PydanticCustomError(
            "not-a-duration",
            "{value} is longer than a hundred years",
            {"value": repr(value), "remedy": "Leave it out where nothing is meant to end."},
        )
    raise PydanticCustomError(
        "not-a-duration",
        "{value} is not a duration",
        {
            "value": repr(value),
            "remedy": "Write a whole number and a unit: 30m, 4h, 14d or 2w.",
        },
    )


def _words(value: object) -> object:
    """One word is a list of one."""
    return [value] if isinstance(value, str) else value


def _sentence(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


def _outcome(value: object) -> object:
    """What an example expects, as text: `expect: 20` and `expect: "20"` are the same."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "g") if isinstance(value, int | float) else value


Labels = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], str],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]{2}$"},
            "additionalProperties": {"type": "string"},
        }
    ),
]
#: A text by language; one without a language is in English.
Sentence = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Annotated[str, Field(min_length=1)]],
    BeforeValidator(_sentence),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "propertyNames": {"pattern": "^[a-z]{2}$"},
                    "additionalProperties": {"type": "string"},
                },
            ]
        }
    ),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+ ?[mhdw]$"}),
]
Durations = Annotated[
    tuple[Duration, ...],
    BeforeValidator(_words),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]+ ?[mhdw]$"},
                {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+ ?[mhdw]$"}},
            ]
        }
    ),
]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Outcome = Annotated[
    str,
    BeforeValidator(_outcome),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
#: Read by connector.mapfiles.conditions, which knows the fields and gives better messages.
ConditionText = Annotated[
    dict[str, object],
    WithJsonSchema({"type": "object", "title": "Condition"}),
]
#: Canonical values by field name; read by connector.mapfiles.values.
GivenValues = Annotated[
    dict[str, object],
    WithJsonSchema({"type": "object"}),
]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class ExampleShape(Shape):
    """A worked example beside a rule: what is given, and what must come out."""

    noun: ClassVar[str] = "example"
    given: GivenValues = Field(
        description="Values of agreed fields or facts; everything not named is unknown.",
        examples=[{"country": "AT", "employees": 900}],
    )
    expect: Outcome = Field(
        description="`match` or `no match`; for scores the points, for stages the stage.",
        examples=["match", "no match", 20],
    )


class SignatureShape(Shape):
    """Who agreed to a text, for which team, and when."""

    noun: ClassVar[str] = "signature"
    by: Name = Field(description="Person of people.yaml who agreed.", examples=["claire"])
    team: Name = Field(
        description="On whose behalf: marketing, sales, or a team of people.yaml.",
        examples=["marketing"],
    )
    on: date = Field(description="The day of the signature.", examples=["2026-09-01"])
