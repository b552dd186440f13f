"""Tables as terminal text: columns that fit the width, long cells folded, asides below rows."""

import textwrap
from collections.abc import Sequence

from connector.reports.document import Table, columns_of

GAP = 2
NARROWEST = 12  #: a column of words is not folded to less than this


def text_table(table: Table, width: int) -> list[str]:
    """Lines of a table: nothing is cut, and nothing but a single long word passes the width."""
    if not table.rows:
        return textwrap.wrap(table.empty, width)
    kept = len(table.columns) - table.asides
    rows = [tuple("" if cell is None else str(cell) for cell in row) for row in table.rows]
    columns = table.columns[:kept]
    right = columns_of(table.rows, len(table.columns))[:kept]
    natural = [max(len(column), *(len(row[i]) for row in rows)) for i, column in enumerate(columns)]
    sizes = fitting(natural, right, width)
    lines = _folded(columns, sizes, right)
    indent = " " * sum(size + GAP for size in sizes[: max(0, table.aside_under)])
    for row in rows:
        lines += _folded(row[:kept], sizes, right)
        aside = " · ".join(cell for cell in row[kept:] if cell)
        lines += textwrap.wrap(
            aside,
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def fitting(natural: Sequence[int], right: Sequence[bool], width: int) -> list[int]:
    """Widths of columns that together fit: the widest columns of words give way first."""
    sizes = list(natural)
    while sum(sizes) + GAP * (len(sizes) - 1) > width:
        words = [i for i, size in enumerate(sizes) if not right[i] and size > NARROWEST]
        if not words:
            break
        widest = max(words, key=lambda i: sizes[i])
        sizes[widest] -= 1
    return sizes


def _folded(cells: Sequence[str], sizes: Sequence[int], right: Sequence[bool]) -> list[str]:
    """One row as one or more lines."""
    folded = [
        textwrap.wrap(cell, size, break_long_words=False, break_on_hyphens=False) or [""]
        for cell, size in zip(cells, sizes, strict=True)
    ]
    lines = []
    for position in range(max(len(parts) for parts in folded)):
        texts = [parts[position] if position < len(parts) else "" for parts in folded]
        placed = (
            text.rjust(size) if to_right else text.ljust(size)
            for text, size, to_right in zip(texts, sizes, right, strict=True)
        )
        lines.append((" " * GAP).join(placed).rstrip())
    return lines
