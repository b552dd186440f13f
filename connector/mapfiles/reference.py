"""The reference of the mapping files: one page per file with every key, from the shapes."""

import types
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from connector.core.events import EventKind
from connector.mapfiles.conversions import conversions
from connector.mapfiles.schema import OPERATORS
from connector.mapfiles.shapes import FILES, GoldenFile, Shape
from connector.mapfiles.shapes.common import (
    ConditionText,
    Duration,
    GivenValues,
    Labels,
    Outcome,
    Words,
)
from connector.mapfiles.shapes.people import Hours
from connector.mapfiles.yaml_text import scalar

_KINDS: tuple[tuple[Any, str], ...] = (
    (Labels, "text by language"),
    (Duration, "duration (`30m`, `4h`, `14d`, `2w`)"),
    (ConditionText, "[condition](conditions.md)"),
    (GivenValues, "values by field"),
    (Words, "word, or list of words"),
    (Outcome, "text or number"),
    (Hours, "hours by day"),
)
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    date: "day",
    datetime: "moment",
    object: "value",
}


def pages() -> dict[str, str]:
    """All pages by file name."""
    made = {name.replace(".yaml", ".md"): _page(name, model) for name, model in FILES.items()}
    made["golden.md"] = _page("examples/*.yaml", GoldenFile)
    made["conditions.md"] = _conditions()
    made["conversions.md"] = conversions()
    made["README.md"] = _index()
    return made


def _page(name: str, model: type[Shape]) -> str:
    parts = [f"# {name}", _doc(model)]
    seen: list[type[Shape]] = []
    _collect(model, seen)
    for shape in seen:
        if shape is not model:
            parts.append(f"## {_title(shape)}")
            parts.append(_doc(shape))
        parts.append(_table(shape))
    if any("(#events)" in part for part in parts):
        words = ", ".join(f"`{one}`" for one in EventKind)
        parts += ["## Events", f"What can happen to a lead: {words}."]
    return "\n\n".join(parts) + "\n"


def _doc(shape: type[Shape]) -> str:
    return " ".join((shape.__doc__ or "").split())


def _title(shape: type[Shape]) -> str:
    return shape.noun[0].upper() + shape.noun[1:]


def _anchor(shape: type[Shape]) -> str:
    return f"#{shape.noun.lower().replace(' ', '-')}"


def _collect(shape: type[Shape], seen: list[type[Shape]]) -> None:
    if shape in seen:
        return
    seen.append(shape)
    for field in shape.model_fields.values():
        for inner in _shapes_in(field.annotation):
            _collect(inner, seen)


def _shapes_in(annotation: Any) -> list[type[Shape]]:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return [annotation]
    return [shape for one in get_args(annotation) for shape in _shapes_in(one)]


def _table(shape: type[Shape]) -> str:
    rows = ["| key | is | meaning | example |", "|---|---|---|---|"]
    for name, field in shape.model_fields.items():
        needed = "**needed**" if field.is_required() else _default(field)
        kind = _kind(_with_metadata(field))
        what = f"{kind}; {needed}" if needed else kind
        rows.append(f"| `{name}` | {what} | {field.description} | {_example(field)} |")
    return "\n".join(rows)


def _with_metadata(field: FieldInfo) -> Any:
    """Pydantic moves the metadata of `Annotated` to the field; named kinds are told by it."""
    if field.metadata:
        return Annotated[(field.annotation, *field.metadata)]
    return field.annotation


def _kind(annotation: Any) -> str:
    for named, text in _KINDS:
        if annotation == named or _same_metadata(annotation, named):
            return text
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin in (Union, types.UnionType):
        return _kind(next(one for one in arguments if one is not type(None)))
    if origin in (tuple, list):
        return f"list of {_plural(_kind(arguments[0]))}"
    if origin is dict:
        return f"{_plural(_kind(arguments[1]))} by {_key(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return f"[{annotation.noun}]({_anchor(annotation)})"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        if annotation is EventKind:
            return "[event](#events)"
        return "one of " + ", ".join(f"`{one}`" for one in annotation)
    return _PLAIN.get(annotation, "value")


