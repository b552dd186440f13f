"""Builds qualification: bad leads, scores, BANT, stages and temperatures."""

from dataclasses import replace
from datetime import timedelta

from connector.core.rules import qualification as q
from connector.core.rules.examples import Example
from connector.mapfiles.building.parts import examples, when
from connector.mapfiles.conditions import Words
from connector.mapfiles.shapes.qualification import IntentShape, QualificationFile
from connector.mapfiles.sheets import Sheet
from connector.mapfiles.yaml_text import Path


def build_qualification(sheet: Sheet, words: Words) -> q.Qualification:
    """Bad leads, scores, BANT, stages and temperatures."""
    shape = sheet.shape
    assert isinstance(shape, QualificationFile)
    score = shape.score
    guard = shape.requalification
    return q.Qualification(
        disqualify=_disqualify(shape, sheet, words),
        fit=_fit(shape, sheet, words),
        intent=tuple(
            _intent(one, sheet, ("score", "intent", at), words)
            for at, one in enumerate(score.intent)
        ),
        completeness=tuple(
            q.CompletenessRule(
                name=one.field,
                points=one.points,
                question=one.ask,
                place=sheet.place(("score", "completeness", at)),
            )
            for at, one in enumerate(score.completeness)
        ),
        weights=dict(score.weights),
        bant=_bant(shape, sheet, words),
        stages=_stages(shape, sheet, words),
        temperatures=tuple(
            q.Temperature(
                name=one.name,
                when=when(one.when, sheet, ("temperatures", at), words),
                labels=one.label,
                examples=examples(one.examples, sheet, ("temperatures", at), words),
                place=sheet.place(("temperatures", at)),
            )
            for at, one in enumerate(shape.temperatures)
        ),
        required_for={one.stage: one.requires for one in shape.stages if one.requires},
        contact_gate=shape.contact_gate,
        requalification=q.Requalification(
            new_activity=guard.new_activity,
            cool_down_days=guard.cool_down.days,
            max_cycles=guard.max_cycles,
            place=sheet.key_place(("requalification",)),
        ),
    )


def _disqualify(
    shape: QualificationFile, sheet: Sheet, words: Words
) -> tuple[q.DisqualifyRule, ...]:
    found = []
    for at, one in enumerate(shape.disqualify):
        path: Path = ("disqualify", at)
        found.append(
            q.DisqualifyRule(
                name=one.name,
                when=words.read(one.when, sheet, (*path, "when")),
                reason=one.reason,
                labels=one.label,
                examples=examples(one.examples, sheet, path, words),
                place=sheet.place(path),
            )
        )
    return tuple(found)


def _fit(shape: QualificationFile, sheet: Sheet, words: Words) -> tuple[q.ScoreRule, ...]:
    found = []
    for at, one in enumerate(shape.score.fit):
        path: Path = ("score", "fit", at)
        found.append(
            q.ScoreRule(
                name=one.name,
                points=one.points,
                when=words.read(one.when, sheet, (*path, "when")),
                labels=one.label,
                examples=examples(one.examples, sheet, path, words, points=one.points),
                place=sheet.place(path),
            )
        )
    return tuple(found)


def _intent(one: IntentShape, sheet: Sheet, path: Path, words: Words) -> q.ScoreRule:
    return q.ScoreRule(
        name=one.name,
        points=one.points,
        when=when(one.when, sheet, path, words),
        activity=one.activity,
        half_life_days=one.half_life / timedelta(days=1) if one.half_life else None,
        at_most=one.at_most,
        labels=one.label,
        examples=_fading(one, sheet, path, words),
        place=sheet.place(path),
    )


def _fading(one: IntentShape, sheet: Sheet, path: Path, words: Words) -> tuple[Example, ...]:
    """Worked examples of an intent rule, with the age of the activities they count."""
    found = examples(one.examples, sheet, path, words, points=one.points)
    return tuple(
        replace(known, ago=example.ago) for known, example in zip(found, one.examples, strict=True)
    )


def _bant(shape: QualificationFile, sheet: Sheet, words: Words) -> tuple[q.BantRule, ...]:
    found = []
    for letter in ("budget", "authority", "need", "timing"):
        one, path = getattr(shape.bant, letter), ("bant", letter)
        found.append(
            q.BantRule(
                letter=letter,
                when=words.read(one.when, sheet, (*path, "when")),
                evidence=one.evidence,
                labels=one.label,
                examples=examples(one.examples, sheet, path, words),
                place=sheet.key_place(path),
            )
        )
    return tuple(found)


def _stages(shape: QualificationFile, sheet: Sheet, words: Words) -> tuple[q.StageRule, ...]:
    found = []
    for at, one in enumerate(shape.stages):
        path: Path = ("stages", at)
        found.append(
            q.StageRule(
                stage=one.stage,
                when=words.read(one.when, sheet, (*path, "when")),
                manual=one.manual,
                examples=examples(one.examples, sheet, path, words),
                place=sheet.place(path),
            )
        )
    return tuple(found)
