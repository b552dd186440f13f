"""Builds the vocabulary, the agreed fields and the roster."""

from datetime import date, time

from connector.core.problems import Place
from connector.core.rules.examples import Example
from connector.core.rules.fields import (
    ActivitySource,
    FieldRule,
    Fields,
    FieldType,
    Unknown,
    ValueMap,
)
from connector.core.rules.identity import Identity
from connector.core.rules.people import Absence, People, Person, Queue, Team, WorkCalendar
from connector.core.rules.vocabulary import (
    Disposition,
    Reason,
    Signature,
    Stage,
    Term,
    Vocabulary,
)
from connector.mapfiles.conditions import Words
from connector.mapfiles.picklists import Picklist, table_name
from connector.mapfiles.shapes.common import SignatureShape
from connector.mapfiles.shapes.fields import FieldExampleShape, FieldsFile, FieldShape
from connector.mapfiles.shapes.people import DAYS, CalendarShape, PeopleFile
from connector.mapfiles.shapes.vocabulary import TermShape, VocabularyFile
from connector.mapfiles.sheets import Sheet


def build_vocabulary(sheet: Sheet, words: Words) -> Vocabulary:
    """All agreed words; stages take their order from the file."""
    shape = sheet.shape
    assert isinstance(shape, VocabularyFile)
    return Vocabulary(
        company=shape.company,
        languages=shape.languages,
        version=shape.version,
        terms={name: _term(name, term, sheet, words) for name, term in shape.terms.items()},
        stages={
            name: Stage(
                name=name,
                meaning=stage.meaning,
                order=order,
                labels=stage.label,
                hubspot_lifecycle=stage.hubspot_lifecycle,
                team=stage.team,
                max_age_days=stage.max_age.days if stage.max_age else None,
                place=sheet.key_place(("stages", name)),
            )
            for order, (name, stage) in enumerate(shape.stages.items(), 1)
        },
        dispositions={
            name: Disposition(
                name=name,
                meaning=one.meaning,
                labels=one.label,
                place=sheet.key_place(("dispositions", name)),
            )
            for name, one in shape.dispositions.items()
        },
        reasons={
            name: Reason(
                name=name,
                crm_value=one.crm_value,
                disposition=one.disposition,
                labels=one.label,
                place=sheet.key_place(("reasons", name)),
            )
            for name, one in shape.reasons.items()
        },
    )


def _term(name: str, term: TermShape, sheet: Sheet, words: Words) -> Term:
    path = ("terms", name)
    asked = term.true_when
    return Term(
        name=name,
        definition=term.means,
        labels=term.label,
        definitions=term.translations,
        examples=term.examples,
        counter_examples=term.counter_examples,
        synonyms=term.synonyms,
        owner=term.owner,
        agreed_on=term.agreed_on,
        review_on=term.review_on,
        signatures=signatures(term.signatures),
        true_when=None if asked is None else words.read(asked, sheet, (*path, "true_when")),
        place=sheet.key_place(path),
    )


def signatures(shapes: tuple[SignatureShape, ...]) -> tuple[Signature, ...]:
    """Signatures as core values."""
    return tuple(Signature(by=one.by, team=one.team, on=one.on) for one in shapes)


def build_fields(sheet: Sheet, picklists: dict[str, Picklist]) -> Fields:
    """All agreed fields, their value maps from the file itself or from picklists."""
    shape = sheet.shape
    assert isinstance(shape, FieldsFile)
    return Fields(
        rules={name: _field(name, one, sheet, picklists) for name, one in shape.fields.items()},
        activities=tuple(
            ActivitySource(
                kind=one.kind,
                moment=one.moment,
                title=one.title,
                place=sheet.place(("activities", at)),
            )
            for at, one in enumerate(shape.activities)
        ),
        external_id=shape.external_id,
        owner=_owner(sheet),
        tables={
            table_name(name): one.table for name, one in picklists.items() if one.table is not None
        },
        default_region=shape.default_region,
    )


def _owner(sheet: Sheet) -> FieldRule | None:
    shape = sheet.shape
    assert isinstance(shape, FieldsFile)
    one = shape.owner
    if one is None:
        return None
    return FieldRule(
        name="owner",
        type=FieldType.TEXT,
        hubspot=one.hubspot,
        salesforce="OwnerId",
        direction=one.direction,
        winner=one.winner,
        max_flips=one.max_flips,
        place=sheet.key_place(("owner",)),
    )


