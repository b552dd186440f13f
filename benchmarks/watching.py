"""Watching 100,000 open promises from the ledger: the first look at all, then at what is due.

Run: python -m benchmarks.watching [how many]
"""

import resource
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.promises import NOW, _events, _Rules
from connector.core.escalation import Escalator, on_hold
from connector.core.promises import Promises
from connector.core.records import LeadState
from connector.flows.watch_promises import facts_of
from connector.ports import LeadRow, Watched
from connector.store import SqlLedger, open_ledger

PAGE = 2_000


def fill(ledger: SqlLedger, leads: int) -> None:
    for start in range(0, leads, PAGE):
        numbers = range(start, min(start + PAGE, leads))
        with ledger.transaction() as tx:
            tx.save_leads(_lead(number) for number in numbers)
            events = [event for number in numbers for event in _events(number)]
            tx.record(events, now=NOW)


def _lead(number: int) -> LeadRow:
    state = LeadState(lead_id=f"hs-{number}", stage="sql", passed_at=NOW, owner="rep1")
    return LeadRow(
        state=state,
        hubspot_id=str(number),
        values={"email": f"p{number}@buyer.example"},
        captured_at=NOW,
        updated_at=NOW,
        ruleset="bench",
    )


def look(ledger: SqlLedger, ids: list[str], promises: Promises, escalator: Escalator) -> int:
    """One page as the watch does it: read, hold against the clocks, record, note the next look."""
    running = 0
    with ledger.transaction() as tx:
        rows, heard = tx.leads(ids), tx.events_of_many(ids)
        facts, watched = [], []
        for lead_id, row in rows.items():
            events = [entry.event for entry in heard.get(lead_id, [])]
            states = promises.states(events, facts_of(row, events), NOW)
            steps = escalator.steps(states, NOW, {event.key for event in events})
            facts += [step.event(NOW) for step in steps]
            moments = [state.look_at for state in states if state.look_at]
            running += sum(state.running for state in states)
            watched.append(
                Watched(
                    lead_id=lead_id,
                    look_at=min(moments, default=None),
                    hold=tuple(sorted(on_hold(states))),
                )
            )
        tx.record(facts, now=NOW)
        tx.watch(watched)
    return running


def main(wanted: int) -> None:
    rules = _Rules()
    promises = Promises(rules)
    escalator = Escalator(rules.promises, rules.people)
    leads = wanted // len(rules.promises.clauses)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{Path(folder) / 'ledger.db'}")
        fill(ledger, leads)
        started, worked, running, after = perf_counter(), process_time(), 0, ""
        while rows := ledger.lead_rows(after=after, limit=PAGE):
            after = rows[-1].state.lead_id
            running += look(ledger, [r.state.lead_id for r in rows], promises, escalator)
        first, work = perf_counter() - started, process_time() - worked
        started = perf_counter()
        with ledger.transaction() as tx:
            due = tx.leads_to_watch(now=NOW + timedelta(minutes=15), limit=PAGE)
        look(ledger, due, promises, escalator)
        second = perf_counter() - started
        ledger.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{running:,} open promises of {leads:,} leads, in SQLite")
    print(f"all: {first:.1f} s ({work:.1f} s of one core)")
    print(f"what is due in a quarter of an hour ({len(due)}): {second:.2f} s")
    print(f"{memory:.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
