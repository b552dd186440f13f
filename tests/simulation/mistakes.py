"""Mistakes to be planted in the running code, one by one; the simulation must find each of them.

`python -m tests.simulation.mistakes` plants them all and says which seed found which.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from connector.adapters.salesforce import client as salesforce_client
from connector.adapters.salesforce import crm as salesforce_crm
from connector.adapters.salesforce import writing as salesforce_writing
from connector.core import mapping, status
from connector.core.plan import ActionState
from connector.flows import (
    decide,
    deliver,
    deliver_beside,
    deliver_hubspot,
    deliver_salesforce,
    pull,
    retaking,
    share_owners,
    status_facts,
    watch_promises,
)
from connector.flows import pull_status as pulled
from connector.ports import ActionOutcome, Cursor, RowResult, RunTotals
from connector.store import begun, bulk, ledger, outbox, parked, transaction
from tests.simulation.company import Trouble, made_of, watching_of
from tests.simulation.play import play
from tests.simulation.steps import Step, history

Plant = Callable[["Garden"], None]
SEEDS = 400  #: a mistake that so many seeds do not find is missed


class Garden:
    """Where mistakes are planted, and taken out again."""

    def __init__(self) -> None:
        self._usual: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> Any:
        """Replaces `owner.name` and returns what was there."""
        usual = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
        self._usual.append((owner, name, usual))
        setattr(owner, name, value)
        return usual

    def clear(self) -> None:
        for owner, name, usual in reversed(self._usual):
            setattr(owner, name, usual)
        self._usual.clear()


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The mistake is in the code while the block runs."""
    garden = Garden()
    try:
        _made_anew()  # what was made by the sound code, or by another mistake
        plant(garden)
        yield
    finally:
        garden.clear()
        _made_anew()


def _made_anew() -> None:
    made_of.cache_clear()
    watching_of.cache_clear()
    outbox._due.cache_clear()


# --- on the way to sales -----------------------------------------------------------------------


def owner_sent_again(garden: Garden) -> None:
    """A hand-off tried again sends the owner of the plan, though a rep has reassigned the lead."""
    garden.put(deliver_salesforce, "ONCE_ONLY", frozenset({"Status"}))


def status_sent_again(garden: Garden) -> None:
    """A hand-off tried again sets the status back to open, though a rep works the lead."""
    garden.put(deliver_salesforce, "ONCE_ONLY", frozenset({"OwnerId"}))


def owner_left_to_the_rule(garden: Garden) -> None:
    """The header that keeps assignment rules away is not sent."""
    garden.put(salesforce_client, "NO_ASSIGNMENT", {"Sforce-Auto-Assign": "TRUE"})


def created_without_key(garden: Garden) -> None:
    """Leads are posted instead of upserted by their external id."""

    def upsert(self: Any, kind: str, key_field: str, writes: Sequence[Any]) -> Any:
        return self.create(kind, [replace(write, id=None) for write in writes])

    garden.put(salesforce_crm.SalesforceCrm, "upsert", upsert)


def task_without_a_look(garden: Garden) -> None:
    """After a lost answer a task is written again without looking for it."""
    usual = garden.put(salesforce_crm.SalesforceCrm, "read_by", None)

    def read_by(self: Any, kind: str, *given: Any) -> Any:
        return {} if kind == "Task" else usual(self, kind, *given)

    salesforce_crm.SalesforceCrm.read_by = read_by  # type: ignore[method-assign]


def task_beside_the_open_one(garden: Garden) -> None:
    """The task of the next touch is made without ending the one that is still open."""
    garden.put(deliver_beside, "_still_open", lambda tasks, key, external_id: [])


def touch_without_a_next(garden: Garden) -> None:
    """Nobody is given a task for the next planned touch."""
    garden.put(watch_promises, "next_task", lambda *given: None)


