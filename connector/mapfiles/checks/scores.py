"""Scores: weights that do not add up, points nobody can get, temperatures that leave gaps."""

from datetime import timedelta

from connector.core.cells import Domain
from connector.core.coverage import gaps
from connector.core.rules.conditions import Condition
from connector.core.rules.fields import FieldType
from connector.core.rules.ruleset import Ruleset
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.checks.structure import clauses_of
from connector.mapfiles.hints import nearest
from connector.mapfiles.shapes.qualification import QualificationFile
from connector.mapfiles.shapes.recycling import RecyclingFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path

PARTS = ("fit", "intent", "completeness")


def check_scores(ground: Ground) -> None:
    """Weights, points and temperatures of qualification.yaml."""
    sheet = ground.sheet("qualification.yaml")
    if sheet is None or not isinstance(sheet.shape, QualificationFile):
        return
    _weights(sheet.shape, sheet, ground.notes)
    _names(sheet.shape, sheet, ground.notes)
    _intent(sheet.shape, sheet, ground.notes)
    _completeness(sheet.shape, sheet, ground.notes)
    if ground.draft is not None and ground.is_sound("qualification.yaml"):
        _temperatures(sheet, ground)
        _too_early(ground.draft, ground.notes)
    _limits(sheet.shape, sheet, ground)


def _weights(shape: QualificationFile, sheet: Sheet, notes: Notes) -> None:
    path: Path = ("score", "weights")
    for name in shape.score.weights:
        if name not in PARTS:
            guess = nearest(name, PARTS)
            notes.add(
                "unknown-weight",
                sheet.key_place((*path, name)),
                f"there is no sub-score '{name}'",
                f"Did you mean '{guess}'?" if guess else "They are fit, intent and completeness.",
            )
    if any(weight < 0 for weight in shape.score.weights.values()):
        notes.add("negative-weight", sheet.key_place(path), "a weight is below 0",
                  "Use negative points in a rule instead.")  # fmt: skip
    total = sum(shape.score.weights.values())
    if abs(total - 1) > 0.001:
        notes.add(
            "weights-do-not-add-up",
            sheet.key_place(path),
            f"the weights add up to {total:g}, not to 1",
            "Change them so that the total is a score of 0 to 100.",
        )


def _names(shape: QualificationFile, sheet: Sheet, notes: Notes) -> None:
    groups: tuple[tuple[Path, tuple[str, ...]], ...] = (
        (("disqualify",), tuple(one.name for one in shape.disqualify)),
        (("score", "fit"), tuple(one.name for one in shape.score.fit)),
        (("score", "intent"), tuple(one.name for one in shape.score.intent)),
        (("temperatures",), tuple(one.name for one in shape.temperatures)),
        (("stages",), tuple(one.stage for one in shape.stages)),
    )
    for path, names in groups:
        seen: dict[str, int] = {}
        for at, name in enumerate(names):
            first = seen.setdefault(name, at)
            if first != at:
                notes.add(
                    "two-rules-one-name",
                    sheet.place((*path, at)),
                    f"the name '{name}' is taken by line {sheet.place((*path, first)).line}",
                    "Reports and explanations go by the name: give each its own.",
                )