def _same_metadata(annotation: Any, named: Any) -> bool:
    """Whether an annotation is a named kind, or one that may be left out."""
    if get_origin(annotation) in (Union, types.UnionType):
        return any(one == named for one in get_args(annotation))
    if get_origin(annotation) is not Annotated or get_origin(named) is not Annotated:
        return False
    return tuple(annotation.__metadata__) == tuple(named.__metadata__)


def _key(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return "event"
    return "day" if annotation is date else "name"


def _plural(kind: str) -> str:
    if kind.startswith(("[", "one of")):
        return kind
    return {"text": "texts", "day": "days", "number": "numbers"}.get(kind, kind)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:  # made by a factory: the shape's own defaults
        return ""
    default = field.default
    if default is None or default in ("", (), {}):
        return ""
    return f"default `{_shown(default)}`"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        days = value / timedelta(days=1)
        return f"{days:g}d" if days >= 1 else f"{value / timedelta(hours=1):g}h"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(one) for one in value) + "]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """As it must stand in YAML; the words of yes and no may stand as they are."""
    plain = scalar(text) == text and text[:1] not in "@`*&!%|>{[+#'" and ": " not in text
    return text if plain and "," not in text else f'"{text}"'


def _example(field: FieldInfo) -> str:
    return f"`{_shown((field.examples or [''])[0])}`".replace("|", "\\|")


def _conditions() -> str:
    rows = ["| operator | asks | example |", "|---|---|---|"]
    rows += [
        f"| `{operator}` | {meaning} | `{{{_FIELD.get(operator, 'employees')}: "
        f"{{{operator}: {_shown(example)}}}}}` |"
        for operator, (_, meaning, example) in OPERATORS.items()
    ]
    return _CONDITIONS.replace("OPERATORS", "\n".join(rows))


_FIELD = {
    "is": "country", "is_not": "country", "in": "country", "not_in": "country",
    "present": "phone", "contains": "job_title", "contains_any": "job_title",
    "starts_with": "phone", "ends_with": "email", "matches": "postal_code",
    "within_days": "start_on", "older_than_days": "start_on",
}  # fmt: skip

_CONDITIONS = """# Conditions

A condition asks fields, facts or terms of a lead. All of its clauses must hold.

```yaml
when:
  country: {in: [DE, AT, CH]}      # a list alone means the same: country: [DE, AT, CH]
  employees: {at_least: 500}
  interest: demo                   # a value alone means `is`
  any:                             # at least one of these
    - decision_maker: yes          # a term of vocabulary.yaml with `true_when`
    - score.intent: {at_least: 40}
  not: {segment: partner}
```

## What can be asked

* every field of [fields.yaml](fields.md), in its own type;
* every term of [vocabulary.yaml](vocabulary.md) that has `true_when`, with `yes` or `no`;
* facts that decisions know: `score.fit`, `score.intent`, `score.completeness`, `score.total`,
  `bant.budget`, `bant.authority`, `bant.need`, `bant.timing`, `bant.count`, `stage`, `cycle`,
  `temperature`; how often and when last somebody did something: `activity.form` (a number),
  `activity.form.last` (a moment); after a return `disposition` and `reason`.

## Operators

Several operators of one field must all hold: `{at_least: 50, below: 500}`. A blank passes only
`present: no`, `is_not` and `not_in`. Text is compared without case.

OPERATORS
"""


def _index() -> str:
    lines = ["# The mapping files", "", "| file | says |", "|---|---|"]
    lines += [
        f"| [{name}]({name.replace('.yaml', '.md')}) | {_doc(model)} |"
        for name, model in FILES.items()
    ]
    lines += [
        f"| [examples/*.yaml](golden.md) | {_doc(GoldenFile)} |",
        "| [picklists/*.csv](picklists.md) | Long value maps and look-up tables. |",
        "| [templates/*](templates.md) | Texts of briefs, tasks, alerts and messages. |",
        "",
        "Conditions are written the same way in all files: [conditions](conditions.md).",
        "What is done to values on their way, with examples: [conversions](conversions.md).",
        "The words that all files use are defined in vocabulary.yaml, fields.yaml and people.yaml.",
    ]
    return "\n".join(lines) + "\n"
