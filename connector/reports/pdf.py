"""A document as PDF, through WeasyPrint where it is installed (the extra `pdf`)."""

from importlib import import_module

from connector.core.errors import StopTheRun
from connector.reports.document import Document
from connector.reports.html import to_html


def to_pdf(document: Document) -> bytes:
    """The page as it prints. Raises StopTheRun where WeasyPrint or its libraries are missing."""
    try:
        weasyprint = import_module("weasyprint")
    except (ImportError, OSError):
        raise StopTheRun(
            "PDF needs WeasyPrint, which is not here\n    Install it with `pip install "
            "'leadrelay[pdf]'` and Pango (libpango-1.0-0 libpangoft2-1.0-0), or print the HTML."
        ) from None
    made: bytes = weasyprint.HTML(string=to_html(document)).write_pdf()
    return made
