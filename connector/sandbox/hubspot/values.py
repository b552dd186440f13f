"""What a property takes: checks of written values and their stored form."""

import re
from typing import Any

from connector.sandbox.hubspot.definitions import Definition
from connector.sandbox.hubspot.errors import Fault, fault
from connector.sandbox.hubspot.formats import day, is_midnight, iso, parse_moment

#: Longest text of a property, in characters.
LONGEST = 65_536

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@.<>(),;:\\\"]+(\.[^\s@.<>(),;:\\\"]+)+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


class Unacceptable(Exception):
    """A value that a property does not take; carries the fault."""

    def __init__(self, found: Fault) -> None:
        super().__init__(found["message"])
        self.fault = found


def as_text(value: Any) -> str:
    """The wire form of a JSON value: `True` is "true", whole floats lose their `.0`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def is_email(text: str) -> bool:
    """Whether HubSpot takes the text for an address: something, an at sign, a domain with a dot."""
    return _EMAIL.fullmatch(text) is not None


def stored_form(definition: Definition, text: str, previous: str | None = None) -> str:
    """The text as HubSpot keeps it. `""` clears and is always taken.

    `previous` is the present value, for the leading semicolon that appends to a multi-checkbox.

    Raises:
        Unacceptable: the value does not fit the type.
    """
    if text == "":
        return ""
    if definition.type == "string" or definition.type == "phone_number":
        return _string(definition, text)
    form = _FORMS.get(definition.type)
    return form(definition, text, previous) if form else text


def _refuse(definition: Definition, code: str, message: str) -> Unacceptable:
    return Unacceptable(fault(definition.name, code, message))


def _string(definition: Definition, text: str) -> str:
    if definition.name == "email":
        lowered = text.strip().lower()
        if not is_email(lowered):
            raise _refuse(definition, "INVALID_EMAIL", f"Email address {text} is invalid")
        return lowered
    if len(text) > LONGEST:
        # [?] the code and the words
        raise _refuse(
            definition, "INVALID_STRING", f"The value is longer than {LONGEST} characters"
        )
    if definition.name == "domain":
        return text.strip().lower()
    return text


def _number(definition: Definition, text: str, _previous: str | None) -> str:
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        # The code is documented, the words are [C].
        raise _refuse(definition, "INVALID_INTEGER", f"{text} was not a valid number.")
    return plain


def _moment(definition: Definition, text: str) -> int:
    ms = parse_moment(text.strip())
    if ms is None:
        raise _refuse(definition, "INVALID_LONG", f"{text} was not a valid long.")
    return ms


def _datetime(definition: Definition, text: str, _previous: str | None) -> str:
    return iso(_moment(definition, text))


def _date(definition: Definition, text: str, _previous: str | None) -> str:
    ms = _moment(definition, text)
    if not is_midnight(ms):
        clock = iso(ms)[11:19]
        # [C] the words
        raise _refuse(definition, "INVALID_DATE", f"{text} is at {clock} UTC, not midnight!")
    return day(ms)


def _option(definition: Definition, text: str, allowed: list[str]) -> Unacceptable:
    listed = ", ".join(allowed)
    return _refuse(
        definition,
        "INVALID_OPTION",
        f"{text} was not one of the allowed options: [{listed}]",
    )


def _bool(definition: Definition, text: str, _previous: str | None) -> str:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise _option(definition, text, ["true", "false"])  # [?] the code
    return lowered


def _enumeration(definition: Definition, text: str, previous: str | None) -> str:
    several = definition.field_type == "checkbox"
    appends = several and text.startswith(";")
    wanted = [part for part in text.split(";") if part] if several else [text]
    if not definition.external_options:
        allowed = {str(option["value"]) for option in definition.options}
        for part in wanted:
            if part not in allowed:
                raise _option(definition, part, definition.option_values())
    if appends and previous:
        wanted = [*previous.split(";"), *wanted]
    return ";".join(dict.fromkeys(wanted))


_FORMS = {
    "number": _number,
    "datetime": _datetime,
    "date": _date,
    "bool": _bool,
    "enumeration": _enumeration,
}
