"""HubSpot, simulated: the door for calls, and the hands of people in its web interface."""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.sandbox.hubspot.account import Account
from connector.sandbox.hubspot.errors import Json, invalid_values
from connector.sandbox.hubspot.kinds import CONTACTS, Kind
from connector.sandbox.hubspot.limits import CallRecord
from connector.sandbox.hubspot.objects import Conflict
from connector.sandbox.hubspot.preferences import SUBSCRIBED, UNSUBSCRIBED, Status
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.request import kind_of
from connector.sandbox.hubspot.settings import HubSpotSettings


class HubSpotSandbox(Account):
    """One HubSpot account.

    `handle` is the API. The other methods act as people do in the web interface: the same rules,
    stamps and histories, but no token and no quota. They raise `Rejection` (errors.py) where
    HubSpot would refuse.
    """

    def create(
        self,
        object_type: str,
        properties: Mapping[str, Any],
        *,
        source: str = "CRM_UI",
        as_hubspot: bool = False,
    ) -> Json:
        """Creates a record; gives it with all its values.

        `as_hubspot` also takes read-only properties (visits, clicks, sources, dates of the past):
        what HubSpot's own work would have set.
        """
        kind = kind_of(object_type)
        now = self.settled()
        written = self._prepared(kind, properties, None, as_hubspot=as_hubspot)
        self.objects.check_required(kind, written)
        try:
            record = self.objects.create(kind, written, self._source(source), now)
        except Conflict as conflict:
            raise conflict.rejection() from None
        return self._whole(kind, record)

    def update(
        self,
        object_type: str,
        id_: str | int,
        properties: Mapping[str, Any],
        *,
        source: str = "CRM_UI",
        as_hubspot: bool = False,
    ) -> Json:
        """Changes a record; gives it with all its values."""
        kind = kind_of(object_type)
        now = self.settled()
        record = self._record(kind, id_)
        written = self._prepared(kind, properties, record, as_hubspot=as_hubspot)
        try:
            self.objects.update(kind, record, written, self._source(source), now)
        except Conflict as conflict:
            raise conflict.rejection(record.key) from None
        self.linking.follow_company(kind, record, written, now)
        return self._whole(kind, record)

    def archive(self, object_type: str, id_: str | int) -> None:
        """Puts a record into the recycle bin."""
        kind = kind_of(object_type)
        now = self.settled()
        self.objects.archive(kind, self._record(kind, id_), self._source("CRM_UI"), now)

    def restore(self, object_type: str, id_: str | int) -> Json:
        """Takes a record back from the recycle bin."""
        kind = kind_of(object_type)
        now = self.settled()
        record = self.single.find(kind, str(id_), "", "json", archived=True)
        try:
            self.objects.restore(kind, record, self._source("CRM_UI"), now)
        except Conflict as conflict:
            raise conflict.rejection(record.key) from None
        return self._whole(kind, record)

    def merge(self, primary: str | int, other: str | int, *, object_type: str = "contacts") -> Json:
        """Merges `other` into `primary`; gives the survivor."""
        kind = kind_of(object_type)
        now = self.settled()
        survivor = self.merging.merge(
            kind,
            self._record(kind, primary),
            self._record(kind, other),
            self._source("CRM_UI"),
            now,
        )
        return self._whole(kind, survivor)

    def gdpr_delete(self, id_: str | int) -> None:
        """Forgets a contact for good."""
        self.settled()
        self.objects.purge(CONTACTS, self._record(CONTACTS, id_), self._source("CRM_UI"))

    def get(self, object_type: str, id_: str | int) -> Json:
        """A record with all its values."""
        kind = kind_of(object_type)
        return self._whole(kind, self._record(kind, id_))

    def records(self, object_type: str) -> list[Json]:
        """All living records of a type with all their values, by id."""
        kind = kind_of(object_type)
        return [self._whole(kind, record) for record in self.portal.store(kind).living()]

    def add_owner(
        self,
        *,
        email: str,
        first_name: str = "",
        last_name: str = "",
        team: str | None = None,
        queue: bool = False,
    ) -> Json:
        """Adds a person (or a queue) that records can belong to."""
        owner = self.portal.owners.add(
            self.portal.now(),
            email=email,
            first_name=first_name,
            last_name=last_name,
            team=team,
            type_="QUEUE" if queue else "PERSON",
        )
        return owner.told()

    def define_property(self, object_type: str, definition: Mapping[str, Any]) -> Json:
        """Makes a property from `name`, `label`, `type`, `fieldType`, `groupName`, `options`.

        Only `name` is needed; a text in the type's main group is the default.
        """
        kind = kind_of(object_type)
        name = str(definition["name"])
        whole = {
            "label": name.replace("_", " ").capitalize(),
            "type": "string",
            "fieldType": "text",
            "groupName": kind.group,
            **definition,
        }
        return self.properties.define(kind, whole, self.portal.now()).told()

    def touch(self, object_type: str, *ids: str | int) -> int:
        """Moves the modified date of records (of all, if none are named) and nothing else.

        HubSpot does so at the end of a month, for very many records in one moment. Gives their
        number.
        """
        kind = kind_of(object_type)
        now = self.settled()
        chosen = [self._record(kind, id_) for id_ in ids] or list(self.portal.store(kind).living())
        for record in chosen:
            self.portal.touch(kind, record, now)
        return len(chosen)

    def load_contacts(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Takes contacts in bulk, quickly, and into the search index at once; gives their number.

        Read-only properties are taken too. A row whose address is known updates that contact.

        Raises:
            Rejection: 400 at the first row with a value that a property does not take.
        """
        now = self.settled()
        source = self._source("IMPORT")
        store, index = self.portal.store(CONTACTS), self.portal.index(CONTACTS)
        count = 0
        for row in rows:
            given = {name: value for name, value in row.items() if value}
            written = self._prepared(CONTACTS, given, None, as_hubspot=True)
            known = store.by_unique("email", written.get("email", ""))
            if known is not None:
                self.objects.update(CONTACTS, known, written, source, now)
            else:
                record = self.objects.build(CONTACTS, written, source, now)
                store.add(record)
                index.loaded(record)
            count += 1
        return count

    def associate(
        self, object_type: str, id_: str | int, other_type: str, other_id: str | int
    ) -> None:
        """Joins two records without a label."""
        kind, other = kind_of(object_type), kind_of(other_type)
        plain = self.linking.default_type(kind, other)
        self.linking.link(
            kind,
            self._record(kind, id_),
            other,
            self._record(other, other_id).id,
            [plain.id],
            self.settled(),
        )

    def unsubscribe(self, email: str, subscription_id: int | None = None) -> None:
        """A person declines one kind of e-mail by the link in it, or all e-mail."""
        now = self.settled()
        if subscription_id is None:
            self.consent.opt_out(email, now)
            return
        status = Status(state=UNSUBSCRIBED, at=now, source="SUBSCRIPTION_STATUS", by_person=True)
        self.consent.say(email, subscription_id, status)

    def subscribe(self, email: str, subscription_id: int) -> None:
        """A person asks for one kind of e-mail, for example in a form."""
        now = self.settled()
        status = Status(state=SUBSCRIBED, at=now, source="SUBSCRIPTION_STATUS", by_person=True)
        self.consent.say(email, subscription_id, status)

    def add_list(self, name: str, *, object_type: str = "contacts", dynamic: bool = False) -> str:
        """Makes a static list, or an active one; gives its id."""
        made = self.portal.lists.add(
            self.settled(),
            name=name,
            type_id=kind_of(object_type).type_id,
            processing="DYNAMIC" if dynamic else "MANUAL",
            filter_branch=None,
            user="9586504",
        )
        return made.id

    def members(self, list_id: str) -> list[str]:
        """The ids of the records on a list, in the order of joining."""
        return [str(id_) for id_ in self.portal.lists.all[list_id].members]

    def put_on_list(self, list_id: str, *record_ids: str | int) -> None:
        """Puts records on a list, active ones too: what a filter would have done."""
        found, now = self.portal.lists.all[list_id], self.settled()
        self.lists.change(found, [str(id_) for id_ in record_ids], [], now)

    def add_workflow(self, name: str) -> str:
        """Makes a workflow that contacts can be enrolled in; gives its id."""
        return self.portal.automation.add_workflow(name).id

    def add_sequence(self, name: str, user_id: int) -> str:
        """Makes a sequence of a user's; gives its id."""
        return self.portal.automation.add_sequence(self.portal.now(), name, str(user_id)).id

    def _record(self, kind: Kind, id_: str | int) -> Record:
        return self.single.find(kind, str(id_), "", "json")

    def _prepared(
        self,
        kind: Kind,
        properties: Mapping[str, Any],
        record: Record | None,
        *,
        as_hubspot: bool,
    ) -> dict[str, str]:
        written, faults = self.objects.prepare(kind, properties, record, as_hubspot=as_hubspot)
        if faults:
            raise invalid_values(faults, self.settings.portal_id)
        return written

    @staticmethod
    def _source(type_: str) -> Source:
        return Source(type_, "userId:9586504" if type_ == "CRM_UI" else "", "", None)

    def _whole(self, kind: Kind, record: Record) -> Json:
        reader = self.portal.catalogue.reader(kind, tuple(record.values))
        return self.single.shown(kind, record, reader)


__all__ = ["CallRecord", "HubSpotSandbox", "HubSpotSettings"]
