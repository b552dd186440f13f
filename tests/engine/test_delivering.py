"""Reading ahead and uploading side by side: the same comes of it as one after the other."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest

from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.flows.ahead import ahead, side_by_side
from connector.flows.deliver import Uploads, deliver
from connector.flows.delivered import Delivered
from connector.ports import LeadRow, StoredAction
from connector.store import open_ledger
from connector.wiring import SystemClock

CRM = Destination.SALESFORCE


def test_ahead_gives_the_same_and_is_never_further_than_asked() -> None:
    read: list[int] = []

    def source() -> Iterator[int]:
        for number in range(20):
            read.append(number)
            yield number

    got = []
    for number in ahead(source(), 3):
        got.append(number)
        time.sleep(0.002)
        assert len(read) - len(got) <= 3
    assert got == list(range(20))
    assert list(ahead(source(), 0)) == list(range(20))


def test_a_fault_arrives_behind_what_came_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("away")

    got: list[int] = []
    with pytest.raises(ValueError, match="away"):
        got.extend(ahead(source(), 2))
    assert got == [1, 2]


def test_whoever_ends_early_leaves_no_thread() -> None:
    def source() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    pages = ahead(source(), 2)
    assert [next(pages), next(pages)] == [0, 1]
    pages.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("ahead")]


def test_side_by_side_keeps_each_order_and_waits_for_nobody_else() -> None:
    under_way: set[str] = set()
    together: list[int] = []

    def source(name: str) -> Iterator[tuple[str, int]]:
        for number in range(6):
            under_way.add(name)
            together.append(len(under_way))
            time.sleep(0.01)
            under_way.discard(name)
            yield name, number

    got = list(side_by_side([source("a"), source("b")], 2))
    assert [n for name, n in got if name == "a"] == list(range(6))
    assert [n for name, n in got if name == "b"] == list(range(6))
    assert max(together) == 2
    assert list(side_by_side([source("a")], 0)) == [("a", n) for n in range(6)]
    begun = side_by_side([source("a"), source("b")], 2)
    next(begun)
    begun.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("ahead")]


class CountingDoor:
    """Takes a moment for each batch, and notes who was in it."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.sizes: list[int] = []
        self.at_a_time = self.most_at_a_time = 0
        self._lock = threading.Lock()

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered:
        with self._lock:
            self.at_a_time += 1
            self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
            self.keys.update(stored.action.key for stored in batch)
            self.sizes.append(len(batch))
        time.sleep(0.3)
        result = Delivered()
        for stored in batch:
            result.done(stored)
        with self._lock:
            self.at_a_time -= 1
        return result


def create(number: int, after: str | None = None) -> Action:
    kind = "Task" if after else "Lead"
    return Action(
        key=action_key(Destination.SALESFORCE, kind, f"hs-{number}", "first"),
        lead_id="",
        kind=ActionKind.CREATE,
        destination=Destination.SALESFORCE,
        because="for a test",
        record_kind=kind,
        after_key=after,
    )


def test_uploaders_deliver_everything_once_and_tasks_behind_their_leads(story_ledger: str) -> None:
    ledger = open_ledger(story_ledger)
    leads = [create(number) for number in range(900)]
    tasks = [create(number, after=lead.key) for number, lead in enumerate(leads)]
    with ledger.transaction() as tx:
        tx.plan([*leads, *tasks], now=datetime.now(UTC), run_id="r1")
    door = CountingDoor()
    totals = deliver(
        Destination.SALESFORCE,
        door,
        ledger,
        clock=SystemClock(),
        run_id="r2",
        progress=lambda _what, _count: None,
        uploads=Uploads(at_a_time=3),
    )
    ledger.close()
    assert (totals.picked_up, totals.delivered) == (1_800, 1_800)
    assert set(door.keys.values()) == {1}
    assert 1 < door.most_at_a_time <= 3
    assert max(door.sizes) == 200


def test_many_new_records_go_in_one_large_batch(story_ledger: str) -> None:
    ledger = open_ledger(story_ledger)
    with ledger.transaction() as tx:
        tx.plan(map(create, range(650)), now=datetime.now(UTC), run_id="r1")
    door = CountingDoor()
    deliver(
        Destination.SALESFORCE,
        door,
        ledger,
        clock=SystemClock(),
        run_id="r2",
        progress=lambda _what, _count: None,
        uploads=Uploads(bulk_from=600),
    )
    ledger.close()
    assert door.sizes == [650]


class Killed(BaseException):
    """As if the process were gone."""


class MortalClock:
    """Tells the time so many times, and then nothing any more."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def now(self) -> datetime:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return datetime.now(UTC)


def test_a_large_batch_is_settled_in_steps_that_a_kill_does_not_undo(story_ledger: str) -> None:
    ledger = open_ledger(story_ledger)
    with ledger.transaction() as tx:
        tx.plan(map(create, range(650)), now=datetime.now(UTC), run_id="r1")
    doors = [CountingDoor(), CountingDoor()]
    deliver_all = partial(
        deliver, CRM, progress=lambda _what, _count: None, uploads=Uploads(bulk_from=600)
    )
    looks = 2 + 1 + 1 + 2  # for what is unfinished, taking, calling, and two steps of settling
    with pytest.raises(Killed):
        deliver_all(doors[0], ledger, clock=MortalClock(looks), run_id="r2")
    with ledger.transaction() as tx:
        assert len(tx.unfinished(CRM)) == 650 - 2 * 200
    deliver_all(doors[1], ledger, clock=SystemClock(), run_id="r3")
    ledger.close()
    assert sum(doors[0].sizes) == 650
    assert sum(doors[1].sizes) == 250
