"""Pulls changed contacts page by page, decides each page and stores it whole with its cursor."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from connector.core.events import Event
from connector.core.frozen import replace
from connector.core.plan import Action, ActionKind
from connector.core.records import SourceRecord
from connector.core.rules.fields import FieldRule
from connector.core.rules.recycling import StatusRule
from connector.flows.agreed import Histories, ask_histories, land
from connector.flows.agreeing import Agreeing
from connector.flows.ahead import ahead, side_by_side
from connector.flows.deliver import add, total
from connector.flows.joining import joined_leads
from connector.flows.lead_state import MERGED_INTO, SEEN, fields_in
from connector.flows.parts import PARTS, STREAM, Part, open_parts, pages_of
from connector.flows.share_owners import note_contact_owners
from connector.flows.told import only_what_was_read_last
from connector.flows.traces import keeping
from connector.ports import (
    Clock,
    Cursor,
    LeadRow,
    Ledger,
    MarketingSystem,
    Page,
    RunTotals,
    Snapshot,
    Span,
    Transaction,
    Window,
)

PAGE = 200
RULES = "rules"  #: a cursor whose `after` names the files every lead was last decided by


@dataclass(slots=True, kw_only=True)
class Decided:
    """What deciding one page came to; lands in the ledger in one transaction."""

    rows: list[LeadRow] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    skipped: int = 0  #: records whose content did not change
    parked: int = 0

    def totals(self, picked_up: int) -> RunTotals:
        return RunTotals(
            picked_up=picked_up,
            delivered=picked_up - self.skipped - self.parked,
            skipped=self.skipped,
            parked=self.parked,
        )


class Decide(Protocol):
    """Decides a page: pure, so that the same page gives the same plan again."""

    def hashes(self, records: Sequence[SourceRecord]) -> dict[str, str]:
        """Contact id -> hash of the content that decides, for contacts that nobody was merged
        into."""

    def page(
        self,
        records: Sequence[SourceRecord],
        known: dict[str, LeadRow],
        now: datetime,
        *,
        anew: bool = False,
    ) -> Decided: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSettings:
    """`overlap` is read again at each window's start; `lag` keeps its end behind the index."""

    properties: tuple[str, ...]
    overlap: timedelta = timedelta(minutes=30)
    lag: timedelta = timedelta(seconds=10)
    ruleset: str = ""
    statuses: Mapping[str, StatusRule] = field(default_factory=dict)  #: what sales' words say
    owner: FieldRule | None = None  #: how the owner travels, where the files say so
    salt: Callable[[], bytes] = bytes  #: by which erased people are recognised; the first may
    #: ask to be forgotten while a run reads, so that it is asked for with each page
    ahead: int = 0  #: pages read while one is decided
    traces: tuple[str, ...] = ()  #: properties, read along, that tell of activities
    handed_over: frozenset[str] = frozenset()  #: stages whose leads are handed over


def pull(
    marketing: MarketingSystem,
    ledger: Ledger,
    decide: Decide,
    settings: PullSettings,
    *,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
    agreeing: Agreeing | None = None,
    part: Part | None = None,
    anew: Span | None = None,
) -> RunTotals:
    """Reads what changed, decides it and stores each page with its cursor in one transaction.

    The first time it scans all contacts by id; later it searches a fixed window of modification
    time that ends `lag` before now and begins `overlap` before the last one ended, because the
    search index lags and reorders (both by rising id, so that nothing moves under the reader).
    Where a run is cut off the next one goes on inside the same window. `agreeing` carries what
    changed on to the CRM, for leads that it has already. With `part`, only this part of a divided
    first load is read; a later run without one reads what is left, and ends the load. With `anew`,
    only those leads of the span are read that other files decided.
    """
    totals = RunTotals()
    reading = _Reading(marketing, ledger, decide, settings, clock, run_id, progress, agreeing)
    if anew is not None:
        return reading.of_other_files(anew)
    pages = (
        _pages(marketing, ledger, settings, clock)
        if part is None
        else pages_of(part, ledger, marketing, settings.properties, clock)
    )
    for page, cursor in ahead(pages, settings.ahead):
        totals = add(totals, reading.page(page.records, cursor))
        progress("contacts read", len(page.records))
    if part is not None:
        return totals
    return total((totals, reading.by_new_files(), reading.by_time()))


def _ids(records: Sequence[SourceRecord]) -> list[str]:
    return list(dict.fromkeys(i for r in records for i in (r.id, *r.merged_ids)))


def store(tx: Transaction, decided: Decided, *, now: datetime, run_id: str) -> None:
    """Puts a decided page into the ledger; the same page again adds nothing."""
    tx.save_leads(decided.rows)
    tx.save_snapshots(decided.snapshots, run_id=run_id)
    tx.plan(decided.actions, now=now, run_id=run_id)
    tx.record(decided.events, now=now, run_id=run_id)


