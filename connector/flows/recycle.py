"""Brings what sales gives back to marketing: programme, cool-down, goal, and a new cycle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.calendars import NEVER
from connector.core.events import Event, EventKind
from connector.core.frozen import replace
from connector.core.handoff import TASK_DONE
from connector.core.journeys import DIMENSIONS
from connector.core.plan import Action, ActionKind, Destination, Json, action_key
from connector.core.problems import NOWHERE, Problem, Severity
from connector.core.records import SourceRecord
from connector.core.recycling import LIFECYCLE, RecycleDecision, Recycler, support
from connector.core.rules.recycling import Programme
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import StageMeaning
from connector.core.status import RETURNED, known_of
from connector.flows.deliver import add
from connector.flows.deliver_beside import LEAD_ID
from connector.flows.lead_state import MERGED_INTO
from connector.flows.pull import Decided, store
from connector.ports import Clock, LeadRow, Ledger, MarketingSystem, RunTotals

PAGE = 200
MOST = 20_000
OPT_OUT = "email_opt_out"  #: the agreed field by which a person wants no mail


def recycle(
    marketing: MarketingSystem,
    ledger: Ledger,
    recycling: "Recycling",
    *,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
) -> RunTotals:
    """Decides every return that has not been dealt with, and supports deals that have stalled."""
    totals = RunTotals()
    with ledger.transaction() as tx:
        waiting = tx.leads_to_recycle(recycling.dispositions, limit=MOST)
    for start in range(0, len(waiting), PAGE):
        page = waiting[start : start + PAGE]
        there = marketing.read([row.hubspot_id for row in page], (LIFECYCLE,))
        with ledger.transaction() as tx:
            now = clock.now()
            fresh = tx.leads([row.state.lead_id for row in page])
            decided = Decided()
            for row in fresh.values():
                events = [stored.event for stored in tx.events_of(row.state.lead_id)]
                # Where two contacts became one, the lead that goes on speaks for it.
                silent = row.crm.get(MERGED_INTO)
                contact = None if silent else there.get(row.hubspot_id)
                recycling.take_back(row, events, contact, now, decided)
            store(tx, decided, now=now, run_id=run_id)
        totals = add(totals, decided.totals(len(fresh)))
        progress("leads taken back", len(fresh))
    return add(totals, _support(ledger, recycling, clock, run_id))


def _support(ledger: Ledger, recycling: "Recycling", clock: Clock, run_id: str) -> RunTotals:
    totals = RunTotals()
    after = ""
    while rows := ledger.lead_rows(after=after, limit=1_000):
        after = rows[-1].state.lead_id
        with_deals = [row for row in rows if row.state.stage in recycling.deal_stages]
        if not with_deals:
            continue
        with ledger.transaction() as tx:
            now = clock.now()
            decided = Decided()
            for row in with_deals:
                events = [stored.event for stored in tx.events_of(row.state.lead_id)]
                recycling.support(row, events, now, decided)
            store(tx, decided, now=now, run_id=run_id)
        totals = add(totals, decided.totals(len(decided.events)))
    return totals


@dataclass(frozen=True, slots=True)
class _Chain:
    """Requests to HubSpot for one lead, each sent only when the one before is confirmed."""

    row: LeadRow
    because: str
    rule: RecycleDecision | None
    ruleset: str
    fact: str

    def action(
        self,
        kind: ActionKind,
        record_kind: str,
        fields: Mapping[str, Json],
        step: int,
        after: str | None,
    ) -> Action:
        state = self.row.state
        change = f"recycling {self.fact} {step}"
        return Action(
            key=action_key(Destination.HUBSPOT, f"{kind} {record_kind}", state.lead_id, change),
            lead_id=state.lead_id,
            kind=kind,
            destination=Destination.HUBSPOT,
            because=self.because,
            record_kind=record_kind,
            record_id=self.row.hubspot_id,
            fields=fields,
            rule=self.rule.rule if self.rule else "stalled",
            place=self.rule.place if self.rule else NOWHERE,
            ruleset=self.ruleset,
            cycle=state.cycle,
            after_key=after,
        )


class Recycling:
    """Plans returns and support by one ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.recycler = Recycler(ruleset)
        self.dispositions = tuple(
            d.name for d in ruleset.vocabulary.dispositions.values() if d.meaning in RETURNED
        )
        self.deal_stages = frozenset(
            stage.name
            for stage in ruleset.vocabulary.stages.values()
            if stage.meaning is StageMeaning.OPPORTUNITY
        )

    def take_back(
        self,
        row: LeadRow,
        events: Sequence[Event],
        contact: SourceRecord | None,
        now: datetime,
        decided: Decided,
    ) -> None:
        """Decides one return; one that is not accepted as such waits for the rep."""
        state = row.state
        rejection = max(
            (e for e in events if e.kind is EventKind.REJECTED and e.cycle == state.cycle),
            key=lambda e: e.at,
            default=None,
        )
        if rejection is None or state.disposition is None:
            decided.skipped += 1
            return
        decision, problems = self.recycler.decide(
            state,
            disposition=state.disposition,
            reason=state.reason or "",
            values=row.values,
            events=events,
            now=now,
            lifecycle=contact.values.get(LIFECYCLE) if contact else None,
            status=known_of(events, state.cycle).status,
            goal=row.goal,
            consent=row.values.get(OPT_OUT) is not True,
        )
        decided.actions += [self._park(row, p, rejection) for p in problems]
        if decision is None:
            decided.parked += 1
            return
        if row.crm.get(MERGED_INTO):
            decision = silenced(decision)
        origin = {name: str(getattr(row, name)) for name in DIMENSIONS}
        decided.events += decision.events(state, rejection.key, now, self.ruleset, origin)
        if contact is not None and not row.crm.get(MERGED_INTO):
            decided.actions += self._requests(row, decision, rejection)
        if state.salesforce_id is not None:
            decided.actions.append(self._end_task(row, decision, rejection))
        decided.rows.append(self._after(row, decision, now))

    def _after(self, row: LeadRow, decision: RecycleDecision, now: datetime) -> LeadRow:
        wakes = [decision.cool_down_until, decision.returns_at]
        moments = [at for at in wakes if at is not None and at != NEVER]
        state = replace(
            row.state,
            stage=decision.stage,
            cycle=decision.next_cycle or row.state.cycle,
            cycle_started_at=now,
            passed_at=None,
            owner=None,
            cool_down_until=decision.cool_down_until,
            refused_by=decision.refused_by,
        )
        return replace(row, state=state, look_again_at=min(moments, default=None), team="")

    def _requests(self, row: LeadRow, decision: RecycleDecision, rejection: Event) -> list[Action]:
        chain = _Chain(row, decision.because, decision, self.ruleset.version, rejection.key)
        actions: list[Action] = []
        for step, fields in enumerate(decision.writes):
            after = actions[-1].key if actions else None
            actions.append(chain.action(ActionKind.UPDATE, "contact", dict(fields), step, after))
        programme = decision.programme
        if programme is not None and programme.hubspot_list:
            after = actions[-1].key if actions else None
            actions.append(_enrol(chain, programme, after))
        return actions

    def _end_task(self, row: LeadRow, decision: RecycleDecision, rejection: Event) -> Action:
        """The task of the hand-off, where it is still open, ends with the cycle: nobody is left
        with a task for a lead that went back."""
        state = row.state
        kind = f"{ActionKind.UPDATE} Task"
        return Action(
            key=action_key(Destination.SALESFORCE, kind, state.lead_id, f"end {rejection.key}"),
            lead_id=state.lead_id,
            kind=ActionKind.UPDATE,
            destination=Destination.SALESFORCE,
            because="sales gave the lead back",
            record_kind="Task",
            fields={"WhoId": LEAD_ID, "Status": TASK_DONE},
            rule=decision.rule,
            place=decision.place,
            ruleset=self.ruleset.version,
            cycle=state.cycle,
        )

    def support(
        self, row: LeadRow, events: Sequence[Event], now: datetime, decided: Decided
    ) -> None:
        """Marketing's help for each opportunity of a lead that has stalled."""
        known = {event.key for event in events}
        deals = {str(e.data["opportunity"]) for e in events if e.data.get("opportunity")}
        consent = row.values.get(OPT_OUT) is not True
        for deal in sorted(deals):
            helping = support(row.state, deal, events, self.ruleset, now, consent=consent)
            if helping is None or helping.event.key in known:
                continue
            decided.events.append(helping.event)
            programme = helping.programme
            if programme is not None and programme.hubspot_list:
                days = self.recycler.rules.stalled_after_days
                because = f"an opportunity without update for {days} days"
                chain = _Chain(row, because, None, self.ruleset.version, helping.event.key)
                decided.actions.append(_enrol(chain, programme, None))

    def _park(self, row: LeadRow, problem: Problem, rejection: Event) -> Action:
        lead_id = row.state.lead_id
        change = f"{problem.code} {rejection.key}"
        kind = ActionKind.PARK if problem.severity is Severity.ERROR else ActionKind.SKIP
        return Action(
            key=action_key(Destination.NOWHERE, kind, lead_id, change),
            lead_id=lead_id,
            kind=kind,
            destination=Destination.NOWHERE,
            because=problem.code,
            record_kind="Lead",
            record_id=row.state.salesforce_id,
            place=problem.where,
            ruleset=self.ruleset.version,
            cycle=row.state.cycle,
            problem=problem,
        )


def silenced(decision: RecycleDecision) -> RecycleDecision:
    """The return of a lead that became one with another: the person goes round as that one."""
    return replace(decision, next_cycle=None, programme=None, writes=())


def _enrol(chain: _Chain, programme: Programme, after: str | None) -> Action:
    fields: dict[str, Json] = {
        "list": programme.hubspot_list,
        "member": True,
        "programme": programme.name,
    }
    return chain.action(ActionKind.ENROL, "list", fields, 99, after)
