"""Puts back what one run wrote, where it is still ours, and lists what people changed since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.compare import same
from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.mapping import ON_CONTACT
from connector.core.plan import ActionKind, Destination, Json
from connector.core.problems import Place, Problem
from connector.core.records import SourceRecord
from connector.core.recycling import LIFECYCLE
from connector.core.rules.fields import Fields
from connector.flows.deliver_hubspot import OPT_OUT
from connector.ports import Crm, Ledger, MarketingSystem, RecordWrite, RowResult, StoredAction

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that the run wrote, and whether it can be put back."""

    key: str
    lead_id: str
    destination: Destination
    record_kind: str
    record_id: str
    field: str
    ours: bool  #: the value is still the one that we wrote
    wrote: Json
    before: Json
    there: str | None = None
    gone: bool = False  #: the record was deleted there

    @property
    def stands(self) -> bool:
        """The earlier value stands there again: a rollback, or somebody, put it back already."""
        return not (self.ours or self.gone) and same(self.before, self.there)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What a rollback of one run comes to."""

    changes: tuple[Change, ...]
    created: tuple[StoredAction, ...]  #: records that the run made; they are listed, not deleted
    told: int = 0  #: messages and list memberships, which cannot be taken back
    expired: int = 0  #: updates of which the ledger does not know any more what they wrote

    @property
    def ours(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.ours)

    @property
    def changed_since(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if not (change.ours or change.stands))

    @property
    def stands(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.stands)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """What of a rollback was done."""

    changes: tuple[Change, ...]
    refused: tuple[Problem, ...]


def look_back(
    ledger: Ledger, marketing: MarketingSystem, crm: Crm, run_id: str, agreed: Fields
) -> Undoing:
    """Reads every record that the run updated, and compares it with what the run wrote.

    What withdrew consent on either side is left out: only a person takes that back.
    """
    done, kept = ledger.done_by(run_id), _consents(agreed)
    updates = [s for s in done if _is_update(s)]
    changes: list[Change] = []
    for (destination, kind), group in _grouped(updates).items():
        for start in range(0, len(group), BATCH):
            part = group[start : start + BATCH]
            ids = sorted({s.action.record_id or "" for s in part})
            names = sorted({name for s in part for name in s.action.fields})
            there = (
                marketing.read(ids, names)
                if destination is Destination.HUBSPOT
                else crm.read(kind, ids, names)
            )
            for stored in part:
                changes += _changes(stored, there.get(stored.action.record_id or ""), kept)
    created = tuple(
        s
        for s in done
        if s.action.kind is ActionKind.CREATE and s.action.destination is Destination.SALESFORCE
    )
    told = sum(1 for s in done if s.action.kind in (ActionKind.NOTIFY, ActionKind.ENROL))
    expired = sum(1 for s in done if _is_expired(s))
    return Undoing(changes=_net(changes), created=created, told=told, expired=expired)


def _net(changes: Iterable[Change]) -> tuple[Change, ...]:
    """One change a field, of those that a run wrote one after the other; given the newest first."""
    found: dict[tuple[Destination, str, str, str], Change] = {}
    for change in changes:
        place = (change.destination, change.record_kind, change.record_id, change.field)
        later = found.get(place)
        if later is None:
            found[place] = change
        elif same(_text(change.wrote), _text(later.before)):
            found[place] = replace(later, before=change.before)
    return tuple(c for c in found.values() if not same(_text(c.wrote), _text(c.before)))


def put_back(undoing: Undoing, marketing: MarketingSystem, crm: Crm) -> PutBack:
    """Writes the earlier values of what is still ours."""
    results = _clear_stages(undoing.ours, marketing)
    faults = [(Destination.HUBSPOT, "contact", result) for result in results]
    records: dict[tuple[Destination, str, str], dict[str, Json]] = {}
    for change in undoing.ours:
        name = (change.destination, change.record_kind, change.record_id)
        records.setdefault(name, {})[change.field] = change.before
    groups: dict[tuple[Destination, str], list[RecordWrite]] = {}
    for (destination, kind, id_), fields in records.items():
        groups.setdefault((destination, kind), []).append(
            RecordWrite(key=id_, id=id_, fields=fields)
        )
    for (destination, kind), writes in groups.items():
        for start in range(0, len(writes), BATCH):
            part = writes[start : start + BATCH]
            results = (
                marketing.update(part)
                if destination is Destination.HUBSPOT
                else crm.update(kind, part)
            )
            faults += [(destination, kind, result) for result in results]
    faults = [fault for fault in faults if not fault[2].confirmed]
    left = {(destination, kind, result.key) for destination, kind, result in faults}
    return PutBack(
        changes=tuple(
            c for c in undoing.ours if (c.destination, c.record_kind, c.record_id) not in left
        ),
        refused=tuple(result.problem or _unanswered(result) for _, _, result in faults),
    )


def tell(ledger: Ledger, run_id: str, done: PutBack, *, now: datetime) -> None:
    """Notes with each lead what was put back, so that its story says why a value is an old one."""
    kind = EventKind.ROLLED_BACK
    fields: dict[tuple[str, Destination, str], list[str]] = {}
    for change in done.changes:
        record = f"{change.record_kind} {change.record_id}"
        fields.setdefault((change.lead_id, change.destination, record), []).append(change.field)
    with ledger.transaction() as tx:
        rows = tx.leads(sorted({lead_id for lead_id, _, _ in fields}))
        tx.record(
            [
                Event(
                    key=event_key(kind.value, lead_id, f"{run_id} {record} {now.isoformat()}"),
                    lead_id=lead_id,
                    kind=kind,
                    at=now,
                    cycle=rows[lead_id].state.cycle if lead_id in rows else 1,
                    data={
                        "run": run_id,
                        "system": destination.value,
                        "record": record,
                        "fields": ", ".join(sorted(names)),
                    },
                )
                for (lead_id, destination, record), names in fields.items()
            ],
            now=now,
        )


def _clear_stages(ours: Iterable[Change], marketing: MarketingSystem) -> list[RowResult]:
    """HubSpot's lifecycle stage goes back only after an earlier request has cleared it."""
    staged = [
        RecordWrite(key=change.record_id, id=change.record_id, fields={LIFECYCLE: ""})
        for change in ours
        if change.destination is Destination.HUBSPOT and change.field == LIFECYCLE
    ]
    results: list[RowResult] = []
    for start in range(0, len(staged), BATCH):
        results += marketing.update(staged[start : start + BATCH])
    return results


