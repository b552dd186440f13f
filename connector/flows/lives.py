"""The leads of the ledger with everything that was decided on them, and what became of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from connector.core.journeys import Journey, stage_names
from connector.core.rules.vocabulary import Vocabulary
from connector.ports import LeadRow, Ledger, Snapshot

PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One cycle of one lead: the kept inputs of its decisions, oldest first, and its journey."""

    journey: Journey
    previous: Journey | None  #: of the cycle before
    inputs: Sequence[Snapshot]  #: empty where they were erased or have expired


def kept_inputs(ledger: Ledger) -> Iterator[list[tuple[LeadRow, list[Snapshot]]]]:
    """Every lead with the kept inputs of its decisions, oldest first, a page at a time."""
    after = ""
    while rows := ledger.lead_rows(after=after, limit=PAGE):
        after = rows[-1].state.lead_id
        with ledger.transaction() as tx:
            kept = tx.snapshots_of_many([row.state.lead_id for row in rows])
        yield [(row, kept.get(row.state.lead_id, [])) for row in rows]


def lives(
    ledger: Ledger, vocabulary: Vocabulary, progress: Callable[[str, int], None]
) -> Iterator[Life]:
    """Every counted journey with the inputs of its cycle, after all that was heard of so far."""
    ledger.measure(stage_names(vocabulary))
    for page in kept_inputs(ledger):
        journeys: dict[str, list[Journey]] = {}
        for journey in ledger.journeys_of([row.state.lead_id for row, _ in page]):
            journeys.setdefault(journey.lead_id, []).append(journey)
        for row, kept in page:
            previous: Journey | None = None
            for journey in journeys.get(row.state.lead_id, ()):
                if journey.is_counted:
                    inputs = [one for one in kept if one.cycle == journey.cycle]
                    yield Life(journey=journey, previous=previous, inputs=inputs)
                previous = journey
        progress("leads", len(page))
