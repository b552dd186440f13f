"""From a mappings folder to a ruleset, or to all the reasons why it cannot be one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from connector.core.problems import Place, Problem
from connector.core.rules.fields import FieldType
from connector.core.rules.ruleset import Ruleset, Template
from connector.mapfiles.building.qualification import build_qualification
from connector.mapfiles.building.rules import (
    build_promises,
    build_recycling,
    build_routing,
    build_targets,
)
from connector.mapfiles.building.words import (
    build_fields,
    build_identity,
    build_people,
    build_vocabulary,
)
from connector.mapfiles.checks.references import check_references
from connector.mapfiles.conditions import Words
from connector.mapfiles.folder import Folder, read_folder
from connector.mapfiles.golden import GoldenLead, build_golden
from connector.mapfiles.hints import nearest
from connector.mapfiles.picklists import Picklist, read_picklist
from connector.mapfiles.shape_problems import note_shape_problems
from connector.mapfiles.shapes import FILES, GoldenFile, Shape
from connector.mapfiles.shapes.fields import FieldsFile, FieldShape
from connector.mapfiles.shapes.qualification import QualificationFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile
from connector.mapfiles.sheets import Notes, Sheet, in_reading_order, is_error
from connector.mapfiles.templates import read_template
from connector.mapfiles.values import ACTIVITIES, Known, facts
from connector.mapfiles.yaml_text import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything one reading of a folder gave: sheets, picklists, templates, golden leads."""

    folder: Folder
    sheets: Mapping[str, Sheet]
    picklists: Mapping[str, Picklist]
    templates: Mapping[str, Template]
    golden: tuple[GoldenLead, ...] = ()
    used: frozenset[str] = frozenset()  #: fields, facts and terms that conditions ask about

    def sheet(self, name: str) -> Sheet | None:
        """A file whose shape is right."""
        found = self.sheets.get(name)
        return found if found is not None and found.shape is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The ruleset, or None where an error stands in the way; all problems, in reading order."""

    ruleset: Ruleset | None
    problems: tuple[Problem, ...]
    project: Project
    draft: Ruleset | None = None  #: what could be built in spite of errors; for checks only


def load(folder: Path) -> Loaded:
    """Reads and checks a mappings folder; every fault at once, none raised."""
    notes = Notes()
    files = read_folder(folder, notes)
    sheets = {
        name: sheet
        for name in files.texts
        if "/" not in name and (sheet := _sheet(name, files, notes)) is not None
    }
    golden_sheets = [
        sheet
        for name in files.below("examples", ".yaml", ".yml")
        if (sheet := _sheet(name, files, notes)) is not None
    ]
    picklists = {
        name: read_picklist(text, files.file(name), notes)
        for name, text in files.below("picklists", ".csv").items()
    }
    templates = _templates(files, notes)
    words = _words(sheets, picklists, notes)
    ruleset = _build(files, sheets, picklists, templates, words)
    golden = _golden(golden_sheets, sheets, words)
    project = Project(
        folder=files,
        sheets={**sheets, **{sheet.name: sheet for sheet in golden_sheets}},
        picklists=picklists,
        templates=templates,
        golden=golden,
        used=frozenset(words.used),
    )
    check_references(project.sheets, picklists, frozenset(templates), words.known, notes)
    problems = in_reading_order(notes.problems)
    return Loaded(
        ruleset=None if any(map(is_error, problems)) else ruleset,
        problems=problems,
        project=project,
        draft=ruleset,
    )


def _sheet(name: str, files: Folder, notes: Notes) -> Sheet | None:
    file = files.file(name)
    model = FILES.get(name) if "/" not in name else GoldenFile
    if model is None:
        guess = nearest(name, FILES)
        notes.add(
            "unknown-file",
            Place(file=file, line=1, column=1),
            "no part of leadrelay reads this file",
            f"Did you mean '{guess}'?" if guess else "Remove it, or move it out of the folder.",
        )
        return None
    parsed, problems = parse(files.texts[name], file)
    notes.take(problems)
    if parsed is None:
        if not problems:
            notes.add("empty-file", Place(file=file, line=1, column=1), "the file is empty",
                      "Fill it; `leadrelay init` writes one to start from.")  # fmt: skip
        return None
    sheet = Sheet(name=name, file=file, value=parsed.value, spot=parsed.spot)
    shape = _shape(model, sheet, notes)
    return Sheet(name=name, file=file, value=parsed.value, spot=parsed.spot, shape=shape)


def _shape(model: type[Shape], sheet: Sheet, notes: Notes) -> Shape | None:
    try:
        return model.model_validate(sheet.value)
    except ValidationError as error:
        note_shape_problems(error, model, sheet, notes)
        return None


def _templates(files: Folder, notes: Notes) -> dict[str, Template]:
    found = (
        read_template(name, text, files.file(name), notes)
        for name, text in files.below("templates", ".md", ".txt").items()
    )
    return {f"{one.name}.{one.language}": one for one in found if one is not None}


def _words(
    sheets: Mapping[str, Sheet], picklists: Mapping[str, Picklist], notes: Notes
) -> Words:  # fmt: skip
    """What conditions may ask about. Where a file's shape is wrong its words are unknown, and
    nothing is said about them, so that one fault does not draw a hundred after it."""
    known: dict[str, Known] = {}
    vocabulary, fields, qualification = (
        sheets.get(name) for name in ("vocabulary.yaml", "fields.yaml", "qualification.yaml")
    )
    terms: dict[str, object] = {}
    stages: list[str] = []
    dispositions: list[str] = []
    reasons: list[str] = []
    if vocabulary is not None and isinstance(shape := vocabulary.shape, VocabularyFile):
        stages, dispositions, reasons = (
            list(part) for part in (shape.stages, shape.dispositions, shape.reasons)
        )
        terms = {n: t.true_when for n, t in shape.terms.items() if t.true_when is not None}
    temperatures: list[str] = []
    if qualification is not None and isinstance(shape := qualification.shape, QualificationFile):
        temperatures = [one.name for one in shape.temperatures]
    kinds: list[str] = [*ACTIVITIES]
    if fields is not None and isinstance(shape := fields.shape, FieldsFile):
        kinds += [one.kind for one in shape.activities]
    known.update(facts(stages, temperatures, dispositions, reasons, dict.fromkeys(kinds)))
    if fields is not None and isinstance(shape := fields.shape, FieldsFile):
        known.update({name: _known(name, one, picklists) for name, one in shape.fields.items()})
    return Words(known=known, terms=terms, vocabulary=vocabulary, notes=notes)


def _known(name: str, one: FieldShape, picklists: Mapping[str, Picklist]) -> Known:
    return Known(
        name=name,
        type=one.type,
        words=_value_words(one, picklists),
        words_live_in=one.values.file if one.values and one.values.file else "fields.yaml",
        is_country="country" in one.transform,
    )


def _value_words(one: FieldShape, picklists: Mapping[str, Picklist]) -> tuple[str, ...] | None:
    values = one.values
    if values is None or one.type not in (FieldType.CHOICE, FieldType.CHOICES):
        return None
    if values.unknown == "keep":
        return None
    words = [row.word for row in values.rows]
    if values.file is not None and values.file in picklists:
        words += [row.cells[1] for row in picklists[values.file].rows]
    if values.other:
        words.append(values.other)
    return tuple(dict.fromkeys(words))


def _build(
    files: Folder,
    sheets: Mapping[str, Sheet],
    picklists: dict[str, Picklist],
    templates: dict[str, Template],
    words: Words,
) -> Ruleset | None:
    """Builds each file whose shape is right, so that the faults in conditions of all files show;
    a whole ruleset only where all are right."""
    right = {name: sheet for name, sheet in sheets.items() if sheet.shape is not None}
    if "fields.yaml" not in right or "vocabulary.yaml" not in right:
        return None  # nothing that conditions say could be judged
    vocabulary = build_vocabulary(right["vocabulary.yaml"], words)
    fields = build_fields(right["fields.yaml"], picklists)
    people, qualification, routing, promises, recycling, targets = (
        right.get(f"{name}.yaml")
        for name in ("people", "qualification", "routing", "promises", "recycling", "targets")
    )
    qualified = qualification and build_qualification(qualification, words)
    routed = routing and build_routing(routing, words)
    promised = promises and build_promises(promises, words)
    recycled = recycling and build_recycling(recycling, words)
    if not (people and qualified and routed and promised and recycled and targets):
        return None
    return Ruleset(
        hash=files.hash,
        vocabulary=vocabulary,
        fields=fields,
        people=build_people(people),
        qualification=qualified,
        routing=routed,
        promises=promised,
        recycling=recycled[0],
        targets=build_targets(targets),
        identity=build_identity(right["fields.yaml"]),
        echo=recycled[1],
        templates=templates,
        files=dict(files.texts),
    )


def _golden(
    golden_sheets: list[Sheet], sheets: Mapping[str, Sheet], words: Words
) -> tuple[GoldenLead, ...]:
    vocabulary = sheets.get("vocabulary.yaml")
    fields = sheets.get("fields.yaml")
    if vocabulary is None or not isinstance(vocabulary.shape, VocabularyFile):
        return ()
    if fields is None or fields.shape is None:
        return ()
    first = next(iter(vocabulary.shape.stages))
    return tuple(
        lead
        for sheet in golden_sheets
        if sheet.shape is not None
        for lead in build_golden(sheet, words, first)
    )
