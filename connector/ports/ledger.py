"""The ledger, as a small protocol."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from connector.core.decisions import Decision
from connector.core.events import Event
from connector.core.journeys import Journey, StageNames
from connector.core.plan import Action, ActionKind, Destination, Json
from connector.core.problems import Problem
from connector.core.records import System, Values
from connector.core.turns import Turn
from connector.ports.rows import (
    ActionOutcome,
    LeadRow,
    Link,
    Snapshot,
    StoredAction,
    StoredEvent,
)
from connector.ports.runs import (
    Balance,
    Cursor,
    Fault,
    Outgoing,
    Run,
    Span,
    Standing,
    StockLine,
    Watched,
)
from connector.ports.systems import ObjectSchema


class Transaction(Protocol):
    """One transaction of the ledger: all of it lands, or none."""

    def cursor(self, stream: str) -> Cursor: ...

    def move_cursor(self, cursor: Cursor) -> None: ...

    def leads(self, ids: Sequence[str]) -> dict[str, LeadRow]: ...

    def leads_by_hubspot(self, hubspot_ids: Sequence[str]) -> dict[str, LeadRow]:
        """By current or earlier HubSpot id."""

    def decided_from(
        self, hashes: Mapping[str, str], ruleset: str, *, linked_too: bool
    ) -> set[str]:
        """Of contact id -> content hash the ids whose lead was last decided from just that by
        these files, and is neither deleted nor merged away; no lead is read for it."""

    def leads_by_salesforce(self, salesforce_ids: Sequence[str]) -> dict[str, LeadRow]:
        """By current or earlier Salesforce id (18 characters)."""

    def save_leads(self, rows: Iterable[LeadRow]) -> None: ...

    def memories(self, ids: Sequence[str]) -> dict[str, Mapping[str, Json]]:
        """What `LeadRow.crm` holds, without reading the leads; `keep_memories` replaces it."""

    def keep_memories(self, memories: Mapping[str, Mapping[str, Json]]) -> None: ...

    def save_snapshots(self, snapshots: Iterable[Snapshot], *, run_id: str = "") -> None: ...

    def snapshots_of(self, lead_id: str) -> list[Snapshot]:
        """All kept qualifications and hand-offs of one lead, oldest first."""

    def snapshots_of_many(self, ids: Sequence[str]) -> dict[str, list[Snapshot]]:
        """Lead id -> its qualifications and hand-offs, oldest first; leads without are left out."""

    def plan(self, actions: Iterable[Action], *, now: datetime, run_id: str) -> int:
        """Stores actions whose key is new as planned (Park: parked, Skip: not stored); how many."""

    def record(self, events: Iterable[Event], *, now: datetime, run_id: str = "") -> int:
        """Appends events whose key is new; returns how many were."""

    def save_turns(self, turns: Iterable[Turn]) -> None: ...

    def turns(self, team: str | None = None, since: datetime | None = None) -> list[Turn]:
        """Newest last."""

    def standing(self, behind: int = 0) -> Standing:
        """What whose turn it is comes from: all turns, or those stored after a number."""

    def turns_behind(self, number: int) -> tuple[list[Turn], int]:
        """Turns stored since, oldest first, and the number of the last one."""

    def last_event(self) -> int:
        """The number of the newest event; 0 where nothing happened yet."""

    def moments_since(self, kind: str, at: datetime) -> list[datetime]:
        """When events of one kind happened since, over all leads."""

    def given_since(self, at: datetime) -> list[tuple[str, datetime]]:
        """(owner, moment) of every hand-off, reassignment and second step since."""

    def owners_behind(self, number: int) -> list[tuple[str, str, datetime, int]]:
        """(kind, new owner, moment, number) of what changed a count of open leads, oldest first."""

    def open_leads(self) -> list[LeadRow]:
        """Passed leads that sales has neither converted nor given back, in no order."""

    def open_heat(self) -> Iterator[tuple[str, str, str, float, datetime]]:
        """The same leads as (lead id, owner, temperature, score, passed at)."""

    def open_leads_by_owner(self) -> dict[str, int]:
        """Person key -> number of passed leads that are neither answered for good nor returned."""

    def take(
        self,
        destination: Destination,
        *,
        limit: int,
        now: datetime,
        run_id: str,
        keys: Sequence[str] | None = None,
        express_only: bool = False,
    ) -> list[StoredAction]:
        """Moves planned and due waiting actions to started: express first, then oldest first;
        an action whose `after_key` is not done is left. With `keys`, none but these."""

    def due(
        self, destination: Destination, kind: ActionKind, record: str, *, now: datetime, most: int
    ) -> int:
        """How many actions on one kind of record are planned, or waiting and due, up to `most`."""

    def unfinished(
        self, destination: Destination, now: datetime | None = None
    ) -> list[StoredAction]:
        """Actions left in `started` by a run that is gone: their outcome is unknown.

        Gone is a run that holds no lease, or, with `now`, one whose lease has run out.
        """

    def finish(self, outcomes: Iterable[ActionOutcome], *, now: datetime) -> None:
        """Raises StopTheRun, and writes nothing, where another run went on with one of them."""

    def settle_parks(
        self,
        lead_ids: Iterable[str],
        *,
        record_kinds: Sequence[str],
        keep: Iterable[str],
        now: datetime,
    ) -> int:
        """Ends parks of these kinds (retried ones of any) that a newer decision does not repeat."""

    def keep_images(
        self, images: Mapping[str, tuple[Mapping[str, Json], Mapping[str, Json]]]
    ) -> None:
        """Key -> (what was written, what stood there before): kept for a rollback."""

    def give_up(
        self, lead_ids: Iterable[str], *, now: datetime, destination: Destination | None = None
    ) -> int:
        """Dismisses whatever of these leads has not left yet; returns how many actions."""

    def take_up(self, lead_id: str, *, since: datetime, now: datetime) -> int:
        """Plans again the hand-off of this lead that was given up since then, and what has found
        no record since."""

    def passed_with(self, emails: Iterable[str]) -> dict[str, str]:
        """Address -> lead that was passed with it and has a record in the CRM, or will have one."""

    def links_of(self, lead_id: str) -> list[Link]:
        """Every pair the lead ever had, oldest first."""

    def erased(
        self,
        salt: bytes,
        *,
        emails: Iterable[str] = (),
        hubspot_ids: Iterable[str] = (),
        salesforce_ids: Iterable[str] = (),
    ) -> set[str]:
        """Those of the addresses and ids that belong to erased people, as they were given."""

    def link(self, links: Iterable[Link]) -> None:
        """Sets the current pair of a lead; an earlier pair is closed and kept.

        Raises Refused where another living lead has the Salesforce id."""

    def link_clashes(self, links: Iterable[Link]) -> dict[str, Problem]:
        """Lead id -> why `link` would refuse its pair; without these, `link` takes the others."""

    def agree(self, agreed: Mapping[str, Values], *, now: datetime) -> None:
        """lead id -> values both sides now hold; merged into what was agreed before."""

    def events_of(self, lead_id: str) -> list[StoredEvent]: ...

    def events_of_many(self, ids: Sequence[str]) -> dict[str, list[StoredEvent]]:
        """Lead id -> its events by rising number; leads without any are left out."""

    def actions_of(self, lead_id: str) -> list[StoredAction]: ...

    def actions(self, keys: Sequence[str]) -> list[StoredAction]:
        """Actions by key, oldest first; keys the ledger does not know are left out."""

    def watch(self, rows: Iterable[Watched]) -> None:
        """Notes when promises are to be looked at again."""

    def leads_to_watch(self, *, now: datetime, limit: int) -> list[str]:
        """Ids of leads whose moment has come, the longest overdue first."""

    def on_hold(self) -> frozenset[str]:
        """Person keys who get nothing new at present."""

    def parked(self) -> list[StoredAction]:
        """Oldest first."""

    def faults_to_tell(self, *, growth: float) -> list[Fault]:
        """Causes of parking that nobody was told of yet, or that grew so many times since; notes
        them as told. A cause that went away is forgotten, and told again should it come back."""

    def leads_queued(self, *, limit: int) -> list[LeadRow]:
        """Leads that wait for the lead centre to decide, the longest waiting first."""

    def leads_to_hand_over(
        self, stages: Sequence[str], *, behind: tuple[float, str] | None, limit: int
    ) -> list[tuple[float, str]]:
        """(score, id) of leads in one of these stages, not yet passed in this cycle, hottest
        first; `behind` is the last one of those that were given before."""

    def leads_to_recycle(self, dispositions: Sequence[str], *, limit: int) -> list[LeadRow]:
        """Passed leads whose disposition is one of these and that have not been recycled yet."""

    def leads_due(self, *, now: datetime, limit: int) -> list[LeadRow]:
        """Leads whose `look_again_at` has come, oldest first."""

    def know_opportunities(self, known: Iterable[tuple[str, str, int]]) -> None:
        """(opportunity id, lead id, cycle): which lead's cycle an opportunity comes from."""

    def opportunities(self, ids: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        """Opportunity id -> [(lead id, cycle)], for those that come from a lead."""

    def find_leads(self, text: str) -> list[LeadRow]:
        """By lead id, HubSpot id, Salesforce id or e-mail (any case)."""


class Ledger(Protocol):
    """The store of what was read, decided, done and learned."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def lease(self, name: str, *, holder: str, now: datetime, seconds: int) -> bool:
        """Takes or renews a lease; False while somebody else's has not run out."""

    def release(self, name: str, *, holder: str) -> None: ...

    def start_run(self, run: Run) -> None: ...

    def end_run(self, run: Run) -> None: ...

    def decided_by(
        self, run_id: str, *, after: int = 0, limit: int = 1_000
    ) -> tuple[list[Snapshot], int]:
        """Decisions of one run in their order behind `after`, and the number of the last one."""

    def told_by(self, run_id: str, kinds: Sequence[str], *, by: str) -> list[StoredEvent]:
        """What one run recorded, of these kinds and by this hand, in order."""

    def done_by(self, run_id: str) -> list[StoredAction]:
        """Actions that this run finished, newest first."""

    def runs(self, job: str | None = None, limit: int = 50) -> list[Run]: ...

    def save_ruleset(self, hash_: str, files: Mapping[str, str], *, now: datetime) -> None: ...

    def rulesets(self) -> list[tuple[str, datetime, Mapping[str, str]]]: ...

    def parked(self) -> list[StoredAction]: ...

    def saw_schema(self, schema: ObjectSchema, *, now: datetime) -> bool:
        """Keeps how a system describes an object; True where that has changed."""

    def schema_seen(self, system: System, name: str) -> ObjectSchema | None:
        """The object as it was last described; None where nobody looked yet."""

    def planned(self, destination: Destination | None = None) -> list[StoredAction]:
        """Planned and waiting actions, oldest first: what the next delivery would carry out."""

    def is_idle(self, destination: Destination, *, now: datetime) -> bool:
        """Whether nothing is due there, and nothing was left started."""

    def outgoing(self, destination: Destination) -> list[Outgoing]:
        """The same as counts, one for each kind of write."""

    def events(
        self, *, after: int = 0, kinds: Sequence[str] = (), limit: int = 10_000
    ) -> list[StoredEvent]:
        """Events by rising number, behind `after`."""

    def every_event(self, *, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[StoredEvent]:
        """The same to the end, read a page at a time."""

    def leads_with(self, kinds: Sequence[str], *, after: str = "", limit: int = 1_000) -> list[str]:
        """Ids of the leads with an event of these kinds, by rising id, behind `after`."""

    def lead_rows(self, *, after: str = "", limit: int = 1_000) -> list[LeadRow]:
        """All leads by rising id, behind `after`."""

    def stale_leads(self, ruleset: str, span: Span, *, limit: int) -> list[LeadRow]:
        """By rising id, those of a span that other files than this version decided."""

    def counts(self) -> dict[str, int]:
        """Rows by table and actions by state, e.g. `lead`, `action.planned`."""

    def measure(self, names: StageNames) -> int:
        """Folds the events that are new into the journeys; how many numbers further it got."""

    def journeys(self, *, since: datetime | None = None) -> Iterator[Journey]:
        """As `measure` left them, by lead and cycle; with `since`, those that something happened
        to from then on, and every cycle of a lead that was ever recycled."""

    def journeys_of(self, lead_ids: Sequence[str]) -> Iterator[Journey]:
        """As `measure` left them, those of some leads, by lead and cycle."""

    def stock(self, *, now: datetime) -> Iterator[StockLine]:
        """Where the leads stand and since when their cycle runs, by stage."""

    def hand_offs(self) -> Balance:
        """Hand-offs that were recorded, and journeys that were passed."""

    def stage_balances(self, first: str) -> list[Balance]:
        """Per stage: those who entered without those who left, and those who stand there."""

    def astray(self, first: str) -> Iterator[tuple[str, str, str]]:
        """(lead, stage it stands in, stage its story ends with) where the two differ."""

    def statuses(self, lead_ids: Sequence[str]) -> dict[str, str]:
        """lead -> the last status of the CRM that we heard of."""

    def decide(self, decision: Decision) -> None:
        """Notes an adopted change; the same words on the same day once."""

    def decisions(self) -> list[Decision]:
        """Newest first."""
