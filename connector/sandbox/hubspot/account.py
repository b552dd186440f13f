"""One assembled account: its door, its webhooks, and the circumstances that calls may meet."""

from collections import deque
from datetime import datetime

from connector.sandbox.clock import SandboxClock
from connector.sandbox.http import Answer, Call
from connector.sandbox.hubspot.account_api import AccountApi
from connector.sandbox.hubspot.associations_api import AssociationsApi
from connector.sandbox.hubspot.automation_api import AutomationApi
from connector.sandbox.hubspot.batch_api import BatchApi
from connector.sandbox.hubspot.consent import Consent
from connector.sandbox.hubspot.door import Door
from connector.sandbox.hubspot.endpoints import Apis, build
from connector.sandbox.hubspot.errors import Json
from connector.sandbox.hubspot.formats import epoch_ms
from connector.sandbox.hubspot.limits import CallRecord, Limits
from connector.sandbox.hubspot.linking import Linking
from connector.sandbox.hubspot.lists_api import ListsApi
from connector.sandbox.hubspot.merging import Merging
from connector.sandbox.hubspot.oauth import OAuth
from connector.sandbox.hubspot.objects import Objects
from connector.sandbox.hubspot.objects_api import ObjectsApi
from connector.sandbox.hubspot.pipelines_api import PipelinesApi
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.preferences_api import PreferencesApi
from connector.sandbox.hubspot.properties_api import PropertiesApi
from connector.sandbox.hubspot.removal_api import RemovalApi
from connector.sandbox.hubspot.search import SearchApi
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.hubspot.state import load, save
from connector.sandbox.hubspot.webhooks import Delivery, Send, Target, Webhooks
from connector.sandbox.hubspot.webhooks_api import WebhooksApi


class Account:
    """A simulated account without people; see system.py for what they do in it."""

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
        self.linking = Linking(self.portal, self.objects)
        self.merging = Merging(self.portal, self.linking)
        self.single = ObjectsApi(self.portal, self.objects, self.linking)
        self.oauth = OAuth(self.portal)
        self.limits = Limits(self.settings)
        self.webhooks = Webhooks(self.portal)
        self.consent = Consent(self.portal, self.objects)
        self.consent.define_properties()
        self.lists = ListsApi(self.portal)
        self.properties = PropertiesApi(self.portal)
        apis = Apis(
            single=self.single,
            batch=BatchApi(self.portal, self.objects, self.single, self.linking),
            search=SearchApi(self.portal, self.single),
            removal=RemovalApi(self.portal, self.objects, self.single, self.merging),
            properties=self.properties,
            account=AccountApi(self.portal, self.limits),
            pipelines=PipelinesApi(self.portal),
            associations=AssociationsApi(self.portal, self.linking),
            lists=self.lists,
            oauth=self.oauth,
            preferences=PreferencesApi(self.portal, self.consent),
            automation=AutomationApi(self.portal),
            webhooks=WebhooksApi(self.webhooks),
        )
        self._router = build(apis)
        self._door = Door(self.portal, self._router, self.oauth, self.limits)

    def handle(self, call: Call) -> Answer:
        """Answers one call of the API."""
        return self._door.handle(call)

    @property
    def calls(self) -> deque[CallRecord]:
        """The log of calls, the newest last; it may be cleared."""
        return self._door.calls

    def endpoints(self) -> list[tuple[str, str]]:
        """Method and path of everything that is simulated; `*` stands for a variable."""
        return self._router.paths()

    def save(self) -> Json:
        """The whole state as JSON-able values; the clock is not part of it."""
        return save(self.portal, self.oauth, self.limits, self.webhooks)

    def load(self, saved: Json) -> None:
        """Takes back what `save` gave, into a sandbox with the same settings."""
        load(saved, self.portal, self.oauth, self.limits, self.webhooks)

    def listen(self, url: str, *event_types: str, app_id: int | None = None) -> None:
        """Sends webhooks of these types (`contact.creation`, …) to an address."""
        app = app_id or self.settings.apps[0].app_id
        now = self.portal.now()
        self.webhooks.targets[app] = Target(url=url, created=now, updated=now)
        for event_type in event_types:
            self.webhooks.subscribe(app, event_type)

    def webhooks_due(self, now: datetime | None = None) -> list[Delivery]:
        """Takes the requests that are due out of the queue; report each to `webhook_ended`.

        `now` is the clock's moment unless it is given.
        """
        settled = self.settled()
        return self.webhooks.due(settled if now is None else epoch_ms(now))

    def webhook_ended(self, delivery: Delivery, status: int | None) -> None:
        """Notes the status of a request's answer, None for none within five seconds."""
        self.webhooks.settle(delivery, status, self.portal.now())

    def deliver_webhooks(self, send: Send) -> int:
        """Carries out every request that is due; gives their number."""
        return self.webhooks.drain(self.settled(), send)

    def lock_for(self, seconds: float) -> None:
        """Writes answer 423 for so long, as after a very large sync (2 seconds at HubSpot)."""
        self._door.locked_until = self.portal.now() + int(seconds * 1000)

    def stall_index_for(self, seconds: float) -> None:
        """The search index stands still for so long; what changes meanwhile is found later."""
        self.portal.index_stands_until = self.portal.now() + int(seconds * 1000)

    def move_for(self, seconds: float) -> None:
        """Every call answers 477 for so long: the account moves to another data centre."""
        self._door.away_until = self.portal.now() + int(seconds * 1000)

    def expire_token(self, token: str | None = None) -> None:
        """Ends a token's life now; without one, that of every OAuth token handed out."""
        self.oauth.expire(token)

    def withdraw_scopes(self, token: str, *scopes: str) -> None:
        """Takes scopes away from a private app's token."""
        self.oauth.withdraw(token, scopes)

    def settled(self) -> int:
        """The moment, after everything that HubSpot does by itself until then."""
        now = self.portal.now()
        self.portal.settle(now)
        return now
