"""The door to the CRM: looks at each record first, then writes only what differs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.compare import same
from connector.core.events import EventKind
from connector.core.frozen import replace
from connector.core.mapping import Mapper
from connector.core.plan import ActionKind, Destination, Json
from connector.core.problems import Mender, Place, Problem
from connector.core.records import SourceRecord, Values
from connector.flows.deliver_beside import Beside, End, made_and_gone, settled_otherwise
from connector.flows.delivered import Delivered, Image
from connector.flows.lead_state import is_at_rest
from connector.ports import Crm, LeadRow, Link, RecordWrite, RowResult, StoredAction

#: Written when a record is made; afterwards they belong to the people who work it.
ONCE_ONLY = frozenset({"OwnerId", "Status"})
FOLLOW = ("IsConverted", "ConvertedContactId")


ToCanonical = Callable[[str, Mapping[str, Json]], Values]
ToFields = Callable[[str, Values], Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceDoor:
    """Carries out actions in the CRM. `to_canonical` turns written fields into agreed values."""

    crm: Crm
    external_id: str
    to_canonical: ToCanonical
    to_fields: ToFields | None = None  #: a lead's present values as fields of a kind of record
    made: set[str] = field(default_factory=set)  #: leads whose record this delivery just made

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered:
        result = Delivered()
        groups: dict[tuple[str, ActionKind], list[StoredAction]] = {}
        for stored in batch:
            groups.setdefault((stored.action.record_kind, stored.action.kind), []).append(stored)
        for (kind, action_kind), group in groups.items():
            if kind in ("Lead", "Contact") and action_kind is ActionKind.CREATE:
                self._create_people(kind, group, leads, now, result)
            elif kind in ("Lead", "Contact"):
                self._update_people(kind, group, leads, now, result)
            else:
                beside = Beside(crm=self.crm, external_id=self.external_id, made=self.made)
                beside.carry_out(kind, action_kind, group, leads, now, result)
        return result

    def _create_people(
        self,
        kind: str,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        """Upserts by external id; what is there already keeps its owner and its status."""
        group = [self._as_it_is_now(kind, s, leads) for s in group]
        names = sorted({name for s in group for name in s.action.fields})
        there = self.crm.read_by(
            kind, self.external_id, [s.action.lead_id for s in group], (*names, *FOLLOW)
        )
        missing = {s.action.lead_id: s for s in group if s.action.lead_id not in there}
        gone = made_and_gone(self.crm, kind, self.external_id, missing)
        fresh: list[StoredAction] = []
        known: list[StoredAction] = []
        for stored in group:
            found = there.get(stored.action.lead_id)
            if stored.action.lead_id in gone:
                self._confirm_gone(kind, stored, gone[stored.action.lead_id], leads, now, result)
                continue
            if found is None and _rests(stored, leads):
                result.dismiss(stored)
                continue
            if found is None:
                fresh.append(stored)
                continue
            fields = {k: v for k, v in stored.action.fields.items() if k not in ONCE_ONLY}
            known.append(_with(stored, record_id=found.id, fields=fields))
        by_id = {record.id: record for record in there.values()}
        self._write_differences(kind, known, by_id, leads, now, result)
        writes = [
            RecordWrite(key=s.action.key, id=s.action.lead_id, fields=s.action.fields)
            for s in fresh
        ]
        if writes:
            outcomes = self.crm.upsert(kind, self.external_id, writes)
            self._settle(kind, fresh, outcomes, leads, now, result)

    def _confirm_gone(
        self,
        kind: str,
        stored: StoredAction,
        end: End,
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        """Links with the deleted record, or the one it was merged into; pull-status tells more."""
        id_, winner, _ = end
        self._confirm(kind, stored, winner or id_, leads, now, result)
        if winner is None:
            result.unchanged += 1
            result.rests.append(stored.action.lead_id)

    def _as_it_is_now(
        self, kind: str, stored: StoredAction, leads: Mapping[str, LeadRow]
    ) -> StoredAction:
        """A lead that waited leaves with its present values; what the hand-off added stays."""
        row = leads.get(stored.action.lead_id)
        if row is None or self.to_fields is None:
            return stored
        fresh = self.to_fields(kind, row.values)
        return _with(
            stored, record_id=stored.action.record_id, fields={**stored.action.fields, **fresh}
        )

    def _update_people(
        self,
        kind: str,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        """Writes differences by record id; a converted lead is followed to its contact."""
        placed = [_with(s, record_id=_id_of(s, leads)) for s in group]
        names = sorted({name for s in placed for name in s.action.fields})
        extra = FOLLOW if kind == "Lead" else ()
        ids = [s.action.record_id for s in placed if s.action.record_id]
        there = self.crm.read(kind, ids, (*names, *extra))
        here: list[StoredAction] = []
        for stored in placed:
            record = there.get(stored.action.record_id or "")
            if record is None:
                result.park(stored, _gone(kind, stored))
            elif self._is_needless(stored, record, leads):
                result.dismiss(stored)
            elif (record.values.get("IsConverted") or "").casefold() == "true":
                result.park(stored, _converted(stored))
            else:
                here.append(stored)
        self._write_differences(kind, here, there, leads, now, result)

    def _is_needless(
        self, stored: StoredAction, record: SourceRecord, leads: Mapping[str, LeadRow]
    ) -> bool:
        """Whether a lead that rests by now was to take this record, and has not."""
        taking = stored.action.kind is ActionKind.ATTACH and _rests(stored, leads)
        return taking and record.values.get(self.external_id) != stored.action.lead_id

    def _write_differences(
        self,
        kind: str,
        group: Sequence[StoredAction],
        there: Mapping[str, SourceRecord],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        writes: list[RecordWrite] = []
        changed: list[StoredAction] = []
        images: dict[str, Image] = {}
        for stored in group:
            record_id = stored.action.record_id or ""
            differences = self._differences(kind, stored, there[record_id])
            shown = there[record_id]
            wanted = stored.action.fields.keys()
            stored = self._only_held(kind, stored, shown)
            left = wanted - stored.action.fields.keys()
            if differences:
                writes.append(RecordWrite(key=stored.action.key, id=record_id, fields=differences))
                changed.append(stored)
                images[stored.action.key] = Image(
                    lead_id=stored.action.lead_id,
                    written=differences,
                    before={name: there[record_id].values.get(name) for name in differences},
                    began=now,
                    destination=Destination.SALESFORCE,
                    kept={name: shown.values.get(name) for name in left},
                    kept_at=shown.updated_at,
                )
            else:
                result.leave(stored)
                self._confirm(kind, stored, record_id, leads, now, result)
        if writes:
            outcomes = self.crm.update(kind, writes)
            self._settle(kind, changed, outcomes, leads, now, result)
            confirmed = {outcome.key for outcome in outcomes if outcome.confirmed}
            result.images |= {key: images[key] for key in confirmed if key in images}

    def _differences(
        self, kind: str, stored: StoredAction, record: SourceRecord
    ) -> dict[str, Json]:
        """What must still be written. What moved since the plan is left to the next merge."""
        return {
            name: value
            for name, value in stored.action.fields.items()
            if not same(value, record.values.get(name))
            and not self._moved(kind, stored.action.before, name, record)
        }

    def _only_held(self, kind: str, stored: StoredAction, record: SourceRecord) -> StoredAction:
        """Without fields that moved since the plan: they are not written, and so not agreed on."""
        before = stored.action.before
        fields = {
            name: value
            for name, value in stored.action.fields.items()
            if same(value, record.values.get(name)) or not self._moved(kind, before, name, record)
        }
        return _with(stored, record_id=stored.action.record_id, fields=fields)

    def _moved(
        self, kind: str, before: Mapping[str, Json], name: str, record: SourceRecord
    ) -> bool:
        """Whether a field no longer holds what it held at the plan, however it is written."""
        shown = record.values.get(name)
        if name not in before or same(before[name], shown):
            return False
        left = self.to_canonical(kind, {name: before[name]})
        return not left or left != self.to_canonical(kind, {name: shown})

    def _settle(
        self,
        kind: str,
        group: Sequence[StoredAction],
        outcomes: Sequence[RowResult],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        by_key = {stored.action.key: stored for stored in group}
        for outcome in outcomes:
            stored = by_key[outcome.key]
            if not settled_otherwise(stored, outcome, now, result):
                record_id = outcome.id or stored.action.record_id or ""
                if outcome.created and stored.attempts == 1:
                    self.made.add(stored.action.lead_id)
                self._confirm(kind, stored, record_id, leads, now, result)

    def _confirm(
        self,
        kind: str,
        stored: StoredAction,
        record_id: str,
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        action = stored.action
        result.done(stored, record_id)
        agreed = dict(result.agreed.get(action.lead_id, {}))
        agreed.update(self.to_canonical(kind, action.fields))
        result.agreed[action.lead_id] = agreed
        row = leads.get(action.lead_id)
        if row is None or action.kind not in (ActionKind.CREATE, ActionKind.ATTACH):
            return
        result.linking[action.key] = action.lead_id
        result.links.append(
            Link(
                lead_id=action.lead_id,
                hubspot_id=row.hubspot_id,
                salesforce_id=record_id,
                salesforce_kind=kind,
                since=now,
                why=action.because,
            )
        )
        result.tell(
            stored,
            EventKind.DELIVERED,
            now,
            {"salesforce_id": record_id, "owner": row.state.owner or ""},
            fact=f"cycle {action.cycle}",
        )


def shared_values(mapper: Mapper) -> ToCanonical:
    """Written CRM fields as agreed values: of the fields that both systems hold."""
    both = {name for name, rule in mapper.fields.rules.items() if rule.hubspot}

    def to_canonical(kind: str, fields: Mapping[str, Json]) -> Values:
        values = mapper.from_salesforce(fields, kind).values
        return {name: value for name, value in values.items() if name in both}

    return to_canonical


def present_fields(mapper: Mapper) -> ToFields:
    """A lead's present values as CRM fields; values that do not fit are left to the next plan."""

    def to_fields(kind: str, values: Values) -> Mapping[str, Json]:
        fields, _ = mapper.to_salesforce(values, kind)
        return fields

    return to_fields