def settle_parks(
    tx: Transaction, decided: Decided, *, record_kinds: Sequence[str], now: datetime
) -> None:
    """What was parked about a lead and is decided otherwise now waits for nobody any more."""
    keep = [action.key for action in decided.actions if action.kind is ActionKind.PARK]
    lead_ids = [row.state.lead_id for row in decided.rows]
    tx.settle_parks(lead_ids, record_kinds=record_kinds, keep=keep, now=now)


def _pages(
    marketing: MarketingSystem, ledger: Ledger, settings: PullSettings, clock: Clock
) -> Iterator[tuple[Page, Cursor]]:
    with ledger.transaction() as tx:
        cursor = tx.cursor(STREAM)
    now = min(clock.now(), marketing.now())
    began, parts = open_parts(ledger)
    if began is not None:
        left = [pages_of(p, ledger, marketing, settings.properties, clock) for p in parts]
        yield from side_by_side(left, settings.ahead)
        yield Page(records=()), Cursor(stream=PARTS)
        yield Page(records=()), Cursor(stream=STREAM, covered=began.since)
        return
    if cursor.covered is None:
        yield from _scan(marketing, cursor, settings, now)
        return
    window = cursor.window
    if window is None:
        until = max(now - settings.lag, cursor.covered)
        window = Window(since=min(cursor.covered, until) - settings.overlap, until=until)
        cursor = replace(cursor, window=window, after="0")
    yield from _window(marketing, cursor, window, settings)


def _scan(
    marketing: MarketingSystem, cursor: Cursor, settings: PullSettings, now: datetime
) -> Iterator[tuple[Page, Cursor]]:
    """The first load. What changes after its start comes with the first window."""
    window = cursor.window or Window(since=now, until=now)
    cursor = replace(cursor, window=window, after=cursor.after or "0")
    pages = marketing.scan(settings.properties, cursor.after)
    yield from _moving(pages, cursor, Cursor(stream=STREAM, covered=window.since))


def _window(
    marketing: MarketingSystem, cursor: Cursor, window: Window, settings: PullSettings
) -> Iterator[tuple[Page, Cursor]]:
    pages = marketing.changed(window, settings.properties, cursor.after)
    yield from _moving(pages, cursor, Cursor(stream=STREAM, covered=window.until))


