"""Definitions that are overdue, unsigned or incomplete, and stages nobody can reach."""

from datetime import date

from connector.core.rules.vocabulary import StageMeaning
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.hints import listed
from connector.mapfiles.shapes.common import SignatureShape
from connector.mapfiles.shapes.promises import PromisesFile
from connector.mapfiles.shapes.qualification import QualificationFile
from connector.mapfiles.shapes.recycling import RecyclingFile
from connector.mapfiles.shapes.vocabulary import TermShape, VocabularyFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path

SIDES = ("marketing", "sales")
#: Meanings that the machine gives by itself, from what happens in the CRM.
GIVEN_BY_EVENTS = (
    StageMeaning.OPPORTUNITY,
    StageMeaning.CUSTOMER,
    StageMeaning.INACTIVE,
    StageMeaning.UNQUALIFIED,
)


def check_definitions(ground: Ground) -> None:
    """Terms, stages and the bargain itself."""
    sheet = ground.sheet("vocabulary.yaml")
    if sheet is not None and isinstance(sheet.shape, VocabularyFile):
        for name, term in sheet.shape.terms.items():
            _term(name, term, sheet, ground)
        _meanings(sheet.shape, sheet, ground.notes)
        _reachable(sheet.shape, sheet, ground)
        _labels(sheet.shape, sheet, ground.notes)
    sheet = ground.sheet("promises.yaml")
    if sheet is not None and isinstance(sheet.shape, PromisesFile):
        _unsigned(sheet.shape.signatures, sheet, (), "the promises are", ground.notes)
        _overdue(sheet.shape.review_on, sheet, ("review_on",), "the promises were", ground)


def _term(name: str, term: TermShape, sheet: Sheet, ground: Ground) -> None:
    path: Path = ("terms", name)
    _unsigned(term.signatures, sheet, path, f"the term '{name}' is", ground.notes)
    _overdue(term.review_on, sheet, (*path, "review_on"), f"the term '{name}' was", ground)
    for at, one in enumerate(term.signatures):
        if one.on > ground.today:
            ground.notes.add(
                "signed-in-the-future",
                sheet.place((*path, "signatures", at, "on")),
                f"the signature of '{one.by}' is dated {one.on}, after today",
                "Write the day on which it was signed.",
            )


def _unsigned(
    signed: tuple[SignatureShape, ...], sheet: Sheet, path: Path, what: str, notes: Notes
) -> None:
    lacking = [side for side in SIDES if side not in {one.team for one in signed}]
    if lacking:
        notes.add(
            "unsigned",
            sheet.key_place(path) if path else sheet.place(),
            f"{what} not signed by {' and '.join(lacking)}",
            "Agree on it, then add to `signatures`: {by: a person, team: "
            f"{lacking[0]}, on: the day}}.",
            warning=True,
        )


def _overdue(due: date | None, sheet: Sheet, path: Path, what: str, ground: Ground) -> None:
    if due is not None and due < ground.today:
        ground.notes.add(
            "review-overdue",
            sheet.place(path),
            f"{what} to be reviewed by {due}",
            "Review it together, then set the next `review_on`.",
            warning=True,
        )


def _meanings(shape: VocabularyFile, sheet: Sheet, notes: Notes) -> None:
    first: dict[StageMeaning, str] = {}
    for name, stage in shape.stages.items():
        other = first.setdefault(stage.meaning, name)
        if other != name:
            notes.add(
                "two-stages-one-meaning",
                sheet.place(("stages", name, "meaning")),
                f"'{name}' and '{other}' both mean {stage.meaning}",
                "Give each stage its own meaning; the machine would only ever use the first.",
            )
    for meaning in StageMeaning:
        if meaning not in first:
            notes.add(
                "meaning-without-stage",
                sheet.key_place(("stages",)),
                f"no stage means {meaning}",
                "Add a stage with this meaning; its name is yours.",
            )


def _reachable(shape: VocabularyFile, sheet: Sheet, ground: Ground) -> None:
    qualification, recycling = (
        ground.sheet(name) for name in ("qualification.yaml", "recycling.yaml")
    )
    if qualification is None or recycling is None:
        return
    if not (ground.is_sound(qualification.name) and ground.is_sound(recycling.name)):
        return
    assert isinstance(qualification.shape, QualificationFile)
    assert isinstance(recycling.shape, RecyclingFile)
    ways = {one.stage for one in qualification.shape.stages}
    ways |= {one.stage for one in recycling.shape.statuses.values() if one.stage}
    ways |= {recycling.shape.recycled_stage, next(iter(shape.stages))}
    for name, stage in shape.stages.items():
        if name not in ways and stage.meaning not in GIVEN_BY_EVENTS:
            ground.notes.add(
                "unreachable-stage",
                sheet.key_place(("stages", name)),
                f"no lead ever gets to '{name}'",
                "Add a rule under `stages` in qualification.yaml, or a status in recycling.yaml "
                "that shows it.",
            )
    order = list(shape.stages)
    last = -1
    for at, rule in enumerate(qualification.shape.stages):
        place = order.index(rule.stage) if rule.stage in order else last
        if place < last:
            ground.notes.add(
                "stages-out-of-order",
                qualification.place(("stages", at, "stage")),
                f"'{rule.stage}' stands behind '{order[last]}' here, before it in vocabulary.yaml",
                "Write the rules from the lowest stage to the highest.",
            )
        last = max(last, place)


def _labels(shape: VocabularyFile, sheet: Sheet, notes: Notes) -> None:
    groups = (
        ("terms", shape.terms),
        ("stages", shape.stages),
        ("dispositions", shape.dispositions),
        ("reasons", shape.reasons),
    )
    for group, entries in groups:
        for name, entry in entries.items():
            lacking = [one for one in shape.languages if one not in entry.label]
            if lacking:
                notes.add(
                    "missing-label",
                    sheet.key_place((group, name)),
                    f"'{name}' has no label in {listed(lacking)}",
                    f"Add it: label: {{{lacking[0]}: …}}.",
                    warning=True,
                )
