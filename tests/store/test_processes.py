"""Several processes on one ledger: nothing is taken twice, and a kill leaves whole pages only."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from multiprocessing.connection import Connection as Pipe

import pytest

from connector.core.plan import ActionState, Destination
from connector.ports import ActionOutcome, Cursor
from connector.store import SqlLedger, open_ledger
from tests.store.people import NOW, action, event, lead, snapshot

PAGE = 50
spawn = multiprocessing.get_context("spawn")


def take_all(url: str, run_id: str, answer: Pipe) -> None:
    """Takes and finishes until nothing is left; answers with the keys it was given."""
    ledger = open_ledger(url)
    keys: list[str] = []
    answer.send("ready")
    answer.recv()
    while True:
        with ledger.transaction() as tx:
            taken = tx.take(Destination.SALESFORCE, limit=7, now=NOW, run_id=run_id)
        if not taken:
            break
        keys += [stored.action.key for stored in taken]
        with ledger.transaction() as tx:
            done = [ActionOutcome(key=s.action.key, state=ActionState.DONE) for s in taken]
            tx.finish(done, now=NOW)
    answer.send(keys)
    ledger.close()


def test_two_processes_never_get_the_same_action(ledger: SqlLedger, url: str) -> None:
    planned = [action(n, express=n % 5 == 0) for n in range(400)]
    with ledger.transaction() as tx:
        tx.plan(planned, now=NOW, run_id="r1")
    pipes = []
    workers = []
    for run_id in ("a", "b"):
        ours, theirs = spawn.Pipe()
        workers.append(spawn.Process(target=take_all, args=(url, run_id, theirs)))
        workers[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    for pipe in pipes:
        pipe.send("go")
    taken = [pipe.recv() for pipe in pipes]
    for worker in workers:
        worker.join(60)
    counted = Counter(key for keys in taken for key in keys)
    assert counted == Counter({one.key: 1 for one in planned})
    assert ledger.counts()["action.done"] == len(planned)


def write_pages(url: str, answer: Pipe) -> None:
    """Writes pages until it is killed, and says each time that one is stored."""
    ledger = open_ledger(url)
    with ledger.transaction() as tx:
        page = int(tx.cursor("contacts").after or 0)
    while True:
        numbers = range(page * PAGE, (page + 1) * PAGE)
        with ledger.transaction() as tx:
            tx.save_leads(lead(n) for n in numbers)
            tx.save_snapshots(snapshot(n) for n in numbers)
            tx.plan((action(n) for n in numbers), now=NOW, run_id="r1")
            tx.record((event(n) for n in numbers), now=NOW)
            tx.move_cursor(Cursor(stream="contacts", after=str(page + 1)))
        page += 1
        answer.send(page)


@pytest.mark.parametrize("moment", range(3))
def test_a_kill_leaves_whole_pages_and_the_next_run_goes_on(
    ledger: SqlLedger, url: str, moment: int
) -> None:
    told = 0
    for _ in range(2):
        ours, theirs = spawn.Pipe()
        writer = spawn.Process(target=write_pages, args=(url, theirs))
        writer.start()
        theirs.close()
        for _ in range(3):
            told = ours.recv()
        time.sleep(moment * 0.004)  # somewhere inside the next page
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(60)
        while ours.poll():
            try:
                told = ours.recv()
            except EOFError:
                break
        with ledger.transaction() as tx:
            pages = int(tx.cursor("contacts").after)
        counts = ledger.counts()
        assert pages >= told  # what was said to be stored is stored
        assert {counts[name] for name in ("lead", "snapshot", "action", "event")} == {pages * PAGE}


def take_and_die(url: str) -> None:
    ledger = open_ledger(url)
    ledger.lease("deliver", holder="host:1:dead", now=NOW, seconds=60)
    with ledger.transaction() as tx:
        tx.take(Destination.SALESFORCE, limit=1, now=NOW, run_id="dead")
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_holder_started_is_found_once_its_lease_is_over(
    ledger: SqlLedger, url: str
) -> None:
    with ledger.transaction() as tx:
        tx.plan([action(1)], now=NOW, run_id="r1")
    killed = spawn.Process(target=take_and_die, args=(url,))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert not ledger.lease("deliver", holder="host:2:alive", now=NOW, seconds=60)
    with ledger.transaction() as tx:
        assert tx.unfinished(Destination.SALESFORCE) == []
    later = NOW.replace(minute=2)
    assert ledger.lease("deliver", holder="host:2:alive", now=later, seconds=60)
    with ledger.transaction() as tx:
        (stored,) = tx.unfinished(Destination.SALESFORCE)
    assert (stored.action.key, stored.run_id) == (action(1).key, "dead")