def _intent(shape: QualificationFile, sheet: Sheet, notes: Notes) -> None:
    for at, rule in enumerate(shape.score.intent):
        path: Path = ("score", "intent", at)
        if rule.activity is None and not rule.when:
            notes.add(
                "rule-without-condition",
                sheet.place(path),
                f"'{rule.name}' gives its points to everybody",
                "Add `activity: …` or `when: …`.",
            )
        if rule.activity is not None and rule.half_life is None:
            notes.add(
                "never-decays",
                sheet.place(path),
                f"the points of '{rule.name}' never fade: old interest looks like new",
                "Add `half_life: 14d`, for instance.",
                warning=True,
            )
        if rule.activity is None and rule.half_life is not None:
            notes.add(
                "half-life-without-activity",
                sheet.key_place((*path, "half_life")),
                "only activities grow old; a condition holds or does not",
                "Add `activity: …`, or remove the half-life.",
            )
        for number, example in enumerate(rule.examples):
            if rule.activity is None and example.ago:
                notes.add(
                    "age-without-activity",
                    sheet.key_place((*path, "examples", number, "ago")),
                    f"'{rule.name}' counts no activities that could be some time ago",
                    "Name the activity in the rule, or leave `ago` out.",
                )
        if rule.at_most is not None and rule.at_most < rule.points:
            notes.add(
                "cap-below-points",
                sheet.place((*path, "at_most")),
                f"one activity is worth {rule.points}, and all together at most {rule.at_most}",
                "Raise `at_most`, or lower `points`.",
                warning=True,
            )


def _completeness(shape: QualificationFile, sheet: Sheet, notes: Notes) -> None:
    total = sum(rule.points for rule in shape.score.completeness)
    if shape.score.completeness and total != 100:
        notes.add(
            "completeness-not-100",
            sheet.key_place(("score", "completeness")),
            f"the points for known fields add up to {total}, not to 100",
            "Change them, so that a complete lead has 100.",
            warning=True,
        )


def _temperatures(sheet: Sheet, ground: Ground) -> None:
    assert ground.draft is not None
    bands = ground.draft.qualification.temperatures
    if not bands:
        return
    score = Domain(type=FieldType.MONEY, blank=False, lowest=0, highest=100)
    domains = {f"score.{part}": score for part in (*PARTS, "total")}
    for gap in gaps([band.when for band in bands], domains).gaps[:3]:
        ground.notes.add(
            "temperature-gap",
            sheet.key_place(("temperatures",)),
            f"a lead with {gap} has no temperature",
            "Leave `when` out of the last one, so that it takes the rest.",
            warning=True,
        )


def _too_early(draft: Ruleset, notes: Notes) -> None:
    """The order is fixed: bad leads, scores, BANT, temperature, stages. What comes later is not
    known yet, and a clause that asks for it never holds."""
    rules, early = draft.qualification, ("score.", "bant.", "temperature")
    asked: list[tuple[str, Condition, tuple[str, ...]]] = []
    asked += [(f"the bad-lead rule '{one.name}'", one.when, early) for one in rules.disqualify]
    asked += [(f"the score rule '{one.name}'", one.when, early)
              for one in (*rules.fit, *rules.intent)]  # fmt: skip
    asked += [(f"BANT '{one.letter}'", one.when, early[1:]) for one in rules.bant]
    asked += [(f"the temperature '{one.name}'", one.when, early[2:])
              for one in rules.temperatures]  # fmt: skip
    for what, condition, later in asked:
        for clause in clauses_of(condition):
            if clause.field.startswith(later):
                notes.add(
                    "not-known-yet",
                    clause.place,
                    f"'{clause.field}' is not known yet when {what} is asked",
                    "The order is: bad leads, scores, BANT, temperature, stages. Ask for it later.",
                )


def _limits(shape: QualificationFile, sheet: Sheet, ground: Ground) -> None:
    """Two files speak of the same limit; both must say the same."""
    other = ground.sheet("recycling.yaml")
    if other is None or not isinstance(other.shape, RecyclingFile):
        return
    guard = shape.requalification
    for name in ("cool_down", "max_cycles"):
        here, there = getattr(guard, name), getattr(other.shape, name)
        path: Path = ("requalification", name)
        if here != there:
            written = name in guard.model_fields_set
            ground.notes.add(
                "contradictory-settings",
                sheet.place(path) if written else other.place((name,)),
                f"'{name}' is {_shown(here)} in {sheet.name} and {_shown(there)} in {other.name}"
                f"{'' if written else ' (the former is the default)'}",
                "Agree on one, and write it in both places.",
            )


def _shown(value: object) -> str:
    return f"{value.days}d" if isinstance(value, timedelta) else str(value)
