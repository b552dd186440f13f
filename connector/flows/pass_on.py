"""The second step to sales: from the lead centre to the rep once an appointment is made."""

from collections.abc import Callable, Sequence
from datetime import datetime

from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.hops import DISTRIBUTION, SALES, TELE, standing
from connector.core.matching import match
from connector.core.owners import QUEUE, directory
from connector.core.plan import Action, ActionKind, Destination, Json
from connector.core.problems import Problem
from connector.core.records import Activity
from connector.core.routing import RouteDecision
from connector.core.second_steps import row_facts, second_step
from connector.flows.deliver import add
from connector.flows.hand import Briefed, Hand, briefed
from connector.flows.hand_over import Passed
from connector.flows.office import Office, Standings
from connector.flows.passing import Passing
from connector.flows.passing_facts import seeker, stepped
from connector.flows.pull import store
from connector.ports import (
    Clock,
    Crm,
    Cursor,
    LeadRow,
    Ledger,
    MarketingSystem,
    RunTotals,
    StoredEvent,
)

STREAM = "pass_on"  #: a cursor whose `after` is the number of the last event that was looked at
PAGE = 1_000
KINDS = (EventKind.APPOINTMENT_MADE, EventKind.OWNER_CHANGED)


def pass_on(
    marketing: MarketingSystem,
    crm: Crm,
    ledger: Ledger,
    passing: "PassingOn",
    *,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
) -> RunTotals:
    """Takes the second step of every lead whose appointment was made, or that was distributed."""
    totals = RunTotals()
    kinds = [kind.value for kind in KINDS]
    standings: Standings | None = None
    while True:
        with ledger.transaction() as tx:
            cursor = tx.cursor(STREAM)
        stored = ledger.events(after=int(cursor.after or 0), kinds=kinds, limit=PAGE)
        if not stored:
            return totals
        causes: dict[str, list[Event]] = {}
        for entry in stored:
            causes.setdefault(entry.event.lead_id, []).append(entry.event)
        known = directory(passing.ruleset.people, crm.members())
        with ledger.transaction() as tx:
            now = clock.now()
            standings = standings or Standings(tx, passing.ruleset.people, now)
            rows = tx.leads(sorted(causes))
            told = tx.events_of_many(sorted(causes))
            office = standings.office(tx, known, now)
            passed = Passed()
            waiting = {id_: r for id_, r in rows.items() if _is_on_its_way(r, told.get(id_, []))}
            activities = marketing.activities([row.hubspot_id for row in waiting.values()])
            for id_, row in waiting.items():
                events = [entry.event for entry in told.get(id_, [])]
                did = activities.get(row.hubspot_id, ())
                for cause in causes[id_]:
                    if passing.second(row, events, cause, did, office, now, passed):
                        break
            store(tx, passed, now=now, run_id=run_id)
            tx.save_turns(passed.turns)
            tx.move_cursor(Cursor(stream=STREAM, after=str(stored[-1].number)))
        taken = len(passed.rows) + passed.parked
        totals = add(totals, RunTotals(picked_up=taken, delivered=taken - passed.parked,
                                       parked=passed.parked))  # fmt: skip
        progress("leads passed on", len(passed.rows))


def _is_on_its_way(row: LeadRow, stored: Sequence[StoredEvent]) -> bool:
    """Passed, not given back, and not with its rep yet."""
    state = row.state
    if state.passed_at is None or state.disposition is not None:
        return False
    return standing((one.event for one in stored), state.cycle).hop in (TELE, DISTRIBUTION)


