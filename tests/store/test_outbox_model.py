"""The outbox against a model: any history of planning, taking, finishing and crashing."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connector.core.errors import StopTheRun
from connector.core.plan import TRANSITIONS, Action, ActionKind, ActionState, Destination
from connector.ports import ActionOutcome
from connector.store import SqlLedger, open_ledger, parked
from connector.store.tables import metadata
from tests.conftest import Databases
from tests.store.people import MINUTE, NOW, action, lead, problem

DESTINATIONS = (Destination.SALESFORCE, Destination.NOTIFY)
OPEN = (ActionState.PLANNED, ActionState.WAITING)
LEADS = range(3)


@dataclass
class Expected:
    """What the model knows of one action; `number` is the order of planning."""

    action: Action
    number: int
    state: ActionState
    due: Any
    express: bool
    attempts: int = 0


class Outbox(RuleBasedStateMachine):
    """Every rule does the same to the ledger and to a dictionary."""

    open_: Callable[[], SqlLedger]

    def __init__(self) -> None:
        super().__init__()
        self.ledger = type(self).open_()
        self.model: dict[str, Expected] = {}
        self.now = NOW
        with self.ledger.transaction() as tx:
            tx.save_leads(lead(n) for n in LEADS)

    def teardown(self) -> None:
        self.ledger.close()

    @rule(
        number=st.sampled_from(LEADS),
        change=st.sampled_from("abc"),
        destination=st.sampled_from(DESTINATIONS),
        express=st.booleans(),
        delay=st.none() | st.integers(0, 3),
        parks=st.sampled_from([False, False, True]),
        behind=st.integers(0, 9),
    )
    def plan(
        self,
        number: int,
        change: str,
        destination: Destination,
        express: bool,
        delay: int | None,
        parks: bool,
        behind: int,
    ) -> None:
        known = sorted(self.model)
        planned = action(
            number,
            change,
            destination=destination,
            express=express,
            kind=ActionKind.PARK if parks else ActionKind.UPDATE,
            problem=problem() if parks else None,
            not_before=None if delay is None else self.now + delay * MINUTE,
            after_key=known[behind] if behind < len(known) else None,
        )
        with self.ledger.transaction() as tx:
            new = tx.plan([planned], now=self.now, run_id="r")
        assert new == (planned.key not in self.model)
        if parks and not new:
            held = self.model[planned.key]
            if held.state in (ActionState.PLANNED, ActionState.STARTED, ActionState.DONE):
                held.state = ActionState.PARKED
        if new:
            self.model[planned.key] = Expected(
                action=planned,
                number=len(self.model),
                state=ActionState.PARKED if parks else ActionState.PLANNED,
                due=planned.not_before or self.now,
                express=express,
            )
        if express and not parks:
            self._hurry(planned)

    def _hurry(self, planned: Action) -> None:
        for held in self.model.values():
            same = (held.action.lead_id, held.action.destination) == (
                planned.lead_id,
                planned.destination,
            )
            if held.state in OPEN and (same or held.action.key == planned.after_key):
                held.express = True

    def _ready(self, held: Expected, destination: Destination) -> bool:
        mine = held.action
        before = self.model.get(mine.after_key or "")
        if mine.destination is not destination or held.state not in OPEN or held.due > self.now:
            return False
        if mine.after_key and (before is None or before.state is not ActionState.DONE):
            return False
        if destination is Destination.NOTIFY:
            return True
        return not any(
            other.action.lead_id == mine.lead_id
            and other.action.destination is destination
            and other is not held
            and (
                other.state is ActionState.STARTED
                or (
                    other.state in OPEN
                    and other.number < held.number
                    and other.action.after_key != mine.key
                )
            )
            for other in self.model.values()
        )

    @rule(destination=st.sampled_from(DESTINATIONS), limit=st.integers(1, 4), crash=st.booleans())
    def take(self, destination: Destination, limit: int, crash: bool) -> None:
        ready = [held for held in self.model.values() if self._ready(held, destination)]
        ready.sort(key=lambda held: (not held.express, held.due, held.number))
        wanted = [held.action.key for held in ready[:limit]]
        try:
            with self.ledger.transaction() as tx:
                taken = tx.take(destination, limit=limit, now=self.now, run_id="r")
                assert [stored.action.key for stored in taken] == wanted
                if crash:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            return
        for stored in taken:
            held = self.model[stored.action.key]
            held.state = ActionState.STARTED
            held.attempts += 1
            assert (stored.attempts, stored.started_at) == (held.attempts, self.now)

    @precondition(lambda self: self.model)
    @rule(
        choice=st.integers(0, 99),
        state=st.sampled_from(ActionState),
        delay=st.none() | st.integers(0, 3),
    )
    def finish(self, choice: int, state: ActionState, delay: int | None) -> None:
        held = self.model[sorted(self.model)[choice % len(self.model)]]
        not_before = None if delay is None else self.now + delay * MINUTE
        outcome = ActionOutcome(
            key=held.action.key, state=state, problem=problem(), not_before=not_before
        )
        if state not in TRANSITIONS[held.state]:
            with pytest.raises(StopTheRun, match="cannot go"), self.ledger.transaction() as tx:
                tx.finish([outcome], now=self.now)
            return
        with self.ledger.transaction() as tx:
            tx.finish([outcome], now=self.now)
        held.state = state
        if state in OPEN:
            held.due = not_before or self.now

    @rule()
    def crash_and_recover(self) -> None:
        """A new run finds what the old one left started, and plans it again."""
        for destination in DESTINATIONS:
            with self.ledger.transaction() as tx:
                left = tx.unfinished(destination)
                wanted = [
                    held.action.key
                    for held in sorted(self.model.values(), key=lambda held: held.number)
                    if held.state is ActionState.STARTED and held.action.destination is destination
                ]
                assert [stored.action.key for stored in left] == wanted
                again = [ActionOutcome(key=key, state=ActionState.PLANNED) for key in wanted]
                tx.finish(again, now=self.now)
            for key in wanted:
                self.model[key].state = ActionState.PLANNED
                self.model[key].due = self.now

    @rule()
    def dismiss_all_parked(self) -> None:
        wanted = [k for k, held in self.model.items() if held.state is ActionState.PARKED]
        parked.dismiss(self.ledger, wanted, now=self.now)
        while wanted:
            for key in wanted:
                self.model[key].state = ActionState.DISMISSED
            wanted = [
                key
                for key, held in self.model.items()
                if held.action.after_key in wanted and held.state in (*OPEN, ActionState.PARKED)
            ]

    @rule(minutes=st.integers(1, 3))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def ledger_and_model_agree(self) -> None:
        with self.ledger.transaction() as tx:
            stored = [one for n in LEADS for one in tx.actions_of(f"hs-{n}")]
        found = {one.action.key: (one.state, one.action.express) for one in stored}
        assert found == {key: (held.state, held.express) for key, held in self.model.items()}


def run(open_: Callable[[], SqlLedger], examples: int) -> None:
    machine = type("OutboxHere", (Outbox,), {"open_": staticmethod(open_)})
    machine.TestCase.settings = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine.TestCase().runTest()


def test_any_history_on_sqlite() -> None:
    with tempfile.TemporaryDirectory() as folder:
        names = iter(range(1_000_000))
        run(lambda: open_ledger(str(Path(folder) / f"{next(names)}.db")), 25)


@pytest.mark.postgres
def test_any_history_on_postgresql(databases: Databases) -> None:
    url = databases.fresh()

    def emptied() -> SqlLedger:
        ledger = open_ledger(url)
        with ledger.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        return ledger

    run(emptied, 15)
