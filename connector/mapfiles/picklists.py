"""Value maps kept as CSV (columns hubspot, word, salesforce) and look-up tables (key, value)."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.core.problems import Place
from connector.mapfiles.hints import nearest
from connector.mapfiles.sheets import Notes

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = ("hubspot", "word", "salesforce")
TABLE_COLUMNS = ("key", "value")
MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class PicklistRow:
    """(hubspot, word, salesforce) and its line."""

    cells: tuple[str, str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Picklist:
    """One CSV file."""

    file: str
    rows: tuple[PicklistRow, ...]
    table: Mapping[str, str] | None = None  #: of a look-up table


def table_name(file: str) -> str:
    """How conversions name a look-up table: its file without folder and ending."""
    return file.removeprefix("picklists/").removesuffix(".csv")


def read_picklist(text: str, file: str, notes: Notes) -> Picklist:
    """All rows that can be read; faults are noted with their line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[PicklistRow] = []
    try:
        head = [cell.strip() for cell in next(reader, [])]
        if sorted(head) == sorted(TABLE_COLUMNS):
            return _table(reader, head.index("key"), file, notes)
        if not _head_is_right(head, file, notes):
            return Picklist(file, ())
        order = [head.index(column) for column in COLUMNS]
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _row(cells, order, len(head), Place(file=file, line=reader.line_num, column=1))
            if row is None:
                notes.add(
                    "wrong-row",
                    Place(file=file, line=reader.line_num, column=1),
                    f"the row has {len(cells)} cells and the heading {len(head)}, or no word",
                    "Give each row the three cells hubspot,word,salesforce; quote commas.",
                )
                continue
            rows.append(row)
            if len(rows) > MOST_ROWS:
                notes.add("too-many-values", row_place(file, row), f"more than {MOST_ROWS:,} rows",
                          "Split the list.")  # fmt: skip
                break
    except csv.Error as error:
        notes.add(
            "csv-syntax",
            Place(file=file, line=reader.line_num, column=1),
            f"this is not CSV: {error}",
            "Close the quotes; save as UTF-8 with commas.",
        )
    return Picklist(file, tuple(rows))


def _table(reader: "Reader", key_at: int, file: str, notes: Notes) -> Picklist:
    table: dict[str, str] = {}
    for cells in reader:
        where = Place(file=file, line=reader.line_num, column=1)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(TABLE_COLUMNS):
            notes.add("wrong-row", where, f"the row has {len(cells)} cells and needs two",
                      "Give each row a key and a value; quote commas.")  # fmt: skip
            continue
        key, value = cells[key_at].strip(), cells[1 - key_at].strip()
        if table.setdefault(key, value) != value:
            notes.add("duplicate-key", where, f"'{key}' is here twice, with two values",
                      "Keep one of the rows.")  # fmt: skip
        if len(table) > MOST_ROWS:
            notes.add("too-many-values", where, f"more than {MOST_ROWS:,} rows",
                      "Split the list.")  # fmt: skip
            break
    return Picklist(file, (), table)


def row_place(file: str, row: PicklistRow) -> Place:
    """Where a row stands."""
    return Place(file=file, line=row.line, column=1)


def _head_is_right(head: list[str], file: str, notes: Notes) -> bool:
    lacking = [column for column in COLUMNS if column not in head]
    if not lacking:
        return True
    guess = nearest(lacking[0], head)
    hint = f"Is '{guess}' meant? " if guess else ""
    notes.add(
        "wrong-heading",
        Place(file=file, line=1, column=1),
        f"the heading lacks the column '{lacking[0]}'",
        f"{hint}The first line must be: hubspot,word,salesforce",
    )
    return False


def _row(cells: list[str], order: list[int], width: int, place: Place) -> PicklistRow | None:
    if len(cells) != width:
        return None
    hubspot, word, salesforce = (cells[at].strip() for at in order)
    return PicklistRow((hubspot, word, salesforce), place.line) if word else None
