"""Reports leavers and strangers on the roster: they wait for a person like any other problem."""

from collections.abc import Sequence
from datetime import datetime

from connector.core.plan import Action, ActionKind, ActionState, Destination, action_key
from connector.core.problems import Problem
from connector.ports import ActionOutcome, Transaction

CODES = frozenset({"inactive-user", "unknown-owner"})


def report_staff(
    tx: Transaction, problems: Sequence[Problem], *, now: datetime, run_id: str
) -> int:
    """Parks each problem once a week as long as it lasts, and clears those that are over.

    Returns how many are new. A problem that somebody dismisses is silent for the rest of the week.
    """
    year, week, _ = now.isocalendar()
    wanted = [_park(problem, f"{year}-W{week:02}") for problem in problems]
    keys = {action.key for action in wanted}
    texts = {problem.what for problem in problems}
    known = [s for s in tx.parked() if s.action.problem and s.action.problem.code in CODES]
    over = [
        s.action.key
        for s in known
        if s.action.problem and (s.action.problem.what not in texts or s.action.key not in keys)
    ]
    tx.finish([ActionOutcome(key=key, state=ActionState.DISMISSED) for key in over], now=now)
    return tx.plan(wanted, now=now, run_id=run_id)


def _park(problem: Problem, week: str) -> Action:
    change = f"{problem.code} {problem.what} {week}"
    return Action(
        key=action_key(Destination.NOWHERE, ActionKind.PARK, "", change),
        lead_id="",
        kind=ActionKind.PARK,
        destination=Destination.NOWHERE,
        because=problem.code,
        record_kind="User",
        place=problem.where,
        problem=problem,
    )
