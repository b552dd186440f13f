"""Multi-values, look-ups in tables, templates over other fields, and lengths."""

import re
import unicodedata
from collections.abc import Mapping

from connector.core.records import Value, is_blank
from connector.core.transforms.shape import Fault, Scene, Transform, Worked, on_text

PLACE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")  #: a field in a template
_JOINERS = frozenset("\u200d")


def split(value: Value, scene: Scene) -> Value | Fault:
    """Words between separators, each once, in their order."""
    if not isinstance(value, str):
        return value
    words = (word.strip() for word in value.split(scene.options.get("separator") or ";"))
    return tuple(dict.fromkeys(word for word in words if word))


def join(value: Value, scene: Scene) -> Value | Fault:
    """The words with separators between them; a word that holds one cannot be written."""
    if not isinstance(value, tuple):
        return value
    separator = scene.options.get("separator") or ";"
    if any(separator in word for word in value):
        return Fault("separator-in-word", "a word holds the mark that separates words")
    return separator.join(value)


def lookup(text: str, scene: Scene) -> Value | Fault:
    """What the table says for a value."""
    table = scene.tables.get(scene.options.get("table", ""))
    if table is None:
        return Fault("unknown-table", "the option names no table")
    key = text.strip()
    found = table.get(key)
    if found is None:
        folded = key.casefold()
        found = next((to for given, to in table.items() if given.casefold() == folded), None)
    if found is not None:
        return found
    unknown = scene.options.get("unknown", "park")
    if unknown == "keep":
        return text
    return None if unknown == "blank" else Fault("not-in-table", "the table has no such row")


def template(value: Value, scene: Scene) -> Value | Fault:
    """A text over other agreed fields; places without value leave no double space."""
    pattern = scene.options.get("template", "")
    filled = PLACE.sub(lambda place: _written(scene.values.get(place.group(1))), pattern)
    names = PLACE.findall(pattern)
    if all(is_blank(scene.values.get(name)) for name in names):
        return value
    return re.sub(r"\s{2,}", " ", filled).strip()


def _written(value: Value) -> str:
    if value is None:
        return ""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def cut(text: str, length: int) -> str:
    """At most `length` characters, never inside a combined character: a base keeps all its marks,
    joined pictures and flags stay whole, or are left out whole."""
    if len(text) <= length:
        return text
    end = max(length, 0)
    while end > 0 and _joined(text, end):
        end -= 1
    return text[:end]


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and behind a place belong together."""
    behind, before = text[at], text[at - 1]
    if unicodedata.combining(behind) or unicodedata.category(behind) in ("Mn", "Me", "Mc"):
        return True
    if behind in _JOINERS or before in _JOINERS or "\U0001f3fb" <= behind <= "\U0001f3ff":
        return True
    if "\udc00" <= behind <= "\udfff" and "\ud800" <= before <= "\udbff":
        return True
    if "\U0001f1e6" <= behind <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff":
        flags = 0
        while at - 1 - flags >= 0 and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
            flags += 1
        return flags % 2 == 1
    return before == "\r" and behind == "\n"


_TABLE: Mapping[str, Mapping[str, str]] = {"industries": {"62.01": "Software", "Bank": "Finance"}}

TRANSFORMS = (
    Transform(
        name="list",
        forward=split,
        backward=join,
        doc="Several words in one text, as both systems write them: `a;b`.",
        options={"separator": "the mark between words, `;` where left out"},
        accepts={"separator": bool},
        examples=(
            Worked(given="crm;erp", gives=("crm", "erp"), back=True),
            Worked(given="; a ;b;a;", gives=("a", "b")),
            Worked(given="a, b", options={"separator": ","}, gives=("a", "b")),
            Worked(given="", gives=()),
        ),
    ),
    Transform(
        name="lookup",
        forward=on_text(lookup),
        doc="A row of a table in `picklists/`: the key is found without case.",
        options={
            "table": "name of the table",
            "unknown": "`park` (default), `keep` or `blank`",
        },
        accepts={"unknown": ("park", "keep", "blank")},
        examples=(
            Worked(given="62.01", options={"table": "industries"}, tables=_TABLE, gives="Software"),
            Worked(given="bank", options={"table": "industries"}, tables=_TABLE, gives="Finance"),
            Worked(
                given="Zoo",
                options={"table": "industries"},
                tables=_TABLE,
                gives=None,
                fault="not-in-table",
            ),
            Worked(
                given="Zoo",
                options={"table": "industries", "unknown": "keep"},
                tables=_TABLE,
                gives="Zoo",
            ),
            Worked(given="Zoo", gives=None, fault="unknown-table"),
        ),
    ),
    Transform(
        name="template",
        forward=template,
        looks_around=True,
        doc=(
            "A text made of other agreed fields. Where all of them are blank the field keeps "
            "its own value."
        ),
        options={"template": "`{{first_name}} {{last_name}}`"},
        examples=(
            Worked(
                given=None,
                options={"template": "{{first_name}} {{last_name}}"},
                values={"first_name": "Ada", "last_name": "King"},
                gives="Ada King",
            ),
            Worked(
                given=None,
                options={"template": "{{first_name}} {{last_name}}"},
                values={"first_name": None, "last_name": "King"},
                gives="King",
            ),
            Worked(
                given=None,
                options={"template": "{{first_name}}"},
                values={"first_name": ""},
                gives=None,
            ),
        ),
    ),
)
