"""The rules of writing: what is refused, what HubSpot adds by itself, what history remembers."""

from collections.abc import Mapping
from typing import Any

from connector.sandbox.hubspot.derived import derive, follow_associations
from connector.sandbox.hubspot.errors import Fault, Rejection, fault, invalid_values
from connector.sandbox.hubspot.formats import iso, parse_moment
from connector.sandbox.hubspot.kinds import CONTACTS, DEALS, KINDS, LEADS, TICKETS, Kind
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.values import Unacceptable, as_text, is_email, stored_form

#: Set in bulk loads and by HubSpot's own work, never by a client.
_DATES = ("createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate")


class Conflict(Exception):
    """A unique value that another record holds already."""

    def __init__(self, name: str, value: str, holder: int) -> None:
        super().__init__(f"{name} is taken")
        self.name = name
        self.value = value
        self.holder = holder

    def rejection(self, record_id: str = "") -> Rejection:
        """The answer to a single write."""
        if self.name == "email":
            return Rejection(
                409,
                f"Contact already exists. Existing ID: {self.holder}",
                category="CONFLICT",
            )
        # [C] the words and the status
        return Rejection(
            400,
            f"Cannot set PropertyValueCoordinates{{propertyName={self.name}, value={self.value}}}"
            f" on {record_id or 'a new record'}. {self.holder} already has that value.",
        )


