"""What goes on by itself while the sandbox is served: webhooks leave, and people live."""

import threading

import urllib3
from urllib3.exceptions import HTTPError

from connector.sandbox.hubspot.webhooks import PATIENCE_S, Delivery
from connector.sandbox.people.agenda import pass_time
from connector.sandbox.world import World

_PAUSE = 0.1


class Courier:
    """A thread that sends webhooks as they fall due and reports how each ended.

    With a running clock it also lets the world's actors live on.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leadrelay-courier", daemon=True)
        self._pool = urllib3.PoolManager(timeout=float(PATIENCE_S), retries=False)

    def start(self) -> None:
        """Starts sending."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the delivery that is on its way."""
        self._stop.set()
        self._thread.join(PATIENCE_S + 1)
        self._pool.clear()

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            with self._world.lock:
                # A standing clock is moved by somebody who then also lets the actors live.
                if self._world.clock.running:
                    pass_time(self._world, self._world.actors, self._world.clock.now())
                due = self._world.hubspot.webhooks_due()
            for delivery in due:
                status = self._send(delivery)
                with self._world.lock:
                    self._world.hubspot.webhook_ended(delivery, status)

    def _send(self, delivery: Delivery) -> int | None:
        """The listener's status, or None where none came in time."""
        try:
            answer = self._pool.request(
                "POST",
                delivery.url,
                body=delivery.body,
                headers=dict(delivery.headers),
                redirect=False,
            )
        except HTTPError:
            return None
        return answer.status
