"""What a transform is: a named, total conversion towards the agreed value, and back if it can."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from connector.core.records import Value, Values, is_blank


class Fault(NamedTuple):
    """Why a value could not be converted. `what` never holds the value: it may be personal."""

    code: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a conversion may look at besides the value itself."""

    options: Mapping[str, str] = field(default_factory=dict)
    default_region: str = "US"  #: ISO 3166, where the lead's own country is not known
    country: str | None = None  #: the lead's own country, ISO 3166
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Values = field(default_factory=dict)  #: what is already converted of this record

    @property
    def region(self) -> str:
        return self.country or self.default_region


Conversion = Callable[[Value, Scene], Value | Fault]
Accepts = tuple[str, ...] | Callable[[str], bool]  #: the words there are, or what tells a good one


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A worked example: `gives` is a value, or the code of the fault."""

    given: Value
    gives: Value
    fault: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None
    values: Values = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    back: bool = False  #: `backward` leads from `gives` to `given` again


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One conversion. `forward` leads to the agreed value and never raises; blank stays blank.

    `backward`, where there is one, leads from the agreed value to what a system holds.
    `looks_around`: it reads the lead's country or its other values, so that it comes last.
    """

    name: str
    forward: Conversion
    doc: str
    examples: tuple[Worked, ...]
    backward: Conversion | None = None
    looks_around: bool = False
    quick: Callable[[str], str] | None = None  #: the same on one text, where that is all it takes
    options: Mapping[str, str] = field(default_factory=dict)  #: name -> meaning
    accepts: Mapping[str, Accepts] = field(default_factory=dict)  #: option -> values it may have


def on_text(convert: Callable[[str, Scene], Value | Fault]) -> Conversion:
    """Applies to text, and to each word of a multi-value; blank and other types pass unchanged."""

    def forward(value: Value, scene: Scene) -> Value | Fault:
        if isinstance(value, str):
            return convert(value, scene) if value else value
        if isinstance(value, tuple):
            words = []
            for word in value:
                found = convert(word, scene)
                if isinstance(found, Fault):
                    return found
                if not is_blank(found):
                    words.append(str(found))
            return tuple(words)
        return value

    return forward


def plain(convert: Callable[[str], str]) -> Conversion:
    """A conversion of text that needs nothing else and cannot fail."""
    return on_text(lambda text, scene: convert(text))