class PassingOn(Passing):
    """Plans the second step by one ruleset: who gets the appointment, and what they are told."""

    def second(
        self,
        row: LeadRow,
        events: Sequence[Event],
        cause: Event,
        activities: tuple[Activity, ...],
        office: Office,
        now: datetime,
        passed: Passed,
    ) -> bool:
        """One lead that is with the lead centre or the distributor; whether it moves on."""
        at = standing(events, row.state.cycle)
        if cause.cycle != row.state.cycle or (row.state.passed_at or now) > cause.at:
            return False
        appointed = at.hop == TELE and cause.kind is EventKind.APPOINTMENT_MADE
        given = cause.kind is EventKind.OWNER_CHANGED and cause.data.get("from") == at.owner
        if not (appointed or given):
            return False
        around = office.surroundings()
        facts = row_facts(row.values, row.state, row.temperature)
        route = second_step(
            self.router, facts, row.state, cause, around, turns=office.turns, now=now
        )
        if appointed:  # whom sales chose carries the lead already
            office.give(route)
        hand = self.hand(row, route, activities, now, EventKind.PASSED_ON)
        moved = self.hand_on(hand, f" then {cause.key}", office, passed, move=at.hop == TELE)
        if moved:
            passed.events.append(self._passed_on(hand, at.owner, cause))
            step = (EventKind.PASSED_ON, cause.key)
            passed.snapshots.append(stepped(hand, around, self.ruleset, *step))
        return True

    def hand(
        self,
        row: LeadRow,
        route: RouteDecision,
        activities: tuple[Activity, ...],
        now: datetime,
        start: EventKind,
    ) -> Hand:
        """The lead on its way to another owner, with the first answer that is owed from now."""
        verdict = self.qualifier.qualify(row.values, (), row.state, now)
        known = match(seeker(row), (), self.ruleset.identity)
        return self._hand(row, verdict, activities, route, known, now, start)

    def hand_on(
        self, hand: Hand, step: str, office: Office, passed: Passed, *, move: bool = True
    ) -> bool:
        """Owner (where we move it), task and message for the next one; False where it parks.

        `step` tells these actions from those of the hand-off and of other steps.
        """
        hand = replace(hand, step=step)
        owner = hand.route.owner
        told = briefed(hand, self.ruleset)
        if isinstance(told, Problem):
            passed.parked += 1
            passed.actions.append(self._park(hand.row, told))
            return False
        owner_id = office.directory.ids.get(owner)
        if move and owner_id:
            passed.actions.append(self._move(hand, owner_id))
        if owner_id and not owner.startswith(QUEUE):
            passed.actions.append(self._task_moved(hand, told, owner_id))
        passed.actions += self._messages(hand, None)
        self._given(hand, hand.row.state, passed)
        return True

    def _passed_on(self, hand: Hand, before: str, cause: Event) -> Event:
        data: dict[str, Json] = {
            "from": before,
            "to": hand.route.owner,
            "hop": SALES,
            "because": hand.route.because,
            "due": hand.due.isoformat() if hand.due else None,
            "steps": [str(step) for step in hand.route.steps],
        }
        lead_id = hand.row.state.lead_id
        return Event(
            key=event_key(EventKind.PASSED_ON, lead_id, cause.key),
            lead_id=lead_id,
            kind=EventKind.PASSED_ON,
            at=hand.now,
            cycle=hand.cycle,
            data=data,
            by="leadrelay",
            rule=hand.route.rule,
            place=hand.route.place,
            ruleset=self.ruleset.version,
        )

    def _task_moved(self, hand: Hand, told: Briefed, owner_id: str) -> Action:
        """The open task goes on with the lead; one that was closed is not opened again."""
        made = self._task(hand, told, owner_id, None)
        return replace(made, kind=ActionKind.UPDATE)

    def _move(self, hand: Hand, owner_id: str) -> Action:
        """Gives the record in the CRM to another owner; it is looked at first, so twice is once."""
        state = hand.row.state
        return self._action(
            hand,
            ActionKind.UPDATE,
            Destination.SALESFORCE,
            change=f"owner {hand.cycle}{hand.step}",
            record_kind=state.salesforce_kind or "Lead",
            record_id=state.salesforce_id,
            fields={"OwnerId": owner_id},
        )
