"""Folds the ledger's events into journeys, from which every figure of the closed loop comes."""

from connector.core.journeys import Journey, fold
from connector.core.rules.vocabulary import StageMeaning, Vocabulary
from connector.ports import Ledger

PAGE = 10_000


def journeys_of(ledger: Ledger, vocabulary: Vocabulary) -> list[Journey]:
    """Every lead's journeys, by lead and cycle."""
    found: dict[tuple[str, int], Journey] = {}
    after = 0

    def meaning_of(stage: str) -> StageMeaning | None:
        known = vocabulary.stages.get(stage)
        return known.meaning if known else None

    while stored := ledger.events(after=after, limit=PAGE):
        fold(found, (entry.event for entry in stored), meaning_of)
        after = stored[-1].number
    return [found[key] for key in sorted(found)]
