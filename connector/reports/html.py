"""A document as one HTML file: no script, no outside resource, good on paper and on a phone."""

import re
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape

from connector.reports.document import (
    Cell,
    Chart,
    Document,
    Figures,
    Steps,
    Table,
    Text,
    columns_of,
)

#: A cell that is not broken into lines: one short word, a moment, a quarter.
WHOLE = re.compile(r"\S{1,23}|\d{4}-\d\d-\d\d \d\d:\d\d|\d{4} Q\d")
#: Where a long word may be broken: an address of a line, a version.
BREAKS = re.compile(r"(?<=[/:@])(?=\S)")
CODE = re.compile(r"`([^`]+)`")
KINDS = {Figures: "figures", Table: "table", Chart: "chart", Text: "text", Steps: "steps"}
WORDS = {
    "en": {
        "made": "Made",
        "files": "mapping files",
        "rehearsal": "Rehearsal: nothing was written to either system.",
        "definitions": "What the numbers mean",
    },
    "fr": {
        "made": "Établi le",
        "files": "fichiers d'accord",
        "rehearsal": "Répétition : rien n'a été écrit dans les deux systèmes.",
        "definitions": "Ce que signifient les chiffres",
    },
}


def to_html(document: Document) -> str:
    """The whole page. Everything but our own SVG is escaped; the policy forbids scripts."""
    words = WORDS.get(document.language, WORDS["en"])
    return _environment().get_template("report.html").render(document=document, words=words)


@cache
def _environment() -> Environment:
    """Made once: reading the page's template takes longer than filling it."""
    environment = Environment(
        loader=PackageLoader("connector.reports", "pages"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        kind_of=lambda block: KINDS[type(block)],
        right=lambda table: columns_of(table.rows, len(table.columns)),
        stays_whole=lambda cell: isinstance(cell, str) and WHOLE.fullmatch(cell) is not None,
        breakable=_breakable,
        marked=_marked,
        drawn=lambda chart: Markup(chart.svg),
        moment=_moment,
    )
    return environment


def _breakable(cell: Cell) -> Cell | Markup:
    """The cell, its long words broken where a reader would break them."""
    if not isinstance(cell, str) or WHOLE.fullmatch(cell):
        return cell
    return Markup("<wbr>").join(BREAKS.split(cell))


def _marked(text: str) -> Markup:
    """What stands between backticks is to be typed, and is set so."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
