"""What became of each lead in each cycle: the ledger's events, folded into one row a journey."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from connector.core.events import Event, EventKind
from connector.core.frozen import replace
from connector.core.plan import Json
from connector.core.rules.vocabulary import StageMeaning, Vocabulary


class DealState(StrEnum):
    """Where an opportunity stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An opportunity of a journey as it stands now.

    `amount` is in its own `currency`, as the CRM wrote it last. `closed_at` is the day from which
    it has been won, or lost, without a break. An opportunity that comes from several leads counts
    for each with the same part: `shared_by` is their number.
    """

    opportunity: str
    state: DealState = DealState.OPEN
    amount: str = ""
    currency: str = ""
    closed_at: datetime | None = None
    shared_by: int = 1

    @property
    def value(self) -> Decimal:
        """This journey's part of the amount."""
        return decimal(self.amount) / self.shared_by


class State(StrEnum):
    """Where a passed journey stands: exactly one of these."""

    WAITING = "waiting"  #: sales has not said anything for good
    ACCEPTED = "accepted"
    REJECTED = "rejected"  #: given back, and marketing has not taken it back yet
    RECYCLED = "recycled"  #: given back, and marketing has taken it back
    GONE = "gone"  #: deleted, erased, or merged into another person, before an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One lead in one cycle. A moment is None until it has come; a step back clears nothing.

    Every figure of the closed loop is a count or a sum over these rows.
    """

    lead_id: str
    cycle: int
    source: str = ""
    campaign: str = ""
    segment: str = ""
    product: str = ""
    team: str = ""
    owner: str = ""
    rule: str = ""
    ruleset: str = ""
    captured_at: datetime | None = None  #: first seen, or the cycle's opening
    marketing_qualified_at: datetime | None = None
    sales_qualified_at: datetime | None = None
    passed_at: datetime | None = None
    delivered_at: datetime | None = None
    answered_at: datetime | None = None  #: first touch, status or answer by sales
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    recycled_at: datetime | None = None
    opportunity_at: datetime | None = None
    won_at: datetime | None = None  #: the first of the deals that are won now
    lost_at: datetime | None = None  #: the last of the deals that are lost now
    answer: str = ""  #: the last answer of sales: accepted or rejected
    disposition: str = ""
    reason: str = ""
    programme: str = ""
    merged_into: str = ""  #: the lead that this person's record was merged into
    is_archived: bool = False  #: deleted in marketing, or erased
    is_gone: bool = False  #: deleted in the CRM
    deals: tuple[Deal, ...] = ()

    @property
    def is_deleted(self) -> bool:
        """On either side: a lead rests until both have its record again."""
        return self.is_archived or self.is_gone

    @property
    def is_counted(self) -> bool:
        """False for the unpassed half of two records that turned out to be one person."""
        return not self.merged_into or self.passed_at is not None

    @property
    def state(self) -> State | None:
        """The one state of a passed journey; None for one that was never passed."""
        if self.passed_at is None:
            return None
        if self.recycled_at is not None:
            return State.RECYCLED
        if self.answer:
            return State(self.answer)
        return State.GONE if self.is_deleted or self.merged_into else State.WAITING

    @property
    def won(self) -> tuple[Deal, ...]:
        return tuple(deal for deal in self.deals if deal.state is DealState.WON)

    @property
    def amount(self) -> Decimal:
        """The won deals' amounts, currencies not looked at."""
        return sum((deal.value for deal in self.won), Decimal(0))


