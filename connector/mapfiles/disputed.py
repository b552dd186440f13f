"""An upheld dispute as a worked example of the contested rule, written into its mapping file."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path as Folder

from connector.core.problems import Place, Problem
from connector.core.records import Value
from connector.core.rules.examples import Example
from connector.mapfiles.edit import append
from connector.mapfiles.yaml_text import Path, Plain, parse

FILE = "qualification.yaml"
#: group of a definition's name -> (where its list stands, the key that names a rule, the outcome)
LISTS: Mapping[str, tuple[Path, str, Plain]] = {
    "stage": (("stages",), "stage", "no match"),
    "fit": (("score", "fit"), "name", 0),
    "intent": (("score", "intent"), "name", 0),
}


def add_example(folder: Folder, rule: str, example: Example) -> Problem | None:
    """Appends the example to the rule (e.g. `stage:sql`) in the mapping files; None: it is there.

    `check` and `test` then hold the rule to it, until the rule or the example is changed.
    """
    path = folder / FILE
    text = path.read_text("utf-8")
    parsed, problems = parse(text, FILE)
    if parsed is None or problems:
        return problems[0]
    place = _place(parsed.value, rule)
    if place is None:
        return Problem(
            code="no-such-place",
            where=Place(file=str(path)),
            what=f"'{rule}' has no examples in {FILE}",
            remedy="Write the example by hand.",
        )
    at, expect = place
    given: Plain = {name: _plain(value) for name, value in example.given.items()}
    written = append(text, at, {"given": given, "expect": expect}, FILE)
    if isinstance(written, Problem):
        return written
    path.write_text(written, "utf-8")
    return None


def _place(tree: Plain, rule: str) -> tuple[Path, Plain] | None:
    group, _, name = rule.partition(":")
    if group == "bant":
        return ("bant", name, "examples"), "no match"
    if group not in LISTS:
        return None
    path, key, expect = LISTS[group]
    found: Plain = tree
    for step in path:
        found = found.get(str(step)) if isinstance(found, dict) else None
    for number, entry in enumerate(found if isinstance(found, list) else []):
        if isinstance(entry, dict) and entry.get(key) == name:
            return (*path, number, "examples"), expect
    return None


def _plain(value: Value) -> Plain:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value
