"""Compares both systems with the ledger, page by page: counts, drift, deletions; writes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.changes import same_value
from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.mapping import crm_name
from connector.core.plan import Destination
from connector.core.problems import Mender, Place, Problem
from connector.core.records import SourceRecord, Values
from connector.core.rules.identity import Deleted
from connector.flows.agreed import FIELDS
from connector.flows.agreeing import Agreeing
from connector.flows.believe import MOST_GONE, believe
from connector.flows.joining import DELETED_THERE
from connector.flows.lead_state import ARCHIVED, GONE, MERGED_INTO, is_at_rest, with_crm
from connector.flows.share_owners import OWNER, Roster
from connector.flows.status_facts import link_park
from connector.ports import Clock, Crm, LeadRow, Ledger, MarketingSystem, RunTotals, Transaction

PAGE = 500
LISTED = 200  #: of each kind of drift so many are named; all are counted


@dataclass(slots=True, kw_only=True)
class Reconciled:
    """What both sides showed. Drift is (lead or record id, field or "")."""

    contacts: int = 0  #: in marketing
    known: int = 0  #: of these, leads of the ledger
    leads: int = 0  #: living leads of the ledger
    linked: int = 0  #: of these, with a record in the CRM
    crm: dict[str, int] = field(default_factory=dict)  #: kind -> records with our external id
    drift: dict[str, int] = field(default_factory=dict)  #: kind of drift -> how many
    listed: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    archived: int = 0  #: deletions in marketing that were news

    def note(self, kind: str, id_: str, name: str = "") -> None:
        self.drift[kind] = self.drift.get(kind, 0) + 1
        some = self.listed.setdefault(kind, [])
        if len(some) < LISTED:
            some.append((id_, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """Compares by one ruleset. `contact_fields` are the agreed fields that Contacts have."""

    marketing: MarketingSystem
    crm: Crm
    ledger: Ledger
    agreeing: Agreeing
    clock: Clock
    contact_fields: tuple[str, ...] = ()
    most_gone: int = MOST_GONE
    roster: Roster | None = None  #: where the files say how the owner travels

    def run(self, *, run_id: str, progress: Callable[[str, int], None]) -> Reconciled:
        """Counts and compares first; only a side that is believed may report deletions.

        Raises StopTheRun where one side is suddenly near empty: nothing is concluded from that.
        """
        result = Reconciled()
        external_id = self.agreeing.ruleset.fields.external_id
        for kind in ("Lead", "Contact"):
            result.crm[kind] = self.crm.count(kind, external_id)
        properties = self.agreeing.ruleset.fields.hubspot_properties()
        for page in self.marketing.scan(properties, "0"):
            self._page(page.records, result)
            progress("contacts compared", len(page.records))
        self._ledger(result)
        believe("HubSpot", result.known, result.leads, self.most_gone)
        believe("Salesforce", sum(result.crm.values()), result.linked, self.most_gone)
        self._deletions(result, run_id, progress)
        return result

    def _page(self, records: Sequence[SourceRecord], result: Reconciled) -> None:
        with self.ledger.transaction() as tx:
            rows = tx.leads_by_hubspot([record.id for record in records])
        result.contacts += len(records)
        linked: list[tuple[LeadRow, SourceRecord]] = []
        for record in records:
            row = rows.get(record.id)
            if row is None:
                result.note("not in the ledger", f"hubspot:contact/{record.id}")
                continue
            result.known += row.hubspot_id == record.id
            if row.state.salesforce_id is not None and not is_at_rest(row):
                linked.append((row, record))
        for kind in ("Lead", "Contact"):
            of_kind = [pair for pair in linked if pair[0].state.salesforce_kind == kind]
            self._compare(kind, of_kind, result)

    def _compare(
        self, kind: str, pairs: Sequence[tuple[LeadRow, SourceRecord]], result: Reconciled
    ) -> None:
        """Fields in which the two systems differ; a blank on one side is no drift."""
        if not pairs:
            return
        names = self.agreeing.crm_fields(kind) if kind == "Lead" else self.contact_fields
        ids = [row.state.salesforce_id or "" for row, _ in pairs]
        there = self.crm.read(kind, ids, (*names, "OwnerId") if self.roster else names)
        rule = self.agreeing.ruleset.fields.owner
        for row, record in pairs:
            shown = there.get(row.state.salesforce_id or "")
            if shown is None:
                result.note("gone from the CRM", row.state.lead_id)
                continue
            for name in self._differing(kind, record, shown):
                result.note("fields differ", row.state.lead_id, name)
            if self.roster is not None and rule is not None:
                seat = record.values.get(rule.hubspot or "")
                if self.roster.differ(shown.values.get("OwnerId"), seat):
                    result.note("fields differ", row.state.lead_id, rule.name)

    def _differing(self, kind: str, contact: SourceRecord, shown: SourceRecord) -> list[str]:
        """Where one side has a single word for several of the other, either of them is the same."""
        mapper, rules = self.agreeing.mapper, self.agreeing.rules
        ours = mapper.from_hubspot(contact.values).values
        theirs = mapper.from_salesforce(shown.values, kind).values
        names = [
            n for n in rules if ours.get(n) and theirs.get(n) and self._differ(n, ours, theirs)
        ]
        if not names:
            return []
        told, _ = mapper.to_salesforce(ours, kind)
        there = mapper.from_salesforce({**shown.values, **told}, kind).values
        answered, _ = mapper.to_hubspot(theirs)
        here = mapper.from_hubspot({**contact.values, **answered}).values
        return [
            name
            for name in names
            if (crm_name(rules[name], kind) not in told or self._differ(name, there, theirs))
            and (rules[name].hubspot not in answered or self._differ(name, ours, here))
        ]

    def _differ(self, name: str, left: Values, right: Values) -> bool:
        return not same_value(left.get(name), right.get(name), self.agreeing.rules[name].type)

    def _ledger(self, result: Reconciled) -> None:
        after = ""
        while rows := self.ledger.lead_rows(after=after, limit=PAGE):
            after = rows[-1].state.lead_id
            for row in rows:
                gone = row.crm.get(MERGED_INTO) or row.crm.get(ARCHIVED) or not row.hubspot_id
                result.leads += not gone
                linked = row.state.salesforce_id is not None and not row.crm.get(GONE)
                result.linked += linked and not gone

    def _deletions(
        self, result: Reconciled, run_id: str, progress: Callable[[str, int], None]
    ) -> None:
        for page in self.marketing.scan(("email",), "0", archived=True):
            with self.ledger.transaction() as tx:
                result.archived += self._archive(tx, page.records, run_id)
            progress("deleted contacts", len(page.records))

    def _archive(self, tx: Transaction, records: Sequence[SourceRecord], run_id: str) -> int:
        """Marks leads whose contact was deleted: they rest, and are never made again."""
        now = self.clock.now()
        known = tx.leads_by_hubspot([i for r in records for i in (r.id, *r.merged_ids)])
        resting: list[LeadRow] = []
        events: list[Event] = []
        for record in records:
            for row in _leads_of(record, known):
                marked = with_crm(row, **{ARCHIVED: record.updated_at.isoformat()})
                resting.append(replace(marked, look_again_at=None))
                events.append(_deleted(row, record))
        ids = [row.state.lead_id for row in resting]
        tx.save_leads(resting)
        tx.record(events, now=now, run_id=run_id)
        _give_up(tx, ids, now)
        if self.agreeing.ruleset.identity.deleted_in_marketing is Deleted.PARK:
            parks = [link_park(row.state.lead_id, _told(row)) for row in resting]
            tx.plan(parks, now=now, run_id=run_id)
        return len(resting)


def _leads_of(record: SourceRecord, known: Mapping[str, LeadRow]) -> list[LeadRow]:
    """Whose contact this deleted one was, also under an id that was merged into it; also where
    sales has deleted its record before."""
    ids = (record.id, *record.merged_ids)
    rows = {row.state.lead_id: row for id_ in ids if (row := known.get(id_)) is not None}
    return [
        row
        for row in rows.values()
        if row.hubspot_id in ids and not row.crm.get(ARCHIVED) and not row.crm.get(MERGED_INTO)
    ]


def _give_up(tx: Transaction, ids: Sequence[str], now: datetime) -> None:
    """What was to leave for these leads, and what was asked about their values: nothing of them is
    written any more. Two records of one person in the CRM stay with sales."""
    for destination in (Destination.HUBSPOT, Destination.SALESFORCE, Destination.NOTIFY):
        tx.give_up(ids, now=now, destination=destination)
    tx.settle_parks(ids, record_kinds=("contact", "Lead", FIELDS, OWNER), keep=(), now=now)


def totals_of(result: Reconciled) -> RunTotals:
    """A run's totals: every contact was compared; what drifted, or was deleted, is in the notes."""
    notes: Mapping[str, int] = {**result.drift, "deleted in HubSpot": result.archived}
    return RunTotals(
        picked_up=result.contacts,
        delivered=result.contacts,
        notes={name: count for name, count in notes.items() if count},
    )


def _deleted(row: LeadRow, record: SourceRecord) -> Event:
    lead_id = row.state.lead_id
    fact = f"hubspot {record.id} {record.updated_at.isoformat()}"
    return Event(
        key=event_key(EventKind.DELETED, lead_id, fact),
        lead_id=lead_id,
        kind=EventKind.DELETED,
        at=record.updated_at,
        cycle=row.state.cycle,
        data={"system": "hubspot", "kind": "contact"},
        by="leadrelay",
    )


def _told(row: LeadRow) -> Problem:
    return Problem(
        code=DELETED_THERE,
        where=Place(file=f"hubspot:contact/{row.hubspot_id}"),
        what="the contact was deleted; its record in the CRM is kept and written no more",
        remedy="Restore the contact in HubSpot, or dismiss this: the lead rests.",
        mender=Mender.MARKETING,
    )
