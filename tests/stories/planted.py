"""A ledger with a history of known truth: who was passed by the shipped files, and what came of it.

Whoever asked for a demo is accepted far more often; the country and the size of the company change
nothing. Everything else is as the shipped files decide.
"""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.core.events import Event, EventKind, event_key
from connector.core.qualification import Qualifier
from connector.core.records import LeadState, Value
from connector.core.routing import Router
from connector.core.rules.ruleset import Ruleset
from connector.core.surroundings import Surroundings, owner_of, route_in
from connector.core.turns import Turn, TurnHistory
from connector.flows.decide import outcome_of
from connector.mapfiles import load
from connector.ports import LeadRow, Snapshot
from connector.store import SqlLedger, open_ledger

ROOT = Path(__file__).parents[2]
START = datetime(2025, 1, 6, 8, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def shipped() -> Ruleset:
    found = load(ROOT / "mappings").ruleset
    assert found is not None
    return found


def person(number: int, dice: random.Random) -> dict[str, Value]:
    return {
        "email": f"person{number}@example.com",
        "last_name": f"Person {number}",
        "phone": "+43 1 555 0100",
        "company": f"Company {number}",
        "job_title": dice.choice(["Head of IT", "Director of Sales", "Buyer"]),
        "country": dice.choice(["AT", "DE", "US", "SE"]),
        "employees": dice.choice([80, 200, 700, 900]),
        "interest": dice.choice(["demo", "trial"]),
        "timeframe": dice.choice(["this_quarter", "this_year"]),
        "source": dice.choice(["web", "fair", "partner"]),
    }


class Planted:
    """Writes the history into a ledger, lead by lead."""

    def __init__(self, ledger: SqlLedger, ruleset: Ruleset, seed: int) -> None:
        self.ledger, self.ruleset = ledger, ruleset
        self.dice = random.Random(seed)
        self.qualifier, self.router = Qualifier(ruleset), Router(ruleset)
        self.turns, self.taken = TurnHistory(), list[Turn]()
        self.passed = self.accepted = 0
        self.values: list[dict[str, Value]] = []

    def live(self, number: int) -> tuple[LeadRow, Snapshot, list[Event]]:
        at = START + timedelta(minutes=95 * number)
        values = person(number, self.dice)
        self.values.append(values)
        state = LeadState(lead_id=f"hs-{number}", stage="captured", cycle_started_at=at)
        verdict = self.qualifier.qualify(values, (), state, at)
        events = [self._event(EventKind.CAPTURED, number, at, source=str(values["source"]))]
        outcome = outcome_of(verdict)
        around: Surroundings | None = None
        if verdict.stage != state.stage:
            events.append(self._event(EventKind.STAGE_CHANGED, number, at, to=verdict.stage))
        if verdict.may_pass:
            self.passed += 1
            around = Surroundings()
            route = route_in(self.router, verdict.facts, state, around, turns=self.turns, now=at)
            if route.turn is not None:
                self.turns.add(route.turn)
                self.taken.append(route.turn)
            outcome |= owner_of(route)
            words = {"owner": route.owner, "source": str(values["source"])}
            events.append(self._event(EventKind.HANDED_OFF, number, at, **words))
            events += self._outcome(number, at, values)
        row = LeadRow(
            state=replace(state, stage=verdict.stage, passed_at=at if around else None),
            hubspot_id=str(number),
            values=values,
            captured_at=at,
            updated_at=at,
            ruleset=self.ruleset.version,
        )
        snapshot = Snapshot(
            lead_id=state.lead_id,
            hash=f"hash-{number}",
            taken_at=at,
            ruleset=self.ruleset.version,
            cycle=1,
            values=values,
            activities=(),
            outcome=outcome,
            state=state,
            surroundings=around,
        )
        return row, snapshot, events

    def _outcome(self, number: int, at: datetime, values: dict[str, Value]) -> list[Event]:
        odds = -1.2 + 2.0 * (values["interest"] == "demo")
        if self.dice.random() >= 1 / (1 + math.exp(-odds)):
            return []
        self.accepted += 1
        found = [self._event(EventKind.ACCEPTED, number, at + timedelta(days=2), by="005A")]
        if self.dice.random() < 0.4:
            deal = {"opportunity": f"006{number}", "amount": "9000", "currency": "EUR"}
            later = at + timedelta(days=20)
            found.append(self._event(EventKind.OPPORTUNITY_CREATED, number, later, **deal))
            found.append(self._event(EventKind.WON, number, later + timedelta(days=20), **deal))
        return found

    def _event(
        self, kind: EventKind, number: int, at: datetime, *, by: str = "leadrelay", **data: str
    ) -> Event:
        lead_id = f"hs-{number}"
        return Event(
            key=event_key(kind, lead_id, "once"),
            lead_id=lead_id,
            kind=kind,
            at=at,
            data=data,
            by=by,
            ruleset=self.ruleset.version,
        )


def plant(url: str, *, leads: int = 1_500, seed: int = 3) -> tuple[SqlLedger, Planted]:
    """An empty ledger, now with its history."""
    ruleset = shipped()
    ledger = open_ledger(url)
    planted = Planted(ledger, ruleset, seed)
    rows, snapshots, events = [], [], []
    for number in range(leads):
        row, snapshot, told = planted.live(number)
        rows.append(row)
        snapshots.append(snapshot)
        events += told
    with ledger.transaction() as tx:
        tx.save_leads(rows)
        tx.save_snapshots(snapshots, run_id="planted")
        tx.record(events, now=NOW)
        tx.save_turns(planted.taken)
    ledger.save_ruleset(ruleset.hash, ruleset.files, now=START)
    return ledger, planted
