"""Who is there to receive leads at a moment: users, turns, loads, holds and hot lists."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.core.availability import given_today
from connector.core.calendars import Calendars
from connector.core.handoff import HotLead, hot_order
from connector.core.owners import Directory
from connector.core.rules.people import People
from connector.core.turns import TurnHistory
from connector.ports import Transaction

DAYS_AROUND = timedelta(days=2)  #: holds everybody's today, whatever the time zone


class HotLists:
    """Each owner's open leads in the order in which they are to be called."""

    def __init__(self, leads: Iterable[tuple[str, HotLead]] = ()) -> None:
        self._orders: dict[str, list[tuple[int, float, float, float, str]]] = {}
        for owner, lead in leads:
            self._orders.setdefault(owner, []).append(hot_order(lead))
        for orders in self._orders.values():
            orders.sort()

    def rank(self, owner: str, lead: HotLead) -> int:
        """The lead's place in the owner's list, 1 for the one to call first; it joins the list."""
        orders = self._orders.setdefault(owner, [])
        order = hot_order(lead)
        insort(orders, order)
        return bisect_left(orders, order) + 1


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


class Turns:
    """All turns of the ledger, counted once a run; what others store meanwhile is added.

    Every page gets a copy to go on from, so that a page that is not stored takes no turn.
    """

    def __init__(self, tx: Transaction) -> None:
        standing = tx.standing()
        self._history = TurnHistory.counted(standing.counts)
        self._number = standing.number

    def as_of(self, tx: Transaction) -> TurnHistory:
        fresh, self._number = tx.turns_behind(self._number)
        for turn in fresh:
            self._history.add(turn)
        return self._history.copy()


def office_of(
    tx: Transaction,
    known: Directory,
    turns: Turns,
    people: People,
    now: datetime,
    hot: HotLists | None = None,
) -> Office:
    """The office as the ledger has it in this transaction."""
    return Office(
        directory=known,
        turns=turns.as_of(tx),
        open_leads=tx.open_leads_by_owner(),
        today=given_today(tx.given_since(now - DAYS_AROUND), Calendars(people), people, now),
        on_hold=tx.on_hold(),
        hot=hot or HotLists(),
    )


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
