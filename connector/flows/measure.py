"""Brings the journeys up to date, from which every figure of the closed loop comes."""

from datetime import datetime

from connector.core.journeys import Journey, stage_names
from connector.core.rules.vocabulary import Vocabulary
from connector.ports import Ledger


def journeys_of(
    ledger: Ledger, vocabulary: Vocabulary, *, since: datetime | None = None
) -> list[Journey]:
    """Journeys by lead and cycle, after everything heard of so far.

    With `since`, those that something happened to from then on, and every cycle of a lead that
    was ever recycled: enough for any report on a period that begins there.
    """
    ledger.measure(stage_names(vocabulary))
    return list(ledger.journeys(since=since))