def _unanswered(result: RowResult) -> Problem:
    return Problem(
        code="no-answer",
        where=Place(file=f"record:{result.key}"),
        what="the system did not say whether the earlier value stands again",
        remedy="Run `leadrelay rollback` again: what is put back already is left as it is.",
    )


def _is_update(stored: StoredAction) -> bool:
    action = stored.action
    return (
        action.kind in (ActionKind.UPDATE, ActionKind.ATTACH, ActionKind.CREATE)
        and action.record_kind != "Task"
        and bool(action.record_id)
        and bool(action.before)
    )


def _is_expired(stored: StoredAction) -> bool:
    """An update is kept with what it wrote until the retention, or an erasure, empties it."""
    action = stored.action
    update = action.kind in (ActionKind.UPDATE, ActionKind.ATTACH)
    return update and not (action.fields or action.before)


def _grouped(
    updates: Sequence[StoredAction],
) -> Mapping[tuple[Destination, str], list[StoredAction]]:
    groups: dict[tuple[Destination, str], list[StoredAction]] = {}
    for stored in updates:
        kind = stored.action.record_kind
        contact = stored.action.destination is Destination.HUBSPOT
        name = (stored.action.destination, "contact" if contact else kind)
        groups.setdefault(name, []).append(stored)
    return groups


def _consents(agreed: Fields) -> frozenset[str]:
    """The names, in either system, of fields of which the stricter word counts."""
    rules = [rule for rule in agreed.rules.values() if "stricter" in rule.options]
    names = {n for r in rules for n in (r.hubspot, r.salesforce, r.salesforce_contact) if n}
    return frozenset({OPT_OUT, *names, *(ON_CONTACT.get(name) or name for name in names)})


def _changes(
    stored: StoredAction, record: SourceRecord | None, kept: frozenset[str]
) -> list[Change]:
    """Only what was really written: names that stand both in what was written and in the image."""
    action = stored.action
    contact = action.destination is Destination.HUBSPOT
    there = record.values if record is not None else {}
    return [
        Change(
            key=action.key,
            lead_id=action.lead_id,
            destination=action.destination,
            record_kind="contact" if contact else action.record_kind,
            record_id=record.id if record is not None else action.record_id or "",
            field=name,
            ours=record is not None and same(wrote, there.get(name)),
            wrote=wrote,
            before=action.before[name],
            there=there.get(name),
            gone=record is None,
        )
        for name, wrote in action.fields.items()
        if name in action.before and name not in kept
    ]


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
