"""Holds one agreed field against the field that a system has: type, length, words."""

from collections.abc import Callable, Iterator, Mapping

from connector.core.problems import Place, Problem, Severity
from connector.core.records import is_blank
from connector.core.rules.fields import Direction, FieldRule, FieldType, Unknown
from connector.ports import FieldSchema, LeadRow

Hits = Callable[[LeadRow], bool]
Hit = Hits | int | None  #: which leads a fault hits, or how many; None: it is not about leads
NUMBERS = frozenset({"number", "double", "int", "currency", "percent", "long"})
DATES = frozenset({"date", "datetime"})
FITTING: Mapping[FieldType, frozenset[str]] = {
    FieldType.NUMBER: NUMBERS,
    FieldType.MONEY: NUMBERS,
    FieldType.DATE: DATES,
    FieldType.MOMENT: DATES,
    FieldType.YES_NO: frozenset({"bool", "boolean", "enumeration"}),
}
TEXTS = frozenset({"string", "textarea", "longtext", "phone_number"})


def fault(code: str, where: Place, what: str, remedy: str, *, warning: bool = False) -> Problem:
    severity = Severity.WARNING if warning else Severity.ERROR
    return Problem(code=code, where=where, what=what, remedy=remedy, severity=severity)


def has(name: str) -> Hits:
    return lambda row: not is_blank(row.values.get(name))


def read_only(rule: FieldRule, name: str, system: str) -> Problem:
    return fault(
        "read-only-field",
        rule.place,
        f"'{rule.name}' is written to '{name}', which nobody may write in {system}",
        "Change its direction, or name a field that can be written.",
    )


def set_once(rule: FieldRule, name: str) -> Problem:
    return fault(
        "set-once-field",
        rule.place,
        f"'{rule.name}' is written to '{name}', which may be set once and never changed",
        "Give it the right to edit the field, or change the direction.",
        warning=True,
    )


def type_faults(rule: FieldRule, field: FieldSchema, system: str) -> Iterator[tuple[Problem, Hit]]:
    fitting = FITTING.get(rule.type)
    if fitting is None or field.type in fitting:
        return
    yield (
        fault(
            "wrong-type",
            rule.place,
            f"'{rule.name}' is a {rule.type} here, but '{field.name}' is a {field.type} "
            f"in {system}",
            "Agree on one type, or name another field.",
            warning=field.type in TEXTS,
        ),
        has(rule.name),
    )


def option_faults(
    rule: FieldRule,
    field: FieldSchema,
    *,
    side: int,
    system: str,
    writes: bool,
    parked: Hit = None,
) -> Iterator[tuple[Problem, Hit]]:
    """Words that one side has and the other does not, and inactive ones.

    `parked` is how many leads an unknown word of the field has stopped already.
    """
    if rule.values is None or not field.options:
        return
    active = {value for value, is_active in field.options if is_active}
    known = {value for value, _ in field.options}
    fold = str.casefold if rule.values.ignore_case else str
    for row in rule.values.rows:
        ours = row[side]
        if ours and ours not in active and (writes or ours not in known):
            inactive = ours in known
            problem = _word(rule, field, ours, row[1], system, inactive=inactive, writes=writes)
            yield problem, says(rule.name, row[1])
    mapped = {fold(row[side]) for row in rule.values.rows if row[side]}
    strange = sorted(value for value in active if fold(value) not in mapped)
    reads = side == 0 or rule.direction in (Direction.TO_MARKETING, Direction.BOTH)
    if strange and reads and rule.values.unknown is Unknown.PARK:
        listed = ", ".join(f"'{value}'" for value in strange[:5])
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        yield (
            fault(
                "unmapped-option",
                rule.values.place if rule.values.place.line else rule.place,
                f"{system} offers {listed}{more} for '{field.name}', which '{rule.name}' does "
                "not know: such a lead is parked",
                "Add rows to its value map, or say what becomes of unknown words.",
                warning=True,
            ),
            parked,
        )


def _word(
    rule: FieldRule,
    field: FieldSchema,
    ours: str,
    word: str,
    system: str,
    *,
    inactive: bool,
    writes: bool,
) -> Problem:
    state = "is inactive" if inactive else "is unknown"
    return fault(
        "inactive-option" if inactive else "unknown-option",
        rule.place,
        f"'{ours}' (for '{word}') {state} in {system}'s '{field.name}'",
        f"Add or activate the value in {system}, or correct the value map.",
        warning=not (field.restricted and writes) or inactive,
    )


def says(name: str, word: str) -> Hits:
    """Leads whose field has this agreed word."""

    def hits(row: LeadRow) -> bool:
        value = row.values.get(name)
        return word in value if isinstance(value, tuple) else value == word

    return hits


def length_faults(rule: FieldRule, field: FieldSchema, kind: str) -> Iterator[tuple[Problem, Hit]]:
    room = field.max_length
    agreed = rule.max_length
    if not room or rule.type not in (FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE):
        return
    if agreed is not None and agreed <= room:
        return
    said = f"allows {agreed:,} characters" if agreed else "sets no max_length"
    name = rule.name
    yield (
        fault(
            "too-short-there",
            rule.place,
            f"'{name}' {said}, {kind}.{field.name} takes {room:,}",
            f"Set max_length: {room}, and say with too_long whether to cut or to park.",
            warning=True,
        ),
        lambda row: len(str(row.values.get(name) or "")) > room,
    )
