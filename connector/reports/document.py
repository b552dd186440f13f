"""A report as a value: headings, figures, tables and charts, before any format is chosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

Cell = str | int | float | None
#: An amount or a share, with a currency or a sign behind it.
NUMBER = re.compile(r"-?\d[\d,.\u202f]*( %| [A-Z]{3})?")
FRENCH = str.maketrans(",.", "\u202f,")  #: from an English number


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that is printed large, with its definition and the count behind it."""

    label: str
    value: str
    definition: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A row of large numbers."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; numbers stand to the right. `note` explains what is counted."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = ""  #: what to say where there are no rows
    asides: int = 0  #: so many last columns stand below their row on a terminal
    aside_under: int = 0  #: the column below which they begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """An inline SVG, with the words that say the same."""

    svg: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Things to do, in order, each with a reason."""

    steps: tuple[tuple[str, str], ...]


Block = Figures | Table | Chart | Text | Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]
    name: str = ""  #: of the CSV file its tables become


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report."""

    name: str
    title: str
    subtitle: str
    language: str
    made_at: datetime
    ruleset: str
    sections: tuple[Section, ...]
    rehearsal: bool = False
    footnotes: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of time with a name; `until` is not included."""

    since: datetime
    until: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d} – {self.until - timedelta(seconds=1):%Y-%m-%d}"


def tables(document: Document) -> list[tuple[Section, Table]]:
    """All tables with their sections, for the formats that are made of rows."""
    return [
        (section, block)
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table)
    ]


def percent(share: float | None, digits: int = 1, language: str = "en") -> str:
    """A share as people read it; a dash where there is nothing to divide by."""
    return "–" if share is None else f"{number(share * 100, language, digits)} %"


def number(value: float | Decimal, language: str = "en", digits: int = 0) -> str:
    """A count or an amount, by the habit of the language."""
    text = f"{value:,.{digits}f}"
    return text.translate(FRENCH) if language == "fr" else text


def spoken(time: timedelta | None, language: str = "en") -> str:
    """A time as people say it: seconds, minutes, hours or days."""
    if time is None:
        return "–"
    seconds = time.total_seconds()
    days = "jours" if language == "fr" else "days"
    for size, unit in ((86_400, days), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{number(seconds / size, language, 1)} {unit}"
    return f"{seconds:.0f} s"


def columns_of(rows: Sequence[Sequence[Cell]], count: int) -> list[bool]:
    """Which columns hold numbers only, and so stand to the right; an empty one does not."""
    return [
        any(row[i] not in (None, "") for row in rows)
        and all(row[i] is None or _is_number(row[i]) for row in rows)
        for i in range(count)
    ]


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str) or cell in ("", "–") or NUMBER.fullmatch(cell) is not None