def link_from_a_lost_answer(garden: Garden) -> None:
    """A row of unknown outcome counts as confirmed, and a link is made of it."""

    def settled(stored: Any, outcome: RowResult, now: Any, result: Any) -> bool:
        if outcome.problem is not None:
            result.park(stored, outcome.problem)
        return outcome.problem is not None

    garden.put(deliver_salesforce, "settled_otherwise", settled)


def every_row_succeeds(garden: Garden) -> None:
    """The rows of a collection are not looked at: the call came back, so all is well."""

    def result(kind: str, write: Any, row: object) -> RowResult:
        id_ = row.get("id") if isinstance(row, dict) else None
        return RowResult(key=write.key, id=str(id_ or write.id or ""))

    garden.put(salesforce_writing, "row_result", result)


def task_before_its_lead(garden: Garden) -> None:
    """What must go first is not waited for."""
    usual = garden.put(outbox, "plan", None)

    def plan(connection: Any, actions: Any, **given: Any) -> int:
        return usual(connection, [replace(a, after_key=None) for a in actions], **given)

    outbox.plan = plan


def contact_by_lead_names(garden: Garden) -> None:
    """A Contact is written by the names that only a Lead has."""
    garden.put(mapping, "ON_CONTACT", {})


# --- the outbox --------------------------------------------------------------------------------


def not_started_before_the_call(garden: Garden) -> None:
    """`started` is not on disk when the call leaves."""
    usual = garden.put(transaction.SqlTransaction, "take", None)

    def take(self: Any, *given: Any, **more: Any) -> Any:
        taken = usual(self, *given, **more)
        keys = [[stored.action.key] for stored in taken]
        rows = [("planned", key[0]) for key in keys]
        bulk.update(self._connection, outbox.action, rows, "key", columns=("state",))
        return taken

    transaction.SqlTransaction.take = take  # type: ignore[method-assign]
    _lenient(garden)


def _lenient(garden: Garden) -> None:
    garden.put(outbox, "TRANSITIONS", {state: frozenset(ActionState) for state in ActionState})


def waiting_counts_as_done(garden: Garden) -> None:
    """A system that is away is taken for one that has answered."""
    usual = garden.put(deliver, "_attempt", None)

    def attempt(door: Any, batch: Any, leads: Any, now: Any) -> Any:
        result = usual(door, batch, leads, now)
        if result.away and all(o.state is ActionState.WAITING for o in result.outcomes):
            result.outcomes = [
                ActionOutcome(key=s.action.key, state=ActionState.DONE) for s in batch
            ]
        return result

    deliver._attempt = attempt


def left_started_for_ever(garden: Garden) -> None:
    """What a killed run left started is nobody's."""
    garden.put(begun, "unfinished", lambda *_given: [])


def lease_ignored(garden: Garden) -> None:
    """Two runs of one job may overlap."""
    garden.put(ledger.SqlLedger, "lease", lambda *_given, **_more: True)


def writes_overtake(garden: Garden) -> None:
    """A newer write to a record does not wait for an older one."""
    garden.put(outbox, "_IN_ORDER", ())
    garden.put(outbox, "_due", outbox._due.__wrapped__)  # not the statement that was made before


def retried_write_overtakes(garden: Garden) -> None:
    """What was parked and is tried again writes over what newer writes have brought since."""
    for asks in (parked, begun):
        garden.put(asks, "drop_overtaken", lambda *_given: None)


def keys_made_of_values(garden: Garden) -> None:
    """A -> B -> A is taken for one change: the key holds what is written, not why."""
    usual = garden.put(status_facts.StatusFacts, "_to_marketing", None)

    def to_marketing(self: Any, *given: Any) -> Any:
        action = usual(self, *given)
        if action is None:
            return None
        fields = repr(sorted(action.fields.items()))
        key = status_facts.action_key(action.destination, action.kind, action.lead_id, fields)
        return replace(action, key=key)

    status_facts.StatusFacts._to_marketing = to_marketing  # type: ignore[method-assign]


