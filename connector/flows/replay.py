"""Takes the decisions of a past run again, from what the ledger kept, and tells what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.events import EventKind
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Place
from connector.core.qualification import Qualifier
from connector.core.routing import Router
from connector.core.rules.ruleset import Ruleset
from connector.core.surroundings import owner_of, route_in
from connector.core.turns import Turn, TurnHistory
from connector.flows.decide import BY, outcome_of
from connector.ports import Ledger, Snapshot

PAGE = 1_000

#: Decisions of a run that leave an event; whether their inputs are kept is another matter.
DECISIONS: Mapping[EventKind, str] = {
    EventKind.STAGE_CHANGED: "qualification",
    EventKind.DISQUALIFIED: "qualification",
    EventKind.HANDED_OFF: "hand-off",
}
#: Decisions that hang on what a system said at that moment, which is not kept.
NOT_KEPT: Mapping[EventKind, str] = {
    EventKind.PASSED_ON: "second steps to sales: what the office was like is not kept",
    EventKind.RECYCLED: "returns to marketing: what HubSpot said of the contact is not kept",
    **dict.fromkeys(
        (
            *(EventKind.PROMISE_KEPT, EventKind.PROMISE_AT_RISK, EventKind.PROMISE_BROKEN),
            *(EventKind.ESCALATED, EventKind.REASSIGNED),
        ),
        "judgements on promises: what was known of each lead at that moment is not kept",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retaken:
    """One decision taken again: what it says now that it did not say then."""

    lead_id: str
    kind: str  #: qualification or hand-off
    taken_at: datetime
    differences: tuple[tuple[str, Json, Json], ...]  #: (what, then, now); none where it is equal
    place: Place = NOWHERE


@dataclass(slots=True, kw_only=True)
class Replay:
    """A run taken again: how many decisions by kind, those that differ, those that cannot be."""

    retaken: dict[str, int] = field(default_factory=dict)
    differing: list[Retaken] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)  #: kind -> decisions whose inputs are gone
    not_kept: dict[str, int] = field(default_factory=dict)  #: why -> decisions never replayed

    @property
    def is_equal(self) -> bool:
        """Everything that can be taken again comes out the same, and nothing has been lost."""
        return not self.differing and not self.lost


def replay(
    ledger: Ledger,
    run_id: str,
    find: Callable[[str], Ruleset],
    progress: Callable[[str, int], None],
) -> Replay:
    """Takes again whatever a run decided, by the files that decided then.

    `find` gives the files of a version; it raises StopTheRun where they are gone. The values are
    as they were mapped then: what HubSpot said word for word is not kept.
    """
    found = Replay()
    judges: dict[str, _Judge] = {}
    with ledger.transaction() as tx:
        turns, _ = tx.turns_behind(0)
    seen: set[tuple[str, str]] = set()
    for snapshot in _decisions(ledger, run_id):
        if snapshot.state is None:
            continue
        judge = judges.get(snapshot.ruleset)
        if judge is None:
            judge = judges[snapshot.ruleset] = _Judge(find(snapshot.ruleset), turns)
        again = judge.again(snapshot)
        found.retaken[again.kind] = found.retaken.get(again.kind, 0) + 1
        seen.add((again.lead_id, again.kind))
        if again.differences:
            found.differing.append(again)
        progress("decisions taken again", 1)
    _note_the_others(found, ledger.told_by(run_id, [*DECISIONS, *NOT_KEPT], by=BY), seen)
    return found


def _note_the_others(
    found: Replay, told: Sequence[tuple[str, str]], seen: set[tuple[str, str]]
) -> None:
    """Counts what the run decided by its events, and that was not taken again."""
    returned = {lead_id for lead_id, kind in told if kind == EventKind.RECYCLED}
    for lead_id, name in told:
        event = EventKind(name)
        if event in NOT_KEPT:
            found.not_kept[NOT_KEPT[event]] = found.not_kept.get(NOT_KEPT[event], 0) + 1
        elif (lead_id, DECISIONS[event]) not in seen and lead_id not in returned:
            seen.add((lead_id, DECISIONS[event]))
            found.lost[DECISIONS[event]] = found.lost.get(DECISIONS[event], 0) + 1


def _decisions(ledger: Ledger, run_id: str) -> Iterator[Snapshot]:
    page, after = ledger.decided_by(run_id, limit=PAGE)
    while page:
        yield from page
        page, after = ledger.decided_by(run_id, after=after, limit=PAGE)


class _Judge:
    """Decides kept inputs as one set of files decided then, turn after turn."""

    def __init__(self, ruleset: Ruleset, turns: Sequence[Turn]) -> None:
        self._qualifier, self._router = Qualifier(ruleset), Router(ruleset)
        self._turns = turns
        self._place = {(t.lead_id, t.cycle, t.at): n for n, t in enumerate(turns)}
        self._history, self._counted = TurnHistory(), 0

    def again(self, snapshot: Snapshot) -> Retaken:
        """A kept decision beside the same one taken now."""
        assert snapshot.state is not None
        verdict = self._qualifier.qualify(
            snapshot.values, snapshot.activities, snapshot.state, snapshot.taken_at
        )
        now: dict[str, Json] = outcome_of(verdict)
        place = verdict.place
        if snapshot.surroundings is not None:
            route = route_in(
                self._router,
                snapshot.values,
                verdict.facts,
                snapshot.state,
                snapshot.surroundings,
                turns=self._standing(snapshot),
                now=snapshot.taken_at,
            )
            now |= owner_of(route)
            place = route.place
        return Retaken(
            lead_id=snapshot.lead_id,
            kind="qualification" if snapshot.surroundings is None else "hand-off",
            taken_at=snapshot.taken_at,
            differences=tuple(
                (name, snapshot.outcome.get(name), now.get(name))
                for name in sorted({*snapshot.outcome, *now})
                if snapshot.outcome.get(name) != now.get(name)
            ),
            place=place,
        )

    def _standing(self, snapshot: Snapshot) -> TurnHistory:
        """All turns that were taken before this hand-off took its own."""
        own = self._place.get((snapshot.lead_id, snapshot.cycle, snapshot.taken_at))
        for turn in self._turns[self._counted : own] if own is not None else ():
            self._history.add(turn)
        self._counted = max(self._counted, own or 0)
        return self._history
