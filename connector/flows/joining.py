"""Follows what marketing does with identities: contacts merged, moved to a new id, or restored.

A merge leaves one contact, sometimes under a new id; the others vanish without a word. The survivor
names them, and here their leads become one: the lead that sales knows goes on, the others rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.plan import Action, ActionKind, Destination, Json, action_key
from connector.core.records import SourceRecord
from connector.core.recycling import LEAD_STATUS
from connector.core.rules.recycling import StatusRule
from connector.core.status import known_of
from connector.flows.doubles import begun, merged_from, two_records
from connector.flows.lead_state import ARCHIVED, MERGED_FROM, MERGED_INTO, with_crm
from connector.ports import LeadRow, Link, Transaction

BY = "leadrelay"
DELETED_THERE = "deleted-in-marketing"  #: the problem of a lead whose contact was deleted


@dataclass(slots=True, kw_only=True)
class Joined:
    """The leads of a page by every id of its contacts, and what joining them came to."""

    known: dict[str, LeadRow]
    winners: dict[str, LeadRow] = field(default_factory=dict)  #: by id, into which one was merged
    losers: list[LeadRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    #: Leads whose contact is there again -> when it was deleted.
    restored: dict[str, datetime] = field(default_factory=dict)

    def land(
        self,
        tx: Transaction,
        statuses: Mapping[str, StatusRule],
        *,
        now: datetime,
        run_id: str,
        ruleset: str,
    ) -> None:
        """Puts it into the ledger, after the page itself: losers send nothing any more."""
        tx.save_leads(self.losers)
        tx.give_up([row.state.lead_id for row in self.losers], now=now)
        tx.record(self.events, now=now, run_id=run_id)
        tx.plan(self.actions, now=now, run_id=run_id)
        tx.plan(self._told_again(tx, statuses, ruleset), now=now, run_id=run_id)
        if self.links:
            clashes = tx.link_clashes(self.links)
            tx.link([link for link in self.links if link.lead_id not in clashes])
        settle_deletions(tx, self.restored, DELETED_THERE, now=now)

    def _told_again(
        self, tx: Transaction, statuses: Mapping[str, StatusRule], ruleset: str
    ) -> Iterator[Action]:
        """HubSpot keeps the lead status that was written last, be it of the lead that rests."""
        losers = " ".join(sorted(row.state.lead_id for row in self.losers))
        for lead_id, row in self.winners.items():
            events = [stored.event for stored in tx.events_of(lead_id)]
            rule = statuses.get(known_of(events, row.state.cycle).status)
            if row.state.passed_at is None or rule is None or not rule.hubspot_lead_status:
                continue
            yield Action(
                key=action_key(Destination.HUBSPOT, ActionKind.UPDATE, lead_id, f"merged {losers}"),
                lead_id=lead_id,
                kind=ActionKind.UPDATE,
                destination=Destination.HUBSPOT,
                because="contacts were merged, and this is the lead that goes on",
                record_kind="contact",
                record_id=row.hubspot_id,
                fields={LEAD_STATUS: rule.hubspot_lead_status},
                rule=rule.status,
                place=rule.place,
                ruleset=ruleset,
                cycle=row.state.cycle,
            )


def joined_leads(
    tx: Transaction, records: Sequence[SourceRecord], known: Mapping[str, LeadRow], now: datetime
) -> Joined:
    """One lead a contact: of several the one that the CRM knows or may know, then the one that
    was passed."""
    result = Joined(known=dict(known))
    for record in records:
        found = _rows_of(record, result.known)
        if not found:
            continue
        sent = begun(tx, found) if len(found) > 1 else frozenset()
        winner = min(found, key=lambda row: _rank(row, record, sent))
        losers = [row for row in found if row is not winner]
        for row in losers:
            _close(result, row, winner, record, now)
        winner = _remembering(_gone_on(result, winner, record, now), losers)
        if len(found) > 1:
            result.winners[winner.state.lead_id] = replace(winner, hubspot_id=record.id)
        linked = [row for row in found if row.state.salesforce_id is not None]
        if len(linked) > 1:
            result.actions.append(two_records(winner, linked, record.id))
        for id_ in (record.id, *record.merged_ids):
            result.known[id_] = winner
    return result


def _rows_of(record: SourceRecord, known: Mapping[str, LeadRow]) -> list[LeadRow]:
    found = {
        row.state.lead_id: row
        for id_ in (record.id, *record.merged_ids)
        if (row := known.get(id_)) is not None and not row.crm.get(MERGED_INTO)
    }
    return list(found.values())


def _rank(
    row: LeadRow, record: SourceRecord, sent: frozenset[str]
) -> tuple[bool, bool, bool, bool, datetime, str]:
    state = row.state
    return (
        state.salesforce_id is None,
        state.lead_id not in sent,
        state.passed_at is None,
        row.hubspot_id != record.id,
        row.captured_at,
        state.lead_id,
    )


def _close(
    result: Joined, row: LeadRow, winner: LeadRow, record: SourceRecord, now: datetime
) -> None:
    lead_id = row.state.lead_id
    rested = with_crm(row, **{MERGED_INTO: winner.state.lead_id})
    own = "" if row.hubspot_id == record.id else row.hubspot_id  # an id names one lead at a time
    result.losers.append(replace(rested, hubspot_id=own, look_again_at=None))
    data = {
        "system": "hubspot",
        "loser": row.hubspot_id,
        "survivor": record.id,
        "lead": winner.state.lead_id,
    }
    result.events.append(_event(EventKind.MERGED, row, f"{lead_id} {record.id}", data, record))


def _remembering(winner: LeadRow, losers: Sequence[LeadRow]) -> LeadRow:
    """The lead that goes on, with the names of those for which it does."""
    if not losers:
        return winner
    names = [name for row in losers for name in (row.state.lead_id, *merged_from(row))]
    known: list[Json] = list(dict.fromkeys((*merged_from(winner), *names)))
    return with_crm(winner, **{MERGED_FROM: known})


def is_silent(event: Event) -> bool:
    """Whether since this event the lead's person speaks as another lead."""
    return event.kind is EventKind.MERGED and bool(event.data.get("lead"))


