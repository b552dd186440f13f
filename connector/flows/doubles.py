"""Two records of one person in the CRM, after a merge in marketing: only sales can make them one.

Leads are joined while deliveries are under way: a record may turn up after its lead was merged into
another, because its creation had been sent and the answer was lost. Whichever link comes last, of
the lead that goes on or of one that rests, tells of both.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.core.plan import (
    MAKES,
    PEOPLE,
    Action,
    ActionKind,
    ActionState,
    Destination,
    action_key,
)
from connector.core.problems import Mender, Place, Problem
from connector.flows.lead_state import GONE, MERGED_FROM, MERGED_INTO
from connector.ports import LeadRow, Link, Transaction

TWO_RECORDS = "two-records"  #: the problem of a person whom the CRM has twice


def list_doubles(tx: Transaction, links: Iterable[Link], *, now: datetime, run_id: str) -> None:
    """Parks each person of whom one of these links, just made, shows a second record."""
    since = {link.lead_id: link.since for link in links}
    parks = []
    for lead_id, crm in tx.memories(sorted(since)).items():
        if not (crm.get(MERGED_INTO) or crm.get(MERGED_FROM)):
            continue
        if tx.links_of(lead_id)[-1].since != since[lead_id]:
            continue  # the record was this lead's before, and whoever had to hear of it did
        parks += _asked_of(tx, *_family(tx, lead_id))
    tx.plan(parks, now=now, run_id=run_id)


def ask_again(tx: Transaction, lead_ids: Iterable[str], *, now: datetime, run_id: str) -> list[str]:
    """Of the persons of these leads a record was merged, deleted or became another: asks for what
    is double yet, and what was asked before waits for nobody. Returns the keys of what is asked."""
    asked: list[str] = []
    for lead_id, crm in tx.memories(sorted(lead_ids)).items():
        if not (crm.get(MERGED_INTO) or crm.get(MERGED_FROM)):
            continue
        winner, losers = _family(tx, lead_id)
        parks = _asked_of(tx, winner, losers)
        tx.plan(parks, now=now, run_id=run_id)
        asked += [park.key for park in parks]
        others = [
            stored.action.key
            for stored in tx.actions_of(winner.state.lead_id)
            if stored.action.problem is not None and stored.action.problem.code != TWO_RECORDS
        ]
        keep, id_ = [*others, *asked], winner.state.lead_id
        tx.settle_parks([id_], record_kinds=("identity",), keep=keep, now=now)
    return asked


def _asked_of(tx: Transaction, winner: LeadRow, losers: Sequence[LeadRow]) -> list[Action]:
    """What asks for a merge of a person's records; empty where there is one at most."""
    linked = {
        str(row.state.salesforce_id): row
        for row in (*losers, winner)
        if row.state.salesforce_id is not None and not row.crm.get(GONE)
    }
    if len(linked) < 2:
        return []
    first = two_records(winner, list(linked.values()), winner.hubspot_id)
    over = [
        stored
        for stored in tx.actions_of(winner.state.lead_id)
        if stored.action.problem == first.problem and stored.state is ActionState.DONE
    ]
    if not over:
        return [first]
    # One of them was deleted, and has been restored since.
    return [two_records(winner, list(linked.values()), winner.hubspot_id, times=len(over))]


def _family(tx: Transaction, lead_id: str) -> tuple[LeadRow, list[LeadRow]]:
    """The lead that goes on for a person, and those that were merged into it."""
    row = tx.leads([lead_id])[lead_id]
    while into := row.crm.get(MERGED_INTO):
        row = tx.leads([str(into)])[str(into)]
    return row, list(tx.leads(merged_from(row)).values())


def merged_from(row: LeadRow) -> list[str]:
    """The leads that were merged into this one, and into those before."""
    found = row.crm.get(MERGED_FROM)
    return [str(one) for one in found] if isinstance(found, list) else []


def begun(tx: Transaction, rows: Iterable[LeadRow]) -> frozenset[str]:
    """Of leads without a record those whose creation may have reached the CRM already."""
    asked = [row.state for row in rows if row.state.salesforce_id is None]
    return frozenset(
        state.lead_id
        for state in asked
        if state.passed_at is not None
        and any(
            one.attempts and one.action.kind in MAKES and one.action.record_kind in PEOPLE
            for one in tx.actions_of(state.lead_id)
        )
    )


def two_records(
    winner: LeadRow, linked: Sequence[LeadRow], hubspot_id: str, *, times: int = 0
) -> Action:
    """One person in marketing, two records in the CRM: only sales can say which one stays.

    It was asked `times` before, and was over each time.
    """
    lead_id = winner.state.lead_id
    ids = " and ".join(
        sorted(f"{row.state.salesforce_kind} {row.state.salesforce_id}" for row in linked)
    )
    cause = f"{TWO_RECORDS} {ids}{times or ''}"
    problem = Problem(
        code=TWO_RECORDS,
        where=Place(file=f"hubspot:contact/{hubspot_id}"),
        what=f"one contact after a merge, but the CRM has {ids}",
        remedy=f"Merge them in the CRM; keep {winner.state.salesforce_id or 'either'}.",
        mender=Mender.REP,
    )
    return Action(
        key=action_key(Destination.NOWHERE, ActionKind.PARK, lead_id, cause),
        lead_id=lead_id,
        kind=ActionKind.PARK,
        destination=Destination.NOWHERE,
        because=problem.code,
        record_kind="identity",
        record_id=hubspot_id,
        place=problem.where,
        cycle=winner.state.cycle,
        problem=problem,
    )
