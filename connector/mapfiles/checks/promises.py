"""Vague clauses: promises that cannot be measured, or that have no consequence."""

from datetime import datetime, timedelta

from connector.core.rules.promises import ClockKind
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.hints import listed
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.promises import ClauseShape, PromisesFile
from connector.mapfiles.shapes.vocabulary import VocabularyFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path, Plain


def check_promises(ground: Ground) -> None:
    """Each clause alone, then beside the others."""
    sheet = ground.sheet("promises.yaml")
    if sheet is None or not isinstance(sheet.shape, PromisesFile):
        return
    shape = sheet.shape
    seen: dict[tuple[object, ...], str] = {}
    for side, section in (("marketing", shape.marketing), ("sales", shape.sales)):
        for name, clause in section.items():
            path: Path = (side, name)
            _measurable(name, clause, sheet, path, ground.notes)
            _consequence(name, clause, sheet, path, ground.notes)
            _beside(name, clause, sheet, path, seen, ground.notes)
            _examples(name, clause, sheet, path, ground.notes)
            if side == "sales" and name in shape.marketing:
                ground.notes.add(
                    "two-clauses-one-name",
                    sheet.key_place(path),
                    f"'{name}' is the name of a clause of marketing too",
                    "Give each clause its own name.",
                )
    _languages(shape, sheet, ground)
    _watched(shape, sheet, ground)


def _measurable(name: str, one: ClauseShape, sheet: Sheet, path: Path, notes: Notes) -> None:
    if one.within <= timedelta(0):
        notes.add(
            "vague-clause",
            sheet.place((*path, "within")),
            f"'{name}' allows no time at all",
            "Write how long it may take: 4h, 14d.",
        )
    if not one.stop and one.holds is None and one.at_least is None:
        notes.add(
            "vague-clause",
            sheet.key_place(path),
            f"nothing ever keeps '{name}'",
            "Add `stop`: the events that keep it (or `holds`, or `at_least`).",
        )
    if one.start in one.stop:
        notes.add(
            "vague-clause",
            sheet.place((*path, "stop")),
            f"'{name}' starts and stops with {one.start}",
            "Name the event that keeps the promise.",
        )
    if one.touches is not None and one.touches.phone + one.touches.email == 0:
        notes.add(
            "vague-clause",
            sheet.place((*path, "touches")),
            f"'{name}' counts no touches",
            "Write how many: {phone: 4, email: 3}.",
        )
    if one.clock is ClockKind.BUSINESS and _in_days(sheet, (*path, "within")):
        notes.add(
            "vague-clause",
            sheet.place((*path, "within")),
            f"'{name}' counts days on a business clock, where a day has no fixed length",
            "Write hours (a working day is 8h, say), or use `clock: calendar`.",
        )
    if one.at_risk is not None and one.at_risk >= one.within > timedelta(0):
        notes.add(
            "always-at-risk",
            sheet.place((*path, "at_risk")),
            f"'{name}' is at risk from the first moment",
            "`at_risk` is how long before the end; make it shorter than `within`.",
        )
    for stop in one.pauses:
        if stop in one.stop:
            notes.add(
                "pause-is-stop",
                sheet.key_place((*path, "pauses", str(stop))),
                f"{stop} cannot both keep '{name}' and pause it",
                "Remove it from `stop` or from `pauses`.",
            )


def _in_days(sheet: Sheet, path: Path) -> bool:
    value: Plain = sheet.value
    for step in path:
        value = value[step] if isinstance(value, dict) and isinstance(step, str) else None
    return isinstance(value, str) and value.strip()[-1:] in ("d", "w")


def _consequence(name: str, one: ClauseShape, sheet: Sheet, path: Path, notes: Notes) -> None:
    if not one.escalate:
        notes.add(
            "no-consequence",
            sheet.key_place(path),
            f"nothing happens when '{name}' is broken",
            "Add `escalate`: a promise without a consequence is a preference.",
            warning=True,
        )
    if not one.audience:
        notes.add(
            "no-audience",
            sheet.key_place(path),
            f"nobody is told of '{name}'",
            "Add `audience`: roles, `owner`, `lead`.",
            warning=True,
        )
    last = timedelta(0)
    for at, step in enumerate(one.escalate):
        where = sheet.place((*path, "escalate", at, "after"))
        if step.after < one.within:
            notes.add(
                "escalates-too-early",
                where,
                f"'{name}' escalates before it is broken",
                "Write at least as much as `within`, or use `at_risk` for the warning.",
            )
        elif step.after < last:
            notes.add(
                "escalation-out-of-order",
                where,
                f"this step of '{name}' comes before the one above it",
                "Write the steps in the order of time.",
            )
        last = max(last, step.after)


