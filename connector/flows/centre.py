"""The lead centre: what waits for a person's judgement, and what they decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.errors import Refused
from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.problems import Place, Problem
from connector.core.promises import ClauseState, Promises, PromiseState
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import StageMeaning
from connector.flows.watch_promises import facts_of
from connector.ports import LeadRow, Transaction

MOST = 1_000
WITH_SALES = (StageMeaning.ACCEPTED, StageMeaning.OPPORTUNITY, StageMeaning.CUSTOMER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One lead that waits: what the rules propose, since when, and by when it is promised."""

    row: LeadRow
    proposed: str
    since: datetime
    due: datetime | None = None
    late: bool = False


def cases(tx: Transaction, ruleset: Ruleset, now: datetime) -> list[Case]:
    """Everything that waits for the lead centre, what is due first first."""
    rows = tx.leads_queued(limit=MOST)
    heard = tx.events_of_many([row.state.lead_id for row in rows])
    promises = Promises(ruleset)
    found = []
    for row in rows:
        events = [entry.event for entry in heard.get(row.state.lead_id, [])]
        queued = _queued(events, row.state.cycle)
        if queued is None:
            continue
        owed = [
            state
            for state in promises.states(events, facts_of(row, events), now)
            if state.running and state.start_key == queued.key
        ]
        first: ClauseState | None = min(owed, key=lambda state: state.due, default=None)
        found.append(
            Case(
                row=row,
                proposed=str(queued.data.get("stage") or ""),
                since=queued.at,
                due=first.due if first else None,
                late=first is not None and first.state is PromiseState.BROKEN,
            )
        )
    return sorted(found, key=lambda case: (case.due or case.since, case.row.state.lead_id))


def _queued(events: Sequence[Event], cycle: int) -> Event | None:
    found = [e for e in events if e.kind is EventKind.QUEUED_FOR_CENTRE and e.cycle == cycle]
    return found[-1] if found else None


def decide(
    tx: Transaction,
    row: LeadRow,
    stage: str,
    ruleset: Ruleset,
    *,
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Puts a waiting lead into a stage by a person's word; the next run hands it over.

    The stage it has already means: not yet. Raises Refused for a lead that does not wait, or a
    stage that is not the centre's to give.
    """
    events = [entry.event for entry in tx.events_of(row.state.lead_id)]
    waiting = {case.state.lead_id for case in tx.leads_queued(limit=MOST)}
    known = ruleset.vocabulary.stages.get(stage)
    if row.state.lead_id not in waiting:
        raise _refused(row, "it does not wait for the lead centre", "See `leadrelay centre`.")
    if known is None or known.meaning in WITH_SALES:
        names = [n for n, s in ruleset.vocabulary.stages.items() if s.meaning not in WITH_SALES]
        raise _refused(row, f"'{stage}' is no stage to decide", f"One of: {', '.join(names)}.")
    queued = _queued(events, row.state.cycle)
    event = Event(
        key=event_key(
            EventKind.STAGE_CHANGED, row.state.lead_id, f"centre {queued.key if queued else ''}"
        ),
        lead_id=row.state.lead_id,
        kind=EventKind.STAGE_CHANGED,
        at=now,
        cycle=row.state.cycle,
        data={"from": row.state.stage, "to": stage, "because": why},
        by=by,
        rule="lead centre",
        ruleset=ruleset.version,
    )
    tx.save_leads([replace(row, state=replace(row.state, stage=stage))])
    tx.record([event], now=now)
    if stage != row.state.stage and known.hubspot_lifecycle:
        tx.plan([_shown(row, event, known.hubspot_lifecycle, ruleset)], now=now, run_id="")


def _shown(row: LeadRow, event: Event, lifecycle: str, ruleset: Ruleset) -> Action:
    """The stage where marketing looks."""
    lead_id = row.state.lead_id
    return Action(
        key=action_key(Destination.HUBSPOT, ActionKind.UPDATE, lead_id, event.key),
        lead_id=lead_id,
        kind=ActionKind.UPDATE,
        destination=Destination.HUBSPOT,
        because="the lead centre decided",
        record_kind="contact",
        record_id=row.hubspot_id,
        fields={"lifecyclestage": lifecycle},
        rule="lead centre",
        ruleset=ruleset.version,
        cycle=row.state.cycle,
    )


def _refused(row: LeadRow, what: str, remedy: str) -> Refused:
    return Refused(
        Problem(
            code="not-for-the-centre",
            where=Place(file=f"hubspot:contact/{row.hubspot_id}"),
            what=f"{row.state.lead_id}: {what}",
            remedy=remedy,
        )
    )