def _moving(pages: Iterator[Page], cursor: Cursor, end: Cursor) -> Iterator[tuple[Page, Cursor]]:
    """Each page with the cursor that is true once the page is stored; the last one with `end`."""
    for page in pages:
        if page.resume is None:
            yield page, end
            return
        cursor = replace(cursor, after=page.resume)
        yield page, cursor
    yield Page(records=()), end


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads known leads anew where the files or the time changed, not the contacts."""

    marketing: MarketingSystem
    ledger: Ledger
    decide: Decide
    settings: PullSettings
    clock: Clock
    run_id: str
    progress: Callable[[str, int], None]
    agreeing: Agreeing | None = None

    def page(self, records: Sequence[SourceRecord], cursor: Cursor) -> RunTotals:
        """Decides one page and stores it whole, with its cursor."""
        with self.ledger.transaction() as tx:
            fresh = self._changed(tx, records)
            if not fresh:
                tx.move_cursor(cursor)
                return RunTotals(picked_up=len(records), skipped=len(records))
        now = self.clock.now()
        histories = self._histories(fresh)
        with self.ledger.transaction() as tx:
            decided = self._decided(tx, fresh, histories, now)
            tx.move_cursor(cursor)
        decided.skipped += len(records) - len(fresh)
        return decided.totals(len(records))

    def _changed(self, tx: Transaction, records: Sequence[SourceRecord]) -> list[SourceRecord]:
        """Without contacts whose lead was decided from the very same content by the same files.

        Where the owner travels, contacts of linked leads are looked at all the same: what we wrote
        may come back.
        """
        same = tx.decided_from(
            self.decide.hashes(records),
            self.settings.ruleset,
            linked_too=self.settings.owner is None,
        )
        return [record for record in records if record.id not in same]

    def _decided(
        self,
        tx: Transaction,
        records: Sequence[SourceRecord],
        histories: Histories,
        now: datetime,
        *,
        anew: bool = False,
    ) -> Decided:
        everybody = len(records)
        records = self._not_erased(tx, records)
        known = tx.leads_by_hubspot(_ids(records))
        joined = joined_leads(tx, records, known, now)
        known = joined.known
        decided = self.decide.page(records, known, now, anew=anew)
        if traces := self.settings.traces:
            read = {record.id: record for record in records}
            decided.rows = keeping(decided.rows, read, traces, self.settings.handed_over, now)
        decided.actions = only_what_was_read_last(tx, decided.actions, known, now)
        store(tx, decided, now=now, run_id=self.run_id)
        statuses, ruleset = self.settings.statuses, self.settings.ruleset
        joined.land(tx, statuses, now=now, run_id=self.run_id, ruleset=ruleset)
        settle_parks(tx, decided, record_kinds=("contact",), now=now)
        if self.settings.owner is not None:
            passed = [r for r in records if r.id in known and known[r.id].state.salesforce_id]
            rule = self.settings.owner
            note_contact_owners(tx, passed, rule, now=now, run_id=self.run_id, anew=anew)
        if self.agreeing is not None:
            # As they stand now; a new lead has no link yet, and nothing that was agreed on.
            met = {row.state.lead_id for row in known.values()}
            stored = tx.leads([r.state.lead_id for r in decided.rows if r.state.lead_id in met])
            agreed = self.agreeing.from_marketing(tx, list(stored.values()), now, histories)
            land(tx, agreed, now=now, run_id=self.run_id)
        decided.skipped += everybody - len(records)
        return decided

    def _not_erased(self, tx: Transaction, records: Sequence[SourceRecord]) -> list[SourceRecord]:
        """Without people who asked to be forgotten: nothing brings them back."""
        emails = {r.id: (r.values.get("email") or "").strip().lower() for r in records}
        erased = tx.erased(
            self.settings.salt(), emails=filter(None, emails.values()), hubspot_ids=_ids(records)
        )
        return [
            r
            for r in records
            if not erased.intersection((r.id, *r.merged_ids, emails[r.id] or r.id))
        ]

    def _histories(self, records: Sequence[SourceRecord]) -> Histories:
        """Who changed what and when, asked for only where the CRM was changed too."""
        if self.agreeing is None:
            return {}
        with self.ledger.transaction() as tx:
            known = tx.leads_by_hubspot([record.id for record in records])
        asked: dict[str, list[str]] = {}
        for record in records:
            row = known.get(record.id)
            if row is not None and fields_in(row, SEEN):
                values = self.agreeing.mapper.from_hubspot(record.values).values
                crm = self.agreeing.seen_values(row)
                if names := self.agreeing.in_question(row, values, crm):
                    asked[record.id] = names
        return ask_histories(self.marketing, asked)

    def by_time(self) -> RunTotals:
        """The leads whose moment has come: a cool-down is over, a date they named is here."""
        totals = RunTotals()
        while True:
            with self.ledger.transaction() as tx:
                due = tx.leads_due(now=self.clock.now(), limit=PAGE)
            if not due:
                return totals
            totals = add(totals, self._again(due))
            self.progress("leads whose moment has come", len(due))

    def by_new_files(self) -> RunTotals:
        """All leads that other files decided, once: a new mapping holds for everybody."""
        version = self.settings.ruleset
        with self.ledger.transaction() as tx:
            if tx.cursor(RULES).after == version:
                return RunTotals()
        totals = self.of_other_files(Span())
        with self.ledger.transaction() as tx:
            tx.move_cursor(Cursor(stream=RULES, after=version))
        return totals

    def of_other_files(self, span: Span) -> RunTotals:
        """The leads of a span that other files decided, a page at a time."""
        totals = RunTotals()
        while rows := self.ledger.stale_leads(self.settings.ruleset, span, limit=PAGE):
            span = replace(span, after=rows[-1].state.lead_id)
            totals = add(totals, self._again(rows))
            self.progress("leads decided by the new files", len(rows))
        return totals

    def _again(self, rows: Sequence[LeadRow]) -> RunTotals:
        ids = [row.hubspot_id for row in rows if row.hubspot_id and not row.crm.get(MERGED_INTO)]
        there = self.marketing.read(ids, self.settings.properties)
        records = list({record.id: record for record in there.values()}.values())
        histories = self._histories(records)
        now = self.clock.now()
        with self.ledger.transaction() as tx:
            decided = self._decided(tx, records, histories, now, anew=True)
            read = {row.state.lead_id for row in decided.rows}
            fresh = tx.leads([row.state.lead_id for row in rows if row.state.lead_id not in read])
            # Whom marketing no longer has, nobody needs to complete or correct.
            tx.settle_parks(list(fresh), record_kinds=("contact", "Lead"), keep=(), now=now)
            tx.save_leads(
                replace(row, look_again_at=None, ruleset=self.settings.ruleset)
                for row in fresh.values()
            )
        gone = len(fresh)
        return add(decided.totals(len(records)), RunTotals(picked_up=gone, skipped=gone))