def _with(
    stored: StoredAction, *, record_id: str | None, fields: Mapping[str, Json] | None = None
) -> StoredAction:
    action = replace(
        stored.action,
        record_id=record_id,
        fields=stored.action.fields if fields is None else fields,
    )
    return replace(stored, action=action)


def _id_of(stored: StoredAction, leads: Mapping[str, LeadRow]) -> str | None:
    if stored.action.record_id:
        return stored.action.record_id
    row = leads.get(stored.action.lead_id)
    return row.state.salesforce_id if row else None


def _rests(stored: StoredAction, leads: Mapping[str, LeadRow]) -> bool:
    """Whether the lead was deleted or merged since this was planned: no record is made for it."""
    row = leads.get(stored.action.lead_id)
    return row is not None and is_at_rest(row)


def _gone(kind: str, stored: StoredAction) -> Problem:
    return Problem(
        code="record-gone",
        where=Place(file=f"salesforce:{kind}/{stored.action.record_id or '-'}"),
        what=f"the {kind} of lead {stored.action.lead_id} is no longer in Salesforce",
        remedy="Run pull-status to follow a merge; or restore the record, or dismiss this action.",
        mender=Mender.REP,
    )


def _converted(stored: StoredAction) -> Problem:
    return Problem(
        code="lead-converted",
        where=Place(file=f"salesforce:Lead/{stored.action.record_id}"),
        what="the Lead was converted before this change arrived",
        remedy="Run pull-status: it goes on with the contact and plans the change anew.",
        mender=Mender.NOBODY,
    )
