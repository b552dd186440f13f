"""Delivery on a real ledger: one bad row, one bad pair, and the reserve of calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from connector.core.errors import Refused, StopTheRun
from connector.core.plan import ActionState, Destination
from connector.flows.deliver import Door as AnyDoor
from connector.flows.deliver import deliver
from connector.flows.delivered import Delivered
from connector.ports import Budget, LeadRow, RunTotals, StoredAction
from connector.store import SqlLedger, open_ledger
from tests.store.people import NOW, action, lead, pair, problem

PEOPLE = 9


@dataclass
class Door:
    """Takes every row but those of one lead, for which it refuses the whole call without a name."""

    bad: str = ""
    taken: str = ""  #: a CRM id that every lead turns out to have
    sent: list[str] = field(default_factory=list)

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered:
        if any(stored.action.lead_id == self.bad for stored in batch):
            raise Refused(problem("found twice"))
        result = Delivered()
        for stored in batch:
            self.sent.append(stored.action.lead_id)
            result.done(stored, "00Q")
            number = int(stored.action.lead_id.removeprefix("hs-"))
            result.linking[stored.action.key] = stored.action.lead_id
            result.links.append(pair(number, self.taken or f"00Q{number}"))
        return result


class Clock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def ledger(story_ledger: str) -> Iterator[SqlLedger]:
    made = open_ledger(story_ledger)
    with made.transaction() as tx:
        tx.save_leads([lead(number) for number in range(1, PEOPLE + 1)])
        tx.plan([action(number) for number in range(1, PEOPLE + 1)], now=NOW, run_id="r0")
    yield made
    made.close()


def run(ledger: SqlLedger, door: AnyDoor, budget: Budget | None = None) -> RunTotals:
    done = deliver(
        Destination.SALESFORCE,
        door,
        ledger,
        clock=Clock(),
        run_id="r1",
        progress=lambda _w, _c: None,
        budget=(lambda: budget) if budget else None,
    )
    done.check()
    return done


def states(ledger: SqlLedger) -> dict[str, ActionState]:
    with ledger.transaction() as tx:
        ids = [f"hs-{number}" for number in range(1, PEOPLE + 1)]
        return {id_: tx.actions_of(id_)[0].state for id_ in ids}


def test_a_row_that_is_refused_without_its_name_is_found_and_parked_alone(
    ledger: SqlLedger,
) -> None:
    done = run(ledger, Door(bad="hs-5"))
    assert (done.delivered, done.parked) == (PEOPLE - 1, 1)
    assert states(ledger).pop("hs-5") is ActionState.PARKED
    [parked] = ledger.parked()
    assert parked.action.problem == problem("found twice")


def test_a_pair_that_clashes_is_parked_and_its_page_lands(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.link([pair(1, "00Q1")])
    run(ledger, Door(taken="00Q1"))
    found = states(ledger)
    assert found.pop("hs-1") is ActionState.DONE
    assert set(found.values()) == {ActionState.PARKED}
    assert {s.action.problem.code for s in ledger.parked() if s.action.problem} == {"link-taken"}


def test_at_the_reserve_only_what_is_urgent_leaves(ledger: SqlLedger) -> None:
    with ledger.transaction() as tx:
        tx.save_leads([lead(77)])
        tx.plan([action(77, express=True)], now=NOW, run_id="r0")
    door = Door()
    done = run(ledger, door, Budget(limit=1000, remaining=60))
    assert door.sent == ["hs-77"]
    assert done.notes["stopped at the reserve"] == 1
    assert set(states(ledger).values()) == {ActionState.PLANNED}
    run(ledger, door, Budget(limit=1000, remaining=900))
    assert set(states(ledger).values()) == {ActionState.DONE}


def test_who_slept_through_its_lease_stops_where_another_run_has_gone_on(
    ledger: SqlLedger,
) -> None:
    """It comes back from its call without an answer, and all was carried out meanwhile."""
    other = Door()

    class Sleeper:
        def carry_out(
            self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
        ) -> Delivered:
            run(ledger, other)
            result = Delivered()
            for stored in batch:
                result.unknown(stored, now)
            return result

    with pytest.raises(StopTheRun, match="another run went on with it") as stopped:
        run(ledger, Sleeper())
    assert not stopped.value.configuration
    assert len(other.sent) == PEOPLE
    assert set(states(ledger).values()) == {ActionState.DONE}
