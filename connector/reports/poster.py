"""The poster as a page of one size, A4 to A1, and as PDF; the version stands in its corner."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from connector.core.errors import StopTheRun
from connector.core.poster import Poster

#: Sheet -> (width, height in millimetres; size of the running text in points; columns)
SHEETS = {
    "A4": (210, 297, 7.0, 2),
    "A3": (297, 420, 10.0, 2),
    "A2": (420, 594, 13.5, 3),
    "A1": (594, 841, 19.0, 3),
}
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
    },
}


def to_html(poster: Poster, sheet: str, *, scale: float = 1.0) -> str:
    """One page without scripts or outside resources, laid out for the sheet."""
    width, height, points, columns = SHEETS[sheet]
    return (
        _environment()
        .get_template("poster.html")
        .render(
            poster=poster,
            words=WORDS.get(poster.language, WORDS["en"]),
            width=width,
            height=height,
            points=round(points * scale, 2),
            columns=columns,
            version=poster.hash[:12],
        )
    )


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
    for tenths in range(10, 5, -1):
        made = HTML(string=to_html(poster, sheet, scale=tenths / 10)).render()
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
