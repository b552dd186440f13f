"""How every promise stands now, read from the ledger a page at a time."""

from collections.abc import Collection, Iterator
from datetime import datetime

from connector.core.events import Event
from connector.core.promises import ClauseState, Promises
from connector.core.rules.ruleset import Ruleset
from connector.flows.watch_promises import facts_of
from connector.ports import LeadRow, Ledger

PAGE = 1_000
Standing = tuple[LeadRow, list[Event], list[ClauseState]]


def standings(
    ledger: Ledger, ruleset: Ruleset, now: datetime, also: Collection[str] = ()
) -> Iterator[Standing]:
    """Each lead with its events and every run of every clause, by rising lead id.

    Only of leads to which something was ever promised, or that have an event of a kind in `also`:
    of most that were captured nobody promised anything.
    """
    promises = Promises(ruleset)
    kinds, after = sorted({*promises.starts, *also}), ""
    while ids := ledger.leads_with(kinds, after=after, limit=PAGE):
        after = ids[-1]
        with ledger.transaction() as tx:
            rows, heard = tx.leads(ids), tx.events_of_many(ids)
        for lead_id, row in sorted(rows.items()):
            events = [entry.event for entry in heard.get(lead_id, [])]
            yield row, events, promises.states(events, facts_of(row, events), now)


def standing_of(row: LeadRow, events: list[Event], ruleset: Ruleset, now: datetime) -> Standing:
    """The same for one lead."""
    return row, events, Promises(ruleset).states(events, facts_of(row, events), now)
