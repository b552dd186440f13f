"""The log: lines for people, or one JSON object a line; ids and counts only."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

#: What every record has; the rest are the values that the call gave with `extra`.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _USUAL}


class JsonLines(logging.Formatter):
    """One object a line: at, level, logger, what, and the values given with it.

    A traceback is cut to its class: the text of a foreign error may hold personal data.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return orjson.dumps(line, default=str).decode()


class Lines(logging.Formatter):
    """`moment level what name=value ...`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        values = " ".join(f"{name}={value}" for name, value in _extras(record).items())
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        parts = (at, record.levelname.lower(), record.getMessage(), values, error)
        return " ".join(part for part in parts if part)


def start(form: str, level: str) -> None:
    """Sends the whole process' log to stderr in this form (`text` or `json`)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("leadrelay").setLevel(level.upper())
