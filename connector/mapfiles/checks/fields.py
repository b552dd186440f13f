"""Fields that cannot travel as they say: names, directions, value maps, conversions."""

from collections.abc import Mapping

from connector.core.problems import Place
from connector.core.rules.fields import Direction, FieldType, Unknown
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.checks.options import check_options
from connector.mapfiles.picklists import Picklist, row_place
from connector.mapfiles.shapes.fields import FieldsFile, FieldShape
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path

Row = tuple[tuple[str, str, str], Place]

_TO_CRM = (Direction.TO_CRM, Direction.BOTH)
_TO_MARKETING = (Direction.TO_MARKETING, Direction.BOTH)
_PERSONAL = {FieldType.EMAIL: "an e-mail address", FieldType.PHONE: "a phone number"}


#: Canonical names under which the hand-off writes, and what they hold.
HANDOFF_FIELDS = {
    "handoff_brief": "the brief",
    "handoff_rule": "the rule that chose the owner",
    "handed_off_at": "when the lead was passed",
    "promise_due": "until when an answer is promised",
    "lead_score": "the score",
    "lead_temperature": "the temperature",
    "lead_cycle": "the cycle",
    "ruleset_version": "the edition of the rules",
    "activity_history": "what the lead did",
}


#: Conversions after which the other side's own value is lost.
ONE_WAY = ("lookup", "template", "domain", "phone_country", "html_to_text")
REQUIRED_OF_A_LEAD = ("LastName", "Company")  #: by Salesforce, in every organisation


def check_fields(ground: Ground) -> None:
    """Every agreed field, alone and beside the others."""
    sheet = ground.sheet("fields.yaml")
    if sheet is None or not isinstance(sheet.shape, FieldsFile):
        return
    _handoff(sheet.shape, sheet, ground.notes)
    _required(sheet.shape, sheet, ground.notes)
    writers: dict[tuple[str, str], str] = {}
    for name, one in sheet.shape.fields.items():
        path: Path = ("fields", name)
        _directions(name, one, sheet, ground.notes)
        _writers(name, one, sheet, writers, ground.notes)
        check_options(one, sheet, path, ground)
        if one.type in _PERSONAL and not one.personal:
            ground.notes.add(
                "personal-not-marked",
                sheet.key_place(path),
                f"'{name}' is {_PERSONAL[one.type]} and not marked as personal",
                "Add `personal: true`: it is then kept out of logs and erased on request.",
                warning=True,
            )
        if one.values is not None:
            _values(name, one, sheet, ground.project.picklists, ground.notes)


def _handoff(shape: FieldsFile, sheet: Sheet, notes: Notes) -> None:
    """What the hand-off writes under these names; without a field sales does not get to see it."""
    for name, what in HANDOFF_FIELDS.items():
        if name not in shape.fields:
            notes.add(
                "missing-field",
                sheet.key_place(("fields",)),
                f"there is no field '{name}': sales would not see {what}",
                f"Add {name}: {{type: …, salesforce: …, direction: to_crm}}.",
                warning=name != "handoff_brief",
            )


def _required(shape: FieldsFile, sheet: Sheet, notes: Notes) -> None:
    written = {one.salesforce for one in shape.fields.values() if one.direction in _TO_CRM}
    for name in REQUIRED_OF_A_LEAD:
        if name not in written:
            notes.add(
                "required-not-covered",
                sheet.key_place(("fields",)),
                f"no field writes {name}, without which Salesforce takes no Lead",
                f"Let a field travel there: {{salesforce: {name}, direction: to_crm}}.",
            )


def _directions(name: str, one: FieldShape, sheet: Sheet, notes: Notes) -> None:
    path: Path = ("fields", name)
    if one.direction in _TO_CRM and not one.salesforce:
        notes.add(
            "no-target",
            sheet.place((*path, "direction")),
            f"'{name}' travels {one.direction} and has no name in Salesforce",
            "Add `salesforce: …`, or use `direction: read_only`.",
        )
    if one.direction in _TO_MARKETING and not one.hubspot:
        notes.add(
            "no-target",
            sheet.place((*path, "direction")),
            f"'{name}' travels {one.direction} and has no name in HubSpot",
            "Add `hubspot: …`, or use `direction: read_only`.",
        )
    for at, conversion in enumerate(one.transform):
        if conversion in ONE_WAY and one.direction is Direction.BOTH:
            notes.add(
                "not-reversible",
                sheet.place((*path, "transform", at)),
                f"'{conversion}' cannot be turned round, and '{name}' travels both ways",
                "Let the field travel one way only.",
            )
    if not one.hubspot and not one.salesforce and "template" not in one.transform:
        notes.add(
            "no-name",
            sheet.key_place(path),
            f"'{name}' has a name in neither system",
            "Add `hubspot: …` or `salesforce: …`.",
        )


