"""The only file that knows every class: one configuration made into the tools that flows use."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connector import signing_in
from connector.config import Config, beside
from connector.core.errors import StopTheRun
from connector.core.plan import Destination
from connector.core.problems import Problem, Severity
from connector.core.records import System
from connector.core.rules.ruleset import Ruleset
from connector.flows.agreeing import Agreeing
from connector.flows.caps import Caps
from connector.flows.decide import Decider
from connector.flows.deliver import Door, Uploads, deliver, total
from connector.flows.deliver_hubspot import HubSpotDoor, agreed_values
from connector.flows.deliver_messages import MessageDoor
from connector.flows.deliver_salesforce import SalesforceDoor, present_fields, shared_values
from connector.flows.first_contact import Acquaintance
from connector.flows.pass_on import PassingOn
from connector.flows.passing import Passing
from connector.flows.reconcile import Reconciling
from connector.flows.recycle import Recycling
from connector.flows.share_owners import shared_roster
from connector.flows.told import told_properties
from connector.flows.watch_promises import Watching
from connector.ports import Budget, Clock, Crm, MarketingSystem, Notifier, RunTotals

if TYPE_CHECKING:
    from connector.adapters.hubspot.client import HubSpotClient
    from connector.adapters.pacing import Buckets
    from connector.adapters.salesforce.client import SalesforceClient
    from connector.store import SqlLedger
    from connector.store.kept import Kept
    from connector.store.salt import Salt

SYSTEMS = {Destination.HUBSPOT: System.HUBSPOT, Destination.SALESFORCE: System.SALESFORCE}
CHAT = "chat"  #: name of the one chat webhook
HUBSPOT_UPLOADERS = 3  #: at 50 ms a call as many as its limit of calls keeps busy
#: The numbered paths retire in 2027; the dated ones are their successors.
HUBSPOT_VERSIONS = {"numbered": "", "dated": "2026-09"}


class SystemClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Workbench:
    """The tools of one project, each made when it is first used."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self._sleep = sleep
        self._noted: dict[str, int] = {}  # calls of each client that the ledger knows of
        self._calls_lock = threading.Lock()

    @cached_property
    def ruleset(self) -> Ruleset:
        """The mapping files; raises StopTheRun with every fault at once."""
        return load_ruleset(self.config)[0]

    @cached_property
    def ledger(self) -> "SqlLedger":
        from connector.store import open_ledger

        return open_ledger(self.config.ledger.url)

    @property
    def real_time(self) -> bool:
        """False on a virtual clock: then all is done in one thread, in an order that repeats."""
        return isinstance(self.clock, SystemClock)

    @property
    def pages_ahead(self) -> int:
        """Pages that are read while one is decided."""
        return 2 if self.real_time else 0

    def uploads(self, destination: Destination) -> Uploads:
        """How many batches are under way there at a time, and how large they may be."""
        part, several = self.config.salesforce, self.real_time
        if destination is Destination.SALESFORCE:
            at_a_time = part.uploaders if several else 1
            return Uploads(at_a_time=at_a_time, bulk_from=part.bulk_from_rows)
        several = several and destination is Destination.HUBSPOT
        return Uploads(at_a_time=HUBSPOT_UPLOADERS if several else 1)

    @cached_property
    def _buckets(self) -> "Buckets":
        """Limits that all processes of the project keep together, on the ledger's database (on
        SQLite in a file of its own beside it); on a virtual clock, which is one process', here."""
        from connector.adapters.pacing import Buckets

        if not self.real_time:
            return Buckets(clock=lambda: self.clock.now().timestamp(), sleep=self._sleep)
        return Buckets(beside(self.config.ledger.url, "pace"), sleep=self._sleep)

    @cached_property
    def _hubspot(self) -> "HubSpotClient":
        from connector.adapters.hubspot import client

        part = self.config.hubspot
        general = replace(client.GENERAL, calls=part.requests_per_10_seconds)
        search = replace(client.SEARCH, calls=part.searches_per_second)
        return client.HubSpotClient(
            signing_in.hubspot(self.config),
            base_url=part.base_url,
            version=HUBSPOT_VERSIONS[part.paths],
            pace=client.pace(self._buckets, general=general, search=search, sleep=self._sleep),
        )

    @cached_property
    def marketing(self) -> MarketingSystem:
        from connector.adapters.hubspot.marketing import HubSpotMarketing

        return HubSpotMarketing(self._hubspot, clock=self.clock.now)

    @cached_property
    def _salesforce(self) -> "SalesforceClient":
        from connector.adapters.salesforce import client

        part = self.config.salesforce
        return client.SalesforceClient(
            signing_in.salesforce(self.config),
            pace=client.pace(self._buckets, sleep=self._sleep),
            version=part.api_version,
            base_url=part.base_url or "",
            save_duplicates=part.allow_duplicates_alert,
        )

    @cached_property
    def _bulk_jobs(self) -> "Kept":
        from connector.store.kept import BULK_JOBS, Kept

        return Kept(self.ledger, BULK_JOBS)

    @cached_property
    def crm(self) -> Crm:
        from connector.adapters.salesforce.crm import SalesforceCrm

        return SalesforceCrm(
            self._salesforce,
            external_id=self.ruleset.fields.external_id,
            jobs=self._bulk_jobs,
            bulk_from=self.config.salesforce.bulk_from_rows,
            clock=self.clock.now,
        )

    def note_calls(self) -> None:
        """Adds the calls made since the last time to the day's, and notes what is left of it."""
        from connector.store import spending

        made = vars(self)
        clients: dict[str, HubSpotClient | SalesforceClient] = {
            name: made[at]
            for name, at in (("hubspot", "_hubspot"), ("salesforce", "_salesforce"))
            if at in made
        }
        day = f"{self.clock.now():%Y-%m-%d}"
        with self._calls_lock:
            for name, client in clients.items():
                calls, budget = client.calls, client.budget()
                fresh = calls - self._noted.get(name, 0)
                self._noted[name] = calls
                if fresh:
                    spending.spent(self.ledger, name, day, fresh, budget)

    @cached_property
    def notifier(self) -> Notifier:
        from connector.adapters.notify.channels import Channels
        from connector.adapters.notify.smtp import MailNotifier, MailServer, Security
        from connector.adapters.notify.webhook import Shape, Webhook, WebhookNotifier

        channels: dict[str, Notifier] = {}
        mail, chat = self.config.mail, self.config.chat
        if mail.host:
            server = MailServer(
                host=mail.host,
                port=mail.port,
                security=Security(mail.security),
                user=mail.username or "",
                password=mail.password.get_secret_value() if mail.password else "",
                sender=mail.sender,
            )
            channels["email"] = MailNotifier(server)
        if chat.url:
            webhook = Webhook(url=chat.url.get_secret_value(), shape=Shape(chat.shape))
            channels["webhook"] = WebhookNotifier({CHAT: webhook})
        return Channels(channels)

    @cached_property
    def decider(self) -> Decider:
        return Decider(self.ruleset)

    @cached_property
    def passing(self) -> Passing:
        return Passing(self.ruleset, channels=self.channels)

    @cached_property
    def passing_on(self) -> PassingOn:
        return PassingOn(self.ruleset, channels=self.channels)

    @cached_property
    def watching(self) -> Watching:
        most = self.config.caps.owner_changes
        return Watching(self.ruleset, self.passing_on, most_reassigned=most)

    @property
    def reconciling(self) -> Reconciling:
        """What compares both systems, with the fields that this organisation's Contacts have."""
        contact = self.crm.schema("Contact").fields
        return Reconciling(
            marketing=self.marketing,
            crm=self.crm,
            ledger=self.ledger,
            agreeing=self.agreeing,
            clock=self.clock,
            contact_fields=tuple(f for f in self.agreeing.crm_fields("Contact") if f in contact),
            most_gone=self.config.caps.gone_percent,
            roster=shared_roster(self.ruleset, self.marketing, self.crm),
        )

    @cached_property
    def recycling(self) -> Recycling:
        return Recycling(self.ruleset)

    @cached_property
    def agreeing(self) -> Agreeing:
        return Agreeing(self.ruleset)

    @property
    def caps(self) -> Caps:
        """The most that an unattended run may write, as configured."""
        part = self.config.caps
        return Caps(creates=part.creates, updates=part.updates, owner_changes=part.owner_changes)

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways in which people can be told, as configured."""
        mail, chat = self.config.mail.host, self.config.chat.url
        return (*(("email",) if mail else ()), *(("webhook",) if chat else ()))

    def door(self, destination: Destination) -> Door:
        """What carries out actions at a destination."""
        if destination is Destination.HUBSPOT:
            return HubSpotDoor(
                marketing=self.marketing,
                to_agreed=agreed_values(self.agreeing.mapper),
                told=told_properties(self.ruleset),
            )
        if destination is Destination.NOTIFY:
            return MessageDoor(notifier=self.notifier, ruleset=self.ruleset)
        return SalesforceDoor(
            crm=self.crm,
            external_id=self.ruleset.fields.external_id,
            to_canonical=shared_values(self.agreeing.mapper),
            to_fields=present_fields(self.agreeing.mapper),
        )

    def budget(self, destination: Destination) -> Callable[[], Budget] | None:
        """Tells the calls that a destination still takes today; None where there is no limit.

        As the last answer said, to us or to another process; only where nobody knows it is asked.
        """
        if destination is Destination.HUBSPOT:
            return lambda: self._known_budget("hubspot") or self._hubspot.budget()
        if destination is Destination.SALESFORCE:
            return lambda: self._known_budget("salesforce") or self.crm.budget()
        return None

    def _known_budget(self, name: str) -> Budget | None:
        from connector.store import spending

        told = (self._hubspot if name == "hubspot" else self._salesforce).budget()
        day = f"{self.clock.now():%Y-%m-%d}"
        return told if told.limit is not None else spending.known(self.ledger, name, day)

    def deliver(
        self,
        *destinations: Destination,
        run_id: str,
        progress: Callable[[str, int], None],
        keys: Sequence[str] | None = None,
    ) -> RunTotals:
        """Delivers what is planned for these destinations, in this order; nothing in rehearsal, nor
        to an account that nobody has looked at.

        With `keys`, exactly these actions, which somebody has looked at; else within the caps.
        Where nothing waits no client is made, and nothing is called.
        """
        if not self.config.live:
            if systems := [SYSTEMS[one] for one in destinations if one in SYSTEMS]:
                self.look(*systems)
            return RunTotals()
        crm = Destination.SALESFORCE
        stray = crm in destinations and bool(self._bulk_jobs)
        if stray and not self.ledger.under_way(crm, now=self.clock.now()):
            self.crm.settle_jobs()  # a living run waits for its own
        return total(
            deliver(
                destination,
                self.door(destination),
                self.ledger,
                clock=self.clock,
                run_id=run_id,
                progress=progress,
                budget=self.budget(destination),
                uploads=self.uploads(destination),
                caps=self.caps if keys is None else None,
                keys=keys,
            )
            for destination in destinations
            if self._may_start(destination, looked=keys is not None)
        )

    def _may_start(self, destination: Destination, *, looked: bool) -> bool:
        """Whether anything waits; raises Refused or StopTheRun where it must not go there."""
        if self.ledger.is_idle(destination, now=self.clock.now()):
            return False
        system = SYSTEMS.get(destination)
        if system is not None:
            self.recognise(system)
            if not looked:
                self.acquaintance.guard(system)
        return True

    @cached_property
    def acquaintance(self) -> Acquaintance:
        """The accounts that the ledger knows."""
        from connector.store.kept import Kept

        return Acquaintance(Kept(self.ledger, "account"))

    def recognise(self, *systems: System) -> None:
        """Raises StopTheRun where the configuration opens another account than the ledger's own.

        It is asked only where another key than the last time is configured.
        """
        for system in systems:
            key = signing_in.digest(self.config, system)
            if not self.acquaintance.is_opened_by(system, key):
                side = self.marketing if system is System.HUBSPOT else self.crm
                self.acquaintance.recognise(system, side.account(), key)

    def look(self, *systems: System) -> None:
        """Notes that somebody sees what would be written to these accounts, else to both."""
        systems = systems or tuple(System)
        self.recognise(*systems)
        for system in systems:
            self.acquaintance.look(system, self.clock.now())

    @cached_property
    def salt(self) -> "Salt":
        """By which erased people are recognised."""
        from connector.store.salt import Salt

        part = self.config.privacy
        given = "" if part.salt is None else part.salt.get_secret_value()
        return Salt(self.ledger, part.salt_file, given)

    def retry_changed(self) -> int:
        """Plans again what was parked and has new data, rules or a new remote schema since."""
        from connector.store.parked import retry_changed

        return retry_changed(self.ledger, ruleset=self.ruleset.version, now=self.clock.now())

    def keep_ruleset(self) -> None:
        """Files the mapping files in the ledger, so that `which rule said so` has an answer."""
        rules = self.ruleset
        self.ledger.save_ruleset(rules.hash, rules.files, now=self.clock.now())


def load_ruleset(config: Config) -> tuple[Ruleset, tuple[Problem, ...]]:
    """The mapping files and their warnings; raises StopTheRun with every fault at once."""
    from connector.mapfiles import load

    loaded = load(config.mappings)
    faults = [p for p in loaded.problems if p.severity is Severity.ERROR]
    if loaded.ruleset is None or faults:
        lines = "\n".join(str(p) for p in faults)
        raise StopTheRun(f"{lines}\n{len(faults)} to mend; nothing was done.")
    return loaded.ruleset, loaded.problems
