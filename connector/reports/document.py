"""A report as a value: headings, figures, tables and charts, before any format is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Cell = str | int | float | None


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


def percent(share: float | None, digits: int = 1) -> str:
    """A share as people read it; a dash where there is nothing to divide by."""
    return "–" if share is None else f"{share * 100:.{digits}f} %"


def number(value: int, language: str = "en") -> str:
    """A count with thousands apart, by the habit of the language."""
    return f"{value:,}".replace(",", "\u202f" if language == "fr" else ",")


def columns_of(rows: Sequence[Sequence[Cell]], count: int) -> list[bool]:
    """Which columns hold numbers only, and so stand to the right."""
    return [
        bool(rows) and all(row[i] is None or _is_number(row[i]) for row in rows)
        for i in range(count)
    ]


def _is_number(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return True
    bare = cell.replace("%", "").replace("–", "").replace("\u202f", "").replace(",", "").strip()
    return not bare or bare.replace(".", "", 1).lstrip("-").isdigit()
