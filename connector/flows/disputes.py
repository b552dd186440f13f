"""A rep contests a lead, and somebody settles it: by the facts of the decision, not of today."""

from collections.abc import Mapping
from datetime import datetime

from connector.core.disputes import Settlement, definitions, dispute, settle
from connector.core.errors import Refused
from connector.core.events import Event, EventKind
from connector.core.frozen import replace
from connector.core.problems import Place, Problem
from connector.core.qualification import Qualifier
from connector.core.records import Value
from connector.core.rules.ruleset import Ruleset
from connector.ports import LeadRow, Transaction


def contest(
    tx: Transaction, row: LeadRow, clause: str, ruleset: Ruleset, *, by: str, why: str,
    now: datetime,
) -> Event:  # fmt: skip
    """Records that somebody contests a rule for a lead; raises Refused for a rule nobody wrote."""
    known = definitions(ruleset)
    if clause not in known:
        names = ", ".join(known)
        raise _refused(row, f"there is no rule '{clause}'", f"One of: {names}.")
    event = dispute(
        known[clause],
        lead_id=row.state.lead_id,
        cycle=row.state.cycle,
        by=by,
        why=why,
        now=now,
    )
    tx.record([event], now=now)
    return event


def waiting(tx: Transaction, row: LeadRow) -> list[Event]:
    """Disputes about a lead that nobody has settled."""
    events = [entry.event for entry in tx.events_of(row.state.lead_id)]
    over = {e.data.get("dispute") for e in events if e.kind is EventKind.DISPUTE_SETTLED}
    return [e for e in events if e.kind is EventKind.DISPUTED and e.key not in over]


def end(
    tx: Transaction, row: LeadRow, clause: str, ruleset: Ruleset, *, upheld: bool, by: str,
    now: datetime, language: str = "en",
) -> Settlement:  # fmt: skip
    """Settles the open dispute of a lead about a rule, and records it."""
    open_ = [event for event in waiting(tx, row) if event.data.get("clause") == clause]
    if not open_ or clause not in definitions(ruleset):
        raise _refused(row, f"nobody contests '{clause}'", "See `leadrelay dispute list`.")
    facts = decided_on(tx, row, ruleset, open_[0])
    settled = settle(open_[0], ruleset, facts, upheld=upheld, by=by, now=now, language=language)
    tx.record([settled.event], now=now)
    return settled


def decided_on(
    tx: Transaction, row: LeadRow, ruleset: Ruleset, contested: Event
) -> Mapping[str, Value | float]:
    """The facts of the last decision before the hand-off, from its snapshot."""
    before = row.state.passed_at or contested.at
    kept = [
        s for s in tx.snapshots_of(row.state.lead_id)
        if s.cycle == contested.cycle and s.taken_at <= before
    ]  # fmt: skip
    if not kept:
        raise _refused(row, "the snapshot of the decision is gone", "Settle it by hand.")
    snapshot = kept[-1]
    state = replace(row.state, passed_at=None, disposition=None, cycle=contested.cycle)
    verdict = Qualifier(ruleset).qualify(
        snapshot.values, snapshot.activities, state, snapshot.taken_at
    )
    return dict(verdict.facts)


def _refused(row: LeadRow, what: str, remedy: str) -> Refused:
    return Refused(
        Problem(
            code="no-dispute",
            where=Place(file=f"hubspot:contact/{row.hubspot_id}"),
            what=f"{row.state.lead_id}: {what}",
            remedy=remedy,
        )
    )
