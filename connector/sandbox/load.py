"""Contacts from a CSV file into the simulated HubSpot; unknown columns become properties."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from connector.sandbox.world import World

_CHUNK = 1_000


def load_csv(world: World, path: Path, mapping: Mapping[str, str] | None = None) -> int:
    """Imports the contacts of a UTF-8 CSV file and returns how many there were.

    The header holds HubSpot property names; `mapping` gives the property of a column that is
    called otherwise, and "" leaves a column out. A column without either becomes a new text
    property, named after it in HubSpot's spelling. Blank cells are no values.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        return load_rows(world, rows_of(file), mapping or {})


def rows_of(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows of a CSV text by column; raises ValueError for rows that do not fit the header."""
    reader = csv.DictReader(lines)
    for number, row in enumerate(reader, start=2):
        if None in row or None in row.values():
            raise ValueError(f"row {number} does not have the columns of the header")
        yield row


def load_rows(
    world: World, rows: Iterable[Mapping[str, str]], mapping: Mapping[str, str] | None = None
) -> int:
    """Imports rows (column -> text) as contacts; see `load_csv`."""
    names: dict[str, str] = {}
    loaded = 0
    chunk: list[dict[str, str]] = []
    for row in rows:
        if not names:
            names = _properties(world, list(row), mapping or {})
        chunk.append(
            {names[column]: text for column, text in row.items() if text and names[column]}
        )
        if len(chunk) == _CHUNK:
            loaded += _load(world, chunk)
            chunk = []
    return loaded + _load(world, chunk)


def property_name(column: str) -> str:
    """A column's name in the spelling HubSpot allows: lower case, digits and underscores."""
    name = re.sub(r"[^a-z0-9]+", "_", column.casefold()).strip("_")
    return name if name[:1].isalpha() else f"c_{name}"


def _load(world: World, rows: list[dict[str, str]]) -> int:
    with world.lock:
        return world.hubspot.load_contacts(rows)


def _properties(world: World, columns: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    strange = [column for column in mapping if column not in columns]
    if strange:
        raise ValueError(f"the file has no column {', '.join(map(repr, strange))}")
    known = world.contact_properties()
    names: dict[str, str] = {}
    for column in columns:
        if column in mapping:
            name = mapping[column]
        else:
            name = column if column in known else property_name(column)
        names[column] = name
    doubled = sorted(
        {name for name in names.values() if name and [*names.values()].count(name) > 1}
    )
    if doubled:
        raise ValueError(f"two columns become the property {', '.join(doubled)}")
    for column, name in names.items():
        if name and name not in known:
            world.hubspot.define_property("contacts", {"name": name, "label": column})
    return names
