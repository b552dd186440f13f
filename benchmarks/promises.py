"""Watching 100,000 open promises: seconds, and memory at its highest.

Run: python -m benchmarks.promises [how many]
"""

import resource
import sys
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from time import perf_counter
from types import MappingProxyType

from connector.core.escalation import Escalator
from connector.core.events import Event, EventKind, event_key
from connector.core.promises import Promises
from connector.core.rules.people import People, Person, WorkCalendar
from connector.core.rules.promises import Clause, ClockKind, Escalation, Side, Touches
from connector.core.rules.promises import Promises as Agreed
from connector.core.rules.vocabulary import Vocabulary

NOW = datetime(2026, 3, 20, 15, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
REPS = 40
DAY = timedelta(days=1)
SPANS = ((time(9), time(12)), (time(13), time(18)))


class _Rules:
    """The part of a ruleset that promises are computed from."""

    def __init__(self) -> None:
        calendars = {
            zone: WorkCalendar(
                name=zone,
                time_zone=zone,
                hours=dict.fromkeys(range(1, 6), SPANS),
                holiday_region="FR",
            )
            for zone in ZONES
        }
        persons = {
            f"rep{n}": Person(
                key=f"rep{n}", name=f"Rep {n}", email=f"rep{n}@seller.example",
                role="lead_manager" if n == 0 else "rep", calendar=ZONES[n % len(ZONES)],
            )
            for n in range(REPS)
        }  # fmt: skip
        self.people = People(persons=persons, teams={}, queues={}, calendars=calendars)
        self.promises = Agreed(
            clauses={clause.name: clause for clause in _clauses()}, raci=(), enforcer="lead_manager"
        )
        self.vocabulary = Vocabulary(
            company="Seller", languages=("en",), terms={}, stages={}, dispositions={}, reasons={}
        )


def _clauses() -> tuple[Clause, ...]:
    hours = timedelta(hours=1)
    wall, business = ClockKind.CALENDAR, ClockKind.BUSINESS
    return (
        Clause(
            name="first_contact", side=Side.SALES, start="delivered", stop=("touched",),
            within=4 * hours, clock=business, at_risk=hours,
            escalations=(Escalation(after=6 * hours, tell=("lead_manager",)),),
        ),
        Clause(
            name="touches", side=Side.SALES, start="delivered", stop=("converted",),
            within=10 * DAY, clock=business, touches=Touches(phone=3, email=2), at_risk=DAY,
        ),
        Clause(
            name="decide", side=Side.SALES, start="delivered", stop=("accepted", "rejected"),
            within=14 * DAY, clock=wall, at_risk=2 * DAY,
        ),
        Clause(
            name="status_age", side=Side.SALES, start="delivered", stop=("converted",),
            restarts=("status_changed",), within=7 * DAY, clock=wall, at_risk=DAY,
        ),
    )  # fmt: skip


def _events(number: int) -> list[Event]:
    """Six facts of one lead, none of which ends a promise."""
    lead, started = f"hs-{number}", NOW - timedelta(minutes=number * 7 % 20_000)
    owner = f"rep{number % REPS}"
    facts = (
        (EventKind.CAPTURED, -3 * DAY, {}),
        (EventKind.STAGE_CHANGED, -DAY, {"to": "sql"}),
        (EventKind.ROUTED, timedelta(), {"owner": owner}),
        (EventKind.HANDED_OFF, timedelta(), {"owner": owner}),
        (EventKind.DELIVERED, timedelta(minutes=2), {"owner": owner}),
        (EventKind.NOTE_WRITTEN, timedelta(minutes=40), {}),
    )
    return [
        Event(key=event_key(kind, lead, ""), lead_id=lead, kind=kind, at=started + after, data=data)
        for kind, after, data in facts
    ]


def main(wanted: int) -> None:
    rules = _Rules()
    promises = Promises(rules)
    escalator = Escalator(rules.promises, rules.people)
    leads = [_events(number) for number in range(wanted // len(rules.promises.clauses))]
    facts = MappingProxyType({"stage": "sql"})
    started = perf_counter()
    found: Counter[str] = Counter()
    steps = 0
    for events in leads:
        states = promises.states(events, facts, NOW)
        found.update(state.state.value for state in states if state.running)
        steps += len(escalator.steps(states, NOW))
    seconds = perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{found.total():,} open promises of {len(leads):,} leads: {dict(found)}")
    print(f"{steps:,} steps due; {seconds:.2f} s, {memory:.0f} MB at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
