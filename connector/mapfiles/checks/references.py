"""Words used but never defined: every name in a file that another place must define."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector.mapfiles.checks.lookup import Lookup
from connector.mapfiles.picklists import Picklist
from connector.mapfiles.shapes.common import Shape, SignatureShape
from connector.mapfiles.shapes.fields import FieldsFile
from connector.mapfiles.shapes.golden import GoldenFile
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.promises import ClauseShape, PromisesFile
from connector.mapfiles.shapes.qualification import QualificationFile
from connector.mapfiles.shapes.recycling import RecyclingFile
from connector.mapfiles.shapes.routing import RoutingFile, TargetShape
from connector.mapfiles.shapes.targets import TargetsFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.values import Known
from connector.mapfiles.yaml_text import Path

_BOTH_SIDES = ("marketing", "sales")


def check_references(
    sheets: Mapping[str, Sheet],
    picklists: Mapping[str, Picklist],
    templates: frozenset[str],
    known: Mapping[str, Known],
    notes: Notes,
) -> None:
    """Notes each word that is used but not defined, with the one that was probably meant.

    Nothing is said about words whose home file could not be read.
    """
    lookup = Lookup(sheets, known, notes)
    for sheet in sheets.values():
        if isinstance(sheet.shape, FieldsFile):
            _picklists(sheet.shape, sheet, picklists, lookup)
        for model, check in _CHECKS:
            if isinstance(sheet.shape, model):
                check(sheet.shape, sheet, lookup)


def _signatures(signed: Iterable[SignatureShape], sheet: Sheet, path: Path, lookup: Lookup) -> None:
    for at, one in enumerate(signed):
        lookup.one("person", one.by, sheet, (*path, "signatures", at, "by"))
        lookup.one("team", one.team, sheet, (*path, "signatures", at, "team"), _BOTH_SIDES)


def _vocabulary(shape: VocabularyFile, sheet: Sheet, lookup: Lookup) -> None:
    for name, term in shape.terms.items():
        path: Path = ("terms", name)
        if term.owner:
            lookup.one("role", term.owner, sheet, (*path, "owner"))
        _signatures(term.signatures, sheet, path, lookup)
    for name, stage in shape.stages.items():
        if stage.team:
            lookup.one("team", stage.team, sheet, ("stages", name, "team"), _BOTH_SIDES)
    for name, reason in shape.reasons.items():
        if reason.disposition:
            lookup.one("disposition", reason.disposition, sheet, ("reasons", name, "disposition"))


def _fields(shape: FieldsFile, sheet: Sheet, lookup: Lookup) -> None:
    for name, one in shape.fields.items():
        lookup.each("transform", one.transform, sheet, ("fields", name, "transform"))


def _picklists(
    shape: FieldsFile, sheet: Sheet, picklists: Mapping[str, Picklist], lookup: Lookup
) -> None:
    for name, one in shape.fields.items():
        path: Path = ("fields", name)
        if one.values is not None and one.values.file and one.values.file not in picklists:
            lookup.missing_picklist(
                one.values.file, picklists, sheet.place((*path, "values", "file"))
            )


def _people(shape: PeopleFile, sheet: Sheet, lookup: Lookup) -> None:
    for name, role in shape.roles.items():
        lookup.each("metric", role.measured_on, sheet, ("roles", name, "measured_on"))
    for name, team in shape.teams.items():
        if team.manager:
            lookup.one("person", team.manager, sheet, ("teams", name, "manager"))
    for name, queue in shape.queues.items():
        if queue.responsible:
            lookup.one("person", queue.responsible, sheet, ("queues", name, "responsible"))
    for name, person in shape.people.items():
        path: Path = ("people", name)
        lookup.one("role", person.role, sheet, (*path, "role"))
        lookup.each("team", person.teams, sheet, (*path, "teams"))
        lookup.one("calendar", person.calendar, sheet, (*path, "calendar"))
        if person.deputy:
            lookup.one("person", person.deputy, sheet, (*path, "deputy"))


def _qualification(shape: QualificationFile, sheet: Sheet, lookup: Lookup) -> None:
    for at, bad in enumerate(shape.disqualify):
        lookup.one("reason", bad.reason, sheet, ("disqualify", at, "reason"))
    for at, asked in enumerate(shape.score.completeness):
        lookup.one("field", asked.field, sheet, ("score", "completeness", at, "field"))
    for at, intent in enumerate(shape.score.intent):
        if intent.activity:
            lookup.one("activity", intent.activity, sheet, ("score", "intent", at, "activity"))
    for letter in ("budget", "authority", "need", "timing"):
        evidence = getattr(shape.bant, letter).evidence
        lookup.each("field", evidence, sheet, ("bant", letter, "evidence"))
    for at, rule in enumerate(shape.stages):
        lookup.one("stage", rule.stage, sheet, ("stages", at, "stage"))
        lookup.each("field", rule.requires, sheet, ("stages", at, "requires"))
    lookup.each("field", shape.contact_gate, sheet, ("contact_gate",))


def _target(shape: TargetShape, sheet: Sheet, path: Path, lookup: Lookup) -> None:
    for kind in ("person", "team", "queue", "field"):
        name = getattr(shape, kind)
        if name:
            lookup.one(kind, name, sheet, (*path, kind))


def _routing(shape: RoutingFile, sheet: Sheet, lookup: Lookup) -> None:
    for at, rule in enumerate(shape.rules):
        _target(rule.to, sheet, ("rules", at, "to"), lookup)
    _target(shape.fallback, sheet, ("fallback",), lookup)
    if shape.single_contact:
        lookup.one("person", shape.single_contact, sheet, ("single_contact",))
    if shape.tele_team:
        lookup.one("team", shape.tele_team, sheet, ("tele_team",))


def _promises(shape: PromisesFile, sheet: Sheet, lookup: Lookup) -> None:
    lookup.one("role", shape.enforcer, sheet, ("enforcer",))
    if shape.sponsor:
        lookup.one("person", shape.sponsor, sheet, ("sponsor",))
    _signatures(shape.signatures, sheet, (), lookup)
    for side, section in (("marketing", shape.marketing), ("sales", shape.sales)):
        for name, clause in section.items():
            _clause(clause, sheet, (side, name), lookup)
    for at, row in enumerate(shape.raci):
        for part in ("responsible", "accountable", "consulted", "informed"):
            lookup.each("role", getattr(row, part), sheet, ("raci", at, part))


def _clause(clause: ClauseShape, sheet: Sheet, path: Path, lookup: Lookup) -> None:
    lookup.one("role", clause.responsible, sheet, (*path, "responsible"), ("owner",))
    lookup.each("role", clause.audience, sheet, (*path, "audience"), ("owner", "lead"))
    if clause.calendar:
        lookup.one("calendar", clause.calendar, sheet, (*path, "calendar"))
    for at, step in enumerate(clause.escalate):
        lookup.each("role", step.tell, sheet, (*path, "escalate", at, "tell"), ("owner",))
    for at, case in enumerate(clause.examples):
        if case.person:
            lookup.one("person", case.person, sheet, (*path, "examples", at, "person"))


def _recycling(shape: RecyclingFile, sheet: Sheet, lookup: Lookup) -> None:
    for status, one in shape.statuses.items():
        if one.stage:
            lookup.one("stage", one.stage, sheet, ("statuses", status, "stage"))
        if one.disposition:
            lookup.one("disposition", one.disposition, sheet, ("statuses", status, "disposition"))
    for at, rule in enumerate(shape.rules):
        lookup.each("reason", rule.reasons, sheet, ("rules", at, "reasons"))
        lookup.one("programme", rule.programme, sheet, ("rules", at, "programme"))
        if rule.return_on:
            lookup.one("field", rule.return_on, sheet, ("rules", at, "return_on"))
    lookup.one("programme", shape.fallback_programme, sheet, ("fallback_programme",))
    if shape.stalled_programme:
        lookup.one("programme", shape.stalled_programme, sheet, ("stalled_programme",))
    lookup.one("stage", shape.recycled_stage, sheet, ("recycled_stage",))
    lookup.each("reason", shape.never_again, sheet, ("never_again",))


def _targets(shape: TargetsFile, sheet: Sheet, lookup: Lookup) -> None:
    for at, one in enumerate(shape.targets):
        lookup.one("metric", one.metric, sheet, ("targets", at, "metric"))
        if one.owner:
            lookup.one("role", one.owner, sheet, ("targets", at, "owner"))
        if one.segment:
            name = one.segment.partition("=")[0]
            lookup.one("segment", name, sheet, ("targets", at, "segment"))
    for name, fields in shape.segments.items():
        lookup.each("field", fields, sheet, ("segments", name))


def _golden(shape: GoldenFile, sheet: Sheet, lookup: Lookup) -> None:
    for at, lead in enumerate(shape.leads):
        expect, path = lead.expect, ("leads", at, "expect")
        for kind, name, key in (
            ("stage", expect.stage, "stage"),
            ("reason", expect.disqualified, "disqualified"),
            ("temperature", expect.temperature, "temperature"),
        ):
            if name:
                lookup.one(kind, name, sheet, (*path, key))
        if expect.promise:
            lookup.one("clause", expect.promise, sheet, (*path, "promise"), ("nothing",))
        if expect.route:
            lookup.one("route", expect.route, sheet, (*path, "route"), ("fallback", "owner"))
        if lead.state.stage:
            lookup.one("stage", lead.state.stage, sheet, ("leads", at, "state", "stage"))
        for n, activity in enumerate(lead.activities):
            lookup.one("activity", activity.kind, sheet, ("leads", at, "activities", n, "kind"))


_CHECKS: tuple[tuple[type[Shape], Callable[[Any, Sheet, Lookup], None]], ...] = (
    (VocabularyFile, _vocabulary),
    (FieldsFile, _fields),
    (PeopleFile, _people),
    (QualificationFile, _qualification),
    (RoutingFile, _routing),
    (PromisesFile, _promises),
    (RecyclingFile, _recycling),
    (TargetsFile, _targets),
    (GoldenFile, _golden),
)
