"""Parts that several builders share: conditions under `when`, and worked examples."""

from collections.abc import Mapping

from connector.core.records import Value
from connector.core.rules.conditions import ALWAYS, Condition
from connector.core.rules.examples import Example
from connector.core.rules.fields import FieldType
from connector.mapfiles.conditions import Words
from connector.mapfiles.hints import remedy
from connector.mapfiles.shapes.common import ExampleShape
from connector.mapfiles.sheets import Sheet
from connector.mapfiles.values import canonical
from connector.mapfiles.yaml_text import Path

MATCH, NO_MATCH = "match", "no match"


def when(raw: Mapping[str, object] | None, sheet: Sheet, path: Path, words: Words) -> Condition:
    """The condition under `when`; none at all always holds."""
    return words.read(raw, sheet, (*path, "when")) if raw else ALWAYS


def given_values(
    raw: Mapping[str, object], sheet: Sheet, path: Path, words: Words
) -> dict[str, Value]:
    """Values of an example by field name, in the fields' types."""
    values: dict[str, Value] = {}
    for name, one in raw.items():
        known = words.known.get(name)
        if known is None:
            words.notes.add(
                "unknown-field",
                sheet.key_place((*path, name)),
                f"there is no field or fact '{name}'",
                remedy(name, words.known, "Fields are defined in fields.yaml."),
            )
            continue
        if one is None or one == "":
            values[name] = one
            continue
        if known.type is FieldType.CHOICES and not isinstance(one, list):
            one = [one]
        values[name] = canonical(one, known, sheet.place((*path, name)), words.notes)
    return values


def examples(
    shapes: tuple[ExampleShape, ...],
    sheet: Sheet,
    path: Path,
    words: Words,
    *,
    points: int | None = None,
) -> tuple[Example, ...]:
    """Worked examples beside a rule; `points` are those of a score rule."""
    for at, one in enumerate(shapes):
        _expectation(one.expect, sheet, (*path, "examples", at, "expect"), words, points)
    return tuple(
        Example(
            given=given_values(one.given, sheet, (*path, "examples", at, "given"), words),
            expect=one.expect,
            place=sheet.place((*path, "examples", at)),
        )
        for at, one in enumerate(shapes)
    )


def _expectation(expect: str, sheet: Sheet, path: Path, words: Words, points: int | None) -> None:
    known = [MATCH, NO_MATCH] + ([str(points), "0"] if points is not None else [])
    if expect in known or (points is not None and expect.lstrip("-").isdigit()):
        return
    words.notes.add(
        "wrong-expectation",
        sheet.place(path),
        f"an example cannot expect '{expect}'",
        remedy(expect, known, "See the examples of the shipped files."),
    )
