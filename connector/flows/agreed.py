"""What merging leads came to, and how it lands in the ledger with the page that caused it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.events import Event
from connector.core.plan import Action, ActionKind, Json
from connector.core.records import Values
from connector.flows.lead_state import with_crm
from connector.ports import MarketingSystem, Transaction

FIELDS = "fields"  #: record kind of what a merge parks
#: HubSpot id -> property -> [(moment, value, source)], newest first
Histories = Mapping[str, Mapping[str, Sequence[tuple[datetime, str, str]]]]


@dataclass(slots=True, kw_only=True)
class Agreed:
    """What merging some leads came to; lands in the ledger with the page that caused it."""

    actions: list[Action] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    settled: dict[str, Values] = field(default_factory=dict)
    memory: dict[str, dict[str, Json]] = field(default_factory=dict)  #: lead id -> what was seen
    looked_at: list[str] = field(default_factory=list)  #: leads that were merged


def ask_histories(
    marketing: MarketingSystem, asked: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[tuple[datetime, str, str]]]]:
    """The histories of some properties of some contacts; costs nothing where none is asked for."""
    if not asked:
        return {}
    names = sorted({name for properties in asked.values() for name in properties})
    return marketing.history(sorted(asked), names)


def land(tx: Transaction, agreed: Agreed, *, now: datetime, run_id: str) -> None:
    """Puts merged leads into the ledger: plans, conflicts, what is settled and what was seen."""
    if not agreed.looked_at:
        return
    tx.plan(agreed.actions, now=now, run_id=run_id)
    tx.record(agreed.events, now=now, run_id=run_id)
    tx.agree(agreed.settled, now=now)
    known = tx.leads(sorted(agreed.memory))
    rows = {lead_id: with_crm(row, **agreed.memory[lead_id]) for lead_id, row in known.items()}
    tx.save_leads(row for lead_id, row in rows.items() if row.crm != known[lead_id].crm)
    keep = [a.key for a in agreed.actions if a.kind is ActionKind.PARK]
    tx.settle_parks(agreed.looked_at, record_kinds=(FIELDS,), keep=keep, now=now)
