"""Search filters, compiled once a call into functions over the indexed values of a record."""

import re
from collections.abc import Callable
from typing import Any

from connector.sandbox.hubspot.catalogue import Catalogue
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

#: Caps of a search.
GROUPS, FILTERS_IN_GROUP, FILTERS_IN_ALL, CHARACTERS = 5, 6, 18, 3_000

_MOMENTS = ("date", "datetime")
_TOKENS = re.compile(r"[^\W_]+")


def problem(text: str) -> Rejection:
    """400 for a search that asks for something impossible; the words are [?]."""
    return Rejection(400, f"There was a problem with the request. {text}")


def access(catalogue: Catalogue, kind: Kind, name: str) -> Access:
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
    operator = str(one.get("operator", ""))
    if name.startswith("associations."):
        return _association(portal, kind, name, operator, one)
    definition = portal.catalogue.find(kind, name)
    if definition is None:
        raise problem(f"Property {name} does not exist.")
    make = _OPERATORS.get(operator)
    if make is None:
        raise problem(f"{operator} is not an operator.")
    read = access(portal.catalogue, kind, definition.name)
    return make(definition, read, one, portal.settings.negations_match_unset)


def _association(portal: Portal, kind: Kind, name: str, operator: str, one: Json) -> Test:
    other = find_kind(name.removeprefix("associations."))
    if other is None:
        raise problem(f"Property {name} does not exist.")
    target = other
    given = one.get("values") or [one.get("value")]
    ids = {int(value) for value in given if value is not None}
    targets = portal.associations.targets
    wanted = operator not in ("NEQ", "NOT_IN", "NOT_HAS_PROPERTY")
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda entry: bool(targets(kind, entry[0], target)) is wanted
    return lambda entry: (not ids.isdisjoint(targets(kind, entry[0], target))) is wanted


def _value(definition: Definition, one: Json, key: str = "value") -> Any:
    if one.get(key) is None:
        raise problem(f"{key} is required for {definition.name}.")
    found = comparable(definition, as_text(one[key]))
    if found is None and as_text(one[key]) != "":
        raise problem(f"{one[key]} is not a valid value for {definition.name}.")
    return found


def _order(test: Callable[[Any, Any], bool]) -> Callable[..., Test]:
    def make(definition: Definition, read: Access, one: Json, _unset: bool) -> Test:
        bound = _value(definition, one)

        def check(entry: Entry) -> bool:
            value = comparable(definition, read(entry))
            return value is not None and test(value, bound)

        return check

    return make


def _equal(definition: Definition, read: Access, one: Json, _unset: bool) -> Test:
    wanted = _value(definition, one)
    if definition.field_type == "checkbox":
        return lambda entry: wanted in (read(entry) or "").split(";")
    return lambda entry: comparable(definition, read(entry)) == wanted


def _unequal(definition: Definition, read: Access, one: Json, unset: bool) -> Test:
    unwanted = _value(definition, one)

    def check(entry: Entry) -> bool:
        value = comparable(definition, read(entry))
        return unset if value is None else value != unwanted

    return check


def _between(definition: Definition, read: Access, one: Json, _unset: bool) -> Test:
    low, high = _value(definition, one), _value(definition, one, "highValue")

    def check(entry: Entry) -> bool:
        value = comparable(definition, read(entry))
        return value is not None and low <= value <= high

    return check


def _members(definition: Definition, one: Json) -> set[Any]:
    if not isinstance(one.get("values"), list):
        raise problem(f"values is required for {definition.name}.")
    texts = [as_text(value) for value in one["values"]]
    if definition.type in (*_MOMENTS, "number"):
        return {comparable(definition, text) for text in texts}
    return set(texts)  # texts are compared as given: upper case never matches


def _in(definition: Definition, read: Access, one: Json, _unset: bool) -> Test:
    wanted = _members(definition, one)
    return lambda entry: comparable(definition, read(entry)) in wanted


def _not_in(definition: Definition, read: Access, one: Json, unset: bool) -> Test:
    unwanted = _members(definition, one)

    def check(entry: Entry) -> bool:
        value = comparable(definition, read(entry))
        return unset if value is None else value not in unwanted

    return check


def _has(_definition: Definition, read: Access, _one: Json, _unset: bool) -> Test:
    return lambda entry: bool(read(entry))


def _has_not(_definition: Definition, read: Access, _one: Json, _unset: bool) -> Test:
    return lambda entry: not read(entry)


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


def _token(definition: Definition, read: Access, one: Json, _unset: bool) -> Test:
    match = token_test(as_text(one.get("value", "")))
    return lambda entry: match((read(entry) or "").lower())


def _no_token(definition: Definition, read: Access, one: Json, unset: bool) -> Test:
    match = token_test(as_text(one.get("value", "")))

    def check(entry: Entry) -> bool:
        value = read(entry)
        return not match(value.lower()) if value else unset

    return check


_OPERATORS: dict[str, Callable[..., Test]] = {
    "EQ": _equal,
    "NEQ": _unequal,
    "LT": _order(lambda value, bound: value < bound),
    "LTE": _order(lambda value, bound: value <= bound),
    "GT": _order(lambda value, bound: value > bound),
    "GTE": _order(lambda value, bound: value >= bound),
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _not_in,
    "HAS_PROPERTY": _has,
    "NOT_HAS_PROPERTY": _has_not,
    "CONTAINS_TOKEN": _token,
    "NOT_CONTAINS_TOKEN": _no_token,
}
