"""How far the calls of a day still go: what is kept for what is urgent, and when they run out."""

from datetime import datetime, timedelta

DAY = timedelta(days=1)
RESERVE = 0.1  #: share of a day's calls that only express actions may use


def at_the_reserve(limit: int | None, remaining: int | None, reserve: float = RESERVE) -> bool:
    """Whether only what is urgent may still be sent; False where the system tells no limit."""
    return limit is not None and remaining is not None and remaining <= limit * reserve


def runs_out(
    limit: int | None, remaining: int | None, resets_at: datetime | None, now: datetime
) -> datetime | None:
    """When the calls run out at the day's pace so far; None where they last until the reset.

    Calls of a rolling day (`resets_at` unknown) are taken as spread over the last 24 hours.
    """
    if limit is None or remaining is None:
        return None
    used = limit - remaining
    began = (resets_at - DAY) if resets_at is not None else now - DAY
    elapsed = max(now - began, timedelta(minutes=1))
    if used <= 0:
        return None
    left = elapsed * (remaining / used)
    end = now + left
    return end if end < (resets_at or now + DAY) else None
