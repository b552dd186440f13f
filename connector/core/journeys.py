"""What became of each lead in each cycle: the ledger's events, folded into one row a journey."""

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from connector.core.events import Event, EventKind
from connector.core.plan import Json
from connector.core.rules.vocabulary import StageMeaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One lead in one cycle. A moment is None until it has come; a step back clears nothing.

    Every figure of the closed loop is a count or a sum over these rows. `amount` is the sum of the
    won opportunities of the cycle in their own `currency`, booked at `won_at`; a deal that is
    reopened is taken out again.
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
    captured_at: datetime | None = None
    marketing_qualified_at: datetime | None = None
    sales_qualified_at: datetime | None = None
    passed_at: datetime | None = None
    delivered_at: datetime | None = None
    answered_at: datetime | None = None  #: first touch, status or answer by sales
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    recycled_at: datetime | None = None
    opportunity_at: datetime | None = None
    won_at: datetime | None = None
    lost_at: datetime | None = None
    disposition: str = ""
    reason: str = ""
    programme: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    deals: tuple[tuple[str, str, str], ...] = ()  #: won deals: (opportunity, amount, currency)


Journeys = MutableMapping[tuple[str, int], Journey]
StageMeanings = Callable[[str], StageMeaning | None]
DIMENSIONS = ("source", "campaign", "segment", "product", "team", "owner")
OUTCOME = ("disposition", "reason", "programme")
WORDS = {
    EventKind.CAPTURED: DIMENSIONS,
    EventKind.HANDED_OFF: DIMENSIONS,
    EventKind.CYCLE_OPENED: DIMENSIONS,
    EventKind.REJECTED: OUTCOME,
    EventKind.RECYCLED: OUTCOME,
}
ANSWERS = frozenset(
    {
        EventKind.TOUCHED,
        EventKind.STATUS_CHANGED,
        EventKind.ACCEPTED,
        EventKind.REJECTED,
        EventKind.CONVERTED,
    }
)
FIRST_MOMENTS = {
    EventKind.CAPTURED: "captured_at",
    EventKind.HANDED_OFF: "passed_at",
    EventKind.DELIVERED: "delivered_at",
    EventKind.ACCEPTED: "accepted_at",
    EventKind.REJECTED: "rejected_at",
    EventKind.RECYCLED: "recycled_at",
    EventKind.OPPORTUNITY_CREATED: "opportunity_at",
}
STAGE_MOMENTS = {
    StageMeaning.MARKETING_QUALIFIED: ("marketing_qualified_at",),
    StageMeaning.SALES_QUALIFIED: ("marketing_qualified_at", "sales_qualified_at"),
}


def fold(journeys: Journeys, events: Iterable[Event], meaning_of: StageMeanings) -> None:
    """Adds events to the journeys, in any order of their happening; each event once.

    The first moment of each kind counts, by the time it happened and not by when we heard of it,
    so that a late fact lands in the right cohort.
    """
    for event in events:
        key = (event.lead_id, event.cycle)
        journey = journeys.get(key) or Journey(lead_id=event.lead_id, cycle=event.cycle)
        journeys[key] = _with(journey, event, meaning_of)


def _with(journey: Journey, event: Event, meaning_of: StageMeanings) -> Journey:
    changes: dict[str, object] = {}
    for name in _moments_of(event, meaning_of):
        _earliest(changes, journey, name, event.at)
    if event.kind in ANSWERS and _by_sales(event):
        _earliest(changes, journey, "answered_at", event.at)
    for name in WORDS.get(event.kind, ()):
        if value := _text(event.data.get(name)):
            changes[name] = value
    if event.kind is EventKind.HANDED_OFF:
        changes |= {"rule": event.rule, "ruleset": event.ruleset}
    if event.kind in (EventKind.REASSIGNED, EventKind.PASSED_ON):
        changes["owner"] = _text(event.data.get("to"))
    if event.kind in (EventKind.WON, EventKind.LOST, EventKind.REOPENED):
        changes |= _closed(journey, event)
    return replace(journey, **changes) if changes else journey  # type: ignore[arg-type]


def _moments_of(event: Event, meaning_of: StageMeanings) -> tuple[str, ...]:
    if event.kind is EventKind.STAGE_CHANGED:
        meaning = meaning_of(_text(event.data.get("to")))
        return STAGE_MOMENTS.get(meaning, ()) if meaning else ()
    name = FIRST_MOMENTS.get(event.kind)
    return (name,) if name else ()


def _earliest(changes: dict[str, object], journey: Journey, name: str, at: datetime) -> None:
    known = getattr(journey, name)
    if known is None or at < known:
        changes[name] = at


def _by_sales(event: Event) -> bool:
    return event.by != "leadrelay"


def _closed(journey: Journey, event: Event) -> dict[str, object]:
    """Won and lost are states, not only events: a deal can be reopened and won again."""
    deal = _text(event.data.get("opportunity"))
    deals = [entry for entry in journey.deals if entry[0] != deal]
    changes: dict[str, object] = {}
    if event.kind is EventKind.WON:
        amount = _text(event.data.get("amount"))
        deals.append((deal, amount, _text(event.data.get("currency"))))
        if journey.won_at is None or event.at < journey.won_at or not journey.deals:
            changes["won_at"] = event.at
    elif event.kind is EventKind.LOST:
        changes["lost_at"] = event.at
    if event.kind is not EventKind.LOST or len(deals) != len(journey.deals):
        changes["deals"] = tuple(deals)
        changes["amount"] = sum((_decimal(entry[1]) for entry in deals), Decimal(0))
        changes["currency"] = next((entry[2] for entry in deals if entry[2]), "")
    if not deals:
        changes["won_at"] = None
    if event.kind is not EventKind.LOST:
        changes["lost_at"] = None
    return changes


def _text(value: Json) -> str:
    return "" if value is None else str(value)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
