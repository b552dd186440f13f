"""Replays the ledger's history under other files, beside what really happened."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from connector.core.backtest import Backtest, Backtested
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import Vocabulary
from connector.flows.lives import lives
from connector.ports import Ledger


def backtest(
    ledger: Ledger,
    old: Ruleset,
    new: Ruleset,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    since: datetime | None,
    dice: Random,
    progress: Callable[[str, int], None],
) -> Backtested:
    """Every cycle that began at `since` or later, decided anew by both sets of files.

    `vocabulary` is the one in use, by which the journeys are folded.
    """
    test = Backtest(old, new, now=now)
    for life in lives(ledger, vocabulary, progress):
        began = life.journey.captured_at
        if since is None or (began is not None and began >= since):
            test.add(life.inputs, life.journey, life.previous)
    return test.result(dice)