class Objects:
    """Creates, changes, archives and restores records of every type."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def prepare(
        self,
        kind: Kind,
        properties: Mapping[str, Any],
        record: Record | None = None,
        *,
        as_hubspot: bool = False,
    ) -> tuple[dict[str, str], list[Fault]]:
        """The stored form of written properties, and every fault among them.

        `as_hubspot` lets read-only values through: they are HubSpot's own work.
        """
        written: dict[str, str] = {}
        faults: list[Fault] = []
        definitions = self._portal.catalogue.of(kind)
        present = record.values if record is not None else {}
        for given, raw in properties.items():
            definition = definitions.get(given) or definitions.get(given.lower())
            if definition is None or definition.archived:
                text = f'Property "{given}" does not exist'
                faults.append(fault(given, "PROPERTY_DOESNT_EXIST", text))
                continue
            name = definition.name
            if definition.read_only_value and not as_hubspot:
                # The code is known, the words are [C].
                text = f'"{name}" is a read only property; its value cannot be set.'
                faults.append(fault(name, "READ_ONLY_VALUE", text))
                continue
            if raw is None:
                if self._portal.settings.null_write == "skip":
                    continue
                raw = ""
            try:
                written[name] = stored_form(definition, as_text(raw), present.get(name))
            except Unacceptable as refused:
                faults.append(refused.fault)
        faults += self._faults_of_references(kind, written, present)
        return written, faults

    def _faults_of_references(
        self, kind: Kind, written: dict[str, str], present: Mapping[str, str]
    ) -> list[Fault]:
        faults = []
        owner = written.get("hubspot_owner_id")
        if owner and self._portal.settings.check_owner and not self._portal.owners.find(owner):
            text = f"{owner} was not one of the allowed options: []"
            faults.append(fault("hubspot_owner_id", "INVALID_OPTION", text))
        if kind is CONTACTS:
            for address in filter(None, written.get("hs_additional_emails", "").split(";")):
                if not is_email(address):
                    text = f"Email address {address} is invalid"
                    faults.append(fault("hs_additional_emails", "INVALID_EMAIL", text))
            faults += self._blocked_addresses(written)
        if kind in (DEALS, LEADS, TICKETS):
            faults += self._stage_faults(kind, written, present)
        return faults

    def _blocked_addresses(self, written: Mapping[str, str]) -> list[Fault]:
        """Addresses that were erased by the law on privacy cannot be used again."""
        blocked = self._portal.preferences.blocked
        if not blocked or not self._portal.settings.refuse_blocked:
            return []
        given = [("email", written.get("email", ""))]
        given += [
            ("hs_additional_emails", address)
            for address in written.get("hs_additional_emails", "").split(";")
        ]
        return [
            fault(name, "BLOCKED_EMAIL", f"Email address {address} is on the block list")  # [?]
            for name, address in given
            if address.lower() in blocked
        ]

    def _stage_faults(
        self, kind: Kind, written: dict[str, str], present: Mapping[str, str]
    ) -> list[Fault]:
        rail, step = ("pipeline", "dealstage") if kind is DEALS else _STAGE
        pipelines = self._portal.pipelines
        first = pipelines.of(kind)[0].id
        chosen = written.get(rail) or present.get(rail) or first
        pipeline = pipelines.find(kind, chosen)
        if pipeline is None:
            allowed = ", ".join(one.id for one in pipelines.of(kind))
            text = f"{chosen} was not one of the allowed options: [{allowed}]"
            return [fault(rail, "INVALID_OPTION", text)]
        stage = written.get(step)
        if stage and pipeline.stage(stage) is None:
            allowed = ", ".join(one.id for one in pipeline.stages)
            text = f"{stage} was not one of the allowed options: [{allowed}]"
            return [fault(step, "INVALID_OPTION", text)]
        return []

    def check_required(self, kind: Kind, written: Mapping[str, str]) -> None:
        """Raises Rejection when a creation lacks what its type needs."""
        if kind is CONTACTS:
            if not any(written.get(name) for name in ("email", "firstname", "lastname")):
                # [C] the words
                raise Rejection(
                    400,
                    "At least one of the following properties is required:"
                    " [email, firstname, lastname]",
                )
            return
        missing = [names for names in kind.required if not any(written.get(name) for name in names)]
        if missing:
            names = [" or ".join(some) for some in missing]
            raise Rejection(
                400,
                "Error creating "
                f"{kind.upper}. Some required properties were not set.",  # [C] the words
                context={"properties": names},
                errors=[
                    {
                        "message": f"{name} is required",
                        "code": "MISSING_REQUIRED_PROPERTY",
                        "context": {"propertyName": [name]},
                    }
                    for name in names
                ],
            )

    def check_unique(
        self, kind: Kind, written: Mapping[str, str], record: Record | None = None
    ) -> None:
        """Raises Conflict when another record holds one of the values."""
        unique = self._portal.store(kind).unique
        own = record.id if record is not None else None
        for name, table in unique.items():
            value = written.get(name)
            holder = table.get(value) if value else None
            if value and holder is not None and holder != own:
                raise Conflict(name, value, holder)
        if kind is CONTACTS:
            for address in filter(None, written.get("hs_additional_emails", "").split(";")):
                holder = unique["email"].get(address.lower())
                if holder is not None and holder != own:
                    raise Conflict("email", address, holder)

    def create(
        self,
        kind: Kind,
        written: dict[str, str],
        source: Source,
        now: int,
    ) -> Record:
        """Makes a record of prepared properties.

        Raises:
            Conflict: a unique value is taken.
        """
        self.check_unique(kind, written)
        record = self.build(kind, written, source, now)
        portal = self._portal
        index = portal.index(kind)
        index.changing(record, new=True)
        portal.store(kind).add(record)
        index.changed(record, now)
        portal.touch_later(kind, record, now)
        portal.happened(kind, "creation", record.id, source.type, source_id=source.id)
        for name, value in written.items():
            self._tell(kind, record, name, value, source)
        return record

    def build(self, kind: Kind, written: dict[str, str], source: Source, now: int) -> Record:
        """A record with everything HubSpot adds at creation, not yet known to the store."""
        portal = self._portal
        id_ = portal.next_id(kind)
        values = {name: value for name, value in written.items() if value != ""}
        created = parse_moment(values.get(kind.created, "")) or now
        values[kind.created] = iso(created)
        if kind.created == "hs_createdate" and kind is LEADS:
            values.setdefault("createdate", values[kind.created])
        modified = parse_moment(values.get(kind.modified, "")) or now
        values[kind.modified] = iso(modified)
        record = Record(id_, values, created, source)
        record.modified = modified
        values["hs_object_id"] = record.key
        if kind is CONTACTS and portal.settings.default_lifecycle_stage:
            values.setdefault("lifecyclestage", portal.settings.default_lifecycle_stage)
        derive(portal, kind, record, set(values), created)
        self._portal.store(kind).claim(record)
        return record

    def update(
        self, kind: Kind, record: Record, written: dict[str, str], source: Source, now: int
    ) -> dict[str, str]:
        """Changes a record; gives the properties that really changed.

        A backward lifecycle stage is left out silently (or as the settings say).

        Raises:
            Conflict: a unique value is taken.
        """
        written = self._forward_only(kind, record, written)
        self.check_unique(kind, written, record)
        values = record.values
        changed = {
            name: value
            for name, value in written.items()
            if values.get(name) != value and not (value == "" and name not in values)
        }
        if not changed:
            return {}
        index = self._portal.index(kind)
        index.changing(record)
        if self._touches_unique(kind, changed):
            self._portal.store(kind).release(record)
        if kind is CONTACTS and "email" in changed:
            self._swap_address(record, changed["email"])
        for name, value in changed.items():
            record.remember(name, value, now, source)
            values[name] = value
        derive(self._portal, kind, record, set(changed), now)
        if self._touches_unique(kind, changed):
            self._portal.store(kind).claim(record)
        record.modified = now
        values[kind.modified] = iso(now)
        index.changed(record, now)
        for name, value in changed.items():
            self._tell(kind, record, name, value, source)
        return changed

    def _touches_unique(self, kind: Kind, changed: Mapping[str, str]) -> bool:
        unique = self._portal.store(kind).unique
        return "hs_additional_emails" in changed or any(name in changed for name in unique)

    @staticmethod
    def _swap_address(record: Record, primary: str) -> None:
        """An additional address that becomes the primary one changes places with it [?]."""
        more = record.values.get("hs_additional_emails", "").split(";")
        if primary in more:
            kept = [address for address in more if address and address != primary]
            if old := record.values.get("email"):
                kept.append(old)
            record.values["hs_additional_emails"] = ";".join(kept)

    def _forward_only(self, kind: Kind, record: Record, written: dict[str, str]) -> dict[str, str]:
        rule = self._portal.settings.backward_lifecycle
        wanted = written.get("lifecyclestage")
        present = record.values.get("lifecyclestage")
        if kind is not CONTACTS or not wanted or not present or rule == "accept":
            return written
        order = self._portal.pipelines.lifecycle()
        if present not in order or order.index(wanted) >= order.index(present):
            return written
        if rule == "refuse":
            text = f"Lifecycle stage cannot move back from {present} to {wanted}"
            raise invalid_values(
                [fault("lifecyclestage", "INVALID_LIFECYCLE_STAGE", text)],
                self._portal.settings.portal_id,
            )
        return {name: value for name, value in written.items() if name != "lifecyclestage"}

    def _tell(self, kind: Kind, record: Record, name: str, value: str, source: Source) -> None:
        if self._portal.listeners and name not in _DATES:
            self._portal.happened(
                kind,
                "propertyChange",
                record.id,
                source.type,
                source_id=source.id,
                propertyName=name,
                propertyValue=value,
            )

    def archive(self, kind: Kind, record: Record, source: Source, now: int) -> None:
        """Puts a record into the recycle bin and frees its unique values."""
        portal = self._portal
        index = portal.index(kind)
        index.changing(record)
        portal.store(kind).release(record)
        portal.store(kind).bury(record, now)
        index.changed(record, now, gone=True)
        portal.lists.forget_record(kind.type_id, record.id)
        portal.happened(kind, "deletion", record.id, source.type, source_id=source.id)

    def restore(self, kind: Kind, record: Record, source: Source, now: int) -> None:
        """Takes a record back from the recycle bin.

        Raises:
            Conflict: its address now belongs to another record.
        """
        portal = self._portal
        self.check_unique(kind, record.values, record)
        index = portal.index(kind)
        index.changing(record, new=True)
        portal.store(kind).raise_again(record)
        self._portal.store(kind).claim(record)
        record.modified = now
        record.values[kind.modified] = iso(now)
        index.changed(record, now)
        portal.happened(kind, "restore", record.id, source.type, source_id=source.id)

    def purge(self, kind: Kind, record: Record, source: Source) -> None:
        """Forgets a record for good, as the law on privacy asks; its addresses are blocked."""
        portal = self._portal
        now = portal.now()
        index = portal.index(kind)
        index.changing(record)
        portal.store(kind).release(record)
        held = (record.values.get("email", ""), record.values.get("hs_additional_emails", ""))
        addresses = {address.lower() for text in held for address in text.split(";") if address}
        portal.preferences.blocked |= addresses
        for other, id_ in portal.associations.partners(kind, record.id, KINDS):
            portal.associations.unlink(kind, record.id, other, id_)
            partner = portal.store(other).find(id_)
            if other is CONTACTS and partner is not None:
                follow_associations(portal, partner)
        portal.lists.forget_record(kind.type_id, record.id)
        portal.store(kind).forget(record)
        index.changed(record, now, gone=True)
        for action in ("deletion", "privacyDeletion"):
            portal.happened(kind, action, record.id, source.type, source_id=source.id)


_STAGE = ("hs_pipeline", "hs_pipeline_stage")
