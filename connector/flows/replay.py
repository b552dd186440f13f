"""Takes the decisions of a past run again, from what the ledger kept, and tells what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.events import Event, EventKind
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Place
from connector.core.qualification import Qualifier
from connector.core.records import LeadState
from connector.core.recycling import Recycler
from connector.core.routing import Router
from connector.core.rules.ruleset import Ruleset
from connector.core.surroundings import owner_of, route_in
from connector.core.turns import Turn, TurnHistory
from connector.flows.decide import BY, outcome_of
from connector.flows.recycle import OPT_OUT
from connector.ports import Ledger, Snapshot, StoredEvent

PAGE = 1_000

#: Decisions of a run that leave an event; whether their inputs are kept is another matter.
DECISIONS: Mapping[EventKind, str] = {
    EventKind.STAGE_CHANGED: "qualification",
    EventKind.DISQUALIFIED: "qualification",
    EventKind.HANDED_OFF: "hand-off",
    EventKind.RECYCLED: "return",
}
#: Decisions that hang on what a system said at that moment, which is not kept.
NOT_KEPT: Mapping[EventKind, str] = {
    EventKind.PASSED_ON: "second steps to sales: what the office was like is not kept",
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
    kind: str  #: qualification, hand-off or return
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

    seen: set[tuple[str, str]] = field(default_factory=set)  #: (lead, kind) that was looked at

    def add(self, again: Retaken) -> None:
        self.retaken[again.kind] = self.retaken.get(again.kind, 0) + 1
        self.seen.add((again.lead_id, again.kind))
        if again.differences:
            self.differing.append(again)

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

    def judge(version: str) -> _Judge:
        if version not in judges:
            judges[version] = _Judge(find(version), turns)
        return judges[version]

    for snapshot in _decisions(ledger, run_id):
        if snapshot.state is not None:
            found.add(judge(snapshot.ruleset).again(snapshot))
            progress("decisions taken again", 1)
    told = ledger.told_by(run_id, [*DECISIONS, *NOT_KEPT], by=BY)
    for stored in told:
        if stored.event.kind is EventKind.RECYCLED:
            with ledger.transaction() as tx:
                kept = tx.snapshots_of(stored.event.lead_id)
                events = tx.events_of(stored.event.lead_id)
            again = judge(stored.event.ruleset).return_again(stored, kept, events)
            if again is not None:
                found.add(again)
                progress("decisions taken again", 1)
    _note_the_others(found, [stored.event for stored in told])
    return found


def _note_the_others(found: Replay, told: Sequence[Event]) -> None:
    """Counts what the run decided by its events, and that was not taken again."""
    returned = {event.lead_id for event in told if event.kind is EventKind.RECYCLED}
    for event in told:
        if event.kind in NOT_KEPT:
            why = NOT_KEPT[event.kind]
            found.not_kept[why] = found.not_kept.get(why, 0) + 1
            continue
        kind = DECISIONS[event.kind]
        moved = event.kind is EventKind.STAGE_CHANGED and event.lead_id in returned
        if (event.lead_id, kind) not in found.seen and not moved:
            found.seen.add((event.lead_id, kind))
            found.lost[kind] = found.lost.get(kind, 0) + 1


def _decisions(ledger: Ledger, run_id: str) -> Iterator[Snapshot]:
    page, after = ledger.decided_by(run_id, limit=PAGE)
    while page:
        yield from page
        page, after = ledger.decided_by(run_id, after=after, limit=PAGE)


class _Judge:
    """Decides kept inputs as one set of files decided then, turn after turn."""

    def __init__(self, ruleset: Ruleset, turns: Sequence[Turn]) -> None:
        self._qualifier, self._router = Qualifier(ruleset), Router(ruleset)
        self._recycler = Recycler(ruleset)
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
            differences=_differences(snapshot.outcome, now),
            place=place,
        )

    def return_again(
        self, stored: StoredEvent, kept: Sequence[Snapshot], events: Sequence[StoredEvent]
    ) -> Retaken | None:
        """A return beside the same one taken now; None where the values are gone.

        By the values that were last decided on before it, and by what had been heard of then.
        """
        event = stored.event
        before = [one for one in kept if one.taken_at <= event.at]
        if not before:
            return None
        values = before[-1].values
        decision, _ = self._recycler.decide(
            LeadState(lead_id=event.lead_id, stage="", cycle=event.cycle),
            disposition=str(event.data["disposition"]),
            reason=str(event.data["reason"] or ""),
            values=values,
            events=[one.event for one in events if one.number < stored.number],
            now=event.at,
            consent=values.get(OPT_OUT) is not True,
        )
        then: dict[str, Json] = {"rule": event.rule, "final": event.data["final"],
                                 "programme": event.data["programme"]}  # fmt: skip
        now: dict[str, Json] = dict.fromkeys(then)
        if decision is not None:
            programme = decision.programme.name if decision.programme else ""
            now = {"rule": decision.rule, "final": decision.final, "programme": programme}
        return Retaken(
            lead_id=event.lead_id,
            kind="return",
            taken_at=event.at,
            differences=_differences(then, now),
            place=decision.place if decision else NOWHERE,
        )

    def _standing(self, snapshot: Snapshot) -> TurnHistory:
        """All turns that were taken before this hand-off took its own."""
        own = self._place.get((snapshot.lead_id, snapshot.cycle, snapshot.taken_at))
        for turn in self._turns[self._counted : own] if own is not None else ():
            self._history.add(turn)
        self._counted = max(self._counted, own or 0)
        return self._history


def _differences(
    then: Mapping[str, Json], now: Mapping[str, Json]
) -> tuple[tuple[str, Json, Json], ...]:
    return tuple(
        (name, then.get(name), now.get(name))
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    )
