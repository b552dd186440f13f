"""Search filters, compiled once a call into functions over the indexed values of a record."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector.sandbox.hubspot.computed import computed_for
from connector.sandbox.hubspot.definitions import Definition
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.formats import parse_moment
from connector.sandbox.hubspot.kinds import Kind, find_kind
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record
from connector.sandbox.hubspot.values import as_text

Values = dict[str, str]
Entry = tuple[int, Values, Record | None]
Test = Callable[[Entry], bool]
Access = Callable[[Entry], str | None]
Value = Callable[[Entry], Any]

#: Caps of a search.
GROUPS, FILTERS_IN_GROUP, FILTERS_IN_ALL, CHARACTERS = 5, 6, 18, 3_000

_MOMENTS = ("date", "datetime")
_TOKENS = re.compile(r"[^\W_]+")


def problem(text: str) -> Rejection:
    """400 for a search that asks for something impossible; the words are [?]."""
    return Rejection(400, f"There was a problem with the request. {text}")


def access(kind: Kind, name: str) -> Access:
    """Reads a property of an index entry: the stored value, or the computed one."""
    compute = computed_for(kind).get(name)
    if compute is None:
        return lambda entry: entry[1].get(name)
    calculate = compute

    def read(entry: Entry) -> str | None:
        stored = entry[1].get(name)
        if stored is not None or entry[2] is None:
            return stored
        return calculate(entry[2])

    return read


def comparable(definition: Definition, text: str | None) -> Any:
    """A value in the form in which it is ordered: numbers and moments as numbers."""
    if text is None or text == "":
        return None
    if definition.type in _MOMENTS:
        return parse_moment(text)
    if definition.type == "number":
        try:
            return float(text) if "." in text or "e" in text.lower() else int(text)
        except ValueError:
            return None
    return text if definition.type == "enumeration" else text.lower()


def groups_of(body: Json) -> list[Json]:
    """The filter groups of a search body; filters outside of groups count as one."""
    groups = list(body.get("filterGroups") or [])
    if body.get("filters"):
        groups.append({"filters": body["filters"]})
    return groups


def check_caps(body: Json) -> None:
    """Raises Rejection for too many groups and filters."""
    groups = groups_of(body)
    if len(groups) > GROUPS:
        raise problem(f"Too many filter groups: {len(groups)}, the maximum is {GROUPS}.")
    sizes = [len(group.get("filters") or []) for group in groups]
    if any(size > FILTERS_IN_GROUP for size in sizes) or sum(sizes) > FILTERS_IN_ALL:
        raise problem(
            f"Too many filters: at most {FILTERS_IN_GROUP} in a group and {FILTERS_IN_ALL} in all."
        )


def compile_groups(portal: Portal, kind: Kind, body: Json) -> list[list[Test]]:
    """The filter groups of a search body: any group, all filters in it.

    Raises:
        Rejection: 400 for unknown properties and operators.
    """
    return [
        [_compile(portal, kind, one) for one in group.get("filters") or []]
        for group in groups_of(body)
    ]


def _compile(portal: Portal, kind: Kind, one: Json) -> Test:
    name = str(one.get("propertyName", ""))
    action = str(one.get("operator", ""))
    if name.startswith("associations."):
        return _association(portal, kind, name, action, one)
    definition = portal.catalogue.find(kind, name)
    if definition is None:
        raise problem(f"Property {name} does not exist.")
    make = _OPERATORS.get(action)
    if make is None:
        raise problem(f"{action} is not an operator.")
    column = _Column(
        definition,
        access(kind, definition.name),
        _value_reader(kind, definition),
        portal.settings.negations_match_unset,
        window_slack(portal, kind, definition.name),
    )
    return make(column, one)


def _association(portal: Portal, kind: Kind, name: str, action: str, one: Json) -> Test:
    other = find_kind(name.removeprefix("associations."))
    if other is None:
        raise problem(f"Property {name} does not exist.")
    target = other
    given = one.get("values") or [one.get("value")]
    texts = [as_text(value) for value in given or [] if value is not None]
    ids = {int(text) for text in texts if text.isdecimal()}
    targets = portal.associations.targets
    wanted = action not in ("NEQ", "NOT_IN", "NOT_HAS_PROPERTY")
    if action in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda entry: bool(targets(kind, entry[0], target)) is wanted
    return lambda entry: (not ids.isdisjoint(targets(kind, entry[0], target))) is wanted


@dataclass(frozen=True, slots=True)
class _Column:
    """A property in a filter: its text, its value to compare, what "not" says of blanks, and by
    how much the index misses bounds on it.
    """

    definition: Definition
    text: Access
    value: Value
    unset: bool
    slack: int = 0


def window_slack(portal: Portal, kind: Kind, name: str) -> int:
    """By how many milliseconds a bound on this property is missed by the index."""
    if name != kind.modified:
        return 0
    return int(portal.settings.search_window_slack_seconds * 1000)


def _value_reader(kind: Kind, definition: Definition) -> Value:
    read = access(kind, definition.name)
    if definition.name != kind.modified:
        return lambda entry: comparable(definition, read(entry))

    def modified(entry: Entry) -> Any:
        record = entry[2]
        if record is not None and record.values is entry[1]:
            return record.modified
        return comparable(definition, read(entry))

    return modified


def _bound(column: _Column, one: Json, key: str = "value") -> Any:
    name, given = column.definition.name, one.get(key)
    if given is None:
        raise problem(f"{key} is required for {name}.")
    found = comparable(column.definition, as_text(given))
    if found is None and as_text(given) != "":
        raise problem(f"{given} is not a valid value for {name}.")
    return found


def _order(test: Callable[[Any, Any], bool], way: int) -> Callable[[_Column, Json], Test]:
    def make(column: _Column, one: Json) -> Test:
        bound, read = _bound(column, one), column.value
        if column.slack:
            bound += way * column.slack

        def check(entry: Entry) -> bool:
            value = read(entry)
            return value is not None and test(value, bound)

        return check

    return make


def _equal(column: _Column, one: Json) -> Test:
    wanted, read, text = _bound(column, one), column.value, column.text
    if column.definition.field_type == "checkbox":
        return lambda entry: wanted in (text(entry) or "").split(";")
    return lambda entry: read(entry) == wanted


def _unequal(column: _Column, one: Json) -> Test:
    unwanted, read, unset = _bound(column, one), column.value, column.unset

    def check(entry: Entry) -> bool:
        value = read(entry)
        return unset if value is None else value != unwanted

    return check


def _between(column: _Column, one: Json) -> Test:
    low, high, read = _bound(column, one), _bound(column, one, "highValue"), column.value
    if column.slack:
        low, high = low - column.slack, high + column.slack

    def check(entry: Entry) -> bool:
        value = read(entry)
        return value is not None and low <= value <= high

    return check


def _members(definition: Definition, one: Json) -> set[Any]:
    if not isinstance(one.get("values"), list):
        raise problem(f"values is required for {definition.name}.")
    texts = [as_text(value) for value in one["values"]]
    if definition.type in (*_MOMENTS, "number"):
        return {comparable(definition, text) for text in texts}
    return set(texts)  # texts are compared as given: upper case never matches


def _in(column: _Column, one: Json) -> Test:
    wanted, read = _members(column.definition, one), column.value
    return lambda entry: read(entry) in wanted


def _not_in(column: _Column, one: Json) -> Test:
    unwanted, read, unset = _members(column.definition, one), column.value, column.unset

    def check(entry: Entry) -> bool:
        value = read(entry)
        return unset if value is None else value not in unwanted

    return check


def _has(column: _Column, _one: Json) -> Test:
    text = column.text
    return lambda entry: bool(text(entry))


def _has_not(column: _Column, _one: Json) -> Test:
    text = column.text
    return lambda entry: not text(entry)


def token_test(wanted: str) -> Callable[[str], bool]:
    """Whether a text contains a word, or all words of several; `*` stands for anything."""
    lowered = wanted.lower()
    if "*" in lowered:
        parts = [re.escape(part) for part in lowered.split("*")]
        pattern = re.compile(".*".join(parts))

        def match(text: str) -> bool:
            words = [text, *text.split(), *_TOKENS.findall(text)]
            return any(pattern.fullmatch(word) for word in words)

        return match
    tokens = set(_TOKENS.findall(lowered))
    return lambda text: tokens <= set(_TOKENS.findall(text))


def _token(column: _Column, one: Json) -> Test:
    match, read = token_test(as_text(one.get("value", ""))), column.text
    return lambda entry: match((read(entry) or "").lower())


def _no_token(column: _Column, one: Json) -> Test:
    match, read, unset = token_test(as_text(one.get("value", ""))), column.text, column.unset

    def check(entry: Entry) -> bool:
        text = read(entry)
        return not match(text.lower()) if text else unset

    return check


_OPERATORS: dict[str, Callable[[_Column, Json], Test]] = {
    "EQ": _equal,
    "NEQ": _unequal,
    "LT": _order(operator.lt, 1),
    "LTE": _order(operator.le, 1),
    "GT": _order(operator.gt, -1),
    "GTE": _order(operator.ge, -1),
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _not_in,
    "HAS_PROPERTY": _has,
    "NOT_HAS_PROPERTY": _has_not,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _no_token,
}
