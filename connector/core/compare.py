"""Whether a value we want and a text another system shows are the same value."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from connector.core.plan import Json


def same(wanted: Json, shown: str | None) -> bool:
    """True where writing `wanted` over `shown` would change nothing.

    Numbers compare as numbers (`12` and `12.0`), moments as moments (`Z` and `+0000`), yes and no
    without case, multi-values without order; `None` and `""` are both blank. Line ends are alike,
    and white space at the ends of a text does not count: both systems trim it on storing.
    """
    if wanted is None or wanted == "":
        return shown is None or shown == ""
    if shown is None or shown == "":
        return wanted is False
    if isinstance(wanted, bool):
        return shown.strip().casefold() == ("true" if wanted else "false")
    if isinstance(wanted, int | float):
        return _number(str(wanted)) == _number(shown)
    if not isinstance(wanted, str):
        return str(wanted) == shown
    left, right = _plain(wanted), _plain(shown)
    if left == right:
        return True
    if ";" in left and ";" in right:
        return set(left.split(";")) == set(right.split(";"))
    moments = _moment(left), _moment(right)
    return moments[0] is not None and moments[0] == moments[1]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _moment(text: str) -> datetime | None:
    """A moment in ISO form, or a whole day as its midnight in UTC; None for any other text."""
    if len(text) < len("2026-01-01") or text[4:5] != "-":
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2026-01-01"):
        found = datetime.combine(date.fromisoformat(text), datetime.min.time())
    return found if found.tzinfo else found.replace(tzinfo=UTC)