DIMENSIONS = ("source", "campaign", "segment", "product")
ANSWERS = frozenset(
    {
        EventKind.TOUCHED,
        EventKind.STATUS_CHANGED,
        EventKind.ACCEPTED,
        EventKind.REJECTED,
        EventKind.CONVERTED,
    }
)
FIRST_MOMENTS: Mapping[EventKind, str] = {
    EventKind.CAPTURED: "captured_at",
    EventKind.CYCLE_OPENED: "captured_at",
    EventKind.HANDED_OFF: "passed_at",
    EventKind.DELIVERED: "delivered_at",
    EventKind.ACCEPTED: "accepted_at",
    EventKind.REJECTED: "rejected_at",
    EventKind.RECYCLED: "recycled_at",
    EventKind.OPPORTUNITY_CREATED: "opportunity_at",
}
MACHINE = "leadrelay"  #: `by` of what we do ourselves: no answer of sales
OWNERS: Mapping[EventKind, str] = {
    EventKind.HANDED_OFF: "owner",
    EventKind.REASSIGNED: "to",
    EventKind.PASSED_ON: "to",
    EventKind.OWNER_CHANGED: "to",
}
DEALS = frozenset(
    {
        EventKind.OPPORTUNITY_CREATED,
        EventKind.OPPORTUNITY_CHANGED,
        EventKind.WON,
        EventKind.LOST,
        EventKind.REOPENED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNames:
    """The names of stages by which a lead counts as qualified; see `stage_names`."""

    marketing_qualified: frozenset[str]  #: at least that
    sales_qualified: frozenset[str]


def stage_names(vocabulary: Vocabulary) -> StageNames:
    """By meaning: a sales-qualified lead is marketing-qualified too."""
    marketing, sales = StageMeaning.MARKETING_QUALIFIED, StageMeaning.SALES_QUALIFIED
    of = {stage.name: stage.meaning for stage in vocabulary.stages.values()}
    return StageNames(
        marketing_qualified=frozenset(
            n for n, meaning in of.items() if meaning in (marketing, sales)
        ),
        sales_qualified=frozenset(n for n, meaning in of.items() if meaning is sales),
    )


def journeys_from(events: Iterable[Event], names: StageNames) -> list[Journey]:
    """The journeys that events tell of, by lead and cycle; in whatever order they were heard of.

    What happened first counts by the time it happened, and so does what was last, so that a late
    fact lands where it belongs.
    """
    of: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        of.setdefault((event.lead_id, event.cycle), []).append(event)
    found = [_journey(key, members, names) for key, members in sorted(of.items())]
    return shared(found)


def shared(journeys: Iterable[Journey]) -> list[Journey]:
    """The same journeys, each deal with the number of journeys that it comes from."""
    given = list(journeys)
    count: dict[str, int] = {}
    for journey in given:
        for deal in journey.deals:
            count[deal.opportunity] = count.get(deal.opportunity, 0) + 1
    return [
        replace(j, deals=tuple(replace(d, shared_by=count[d.opportunity]) for d in j.deals))
        if j.deals
        else j
        for j in given
    ]


def _journey(key: tuple[str, int], events: list[Event], names: StageNames) -> Journey:
    ordered = sorted(events, key=lambda event: event.at)
    found: dict[str, Any] = {}
    for event in ordered:
        _moments(found, event, names)
        _words(found, event)
    found |= _outcome(ordered)
    deals = deals_from(ordered)
    found |= closings(deals)
    return Journey(lead_id=key[0], cycle=key[1], deals=deals, **found)


def _moments(found: dict[str, Any], event: Event, names: StageNames) -> None:
    """The first moment of each kind; the events come in the order of their happening."""
    if event.kind in FIRST_MOMENTS:
        found.setdefault(FIRST_MOMENTS[event.kind], event.at)
    if event.kind is EventKind.STAGE_CHANGED:
        to = text_of(event.data.get("to"))
        if to in names.marketing_qualified:
            found.setdefault("marketing_qualified_at", event.at)
        if to in names.sales_qualified:
            found.setdefault("sales_qualified_at", event.at)
    if event.kind in ANSWERS and event.by != MACHINE:
        found.setdefault("answered_at", event.at)


def _words(found: dict[str, Any], event: Event) -> None:
    """The latest words of each kind; those of the hand-off go before those of the beginning."""
    kind, data = event.kind, event.data
    if kind in (EventKind.CAPTURED, EventKind.CYCLE_OPENED, EventKind.HANDED_OFF):
        for name in DIMENSIONS:
            value = text_of(data.get(name))
            if value and (kind is EventKind.HANDED_OFF or name not in found):
                found[name] = value
    if kind is EventKind.HANDED_OFF:
        found |= {"rule": event.rule, "ruleset": event.ruleset, "team": text_of(data.get("team"))}
    if kind in OWNERS:
        found["owner"] = text_of(data.get(OWNERS[kind]))
    if kind in (EventKind.ACCEPTED, EventKind.REJECTED):
        found["answer"] = kind.value
    if kind in (EventKind.DELETED, EventKind.ERASED, EventKind.RESTORED):
        there = "is_gone" if data.get("system") == "salesforce" else "is_archived"
        found[there] = kind is not EventKind.RESTORED
    if kind is EventKind.MERGED and data.get("lead"):  # without it only an id of its own is new
        found["merged_into"] = text_of(data["lead"])


def _outcome(ordered: Iterable[Event]) -> dict[str, str]:
    """The words of the last answer that gave it back, and of the last return."""
    last: dict[EventKind, Event] = {}
    for event in ordered:
        if event.kind in (EventKind.REJECTED, EventKind.RECYCLED):
            last.pop(event.kind, None)  # the order of the dictionary is that of the last ones
            last[event.kind] = event
    found: dict[str, str] = {}
    for event in last.values():
        for name in ("disposition", "reason", "programme"):
            if value := text_of(event.data.get(name)):
                found[name] = value
    return found


def deals_from(ordered: Iterable[Event]) -> tuple[Deal, ...]:
    """The opportunities of one journey as they stand, from its events in order of happening.

    Won again with another amount is a correction: the day of the win stays. Reopened and won again
    is a new win.
    """
    found: dict[str, Deal] = {}
    for event in ordered:
        if event.kind not in DEALS:
            continue
        name = text_of(event.data.get("opportunity"))
        deal = found.get(name) or Deal(opportunity=name)
        amount = text_of(event.data.get("amount")) or deal.amount
        currency = text_of(event.data.get("currency")) or deal.currency
        state = _AFTER.get(event.kind, deal.state)
        closed_at = deal.closed_at if state is deal.state else event.at
        found[name] = replace(
            deal,
            amount=amount,
            currency=currency,
            state=state,
            closed_at=None if state is DealState.OPEN else closed_at,
        )
    return tuple(found[name] for name in sorted(found))


_AFTER = {
    EventKind.WON: DealState.WON,
    EventKind.LOST: DealState.LOST,
    EventKind.REOPENED: DealState.OPEN,
}


def closings(deals: Iterable[Deal]) -> dict[str, datetime | None]:
    """`won_at` and `lost_at` of a journey with these deals."""
    won = [d.closed_at for d in deals if d.state is DealState.WON and d.closed_at]
    lost = [d.closed_at for d in deals if d.state is DealState.LOST and d.closed_at]
    return {"won_at": min(won, default=None), "lost_at": max(lost, default=None)}


def text_of(value: Json) -> str:
    """A word of an event's data; empty where there is none."""
    return "" if value is None else str(value)


def decimal(text: str) -> Decimal:
    """An amount; zero where the CRM wrote none."""
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
