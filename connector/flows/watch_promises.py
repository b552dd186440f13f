"""Watches every promise: at risk, broken, escalated, kept; what follows is planned, and told once.

A lead is looked at when something happened to it, when its next moment has come, and once when
the files change. So a run costs what is due, not what is open.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.core.alerts import Notice, notices_of
from connector.core.escalation import Escalator, StepKind, WatchStep, on_hold
from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.hops import SALES, standing
from connector.core.owners import directory, directory_problems
from connector.core.promises import ClauseState, Promises
from connector.core.records import Value
from connector.core.rules.ruleset import Ruleset
from connector.core.second_steps import row_facts
from connector.core.surroundings import route_in
from connector.flows.cadence import next_task
from connector.flows.deliver import add
from connector.flows.hand_over import Passed
from connector.flows.letters import GROWTH, fault_notices, planned_letters
from connector.flows.office import Office, Standings
from connector.flows.pass_on import PassingOn
from connector.flows.passing_facts import stepped
from connector.flows.staff import report_staff
from connector.ports import (
    Clock,
    Crm,
    Cursor,
    LeadRow,
    Ledger,
    RunTotals,
    Transaction,
    Watched,
)

STREAM = "promises"  #: a cursor whose `after` is the number of the last event that was looked at
RULES = "promises.rules"  #: a cursor whose `after` names the files every promise was held against
PAGE = 2_000
AGAIN = timedelta(minutes=1)  #: soonest next look at a promise whose moment falls outside hours
RECENT = timedelta(days=1)  #: what ended longer ago counts, but is news to nobody


@dataclass(slots=True, kw_only=True)
class Watch(Passed):
    """What one page came to; lands in the ledger in one transaction."""

    watched: list[Watched] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    reassigned: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class Watching:
    """The promises of one ruleset, and what follows when they are not kept."""

    def __init__(self, ruleset: Ruleset, passing: PassingOn, *, most_reassigned: int) -> None:
        self.ruleset = ruleset
        self.passing = passing
        self.promises = Promises(ruleset)
        self.escalator = Escalator(ruleset.promises, ruleset.people)
        self.most_reassigned = most_reassigned

    def lead(
        self, row: LeadRow, events: Sequence[Event], office: Office, now: datetime, watch: Watch
    ) -> None:
        """Holds one lead's promises against the clocks; nothing is owed to who was erased."""
        if any(event.kind is EventKind.ERASED for event in events):
            watch.watched.append(Watched(lead_id=row.state.lead_id))
            return
        states = self.promises.states(events, facts_of(row, events), now)
        steps = self.escalator.steps(states, now, {event.key for event in events})
        taken = [step for step in steps if self._take(step, row, events, office, now, watch)]
        watch.events += [replace(step.event(now), ruleset=self.ruleset.version) for step in taken]
        watch.notices += notices_of(step for step in taken if _is_news(step.state, now))
        for step in taken:
            watch.counts[step.kind] = watch.counts.get(step.kind, 0) + 1
        if not any(saved.state.lead_id == row.state.lead_id for saved in watch.rows):
            task = next_task(row, events, states, office, self.ruleset, self.promises)
            watch.actions += [task] if task else []
        moments = [state.look_at for state in states if state.look_at is not None]
        look_at = max(min(moments), now + AGAIN) if moments else None
        left = len(taken) < len(steps)
        watch.watched.append(
            Watched(
                lead_id=row.state.lead_id,
                look_at=now + AGAIN if left and row.state.salesforce_id else look_at,
                hold=tuple(sorted(on_hold(states))),
            )
        )

    def _take(
        self,
        step: WatchStep,
        row: LeadRow,
        events: Sequence[Event],
        office: Office,
        now: datetime,
        watch: Watch,
    ) -> bool:
        """Reassigns where the step says so; False puts the whole step off to a later run."""
        if not step.reassign:
            return True
        state = row.state
        if state.passed_at is None or step.state.cycle != state.cycle:
            return True
        if state.salesforce_id is None or watch.reassigned >= self.most_reassigned:
            return False
        if any(saved.state.lead_id == state.lead_id for saved in watch.rows):
            return True  # another clause has already given the lead away in this look
        self._reassign(step, row, events, office, now, watch)
        return True

    def _reassign(
        self,
        step: WatchStep,
        row: LeadRow,
        events: Sequence[Event],
        office: Office,
        now: datetime,
        watch: Watch,
    ) -> None:
        before = row.state.owner or ""
        state = replace(row.state, refused_by=(*row.state.refused_by, before))
        around = office.surroundings()
        around = replace(around, on_hold=around.on_hold | {before})
        route = route_in(
            self.passing.router,
            row_facts(row.values, state, row.temperature),
            state,
            around,
            turns=office.turns,
            now=now,
            appointment_made=standing(events, state.cycle).hop == SALES,
        )
        if route.owner == before or route.owner not in office.directory.ids:
            return  # nobody else is there: the lead stays where it is, and is never ownerless
        if route.turn is not None:
            office.turns.add(route.turn)
        hand = self.passing.hand(row, route, (), now, EventKind.HANDED_OFF)
        if not self.passing.hand_on(hand, f" instead {step.key}", office, watch):
            return
        for load in (office.open_leads, office.today):
            load[route.owner] = load.get(route.owner, 0) + 1
        watch.reassigned += 1
        given = _reassigned(step, row, before, route.owner, route.because, now)
        watch.events.append(replace(given, ruleset=self.ruleset.version))
        asked = replace(hand, row=replace(row, state=state))
        watch.snapshots.append(stepped(asked, around, self.ruleset, EventKind.REASSIGNED, step.key))


