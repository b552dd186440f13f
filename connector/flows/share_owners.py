"""Keeps one owner on both sides, by the roster: the contact follows the Lead, or both ways."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.changes import Conflict, Side, merge_field
from connector.core.clocks import owner_named
from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.owners import Directory, directory
from connector.core.plan import Action, ActionKind, ActionState, Destination, action_key
from connector.core.problems import Problem
from connector.core.records import SourceRecord, System, Value
from connector.core.rules.fields import FieldRule, Winner
from connector.core.rules.people import People
from connector.core.rules.ruleset import Ruleset
from connector.flows.agreed import Histories, ask_histories
from connector.flows.agreeing import is_flip
from connector.flows.conflicts import CONTESTED, conflict_event, with_values
from connector.flows.deliver import add
from connector.flows.lead_state import is_at_rest, moment_in, with_crm
from connector.ports import (
    Clock,
    Crm,
    Cursor,
    LeadRow,
    Ledger,
    MarketingSystem,
    Member,
    RunTotals,
    StoredAction,
    StoredEvent,
    Transaction,
)

STREAM = "owners"  #: a cursor whose `after` is the number of the last event that was looked at
PAGE = 1_000
OWNER = "owner"  #: its name among the agreed values; record kind of what is parked; rule of writes
EXPECTED = "contact_owner"  #: memory: the owner id that HubSpot is expected to show
NOBODY = "nobody"
UNSEEN = "unseen"  #: instead of what is expected, where the contact was not there to be asked
PARKED = "parked: "  #: before what is expected, where the owner flipped too often
AGREED_AT = "owner_agreed_at"  #: memory: when both sides last showed the same owner
KINDS = (
    EventKind.DELIVERED,
    EventKind.OWNER_CHANGED,
    EventKind.REASSIGNED,
    EventKind.PASSED_ON,
    EventKind.CONTACT_OWNER_CHANGED,
    EventKind.RESTORED,  # what changed while it was deleted
)


def note_contact_owners(
    tx: Transaction,
    records: Sequence[SourceRecord],
    rule: FieldRule,
    *,
    now: datetime,
    run_id: str,
    anew: bool = False,
) -> None:
    """Tells of passed leads whose contact was given another owner in HubSpot, not by us, or is
    back with one that nobody saw; with `anew`, also of those whose owner was parked and is tried
    again."""
    shown = {r.id: r for r in records}
    if not shown:
        return
    changed: list[LeadRow] = []
    events: list[Event] = []
    for row in tx.leads_by_hubspot(list(shown)).values():
        record = shown.get(row.hubspot_id)
        if record is None or row.state.salesforce_id is None:
            continue
        owner = record.values.get(rule.hubspot or "") or ""
        expected = row.crm.get(EXPECTED)
        seen = owner or NOBODY
        if seen == expected or (expected == PARKED + seen and not anew):
            continue
        changed.append(with_crm(row, **{EXPECTED: seen}))
        if expected is not None:
            events.append(_contact_owner_changed(row, owner, now if anew else record.updated_at))
    tx.save_leads(changed)
    tx.record(events, now=now, run_id=run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The roster joined with the users of the CRM and the owners of marketing."""

    crm: Directory
    seats: Mapping[str, str]  #: person key -> owner id in HubSpot
    keys: Mapping[str, str]  #: and back

    def named(self, owner_id: str) -> str:
        """The person key behind an owner id of HubSpot; of a stranger the id itself."""
        return self.keys.get(owner_id, f"hubspot:{owner_id}") if owner_id else ""

    def differ(self, crm_id: str | None, owner_id: str | None) -> bool:
        """Whether both sides name somebody on the roster, and not the same person."""
        held = self.crm.owner(crm_id)
        return held in self.seats and self.keys.get(owner_id or "", held) != held


def shared_roster(ruleset: Ruleset, marketing: MarketingSystem, crm: Crm) -> Roster | None:
    """Asks both systems who is there; None where the files do not say how the owner travels."""
    if ruleset.fields.owner is None:
        return None
    there = seats(ruleset.people, marketing.owners())
    known = directory(ruleset.people, crm.members())
    return Roster(crm=known, seats=there, keys={id_: key for key, id_ in there.items()})


def seats(people: People, owners: Iterable[Member]) -> dict[str, str]:
    """Person key -> owner id in HubSpot, by id or e-mail; who has left has no seat."""
    active = [owner for owner in owners if owner.active]
    ids = {owner.id for owner in active}
    emails = {owner.email.casefold(): owner.id for owner in active if owner.email}
    found = {
        key: wanted if wanted in ids else emails.get(wanted.casefold(), "")
        for key, person in people.persons.items()
        if (wanted := person.hubspot_owner)
    }
    return {key: id_ for key, id_ in found.items() if id_}


