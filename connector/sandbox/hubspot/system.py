"""HubSpot, simulated: the door for calls, and the hands of people in its web interface."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call
from connector.sandbox.hubspot.account_api import AccountApi
from connector.sandbox.hubspot.associations_api import AssociationsApi
from connector.sandbox.hubspot.automation_api import AutomationApi
from connector.sandbox.hubspot.batch_api import BatchApi
from connector.sandbox.hubspot.consent import Consent
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
from connector.sandbox.hubspot.preferences import SUBSCRIBED, UNSUBSCRIBED, Status
from connector.sandbox.hubspot.preferences_api import PreferencesApi
from connector.sandbox.hubspot.properties_api import PropertiesApi
from connector.sandbox.hubspot.records import Record, Source
from connector.sandbox.hubspot.removal_api import RemovalApi
from connector.sandbox.hubspot.request import kind_of
from connector.sandbox.hubspot.search import SearchApi
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.hubspot.state import load, save
from connector.sandbox.hubspot.webhooks import Delivery, Send, Target, Webhooks
from connector.sandbox.hubspot.webhooks_api import WebhooksApi


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
        self._merging = Merging(self.portal, self._linking)
        self._single = ObjectsApi(self.portal, self.objects, self._linking)
        self.oauth = OAuth(self.portal)
        self.limits = Limits(self.settings)
        self.webhooks = Webhooks(self.portal)
        self._consent = Consent(self.portal, self.objects)
        self._consent.define_properties()
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
            preferences=PreferencesApi(self.portal, self._consent),
            automation=AutomationApi(self.portal),
            webhooks=WebhooksApi(self.webhooks),
        )
        self._door = Door(self.portal, build(apis), self.oauth, self.limits)

    def handle(self, call: Call) -> Answer:
        """Answers one call of the API."""
        return self._door.handle(call)

    @property
    def calls(self) -> deque[CallRecord]:
        """The log of calls, the newest last; it may be cleared."""
        return self._door.calls

    def save(self) -> Json:
        """The whole state as JSON-able values; the clock is not part of it."""
        return save(self.portal, self.oauth, self.limits, self.webhooks)

    def load(self, saved: Json) -> None:
        """Takes back what `save` gave, into a sandbox with the same settings."""
        load(saved, self.portal, self.oauth, self.limits, self.webhooks)

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

    def unsubscribe(self, email: str, subscription_id: int | None = None) -> None:
        """A person declines one kind of e-mail by the link in it, or all e-mail."""
        now = self._settled()
        if subscription_id is None:
            self._consent.opt_out(email, now)
            return
        status = Status(state=UNSUBSCRIBED, at=now, source="SUBSCRIPTION_STATUS", by_person=True)
        self._consent.say(email, subscription_id, status)

    def subscribe(self, email: str, subscription_id: int) -> None:
        """A person asks for one kind of e-mail, for example in a form."""
        now = self._settled()
        status = Status(state=SUBSCRIBED, at=now, source="SUBSCRIPTION_STATUS", by_person=True)
        self._consent.say(email, subscription_id, status)

    def add_list(self, name: str, *, object_type: str = "contacts", dynamic: bool = False) -> str:
        """Makes a static list, or an active one; gives its id."""
        made = self.portal.lists.add(
            self._settled(),
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
        found, now = self.portal.lists.all[list_id], self._settled()
        self._lists.change(found, [str(id_) for id_ in record_ids], [], now)

    def add_workflow(self, name: str) -> str:
        """Makes a workflow that contacts can be enrolled in; gives its id."""
        return self.portal.automation.add_workflow(name).id

    def add_sequence(self, name: str, user_id: int) -> str:
        """Makes a sequence of a user's; gives its id."""
        return self.portal.automation.add_sequence(self.portal.now(), name, str(user_id)).id

    def listen(self, url: str, *event_types: str, app_id: int | None = None) -> None:
        """Sends webhooks of these types (`contact.creation`, …) to an address."""
        app = app_id or self.settings.apps[0].app_id
        now = self.portal.now()
        self.webhooks.targets[app] = Target(url=url, created=now, updated=now)
        for event_type in event_types:
            self.webhooks.subscribe(app, event_type)

    def webhooks_due(self) -> list[Delivery]:
        """Takes the requests that are due out of the queue; report each to `webhook_ended`."""
        return self.webhooks.due(self._settled())

    def webhook_ended(self, delivery: Delivery, status: int | None) -> None:
        """Notes the status of a request's answer, None for none within five seconds."""
        self.webhooks.settle(delivery, status, self.portal.now())

    def deliver_webhooks(self, send: Send) -> int:
        """Carries out every request that is due; gives their number."""
        return self.webhooks.drain(self._settled(), send)

    def lock_for(self, seconds: float) -> None:
        """Writes answer 423 for so long, as after a very large sync (2 seconds at HubSpot)."""
        self._door.locked_until = self.portal.now() + int(seconds * 1000)

    def move_for(self, seconds: float) -> None:
        """Every call answers 477 for so long: the account moves to another data centre."""
        self._door.away_until = self.portal.now() + int(seconds * 1000)

    def expire_token(self, token: str | None = None) -> None:
        """Ends a token's life now; without one, that of every OAuth token handed out."""
        self.oauth.expire(token)

    def withdraw_scopes(self, token: str, *scopes: str) -> None:
        """Takes scopes away from a private app's token."""
        self.oauth.withdraw(token, scopes)

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
