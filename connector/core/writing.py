"""The way of one field from the agreed value to what a system takes, and the generated function
for all fields of a record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from connector.core.generated import compiled
from connector.core.plan import Json
from connector.core.problems import Severity
from connector.core.reading import ABSENT, Faults, options_for, steps_of
from connector.core.records import System, Value, Values
from connector.core.rules.fields import Blanks, FieldRule, Fields, FieldType, TooLong
from connector.core.transforms import Fault, Scene
from connector.core.transforms.sets import cut
from connector.core.valuemaps import MapValue, word_writer

Write = Callable[[Values, Faults], dict[str, Json]]
Render = Callable[[Value], Json | Fault]

_TOO_LONG = Fault("too-long", "the text is longer than the field takes")
_CUT = Fault("cut", "the text was cut to the length the field takes")
_TOO_PRECISE = Fault("too-precise", "the amount has more digits than the system keeps")
_NO_AMOUNT = Fault("invalid-number", "the amount is not a number")
_LENGTHY = frozenset({FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.CHOICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How one field is written; without `render` a text goes as it is."""

    rule: FieldRule
    name: str
    render: Render | None
    blank: Json  #: what a blank becomes, where it is written at all
    max_length: int | None = None


def writer_of(rule: FieldRule, name: str, system: System, fields: Fields) -> Writer:
    """Puts the conversions of one field together, in the opposite order of reading."""
    limit = rule.max_length if system is System.SALESFORCE and rule.type in _LENGTHY else None
    steps = [step for step in reversed(steps_of(rule)) if step.backward is not None]
    plain = not steps and rule.values is None and rule.type in _LENGTHY
    scene = Scene(
        options=options_for(rule, system),
        default_region=fields.default_region,
        tables=fields.tables,
    )
    mapped: MapValue | None = None if rule.values is None else word_writer(rule.values, system)
    backward = [step.backward for step in steps if step.backward is not None]
    shown = _json if system is System.SALESFORCE else _property

    def render(value: Value) -> Json | Fault:
        found: Value | Fault = value
        if mapped is not None:
            found = mapped(value)
        for convert in backward:
            if isinstance(found, Fault):
                return found
            found = convert(found, scene)
        return found if isinstance(found, Fault) else shown(found)

    return Writer(
        rule=rule,
        name=name,
        render=None if plain else render,
        blank=None if system is System.SALESFORCE else "",
        max_length=limit,
    )


def moment_text(value: datetime) -> str:
    """ISO in UTC with `Z`, the milliseconds only where there are any: both systems take it."""
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    detail = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return moment.isoformat(timespec=detail).replace("+00:00", "Z")


def _json(value: Value) -> Json | Fault:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            return _NO_AMOUNT
        if value == value.to_integral_value():
            return int(value)
        number = float(value)
        return number if Decimal(repr(number)) == value else _TOO_PRECISE
    return _dated(value)


def _property(value: Value) -> Json | Fault:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else _NO_AMOUNT
    return str(value) if isinstance(value, int) else _dated(value)


def _dated(value: date | datetime | tuple[str, ...]) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else ";".join(value)


def generate_write(writers: list[Writer]) -> Write:
    """Writes and compiles the function `write(values, faults) -> fields` for these fields."""
    names: dict[str, object] = {"ABSENT": ABSENT, "Fault": Fault}
    lines = ["def write(values, faults):", "    get = values.get", "    fields = {}"]
    for number, writer in enumerate(writers):
        lines += _lines(writer, number, names)
    lines.append("    return fields")
    exec(compiled("\n".join(lines), "<fields>"), names)
    write: Write = names["write"]  # type: ignore[assignment]
    return write


def _lines(writer: Writer, number: int, names: dict[str, object]) -> list[str]:
    field, name = writer.rule.name, writer.name
    clears = writer.rule.blanks is Blanks.CLEAR
    cleared = f"fields[{name!r}] = {writer.blank!r}" if clears else "pass"
    lines = [
        f"    v = get({field!r}, ABSENT)",
        "    if v is not ABSENT:",
        "        if v is None or v == '' or v == ():",
        f"            {cleared}",
        "        else:",
    ]
    if writer.render is None and writer.max_length is None:
        names[f"t{number}"] = _json
        return [*lines, f"            fields[{name!r}] = v if v.__class__ is str else t{number}(v)"]
    names[f"w{number}"] = _one(writer)
    slowly = f"w{number}(fields, faults, v)"
    if writer.render is not None:
        return [*lines, f"            {slowly}"]
    return [  # most texts fit as they are
        *lines,
        f"            if v.__class__ is str and len(v) <= {writer.max_length}:",
        f"                fields[{name!r}] = v",
        "            else:",
        f"                {slowly}",
    ]


def _one(writer: Writer) -> Callable[[dict[str, Json], Faults, Value], None]:
    rule, name, limit = writer.rule, writer.name, writer.max_length
    render = writer.render or _json
    may_cut = rule.too_long is TooLong.CUT

    def write(fields: dict[str, Json], faults: Faults, value: Value) -> None:
        found = render(value)
        if isinstance(found, Fault):
            faults.append((rule, found, Severity.ERROR))
            return
        if limit is not None and isinstance(found, str) and len(found) > limit:
            faults.append(
                (rule, _CUT, Severity.WARNING) if may_cut else (rule, _TOO_LONG, Severity.ERROR)
            )
            if not may_cut:
                return
            found = cut(found, limit)
        fields[name] = found

    return write