def share_owners(
    marketing: MarketingSystem,
    crm: Crm,
    ledger: Ledger,
    ruleset: Ruleset,
    *,
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
) -> RunTotals:
    """Looks at every lead whose owner was named on either side since the last time, and plans
    what brings both to one owner, as the files say; nothing where they say nothing."""
    rule = ruleset.fields.owner
    roster: Roster | None = None
    totals = RunTotals()
    while rule is not None:
        with ledger.transaction() as tx:
            cursor = tx.cursor(STREAM)
        stored = ledger.events(after=int(cursor.after or 0), kinds=KINDS, limit=PAGE)
        if not stored:
            break
        roster = roster or shared_roster(ruleset, marketing, crm)
        assert roster is not None
        sharing = _Sharing(ruleset, rule, roster, clock.now())
        totals = add(totals, sharing.page(marketing, ledger, stored, run_id))
        progress("owners looked at", len(stored))
    return totals


@dataclass(slots=True)
class _Sharing:
    ruleset: Ruleset
    rule: FieldRule
    roster: Roster
    now: datetime
    rows: dict[str, LeadRow] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    agreed: dict[str, dict[str, Value]] = field(default_factory=dict)

    def page(
        self,
        marketing: MarketingSystem,
        ledger: Ledger,
        stored: Sequence[StoredEvent],
        run_id: str,
    ) -> RunTotals:
        """One page of events, stored whole with its cursor."""
        causes: dict[str, list[Event]] = {}
        for entry in stored:
            causes.setdefault(entry.event.lead_id, []).append(entry.event)
        with ledger.transaction() as tx:
            rows = {i: r for i, r in tx.leads(sorted(causes)).items() if _is_shared(r)}
        ids = {id_: row.hubspot_id for id_, row in rows.items()}
        name = self.rule.hubspot or ""
        there = marketing.read(sorted(ids.values()), (name,)) if ids else {}
        histories = self._histories(marketing, {ids[i]: causes[i] for i in ids})
        with ledger.transaction() as tx:
            for id_, row in tx.leads(sorted(ids)).items():
                record = there.get(row.hubspot_id)
                if not _is_shared(row):
                    continue
                if record is None:  # deleted, which nobody told yet: looked at once it is back
                    self.rows[id_] = with_crm(row, **{EXPECTED: UNSEEN})
                    continue
                self._lead(tx, row, causes[id_], record.values.get(name) or "", histories)
            tx.save_leads(self.rows.values())
            tx.plan(self.actions, now=self.now, run_id=run_id)
            tx.record(self.events, now=self.now, run_id=run_id)
            tx.agree(self.agreed, now=self.now)
            keep = [a.key for a in self.actions if a.kind is ActionKind.PARK]
            tx.settle_parks(sorted(ids), record_kinds=(OWNER,), keep=keep, now=self.now)
            tx.move_cursor(Cursor(stream=STREAM, after=str(stored[-1].number)))
        planned, parked = len(self.actions) - len(keep), len(keep)
        return RunTotals(picked_up=planned + parked, delivered=planned, parked=parked)

    def _histories(
        self, marketing: MarketingSystem, causes: Mapping[str, Sequence[Event]]
    ) -> Histories:
        """Who gave the contact to whom and when, asked for only where that may decide."""
        asked = {
            id_: [self.rule.hubspot or ""]
            for id_, events in causes.items()
            if self.rule.winner is Winner.NEWEST
            or any(event.kind is EventKind.CONTACT_OWNER_CHANGED for event in events)
        }
        return ask_histories(marketing, asked)

    def _lead(
        self,
        tx: Transaction,
        row: LeadRow,
        causes: Sequence[Event],
        seen: str,
        histories: Histories,
    ) -> None:
        """Merges after each event in turn: an owner who was there and left again is no echo."""
        done = tx.actions_of(row.state.lead_id)
        agreed = self._last_agreed(row, done)
        row = with_crm(row, **{EXPECTED: seen or NOBODY})
        flips = sum(1 for s in done if s.action.rule == OWNER and is_flip(s, self.now))
        for cause in causes:
            last = cause is causes[-1]
            held = (row.state.owner if last else owner_named(cause)) or row.state.owner or ""
            unseated = held not in self.roster.seats  # a queue: marketing has no such owner
            news = cause.kind is not EventKind.CONTACT_OWNER_CHANGED
            held = "" if unseated and not news else held
            left = self._side_of_marketing(row, seen, histories)
            right = Side(values={OWNER: held}, times={OWNER: cause.at}, authors={OWNER: cause.by})
            known = {} if agreed is None else {OWNER: agreed}
            address = f"hubspot:contact/{row.hubspot_id}"
            step = merge_field(self.rule, known, left, right, flips=flips, address=address)
            if last and not step.settled:
                row = self._take(row, cause, step.to, str(step.value), seen)
                row = self._told(row, cause, step.conflict, step.problem)
            if step.settled or (unseated and news and step.to is not System.SALESFORCE):
                agreed = self.roster.named(seen)  # or as far as it can be: only a new one travels
                self.agreed[row.state.lead_id] = {OWNER: agreed}
                row = with_crm(row, **{AGREED_AT: self.now.isoformat()})
        self.rows[row.state.lead_id] = row

    def _last_agreed(self, row: LeadRow, done: Sequence[StoredAction]) -> str | None:
        """What both last agreed on, or what a later write of ours has put on the contact."""
        agreed = row.state.agreed.get(OWNER)
        landed = [
            s
            for s in done
            if s.action.rule == OWNER
            and s.state is ActionState.DONE
            and s.action.destination is Destination.HUBSPOT
            and s.done_at is not None
        ]
        since = moment_in(row, AGREED_AT)
        newest = max(landed, key=lambda s: s.done_at or self.now, default=None)
        if newest is not None and newest.done_at and (since is None or newest.done_at > since):
            return self.roster.named(str(newest.action.fields.get(self.rule.hubspot or "") or ""))
        return None if agreed is None else str(agreed)

    def _side_of_marketing(self, row: LeadRow, seen: str, histories: Histories) -> Side:
        told = histories.get(row.hubspot_id, {}).get(self.rule.hubspot or "", ())
        return Side(
            values={OWNER: self.roster.named(seen)},
            times={OWNER: told[0][0]} if told else {},
            authors={OWNER: told[0][2]} if told else {},
        )

    def _take(
        self, row: LeadRow, cause: Event, to: System | None, owner: str, seen: str
    ) -> LeadRow:
        """Plans the write, where the other side has a place for this owner."""
        ids, name = self.roster.crm.ids, self.rule.hubspot or ""
        if to is System.HUBSPOT and owner in self.roster.seats:
            seat = self.roster.seats[owner]
            self.actions.append(
                replace(
                    self._action(row, Destination.HUBSPOT, cause),
                    record_kind="contact",
                    record_id=row.hubspot_id,
                    fields={name: seat},
                    before={name: seen or None},
                )
            )
            return with_crm(row, **{EXPECTED: seat})
        if to is System.SALESFORCE and owner in ids:
            held = ids.get(row.state.owner or "")
            self.actions.append(
                replace(
                    self._action(row, Destination.SALESFORCE, cause),
                    record_kind=row.state.salesforce_kind or "Lead",
                    record_id=row.state.salesforce_id,
                    fields={"OwnerId": ids[owner]},
                    before={"OwnerId": held} if held else {},
                )
            )
        return row

    def _action(self, row: LeadRow, destination: Destination, cause: Event) -> Action:
        lead_id = row.state.lead_id
        side = "in the CRM" if destination is Destination.HUBSPOT else "in marketing"
        return Action(
            key=action_key(destination, ActionKind.UPDATE, lead_id, f"owner {cause.key}"),
            lead_id=lead_id,
            kind=ActionKind.UPDATE,
            destination=destination,
            because=f"the owner is another {side}",
            rule=OWNER,
            place=self.rule.place,
            ruleset=self.ruleset.version,
            cycle=row.state.cycle,
        )

    def _told(
        self, row: LeadRow, cause: Event, conflict: Conflict | None, problem: Problem | None
    ) -> LeadRow:
        """Notes a conflict with both owners, or parks an owner that flips."""
        if problem is not None:
            row = with_crm(row, **{EXPECTED: f"{PARKED}{row.crm[EXPECTED]}"})
            change = f"{problem.code} {cause.key} {self.ruleset.version}"
            lead_id = row.state.lead_id
            self.actions.append(
                replace(
                    self._action(row, Destination.NOWHERE, cause),
                    key=action_key(Destination.NOWHERE, ActionKind.PARK, lead_id, change),
                    kind=ActionKind.PARK,
                    because=problem.code,
                    record_kind=OWNER,
                    record_id=row.hubspot_id,
                    problem=problem,
                )
            )
        if conflict is None:
            return row
        version = self.ruleset.version
        event = conflict_event(row, conflict, cause=cause.key, now=self.now, ruleset=version)
        self.events.append(event)
        return with_crm(row, **{CONTESTED: with_values(row, [(event, conflict)])})


def _is_shared(row: LeadRow) -> bool:
    """Passed, alive on both sides, and owned."""
    state = row.state
    return bool(row.hubspot_id and state.salesforce_id and state.owner) and not is_at_rest(row)


def _contact_owner_changed(row: LeadRow, owner: str, at: datetime) -> Event:
    lead_id = row.state.lead_id
    return Event(
        key=event_key(EventKind.CONTACT_OWNER_CHANGED, lead_id, f"{owner} {at.isoformat()}"),
        lead_id=lead_id,
        kind=EventKind.CONTACT_OWNER_CHANGED,
        at=at,
        cycle=row.state.cycle,
        data={"to": owner},
    )
