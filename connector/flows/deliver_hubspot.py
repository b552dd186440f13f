"""The door to marketing automation: contacts updated by difference, list memberships kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.compare import same
from connector.core.events import EventKind
from connector.core.mapping import Mapper
from connector.core.plan import ActionKind, Destination, Json
from connector.core.problems import Mender, Place, Problem
from connector.core.records import SourceRecord, Values
from connector.flows.delivered import Delivered, Image
from connector.ports import LeadRow, MarketingSystem, RecordWrite, StoredAction

BUSY_WAIT = timedelta(seconds=30)
OPT_OUT = "hs_email_optout"  #: read-only in HubSpot: consent is withdrawn by its own call

ToAgreed = Callable[[Mapping[str, Json]], Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotDoor:
    """Carries out actions in marketing automation.

    `to_agreed` turns written properties into agreed values, of fields that both systems hold.
    """

    marketing: MarketingSystem
    to_agreed: ToAgreed | None = None

    def carry_out(
        self, batch: Sequence[StoredAction], leads: Mapping[str, LeadRow], now: datetime
    ) -> Delivered:
        result = Delivered()
        self._update([s for s in batch if s.action.kind is ActionKind.UPDATE], leads, now, result)
        enrolments = [s for s in batch if s.action.kind is ActionKind.ENROL]
        self._enrol(enrolments, leads, now, result)
        return result

    def _update(
        self,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        if not group:
            return
        names = sorted({name for s in group for name in s.action.fields} | {"email"})
        ids = {s.action.key: _contact_of(s, leads) for s in group}
        there = self.marketing.read(sorted(set(ids.values())), names)
        writes: list[RecordWrite] = []
        by_key: dict[str, tuple[StoredAction, SourceRecord, dict[str, Json]]] = {}
        taken: set[str] = set()
        for stored in group:
            record = there.get(ids[stored.action.key])
            if record is None:
                result.park(stored, _gone(ids[stored.action.key]))
                continue
            if record.id in taken:
                result.again(stored)  # one write a contact in one call; the next batch takes it
                continue
            fields = self._without_opt_out(stored, record, self._differences(stored, record))
            if not fields:
                result.unchanged += 1
                result.done(stored, record.id)
                self._agree(stored, record, {}, now, result)
                continue
            taken.add(record.id)
            writes.append(RecordWrite(key=stored.action.key, id=record.id, fields=fields))
            by_key[stored.action.key] = (stored, record, fields)
        if not writes:
            return
        for outcome in self.marketing.update(writes):
            stored, record, fields = by_key[outcome.key]
            if outcome.confirmed:
                result.done(stored, outcome.id)
                self._agree(stored, record, fields, now, result)
            elif outcome.problem is not None:
                result.park(stored, outcome.problem)
            else:
                result.wait(stored, now if outcome.unknown else now + BUSY_WAIT)
                result.away = result.away or outcome.unknown

    def _differences(self, stored: StoredAction, record: SourceRecord) -> dict[str, Json]:
        """What must still be written. What moved since the plan is left to the next merge."""
        before = stored.action.before
        return {
            name: value
            for name, value in stored.action.fields.items()
            if not same(value, record.values.get(name))
            and (name not in before or self._alike(name, before[name], record.values.get(name)))
        }

    def _alike(self, name: str, one: Json, shown: str | None) -> bool:
        """The same to us, however either side writes it."""
        if same(one, shown) or self.to_agreed is None:
            return same(one, shown)
        left, right = self.to_agreed({name: one}), self.to_agreed({name: shown})
        return bool(left) and left == right

    def _without_opt_out(
        self, stored: StoredAction, record: SourceRecord, fields: dict[str, Json]
    ) -> dict[str, Json]:
        """An opt-out belongs to the address; asked for again it changes nothing."""
        wanted = fields.pop(OPT_OUT, None)
        email = record.values.get("email")
        if str(wanted).casefold() == "true" and email:
            self.marketing.opt_out(email)
        return fields

    def _agree(
        self,
        stored: StoredAction,
        record: SourceRecord,
        written: Mapping[str, Json],
        now: datetime,
        result: Delivered,
    ) -> None:
        action = stored.action
        if written:
            result.images[action.key] = Image(
                lead_id=action.lead_id,
                written=written,
                before={name: record.values.get(name) for name in written},
                began=now,
                destination=Destination.HUBSPOT,
            )
        if self.to_agreed is not None:
            held = {
                name: value
                for name, value in action.fields.items()
                if name in written or name == OPT_OUT or same(value, record.values.get(name))
            }
            agreed = {**result.agreed.get(action.lead_id, {}), **self.to_agreed(held)}
            if agreed:
                result.agreed[action.lead_id] = agreed

    def _enrol(
        self,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        if not group:
            return
        lists = self.marketing.lists()
        wanted: dict[tuple[str, bool], list[StoredAction]] = {}
        for stored in group:
            name = str(stored.action.fields["list"])
            list_id = lists.get(name) or (name if name in lists.values() else None)
            if list_id is None:
                result.park(stored, _no_list(stored, name))
            else:
                member = bool(stored.action.fields.get("member", True))
                wanted.setdefault((list_id, member), []).append(stored)
        for (list_id, member), members in wanted.items():
            ids = [_contact_of(s, leads) for s in members]
            if member:
                self.marketing.add_to_list(list_id, ids)
            else:
                self.marketing.remove_from_list(list_id, ids)
            for stored in members:
                result.done(stored, list_id)
                if member:
                    given = stored.action.fields
                    told = {"programme": given.get("programme"), "list": given.get("list")}
                    result.tell(stored, EventKind.ENROLLED, now, told)


def agreed_values(mapper: Mapper) -> ToAgreed:
    """Written properties as agreed values: of the fields that both systems hold."""
    both = {name for name, rule in mapper.fields.rules.items() if rule.hubspot and rule.salesforce}

    def to_agreed(properties: Mapping[str, Json]) -> Values:
        values = mapper.from_hubspot(properties).values
        return {name: value for name, value in values.items() if name in both}

    return to_agreed


def _contact_of(stored: StoredAction, leads: Mapping[str, LeadRow]) -> str:
    row = leads.get(stored.action.lead_id)
    return stored.action.record_id or (row.hubspot_id if row else "")


def _gone(contact_id: str) -> Problem:
    return Problem(
        code="record-gone",
        where=Place(file=f"hubspot:contact/{contact_id}"),
        what="the contact is no longer in HubSpot",
        remedy="Restore the contact there, or dismiss this action with `leadrelay parked dismiss`.",
        mender=Mender.MARKETING,
    )


def _no_list(stored: StoredAction, name: str) -> Problem:
    return Problem(
        code="unknown-list",
        where=stored.action.place,
        what=f"HubSpot has no static list named '{name}'",
        remedy="Make the list (`leadrelay setup hubspot --apply`), or name another programme.",
    )
