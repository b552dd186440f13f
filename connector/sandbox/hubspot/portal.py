"""One simulated HubSpot account: everything it knows, and its clock."""

import heapq
import random

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.associations import Associations
from connector.sandbox.hubspot.automation import Automation
from connector.sandbox.hubspot.catalogue import Catalogue
from connector.sandbox.hubspot.events import Event, Listener
from connector.sandbox.hubspot.formats import epoch_ms, iso
from connector.sandbox.hubspot.index import SearchIndex
from connector.sandbox.hubspot.kinds import CONTACTS, KINDS, Kind
from connector.sandbox.hubspot.lists import Lists
from connector.sandbox.hubspot.owners import Owners
from connector.sandbox.hubspot.pipelines import Pipelines
from connector.sandbox.hubspot.preferences import Preferences
from connector.sandbox.hubspot.records import Record, Store
from connector.sandbox.hubspot.settings import HubSpotSettings


class Portal:
    """The state of an account. Endpoints and rules work on it; it knows neither HTTP nor JSON."""

    def __init__(self, clock: SandboxClock, seed: int, settings: HubSpotSettings) -> None:
        self.clock = clock
        self.settings = settings
        self.dice = random.Random(seed)
        self.catalogue = Catalogue()
        self.owners = Owners()
        self.pipelines = Pipelines()
        self.associations = Associations()
        self.lists = Lists()
        self.preferences = Preferences()
        self.automation = Automation()
        self.listeners: list[Listener] = []
        self.index_stands_until = 0  #: epoch milliseconds
        self._bumps: list[tuple[int, str, int]] = []
        self.stores: dict[str, Store] = {}
        self.indexes: dict[str, SearchIndex] = {}
        lag = int(settings.search_lag_seconds * 1000)
        for place, kind in enumerate(KINDS):
            store = Store(kind, first_id=216_669_700_001 + place * 10_000_000_007)
            self.stores[kind.plural] = store
            self.indexes[kind.plural] = SearchIndex(store, lag)

    def now(self) -> int:
        """The account's moment in epoch milliseconds."""
        return epoch_ms(self.clock.now())

    def store(self, kind: Kind) -> Store:
        """The records of a type."""
        return self.stores[kind.plural]

    def index(self, kind: Kind) -> SearchIndex:
        """The search index of a type."""
        return self.indexes[kind.plural]

    def next_id(self, kind: Kind) -> int:
        """A new record id: rising, with gaps, as in a shared account."""
        store = self.store(kind)
        id_ = store.next_id
        store.next_id += self.dice.randrange(1, 60)
        return id_

    def happened(
        self, kind: Kind, action: str, record_id: int, source: str, **more: object
    ) -> None:
        """Tells the listeners; costs nothing when there are none."""
        if not self.listeners:
            return
        source_id = str(more.pop("source_id", ""))
        event = Event(
            at=self.now(),
            singular=kind.singular,
            type_id=kind.type_id,
            action=action,
            object_id=record_id,
            source=source,
            source_id=source_id,
            details=dict(more),
        )
        for listener in self.listeners:
            listener(event)

    def touch(self, kind: Kind, record: Record, at: int) -> None:
        """Moves the modified date of a record without any visible change."""
        index = self.index(kind)
        index.changing(record)
        record.modified = at
        record.values[kind.modified] = iso(at)
        index.changed(record, at)

    def touch_later(self, kind: Kind, record: Record, now: int) -> None:
        """Plans the second bump of the modified date that follows a creation."""
        delay = int(self.settings.second_bump_seconds * 1000)
        if delay and kind is CONTACTS:
            heapq.heappush(self._bumps, (now + delay, kind.plural, record.id))

    def settle(self, now: int) -> None:
        """Does what HubSpot does by itself in the meantime: bumps, then the index."""
        while self._bumps and self._bumps[0][0] <= now:
            due, plural, id_ = heapq.heappop(self._bumps)
            record = self.stores[plural].alive(id_)
            if record is not None and record.modified < due:
                self.touch(self.stores[plural].kind, record, due)
        for index in self.indexes.values():
            index.settle(now, stands=now < self.index_stands_until)

    def bumps(self) -> list[tuple[int, str, int]]:
        """Planned bumps, for saving."""
        return sorted(self._bumps)

    def set_bumps(self, planned: list[tuple[int, str, int]]) -> None:
        """Takes planned bumps back."""
        self._bumps = sorted(planned)
