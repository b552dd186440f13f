"""Names, places and numbers of made-up people in several languages and scripts."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson

Spelling = tuple[str, str]  #: as the person writes it, and in plain Latin letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Culture:
    """Where somebody comes from: names, cities, telephone numbers, and how forms spell it."""

    code: str
    weight: float
    language: str
    country: str
    country_aliases: tuple[str, ...]
    dial: str
    local: str
    cities: tuple[str, ...]
    company_suffixes: tuple[str, ...]
    first: tuple[Spelling, ...]
    last: tuple[Spelling, ...]

    def telephone(self, rng: random.Random) -> str:
        """A number in international form, as its owner would group it."""
        local = re.sub("#", lambda _: str(rng.randrange(10)), self.local)
        return f"+{self.dial} {local}"


@cache
def cultures() -> tuple[Culture, ...]:
    """All cultures of the shipped lists."""
    raw = files("connector.sandbox.people").joinpath("data/cultures.json").read_bytes()
    return tuple(_culture(one) for one in orjson.loads(raw))


@cache
def lists() -> Mapping[str, list[str]]:
    """Word lists: company stems, product words, streets of thought."""
    raw = files("connector.sandbox.people").joinpath("data/words.json").read_bytes()
    found: Mapping[str, list[str]] = orjson.loads(raw)
    return found


def slug(text: str) -> str:
    """Plain letters and digits with hyphens, for addresses."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def _culture(given: Mapping[str, object]) -> Culture:
    def tuples(name: str) -> tuple[Spelling, ...]:
        pairs = given[name]
        assert isinstance(pairs, list)
        return tuple((pair[0], pair[1]) for pair in pairs)

    def texts(name: str) -> tuple[str, ...]:
        found = given[name]
        assert isinstance(found, list)
        return tuple(found)

    return Culture(
        code=str(given["code"]),
        weight=float(str(given["weight"])),
        language=str(given["language"]),
        country=str(given["country"]),
        country_aliases=texts("country_aliases"),
        dial=str(given["dial"]),
        local=str(given["local"]),
        cities=texts("cities"),
        company_suffixes=texts("company_suffixes"),
        first=tuples("first"),
        last=tuples("last"),
    )
