"""Carries out planned actions in batches: started on disk before the call, done with its proof."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from connector.core.budgets import at_the_reserve
from connector.core.errors import OutcomeUnknown, Refused, TryLater
from connector.core.frozen import replace
from connector.core.plan import ActionKind, ActionState, Destination
from connector.core.problems import Problem
from connector.flows.caps import Caps, stay_below
from connector.flows.delivered import Delivered
from connector.flows.settling import settle
from connector.ports import (
    ActionOutcome,
    Budget,
    Clock,
    LeadRow,
    Ledger,
    RunTotals,
    StoredAction,
    Transaction,
)

BATCH = 200
STOPPED = "stopped at the reserve"  #: a note of the run: only express actions left
BULK = 2_000  #: rows of a batch that goes as one bulk job; all of them are held in memory
DEFAULT_WAIT = timedelta(minutes=1)
RESEND_AFTER_TRIES = 12  #: a row that was busy this often is parked for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """How many batches are under way at a time, and from how many new records of one kind on a
    batch is large enough for a bulk job."""

    at_a_time: int = 1
    bulk_from: int | None = None
    bulk_kind: str = "Lead"


ONE = Uploads()


class Door(Protocol):
    """Carries out one batch in one system; raises TryLater, OutcomeUnknown or StopTheRun."""

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered: ...


def deliver(
    destination: Destination,
    door: Door,
    ledger: Ledger,
    *,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
    budget: Callable[[], Budget] | None = None,
    uploads: Uploads = ONE,
    caps: Caps | None = None,
    keys: Sequence[str] | None = None,
) -> RunTotals:
    """Delivers everything planned or due for one destination; with `keys`, only these actions.

    Actions that an earlier, interrupted run left `started` go back to planned first: every door
    looks at the target before it writes, so that repeating them changes nothing twice. Where the
    system is away the batch waits and the flow ends; nothing is lost. Where the day's calls are
    down to the reserve, only express actions still leave; the others stay planned. Raises Refused,
    before the first call, where more is planned than `caps` allow an unattended run.
    """
    if caps is not None:
        stay_below(caps, ledger, destination)
    with ledger.transaction() as tx:
        left = [
            ActionOutcome(key=s.action.key, state=ActionState.PLANNED)
            for s in tx.unfinished(destination, now=clock.now())
        ]
        tx.finish(left, now=clock.now())
    line = _Line(destination, door, ledger, clock, run_id, progress, uploads, keys, budget)
    totals = RunTotals()
    while True:
        count = line.work()
        totals = add(totals, count)
        if not count.picked_up:
            return add(totals, RunTotals(notes={STOPPED: 1} if line.scarce else {}))


class _Line:
    """The batches to one destination, by one uploader or several."""

    def __init__(
        self,
        destination: Destination,
        door: Door,
        ledger: Ledger,
        clock: Clock,
        run_id: str,
        progress: Callable[[str, int], None],
        uploads: Uploads,
        keys: Sequence[str] | None,
        budget: Callable[[], Budget] | None,
    ) -> None:
        self.destination, self.door, self.ledger, self.clock = destination, door, ledger, clock
        self.run_id, self.progress, self.uploads = run_id, progress, uploads
        self.keys, self.budget = keys, budget
        self.away = self.scarce = self.few = False
        self._large = Lock()

    def work(self) -> RunTotals:
        """Until nothing can be taken. What waits for something that another uploader had under
        way becomes free meanwhile: ask again until nothing was done."""
        if self.uploads.at_a_time == 1:
            return total(self._batches())
        with ThreadPoolExecutor(self.uploads.at_a_time, thread_name_prefix="upload") as pool:
            parts = [pool.submit(self._total) for _ in range(self.uploads.at_a_time)]
        return total(part.result() for part in parts)

    def _total(self) -> RunTotals:
        return total(self._batches())

    def _batches(self) -> Iterator[RunTotals]:
        while not self.away:
            # One large batch at a time, whoever has the lock: its rows are all held in memory.
            large = self._large.acquire(blocking=False)
            try:
                count = self._batch(large=large)
            finally:
                if large:
                    self._large.release()
            if count is None:
                return
            yield count

    def _batch(self, *, large: bool) -> RunTotals | None:
        """What one batch came to; None where nothing can be taken."""
        scarce = self.budget is not None and _is_scarce(self.budget())
        with self.ledger.transaction() as tx:
            now = self.clock.now()
            batch = tx.take(
                self.destination,
                limit=self._size(tx, now) if large else BATCH,
                now=now,
                run_id=self.run_id,
                keys=self.keys,
                express_only=scarce,
            )
            leads = tx.leads(sorted({s.action.lead_id for s in batch if self._needs_lead(s)}))
        if not batch:
            self.scarce = scarce
            return None
        result = _attempt(self.door, batch, leads, self.clock.now())
        self.away = self.away or result.away
        self._settle(batch, result)
        self.progress(f"deliver to {self.destination}", len(batch))
        return _count(batch, result)

    def _settle(self, batch: Sequence[StoredAction], result: Delivered) -> None:
        """A large batch in several steps: whoever is killed has only the rest to look for again."""
        outcomes: list[ActionOutcome] = []
        for part in result.parts(batch, BATCH):
            with self.ledger.transaction() as tx:
                settle(tx, part, now=self.clock.now(), run_id=self.run_id)
            outcomes += part.outcomes
        result.outcomes = outcomes

    def _needs_lead(self, stored: StoredAction) -> bool:
        """Marketing's contact is written as planned; the lead only says which one it is."""
        return self.destination is not Destination.HUBSPOT or stored.action.record_id is None

    def _size(self, tx: Transaction, now: datetime) -> int:
        bulk_from = self.uploads.bulk_from
        if bulk_from is None or self.few:
            return BATCH
        kind = self.uploads.bulk_kind
        most = max(BULK, bulk_from)
        creates = tx.due(self.destination, ActionKind.CREATE, kind, now=now, most=most)
        self.few = creates < bulk_from  # no use in counting again, with all their tasks to come
        return BATCH if self.few else min(creates, BULK)


