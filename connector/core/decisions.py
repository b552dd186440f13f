"""Adopted changes with the day of their review, and what the watched rate did before and after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.alarms import MOMENTS, WATCHED
from connector.core.journeys import Journey


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One change both teams adopted; `start` and `end` name the rate by which it is judged."""

    what: str
    decided_at: datetime
    review_at: datetime
    start: str = "passed"
    end: str = "accepted"
    by: str = ""


def before_after(
    decision: Decision, journeys: Iterable[Journey], now: datetime
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(successes, count) in as much time before the decision as has gone by since, up to the
    review; only leads that had the days which the rate gives them."""
    allowed = timedelta(days=WATCHED.get((decision.start, decision.end), 30))
    until = min(now, decision.review_at)
    since = decision.decided_at - (until - decision.decided_at)
    counts = {False: [0, 0], True: [0, 0]}
    for journey in journeys:
        began: datetime | None = getattr(journey, MOMENTS[decision.start])
        if not journey.is_counted or began is None or not since <= began < until:
            continue
        if began + allowed > now:
            continue
        reached: datetime | None = getattr(journey, MOMENTS[decision.end])
        place = counts[began >= decision.decided_at]
        place[0] += reached is not None and reached <= began + allowed
        place[1] += 1
    before, after = counts[False], counts[True]
    return (before[0], before[1]), (after[0], after[1])