def lost_write_back_forgotten(garden: Garden) -> None:
    """A status write-back whose answer was lost counts as done: A -> B (lost) -> A."""
    usual = garden.put(deliver_hubspot.HubSpotDoor, "carry_out", None)

    def carry_out(self: Any, batch: Any, leads: Any, now: Any) -> Any:
        result = usual(self, batch, leads, now)
        result.outcomes = [replace(o, state=ActionState.DONE) for o in result.outcomes]
        return result

    deliver_hubspot.HubSpotDoor.carry_out = carry_out  # type: ignore[method-assign]


# --- reading -----------------------------------------------------------------------------------


def cursor_a_page_ahead(garden: Garden) -> None:
    """The cursor of the next page is stored with this one."""
    usual = garden.put(pull, "_moving", None)

    def moving(pages: Any, cursor: Cursor, end: Cursor) -> Iterator[Any]:
        for page, _ in usual(pages, cursor, end):
            yield page, end

    pull._moving = moving


def cursor_before_its_page(garden: Garden) -> None:
    """The cursor is moved in a transaction of its own, before the page is stored."""
    usual = garden.put(pull, "_pages", None)

    def pages(marketing: Any, books: Any, *given: Any) -> Iterator[Any]:
        for page, cursor in usual(marketing, books, *given):
            with books.transaction() as tx:
                tx.move_cursor(cursor)
            yield page, cursor

    pull._pages = pages


def no_overlap(garden: Garden) -> None:
    """Windows meet without overlap and end now, though the search index lags."""
    usual = garden.put(pull, "_pages", None)

    def pages(marketing: Any, books: Any, settings: Any, clock: Any) -> Iterator[Any]:
        sharp = replace(settings, overlap=timedelta(0), lag=timedelta(0))
        return usual(marketing, books, sharp, clock)

    pull._pages = pages


def merged_ids_not_followed(garden: Garden) -> None:
    """The survivor of a merge is taken for somebody new."""

    def row_of(record: Any, known: Mapping[str, Any]) -> Any:
        row = known.get(record.id)
        return row if row is not None and row.hubspot_id == record.id else None

    garden.put(decide, "_row_of", row_of)


def new_files_not_applied(garden: Garden) -> None:
    """Leads keep what the old files decided until they change by themselves."""
    garden.put(pull._Reading, "by_new_files", lambda _self: RunTotals())


def unread_not_parked(garden: Garden) -> None:
    """A contact that cannot be mapped is passed over without a word."""
    usual = garden.put(transaction.SqlTransaction, "plan", None)

    def plan(self: Any, actions: Any, **given: Any) -> int:
        return usual(self, [a for a in actions if a.kind != "park"], **given)

    transaction.SqlTransaction.plan = plan  # type: ignore[method-assign]


def status_cursor_ahead(garden: Garden) -> None:
    """pull-status stores its cursor even where the page behind it was not read."""
    usual = garden.put(pulled._Reading, "read", None)

    def read(self: Any, stream: Any) -> Any:
        cursor, window = self._window(f"salesforce.{stream.kind}")
        self._move(Cursor(stream=cursor.stream, covered=window.until + timedelta(hours=1)))
        return usual(self, stream)

    pulled._Reading.read = read  # type: ignore[method-assign]


def late_links_not_read(garden: Garden) -> None:
    """What a rep did with a record before we knew that it is ours is never read."""
    garden.put(pulled._Reading, "linked", lambda *_given: RunTotals())


def heard_for_another_lead(garden: Garden) -> None:
    """A record read in this run for one lead counts as read for whom it is linked with now."""

    usual = garden.put(pulled._Reading, "linked", None)

    def linked(self: Any, *given: Any) -> RunTotals:
        with self.ledger.transaction() as tx:
            rows = tx.leads_by_salesforce(list(self.heard))
        self.heard.update((id_, row.state.lead_id) for id_, row in rows.items())
        totals: RunTotals = usual(self, *given)
        return totals

    pulled._Reading.linked = linked  # type: ignore[method-assign]


def relinked_not_read(garden: Garden) -> None:
    """A link that is made when its fact is heard again is taken for one whose record was read."""
    garden.put(pulled._Reading, "_joined", lambda *_given: RunTotals())


