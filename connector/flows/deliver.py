"""Carries out planned actions in batches: started on disk before the call, done with its proof."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from connector.core.budgets import at_the_reserve
from connector.core.errors import OutcomeUnknown, Refused, TryLater
from connector.core.events import Event, EventKind, event_key
from connector.core.plan import ActionKind, ActionState, Destination, Json
from connector.core.problems import Problem
from connector.core.records import Values
from connector.flows.caps import Caps, stay_below
from connector.flows.lead_state import (
    SEEN,
    SENT_AT,
    SENT_OVER,
    TOLD_AT,
    TOLD_OVER,
    fields_in,
    with_crm,
)
from connector.ports import (
    ActionOutcome,
    Budget,
    Clock,
    LeadRow,
    Ledger,
    Link,
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
class Image:
    """What a confirmed write changed: by field, what is there now and what stood there before."""

    lead_id: str
    written: Mapping[str, Json]
    before: Mapping[str, Json]
    began: datetime
    destination: Destination


@dataclass(slots=True, kw_only=True)
class Delivered:
    """What one batch came to; lands in the ledger in one transaction."""

    outcomes: list[ActionOutcome] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    agreed: dict[str, Values] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    leads: list[LeadRow] = field(default_factory=list)
    unchanged: int = 0  #: actions that needed no write, since the target already was so
    away: bool = False  #: the system did not answer; no further batch is tried in this run
    rests: list[str] = field(default_factory=list)  #: leads whose CRM record is deleted already
    linking: dict[str, str] = field(default_factory=dict)  #: key of a linking action -> lead id
    images: dict[str, Image] = field(default_factory=dict)  #: key of a confirmed write -> image

    def tell(
        self,
        stored: StoredAction,
        kind: EventKind,
        now: datetime,
        data: Mapping[str, Json],
        *,
        fact: str = "",
    ) -> None:
        """Notes a fact that follows from an action that was carried out, once for each `fact`."""
        action = stored.action
        self.events.append(
            Event(
                key=event_key(kind, action.lead_id, fact or action.key),
                lead_id=action.lead_id,
                kind=kind,
                at=now,
                cycle=action.cycle,
                data=data,
                by="leadrelay",
                rule=action.rule,
                place=action.place,
                ruleset=action.ruleset,
            )
        )

    def done(self, stored: StoredAction, record_id: str | None = None) -> None:
        self.outcomes.append(
            ActionOutcome(key=stored.action.key, state=ActionState.DONE, record_id=record_id)
        )

    def park(self, stored: StoredAction, problem: Problem) -> None:
        self.outcomes.append(
            ActionOutcome(key=stored.action.key, state=ActionState.PARKED, problem=problem)
        )

    def wait(self, stored: StoredAction, until: datetime) -> None:
        self.outcomes.append(
            ActionOutcome(key=stored.action.key, state=ActionState.WAITING, not_before=until)
        )

    def again(self, stored: StoredAction) -> None:
        """Back to planned: the next attempt looks before it writes."""
        self.outcomes.append(ActionOutcome(key=stored.action.key, state=ActionState.PLANNED))


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
        self.away = self.scarce = False

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
            scarce = self.budget is not None and _is_scarce(self.budget())
            with self.ledger.transaction() as tx:
                now = self.clock.now()
                limit = self._size(tx, now)
                batch = tx.take(
                    self.destination,
                    limit=limit,
                    now=now,
                    run_id=self.run_id,
                    keys=self.keys,
                    express_only=scarce,
                )
                leads = tx.leads(sorted({s.action.lead_id for s in batch}))
            if not batch:
                self.scarce = scarce
                return
            result = _attempt(self.door, batch, leads, self.clock.now())
            self.away = self.away or result.away
            with self.ledger.transaction() as tx:
                settle(tx, result, now=self.clock.now(), run_id=self.run_id)
            self.progress(f"deliver to {self.destination}", len(batch))
            yield _count(batch, result)

    def _size(self, tx: Transaction, now: datetime) -> int:
        bulk_from = self.uploads.bulk_from
        if bulk_from is None:
            return BATCH
        kind = self.uploads.bulk_kind
        creates = tx.due(self.destination, ActionKind.CREATE, kind, now=now)
        return min(creates, BULK) if creates >= bulk_from else BATCH


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
            result.wait(stored, now)
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
    )


def _with_every_action(
    result: Delivered, batch: Sequence[StoredAction], now: datetime
) -> Delivered:
    """A row the door said nothing about is unknown: it waits, and is looked at again."""
    told = {outcome.key for outcome in result.outcomes}
    for stored in batch:
        if stored.action.key not in told:
            result.wait(stored, now)
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


def settle(tx: Transaction, result: Delivered, *, now: datetime, run_id: str) -> None:
    """Puts a batch's outcome into the ledger: states, links, agreed values and facts together."""
    clashes = tx.link_clashes(result.links)
    result.outcomes = [_unlinked(outcome, clashes, result) for outcome in result.outcomes]
    tx.finish(result.outcomes, now=now)
    tx.link([link for link in result.links if link.lead_id not in clashes])
    tx.give_up(result.rests, now=now, destination=Destination.SALESFORCE)
    tx.agree({k: v for k, v in result.agreed.items() if k not in clashes}, now=now)
    tx.keep_images({key: (i.written, i.before) for key, i in result.images.items()})
    _remember(tx, result.images.values())
    tx.save_leads(result.leads)
    events = [e for e in result.events if e.lead_id not in clashes]
    tx.record(events, now=now, run_id=run_id)


def _remember(tx: Transaction, images: Iterable[Image]) -> None:
    """What we wrote is no change by somebody else, and no difference any more."""
    wrote = list(images)
    rows = tx.leads(sorted({image.lead_id for image in wrote}))
    for image in wrote:
        row = rows.get(image.lead_id)
        if row is None:
            continue
        began: Json = image.began.isoformat()
        if image.destination is Destination.HUBSPOT:
            rows[image.lead_id] = with_crm(row, **{TOLD_AT: began, TOLD_OVER: dict(image.before)})
            continue
        seen = {k: v for k, v in fields_in(row, SEEN).items() if k not in image.written}
        rows[image.lead_id] = with_crm(
            row, **{SENT_AT: began, SENT_OVER: dict(image.before), SEEN: seen}
        )
    tx.save_leads(rows.values())


def _unlinked(
    outcome: ActionOutcome, clashes: Mapping[str, Problem], result: Delivered
) -> ActionOutcome:
    """An action whose record turned out to be another lead's is parked, with both ids."""
    lead_id = result.linking.get(outcome.key, "")
    if outcome.state is not ActionState.DONE or lead_id not in clashes:
        return outcome
    return replace(outcome, state=ActionState.PARKED, problem=clashes[lead_id])


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
        skipped=min(result.unchanged, done),
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
