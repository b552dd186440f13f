"""Where a lead stands on its way through sales: with the lead centre, a distributor, or its rep."""

from collections.abc import Iterable
from dataclasses import dataclass

from connector.core.clocks import moment_of
from connector.core.events import Event, EventKind

SALES, TELE, DISTRIBUTION = "sales", "tele_qualification", "distribution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The step a lead is at, and who holds it there."""

    hop: str = ""  #: empty before the hand-off
    owner: str = ""


def standing(events: Iterable[Event], cycle: int) -> Standing:
    """From the facts of one cycle: routed to a first step, and passed on to sales since or not."""
    found = Standing()
    for event in sorted(events, key=moment_of):
        if event.cycle != cycle:
            continue
        if event.kind is EventKind.ROUTED:
            hop = str(event.data.get("hop") or SALES)
            found = Standing(hop=hop, owner=str(event.data.get("owner") or ""))
        elif event.kind is EventKind.REASSIGNED:
            found = Standing(hop=found.hop, owner=str(event.data.get("to") or ""))
        elif event.kind is EventKind.PASSED_ON:
            found = Standing(hop=SALES, owner=str(event.data.get("to") or ""))
    return found
