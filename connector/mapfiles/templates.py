"""Templates of briefs, tasks, alerts and messages: `templates/<name>.<language>.md` or `.txt`.

The first line may be `Subject: …`; the rest, after an empty line, is the body. Places are written
`{{ lead.first_name }}`.
"""

import re

from connector.core.problems import Place
from connector.core.rules.ruleset import Template
from connector.mapfiles.sheets import Notes

_NAME = re.compile(r"templates/(?P<name>[a-z0-9_.-]+)\.(?P<language>[a-z]{2})\.(md|txt)\Z")
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
