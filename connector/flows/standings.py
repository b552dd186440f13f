"""How every promise stands now, read from the ledger a page at a time."""

from collections.abc import Iterator
from datetime import datetime

from connector.core.events import Event
from connector.core.promises import ClauseState, Promises
from connector.core.rules.ruleset import Ruleset
from connector.flows.watch_promises import facts_of
from connector.ports import LeadRow, Ledger

PAGE = 1_000
Standing = tuple[LeadRow, list[Event], list[ClauseState]]


def standings(ledger: Ledger, ruleset: Ruleset, now: datetime) -> Iterator[Standing]:
    """Each lead with its events and every run of every clause, by rising lead id."""
    promises = Promises(ruleset)
    after = ""
    while rows := ledger.lead_rows(after=after, limit=PAGE):
        after = rows[-1].state.lead_id
        with ledger.transaction() as tx:
            heard = tx.events_of_many([row.state.lead_id for row in rows])
        for row in rows:
            events = [entry.event for entry in heard.get(row.state.lead_id, [])]
            yield row, events, promises.states(events, facts_of(row, events), now)


def standing_of(row: LeadRow, events: list[Event], ruleset: Ruleset, now: datetime) -> Standing:
    """The same for one lead."""
    return row, events, Promises(ruleset).states(events, facts_of(row, events), now)
