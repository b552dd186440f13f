"""Golden leads: whole leads in examples/*.yaml with the stage, score and route they must get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.core.problems import NOWHERE, Place
from connector.core.records import Activity, LeadState, Values
from connector.mapfiles.building.parts import given_values
from connector.mapfiles.conditions import Words
from connector.mapfiles.shapes import GoldenFile
from connector.mapfiles.shapes.golden import GoldenExpectShape, GoldenLeadShape
from connector.mapfiles.sheets import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must become of a golden lead; None and empty mean: not compared."""

    stage: str | None = None
    disqualified: str | None = None
    score: Mapping[str, float] = field(default_factory=dict)
    bant: tuple[str, ...] | None = None
    temperature: str | None = None
    route: str | None = None
    missing: tuple[str, ...] | None = None
    held: tuple[str, ...] | None = None
    promise: str | None = None
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenLead:
    """One whole lead, the moment of its decision, and what must come out."""

    name: str
    values: Values
    activities: tuple[Activity, ...]
    state: LeadState
    now: datetime
    expect: Expected
    place: Place = NOWHERE


def build_golden(sheet: Sheet, words: Words, first_stage: str) -> tuple[GoldenLead, ...]:
    """All golden leads of one file."""
    shape = sheet.shape
    assert isinstance(shape, GoldenFile)
    now = shape.now.replace(tzinfo=UTC) if shape.now.tzinfo is None else shape.now.astimezone(UTC)
    return tuple(
        _lead(one, at, sheet, words, first_stage, now) for at, one in enumerate(shape.leads)
    )


def _lead(
    one: GoldenLeadShape, at: int, sheet: Sheet, words: Words, first_stage: str, now: datetime
) -> GoldenLead:
    state, day = one.state, timedelta(0)
    return GoldenLead(
        name=one.name,
        values=given_values(one.given, sheet, ("leads", at, "given"), words),
        activities=tuple(
            Activity(kind=done.kind, at=now - done.ago, title=done.title) for done in one.activities
        ),
        state=LeadState(
            lead_id="hs-golden",
            stage=state.stage or first_stage,
            cycle=state.cycle,
            cycle_started_at=now - (state.cycle_started_ago or day),
            cool_down_until=now + state.cooled_down_in if state.cooled_down_in else None,
            disposition=state.disposition,
            reason=state.reason,
        ),
        now=now,
        expect=_expected(one.expect),
        place=sheet.place(("leads", at)),
    )


def _expected(shape: GoldenExpectShape) -> Expected:
    return Expected(
        stage=shape.stage,
        disqualified=shape.disqualified,
        score=shape.score,
        bant=shape.bant,
        temperature=shape.temperature,
        route=shape.route,
        missing=shape.missing,
        held=shape.held,
        promise=shape.promise,
        brief=shape.brief,
    )
