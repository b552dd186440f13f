"""Takes the decisions of a past run again, from what the ledger kept, and tells what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.events import EventKind
from connector.core.rules.ruleset import Ruleset
from connector.flows.decide import BY, UNMAPPED
from connector.flows.retaking import LATER, PROMISE, Past, Retaken, Retaking
from connector.ports import Ledger, Snapshot, StoredEvent

PAGE = 1_000

#: Decisions of a run that leave an event; whether their inputs are kept is another matter.
DECISIONS: Mapping[EventKind, str] = {
    EventKind.STAGE_CHANGED: "qualification",
    EventKind.DISQUALIFIED: "qualification",
    EventKind.HANDED_OFF: "hand-off",
    EventKind.PASSED_ON: LATER[EventKind.PASSED_ON],
    EventKind.REASSIGNED: LATER[EventKind.REASSIGNED],
    EventKind.RECYCLED: "return",
    EventKind.STALLED: "support",
    EventKind.PROMISE_KEPT: PROMISE,
    EventKind.PROMISE_AT_RISK: PROMISE,
    EventKind.PROMISE_BROKEN: PROMISE,
    EventKind.ESCALATED: PROMISE,
}


@dataclass(slots=True, kw_only=True)
class Replay:
    """A run taken again: how many decisions by kind, those that differ, those that cannot be."""

    retaken: dict[str, int] = field(default_factory=dict)
    differing: list[Retaken] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)  #: kind -> decisions whose inputs are gone

    seen: set[tuple[str, str]] = field(default_factory=set)  #: (lead, kind) that was looked at

    def add(self, again: Retaken) -> None:
        self.retaken[again.kind] = self.retaken.get(again.kind, 0) + 1
        self.seen.add((again.lead_id, again.kind))
        if again.differences:
            self.differing.append(again)

    def lose(self, lead_id: str, kind: str) -> None:
        self.seen.add((lead_id, kind))
        self.lost[kind] = self.lost.get(kind, 0) + 1

    @property
    def is_equal(self) -> bool:
        """Everything comes out the same, and nothing has been lost."""
        return not self.differing and not self.lost


def replay(
    ledger: Ledger,
    run_id: str,
    find: Callable[[str], Ruleset],
    progress: Callable[[str, int], None],
) -> Replay:
    """Takes again whatever a run decided, by the files that decided then.

    `find` gives the files of a version; it raises StopTheRun where they are gone.
    """
    return _Replaying(ledger, run_id, find, progress).all()


class _Replaying:
    """One run on its way through: decision after decision, in the order they were taken."""

    def __init__(
        self,
        ledger: Ledger,
        run_id: str,
        find: Callable[[str], Ruleset],
        progress: Callable[[str, int], None],
    ) -> None:
        self._ledger, self._run_id = ledger, run_id
        self._find, self._progress = find, progress
        self._found = Replay()
        self._by_files: dict[str, Retaking] = {}
        with ledger.transaction() as tx:
            self._turns, _ = tx.turns_behind(0)

    def all(self) -> Replay:
        told = self._ledger.told_by(self._run_id, list(DECISIONS), by=BY)
        for page in self._decisions():
            later = [one.lead_id for one in page if one.step and one.step != UNMAPPED]
            pasts = self._pasts(later)
            for snapshot in page:
                self._snapshot(snapshot, pasts, told)
        self._events(told)
        self._note_the_lost(told)
        return self._found

    def _retaking(self, version: str) -> Retaking:
        if version not in self._by_files:
            self._by_files[version] = Retaking(self._find(version), self._turns)
        return self._by_files[version]

    def _decisions(self) -> Iterator[Sequence[Snapshot]]:
        page, after = self._ledger.decided_by(self._run_id, limit=PAGE)
        while page:
            yield page
            page, after = self._ledger.decided_by(self._run_id, after=after, limit=PAGE)

    def _pasts(self, lead_ids: Sequence[str]) -> dict[str, Past]:
        ids = sorted(set(lead_ids))
        if not ids:
            return {}
        with self._ledger.transaction() as tx:
            rows, kept, events = tx.leads(ids), tx.snapshots_of_many(ids), tx.events_of_many(ids)
        return {
            id_: Past(row=row, kept=kept.get(id_, ()), events=events.get(id_, ()))
            for id_, row in rows.items()
        }

    def _snapshot(
        self, snapshot: Snapshot, pasts: Mapping[str, Past], told: Sequence[StoredEvent]
    ) -> None:
        if snapshot.state is None:
            return
        retaking = self._retaking(snapshot.ruleset)
        if snapshot.said is not None:
            self._add(retaking.mapping(snapshot))
        elif snapshot.surroundings is None:
            self._found.lose(snapshot.lead_id, "mapping")
        if not snapshot.step:
            self._add(retaking.decision(snapshot))
        elif snapshot.step != UNMAPPED:
            past = pasts.get(snapshot.lead_id)
            before = _number(snapshot, told)
            if past is not None and before is not None:
                self._add(retaking.later_step(snapshot, past, before))

    def _events(self, told: Sequence[StoredEvent]) -> None:
        """Returns, support and promises: decided on what had been heard of the lead."""
        of_lead: dict[str, list[StoredEvent]] = {}
        for one in told:
            of_lead.setdefault(one.event.lead_id, []).append(one)
        asked = [id_ for id_, mine in of_lead.items() if any(_by_history(one) for one in mine)]
        for start in range(0, len(asked), PAGE):
            ids = asked[start : start + PAGE]
            for lead_id, past in self._pasts(ids).items():
                self._of_lead(of_lead[lead_id], past)

    def _of_lead(self, told: Sequence[StoredEvent], past: Past) -> None:
        looks: dict[datetime, list[StoredEvent]] = {}
        for one in told:
            event = one.event
            if event.kind is EventKind.RECYCLED:
                self._add(self._retaking(event.ruleset).given_back(one, past))
            elif event.kind is EventKind.STALLED:
                self._add(self._retaking(event.ruleset).helped(one, past))
            elif event.kind is EventKind.REASSIGNED or DECISIONS[event.kind] == PROMISE:
                looks.setdefault(one.recorded_at, []).append(one)
        for look in looks.values():
            judged = [one for one in look if DECISIONS[one.event.kind] == PROMISE]
            if judged:
                retaking = self._retaking(judged[0].event.ruleset)
                for again in retaking.judged(judged, past, before=look[0].number):
                    self._add(again, look[0].event.lead_id, PROMISE)

    def _add(self, again: Retaken | None, lead_id: str = "", kind: str = "") -> None:
        if again is not None:
            self._found.add(again)
            self._progress("decisions taken again", 1)
        elif kind:
            self._found.lose(lead_id, kind)

    def _note_the_lost(self, told: Sequence[StoredEvent]) -> None:
        """Counts what the run decided by its events, and that was not taken again."""
        returned = {one.event.lead_id for one in told if one.event.kind is EventKind.RECYCLED}
        for one in told:
            event, kind = one.event, DECISIONS[one.event.kind]
            moved = event.kind is EventKind.STAGE_CHANGED and event.lead_id in returned
            if (event.lead_id, kind) not in self._found.seen and not moved:
                self._found.lose(event.lead_id, kind)


def _by_history(stored: StoredEvent) -> bool:
    """Whether it was decided by what had been heard of the lead, not by kept inputs alone."""
    return DECISIONS[stored.event.kind] in ("return", "support", PROMISE)


def _number(snapshot: Snapshot, told: Sequence[StoredEvent]) -> int | None:
    """Of the event that tells of a later step: what has a lower one was known when it was taken."""
    kind = snapshot.step.partition(" ")[0]
    for one in told:
        event = one.event
        same = (event.lead_id, event.kind.value) == (snapshot.lead_id, kind)
        if same and one.recorded_at == snapshot.taken_at:
            return one.number
    return None
