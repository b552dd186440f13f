"""The one settable clock that both simulated systems read."""

import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Runs with real time from a settable moment, or stands still until it is moved.

    A standing clock (`running=False`) makes histories repeatable; a running one lets a person
    watch the sandbox live.
    """

    def __init__(self, start: datetime, *, running: bool = False) -> None:
        self._base = start.astimezone(UTC)
        self._anchor = time.monotonic()
        self._running = running

    def now(self) -> datetime:
        """The sandbox's moment, in UTC."""
        if not self._running:
            return self._base
        return self._base + timedelta(seconds=time.monotonic() - self._anchor)

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._running

    def run(self) -> None:
        """Lets time pass by itself from now on."""
        self.set(self.now())
        self._running = True

    def set(self, moment: datetime) -> None:
        """Moves the clock to `moment`; going back is allowed, as on real machines."""
        self._base = moment.astimezone(UTC)
        self._anchor = time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits on this clock: what stands for `time.sleep` where the clock stands still."""
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> datetime:
        """Moves the clock on and returns the new moment."""
        self.set(self.now() + by)
        return self.now()
