"""What pydantic found wrong, as problems with a place, plain words and a remedy."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from connector.mapfiles.hints import listed, nearest
from connector.mapfiles.shapes import Shape
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path

_KINDS: Mapping[str, tuple[str, str]] = {
    "string_type": ("a text", "Put it in quotes."),
    "int_type": ("a whole number", "Write digits only, without quotes."),
    "int_parsing": ("a whole number", "Write digits only."),
    "int_from_float": ("a whole number", "Round it."),
    "float_type": ("a number", "Write it with a point: 0.4."),
    "float_parsing": ("a number", "Write it with a point: 0.4."),
    "decimal_type": ("a number", "Write it with a point: 0.92."),
    "decimal_parsing": ("a number", "Write it with a point: 0.92."),
    "bool_type": ("true or false", "Write true or false."),
    "bool_parsing": ("true or false", "Write true or false."),
    "dict_type": ("a mapping of keys and values", "Write `key: value` pairs, indented below."),
    "model_type": ("a mapping of keys and values", "Write `key: value` pairs, indented below."),
    "tuple_type": ("a list", "Write [one, two], or a line `- …` for each."),
    "list_type": ("a list", "Write [one, two], or a line `- …` for each."),
}
_DATES = ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact")
_MOMENTS = ("datetime_type", "datetime_parsing", "datetime_from_date_parsing")


def note_shape_problems(
    error: ValidationError, model: type[Shape], sheet: Sheet, notes: Notes
) -> None:
    """Notes every fault of one file's shape."""
    for detail in error.errors(include_url=False):
        _note(detail, model, sheet, notes)


def _note(detail: ErrorDetails, model: type[Shape], sheet: Sheet, notes: Notes) -> None:
    path: Path = tuple(step for step in detail["loc"] if step != "[key]")
    kind = detail["type"]
    if kind == "extra_forbidden":
        _note_unknown_key(path, model, sheet, notes)
    elif kind == "missing":
        _note_missing_key(path, model, sheet, notes)
    elif kind in ("enum", "literal_error"):
        _note_unknown_word(detail, path, sheet, notes)
    elif "ctx" in detail and "remedy" in detail["ctx"]:
        key = detail["ctx"].get("key")
        where = sheet.place(path) if key is None else sheet.key_place((*path, str(key)))
        notes.add(kind, where, detail["msg"], str(detail["ctx"]["remedy"]))
    else:
        what, remedy = _words(detail, path, model)
        code = "wrong-type" if kind in _KINDS else "wrong-value"
        notes.add(code, sheet.place(path), what, remedy)


def _note_unknown_key(path: Path, model: type[Shape], sheet: Sheet, notes: Notes) -> None:
    key, holder = str(path[-1]), shape_at(model, path[:-1])
    known = list(holder.model_fields) if holder else []
    noun = holder.noun if holder else "entry"
    guess = nearest(key, known)
    remedy = f"Did you mean '{guess}'? " if guess else ""
    notes.add(
        "unknown-key",
        sheet.key_place(path),
        f"'{key}' is not a key of a {noun}",
        f"{remedy}A {noun} knows {listed(known)}.",
    )


def _note_missing_key(path: Path, model: type[Shape], sheet: Sheet, notes: Notes) -> None:
    key, holder = str(path[-1]), shape_at(model, path[:-1])
    noun = "file" if len(path) == 1 else holder.noun if holder else "entry"
    field = holder.model_fields.get(key) if holder else None
    meaning = f" {field.description}" if field and field.description else ""
    notes.add(
        "missing-key", sheet.place(path[:-1]), f"the {noun} lacks '{key}'", f"Add it.{meaning}"
    )


def _note_unknown_word(detail: ErrorDetails, path: Path, sheet: Sheet, notes: Notes) -> None:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    given = str(detail["input"])
    guess = nearest(given, words)
    remedy = f"Did you mean '{guess}'? " if guess else ""
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "value")
    where = sheet.key_place(path) if detail["loc"][-1:] == ("[key]",) else sheet.place(path)
    notes.add(
        "unknown-word",
        where,
        f"'{given}' is not one of the words for '{name}'",
        f"{remedy}The words are {listed(words)}.",
    )


def _words(detail: ErrorDetails, path: Path, model: type[Shape]) -> tuple[str, str]:
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "the file")
    kind, given = detail["type"], _shown(detail["input"])
    if kind in _KINDS:
        wanted, remedy = _KINDS[kind]
        return f"'{name}' must be {wanted}, not {given}", remedy
    if kind in _DATES:
        return f"'{name}' must be a day, not {given}", "Write it as 2026-09-01."
    if kind in _MOMENTS:
        return f"'{name}' must be a moment, not {given}", "Write it as 2026-09-01T09:00+02:00."
    if kind == "string_pattern_mismatch":
        holder = shape_at(model, path[:-1])
        field = holder.model_fields.get(str(path[-1])) if holder else None
        meaning = f"{field.description} " if field and field.description else ""
        examples = field.examples if field and field.examples else ()
        such = f"For example: {listed(str(one) for one in examples)}." if examples else ""
        return f"'{name}' cannot be {given}", f"{meaning}{such}".strip() or "See the reference."
    message = detail["msg"].removeprefix("Input ").removeprefix("Value ").removeprefix("String ")
    return f"'{name}' {message}", "See the reference of this file."


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text if len(text) <= 40 else text[:37] + '…'}'"


def shape_at(model: type[Shape], path: Path) -> type[Shape] | None:
    """The shape that a path of keys and positions leads to, or None."""
    current: Any = model
    for step in path:
        current = _inside(current)
        if isinstance(current, type) and issubclass(current, Shape):
            field = current.model_fields.get(str(step))
            if field is None:
                return None
            current = field.annotation
            continue
        arguments = get_args(current)
        if get_origin(current) is dict:
            current = arguments[1]
        elif get_origin(current) in (tuple, list):
            current = arguments[0]
        else:
            return None
    current = _inside(current)
    return current if isinstance(current, type) and issubclass(current, Shape) else None


def _inside(annotation: Any) -> Any:
    """Without Optional and Annotated."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        else:
            return annotation
