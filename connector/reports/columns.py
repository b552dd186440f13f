"""Tables as terminal text: columns that fit the width, long cells folded, asides below rows."""

import textwrap
from collections.abc import Sequence

from connector.reports.document import Table, columns_of

GAP = 2
NARROWEST = 12  #: a column of words is not folded to less than this
WIDEST_WORD = 24  #: nor to less than its longest word, unless that is longer than an id is


def text_table(table: Table, width: int) -> list[str]:
    """Lines of a table: nothing is cut; only long words and ids can make it pass the width."""
    if not table.rows:
        return textwrap.wrap(table.empty, width)
    kept = len(table.columns) - table.asides
    rows = [tuple("" if cell is None else str(cell) for cell in row) for row in table.rows]
    columns = table.columns[:kept]
    right = columns_of(table.rows, len(table.columns))[:kept]
    natural = [max(len(column), *(len(row[i]) for row in rows)) for i, column in enumerate(columns)]
    least = [_least(columns[i], [row[i] for row in rows]) for i in range(kept)]
    sizes = fitting(natural, least, right, width)
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


def _least(heading: str, cells: Sequence[str]) -> int:
    """The width below which a column is not folded, so that no id stands out of it."""
    words = (word for cell in (heading, *cells) for word in cell.split())
    return max(NARROWEST, min(WIDEST_WORD, max(map(len, words), default=0)))


def fitting(
    natural: Sequence[int], least: Sequence[int], right: Sequence[bool], width: int
) -> list[int]:
    """Widths of columns that together fit: the widest columns of words give way first."""
    sizes = list(natural)
    while sum(sizes) + GAP * (len(sizes) - 1) > width:
        words = [i for i, size in enumerate(sizes) if not right[i] and size > least[i]]
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
