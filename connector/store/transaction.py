"""One transaction of the ledger, as flows use it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from connector.core.events import Event
from connector.core.plan import Action, ActionKind, Destination, Json
from connector.core.problems import Problem
from connector.core.records import Values
from connector.ports import (
    ActionOutcome,
    Cursor,
    Fault,
    LeadRow,
    Link,
    Snapshot,
    Standing,
    StoredAction,
    StoredEvent,
    Turn,
    Watched,
    Window,
)
from connector.store import begun, bulk, deals, history, leads, outbox, parked, tombstones, watching
from connector.store import links as linking
from connector.store.tables import cursor
from connector.store.types import micros_or_none

_CURSOR = select(cursor).where(cursor.c.stream == bindparam("stream")).with_for_update()


class SqlTransaction:
    """Implements ports.Transaction on one open connection; made by SqlLedger.transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._parked: list[str] = []

    def close_out(self) -> None:
        """The last step before the commit; SqlLedger calls it."""
        if self._parked:
            outbox.settle_parked(self._connection, self._parked)

    def cursor(self, stream: str) -> Cursor:
        """Where the stream stands; an unread one stands at the beginning."""
        row = self._connection.execute(_CURSOR, {"stream": stream}).one_or_none()
        if row is None:
            return Cursor(stream=stream)
        whole = row.since is not None and row.until is not None
        window = Window(since=row.since, until=row.until) if whole else None
        return Cursor(stream=stream, covered=row.covered, window=window, after=row.after)

    def move_cursor(self, cursor: Cursor) -> None:
        _move(self._connection, cursor)

    def leads(self, ids: Sequence[str]) -> dict[str, LeadRow]:
        return leads.by_id(self._connection, ids)

    def leads_by_hubspot(self, hubspot_ids: Sequence[str]) -> dict[str, LeadRow]:
        """Asked id -> lead, by current or earlier HubSpot id."""
        return leads.by_hubspot(self._connection, hubspot_ids)

    def decided_from(
        self, hashes: Mapping[str, str], ruleset: str, *, linked_too: bool
    ) -> set[str]:
        """Of contact id -> content hash the ids whose lead was last decided from just that."""
        return leads.decided_from(self._connection, hashes, ruleset, linked_too=linked_too)

    def leads_by_salesforce(self, salesforce_ids: Sequence[str]) -> dict[str, LeadRow]:
        """Asked id -> lead, by current or earlier Salesforce id (18 characters)."""
        return leads.by_salesforce(self._connection, salesforce_ids)

    def save_leads(self, rows: Iterable[LeadRow]) -> None:
        """Inserts or updates; `salesforce_id`, `salesforce_kind` and `agreed` of the state are
        not written: `link` and `agree` are the only ways to change them."""
        leads.save(self._connection, rows)

    def memories(self, ids: Sequence[str]) -> dict[str, Mapping[str, Json]]:
        return leads.memories(self._connection, ids)

    def keep_memories(self, memories: Mapping[str, Mapping[str, Json]]) -> None:
        leads.keep_memories(self._connection, memories)

    def save_snapshots(self, snapshots: Iterable[Snapshot], *, run_id: str = "") -> None:
        history.save_snapshots(self._connection, snapshots, run_id=run_id)

    def snapshots_of(self, lead_id: str) -> list[Snapshot]:
        return history.snapshots_of(self._connection, lead_id)

    def snapshots_of_many(self, ids: Sequence[str]) -> dict[str, list[Snapshot]]:
        """Lead id -> its kept decisions, oldest first; leads without any are left out."""
        return history.snapshots_of_many(self._connection, ids)

    def plan(self, actions: Iterable[Action], *, now: datetime, run_id: str) -> int:
        """Skips are not stored; what parks is parked from the start."""
        planned = list(actions)
        self._parked += [a.key for a in planned if a.kind is ActionKind.PARK]
        return outbox.plan(self._connection, planned, now=now, run_id=run_id)

    def record(self, events: Iterable[Event], *, now: datetime, run_id: str = "") -> int:
        return history.record(self._connection, events, now=now, run_id=run_id)

    def save_turns(self, turns: Iterable[Turn]) -> None:
        history.save_turns(self._connection, turns)

    def turns(self, team: str | None = None, since: datetime | None = None) -> list[Turn]:
        return history.turns(self._connection, team, since)

    def standing(self, behind: int = 0) -> Standing:
        return watching.standing(self._connection, behind)

    def turns_behind(self, number: int) -> tuple[list[Turn], int]:
        return watching.turns_behind(self._connection, number)

    def last_event(self) -> int:
        return watching.last_event(self._connection)

    def moments_since(self, kind: str, at: datetime) -> list[datetime]:
        return watching.moments_since(self._connection, kind, at)

    def given_since(self, at: datetime) -> list[tuple[str, datetime]]:
        return watching.given_since(self._connection, at)

    def owners_behind(self, number: int) -> list[tuple[str, str, datetime, int]]:
        return watching.owners_behind(self._connection, number)

    def open_leads(self) -> list[LeadRow]:
        return watching.open_leads(self._connection)

    def open_heat(self) -> Iterator[tuple[str, str, str, float, datetime]]:
        return watching.open_heat(self._connection)

    def open_leads_by_owner(self) -> dict[str, int]:
        return leads.open_by_owner(self._connection)

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
        """Starts what is due for a destination; with `keys`, none but these."""
        return outbox.take(
            self._connection,
            destination,
            limit=limit,
            now=now,
            run_id=run_id,
            keys=keys,
            express_only=express_only,
        )

    def due(
        self, destination: Destination, kind: ActionKind, record: str, *, now: datetime, most: int
    ) -> int:
        """How many actions on one kind of record are planned, or waiting and due, up to `most`."""
        return outbox.count_due(self._connection, destination, kind, record, now, most)

    def unfinished(
        self, destination: Destination, now: datetime | None = None
    ) -> list[StoredAction]:
        """Started actions whose run holds no lease; with `now`, none that has not run out."""
        return begun.unfinished(self._connection, destination, now)

    def finish(self, outcomes: Iterable[ActionOutcome], *, now: datetime) -> None:
        """Raises ValueError for an unknown key, StopTheRun for an illegal transition, and writes
        nothing then."""
        self._parked += outbox.finish(self._connection, outcomes, now=now)

    def settle_parks(
        self,
        lead_ids: Iterable[str],
        *,
        record_kinds: Sequence[str],
        keep: Iterable[str],
        now: datetime,
    ) -> int:
        """Ends what a decision had parked about these leads and a newer one no longer does."""
        return outbox.settle_parks(
            self._connection, lead_ids, record_kinds=record_kinds, keep=keep, now=now
        )

    def keep_images(
        self, images: Mapping[str, tuple[Mapping[str, Json], Mapping[str, Json]]]
    ) -> None:
        """Key -> (what was written, what stood there before): kept for a rollback."""
        outbox.keep_images(self._connection, images)

    def give_up(
        self,
        lead_ids: Iterable[str],
        *,
        now: datetime,
        destination: Destination | None = None,
    ) -> int:
        """Dismisses whatever of these leads has not left yet; returns how many actions."""
        return begun.give_up(self._connection, lead_ids, now=now, destination=destination)

    def take_up(self, lead_id: str, *, since: datetime, now: datetime) -> int:
        """Plans again the hand-off of this lead that was given up since then, and what has found
        no record since."""
        return begun.take_up(self._connection, lead_id, since=since, now=now)

    def passed_with(self, emails: Iterable[str]) -> dict[str, str]:
        """Address -> lead that was passed with it and has a record in the CRM, or will have one."""
        return begun.passed_with(self._connection, emails)

    def link(self, links: Iterable[Link]) -> None:
        """Raises Refused, before anything is written, where another living lead keeps an id."""
        linking.put(self._connection, links)

    def link_clashes(self, links: Iterable[Link]) -> dict[str, Problem]:
        """Lead id -> why `link` would refuse its pair; without these, `link` takes the others."""
        return linking.clashes(self._connection, links)

    def links_of(self, lead_id: str) -> list[Link]:
        return linking.of_lead(self._connection, lead_id)

    def agree(self, agreed: Mapping[str, Values], *, now: datetime) -> None:
        leads.agree(self._connection, agreed, now=now)

    def events_of(self, lead_id: str) -> list[StoredEvent]:
        return history.events_of(self._connection, lead_id)

    def events_of_many(self, ids: Sequence[str]) -> dict[str, list[StoredEvent]]:
        return history.events_of_many(self._connection, ids)

    def watch(self, rows: Iterable[Watched]) -> None:
        watching.watch(self._connection, rows)

    def leads_to_watch(self, *, now: datetime, limit: int) -> list[str]:
        return watching.to_watch(self._connection, now, limit)

    def on_hold(self) -> frozenset[str]:
        return watching.on_hold(self._connection)

    def parked(self) -> list[StoredAction]:
        return outbox.parked(self._connection)

    def faults_to_tell(self, *, growth: float) -> list[Fault]:
        return [
            Fault(name=cause.name, problem=cause.example, lead_ids=cause.lead_ids)
            for cause in parked.told_once(self._connection, growth)
        ]

    def leads_queued(self, *, limit: int) -> list[LeadRow]:
        return watching.queued(self._connection, limit)

    def actions_of(self, lead_id: str) -> list[StoredAction]:
        return outbox.of_lead(self._connection, lead_id)

    def actions(self, keys: Sequence[str]) -> list[StoredAction]:
        """Actions by key, oldest first; keys the ledger does not know are left out."""
        return outbox.by_key(self._connection, keys)

    def leads_to_hand_over(
        self, stages: Sequence[str], *, behind: tuple[float, str] | None, limit: int
    ) -> list[tuple[float, str]]:
        """(score, id) of leads in these stages not yet passed in this cycle, hottest first."""
        return leads.to_hand_over(self._connection, stages, behind, limit)

    def leads_to_recycle(self, dispositions: Sequence[str], *, limit: int) -> list[LeadRow]:
        """Passed leads with one of these dispositions and no `recycled` event in this cycle."""
        return leads.to_recycle(self._connection, dispositions, limit)

    def leads_due(self, *, now: datetime, limit: int) -> list[LeadRow]:
        """Leads whose `look_again_at` has come, oldest first."""
        return leads.due(self._connection, now, limit)

    def erased(
        self,
        salt: bytes,
        *,
        emails: Iterable[str] = (),
        hubspot_ids: Iterable[str] = (),
        salesforce_ids: Iterable[str] = (),
    ) -> set[str]:
        """Those of the addresses and ids that belong to erased people, as they were given."""
        return tombstones.erased(
            self._connection,
            salt,
            emails=emails,
            hubspot_ids=hubspot_ids,
            salesforce_ids=salesforce_ids,
        )

    def find_leads(self, text: str) -> list[LeadRow]:
        return leads.find(self._connection, text)

    def know_opportunities(self, known: Iterable[tuple[str, str, int]]) -> None:
        deals.put(self._connection, known)

    def opportunities(self, ids: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        return deals.of(self._connection, ids)


def _move(connection: Connection, moved: Cursor) -> None:
    window = moved.window
    bulk.upsert(
        connection,
        cursor,
        [
            (
                moved.stream,
                micros_or_none(moved.covered),
                micros_or_none(window.since if window else None),
                micros_or_none(window.until if window else None),
                moved.after,
            )
        ],
        ("stream",),
        columns=("stream", "covered", "since", "until", "after"),
    )
