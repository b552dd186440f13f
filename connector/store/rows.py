"""Values of the ledger to table rows and back."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from connector.core.events import Event, EventKind
from connector.core.plan import Action, ActionKind, ActionState, Destination
from connector.core.problems import NOWHERE, Mender, Place, Problem, Severity
from connector.core.records import Activity, LeadState, System
from connector.ports import LeadRow, Run, RunTotals, Snapshot, StoredAction, StoredEvent, Turn
from connector.store import codec
from connector.store.bulk import Row
from connector.store.decided import dump_state, dump_surroundings, load_state, load_surroundings
from connector.store.types import micros, micros_or_none, moment_of

LEAD = (
    *("id", "hubspot_id", "email", "stage", "cycle", "cycle_started_at", "passed_at", "owner"),
    *("refused_by", "cool_down_until", "disposition", "reason", "snapshot_hash", "values"),
    *("captured_at", "updated_at", "ruleset", "score_fit", "score_intent", "score_completeness"),
    *("score", "temperature", "goal", "source", "campaign", "segment", "product", "team"),
    *("crm", "look_again_at"),
)
SNAPSHOT = (
    *("lead_id", "hash", "ruleset", "cycle", "taken_at", "values", "activities", "outcome"),
    *("state", "surroundings", "said", "step", "run_id"),
)
ACTION = (
    *("key", "state", "destination", "express", "due", "lead_id", "kind", "because"),
    *("record_kind", "record_id", "fields", "before", "rule", "place_file", "place_line"),
    *("place_column", "ruleset", "cycle", "after_key", "problem", "not_before", "attempts"),
    *("planned_at", "started_at", "done_at", "run_id", "input_hash", "schema_hash"),
    "tried_ruleset",
)
EVENT = (
    *("key", "lead_id", "kind", "at", "recorded_at", "cycle", "data", "by", "rule"),
    *("place_file", "place_line", "place_column", "ruleset", "run_id"),
)
TURN = ("lead_id", "cycle", "team", "person", "at", "skipped", "rule", "ruleset", "draw")
RUN = (
    *("id", "job", "started_at", "ended_at", "outcome", "exit_code", "picked_up", "delivered"),
    *("skipped", "waiting", "parked", "notes", "ruleset", "message", "mode"),
)

# Calling an enumeration takes five times as long as looking into it.
_KINDS = {kind.value: kind for kind in ActionKind}
_DESTINATIONS = {one.value: one for one in Destination}
_EVENT_KINDS = {kind.value: kind for kind in EventKind}


@lru_cache(maxsize=256)
def _place(file: str, line: int, column: int) -> Place:
    """A rule stands in one place, and thousands of rows name it."""
    return Place(file=file, line=line, column=column)


def lead_row(row: LeadRow) -> Row:
    state, values = row.state, row.values
    email = values.get("email")
    refused = codec.dump(list(state.refused_by)) if state.refused_by else "[]"
    return (
        state.lead_id,
        row.hubspot_id,
        email.strip().lower() if isinstance(email, str) else "",
        state.stage,
        state.cycle,
        micros_or_none(state.cycle_started_at),
        micros_or_none(state.passed_at),
        state.owner,
        refused,
        micros_or_none(state.cool_down_until),
        state.disposition,
        state.reason,
        state.snapshot_hash,
        codec.dump_values(values),
        micros(row.captured_at),
        micros(row.updated_at),
        row.ruleset,
        row.score_fit,
        row.score_intent,
        row.score_completeness,
        row.score,
        row.temperature,
        row.goal,
        row.source,
        row.campaign,
        row.segment,
        row.product,
        row.team,
        codec.dump(row.crm) if row.crm else "{}",
        micros_or_none(row.look_again_at),
    )


def lead_of(row: Any) -> LeadRow:
    """From the columns LEAD, then salesforce_id, salesforce_kind and the agreed values."""
    refused_by = row[8]
    agreed = row[32]
    state = LeadState(
        lead_id=row[0],
        stage=row[3],
        cycle=row[4],
        cycle_started_at=row[5],
        passed_at=row[6],
        owner=row[7],
        refused_by=() if refused_by == "[]" else tuple(codec.load(refused_by)),
        cool_down_until=row[9],
        disposition=row[10],
        reason=row[11],
        salesforce_id=row[30],
        salesforce_kind=row[31],
        snapshot_hash=row[12],
        agreed={} if agreed is None else codec.load_values(agreed),
    )
    return LeadRow(
        state=state,
        hubspot_id=row[1],
        values=codec.load_values(row[13]),
        captured_at=row[14],
        updated_at=row[15],
        ruleset=row[16],
        score_fit=row[17],
        score_intent=row[18],
        score_completeness=row[19],
        score=row[20],
        temperature=row[21],
        goal=row[22],
        source=row[23],
        campaign=row[24],
        segment=row[25],
        product=row[26],
        team=row[27],
        crm={} if row[28] == "{}" else codec.load(row[28]),
        look_again_at=row[29],
    )


def snapshot_row(snapshot: Snapshot, run_id: str = "") -> Row:
    activities: Any = [
        (a.kind, micros(a.at), a.title, a.direction, a.by, a.source.value, a.id, a.completed)
        for a in snapshot.activities
    ]
    return (
        snapshot.lead_id,
        snapshot.hash,
        snapshot.ruleset,
        snapshot.cycle,
        micros(snapshot.taken_at),
        codec.dump_values(snapshot.values),
        codec.dump(activities) if activities else "[]",
        codec.dump(snapshot.outcome),
        None if snapshot.state is None else dump_state(snapshot.state),
        None if snapshot.surroundings is None else dump_surroundings(snapshot.surroundings),
        None if snapshot.said is None else codec.dump(snapshot.said),
        snapshot.step,
        run_id,
    )


def snapshot_of(row: Any) -> Snapshot:
    """From the columns SNAPSHOT."""
    return Snapshot(
        lead_id=row[0],
        hash=row[1],
        ruleset=row[2],
        cycle=row[3],
        taken_at=row[4],
        values=codec.load_values(row[5]),
        activities=tuple(_activity(*part) for part in codec.load(row[6])),
        outcome=codec.load(row[7]),
        state=None if row[8] is None else load_state(row[0], row[8]),
        surroundings=None if row[9] is None else load_surroundings(row[9]),
        said=None if row[10] is None else codec.load(row[10]),
        step=row[11],
        run_id=row[12],
    )


def _activity(
    kind: str, at: int, title: str, direction: str, by: str, source: str, id_: str, completed: bool
) -> Activity:
    return Activity(
        kind=kind,
        at=moment_of(at),
        title=title,
        direction=direction,
        by=by,
        source=System(source),
        id=id_,
        completed=completed,
    )


def action_row(action: Action, *, now: datetime, run_id: str) -> Row:
    """A newly planned action; one that parks is parked from the start."""
    parked = action.kind is ActionKind.PARK
    planned_at = micros(now)
    not_before = micros_or_none(action.not_before)
    return (
        action.key,
        "parked" if parked else "planned",
        action.destination.value,
        action.express,
        planned_at if not_before is None else not_before,
        action.lead_id,
        action.kind.value,
        action.because,
        action.record_kind,
        action.record_id,
        codec.dump(action.fields) if action.fields else "{}",
        codec.dump(action.before) if action.before else "{}",
        action.rule,
        action.place.file,
        action.place.line,
        action.place.column,
        action.ruleset,
        action.cycle,
        action.after_key,
        None if action.problem is None else problem_text(action.problem),
        not_before,
        0,
        planned_at,
        None,
        None,
        run_id,
        "",
        "",
        action.ruleset,
    )


def action_of(row: Any) -> StoredAction:
    """From the columns ACTION."""
    return StoredAction(
        action=_action(row),
        state=ActionState(row[1]),
        attempts=row[21],
        planned_at=row[22],
        started_at=row[23],
        done_at=row[24],
        run_id=row[25],
        input_hash=row[26],
    )


def started_action_of(row: Any, now: datetime, run_id: str) -> StoredAction:
    """The same, as it is once a run has started it."""
    return StoredAction(
        action=_action(row),
        state=ActionState.STARTED,
        attempts=row[21] + 1,
        planned_at=row[22],
        started_at=now,
        done_at=row[24],
        run_id=run_id,
        input_hash=row[26],
    )


def _action(row: Any) -> Action:
    place = NOWHERE if row[13] == "-" else _place(row[13], row[14], row[15])
    return Action(
        key=row[0],
        lead_id=row[5],
        kind=_KINDS[row[6]],
        destination=_DESTINATIONS[row[2]],
        because=row[7],
        record_kind=row[8],
        record_id=row[9],
        fields=codec.load(row[10]),
        before={} if row[11] == "{}" else codec.load(row[11]),
        rule=row[12],
        place=place,
        ruleset=row[16],
        cycle=row[17],
        express=row[3],
        after_key=row[18],
        problem=None if row[19] is None else problem_of(row[19]),
        not_before=row[20],
    )


def problem_text(problem: Problem) -> str:
    where = problem.where
    return codec.dump(
        {
            "code": problem.code,
            "where": [where.file, where.line, where.column],
            "what": problem.what,
            "remedy": problem.remedy,
            "severity": problem.severity.value,
            "mender": problem.mender.value,
        }
    )


def problem_of(text: str) -> Problem:
    tree = codec.load(text)
    file, line, column = tree["where"]
    return Problem(
        code=tree["code"],
        where=Place(file=file, line=line, column=column),
        what=tree["what"],
        remedy=tree["remedy"],
        severity=Severity(tree["severity"]),
        mender=Mender(tree["mender"]),
    )


def event_row(event: Event, *, now: datetime, run_id: str) -> Row:
    place = event.place
    return (
        event.key,
        event.lead_id,
        event.kind.value,
        micros(event.at),
        micros(now),
        event.cycle,
        codec.dump(event.data) if event.data else "{}",
        event.by,
        event.rule,
        place.file,
        place.line,
        place.column,
        event.ruleset,
        run_id,
    )


def event_of(row: Any) -> StoredEvent:
    """From `number`, then the columns EVENT."""
    event = Event(
        key=row[1],
        lead_id=row[2],
        kind=_EVENT_KINDS[row[3]],
        at=row[4],
        cycle=row[6],
        data=codec.load(row[7]),
        by=row[8],
        rule=row[9],
        place=_place(row[10], row[11], row[12]),
        ruleset=row[13],
    )
    return StoredEvent(number=row[0], event=event, recorded_at=row[5])


def turn_row(turn: Turn) -> Row:
    skipped: Any = [list(pair) for pair in turn.skipped]
    draw: Any = [list(pair) for pair in turn.draw]
    return (
        turn.lead_id,
        turn.cycle,
        turn.team,
        turn.person,
        micros(turn.at),
        codec.dump(skipped),
        turn.rule,
        turn.ruleset,
        codec.dump(draw),
    )


def turn_of(row: Any) -> Turn:
    """From the columns TURN."""
    return Turn(
        lead_id=row[0],
        cycle=row[1],
        team=row[2],
        person=row[3],
        at=row[4],
        skipped=tuple((person, why) for person, why in codec.load(row[5])),
        rule=row[6],
        ruleset=row[7],
        draw=tuple((person, weight) for person, weight in codec.load(row[8])),
    )


def run_row(run: Run) -> Row:
    totals = run.totals
    return (
        run.id,
        run.job,
        micros(run.started_at),
        micros_or_none(run.ended_at),
        run.outcome,
        run.exit_code,
        totals.picked_up,
        totals.delivered,
        totals.skipped,
        totals.waiting,
        totals.parked,
        codec.dump(totals.notes),
        run.ruleset,
        run.message,
        run.mode,
    )


def run_of(row: Any) -> Run:
    """From the columns RUN."""
    totals = RunTotals(
        picked_up=row[6],
        delivered=row[7],
        skipped=row[8],
        waiting=row[9],
        parked=row[10],
        notes=codec.load(row[11]),
    )
    return Run(
        id=row[0],
        job=row[1],
        started_at=row[2],
        ended_at=row[3],
        outcome=row[4],
        exit_code=row[5],
        totals=totals,
        ruleset=row[12],
        message=row[13],
        mode=row[14],
    )
