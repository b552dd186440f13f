"""The reference of the conversions: what each does, its settings, and its worked examples."""

from collections.abc import Mapping
from datetime import datetime

from connector.core.reading import OF_TYPE
from connector.core.records import Value
from connector.core.transforms import TRANSFORMS, Transform, Worked

_INTRO = """# Conversions

What is done to a value on its way, in the order in which `transform` names them:

```yaml
country:
  type: text
  transform: [trim, country]
  options: {write.salesforce: english}
```

Each is total: a blank stays blank, and a value that cannot be converted is never guessed, cut or
escaped. It becomes a problem with the code that the examples show, and `invalid` says what follows:
`park` (the record waits, default), `blank` or `keep`. A setting may be given for one system alone:
`write.salesforce`, `bands.hubspot`.

Some follow from the type by themselves: TYPES; `choices` begins with `list`.
The examples below are the tests of the conversions."""


def conversions() -> str:
    """The page, from the conversions themselves."""
    types = ", ".join(f"`{kind}`: `{name}`" for kind, name in OF_TYPE.items() if kind != name)
    alike = ", ".join(f"`{kind}`" for kind, name in OF_TYPE.items() if kind == name)
    said = f"{alike}{'; ' + types if types else ''}"
    parts = [_INTRO.replace("TYPES", said)]
    parts += [_one(transform) for _, transform in sorted(TRANSFORMS.items())]
    return "\n\n".join(parts) + "\n"


def _one(transform: Transform) -> str:
    lines = [f"## {transform.name}", "", transform.doc]
    if transform.backward is not None:
        lines[-1] += " Can be turned round."
    if transform.options:
        lines += ["", "| setting | is |", "|---|---|"]
        lines += [f"| `{name}` | {_cell(about)} |" for name, about in transform.options.items()]
    lines += ["", "| given | with | gives |", "|---|---|---|"]
    lines += [_example(one) for one in transform.examples]
    return "\n".join(lines)


def _example(one: Worked) -> str:
    gives = f"*{one.fault}*" if one.fault else _value(one.gives)
    around: list[str] = [f"`{name}: {text}`" for name, text in one.options.items()]
    around += [f"country {one.country}"] if one.country else []
    around += [f"{name} {_value(value)}" for name, value in one.values.items()]
    around += [f"table {name}: {_table(rows)}" for name, rows in one.tables.items()]
    return f"| {_value(one.given)} | {_cell('; '.join(around))} | {gives} |"


def _table(rows: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in rows.items())


def _value(value: Value) -> str:
    if value is None:
        return "(null)"
    if value in ("", ()):
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " + ".join(f"`{_cell(word)}`" for word in value)
    if isinstance(value, datetime):
        return f"`{value:%Y-%m-%d %H:%M} UTC`"
    return f"`{_cell(str(value))}`"


def _cell(text: str) -> str:
    """Text that does not break a table."""
    return text.replace("|", "\\|").replace("\n", "\\n")
