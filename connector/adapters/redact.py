"""Keeps only the machine's words of a foreign error: codes, field names, ids; never its text."""

import logging
import re
from collections.abc import Iterable

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}\Z")
_MOST_DIGITS = 4  #: a code has few; what has more is a token, a number of a phone, an id
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}\Z")
_ID = re.compile(r"[A-Za-z0-9]{1,18}(?:-[A-Za-z0-9]{1,24}){0,4}\Z")
_CORRELATION = re.compile(r"[0-9a-fA-F-]{8,64}\Z")


def code_of(value: object) -> str:
    """A machine's code such as `VALIDATION_ERROR`, or `""` where it looks like anything else."""
    if not isinstance(value, str) or not _CODE.match(value):
        return ""
    return value if sum(map(str.isdigit, value)) <= _MOST_DIGITS else ""


def fields_of(values: object) -> tuple[str, ...]:
    """The field names among `values` (a text or a list of texts), each once, in order."""
    texts: Iterable[object] = values if isinstance(values, list | tuple) else (values,)
    good = (text for text in texts if isinstance(text, str) and _FIELD.match(text))
    return tuple(dict.fromkeys(good))


def ids_of(values: object) -> tuple[str, ...]:
    """The record ids among `values` (a value or a list), as text, each once, in order."""
    entries: Iterable[object] = values if isinstance(values, list | tuple) else (values,)
    texts = (str(entry) for entry in entries if isinstance(entry, str | int))
    return tuple(dict.fromkeys(text for text in texts if _ID.match(text)))


def correlation_of(value: object) -> str:
    """A correlation id, or `""`."""
    return value if isinstance(value, str) and _CORRELATION.match(value) else ""


def kebab(code: str) -> str:
    """`INVALID_EMAIL` -> `invalid-email`, for problem codes."""
    return re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")


def entries_of(value: object) -> list[object]:
    """The entries of a list; of anything else, none."""
    return value if isinstance(value, list) else []


def is_certificate(text: str) -> bool:
    """Does a TLS error speak of the other side's certificate, and not of the connection?"""
    return "CERTIFICATE" in text.upper()


def quieten() -> None:
    """Keeps the clients' loggers above DEBUG, whatever is set.

    Their debug lines hold whole answers and the addresses of calls, and with them personal data.
    """
    for name in ("hubspot", "simple_salesforce", "urllib3", "requests"):
        logger = logging.getLogger(name)
        if logger.level < logging.INFO:  # NOTSET included: the root's level may be DEBUG
            logger.setLevel(logging.INFO)
