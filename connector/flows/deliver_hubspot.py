"""The door to marketing automation: contacts updated by difference, list memberships kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from connector.core.compare import same
from connector.core.events import EventKind
from connector.core.mapping import Mapper
from connector.core.plan import ActionKind, Destination, Json
from connector.core.problems import Mender, Place, Problem
from connector.core.records import SourceRecord, Values
from connector.flows.delivered import ARRIVES, Delivered, Image
from connector.flows.told import shown_then
from connector.ports import LeadRow, MarketingSystem, RecordWrite, StoredAction

BUSY_WAIT = timedelta(seconds=30)
OPT_OUT = "hs_email_optout"  #: read-only in HubSpot: consent is withdrawn by its own call

ToAgreed = Callable[[Mapping[str, Json]], Values]
Shown = Mapping[str, str | None]  #: what a contact shows, by property


class _Write(NamedTuple):
    """One contact to write, with what it showed before."""

    stored: StoredAction
    id: str
    shown: Shown
    fields: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotDoor:
    """Carries out actions in marketing automation.

    `to_agreed` turns written properties into agreed values, of fields that both systems hold;
    `told` names the properties for which the decision's own look at the contact is enough.
    """

    marketing: MarketingSystem
    to_agreed: ToAgreed | None = None
    told: frozenset[str] = frozenset()

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
        """Writes what differs, all in one call. Where the decision itself was read from the contact
        moments ago, it is not looked at again, unless the write is not confirmed."""
        told = {s.action.key: shown_then(s, self.told, now) for s in group}
        there = self._look([s for s in group if not told[s.action.key]], leads)
        writes: dict[str, _Write] = {}
        taken: set[str] = set()
        for stored in group:
            key = stored.action.key
            record = there.get(key)
            shown = record.values if record else told[key]
            if record is None and not shown:
                result.park(stored, _gone(_contact_of(stored, leads)))
                continue
            id_ = record.id if record else stored.action.record_id or ""
            if id_ in taken:
                result.again(stored)  # one write a contact in one call; the next batch takes it
                continue
            fields = self._without_opt_out(stored, shown, self._differences(stored, shown))
            if not fields:
                result.leave(stored)
                result.done(stored, id_)
                self._agree(stored, shown, {}, now, result)
                continue
            taken.add(id_)
            writes[key] = _Write(stored, id_, shown, fields)
        sent = [RecordWrite(key=key, id=w.id, fields=w.fields) for key, w in writes.items()]
        for outcome in self.marketing.update(sent) if sent else ():
            write = writes[outcome.key]
            if outcome.confirmed:
                result.done(write.stored, outcome.id)
                self._agree(write.stored, write.shown, write.fields, now, result)
            elif told[outcome.key] and outcome.problem is not None:
                result.again(write.stored)  # gone or merged meanwhile? The next batch looks.
            elif outcome.problem is not None:
                result.park(write.stored, outcome.problem)
            else:
                result.wait(write.stored, now + (ARRIVES if outcome.unknown else BUSY_WAIT))
                # A contact that was merged away since then gets no answer: no reason to stop.
                result.away = result.away or (outcome.unknown and not told[outcome.key])

    def _look(
        self, group: Sequence[StoredAction], leads: Mapping[str, LeadRow]
    ) -> dict[str, SourceRecord]:
        """By action key what its contact shows now; contacts that are gone are left out."""
        names = sorted({name for s in group for name in s.action.fields} | {"email"})
        ids = {s.action.key: _contact_of(s, leads) for s in group}
        there = self.marketing.read(sorted(set(ids.values())), names) if ids else {}
        return {key: there[id_] for key, id_ in ids.items() if id_ in there}

    def _differences(self, stored: StoredAction, shown: Shown) -> dict[str, Json]:
        """What must still be written. What moved since the plan is left to the next merge, but for
        what nobody merges."""
        before = {n: v for n, v in stored.action.before.items() if n not in self.told}
        return {
            name: value
            for name, value in stored.action.fields.items()
            if not same(value, shown.get(name))
            and (name not in before or self._alike(name, before[name], shown.get(name)))
        }

    def _alike(self, name: str, one: Json, shown: str | None) -> bool:
        """The same to us, however either side writes it."""
        if same(one, shown) or self.to_agreed is None:
            return same(one, shown)
        left, right = self.to_agreed({name: one}), self.to_agreed({name: shown})
        return bool(left) and left == right

    def _without_opt_out(
        self, stored: StoredAction, shown: Shown, fields: dict[str, Json]
    ) -> dict[str, Json]:
        """An opt-out belongs to the address; asked for again it changes nothing."""
        wanted = fields.pop(OPT_OUT, None)
        email = shown.get("email")
        if str(wanted).casefold() == "true" and email:
            self.marketing.opt_out(email)
        return fields

    def _agree(
        self,
        stored: StoredAction,
        shown: Shown,
        written: Mapping[str, Json],
        now: datetime,
        result: Delivered,
    ) -> None:
        action = stored.action
        if written:
            result.images[action.key] = Image(
                lead_id=action.lead_id,
                written=written,
                before={name: shown.get(name) for name in written},
                began=now,
                destination=Destination.HUBSPOT,
            )
        if self.to_agreed is not None:
            held = {
                name: value
                for name, value in action.fields.items()
                if name in written or name == OPT_OUT or same(value, shown.get(name))
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
