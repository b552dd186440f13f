"""Shows what planned actions would write, field by field, beside what stands there now; read-only.

The doors that deliver look at the same records in the same way, so that a preview cannot lie.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.core.compare import same
from connector.core.plan import Action, ActionKind, Destination, Json
from connector.core.problems import Place
from connector.core.records import SourceRecord
from connector.flows.deliver_salesforce import ONCE_ONLY
from connector.ports import Crm, LeadRow, MarketingSystem

BATCH = 200
PEOPLE = ("Lead", "Contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field that one action writes: what stands there, what would, and by which rule.

    `before` is None where nothing is there. `writes` is False where the target is so already.
    """

    key: str  #: of the action
    lead_id: str
    system: Destination
    record: str  #: e.g. `contact 512`, `Lead 00Q…`, `new Lead`
    field: str
    before: str | None
    after: Json
    writes: bool
    because: str
    rule: str
    place: Place


def preview(
    actions: Sequence[Action],
    leads: Mapping[str, LeadRow],
    marketing: MarketingSystem,
    crm: Crm,
    *,
    external_id: str,
    told: frozenset[str],
) -> list[Line]:
    """The lines of these actions in their order. `leads` are the rows of their leads, by id;
    `told` are the properties that are written even where they moved since the plan."""
    there: dict[str, SourceRecord] = {}
    for batch in _batches(a for a in actions if a.destination is Destination.HUBSPOT):
        there |= _contacts(batch, leads, marketing)
    for kind in PEOPLE:
        wanted = (a for a in actions if _is_person(a) and a.record_kind == kind)
        for batch in _batches(wanted):
            there |= _people(kind, batch, leads, crm, external_id)
    return [line for action in actions for line in _lines(action, there.get(action.key), told)]


def _is_person(action: Action) -> bool:
    return action.destination is Destination.SALESFORCE and action.record_kind in PEOPLE


def _batches(actions: Iterable[Action]) -> Iterator[list[Action]]:
    found = list(actions)
    for start in range(0, len(found), BATCH):
        yield found[start : start + BATCH]


def _contacts(
    batch: Sequence[Action], leads: Mapping[str, LeadRow], marketing: MarketingSystem
) -> dict[str, SourceRecord]:
    updates = [a for a in batch if a.kind is ActionKind.UPDATE]
    names = sorted({name for a in updates for name in a.fields})
    ids = {a.key: a.record_id or _hubspot_id(leads.get(a.lead_id)) for a in updates}
    wanted = sorted({i for i in ids.values() if i})
    found = marketing.read(wanted, names) if wanted else {}
    return {key: found[i] for key, i in ids.items() if i in found}


def _hubspot_id(row: LeadRow | None) -> str:
    return row.hubspot_id if row else ""


def _people(
    kind: str,
    batch: Sequence[Action],
    leads: Mapping[str, LeadRow],
    crm: Crm,
    external_id: str,
) -> dict[str, SourceRecord]:
    names = sorted({name for a in batch for name in a.fields})
    created = [a for a in batch if a.kind is ActionKind.CREATE]
    rest = [a for a in batch if a.kind is not ActionKind.CREATE]
    found: dict[str, SourceRecord] = {}
    if created:
        by_key = crm.read_by(kind, external_id, [a.lead_id for a in created], names)
        found |= {a.key: by_key[a.lead_id] for a in created if a.lead_id in by_key}
    ids = {a.key: a.record_id or _salesforce_id(leads.get(a.lead_id)) for a in rest}
    wanted = sorted({i for i in ids.values() if i})
    if wanted:
        by_id = crm.read(kind, wanted, names)
        found |= {key: by_id[i] for key, i in ids.items() if i in by_id}
    return found


def _salesforce_id(row: LeadRow | None) -> str:
    return (row.state.salesforce_id or "") if row else ""


def _lines(action: Action, record: SourceRecord | None, told: frozenset[str]) -> Iterator[Line]:
    new = record is None
    name = f"new {action.record_kind}" if new else f"{action.record_kind} {record.id}"  # type: ignore[union-attr]
    if action.kind is ActionKind.ENROL:
        yield _line(action, f"contact {action.record_id}", "list", None, _list(action), writes=True)
        return
    if action.destination is Destination.NOTIFY:
        to = action.fields.get("person")
        yield _line(action, f"message by {action.record_kind}", "to", None, to, writes=True)
        return
    for field, after in action.fields.items():
        shown = record.values.get(field) if record else None
        kept = not new and action.kind is ActionKind.CREATE and field in ONCE_ONLY
        held = field in action.before and field not in told
        moved = held and not same(action.before[field], shown)
        differs = not same(after, shown)
        yield _line(action, name, field, shown, after, writes=differs and not moved and not kept)


def _list(action: Action) -> str:
    sign = "join" if action.fields.get("member", True) else "leave"
    return f"{sign} {action.fields.get('list')}"


def _line(
    action: Action, record: str, field: str, before: str | None, after: Json, *, writes: bool
) -> Line:
    return Line(
        key=action.key,
        lead_id=action.lead_id,
        system=action.destination,
        record=record,
        field=field,
        before=before,
        after=after,
        writes=writes,
        because=action.because,
        rule=action.rule,
        place=action.place,
    )


def moved(planned: Iterable[Line], now: Iterable[Line]) -> list[tuple[Line, str | None]]:
    """The planned lines whose field no longer shows what it showed, with what it shows now."""
    current = {(line.key, line.field): line for line in now}
    found: list[tuple[Line, str | None]] = []
    for line in planned:
        other = current.get((line.key, line.field))
        shown = other.before if other else None
        if other is None or (other.record != line.record) or not same(line.before, shown):
            found.append((line, shown))
    return found
