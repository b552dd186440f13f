"""HubSpot, simulated: the door for calls, and the hands of people in its web interface."""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call
from connector.sandbox.hubspot.account_api import AccountApi
from connector.sandbox.hubspot.associations_api import AssociationsApi
from connector.sandbox.hubspot.batch_api import BatchApi
from connector.sandbox.hubspot.door import Door
from connector.sandbox.hubspot.endpoints import Apis, build
from connector.sandbox.hubspot.errors import Json, invalid_values
from connector.sandbox.hubspot.kinds import CONTACTS, Kind
from connector.sandbox.hubspot.limits import CallRecord, Limits
from connector.sandbox.hubspot.linking import Linking
from connector.sandbox.hubspot.lists_api import ListsApi
from connector.sandbox.hubspot.merging import Merging
from connector.sandbox.hubspot.oauth import OAuth
from connector.sandbox.hubspot.objects import Conflict, Objects
from connector.sandbox.hubspot.objects_api import ObjectsApi
from connector.sandbox.hubspot.pipelines_api import PipelinesApi
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.properties_api import PropertiesApi
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.removal_api import RemovalApi
from connector.sandbox.hubspot.request import kind_of
from connector.sandbox.hubspot.search import SearchApi
from connector.sandbox.hubspot.settings import HubSpotSettings


class HubSpotSandbox:
    """One HubSpot account.

    `handle` is the API. The other methods act as people do in the web interface: the same rules,
    stamps and histories, but no token and no quota. They raise `Rejection` (errors.py) where
    HubSpot would refuse.
    """

    def __init__(
        self,
        clock: SandboxClock,
        *,
        seed: int = 0,
        settings: HubSpotSettings | None = None,
    ) -> None:
        self.settings = settings or HubSpotSettings()
        self.portal = Portal(clock, seed, self.settings)
        self.objects = Objects(self.portal)
        self._linking = Linking(self.portal)
        self._merging = Merging(self.portal, self.objects, self._linking)
        self._single = ObjectsApi(self.portal, self.objects, self._linking)
        self.oauth = OAuth(self.portal)
        self.limits = Limits(self.settings)
        self._lists = ListsApi(self.portal)
        self._properties = PropertiesApi(self.portal)
        apis = Apis(
            single=self._single,
            batch=BatchApi(self.portal, self.objects, self._single, self._linking),
            search=SearchApi(self.portal, self._single),
            removal=RemovalApi(self.portal, self.objects, self._single, self._merging),
            properties=self._properties,
            account=AccountApi(self.portal, self.limits),
            pipelines=PipelinesApi(self.portal),
            associations=AssociationsApi(self.portal, self._linking),
            lists=self._lists,
            oauth=self.oauth,
        )
        self._door = Door(self.portal, build(apis), self.oauth, self.limits)

    def handle(self, call: Call) -> Answer:
        """Answers one call of the API."""
        return self._door.handle(call)

    @property
    def calls(self) -> Any:
        """The log of calls, a bounded deque of `CallRecord`."""
        return self._door.calls

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
        now = self._settled()
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
        now = self._settled()
        record = self._record(kind, id_)
        written = self._prepared(kind, properties, record, as_hubspot=as_hubspot)
        try:
            self.objects.update(kind, record, written, self._source(source), now)
        except Conflict as conflict:
            raise conflict.rejection(record.key) from None
        self._linking.follow_company(kind, record, written, now)
        return self._whole(kind, record)

    def archive(self, object_type: str, id_: str | int) -> None:
        """Puts a record into the recycle bin."""
        kind = kind_of(object_type)
        now = self._settled()
        self.objects.archive(kind, self._record(kind, id_), self._source("CRM_UI"), now)

    def restore(self, object_type: str, id_: str | int) -> Json:
        """Takes a record back from the recycle bin."""
        kind = kind_of(object_type)
        now = self._settled()
        record = self._single.find(kind, str(id_), "", "json", archived=True)
        try:
            self.objects.restore(kind, record, self._source("CRM_UI"), now)
        except Conflict as conflict:
            raise conflict.rejection(record.key) from None
        return self._whole(kind, record)

    def merge(self, primary: str | int, other: str | int, *, object_type: str = "contacts") -> Json:
        """Merges `other` into `primary`; gives the survivor."""
        kind = kind_of(object_type)
        now = self._settled()
        survivor = self._merging.merge(
            kind,
            self._record(kind, primary),
            self._record(kind, other),
            self._source("CRM_UI"),
            now,
        )
        return self._whole(kind, survivor)

    def gdpr_delete(self, id_: str | int) -> None:
        """Forgets a contact for good."""
        self._settled()
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
        return self._properties.define(kind, whole, self.portal.now()).told()

    def load_contacts(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Takes contacts in bulk, quickly, and into the search index at once; gives their number.

        Read-only properties are taken too. A row whose address is known updates that contact.

        Raises:
            Rejection: 400 at the first row with a value that a property does not take.
        """
        now = self._settled()
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
        plain = self._linking.default_type(kind, other)
        self._linking.link(
            kind,
            self._record(kind, id_),
            other,
            self._record(other, other_id).id,
            [plain.id],
            self._settled(),
        )

    def _settled(self) -> int:
        now = self.portal.now()
        self.portal.settle(now)
        return now

    def _record(self, kind: Kind, id_: str | int) -> Record:
        return self._single.find(kind, str(id_), "", "json")

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
        return self._single.shown(kind, record, reader)


__all__ = ["CallRecord", "HubSpotSandbox", "HubSpotSettings"]
