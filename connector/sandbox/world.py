"""Both simulated systems, one clock, the faults between them and the caller."""

import random
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from connector.sandbox.actors import Actor
from connector.sandbox.clock import SandboxClock
from connector.sandbox.fault_answers import http_date
from connector.sandbox.faults import Delivery, Faults, SystemClock, SystemName
from connector.sandbox.http import Answer, Call, Handler
from connector.sandbox.hubspot.kinds import CONTACTS
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.hubspot.system import HubSpotSandbox
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.salesforce.system import SalesforceSandbox

DEFAULT_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class World:
    """A HubSpot account and a Salesforce organisation that share a clock.

    The systems themselves are not safe for threads: whoever touches them beside a running server
    holds `lock` meanwhile. `actors` live on when the control API or the page moves the clock.
    """

    def __init__(
        self,
        clock: SandboxClock | None = None,
        seed: int = 0,
        *,
        hubspot: HubSpotSettings | None = None,
        salesforce: SalesforceSettings | None = None,
    ) -> None:
        self.clock = clock or SandboxClock(DEFAULT_START)
        self.seed = seed
        self.lock = threading.RLock()
        self.actors: tuple[Actor, ...] = ()
        clocks: Mapping[SystemName, SystemClock] = {
            "hubspot": SystemClock(self.clock),
            "salesforce": SystemClock(self.clock),
        }
        self.hubspot = HubSpotSandbox(
            clocks["hubspot"], seed=seed, settings=hubspot or HubSpotSettings()
        )
        self.salesforce = SalesforceSandbox(
            clocks["salesforce"], seed=seed + 1, settings=salesforce or SalesforceSettings()
        )
        self.faults = Faults(
            clocks, seed=seed + 2, stalls={"hubspot": self.hubspot.stall_index_for}
        )
        self._handlers: Mapping[SystemName, Handler] = {
            "hubspot": self.hubspot.handle,
            "salesforce": self.salesforce.handle,
        }
        self._date = (datetime.min.replace(tzinfo=UTC), "")

    def dice(self, purpose: str) -> random.Random:
        """A generator of this world's seed, one per purpose, so that none disturbs another."""
        return random.Random(f"{self.seed}/{purpose}")

    def deliver(self, system: SystemName, call: Call) -> Delivery:
        """One call through the faults; every answer carries the Date of the sandbox's clock."""
        with self.lock:
            self._arrive()
            delivery = self.faults.deliver(system, self._handlers[system], call)
        answer = delivery.answer
        if answer is None or "date" in answer.headers:
            return delivery
        dated = Answer(
            status=answer.status,
            headers={**answer.headers, "date": self._http_date()},
            body=answer.body,
        )
        return Delivery(
            answer=dated, delay=delivery.delay, breakage=delivery.breakage, sent=delivery.sent
        )

    def handler(self, system: SystemName) -> Handler:
        """A system behind the faults as a plain handler: what never arrives raises."""

        def handle(call: Call) -> Answer:
            delivery = self.deliver(system, call)
            if delivery.answer is None:
                raise ConnectionResetError(104, "Connection reset by peer")
            return delivery.answer

        return handle

    def settle(self) -> None:
        """Lets the systems do what they do by themselves up to now: late calls and stamps, the
        search index."""
        self._arrive()
        self.hubspot.settled()

    def _arrive(self) -> None:
        for system, call in self.faults.arrivals():
            self._handlers[system](call)

    def contact_properties(self) -> Collection[str]:
        """The names of all contact properties of the HubSpot account."""
        return self.hubspot.portal.catalogue.of(CONTACTS)

    def calls(self) -> list[dict[str, Any]]:
        """Every API call of both systems and every fault that struck, oldest first."""
        with self.lock:
            rows: list[dict[str, Any]] = [
                {"system": name, **asdict(record)}
                for name, system in (("hubspot", self.hubspot), ("salesforce", self.salesforce))
                for record in system.calls
            ]
            rows += [
                {**asdict(strike), "fault": strike.kind, "status": None}
                for strike in self.faults.strikes
            ]
        return sorted(rows, key=lambda row: row["moment"])

    def clear_calls(self) -> None:
        """Forgets the call log."""
        with self.lock:
            self.hubspot.calls.clear()
            self.salesforce.calls.clear()
            self.faults.strikes.clear()

    def save(self) -> dict[str, Any]:
        """The whole state, JSON-able: both systems, the clock, the seed and the faults."""
        with self.lock:
            return {
                "format": "leadrelay-sandbox-1",
                "now": self.clock.now().isoformat(),
                "seed": self.seed,
                "hubspot": self.hubspot.save(),
                "salesforce": self.salesforce.save(),
                "faults": self.faults.save(),
            }

    def load(self, state: Mapping[str, Any]) -> None:
        """Replaces the whole state by a saved one; raises ValueError for anything else."""
        if state.get("format") != "leadrelay-sandbox-1":
            raise ValueError("this is not a saved sandbox (format leadrelay-sandbox-1)")
        with self.lock:
            self.clock.set(datetime.fromisoformat(state["now"]))
            self.seed = int(state["seed"])
            self.hubspot.load(state["hubspot"])
            self.salesforce.load(state["salesforce"])
            self.faults.load(state["faults"])
            self.actors = ()

    def _http_date(self) -> str:
        now = self.clock.now().replace(microsecond=0)
        if self._date[0] != now:
            self._date = (now, http_date(now))
        return self._date[1]