def facts_of(row: LeadRow, events: Sequence[Event]) -> Mapping[str, Value | float]:
    """What conditions of clauses are asked on; the temperature is the one it was handed over
    with: a promise does not vanish because the lead cooled down while it waited."""
    facts: dict[str, Value | float] = {
        **row.values,
        "stage": row.state.stage,
        "cycle": row.state.cycle,
        "temperature": row.temperature,
        "score.total": row.score,
        "score.fit": row.score_fit,
        "score.intent": row.score_intent,
        "score.completeness": row.score_completeness,
    }
    for event in events:
        if event.kind is EventKind.HANDED_OFF and event.cycle == row.state.cycle:
            facts["temperature"] = str(event.data.get("temperature") or row.temperature)
    return facts


def watch_promises(
    crm: Crm,
    ledger: Ledger,
    watching: Watching,
    *,
    channels: Sequence[str],
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
) -> RunTotals:
    """Looks at every lead whose promises may stand differently now, and plans what follows.

    `channels` are the ways in which people are told; none in a rehearsal.
    """
    people = watching.ruleset.people
    known = directory(people, crm.members())
    totals = RunTotals()
    with ledger.transaction() as tx:
        standings = Standings(tx, people, clock.now())
        told = report_staff(tx, directory_problems(people, known), now=clock.now(), run_id=run_id)
        _tell_faults(tx, watching, channels, clock.now(), run_id)
    totals = RunTotals(picked_up=told, parked=told)
    reassigned = 0
    for ids, cursors in _due(ledger, watching.ruleset.version, clock):
        with ledger.transaction() as tx:
            now = clock.now()
            watch = Watch(reassigned=reassigned)
            rows, events = tx.leads(sorted(ids)), tx.events_of_many(sorted(ids))
            office = standings.office(tx, known, now)
            for lead_id in sorted(rows):
                heard = [entry.event for entry in events.get(lead_id, [])]
                watching.lead(rows[lead_id], heard, office, now, watch)
            _store(tx, watch, watching, channels, now, run_id)
            for cursor in cursors:
                tx.move_cursor(cursor)
        reassigned = watch.reassigned
        totals = add(totals, _counted(watch, len(rows)))
        progress("leads whose promises were looked at", len(rows))
    return totals


