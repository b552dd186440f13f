"""What pages of CRM records tell of our leads: events, new links, and what marketing is to see."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.additions import PARENT, addition_events
from connector.core.deals import DealStages, deal_events
from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.owners import Directory
from connector.core.plan import Action, ActionKind, Destination, Json, action_key
from connector.core.problems import Mender, Place, Problem
from connector.core.records import LeadState, SourceRecord, Values
from connector.core.rules.identity import Deleted
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import StageMeaning
from connector.core.status import StatusReader, gone, known_of, restored, steps_between
from connector.core.touches import touch_events
from connector.flows.deliver_beside import REPLACED
from connector.flows.lead_state import GONE, MERGED_INTO, with_crm
from connector.ports import LeadRow, Link, Transaction

History = Mapping[str, tuple[SourceRecord, ...]]
DELETED_HERE = "deleted-in-crm"  #: the problem of a lead whose CRM record was deleted
ERASED = "erased-"  #: how the id of an erased person begins
#: An opportunity moves a lead's stage; so do its ends.
BY_DEAL = {
    EventKind.OPPORTUNITY_CREATED: StageMeaning.OPPORTUNITY,
    EventKind.WON: StageMeaning.CUSTOMER,
}


@dataclass(slots=True, kw_only=True)
class Facts:
    """What one page came to; lands in the ledger in one transaction."""

    rows: list[LeadRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    agreed: dict[str, Values] = field(default_factory=dict)
    opportunities: list[tuple[str, str, int]] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)  #: leads whose second CRM record is merged
    restored: dict[str, datetime] = field(default_factory=dict)  #: there again -> when deleted
    rests: list[str] = field(default_factory=list)  #: leads whose CRM record was deleted
    told: int = 0  #: records that belong to one of our leads


class StatusFacts:
    """Reads pages by one ruleset; `directory` joins the CRM's users with the roster."""

    def __init__(
        self,
        ruleset: Ruleset,
        directory: Directory,
        now: datetime,
        *,
        currency: str = "",
        deal_stages: DealStages | None = None,
        hidden: Callable[[str], str] | None = None,
    ) -> None:
        self.ruleset = ruleset
        self.directory = directory
        self.now = now
        self.currency = currency
        self.deal_stages = deal_stages
        self.hidden = hidden  #: the name under which a deal of an erased person counts on
        self.reader = StatusReader(ruleset, directory)

    def leads(self, tx: Transaction, records: Sequence[SourceRecord], history: History) -> Facts:
        """Status, answer, owner and conversion."""
        facts = Facts()
        known = tx.leads_by_salesforce([r.id for r in records])
        for record in records:
            row = known.get(record.id)
            if row is None:
                continue
            facts.told += 1
            if row.state.salesforce_id not in (None, record.id):
                continue  # a Lead that was converted or merged long ago: its story is over
            before = [stored.event for stored in tx.events_of(row.state.lead_id)]
            events = self.reader.lead(
                record,
                known_of(before, worked_cycle(row.state), row.state.stage),
                lead_id=row.state.lead_id,
                cycle=worked_cycle(row.state),
                history=_of_cycle(history.get(record.id, ()), row.state),
            )
            row = self._back(facts, row, record)
            self._take(facts, row, events, record, before)
        return facts

    def contacts(self, tx: Transaction, records: Sequence[SourceRecord], _: History) -> Facts:
        """Owner of a Contact that a lead was converted to or attached to, and its return."""
        facts = Facts()
        known = tx.leads_by_salesforce([r.id for r in records])
        for record in records:
            row = known.get(record.id)
            if row is None or row.state.salesforce_id != record.id:
                continue
            facts.told += 1
            row = self._back(facts, row, record)
            owner = self.directory.owner(record.values.get("OwnerId"))
            if owner and row.state.owner and owner != row.state.owner:
                before = [stored.event for stored in tx.events_of(row.state.lead_id)]
                self._take(facts, row, [_owner_event(row, owner, record)], record, before)
        return facts

    def _back(self, facts: Facts, row: LeadRow, record: SourceRecord) -> LeadRow:
        """A record that was deleted and is read again was restored."""
        at = row.crm.get(GONE)
        if not at or row.state.salesforce_id != record.id:
            return row
        row = with_crm(row, **{GONE: None})
        facts.rows.append(row)
        state = row.state
        facts.restored[state.lead_id] = datetime.fromisoformat(str(at))
        moment = record.updated_at
        facts.events.append(
            restored(record.kind, record.id, moment, lead_id=state.lead_id, cycle=state.cycle)
        )
        return row

    def touches(self, tx: Transaction, records: Sequence[SourceRecord], _: History) -> Facts:
        """Calls, mails, meetings and notes of Tasks and Events."""
        facts = Facts()
        who = {r.id: r.values.get("WhoId") or "" for r in records}
        known = tx.leads_by_salesforce([id_ for id_ in who.values() if id_])
        ours = self.ruleset.fields.external_id
        for record in records:
            row = known.get(who[record.id])
            if row is None:
                continue
            facts.told += 1
            if _ended_by_us(record, row.state, ours):
                continue
            facts.events += touch_events(
                record,
                self.directory,
                lead_id=row.state.lead_id,
                cycle=worked_cycle(row.state),
                now=self.now,
                ours=bool(record.values.get(ours)),
            )
        return facts

    def additions(self, tx: Transaction, records: Sequence[SourceRecord], _: History) -> Facts:
        """Files and comments on our leads' records."""
        facts = Facts()
        parents = {r.id: r.values.get(PARENT[r.kind]) or "" for r in records}
        known = tx.leads_by_salesforce([id_ for id_ in parents.values() if id_])
        for record in records:
            row = known.get(parents[record.id])
            if row is None:
                continue
            found = addition_events(
                record, self.directory, lead_id=row.state.lead_id, cycle=worked_cycle(row.state)
            )
            facts.told += bool(found)
            facts.events += found
        return facts

    def roles(self, tx: Transaction, records: Sequence[SourceRecord], _: History) -> Facts:
        """Which opportunities come from our leads' contacts."""
        facts = Facts()
        contacts = {r.id: r.values.get("ContactId") or "" for r in records}
        known = tx.leads_by_salesforce([id_ for id_ in contacts.values() if id_])
        for record in records:
            row = known.get(contacts[record.id])
            opportunity = record.values.get("OpportunityId")
            if row is not None and opportunity:
                facts.told += 1
                cycle = worked_cycle(row.state)
                facts.opportunities.append((opportunity, row.state.lead_id, cycle))
        return facts

    def deals(self, tx: Transaction, records: Sequence[SourceRecord], history: History) -> Facts:
        """Opportunities, their amounts and how they ended."""
        facts = Facts()
        owners = tx.opportunities([r.id for r in records])
        ids = [lead_id for pairs in owners.values() for lead_id, _ in pairs]
        rows = tx.leads(ids)
        for record in records:
            pairs = owners.get(record.id, [])
            facts.told += bool(pairs)
            for lead_id, cycle in pairs:
                erased = lead_id in rows and not rows[lead_id].hubspot_id
                if erased and self.hidden is None:
                    continue
                deal = (
                    replace(record, id=self.hidden(record.id)) if self.hidden and erased else record
                )
                before = [stored.event for stored in tx.events_of(lead_id)]
                events = deal_events(
                    deal,
                    before,
                    lead_id=lead_id,
                    cycle=cycle,
                    history=() if erased else history.get(record.id, ()),
                    stages=self.deal_stages,
                    currency=self.currency,
                )
                if erased:
                    facts.events += [replace(event, by="") for event in events]
                elif lead_id in rows:
                    self._take(facts, rows[lead_id], events, record, before)
        return facts

    def gone(
        self,
        tx: Transaction,
        kind: str,
        rows: Sequence[tuple[str, str | None, datetime]],
    ) -> Facts:
        """Deleted and merged-away records."""
        facts = Facts()
        known = tx.leads_by_salesforce([id_ for pair in rows for id_ in pair[:2] if id_])
        held = {id_ for id_, row in known.items() if row.state.salesforce_id == id_}
        rest = {id_ for id_, row in known.items() if row.crm.get(MERGED_INTO)}
        # Who goes on for a person has the first word on a survivor.
        for record_id, survivor, at in sorted(rows, key=lambda one: one[0] in rest):
            row = known.get(record_id)
            if row is None or row.state.salesforce_id != record_id:
                continue
            facts.told += 1
            state = row.state
            facts.events.append(
                gone(kind, record_id, survivor, at, lead_id=state.lead_id, cycle=state.cycle)
            )
            if record_id in rest or not survivor:
                facts.joined.append(str(row.crm.get(MERGED_INTO) or state.lead_id))
            if survivor and not (record_id in rest and survivor in held):
                facts.links.append(_link(row, survivor, kind, at, f"merged from {record_id}"))
                held.add(survivor)
                continue
            facts.rows.append(with_crm(row, **{GONE: at.isoformat()}))
            if survivor:
                continue
            facts.rests.append(state.lead_id)
            if self.ruleset.identity.deleted_in_crm is Deleted.PARK:
                facts.actions.append(link_park(state.lead_id, _deleted(kind, record_id)))
        return facts

    def _take(
        self,
        facts: Facts,
        row: LeadRow,
        events: Iterable[Event],
        record: SourceRecord,
        before: Iterable[Event],
    ) -> None:
        """Adds events, and brings the lead's state and marketing's view up to those that are new:
        what is heard again (windows overlap) has moved the lead long ago, and others since."""
        found = tuple(events)
        known = {event.key for event in before}
        fresh = [event for event in found if event.key not in known]
        if not found:
            return
        facts.events += found
        state, stage = row.state, row.state.stage
        for event in found:
            was, state = state.stage, self._moved(state, event) if event in fresh else state
            if event.kind in BY_DEAL and state.stage != was:
                facts.events.append(self._stage_event(event, was, state.stage))
            if event.kind is EventKind.CONVERTED:
                contact = str(event.data.get("contact") or "")
                facts.links.append(_link(row, contact, "Contact", event.at, "converted"))
                if opportunity := event.data.get("opportunity"):
                    facts.opportunities.append((str(opportunity), state.lead_id, event.cycle))
        facts.rows.append(replace(row, state=state))
        action = self._to_marketing(row, state, stage, fresh, record) if fresh else None
        if action is not None:
            facts.actions.append(action)

    def _moved(self, state: LeadState, event: Event) -> LeadState:
        if event.kind is EventKind.STAGE_CHANGED:
            return replace(state, stage=str(event.data["to"]))
        if event.cycle != state.cycle:
            return state  # it came back from there: what is done with it now is of the past cycle
        if event.kind is EventKind.OWNER_CHANGED:
            return replace(state, owner=str(event.data["to"]))
        if event.kind is EventKind.REJECTED:
            return replace(
                state,
                disposition=str(event.data.get("disposition") or ""),
                reason=str(event.data.get("reason") or "") or None,
            )
        meaning = BY_DEAL.get(event.kind)
        if meaning is not None:
            stage = self.ruleset.vocabulary.stage_for(meaning)
            current = self.ruleset.vocabulary.stages.get(state.stage)
            if current is None or current.order < stage.order:
                return replace(state, stage=stage.name)
        return state

    def _stage_event(self, event: Event, before: str, after: str) -> Event:
        """An opportunity moved the lead on; whatever it stepped over is told too."""
        moved: dict[str, Json] = {"from": before, "to": after, "because": event.kind.value}
        return replace(
            event,
            key=event_key(EventKind.STAGE_CHANGED, event.lead_id, event.key),
            kind=EventKind.STAGE_CHANGED,
            data=moved | steps_between(self.ruleset.vocabulary.stages, before, after),
        )

    def _to_marketing(
        self,
        row: LeadRow,
        state: LeadState,
        stage: str,
        events: Sequence[Event],
        record: SourceRecord,
    ) -> Action | None:
        """Lifecycle stage (forward only) and lead status, where marketing looks."""
        fields: dict[str, Json] = {}
        stages = self.ruleset.vocabulary.stages
        new, old = stages.get(state.stage), stages.get(stage)
        forward = new is not None and (old is None or new.order > old.order)
        if new is not None and forward and new.hubspot_lifecycle:
            fields["lifecyclestage"] = new.hubspot_lifecycle
        rule = self.reader.rule_of(record.values.get("Status") or "")
        changed = any(event.kind is EventKind.STATUS_CHANGED for event in events)
        if changed and rule is not None and rule.hubspot_lead_status:
            fields["hs_lead_status"] = rule.hubspot_lead_status
        if not fields or row.crm.get(MERGED_INTO):  # the lead that goes on speaks for the contact
            return None
        change = f"status {events[-1].key}"
        return Action(
            key=action_key(Destination.HUBSPOT, ActionKind.UPDATE, state.lead_id, change),
            lead_id=state.lead_id,
            kind=ActionKind.UPDATE,
            destination=Destination.HUBSPOT,
            because="sales moved the lead in the CRM",
            record_kind="contact",
            record_id=row.hubspot_id,
            fields=fields,
            rule=rule.status if rule else "",
            place=rule.place if rule else self.ruleset.recycling.place,
            ruleset=self.ruleset.version,
            cycle=state.cycle,
        )


