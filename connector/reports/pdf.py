"""A document as PDF, made from its page; needs the extra `pdf`."""

from connector.core.errors import StopTheRun
from connector.reports.document import Document
from connector.reports.html import to_html


def to_pdf(document: Document) -> bytes:
    """The page on A4. Raises StopTheRun where WeasyPrint is not installed."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise StopTheRun(
            "PDF needs WeasyPrint and its libraries\n    pip install 'leadrelay[pdf]', or print "
            "the HTML from a browser."
        ) from error
    made: bytes = HTML(string=to_html(document)).write_pdf()
    return made
