"""Countries and regions: any usual spelling in, ISO 3166 code out, and names back."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from connector.core.transforms.shape import Fault, Scene, Transform, Worked, on_text


class Country(NamedTuple):
    """One row of ISO 3166-1."""

    code: str
    code3: str
    english: str
    french: str


_ARTICLE = re.compile(r"^(the|la|le|les|l) ")
_SIGNS = re.compile(r"[^\w]+")


def folded(text: str) -> str:
    """Spelling without case, accents and punctuation: `Côte d'Ivoire` is `cote d ivoire`."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _ARTICLE.sub("", _SIGNS.sub(" ", bare).strip())


@lru_cache(maxsize=1)
def countries() -> Mapping[str, Country]:
    """All countries by their two-letter code."""
    return {row[0]: Country(*row[:4]) for row in _rows()}


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, ...], ...]:
    from connector.core.transforms.countries import COUNTRIES

    joined = COUNTRIES.strip().replace("\n  ", "")
    return tuple(tuple(line.split("|")) for line in joined.split("\n"))


@lru_cache(maxsize=1)
def _spellings() -> Mapping[str, str]:
    """Codes and names first, so that an alias never takes another country's name."""
    found: dict[str, str] = {}
    for columns in ((0, 1), (2, 3)):
        for row in _rows():
            for column in columns:
                found.setdefault(folded(row[column]), row[0])
    for row in _rows():
        for alias in row[4].split(";"):
            if alias:
                found.setdefault(folded(alias), row[0])
                found.setdefault(folded(alias).replace(" ", ""), row[0])
    return found


@lru_cache(maxsize=4096)
def country_code(text: str) -> str | None:
    """The ISO code behind a spelling, None where it is not known."""
    return _spellings().get(folded(text))


@lru_cache(maxsize=1)
def _regions() -> tuple[Mapping[tuple[str, str], str], Mapping[str, str]]:
    """((country, spelling) -> code, code -> name)."""
    from connector.core.transforms.regions import REGIONS

    spellings: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for item in REGIONS.strip().replace("\n", " | ").split(" | "):
        code, _, written = item.partition("=")
        names[code] = written.split(";")[0]
        country, _, short = code.partition("-")
        for one in (short, code, *written.split(";")):
            spellings.setdefault((country, folded(one)), code)
    return spellings, names


def region_code(text: str, country: str | None) -> str | None:
    """The ISO 3166-2 code of a region; without a country only where one country has it."""
    spellings, _ = _regions()
    key = folded(text)
    if country is not None:
        return spellings.get((country, key))
    if len(key) < 3:
        return None
    found = {code for (_, spelling), code in spellings.items() if spelling == key}
    return found.pop() if len(found) == 1 else None


def _country(text: str, scene: Scene) -> str | Fault:
    return country_code(text) or Fault("unknown-country", "no country is spelt like this")


def _country_back(text: str, scene: Scene) -> str | Fault:
    country = countries().get(text)
    if country is None:
        return Fault("unknown-country", "no country has this code")
    wanted = scene.options.get("write", "code")
    return {
        "code": country.code,
        "code3": country.code3,
        "english": country.english,
        "french": country.french,
    }.get(wanted, country.code)


def _region(text: str, scene: Scene) -> str | Fault:
    known = {country for country, _ in _regions()[0]}
    found = region_code(text, scene.country)
    if found is not None:
        return found
    if scene.country is not None and scene.country not in known:
        return text.strip()
    if scene.options.get("unknown", "keep") == "keep":
        return text.strip()
    return Fault("unknown-region", "no region of the lead's country is spelt like this")


def _region_back(text: str, scene: Scene) -> str | Fault:
    _, names = _regions()
    if text not in names:
        return text
    wanted = scene.options.get("write", "code")
    return {"name": names[text], "short": text.partition("-")[2]}.get(wanted, text)


TRANSFORMS = (
    Transform(
        name="country",
        forward=on_text(_country),
        backward=on_text(_country_back),
        doc="Country by its usual spellings in English, French and its own language, as ISO code.",
        options={"write": "how it is written back: `code`, `code3`, `english` or `french`"},
        accepts={"write": ("code", "code3", "english", "french")},
        examples=(
            Worked(given="Deutschland", gives="DE"),
            Worked(given="U.S.A.", gives="US"),
            Worked(given="england", gives="GB"),
            Worked(given="Etats-Unis", gives="US"),
            Worked(given="The Netherlands", gives="NL"),
            Worked(given="Côte d’Ivoire", gives="CI"),
            Worked(given="FRA", gives="FR"),
            Worked(given="France", gives="FR", options={"write": "english"}, back=True),
            Worked(given="Allemagne", gives="DE", options={"write": "french"}, back=True),
            Worked(given="Atlantis", gives=None, fault="unknown-country"),
        ),
    ),
    Transform(
        name="region",
        forward=on_text(_region),
        backward=on_text(_region_back),
        looks_around=True,
        doc=(
            "State, province or region as ISO 3166-2 code, read in the lead's own country. "
            "Countries without a list keep what was written."
        ),
        options={
            "write": "how it is written back: `code` (US-CA), `short` (CA) or `name`",
            "unknown": "`keep` (default) or `park`",
        },
        accepts={"write": ("code", "short", "name"), "unknown": ("keep", "park")},
        examples=(
            Worked(given="Calif", country="US", gives="US-CA"),
            Worked(given="CA", country="US", gives="US-CA"),
            Worked(given="Île-de-France", country="FR", gives="FR-IDF"),
            Worked(given="Bavière", gives="DE-BY"),
            Worked(given="Texas", gives="US-TX", options={"write": "name"}, back=True),
            Worked(given="Oslo", country="NO", gives="Oslo"),
            Worked(
                given="Nowhere",
                country="US",
                options={"unknown": "park"},
                gives=None,
                fault="unknown-region",
            ),
        ),
    ),
)