def _is_scarce(budget: Budget) -> bool:
    return at_the_reserve(budget.limit, budget.remaining)


def _attempt(
    door: Door, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
) -> Delivered:
    try:
        result = door.carry_out(batch, leads, now)
    except TryLater as error:
        result = Delivered(away=True)
        for stored in batch:
            result.wait(stored, now + (error.wait or DEFAULT_WAIT))
        return result
    except OutcomeUnknown:
        result = Delivered(away=True)
        for stored in batch:
            result.unknown(stored, now)
        return result
    except Refused as error:
        if len(batch) > 1:
            return _one_by_one(door, batch, leads, now)
        result = Delivered()
        result.park(batch[0], error.problem)
        return result
    return _with_every_action(result, batch, now)


def _one_by_one(
    door: Door, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
) -> Delivered:
    """A refusal that names no row: the halves are tried apart, until the bad row stands alone.

    What the first attempt wrote already is found by the look before writing.
    """
    middle = len(batch) // 2
    result = _attempt(door, batch[:middle], leads, now)
    rest = batch[middle:]
    if result.away:
        for stored in rest:
            result.again(stored)
        return result
    other = _attempt(door, rest, leads, now)
    return Delivered(
        outcomes=result.outcomes + other.outcomes,
        links=result.links + other.links,
        agreed={**result.agreed, **other.agreed},
        events=result.events + other.events,
        leads=result.leads + other.leads,
        unchanged=result.unchanged + other.unchanged,
        rests=result.rests + other.rests,
        away=other.away,
        linking={**result.linking, **other.linking},
        images={**result.images, **other.images},
        untouched={**result.untouched, **other.untouched},
    )


def _with_every_action(
    result: Delivered, batch: Sequence[StoredAction], now: datetime
) -> Delivered:
    """A row the door said nothing about is unknown: it waits, and is looked at again."""
    told = {outcome.key for outcome in result.outcomes}
    for stored in batch:
        if stored.action.key not in told:
            result.unknown(stored, now)
    by_key = {stored.action.key: stored for stored in batch}
    result.outcomes = [_limited(o, by_key) for o in result.outcomes]
    return result


def _limited(outcome: ActionOutcome, by_key: Mapping[str, StoredAction]) -> ActionOutcome:
    if outcome.state is not ActionState.WAITING:
        return outcome
    stored = by_key[outcome.key]
    if stored.attempts < RESEND_AFTER_TRIES:
        return outcome
    problem = Problem(
        code="still-busy",
        where=stored.action.place,
        what=f"the record was busy at {stored.attempts} attempts",
        remedy="See in the target system what keeps it locked, then `leadrelay parked retry`.",
    )
    return replace(outcome, state=ActionState.PARKED, problem=problem, not_before=None)


def _count(batch: Sequence[StoredAction], result: Delivered) -> RunTotals:
    states = [outcome.state for outcome in result.outcomes]
    done = states.count(ActionState.DONE)
    later = 0 if result.away else states.count(ActionState.PLANNED)  # the next batch's
    kinds = {s.action.key: s.action.kind for s in batch}
    notes = {
        f"{kind.value}": count
        for kind in (ActionKind.CREATE, ActionKind.UPDATE, ActionKind.ATTACH, ActionKind.ENROL)
        if (
            count := sum(
                1
                for o in result.outcomes
                if o.state is ActionState.DONE and kinds.get(o.key) is kind
            )
        )
    }
    return RunTotals(
        picked_up=len(batch) - later,
        delivered=done - min(result.unchanged, done),
        skipped=min(result.unchanged, done) + states.count(ActionState.DISMISSED),
        waiting=states.count(ActionState.WAITING) + states.count(ActionState.PLANNED) - later,
        parked=states.count(ActionState.PARKED),
        notes=notes,
    )


def add(left: RunTotals, right: RunTotals) -> RunTotals:
    """The totals of two parts of one run."""
    names = dict.fromkeys((*left.notes, *right.notes))
    return RunTotals(
        picked_up=left.picked_up + right.picked_up,
        delivered=left.delivered + right.delivered,
        skipped=left.skipped + right.skipped,
        waiting=left.waiting + right.waiting,
        parked=left.parked + right.parked,
        notes={name: left.notes.get(name, 0) + right.notes.get(name, 0) for name in names},
    )


def total(parts: Iterable[RunTotals]) -> RunTotals:
    """The totals of all parts of one run."""
    result = RunTotals()
    for part in parts:
        result = add(result, part)
    return result
