"""What a routing decision knew of the office: who has a claim, who is there, who carries what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.frozen import swift
from connector.core.owners import Candidate, Directory
from connector.core.plan import Json
from connector.core.records import LeadState
from connector.core.routing import Facts, RouteDecision, Router
from connector.core.turns import TurnHistory


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything besides the lead, the files, the moment and past turns that decides on an owner.

    Person keys and ids of CRM records; no personal data of the lead.
    """

    candidates: tuple[Candidate, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)  #: CRM id -> owner, of the candidates
    open_leads: Mapping[str, int] = field(default_factory=dict)
    today: Mapping[str, int] = field(default_factory=dict)
    unavailable: frozenset[str] = frozenset()  #: without an active user in the CRM
    on_hold: frozenset[str] = frozenset()


def route_in(
    router: Router,
    facts: Facts,
    state: LeadState,
    around: Surroundings,
    *,
    turns: TurnHistory,
    now: datetime,
    appointment_made: bool = False,
) -> RouteDecision:
    """Decides on the owner in these surroundings; the caller adds the turn to `turns`."""
    return router.route(
        facts,
        state,
        now=now,
        candidates=around.candidates,
        turns=turns,
        open_leads=around.open_leads,
        today=around.today,
        unavailable=around.unavailable,
        on_hold=around.on_hold,
        directory=Directory(owners={id_[:15]: owner for id_, owner in around.owners.items()}),
        appointment_made=appointment_made,
    )


def owner_of(route: RouteDecision) -> dict[str, Json]:
    """What a snapshot keeps of a routing, so that a replay can be held against it."""
    return {"owner": route.owner, "route": route.rule, "mode": route.mode.value}
