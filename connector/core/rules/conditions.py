"""The structure of a condition: clauses on fields, joined by all, any and not."""

from dataclasses import dataclass
from enum import StrEnum

from connector.core.problems import NOWHERE, Place
from connector.core.records import Value


class Operator(StrEnum):
    """What a clause asks of one field. `Wanted` is a value, or a tuple where the word says so."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"  #: tuple
    NOT_IN = "not_in"  #: tuple
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    BETWEEN = "between"  #: tuple of two, both ends included
    PRESENT = "present"  #: wanted is True or False
    CONTAINS = "contains"  #: text in text, or word in a multi-value; without case
    CONTAINS_ANY = "contains_any"  #: tuple
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"  #: a bounded pattern: `*` and `?` wildcards, no regular expression
    WITHIN_DAYS = "within_days"  #: a date at most n days from now, past or future
    OLDER_THAN_DAYS = "older_than_days"


@dataclass(frozen=True, slots=True)
class Clause:
    """One question about one field, a fact (`score.total`, `cycle` …) or a defined term."""

    field: str
    operator: Operator
    wanted: Value | tuple[Value, ...]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold; an empty `All` always holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part must hold; an empty `Any` never holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: "Condition"


Condition = Clause | All | Any | Not

ALWAYS = All(())
