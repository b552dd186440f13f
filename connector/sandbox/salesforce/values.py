"""A value on its way in: from JSON or CSV to what a row holds, or the fault it would cause."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from connector.sandbox.salesforce.errors import ApiRefusal, Fault, malformed_id
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.schema import Field

_EMAIL = re.compile(r"[^@\s,;<>()\[\]\"]+@[^@\s,;<>()\[\]\".]+(\.[^@\s,;<>()\[\]\".]+)+")
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d|[+-]\d{4})")
_TEXT_LIKE = frozenset({"string", "textarea", "phone", "url", "combobox", "anyType"})


def stamp(moment: datetime) -> str:
    """A moment as the API writes it, in whole seconds: 2026-03-17T16:21:26.000+0000."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def moment_of(text: str) -> datetime:
    """The reverse of `stamp`."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


class NotReadable(ValueError):
    """A value of the wrong kind for a field; `kind` is what the deserialiser expected."""

    def __init__(self, field: Field, kind: str, value: Any) -> None:
        super().__init__(kind)
        self.field = field
        self.kind = kind
        self.value = value


def unreadable_json(fault: NotReadable, body: bytes) -> ApiRefusal:
    """The answer to a value that cannot be read as its field's type, with its place in the body."""
    written = fault.value if isinstance(fault.value, str) else str(fault.value).lower()
    at = body.find(written.encode())
    line, column = 1, 1
    if at >= 0:
        line = body.count(b"\n", 0, at) + 1
        column = at - (body.rfind(b"\n", 0, at) + 1)
    token = "VALUE_STRING" if isinstance(fault.value, str) else "VALUE"
    message = (
        f"Cannot deserialize instance of {fault.kind} from {token} value {written}"
        f" at [line:{line}, column:{column}]"
    )
    return ApiRefusal([Fault(code="JSON_PARSER_ERROR", message=message)])


def read_datetime(text: str) -> str:
    """An ISO moment as a stamp. `+0000` needs fractions of a second, as in the real parser."""
    found = _DATETIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, clock, fraction, zone = found.groups()
    if zone[0] in "+-" and ":" not in zone:
        if fraction is None:
            raise ValueError(text)
        zone = f"{zone[:3]}:{zone[3:]}"
    return stamp(datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone == 'Z' else zone}"))


def _text(field: Field, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise NotReadable(field, "string", value)


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    raise NotReadable(field, "boolean", value)


def _double(field: Field, value: Any) -> float:
    if isinstance(value, bool):
        raise NotReadable(field, "double", value)
    try:
        return round(float(value), field.scale if field.custom or field.scale else 15)
    except (TypeError, ValueError):
        raise NotReadable(field, "double", value) from None


def _int(field: Field, value: Any) -> int:
    if isinstance(value, bool):
        raise NotReadable(field, "int", value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise NotReadable(field, "int", value) from None
    if number != int(number):
        raise NotReadable(field, "int", value)
    return int(number)


def _date(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise NotReadable(field, "date", value)
    text = value[:10] if len(value) > 10 and value[10] == "T" else value
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise NotReadable(field, "date", value) from None


def _datetime(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise NotReadable(field, "datetime", value)
    if len(value) == 10:
        return f"{_date(field, value)}T00:00:00.000+0000"
    try:
        return read_datetime(value)
    except ValueError:
        raise NotReadable(field, "datetime", value) from None


def _id(field: Field, value: Any) -> str:
    found = canonical_id(value) if isinstance(value, str) else None
    if found is None:
        raise ApiRefusal([malformed_id(field.label, str(value), field.name)])
    return found


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "boolean": _boolean,
    "double": _double,
    "currency": _double,
    "percent": _double,
    "int": _int,
    "date": _date,
    "datetime": _datetime,
    "reference": _id,
    "id": _id,
}


def read_value(field: Field, value: Any) -> Any:
    """The value as a row holds it; None for null and for empty text.

    Raises NotReadable where the JSON cannot be of that type at all, and ApiRefusal where the
    value breaks the field's rule (length, restricted picklist, e-mail, id).
    """
    if value is None or value == "":
        return None
    reader = _READERS.get(field.type)
    if reader is not None:
        return reader(field, value)
    text = _text(field, value)
    if field.type not in {"textarea"} and (text[0].isspace() or text[-1].isspace()):
        text = text.strip()
        if not text:
            return None
    fault = text_fault(field, text)
    if fault is not None:
        raise ApiRefusal([fault])
    return text


def text_fault(field: Field, text: str) -> Fault | None:
    """What is wrong with a text in a field, if anything."""
    if field.length and len(text) > field.length:
        return Fault(
            code="STRING_TOO_LONG",
            message=f"{field.label}: data value too large: {text} (max length={field.length})",
            fields=(field.name,),
        )
    kind = field.type
    if kind in _TEXT_LIKE:
        return None
    if kind == "email" and _EMAIL.fullmatch(text) is None:
        return Fault(
            code="INVALID_EMAIL_ADDRESS",
            message=f"{field.label}: invalid email address: {text}",
            fields=(field.name,),
        )
    if kind == "picklist" and field.restricted and text.lower() not in field.known_values:
        return Fault(
            code="INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            message=f"{field.label}: bad value for restricted picklist field: {text}",
            fields=(field.name,),
        )
    return None