def build_identity(sheet: Sheet) -> Identity:
    """How people are recognised; what the file leaves out is the default."""
    shape = sheet.shape
    assert isinstance(shape, FieldsFile)
    one = shape.identity
    return Identity(
        existing_lead=one.existing_lead,
        existing_contact=one.existing_contact,
        shared_mailboxes=one.shared_mailboxes,
        deleted_in_crm=one.deleted_in_crm,
        deleted_in_marketing=one.deleted_in_marketing,
        place=sheet.place(("identity",)),
    )


def _field(
    name: str, one: FieldShape, sheet: Sheet, picklists: dict[str, Picklist]
) -> FieldRule:  # fmt: skip
    path = ("fields", name)
    return FieldRule(
        name=name,
        type=one.type,
        meaning=one.means,
        labels=one.label,
        hubspot=one.hubspot,
        salesforce=one.salesforce,
        salesforce_contact=one.salesforce_contact,
        direction=one.direction,
        winner=one.winner,
        blanks=one.blanks,
        transforms=one.transform,
        options=one.options,
        values=_value_map(name, one, sheet, picklists),
        max_length=one.max_length,
        too_long=one.too_long,
        personal=one.personal,
        max_flips=one.max_flips,
        examples=tuple(
            _field_example(example, sheet.place((*path, "examples", at)))
            for at, example in enumerate(one.examples)
        ),
        place=sheet.key_place(path),
    )


def _field_example(shape: FieldExampleShape, place: Place) -> Example:
    sides = (("hubspot", shape.hubspot), ("salesforce", shape.salesforce))
    given = {side: text for side, text in sides if text is not None}
    return Example(given=given, expect=shape.expect, place=place)


def _value_map(
    name: str, one: FieldShape, sheet: Sheet, picklists: dict[str, Picklist]
) -> ValueMap | None:
    values = one.values
    if values is None:
        return None
    rows = [(row.hubspot, row.word, row.salesforce) for row in values.rows]
    if values.file is not None and values.file in picklists:
        rows += [row.cells for row in picklists[values.file].rows]
    if values.unknown is Unknown.OTHER and values.other not in {row[1] for row in rows}:
        rows.append(("", values.other, ""))
    return ValueMap(
        name=name,
        rows=tuple(rows),
        unknown=values.unknown,
        other=values.other,
        ignore_case=values.ignore_case,
        place=sheet.key_place(("fields", name, "values")),
    )


def build_people(sheet: Sheet) -> People:
    """The roster."""
    shape = sheet.shape
    assert isinstance(shape, PeopleFile)
    return People(
        persons={name: _person(name, sheet) for name in shape.people},
        teams={
            name: Team(
                name=name,
                labels=one.label,
                manager=one.manager,
                place=sheet.key_place(("teams", name)),
            )
            for name, one in shape.teams.items()
        },
        queues={
            name: Queue(
                name=name,
                salesforce_queue=one.salesforce_queue,
                responsible=one.responsible,
                place=sheet.key_place(("queues", name)),
            )
            for name, one in shape.queues.items()
        },
        calendars={
            name: _calendar(name, one, sheet.key_place(("calendars", name)))
            for name, one in shape.calendars.items()
        },
        roles={name: role.does for name, role in shape.roles.items()},
        role_labels={name: role.label for name, role in shape.roles.items()},
        measured_on={name: role.measured_on for name, role in shape.roles.items()},
    )


def _person(key: str, sheet: Sheet) -> Person:
    assert isinstance(sheet.shape, PeopleFile)
    one = sheet.shape.people[key]
    return Person(
        key=key,
        name=one.name,
        email=one.email,
        role=one.role,
        teams=one.teams,
        hubspot_owner=one.hubspot_owner,
        salesforce_user=one.salesforce_user,
        calendar=one.calendar,
        absences=tuple(Absence(first=a.first, last=a.last, why=a.why) for a in one.absences),
        weight=one.weight,
        cap_per_day=one.cap_per_day,
        cap_open=one.cap_open,
        deputy=one.deputy,
        on_hold=one.on_hold,
        language=one.language,
        place=sheet.key_place(("people", key)),
    )


def _calendar(name: str, one: CalendarShape, place: Place) -> WorkCalendar:
    hours: dict[int, tuple[tuple[time, time], ...]] = {
        DAYS.index(day) + 1: tuple(sorted(spans)) for day, spans in one.hours.items()
    }
    closed: frozenset[date] = frozenset(one.closed)
    return WorkCalendar(
        name=name,
        time_zone=one.time_zone,
        hours=hours,
        holidays=closed,
        holiday_region=one.public_holidays,
        place=place,
    )