def bin_not_searched(garden: Garden) -> None:
    """A Lead whose create was not answered, and which a rep deleted, is made again."""
    garden.put(salesforce_crm.SalesforceCrm, "deleted_by", lambda *_given: {})


def loser_speaks_on(garden: Garden) -> None:
    """Of two contacts that became one, both leads go on telling marketing their status."""
    garden.put(status_facts, "MERGED_INTO", "nobody")


def owner_kept_to_ourselves(garden: Garden) -> None:
    """Who was given the lead on one side is not told to the other."""
    garden.put(share_owners._Sharing, "_take", lambda _self, row, *_given: row)


# --- facts -------------------------------------------------------------------------------------


def events_keyed_by_hearing(garden: Garden) -> None:
    """A fact's key holds when it was heard, so that hearing it twice makes two."""
    counter = itertools.count()
    usual = garden.put(status, "event_key", None)

    def key(kind: str, lead_id: str, fact: str) -> str:
        made: str = usual(kind, lead_id, f"{fact} {next(counter)}")
        return made

    status.event_key = key


def work_counted_for_the_next_cycle(garden: Garden) -> None:
    """What a rep does with a lead that came back counts for a cycle that was never passed."""
    garden.put(status_facts, "worked_cycle", lambda state: state.cycle)


def totals_leave_out_the_parked(garden: Garden) -> None:
    """A run's sum does not close."""

    def totals(self: Any, picked_up: int) -> RunTotals:
        done = picked_up - self.skipped - self.parked
        return RunTotals(picked_up=picked_up, delivered=done, skipped=self.skipped)

    garden.put(pull.Decided, "totals", totals)


def values_in_a_problem(garden: Garden) -> None:
    """A problem quotes the record that it is about."""
    usual = garden.put(decide.Decider, "_park", None)

    def park(self: Any, case: Any, problem: Any) -> Any:
        values = case.record.values
        return usual(self, case, replace(problem, what=f"{problem.what}: {values}"))

    decide.Decider._park = park  # type: ignore[method-assign]


def replayed_without_the_merge(garden: Garden) -> None:
    """A past return is taken again as if its lead had never become one with another."""
    garden.put(retaking, "is_silent", lambda _event: False)


# --- where each is to be found -----------------------------------------------------------------


def scene(*lines: str) -> tuple[Step, ...]:
    """Steps from words: the deed, who, the dice, and trouble as `name=number`."""
    steps = []
    for line in lines:
        deed, *words = line.split()
        given = {k: v for k, _, v in (w.partition("=") for w in words) if v}
        trouble = {k: v if k in ("fault", "other") else int(v) for k, v in given.items()}
        plain = [word for word in words if "=" not in word]
        who = next((word for word in plain if not word.isdecimal()), "")
        dice = next((int(word) for word in plain if word.isdecimal()), 0)
        steps.append(Step(deed=deed, who=who, dice=dice, trouble=Trouble(**trouble)))  # type: ignore[arg-type]
    return tuple(steps)


BORN = ("arrive p0 1", "engage p0 1", "minutes 3")
PASSED = (*BORN, "pull-leads", "push-sqls", "pull-status")


def cut(trouble: str, *meanwhile: str) -> tuple[Step, ...]:
    """A hand-off that is cut off, what happens before the next try, and that try."""
    waits = ("minutes 3", "minutes 3")
    return scene(*BORN, "pull-leads", f"push-sqls {trouble}", *meanwhile, *waits, "push-sqls")


ENGAGED = tuple(f"engage p{number} 1" for number in range(5))
FIVE = (*(f"arrive p{number} 1" for number in range(5)), *ENGAGED)


BOTH = ("arrive p0 1", "arrive p1 1", "engage p0 1", "engage p1 1", "minutes 3")
TWO = (*BOTH, *PASSED[-3:])
READ = ("minutes 3", "pull-leads")
BOTH_WORKED = ("work p0 1", "work p1 1", "pull-status")