def _beside(
    name: str,
    one: ClauseShape,
    sheet: Sheet,
    path: Path,
    seen: dict[tuple[object, ...], str],
    notes: Notes,
) -> None:
    question = (
        one.start, frozenset(one.stop), frozenset(one.restarts), repr(one.when), repr(one.holds),
        one.at_least is None, one.touches, one.responsible,
    )  # fmt: skip
    other = seen.setdefault(question, name)
    if other != name:
        notes.add(
            "contradictory-clauses",
            sheet.key_place(path),
            f"'{name}' and '{other}' promise the same thing",
            "Keep one of them, or let `when` tell them apart.",
        )


def _examples(name: str, one: ClauseShape, sheet: Sheet, path: Path, notes: Notes) -> None:
    """Each example tells a moment that is due, or how the promise stands after something."""
    what, key = "time since its start", "after: 2h"
    if one.holds is not None:
        what, key = "the values of a lead", "given: {last_name: Hofer}"
    elif one.at_least is not None:
        what, key = "the leads of a period", "count: 104"
    for at, case in enumerate(one.examples):
        told = case.after is not None
        if one.holds is not None:
            told = case.given is not None
        elif one.at_least is not None:
            told = case.count is not None
        if (_is_moment(case.start) and _is_moment(case.due)) or (told and case.expect):
            continue
        notes.add(
            "unfinished-example",
            sheet.place((*path, "examples", at)),
            f"this example of '{name}' does not say enough",
            f"Give {what} and what to `expect`, as in: {key}, expect: at risk;"
            " or `start` and `due`, as moments with their offsets.",
        )


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _languages(shape: PromisesFile, sheet: Sheet, ground: Ground) -> None:
    vocabulary = ground.sheet("vocabulary.yaml")
    if vocabulary is None or not isinstance(vocabulary.shape, VocabularyFile):
        return
    texts = [
        (clause.label, (side, name), f"the clause '{name}'")
        for side, section in (("marketing", shape.marketing), ("sales", shape.sales))
        for name, clause in section.items()
    ]
    if shape.customer_promise is not None:
        path = ("customer_promise", "text")
        texts.append((shape.customer_promise.text, path, "the promise to the lead"))
    for label, where, what in texts:
        lacking = [one for one in vocabulary.shape.languages if one not in label]
        if lacking:
            ground.notes.add(
                "missing-label",
                sheet.key_place(where),
                f"{what} has no text in {listed(lacking)}",
                f"Add it: {lacking[0]}: …",
                warning=True,
            )


def _watched(shape: PromisesFile, sheet: Sheet, ground: Ground) -> None:
    people = ground.sheet("people.yaml")
    if people is None or not isinstance(people.shape, PeopleFile):
        return
    held = {one.role for one in people.shape.people.values()}
    if shape.enforcer in people.shape.roles and shape.enforcer not in held:
        ground.notes.add(
            "nobody-with-role",
            sheet.place(("enforcer",)),
            f"nobody has the role '{shape.enforcer}', so nobody watches the promises",
            "Give the role to somebody in people.yaml.",
        )
    for side, section in (("marketing", shape.marketing), ("sales", shape.sales)):
        for name, clause in section.items():
            if clause.responsible in people.shape.roles and clause.responsible not in held:
                ground.notes.add(
                    "nobody-with-role",
                    sheet.place((side, name, "responsible")),
                    f"nobody has the role '{clause.responsible}', so nobody keeps '{name}'",
                    "Give the role to somebody in people.yaml.",
                )
    if not shape.sponsor:
        ground.notes.add(
            "no-sponsor",
            sheet.place(),
            "nobody in the leadership backs the promises",
            "Add `sponsor: …`, a person of people.yaml.",
            warning=True,
        )
