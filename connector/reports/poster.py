"""The poster as a page of one size, A4 to A1, and as PDF; the version stands in its corner."""

from functools import cache
from math import ceil
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from connector.core.errors import StopTheRun
from connector.core.poster import Poster, Word

#: Sheet -> (width, height in millimetres; size of the running text in points; columns)
SHEETS = {
    "A4": (210, 297, 7.0, 2),
    "A3": (297, 420, 10.0, 2),
    "A2": (420, 594, 13.5, 3),
    "A1": (594, 841, 19.0, 3),
}
SYSTEMS = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
WORDS = {
    "en": {
        "title": "What our words mean",
        "yes": "is one",
        "no": "is not",
        "also": "also called",
        "way": "The way of a lead",
        "answers": "What sales may answer",
        "law": "Still the law? leadrelay print verify",
        "version": "version",
        "colon": ":",
        "marketing": "marketing",
        "sales": "sales",
        **SYSTEMS,
    },
    "fr": {
        "title": "Ce que nos mots veulent dire",
        "yes": "en est",
        "no": "n'en est pas",
        "also": "dit aussi",
        "way": "Le chemin d'un lead",
        "answers": "Ce que les ventes peuvent répondre",
        "law": "Toujours en vigueur ? leadrelay print verify",
        "version": "version",
        "colon": "\u202f:",
        "marketing": "marketing",
        "sales": "ventes",
        **SYSTEMS,
    },
}

LARGEST, SMALLEST = 150, 60  #: percent of the size of the running text
ROOM = 0.96  #: of the sheet, so that another printer's letters fit too
LETTER = 0.46  #: width of a letter, in its size
MILLIMETRES = 25.4 / 72  #: of a point


def to_html(poster: Poster, sheet: str, *, scale: float | None = None) -> str:
    """One page without scripts or outside resources, laid out for the sheet. Without a scale the
    text is as large as the words leave room for, by a careful guess."""
    width, height, points, columns = SHEETS[sheet]
    return (
        _environment()
        .get_template("poster.html")
        .render(
            poster=poster,
            words=WORDS.get(poster.language, WORDS["en"]),
            width=width,
            height=height,
            points=round(points * (scale or guessed_scale(poster, sheet)), 2),
            columns=columns,
            version=poster.hash[:12],
        )
    )


def guessed_scale(poster: Poster, sheet: str) -> float:
    """How large the text may be for all of it to stand on the sheet, whatever prints it."""
    for percent in range(LARGEST, SMALLEST, -2):
        if _height(poster, sheet, percent / 100) <= SHEETS[sheet][1] * ROOM:
            return percent / 100
    return SMALLEST / 100


def _height(poster: Poster, sheet: str, scale: float) -> float:
    """About how many millimetres of the sheet the words take; sizes are those of the page."""
    width, _, points, columns = SHEETS[sheet]
    em = points * scale * MILLIMETRES
    whole = width * 0.88 / em
    column = (whole - 2.4 * (columns - 1)) / columns

    def text(words: str, size: float, room: float) -> float:
        return ceil(len(words) * LETTER * size / room) * 1.38 * size + 0.45 * size

    def word(one: Word) -> float:
        small = (*(" ".join(pair) + WORDS["en"]["also"] for pair in one.also), str(one.agreed_by))
        told = [f"{WORDS['en']['no']} {case}" for case in (*one.examples, *one.counter_examples)]
        return (
            2.2
            + text(one.label, 1.5, column)
            + text(one.definition, 1.0, column)
            + sum(text(case, 0.92, column) for case in told)
            + sum(text(line, 0.8, column) for line in small)
        )

    heights = [word(one) for one in poster.words]
    words = sum(heights) / columns + max(heights, default=0.0) / 4  # columns are never quite even
    stages = sum(len(stage) * LETTER + 2.0 for stage in poster.stages)
    below = 2 * 4.0 + ceil(stages / whole) * 2.1
    below += sum(text(f"{answer}: {reasons}", 1.0, whole) for answer, reasons in poster.answers)
    return em * (8.0 + words + below) + 0.14 * width


def laid_out(poster: Poster, sheet: str) -> Any:
    """WeasyPrint's document, its text as large as lets all of it stand on one sheet.

    Raises StopTheRun where WeasyPrint is not installed, or where the words need a larger sheet.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise StopTheRun(
            "PDF needs WeasyPrint and its libraries\n    pip install 'leadrelay[pdf]', or print "
            "the HTML from a browser."
        ) from error
    first = round(guessed_scale(poster, sheet) * 100) + 8
    for percent in range(first, SMALLEST - 1, -4):
        made = HTML(string=to_html(poster, sheet, scale=percent / 100)).render()
        if len(made.pages) == 1:
            return made
    raise StopTheRun(f"the words do not fit on {sheet}\n    Choose a larger sheet.")


def to_pdf(poster: Poster, sheet: str) -> bytes:
    """The page as PDF; raises StopTheRun as `laid_out` does."""
    made: bytes = laid_out(poster, sheet).write_pdf()
    return made


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("connector.reports", "pages"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