OLD = (*FIVE, "months 2")  #: older than the overlap of two windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake, and the histories that are tried before any seed."""

    plant: Plant
    scenes: tuple[tuple[Step, ...], ...] = ()

    @property
    def name(self) -> str:
        return self.plant.__name__


def _mistake(plant: Plant, *scenes: tuple[Step, ...]) -> Mistake:
    return Mistake(plant=plant, scenes=scenes)


CALLED = ("minutes 9", "call p0 1", "minutes 9", "pull-status", "watch-promises")

MISTAKES: tuple[Mistake, ...] = (
    _mistake(owner_sent_again, *(cut("kill_write=1", f"reassign p0 {n}") for n in range(1, 6))),
    _mistake(status_sent_again, cut("kill_write=1", "work p0 1")),
    _mistake(owner_left_to_the_rule, scene(*PASSED)),
    _mistake(created_without_key, cut("kill_write=1"), cut("lose=1")),
    _mistake(task_without_a_look, cut("kill_write=2"), cut("lose=2")),
    _mistake(task_beside_the_open_one, scene(*PASSED, *CALLED)),
    _mistake(touch_without_a_next, scene(*PASSED, *CALLED)),
    _mistake(link_from_a_lost_answer, cut("lose=1")),
    _mistake(
        every_row_succeeds, scene(*BOTH, "pull-leads", "push-sqls lose=1 fault=partial_batch")
    ),
    _mistake(task_before_its_lead, scene(*PASSED)),
    _mistake(contact_by_lead_names, *(scene(f"stranger p0 {n}", *PASSED) for n in range(1, 8))),
    _mistake(not_started_before_the_call, scene(*PASSED)),
    _mistake(
        waiting_counts_as_done,
        *(
            cut(f"lose=1 fault={fault}")
            for fault in ("maintenance", "rate_ten_secondly", "server_error", "locked")
        ),
    ),
    _mistake(left_started_for_ever, cut("kill_write=1")),
    _mistake(
        lease_ignored,
        *(
            scene(*BORN, "pull-leads", f"push-sqls other=push-sqls other_at={n}")
            for n in range(2, 14)
        ),
    ),
    _mistake(
        writes_overtake,
        *(
            scene(
                *PASSED,
                "work p0 1",
                f"pull-status lose=1 fault={fault}",
                "reopen p0 1",
                "pull-status",
            )
            for fault in ("maintenance", "rate_ten_secondly", "locked", "server_error")
        ),
    ),
    _mistake(
        retried_write_overtakes,
        *(
            scene(
                *TWO[:-1],
                "pull-status lose=1 fault=partial_batch",
                f"work {who} 1",
                "pull-status",
                f"engage {who} 2",
                *READ,
            )
            for who in ("p0", "p1")
        ),
    ),
    _mistake(
        keys_made_of_values,
        scene(*PASSED, *("work p0 1", "pull-status", "reopen p0 1", "pull-status") * 2),
    ),
    _mistake(
        lost_write_back_forgotten,
        scene(*PASSED, "work p0 1", "pull-status", "reopen p0 1", "pull-status lose=-1"),
    ),
    _mistake(
        cursor_a_page_ahead,
        *(scene(*FIVE, "months 2", f"pull-leads kill_at={n}") for n in range(8, 20)),
    ),
    _mistake(
        cursor_before_its_page,
        *(scene(*FIVE, "months 2", f"pull-leads kill_at={n}") for n in range(3, 16)),
    ),
    _mistake(
        no_overlap,
        *(
            scene(
                *PASSED,
                "closed-loop",
                "hours 9",
                "pull-leads",
                f"edit_contact p0 {n}",
                "pull-leads",
            )
            for n in range(1, 9)
        ),
    ),
    _mistake(
        merged_ids_not_followed,
        scene(*PASSED, "arrive p1 1", "minutes 3", "pull-leads", "merge_contacts p0 1"),
    ),
    _mistake(
        new_files_not_applied,
        scene(
            "new_rules",
            "arrive p0 76",
            "minutes 3",
            "pull-leads",
            "hours 9",
            "pull-leads",
            "hours 9",
            "new_rules",
        ),
    ),
    _mistake(unread_not_parked, *(scene("arrive p0 1", f"odd_value p0 {n}") for n in range(1, 9))),
    _mistake(
        status_cursor_ahead,
        *(scene(*PASSED, "work p0 1", "hours 1", f"pull-status kill_at={n}") for n in range(5, 16)),
    ),
    _mistake(
        late_links_not_read,
        cut("lose=1", "work p0 1", "call p0 1", "minutes 9", "minutes 9", "pull-status"),
        scene("stranger p0 1307", "arrive p1 9440", "pull-leads", "push-sqls", "merge_leads p0 1"),
    ),
    _mistake(
        heard_for_another_lead,
        scene(*BOTH, "pull-leads", "push-sqls", "merge_leads p1 1", "convert p1 1"),
    ),
    _mistake(
        relinked_not_read,
        *(
            scene(
                *BOTH,
                *("pull-leads", "push-sqls", f"merge_leads p0 {n}", "pull-status", "convert p0 1"),
            )
            for n in range(1, 4)
        ),
    ),
    _mistake(
        owner_kept_to_ourselves,
        *(scene(*PASSED, "closed-loop", f"adopt p0 {n}", "minutes 3") for n in range(1, 7)),
    ),
    _mistake(bin_not_searched, cut("lose=1", "delete_lead p0 1")),
    _mistake(loser_speaks_on, scene(*TWO, "merge_contacts p0 1", "minutes 3", *READ, *BOTH_WORKED)),
    _mistake(events_keyed_by_hearing, scene(*PASSED, "work p0 1", "pull-status")),
    _mistake(
        work_counted_for_the_next_cycle,
        scene(*PASSED, "reject p0 334", "pull-status", "recycle-leads", "work p0 1"),
    ),
    _mistake(
        replayed_without_the_merge,
        *(scene(*TWO, "merge_contacts p0 1", f"reject {who} 1") for who in ("p0", "p1")),
    ),
    _mistake(
        totals_leave_out_the_parked,
        *(scene("arrive p0 1", f"odd_value p0 {n}") for n in range(1, 9)),
    ),
    _mistake(
        values_in_a_problem, *(scene("arrive p0 1", f"odd_value p0 {n}") for n in range(1, 9))
    ),
)


