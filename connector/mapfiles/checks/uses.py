"""Words that are defined and never used: usually a rule that was forgotten."""

from connector.core.problems import Place
from connector.core.rules.vocabulary import DispositionMeaning
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.shapes.fields import FieldsFile
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.promises import PromisesFile
from connector.mapfiles.shapes.recycling import RecyclingFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile


def check_uses(ground: Ground) -> None:
    """Programmes, dispositions, picklists and calendars that nothing leads to."""
    _recycling(ground)
    _picklists(ground)
    _calendars(ground)


def _recycling(ground: Ground) -> None:
    sheet, vocabulary = ground.sheet("recycling.yaml"), ground.sheet("vocabulary.yaml")
    if sheet is None or not isinstance(sheet.shape, RecyclingFile):
        return
    if not ground.is_sound(sheet.name):
        return
    shape = sheet.shape
    used = {rule.programme for rule in shape.rules}
    used |= {shape.fallback_programme, shape.stalled_programme or ""}
    for name in shape.programmes:
        if name not in used:
            ground.notes.add(
                "never-used",
                sheet.key_place(("programmes", name)),
                f"no rule leads to the programme '{name}'",
                "Add a rule, or remove the programme.",
                warning=True,
            )
    if vocabulary is None or not isinstance(vocabulary.shape, VocabularyFile):
        return
    given = {one.disposition for one in shape.statuses.values()}
    given |= {one.disposition for one in vocabulary.shape.reasons.values()}
    for name in vocabulary.shape.dispositions:
        if name not in given:
            ground.notes.add(
                "never-used",
                vocabulary.key_place(("dispositions", name)),
                f"no status and no reason gives the disposition '{name}'",
                "Name it in `statuses` of recycling.yaml, or at a reason.",
                warning=True,
            )
    meanings = {one.meaning for one in vocabulary.shape.dispositions.values()}
    for meaning in DispositionMeaning:
        if meaning not in meanings:
            ground.notes.add(
                "meaning-without-disposition",
                vocabulary.key_place(("dispositions",)),
                f"no disposition means {meaning}",
                "Add one with this meaning; its name is yours.",
                warning=True,
            )


def _picklists(ground: Ground) -> None:
    sheet = ground.sheet("fields.yaml")
    if sheet is None or not isinstance(sheet.shape, FieldsFile):
        return
    if not ground.is_sound(sheet.name):
        return
    used = {one.values.file for one in sheet.shape.fields.values() if one.values is not None}
    used |= {
        f"picklists/{one.options['table']}.csv"
        for one in sheet.shape.fields.values()
        if "table" in one.options
    }
    for name in ground.project.picklists:
        if name not in used:
            ground.notes.add(
                "never-used",
                Place(file=ground.project.folder.file(name)),
                "no field uses this file",
                "Name it under `values: {file: …}`, or remove it.",
                warning=True,
            )


def _calendars(ground: Ground) -> None:
    sheet, promises = ground.sheet("people.yaml"), ground.sheet("promises.yaml")
    if sheet is None or not isinstance(sheet.shape, PeopleFile):
        return
    if not (ground.is_sound(sheet.name) and ground.is_sound("promises.yaml")):
        return
    used = {one.calendar for one in sheet.shape.people.values()} | {"default"}
    if promises is not None and isinstance(promises.shape, PromisesFile):
        clauses = (*promises.shape.marketing.values(), *promises.shape.sales.values())
        used |= {one.calendar for one in clauses}
    for name in sheet.shape.calendars:
        if name not in used:
            ground.notes.add(
                "never-used",
                sheet.key_place(("calendars", name)),
                f"nobody works by the calendar '{name}'",
                "Name it at a person or a clause, or remove it.",
                warning=True,
            )