def _writers(
    name: str, one: FieldShape, sheet: Sheet, writers: dict[tuple[str, str], str], notes: Notes
) -> None:
    for system, target, directions in (
        ("salesforce", one.salesforce, _TO_CRM),
        ("hubspot", one.hubspot, _TO_MARKETING),
    ):
        if target is None or one.direction not in directions:
            continue
        other = writers.setdefault((system, target.casefold()), name)
        if other != name:
            notes.add(
                "two-writers",
                sheet.place(("fields", name, system)),
                f"'{name}' and '{other}' both write {target}",
                "Let one of them write, and make the other read_only.",
            )


def _rows(
    one: FieldShape, sheet: Sheet, path: Path, picklists: Mapping[str, Picklist]
) -> list[Row]:
    assert one.values is not None
    rows: list[Row] = [
        ((row.hubspot, row.word, row.salesforce), sheet.place((*path, "values", "rows", at)))
        for at, row in enumerate(one.values.rows)
    ]
    if one.values.file is not None and one.values.file in picklists:
        picklist = picklists[one.values.file]
        rows += [(row.cells, row_place(picklist.file, row)) for row in picklist.rows]
    return rows


def _values(
    name: str, one: FieldShape, sheet: Sheet, picklists: Mapping[str, Picklist], notes: Notes
) -> None:
    assert one.values is not None
    path: Path = ("fields", name)
    rows = _rows(one, sheet, path, picklists)
    if not rows and one.values.file is None:
        notes.add(
            "empty-value-map",
            sheet.key_place((*path, "values")),
            f"the value map of '{name}' has no rows",
            "Add `rows`, or a `file` under picklists.",
        )
    if one.values.unknown is Unknown.OTHER and not one.values.other:
        notes.add(
            "no-other-word",
            sheet.place((*path, "values", "unknown")),
            "`unknown: other` needs the word that stands for the unknown",
            "Add `other: other`, for instance.",
        )
    _ambiguous(rows, 0, "HubSpot", one.values.ignore_case, notes)
    if one.direction is Direction.BOTH:
        _ambiguous(rows, 2, "Salesforce", one.values.ignore_case, notes)
        _one_sided(rows, name, notes)
    if one.direction in _TO_CRM:
        _unwritable(rows, name, notes)


def _ambiguous(rows: list[Row], side: int, system: str, ignore_case: bool, notes: Notes) -> None:
    seen: dict[str, tuple[str, Place]] = {}
    for cells, place in rows:
        value, word = cells[side], cells[1]
        key = value.casefold() if ignore_case else value
        if not value:
            continue
        other, where = seen.setdefault(key, (word, place))
        if other != word:
            code = "ambiguous-value" if system == "HubSpot" else "not-reversible"
            notes.add(
                code,
                place,
                f"'{value}' of {system} means '{word}' here and '{other}' in line {where.line}",
                "Give each word its own value, or let the field travel one way only.",
            )


def _one_sided(rows: list[Row], name: str, notes: Notes) -> None:
    back = {word for (hubspot, word, _), _ in rows if hubspot}
    for (_, word, salesforce), place in rows:
        if salesforce and word not in back:
            notes.add(
                "not-reversible",
                place,
                f"'{word}' of '{name}' has no value in HubSpot, and the field travels both ways",
                "Add its value in HubSpot, or let the field travel one way only.",
            )
            back.add(word)


def _unwritable(rows: list[Row], name: str, notes: Notes) -> None:
    there = {word for (_, word, salesforce), _ in rows if salesforce}
    for (_, word, _), place in rows:
        if word not in there:
            notes.add(
                "no-target-value",
                place,
                f"'{word}' of '{name}' has no value in Salesforce, and the field travels there",
                "Add its value in Salesforce.",
            )
            there.add(word)