def finds(mistake: Mistake, steps: Sequence[Step]) -> str:
    """The fault that a history shows with the mistake planted; empty where it shows none."""
    with planted(mistake.plant):
        outcome = play(steps)
    return outcome.faults[0] if outcome.faults else ""


def search(mistake: Mistake, seeds: int = SEEDS) -> tuple[str, str] | None:
    """The first history that finds it: its scenes, then seeds; each is sound without it."""
    for number, steps in enumerate(mistake.scenes, 1):
        if (fault := finds(mistake, steps)) and sound(steps):
            return f"scene {number}", fault
    for seed in range(seeds):
        steps = tuple(history(seed))
        if (fault := finds(mistake, steps)) and sound(steps):
            return f"seed {seed}", fault
    return None


@cache
def sound(steps: tuple[Step, ...]) -> bool:
    """Whether the history finds nothing in the code as it is."""
    return not play(steps).faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Plants every mistake and says what found it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--blind", action="store_true", help="by seeds alone, without scenes")
    given = parser.parse_args(arguments)
    chosen = [m for m in MISTAKES if not given.names or m.name in given.names]
    missed = 0
    for mistake in chosen:
        began = time.monotonic()
        chosen_from = replace(mistake, scenes=()) if given.blind else mistake
        found = search(chosen_from, given.seeds)
        missed += found is None
        says = f"{found[0]}: {found[1][:90]}" if found else "MISSED"
        print(f"{mistake.name:34} {time.monotonic() - began:6.1f} s  {says}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} mistakes found")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
