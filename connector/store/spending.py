"""The calls of a day: what every process made, and what the systems said is left of them."""

from connector.core.budgets import at_the_reserve
from connector.ports import Budget
from connector.store.ledger import SqlLedger


def spent(ledger: SqlLedger, name: str, day: str, calls: int, budget: Budget) -> None:
    """Adds the calls made to one system, and notes what its last answer said."""
    ledger.count_up(f"{name} calls", day, calls)
    for what, count in (("limit", budget.limit), ("left", budget.remaining)):
        if count is not None:
            ledger.note(f"{name} {what}", day, count)


def known(ledger: SqlLedger, name: str, day: str) -> Budget | None:
    """As any process was told last; None where nobody was, or where it was down to the reserve:
    calls that come free by the hour would stay unnoticed."""
    limit = ledger.counted(f"{name} limit", day)
    left = ledger.counted(f"{name} left", day) if limit else 0
    if not limit or at_the_reserve(limit, left):
        return None
    return Budget(limit=limit, remaining=left)