def link_park(lead_id: str, problem: Problem) -> Action:
    """A fault in a lead's identity, for a person to settle."""
    change = f"{problem.code} {problem.where} {problem.what}"
    return Action(
        key=action_key(Destination.NOWHERE, ActionKind.PARK, lead_id, change),
        lead_id=lead_id,
        kind=ActionKind.PARK,
        destination=Destination.NOWHERE,
        because=problem.code,
        record_kind="identity",
        place=problem.where,
        problem=problem,
    )


def _ended_by_us(record: SourceRecord, state: LeadState, external_id: str) -> bool:
    """Whether we ended our own task, when the lead went back or another task followed: that was
    nobody's contact."""
    values = record.values
    if (values.get(external_id) or "").startswith(REPLACED):
        return True
    if not values.get(external_id) or values.get("LastModifiedById") != values.get("CreatedById"):
        return False
    return state.passed_at is None or record.updated_at < state.passed_at


def _deleted(kind: str, record_id: str) -> Problem:
    return Problem(
        code=DELETED_HERE,
        where=Place(file=f"salesforce:{kind}/{record_id}"),
        what=f"the {kind} was deleted; it is not made again",
        remedy="Restore it in Salesforce, or dismiss this: the lead rests.",
        mender=Mender.REP,
    )


