"""Worked examples that a rule carries beside it: what is given, and what must come out."""

from dataclasses import dataclass
from datetime import timedelta

from connector.core.problems import NOWHERE, Place
from connector.core.records import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """`expect` is the text of the outcome: `match`, `no match`, a value, a stage, an owner."""

    given: Values
    expect: str
    ago: tuple[timedelta, ...] = ()  #: of an activity's points: how long ago each was
    place: Place = NOWHERE
