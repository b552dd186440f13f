"""Who gets a lead at its second step: the rep of the appointment, whoever was chosen, or the rules.

Pure, so that a step can be taken again later as it was taken then.
"""

from collections.abc import Mapping
from datetime import datetime

from connector.core.events import Event, EventKind
from connector.core.hops import SALES
from connector.core.records import LeadState, Value, Values
from connector.core.routing import Facts, Hop, RouteDecision, Router
from connector.core.rules.routing import Mode
from connector.core.surroundings import Surroundings, route_in
from connector.core.turns import TurnHistory


def row_facts(values: Values, state: LeadState, temperature: str) -> Mapping[str, Value | float]:
    """What the rules of routing are asked on at a later step."""
    return {**values, "stage": state.stage, "temperature": temperature}


def second_step(
    router: Router,
    facts: Facts,
    state: LeadState,
    cause: Event,
    around: Surroundings,
    *,
    turns: TurnHistory,
    now: datetime,
) -> RouteDecision:
    """The owner after `cause`: an appointment that was made, or an owner that sales chose.

    Whoever's calendar the appointment is in gets it, else whom the rules name for the second
    step. The caller adds the turn to `turns`.
    """
    if cause.kind is EventKind.OWNER_CHANGED:
        return _by_hand(str(cause.data.get("to") or ""), f"given by {cause.by or 'sales'}")
    person = router.people.persons.get(cause.by)
    sets_appointments = person is not None and router.routing.tele_team in person.teams
    if person is not None and not sets_appointments and person.key not in around.unavailable:
        return _by_hand(person.key, f"the appointment is in {person.key}'s calendar")
    return route_in(router, facts, state, around, turns=turns, now=now, appointment_made=True)


def _by_hand(owner: str, because: str) -> RouteDecision:
    """An owner that people chose, not a rule."""
    return RouteDecision(
        owner=owner,
        mode=Mode.DIRECT,
        rule="chosen by sales",
        kind="person",
        because=because,
        steps=(),
        hops=(Hop(name=SALES, target=f"person:{owner}", owner=owner),),
    )
