"""Templates that would not render: unknown words and fields, wrong syntax, a language missing."""

import re

from connector.core.handoff import TEMPLATE_WORDS
from connector.core.problems import Place
from connector.core.templates import template_problems
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.hints import listed, nearest
from connector.mapfiles.shapes.fields import FieldsFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile

_LEAD_FIELD = re.compile(r"\blead\.([A-Za-z_][A-Za-z0-9_]*)")
_MARKS = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)


def check_templates(ground: Ground) -> None:
    """Syntax, words and fields of each template; each in every language of the vocabulary."""
    files = ground.project.folder.below("templates", ".md", ".txt")
    by_key = {name.removeprefix("templates/").rpartition(".")[0]: name for name in files}
    fields = ground.sheet("fields.yaml")
    known = fields.shape.fields if fields and isinstance(fields.shape, FieldsFile) else None
    for key, template in ground.project.templates.items():
        file, text = ground.project.folder.file(by_key[key]), files[by_key[key]]
        for problem in template_problems(template, TEMPLATE_WORDS):
            unknown = _unprovided(problem.what)
            for word in unknown:
                _unknown_word(word, text, file, ground)
            if not unknown:
                before = text.count("\n", 0, max(text.find(template.body.rstrip()), 0))
                ground.notes.add(
                    "template-does-not-render",
                    Place(file=file, line=max(problem.where.line, 1) + before, column=1),
                    problem.what.rstrip("."),
                    "Close every {{ with }} and every {% with %}; use only the filters listed "
                    "in the guide to templates.",
                )
        if known is not None:
            _lead_fields(text, file, tuple(known), ground)
    _languages(ground)


def _unprovided(what: str) -> list[str]:
    names = what.partition("nobody provides: ")[2]
    return names.split(", ") if names else []


def _unknown_word(word: str, text: str, file: str, ground: Ground) -> None:
    guess = nearest(word, TEMPLATE_WORDS)
    ground.notes.add(
        "unknown-template-word",
        _where(text, word, file) or Place(file=file, line=1, column=1),
        f"templates are not given a word '{word}'",
        f"Did you mean '{guess}'?"
        if guess
        else f"A template may use {listed(sorted(TEMPLATE_WORDS))}, and the fields of the lead "
        "as lead.first_name.",
    )


def _where(text: str, word: str, file: str) -> Place | None:
    for mark in _MARKS.finditer(text):
        found = re.search(rf"\b{re.escape(word)}\b", mark[0])
        if found is not None:
            return _place(text, mark.start() + found.start(), file)
    return None


def _place(text: str, at: int, file: str) -> Place:
    line = text.count("\n", 0, at) + 1
    return Place(file=file, line=line, column=at - text.rfind("\n", 0, at))


def _lead_fields(text: str, file: str, known: tuple[str, ...], ground: Ground) -> None:
    for mark in _MARKS.finditer(text):
        for found in _LEAD_FIELD.finditer(mark[0]):
            name = found[1]
            if name not in known:
                guess = nearest(name, known)
                ground.notes.add(
                    "unknown-field",
                    _place(text, mark.start() + found.start(1), file),
                    f"there is no field '{name}'",
                    (f"Did you mean '{guess}'? " if guess else "")
                    + "Fields are defined in fields.yaml.",
                )


def _languages(ground: Ground) -> None:
    sheet = ground.sheet("vocabulary.yaml")
    if sheet is None or not isinstance(sheet.shape, VocabularyFile):
        return
    there: dict[str, dict[str, str]] = {}
    for file in ground.project.folder.below("templates", ".md", ".txt"):
        stem, _, ending = file.rpartition(".")
        name, _, language = stem.rpartition(".")
        if stem.removeprefix("templates/") in ground.project.templates:
            there.setdefault(name, {})[language] = ending
    for name, languages in sorted(there.items()):
        lacking = [one for one in sheet.shape.languages if one not in languages]
        if lacking:
            one, ending = next(iter(languages.items()))
            ground.notes.add(
                "missing-language",
                Place(file=ground.project.folder.file(f"{name}.{one}.{ending}")),
                f"the template is missing in {listed(lacking)}",
                f"Write {name}.{lacking[0]}.{ending}.",
                warning=True,
            )
