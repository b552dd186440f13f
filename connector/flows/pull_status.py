"""Pulls back what sales did: status, touches, conversions, opportunities, deletions and merges."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.core.additions import FIELDS, PARENT
from connector.core.events import EventKind, event_key
from connector.core.frozen import replace
from connector.core.owners import Directory, directory
from connector.core.plan import ActionKind, Destination
from connector.core.records import SourceRecord
from connector.core.rules.people import People
from connector.flows.agreed import Histories, ask_histories, land
from connector.flows.agreeing import Agreeing
from connector.flows.believe import FEW, believe
from connector.flows.deliver import add
from connector.flows.doubles import ask_again
from connector.flows.joining import settle_deletions
from connector.flows.lead_state import is_at_rest
from connector.flows.pull import Decided, store
from connector.flows.status_facts import DELETED_HERE, Facts, StatusFacts, link_park
from connector.flows.status_streams import EVENT_FIELDS, History, StatusSettings, Stream, streams
from connector.ports import (
    Clock,
    Crm,
    Cursor,
    Ledger,
    Link,
    MarketingSystem,
    RunTotals,
    StoredEvent,
    Transaction,
    Window,
)

PEOPLE = ("Lead", "Contact")
LINKED = "salesforce.linked"  #: a cursor whose `after` is the last event that made a link
LINKING = (EventKind.DELIVERED.value, EventKind.MERGED.value, EventKind.RESTORED.value)
HELD = "salesforce.Event.held"  #: a cursor whose `after` is the last meeting that is over
PAGE = 10_000
MOVED = timedelta(days=30)  #: how long a meeting that ended unseen is looked for
FIRST_LOOK = timedelta(days=30)  #: an organisation's whole feed is never read
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  #: before any record of either system


def pull_status(
    crm: Crm,
    ledger: Ledger,
    facts: Callable[[Directory, datetime], StatusFacts],
    settings: StatusSettings,
    *,
    people: People,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
    agreeing: Agreeing | None = None,
    marketing: MarketingSystem | None = None,
) -> RunTotals:
    """Reads each kind of record since its own cursor and stores the facts it tells.

    `facts` makes the reader once the CRM's users are known. Each page is stored whole with its
    cursor; the same row again tells the same facts, by the same keys, and adds nothing. What sales
    changed of the agreed fields goes on to `marketing` by `agreeing`.
    """
    now = min(clock.now(), crm.now())
    reader = facts(directory(people, crm.members()), now)
    kinds = crm.schema("Task").fields
    settings = replace(settings, task_fields=("Type",) if "Type" in kinds else ())
    job = _Reading(crm, ledger, settings, clock, now, run_id, progress, agreeing, marketing)
    totals = RunTotals()
    for stream in streams(reader, settings, agreeing):
        totals = add(totals, job.read(stream))
    totals = add(totals, job.added(reader))
    for kind in PEOPLE:
        totals = add(totals, job.gone(kind, reader))
    totals = add(totals, job.linked(streams(reader, settings, agreeing), reader))
    return add(totals, job.held(reader))


@dataclass(frozen=True, slots=True)
class _Reading:
    crm: Crm
    ledger: Ledger
    settings: StatusSettings
    clock: Clock
    now: datetime  #: of the run: every window ends there, so that the CRM is asked for it once
    run_id: str
    progress: Callable[[str, int], None]
    agreeing: Agreeing | None = None
    marketing: MarketingSystem | None = None
    #: record that this run reads with all that was done to it -> its lead
    heard: dict[str, str] = field(default_factory=dict)
    shown: list[Stream] = field(default_factory=list)  #: additions that the CRM lets us see
    joined: dict[str, Link] = field(default_factory=dict)  #: links made in this run, by record

    def read(self, stream: Stream) -> RunTotals:
        """Pages of one stream from where its cursor stands."""
        totals = RunTotals()
        cursor, window = self._window(f"salesforce.{stream.kind}")
        end = Cursor(stream=cursor.stream, covered=window.until)
        whole_since = self._beside_since(stream)
        for page in self.crm.changed(stream.kind, stream.fields, window, cursor.after):
            cursor = end if page.resume is None else replace(cursor, after=page.resume)
            totals = add(totals, self._page(stream, page.records, cursor, whole_since))
        if cursor is not end:
            self._move(end)
        return totals

    def added(self, reader: StatusFacts) -> RunTotals:
        """Files and comments, as far as the CRM shows them; mostly one call says: nothing new."""
        totals = RunTotals()
        at = {kind: self._window(f"salesforce.{kind}") for kind in PARENT}
        stirred = self.crm.stirred({kind: window for kind, (_, window) in at.items()})
        for kind, moved in stirred.items():
            cursor, window = at[kind]
            self.shown.append(Stream(kind, (PARENT[kind], *FIELDS[kind]), reader.additions))
            if moved:
                totals = add(totals, self.read(self.shown[-1]))
            else:
                self._move(Cursor(stream=cursor.stream, covered=window.until))
        return totals

    def linked(self, streams: Iterable[Stream], reader: StatusFacts) -> RunTotals:
        """Records that became ours after they were changed, with what was done to them meanwhile.

        A Lead whose create was never answered, or into which a rep merged one of ours, may have
        been worked before we knew that it is ours; no window shows that again.
        """
        by_kind = {stream.kind: stream for stream in streams}
        totals = RunTotals()
        while True:
            with self.ledger.transaction() as tx:
                cursor = tx.cursor(LINKED)
                links = self.ledger.events(after=int(cursor.after or 0), kinds=LINKING, limit=PAGE)
                rows = tx.leads(sorted({link.event.lead_id for link in links}))
            if not links:
                return add(totals, self._joined(by_kind, reader, cursor))
            states = [row.state for row in rows.values() if row.state.salesforce_id]
            for kind in [kind for kind in PEOPLE if kind in by_kind]:
                ids = {
                    str(state.salesforce_id): state.lead_id
                    for state in states
                    if (state.salesforce_kind or "Lead") == kind
                }
                late = sorted(dict(ids.items() - self.heard.items()))
                if late:
                    totals = add(totals, self._late(by_kind, reader, kind, late, cursor))
            self._move(Cursor(stream=LINKED, after=str(links[-1].number)))

    def _joined(
        self, streams: Mapping[str, Stream], reader: StatusFacts, cursor: Cursor
    ) -> RunTotals:
        """Records with which this run has linked a lead: read for it, unless they were already.

        What is heard again may link, too: an id that was another lead's then is free now.
        """
        totals = RunTotals()
        while self.joined:
            links = list(self.joined.values())
            self.joined.clear()
            for kind in [kind for kind in PEOPLE if kind in streams]:
                late = sorted(
                    link.salesforce_id
                    for link in links
                    if link.salesforce_kind == kind
                    and self.heard.get(link.salesforce_id) != link.lead_id
                )
                if late:
                    totals = add(totals, self._late(streams, reader, kind, late, cursor))
        return totals

    def _late(
        self,
        streams: Mapping[str, Stream],
        reader: StatusFacts,
        kind: str,
        ids: Sequence[str],
        cursor: Cursor,
    ) -> RunTotals:
        """Some people's records and their activities, read by their ids."""
        found = self.crm.read(kind, ids, streams[kind].fields)
        if missing := [id_ for id_ in ids if id_ not in found]:
            ends = tuple(self.crm.deleted_by(kind, "Id", missing).values())
            with self.ledger.transaction() as tx:
                self._store(tx, reader.gone(tx, kind, ends))
        totals = self._page(streams[kind], tuple(found.values()), cursor, EPOCH)
        for stream in (streams["Task"], streams["Event"], *self.shown):
            parent = PARENT.get(stream.kind, "WhoId")
            done = self.crm.children(stream.kind, parent, ids, stream.fields)
            records = tuple(record for rows in done.values() for record in rows)
            totals = add(totals, self._page(stream, records, cursor, EPOCH))
        return totals

    def _beside_since(self, stream: Stream) -> datetime:
        """Since when what is done to a person's record is read in this run's windows; older ones
        that have just become ours are asked for it."""
        beside = ("Task", "Event", *PARENT) if stream.kind in PEOPLE else ()
        return max((self._window(f"salesforce.{kind}")[1].since for kind in beside), default=EPOCH)

    def _page(
        self, stream: Stream, records: Sequence[SourceRecord], cursor: Cursor, whole_since: datetime
    ) -> RunTotals:
        history: History = {}
        if stream.history is not None and records:
            kind, parent, fields = stream.history
            history = self.crm.children(kind, parent, [r.id for r in records], fields)
        histories = self._histories(stream, records)
        with self.ledger.transaction() as tx:
            found = stream.read(tx, records, history)
            self._store(tx, found)
            rows = {}
            if stream.kind in PEOPLE:
                rows = tx.leads_by_salesforce([record.id for record in records])
            if self.agreeing is not None and rows:
                now = self.clock.now()
                agreed = self.agreeing.from_crm(tx, rows, records, history, now, histories)
                land(tx, agreed, now=now, run_id=self.run_id)
            tx.move_cursor(cursor)
        whole = [record.id for record in records if record.created_at >= whole_since]
        self.heard.update((id_, rows[id_].state.lead_id) for id_ in whole if id_ in rows)
        self.progress(f"{stream.kind} records read", len(records))
        return RunTotals(
            picked_up=len(records),
            delivered=found.told,
            skipped=len(records) - found.told,
        )

    def _histories(self, stream: Stream, records: Sequence[SourceRecord]) -> Histories:
        """Who changed what in marketing, asked for only where both sides did."""
        if self.agreeing is None or self.marketing is None or stream.kind not in PEOPLE:
            return {}
        with self.ledger.transaction() as tx:
            rows = tx.leads_by_salesforce([record.id for record in records])
        asked: dict[str, list[str]] = {}
        for record in records:
            row = rows.get(record.id)
            if row is None:
                continue
            crm = self.agreeing.mapper.from_salesforce(record.values, stream.kind).values
            if names := self.agreeing.in_question(row, row.values, crm):
                asked[row.hubspot_id] = names
        return ask_histories(self.marketing, asked)

    def gone(self, kind: str, reader: StatusFacts) -> RunTotals:
        """Deleted and merged-away records of the window."""
        cursor, window = self._window(f"salesforce.{kind}.deleted")
        rows = self.crm.deleted(kind, window)
        with self.ledger.transaction() as tx:
            found = reader.gone(tx, kind, rows)
            self._believe(len(found.rests))
            self._store(tx, found)
            tx.move_cursor(Cursor(stream=cursor.stream, covered=window.until))
        return RunTotals(picked_up=len(rows), delivered=found.told, skipped=len(rows) - found.told)

    def _believe(self, gone: int) -> None:
        """Counts what is linked only where enough is gone to ask; nothing of it is stored yet."""
        if gone < FEW:
            return
        linked = 0
        after = ""
        while rows := self.ledger.lead_rows(after=after, limit=PAGE):
            after = rows[-1].state.lead_id
            linked += sum(1 for r in rows if r.state.salesforce_id and not is_at_rest(r))
        believe("Salesforce", linked - gone, linked, self.settings.most_gone)

    def held(self, reader: StatusFacts) -> RunTotals:
        """Meetings whose end has come: nothing about them changes in the CRM when they are held.

        The cursor stops before the first meeting that is still ahead; those behind it that were
        told already are not read again, and after MOVED nobody waits for one that was cancelled.
        """
        with self.ledger.transaction() as tx:
            cursor = tx.cursor(HELD)
        planned = self.ledger.events(
            after=int(cursor.after or 0), kinds=(EventKind.APPOINTMENT_MADE.value,), limit=PAGE
        )
        ended = [
            e
            for e in planned
            if e.event.data.get("record") and self.now >= _ends(e) >= self.now - MOVED
        ]
        ahead = [e.number for e in planned if self.now < _ends(e)]
        upto = ahead[0] - 1 if ahead else planned[-1].number if planned else 0
        with self.ledger.transaction() as tx:
            heard = tx.events_of_many(sorted({e.event.lead_id for e in ended}))
        told = {one.event.key for events in heard.values() for one in events}
        ids = [
            record
            for e in ended
            if (record := str(e.event.data["record"]))
            and event_key(EventKind.TOUCHED, e.event.lead_id, record) not in told
        ]
        records = tuple(self.crm.read("Event", ids, EVENT_FIELDS).values()) if ids else ()
        with self.ledger.transaction() as tx:
            found = reader.touches(tx, records, {})
            self._store(tx, found)
            if upto:
                tx.move_cursor(Cursor(stream=HELD, after=str(upto)))
        count = len(records)
        return RunTotals(picked_up=count, delivered=found.told, skipped=count - found.told)

    def _store(self, tx: Transaction, found: Facts) -> None:
        now = self.clock.now()
        decided = Decided(rows=found.rows, events=found.events, actions=found.actions)
        store(tx, decided, now=now, run_id=self.run_id)
        clashes = tx.link_clashes(found.links)
        linked = [link for link in found.links if link.lead_id not in clashes]
        tx.link(linked)
        self.joined.update((link.salesforce_id, link) for link in linked if link.until is None)
        mended = {link.lead_id for link in linked} | set(found.joined)
        keep = [action.key for action in found.actions if action.kind is ActionKind.PARK]
        keep += ask_again(tx, mended | set(found.restored), now=now, run_id=self.run_id)
        tx.settle_parks(sorted(mended), record_kinds=("identity",), keep=keep, now=now)
        settle_deletions(tx, found.restored, DELETED_HERE, now=now)
        parks = [link_park(lead_id, problem) for lead_id, problem in clashes.items()]
        tx.plan(parks, now=now, run_id=self.run_id)
        tx.give_up(found.rests, now=now, destination=Destination.SALESFORCE)
        tx.agree(found.agreed, now=now)
        tx.know_opportunities(found.opportunities)

    def _first(self, stream: str) -> datetime:
        """Of additions no more than since the first hand-off, and of a month at least."""
        if stream.removeprefix("salesforce.") not in PARENT:
            return EPOCH
        passed = self.ledger.events(kinds=(EventKind.HANDED_OFF.value,), limit=1)
        return min([self.now - FIRST_LOOK, *(one.event.at for one in passed)])

    def _window(self, stream: str) -> tuple[Cursor, Window]:
        with self.ledger.transaction() as tx:
            cursor = tx.cursor(stream)
        if cursor.window is not None:
            return cursor, cursor.window
        now = self.now - self.settings.lag
        since = (cursor.covered or self._first(stream)) - self.settings.overlap
        window = Window(since=max(since, EPOCH), until=max(now, since))
        return replace(cursor, window=window, after=""), window

    def _move(self, cursor: Cursor) -> None:
        with self.ledger.transaction() as tx:
            tx.move_cursor(cursor)


def _ends(stored: StoredEvent) -> datetime:
    return datetime.fromisoformat(str(stored.event.data.get("until") or stored.event.data["for"]))
