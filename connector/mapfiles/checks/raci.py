"""The RACI matrix: exactly one role answers for each row, and no role or metric is an orphan."""

from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.hints import listed
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.promises import PromisesFile, RaciShape
from connector.mapfiles.shapes.targets import TargetsFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path


def check_raci(ground: Ground) -> None:
    """Rows, then roles without a part, then metrics nobody is measured on."""
    people = ground.sheet("people.yaml")
    promises = ground.sheet("promises.yaml")
    if promises is not None and isinstance(promises.shape, PromisesFile):
        _rows(promises.shape, promises, ground.notes)
    if people is None or not isinstance(people.shape, PeopleFile):
        return
    if promises is not None and isinstance(promises.shape, PromisesFile):
        _roles(promises.shape, people.shape, people, ground.notes)
    _metrics(people.shape, people, ground)


def _rows(shape: PromisesFile, sheet: Sheet, notes: Notes) -> None:
    if not shape.raci:
        notes.add(
            "no-raci",
            sheet.place(),
            "nobody is named who answers for the activities and decisions",
            "Add `raci`: one row for each, with exactly one accountable role.",
            warning=True,
        )
    seen: dict[str, int] = {}
    for at, row in enumerate(shape.raci):
        path: Path = ("raci", at)
        first = seen.setdefault(row.activity.casefold(), at)
        if first != at:
            notes.add(
                "two-rows-one-activity",
                sheet.place((*path, "activity")),
                f"'{row.activity}' is in line {sheet.place(('raci', first)).line} already",
                "Keep one row.",
            )
        _row(row, sheet, path, notes)


def _row(row: RaciShape, sheet: Sheet, path: Path, notes: Notes) -> None:
    if len(row.accountable) != 1:
        count = f"{len(row.accountable)} roles are" if row.accountable else "no role is"
        notes.add(
            "not-one-accountable",
            sheet.place((*path, "accountable")),
            f"{count} accountable for '{row.activity}'",
            "Name exactly one: where two answer, nobody does.",
        )
    if not row.responsible:
        notes.add(
            "nobody-responsible",
            sheet.place((*path, "responsible")),
            f"nobody does '{row.activity}'",
            "Name at least one role.",
        )
    told = set(row.consulted) & set(row.informed)
    if told:
        notes.add(
            "role-twice",
            sheet.place((*path, "informed")),
            f"{listed(sorted(told))} is both consulted and informed",
            "Whoever is consulted is informed anyway; remove one.",
            warning=True,
        )


def _roles(shape: PromisesFile, people: PeopleFile, sheet: Sheet, notes: Notes) -> None:
    used = {
        role
        for row in shape.raci
        for role in (*row.responsible, *row.accountable, *row.consulted, *row.informed)
    }
    held = {person.role for person in people.people.values()}
    for name, role in people.roles.items():
        where = sheet.key_place(("roles", name))
        if shape.raci and name not in used:
            notes.add(
                "role-without-part",
                where,
                f"the role '{name}' has no part in any activity or decision",
                "Add it to a row of `raci` in promises.yaml, or remove the role.",
                warning=True,
            )
        if name not in held and name in used:
            notes.add(
                "nobody-with-role",
                where,
                f"nobody has the role '{name}'",
                "Give it to somebody under `people`, or remove it.",
                warning=True,
            )
        if not role.measured_on:
            notes.add(
                "role-without-measure",
                where,
                f"the role '{name}' is measured on nothing",
                "Add `measured_on`: metrics of targets.yaml.",
                warning=True,
            )


def _metrics(people: PeopleFile, sheet: Sheet, ground: Ground) -> None:
    targets = ground.sheet("targets.yaml")
    if targets is None or not isinstance(targets.shape, TargetsFile):
        return
    measured = {metric for role in people.roles.values() for metric in role.measured_on}
    for name in targets.shape.metrics:
        if name not in measured:
            ground.notes.add(
                "orphan-metric",
                targets.key_place(("metrics", name)),
                f"no role is measured on '{name}'",
                "Add it to `measured_on` of a role in people.yaml, or drop the metric.",
                warning=True,
            )
