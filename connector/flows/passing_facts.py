"""What a hand-off is made of besides its actions: the match in the CRM, and the facts it leaves."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.core.events import Event, EventKind, event_key
from connector.core.frozen import replace
from connector.core.hops import SALES
from connector.core.journeys import DIMENSIONS
from connector.core.matching import Seeker
from connector.core.owners import candidates
from connector.core.plan import Json
from connector.core.records import Values
from connector.core.routing import RouteDecision
from connector.core.rules.ruleset import Ruleset
from connector.core.surroundings import Surroundings, owner_of
from connector.core.verdicts import Verdict
from connector.flows.decide import BY, outcome_of
from connector.flows.hand import Hand
from connector.flows.hand_over import Found
from connector.flows.lead_state import other_emails
from connector.flows.office import Office
from connector.ports import CrmPerson, LeadRow, Snapshot


def hand_off_events(
    row: LeadRow,
    verdict: Verdict,
    route: RouteDecision,
    due: datetime | None,
    ruleset: Ruleset,
    now: datetime,
) -> list[Event]:
    owner = ruleset.people.persons.get(route.owner)
    team = owner.teams[0] if owner and owner.teams else ""
    routed: dict[str, Json] = {
        "owner": route.owner,
        "because": route.because,
        "kind": route.kind,
        "steps": [str(step) for step in route.steps],
        "hop": route.hops[0].name if route.hops else SALES,
        "then": route.hops[1].target if len(route.hops) > 1 else None,
    }
    handed: dict[str, Json] = {
        "owner": route.owner,
        "team": team,
        "score": round(verdict.scores.total, 1),
        "temperature": verdict.temperature,
        "mode": route.mode,
        "due": due.isoformat() if due else None,
        **{name: str(getattr(row, name)) for name in DIMENSIONS},
    }
    lead_id = row.state.lead_id
    return [
        Event(
            key=event_key(kind, lead_id, f"cycle {row.state.cycle}"),
            lead_id=lead_id,
            kind=kind,
            at=now,
            cycle=row.state.cycle,
            data=data,
            by=BY,
            rule=rule,
            place=place,
            ruleset=ruleset.version,
        )
        for kind, data, rule, place in (
            (EventKind.ROUTED, routed, route.rule, route.place),
            (EventKind.HANDED_OFF, handed, verdict.rule, verdict.place),
        )
    ]


def surroundings(
    values: Values,
    people: Sequence[CrmPerson],
    found: Found,
    office: Office,
    ruleset: Ruleset,
) -> Surroundings:
    """What the office is like at this moment, and who in it has a claim to the lead."""
    claims = candidates(
        values,
        people,
        found.accounts,
        ruleset.routing.existing_owner,
        with_open_opportunity=found.selling,
    )
    return office.surroundings(claims)


def handed_over(hand: Hand, ruleset: Ruleset) -> Snapshot:
    """The inputs and the outcome of a hand-off."""
    kept = _kept(hand, hand.around, ruleset, outcome_of(hand.verdict))
    return replace(kept, activities=hand.activities)


def stepped(hand: Hand, around: Surroundings, ruleset: Ruleset, kind: str, cause: str) -> Snapshot:
    """The inputs and the outcome of a later step: another owner, by rule or by people's choice."""
    kept = _kept(hand, around, ruleset, {"temperature": hand.row.temperature})
    return replace(kept, step=f"{kind} {cause}")


def _kept(
    hand: Hand, around: Surroundings | None, ruleset: Ruleset, outcome: Mapping[str, Json]
) -> Snapshot:
    state = hand.row.state
    return Snapshot(
        lead_id=state.lead_id,
        hash=state.snapshot_hash or "",
        taken_at=hand.now,
        ruleset=ruleset.version,
        cycle=state.cycle,
        values=hand.row.values,
        activities=(),
        outcome={**outcome, **owner_of(hand.route)},
        state=state,
        surroundings=around,
    )


def seeker(row: LeadRow) -> Seeker:
    """The lead as the CRM is searched for it."""
    state = row.state
    return Seeker(
        lead_id=state.lead_id,
        address=f"hubspot:contact/{row.hubspot_id}",
        values=row.values,
        salesforce_id=state.salesforce_id,
        salesforce_kind=state.salesforce_kind,
        other_emails=other_emails(row.values),
    )
