"""Templates of briefs, tasks, alerts and messages: `templates/<name>.<language>.md` or `.txt`.

The first line may be `Subject: …`; the rest, after an empty line, is the body. Places are written
`{{ lead.first_name }}`.
"""

import re
from collections.abc import Iterator

from connector.core.problems import Place
from connector.core.rules.ruleset import Template
from connector.mapfiles.sheets import Notes

_NAME = re.compile(r"templates/(?P<name>[a-z0-9_.-]+)\.(?P<language>[a-z]{2})\.(md|txt)\Z")
_PLACE = re.compile(r"\{\{\s*(?P<path>[^{}]*?)\s*\}\}")
_SUBJECT = "Subject:"


def read_template(path: str, text: str, file: str, notes: Notes) -> Template | None:
    """One template; a name without language is a fault."""
    found = _NAME.match(path)
    if found is None:
        notes.add(
            "wrong-name",
            Place(file=file),
            "the name of a template ends in its language",
            "Call it templates/brief.en.md, with small letters.",
        )
        return None
    first, _, rest = text.partition("\n")
    has_subject = first.startswith(_SUBJECT)
    return Template(
        name=found["name"],
        language=found["language"],
        subject=first.removeprefix(_SUBJECT).strip() if has_subject else "",
        body=(rest.lstrip("\n") if has_subject else text).rstrip() + "\n",
    )


def places_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Each `{{ … }}` of a text: what stands in it, its line and its column."""
    for found in _PLACE.finditer(text):
        start = found.start("path")
        line = text.count("\n", 0, start) + 1
        yield found["path"], line, start - text.rfind("\n", 0, start)
