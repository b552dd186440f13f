"""Which rates moved when a definition changed: the leads captured before and after, compared."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.journeys import Journey
from connector.core.metrics import STEPS

PAIRS = (
    ("captured", "marketing_qualified"),
    ("marketing_qualified", "passed"),
    ("passed", "accepted"),
    ("passed", "opportunity"),
    ("passed", "won"),
)
SURE = 1.96  #: standard deviations: one chance in twenty that nothing moved
LEAST = 10  #: leads on each side below which nothing is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One rate on both sides of a moment."""

    start: str
    end: str
    before: Share
    after: Share

    @property
    def moved(self) -> bool:
        """Whether chance alone would hardly explain the difference (two-proportion z-test)."""
        if min(self.before.whole, self.after.whole) < LEAST:
            return False
        whole = self.before.whole + self.after.whole
        pooled = (self.before.part + self.after.part) / whole
        spread = pooled * (1 - pooled) * (1 / self.before.whole + 1 / self.after.whole)
        if not spread:
            return False
        difference = (self.after.rate or 0.0) - (self.before.rate or 0.0)
        return abs(difference) / math.sqrt(spread) >= SURE


def shifts(
    journeys: Iterable[Journey], at: datetime, *, span: timedelta, until: datetime
) -> list[Shift]:
    """Every rate of journeys that began in the `span` before and after `at`, not after `until`."""
    moments = {step.name: step.moment for step in STEPS}
    known = [j for j in journeys if j.captured_at is not None]
    old = [j for j in known if j.captured_at and at - span <= j.captured_at < at]
    new = [j for j in known if j.captured_at and at <= j.captured_at < min(at + span, until)]
    return [
        Shift(
            start=start,
            end=end,
            before=_share(old, moments[start], moments[end]),
            after=_share(new, moments[start], moments[end]),
        )
        for start, end in PAIRS
    ]


def _share(journeys: list[Journey], start: str, end: str) -> Share:
    begun = [j for j in journeys if getattr(j, start) is not None]
    return Share(part=sum(getattr(j, end) is not None for j in begun), whole=len(begun))