def _gone_on(result: Joined, row: LeadRow, record: SourceRecord, now: datetime) -> LeadRow:
    """The lead that goes on, with the contact's present id and without a deletion."""
    state = row.state
    if row.hubspot_id != record.id:
        data = {"system": "hubspot", "loser": row.hubspot_id, "survivor": record.id}
        fact = f"{row.hubspot_id} {record.id}"
        result.events.append(_event(EventKind.MERGED, row, fact, data, record))
        if state.salesforce_id is not None:
            result.links.append(
                Link(
                    lead_id=state.lead_id,
                    hubspot_id=record.id,
                    salesforce_id=state.salesforce_id,
                    salesforce_kind=state.salesforce_kind or "Lead",
                    since=now,
                    why=f"merged from {row.hubspot_id}",
                )
            )
    if (deleted := row.crm.get(ARCHIVED)) and not record.archived:
        fact = f"hubspot {deleted}"
        result.events.append(_event(EventKind.RESTORED, row, fact, {"system": "hubspot"}, record))
        row = replace(row, state=replace(state, snapshot_hash=None))  # decided again, though equal
        row = with_crm(row, **{ARCHIVED: None})
        result.restored[state.lead_id] = datetime.fromisoformat(str(deleted))
    return row


def settle_deletions(
    tx: Transaction, restored: Mapping[str, datetime], code: str, *, now: datetime
) -> None:
    """Who was restored waits for nobody, and a hand-off that was given up for the deletion goes
    on; other faults of the lead's identity stay."""
    for lead_id, deleted in restored.items():
        tx.take_up(lead_id, since=deleted, now=now)
        keep = [
            stored.action.key
            for stored in tx.actions_of(lead_id)
            if stored.action.problem is not None and stored.action.problem.code != code
        ]
        tx.settle_parks([lead_id], record_kinds=("identity",), keep=keep, now=now)


def _event(
    kind: EventKind, row: LeadRow, fact: str, data: Mapping[str, str], record: SourceRecord
) -> Event:
    lead_id = row.state.lead_id
    return Event(
        key=event_key(kind, lead_id, fact),
        lead_id=lead_id,
        kind=kind,
        at=record.updated_at,
        cycle=row.state.cycle,
        data=dict(data),
        by=BY,
    )