def _store(
    tx: Transaction,
    watch: Watch,
    watching: Watching,
    channels: Sequence[str],
    now: datetime,
    run_id: str,
) -> None:
    tx.save_leads(watch.rows)
    tx.save_snapshots(watch.snapshots, run_id=run_id)
    tx.save_turns(watch.turns)
    tx.record(watch.events, now=now, run_id=run_id)
    tx.watch(watch.watched)
    letters = planned_letters(watch.notices, watching.ruleset, channels, now)
    tx.plan([*watch.actions, *letters], now=now, run_id=run_id)


def _counted(watch: Watch, looked_at: int) -> RunTotals:
    names = {
        StepKind.AT_RISK: "promises at risk",
        StepKind.BROKEN: "promises broken",
        StepKind.ESCALATE: "escalations",
        StepKind.KEPT: "promises kept",
    }
    notes = {names[StepKind(kind)]: count for kind, count in sorted(watch.counts.items())}
    return RunTotals(
        picked_up=looked_at,
        delivered=looked_at - watch.parked,
        parked=watch.parked,
        notes={**notes, **({"reassigned": len(watch.rows)} if watch.rows else {})},
    )


def _tell_faults(
    tx: Transaction, watching: Watching, channels: Sequence[str], now: datetime, run_id: str
) -> None:
    """Faults of the systems, each once; nothing is marked as told where nobody can be told."""
    if channels:
        notices = fault_notices(tx.faults_to_tell(growth=GROWTH), watching.ruleset)
        tx.plan(planned_letters(notices, watching.ruleset, channels, now), now=now, run_id=run_id)


def _due(
    ledger: Ledger, version: str, clock: Clock
) -> Iterator[tuple[Collection[str], Sequence[Cursor]]]:
    """Ids of leads to look at, a page at a time, with the cursors that are true afterwards."""
    with ledger.transaction() as tx:
        new_files = tx.cursor(RULES).after != version
        last = tx.last_event()
    if new_files:
        after = ""
        while rows := ledger.lead_rows(after=after, limit=PAGE):
            after = rows[-1].state.lead_id
            yield [row.state.lead_id for row in rows], ()
        yield (), (Cursor(stream=RULES, after=version), Cursor(stream=STREAM, after=str(last)))
    with ledger.transaction() as tx:
        number = int(tx.cursor(STREAM).after or 0)
    while stored := ledger.events(after=number, limit=PAGE):
        number = stored[-1].number
        ids = {entry.event.lead_id for entry in stored if entry.event.kind not in OURS}
        yield ids, (Cursor(stream=STREAM, after=str(number)),)
    while True:
        with ledger.transaction() as tx:
            ids_due = tx.leads_to_watch(now=clock.now(), limit=PAGE)
        if not ids_due:
            return
        yield ids_due, ()


#: Facts that the watch itself records: they change no promise.
OURS = frozenset(
    {
        *(EventKind.PROMISE_AT_RISK, EventKind.PROMISE_BROKEN, EventKind.PROMISE_KEPT),
        *(EventKind.ESCALATED, EventKind.ALERTED),
    }
)


def _is_news(state: ClauseState, now: datetime) -> bool:
    return state.running or now - max(state.due, state.started_at) <= RECENT


def _reassigned(
    step: WatchStep, row: LeadRow, before: str, after: str, because: str, now: datetime
) -> Event:
    clause = step.state.clause
    lead_id = row.state.lead_id
    return Event(
        key=event_key(EventKind.REASSIGNED, lead_id, step.key),
        lead_id=lead_id,
        kind=EventKind.REASSIGNED,
        at=now,
        cycle=row.state.cycle,
        data={"from": before, "to": after, "clause": clause.name, "because": because},
        by="leadrelay",
        rule=clause.name,
        place=clause.place,
    )
