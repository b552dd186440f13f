"""Opportunities on their way: stages, amounts, pauses, and how they end."""

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.actors import Agenda
from connector.sandbox.people.habits import Outlook, Rep
from connector.sandbox.world import World

STAGES = (
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Proposal/Price Quote",
    "Negotiation/Review",
)
WON, LOST = "Closed Won", "Closed Lost"
_STALLS = 0.12  #: chance at each step that nothing happens for weeks


@dataclass(slots=True, kw_only=True)
class Deal:
    """One opportunity, the rep who has it, and where it will end (`last` counts the stages)."""

    opportunity_id: str
    rep: Rep
    outlook: Outlook
    last: int
    stage: int = 0


class Deals:
    """Works opportunities through their stages to a win or a loss."""

    def __init__(self, world: World, rng: random.Random, agenda: Agenda) -> None:
        self._world = world
        self._rng = rng
        self._agenda = agenda
        fields = world.salesforce.org.objects["Opportunity"].fields
        self._currencies = "CurrencyIsoCode" in fields

    def open(self, opportunity_id: str, rep: Rep, outlook: Outlook) -> None:
        """Starts working a new opportunity."""
        last = len(STAGES) if outlook.wins else self._rng.randint(1, len(STAGES))
        deal = Deal(opportunity_id=opportunity_id, rep=rep, outlook=outlook, last=last)
        self._plan(deal)

    def _plan(self, deal: Deal) -> None:
        hours = self._rng.uniform(4, 36)
        if self._rng.random() < _STALLS:
            hours += self._rng.uniform(120, 300)
        now = self._world.clock.now()
        moment = deal.rep.hours().after(now, timedelta(hours=hours))
        self._agenda.plan(moment, lambda: self._advance(deal))

    def _advance(self, deal: Deal) -> None:
        """One step: the next stage, or the end."""
        row = self._world.salesforce.get("Opportunity", deal.opportunity_id)
        if row.get("IsDeleted") or row.get("IsClosed"):
            return
        today = self._world.clock.now().date()
        fields: dict[str, Any] = {}
        if deal.stage >= deal.last:
            fields["StageName"] = WON if deal.outlook.wins else LOST
            fields["CloseDate"] = today.isoformat()
        else:
            fields["StageName"] = STAGES[deal.stage]
            fields["CloseDate"] = (today + timedelta(days=self._rng.randint(20, 90))).isoformat()
            fields["NextStep"] = self._rng.choice(("Call", "Workshop", "Offer", "Contract"))
        fields |= self._money(deal)
        deal.stage += 1
        by = deal.rep.user_id
        self._world.salesforce.update("Opportunity", deal.opportunity_id, fields, by=by)
        self._note(deal)
        if deal.stage <= deal.last:
            self._plan(deal)

    def _money(self, deal: Deal) -> dict[str, Any]:
        """The first guess of the amount is rough; the end has the true one."""
        rough = Decimal(str(round(self._rng.uniform(0.7, 1.4), 2)))
        exact = deal.stage >= deal.last or deal.stage > 2
        amount = deal.outlook.amount if exact else deal.outlook.amount * rough
        fields: dict[str, Any] = {"Amount": float(round(amount, 2))}
        if self._currencies:
            fields["CurrencyIsoCode"] = deal.outlook.currency
        return fields

    def _note(self, deal: Deal) -> None:
        self._world.salesforce.create(
            "Task",
            {
                "WhatId": deal.opportunity_id,
                "OwnerId": deal.rep.user_id,
                "Subject": "Call",
                "TaskSubtype": "Call",
                "Status": "Completed",
                "ActivityDate": self._world.clock.now().date().isoformat(),
            },
            by=deal.rep.user_id,
        )
