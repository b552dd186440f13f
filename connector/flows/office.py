"""Who is there to receive leads at a moment: users, turns, loads, holds and hot lists."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.core.availability import Given
from connector.core.events import EventKind
from connector.core.handoff import HotLead, hot_order
from connector.core.owners import Candidate, Directory
from connector.core.routing import RouteDecision
from connector.core.rules.people import People
from connector.core.surroundings import Surroundings
from connector.core.turns import TurnHistory
from connector.ports import Transaction

DAYS_AROUND = timedelta(days=2)  #: holds everybody's today, whatever the time zone
GIVING = (EventKind.HANDED_OFF, EventKind.REASSIGNED, EventKind.PASSED_ON)


class _Alike:
    """Leads as hot as each other: when each was passed, eight bytes a lead, and the ids of the
    newest, which alone can share their moment with one that joins."""

    __slots__ = ("ids", "moments")

    def __init__(self) -> None:
        self.moments = array("d")
        self.ids: list[str] = []

    def join(self, at: float, lead_id: str) -> int:
        """How many are to be called before this one."""
        moments = self.moments
        if moments and at < moments[-1]:
            place = bisect_left(moments, at)
            moments.insert(place, at)
            return place
        if not moments or at > moments[-1]:
            self.ids = []
        before = len(moments) - len(self.ids)
        insort(self.ids, lead_id)
        moments.append(at)
        return before + bisect_left(self.ids, lead_id)


class HotLists:
    """Each owner's open leads in the order in which they are to be called."""

    def __init__(self, leads: Iterable[tuple[str, HotLead]] = ()) -> None:
        self._lists: dict[str, dict[tuple[int, float], _Alike]] = {}
        for owner, lead in leads:
            self._join(owner, lead)

    def rank(self, owner: str, lead: HotLead) -> int:
        """The lead's place in the owner's list, 1 for the one to call first; it joins the list."""
        heat, place = self._join(owner, lead)
        hotter = (alike for other, alike in self._lists[owner].items() if other < heat)
        return sum(len(alike.moments) for alike in hotter) + place + 1

    def _join(self, owner: str, lead: HotLead) -> tuple[tuple[int, float], int]:
        heat, score, at, lead_id = hot_order(lead)
        alike = self._lists.setdefault(owner, {}).setdefault((heat, score), _Alike())
        return (heat, score), alike.join(at, lead_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who is there to receive leads, and what each carries already."""

    directory: Directory
    turns: TurnHistory
    open_leads: dict[str, int]
    today: dict[str, int]
    on_hold: frozenset[str] = frozenset()
    hot: HotLists = field(default_factory=HotLists)
    taken: Mapping[str, str] = field(default_factory=dict)  #: CRM id -> lead it is linked to
    passed: Mapping[str, str] = field(default_factory=dict)  #: address -> lead passed with it

    def give(self, route: RouteDecision) -> None:
        """Counts a lead to its owner, so that the next of the page is routed past the load."""
        if route.turn is not None:
            self.turns.add(route.turn)
        for load in (self.open_leads, self.today):
            load[route.owner] = load.get(route.owner, 0) + 1

    def surroundings(self, claims: tuple[Candidate, ...] = ()) -> Surroundings:
        """What it is like at this moment; the loads are copied, since they count up."""
        known = self.directory
        return Surroundings(
            candidates=claims,
            owners={one.owner_id: owner for one in claims if (owner := known.owner(one.owner_id))},
            open_leads=dict(self.open_leads),
            today=dict(self.today),
            unavailable=frozenset((*known.inactive, *known.unmatched)),
            on_hold=self.on_hold,
        )


class Standings:
    """All turns, open leads and leads of these days, counted once a run; news is added.

    Every page gets copies to go on from, so that a page that is not stored takes no turn.
    """

    def __init__(self, tx: Transaction, people: People, now: datetime) -> None:
        turned = tx.standing()
        self._turns, self._turn = TurnHistory.counted(turned.counts), turned.number
        self._event = tx.last_event()
        self._open = tx.open_leads_by_owner()
        self._given = Given(people, tx.given_since(now - DAYS_AROUND))

    def office(
        self, tx: Transaction, known: Directory, now: datetime, hot: HotLists | None = None
    ) -> Office:
        """The office as the ledger has it in this transaction."""
        fresh = tx.standing(behind=self._turn)
        self._turns.count(fresh.counts)
        self._turn = fresh.number
        self._hear(tx)
        return Office(
            directory=known,
            turns=self._turns.copy(),
            open_leads=dict(self._open),
            today=self._given.today(now),
            on_hold=tx.on_hold(),
            hot=hot or HotLists(),
        )

    def _hear(self, tx: Transaction) -> None:
        """New hand-offs add up; after any other news of owners, open leads are counted anew."""
        moved = False
        for kind, owner, at, number in tx.owners_behind(self._event):
            self._event = number
            if kind in GIVING:
                self._given.add(owner, at)
            if kind == EventKind.HANDED_OFF:
                self._open[owner] = self._open.get(owner, 0) + 1
            else:
                moved = True
        if moved:
            self._open = tx.open_leads_by_owner()


def hot_lists(tx: Transaction, heats: Mapping[str, int]) -> HotLists:
    """Everybody's open leads; `heats` is each temperature's place in the file."""
    return HotLists(
        (
            owner,
            HotLead(
                lead_id=lead_id,
                heat=heats.get(temperature, len(heats)),
                score=score,
                passed_at=passed_at,
            ),
        )
        for lead_id, owner, temperature, score, passed_at in tx.open_heat()
    )
