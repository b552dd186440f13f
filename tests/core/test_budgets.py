"""How far a day's calls go."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.core.budgets import at_the_reserve, runs_out

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MIDNIGHT = NOON + timedelta(hours=12)


@pytest.mark.parametrize(
    ("limit", "remaining", "scarce"),
    [(1000, 1000, False), (1000, 101, False), (1000, 100, True), (1000, 0, True), (None, 5, False)],
)
def test_a_tenth_is_kept(limit: int | None, remaining: int, scarce: bool) -> None:
    assert at_the_reserve(limit, remaining) is scarce


def test_the_end_is_foreseen_at_the_pace_of_the_day() -> None:
    assert runs_out(1000, 250, MIDNIGHT, NOON) == NOON + timedelta(hours=4)
    assert runs_out(1000, 600, MIDNIGHT, NOON) is None
    assert runs_out(1000, 1000, MIDNIGHT, NOON) is None
    assert runs_out(None, None, None, NOON) is None
    assert runs_out(1000, 400, None, NOON) == NOON + timedelta(hours=16)
