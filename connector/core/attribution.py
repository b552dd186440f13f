"""Which source is credited with revenue, where a lead needed more than one cycle to be won."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum

from connector.core.journeys import Journey
from connector.core.metrics import Rates, converted


class Model(StrEnum):
    """How the revenue of a lead is shared out among the cycles up to the one that won it."""

    FIRST = "first"  #: all to the cycle in which the lead was captured
    LAST = "last"  #: all to the cycle that won it
    SPLIT = "split"  #: to each of these cycles the same part


def credited(
    journeys: Iterable[Journey],
    by: Callable[[Journey], str],
    model: Model,
    *,
    currency: str,
    rates: Rates,
) -> dict[str, Decimal]:
    """Revenue by group, largest first; the sum is the same whatever the model.

    `journeys` must hold every cycle of the leads that won. An amount without a known rate is left
    out here and told by `figures`.
    """
    given = list(journeys)
    winners = {journey.lead_id for journey in given if journey.won_at is not None}
    of: dict[str, list[Journey]] = {}
    for journey in given:
        if journey.lead_id in winners:
            of.setdefault(journey.lead_id, []).append(journey)
    found: dict[str, Decimal] = {}
    for members in of.values():
        ordered = sorted(members, key=lambda journey: journey.cycle)
        for journey in ordered:
            amount = worth(journey, currency, rates)
            if not amount:
                continue
            path = [j for j in ordered if j.cycle <= journey.cycle]
            for credit in _path(path, model):
                found[by(credit)] = found.get(by(credit), Decimal(0)) + amount / len(
                    _path(path, model)
                )
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _path(path: list[Journey], model: Model) -> list[Journey]:
    if model is Model.FIRST:
        return path[:1]
    return path[-1:] if model is Model.LAST else path


def worth(journey: Journey, currency: str, rates: Rates) -> Decimal:
    """The won deals of a journey in one currency; amounts without a known rate are left out."""
    parts = (
        converted(deal.value, deal.currency, deal.closed_at, currency, rates)
        for deal in journey.won
    )
    return sum((part for part in parts if part is not None), Decimal(0))
