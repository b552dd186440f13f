"""Writes the fate of every passed lead back to where marketing looks."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from connector.core.events import Event
from connector.core.journeys import Journey, journeys_from, stage_names
from connector.core.plan import Action, ActionKind, Destination, Json, action_key
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.flows.lead_state import ARCHIVED, MERGED_INTO
from connector.flows.pull import Decided, store
from connector.ports import Clock, Cursor, LeadRow, Ledger, RunTotals

STREAM = "echo"  #: a cursor whose `after` is the number of the last event that was echoed
PAGE = 2_000


def echo(
    ledger: Ledger,
    ruleset: Ruleset,
    *,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
) -> RunTotals:
    """Plans the outcome of each lead that something happened to since the last time."""
    picked = planned = 0
    while True:
        with ledger.transaction() as tx:
            cursor = tx.cursor(STREAM)
            stored = ledger.events(after=int(cursor.after or 0), limit=PAGE)
            if not stored:
                return RunTotals(picked_up=picked, delivered=planned, skipped=picked - planned)
            latest = {entry.event.lead_id: entry.event.key for entry in stored}
            rows = tx.leads(sorted(latest))
            told = tx.events_of_many(list(rows))
            decided = Decided()
            for lead_id, row in rows.items():
                events = [entry.event for entry in told.get(lead_id, ())]
                action = outcome(row, events, ruleset, latest[lead_id])
                if action is not None:
                    decided.actions.append(action)
            now = clock.now()
            store(tx, decided, now=now, run_id=run_id)
            tx.move_cursor(Cursor(stream=STREAM, after=str(stored[-1].number)))
        picked += len(rows)
        planned += len(decided.actions)
        progress("outcomes told to marketing", len(decided.actions))


def outcome(row: LeadRow, events: Sequence[Event], ruleset: Ruleset, cause: str) -> Action | None:
    """What marketing is to see of one lead; None for one that was never passed, or whose contact
    is deleted or goes on as another lead's."""
    if not row.hubspot_id or row.crm.get(ARCHIVED) or row.crm.get(MERGED_INTO):
        return None
    journeys = _journeys(row, events, ruleset)
    if not any(journey.passed_at for journey in journeys):
        return None
    echo_ = ruleset.echo
    owner = ruleset.people.persons.get(row.state.owner or "")
    stage = ruleset.vocabulary.stages.get(row.state.stage)
    amount = sum((journey.amount for journey in journeys), Decimal(0))
    last = journeys[-1]
    told: dict[str | None, Json] = {
        echo_.stage: label(stage.labels, "en", stage.name) if stage else row.state.stage,
        echo_.disposition: row.state.disposition or last.disposition,
        echo_.owner: owner.name if owner else row.state.owner or "",
        echo_.amount: str(amount) if amount else "",
    }
    known: dict[str, Json] = {
        "cycle": row.state.cycle,
        "programme": next((j.programme for j in reversed(journeys) if j.programme), ""),
        "score": round(row.score),
        "temperature": row.temperature,
    }
    told |= {name: known[word] for word, name in echo_.extra.items() if word in known}
    fields = {name: value for name, value in told.items() if name}
    if not fields:
        return None
    return Action(
        key=action_key(Destination.HUBSPOT, "echo", row.state.lead_id, cause),
        lead_id=row.state.lead_id,
        kind=ActionKind.UPDATE,
        destination=Destination.HUBSPOT,
        because="the outcome of a passed lead, told to marketing",
        record_kind="outcome",
        record_id=row.hubspot_id,
        fields=fields,
        ruleset=ruleset.version,
        cycle=row.state.cycle,
    )


def _journeys(row: LeadRow, events: Sequence[Event], ruleset: Ruleset) -> list[Journey]:
    return journeys_from(events, stage_names(ruleset.vocabulary)) or [
        Journey(lead_id=row.state.lead_id, cycle=row.state.cycle)
    ]