def _owner_event(row: LeadRow, owner: str, record: SourceRecord) -> Event:
    lead_id = row.state.lead_id
    fact = f"{record.id}\n{owner}\n{record.updated_at.isoformat()}"
    return Event(
        key=event_key(EventKind.OWNER_CHANGED, lead_id, fact),
        lead_id=lead_id,
        kind=EventKind.OWNER_CHANGED,
        at=record.updated_at,
        cycle=row.state.cycle,
        data={"from": row.state.owner, "to": owner},
        by=record.values.get("LastModifiedById") or "",
    )


def worked_cycle(state: LeadState) -> int:
    """The cycle that sales' work counts for: the last one that was passed.

    A rep may go on with a lead that came back; until it is passed again that is the old cycle.
    """
    return state.cycle if state.passed_at is not None else max(state.cycle - 1, 1)


def _of_cycle(history: Sequence[SourceRecord], state: LeadState) -> tuple[SourceRecord, ...]:
    """The history rows of this cycle: what came before the hand-off belongs to earlier ones."""
    since = state.passed_at
    if state.cycle == 1 or since is None:
        return tuple(history)
    return tuple(row for row in history if row.created_at >= since)


def _link(row: LeadRow, salesforce_id: str, kind: str, at: datetime, why: str) -> Link:
    return Link(
        lead_id=row.state.lead_id,
        hubspot_id=row.hubspot_id,
        salesforce_id=salesforce_id,
        salesforce_kind=kind,
        since=at,
        why=why,
    )
