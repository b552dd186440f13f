"""Hands qualified leads over: matched, routed, briefed and planned before anything leaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Protocol

from connector.core.companies import web_domain
from connector.core.frozen import replace
from connector.core.owners import directory, directory_problems
from connector.core.plan import ActionKind, ActionState
from connector.core.records import Activity, SourceRecord
from connector.core.rules.people import People
from connector.core.turns import Turn
from connector.flows.deliver import add
from connector.flows.lead_state import emails_in
from connector.flows.office import Office, Standings, hot_lists
from connector.flows.pull import Decided, store
from connector.flows.staff import report_staff
from connector.flows.traces import remembered
from connector.ports import (
    Clock,
    Crm,
    CrmPerson,
    LeadRow,
    Ledger,
    MarketingSystem,
    RunTotals,
    Transaction,
)

LISTED = 20_000  #: leads whose ids are held at a time, however many wait
LOOK = 1_000  #: leads that are looked up at a time: as many as one call for associations takes
PAGE = 200  #: leads that are decided and stored in one transaction
FIELDS = ("Name", "FirstName", "LastName", "LastActivityDate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the outside knows of one page of leads."""

    people: Mapping[str, tuple[CrmPerson, ...]]  #: e-mail in lower case -> Leads and Contacts
    accounts: tuple[SourceRecord, ...]
    activities: Mapping[str, tuple[Activity, ...]]  #: HubSpot id -> newest first
    selling: frozenset[str] = frozenset()  #: ids of accounts with an open opportunity
    campaigns: Mapping[str, str] = field(default_factory=dict)  #: name in lower case -> CRM id

    def people_of(self, row: LeadRow) -> tuple[CrmPerson, ...]:
        """Leads and Contacts with any address of this lead, each once."""
        if not self.people:
            return ()
        found = {p.id: p for email in emails_of(row) for p in self.people.get(email, ())}
        return tuple(found.values())


@dataclass(slots=True, kw_only=True)
class Passed(Decided):
    """A decided page of hand-offs, with the turns it took."""

    turns: list[Turn] = field(default_factory=list)


class Pass(Protocol):
    """Plans the hand-off of a page: pure, and in the order in which the turns are to be taken."""

    @property
    def heats(self) -> Mapping[str, int]:
        """Each temperature's place in the file, hottest first."""

    def page(
        self, rows: Sequence[LeadRow], found: Found, office: Office, now: datetime
    ) -> Passed: ...


def hand_over(
    marketing: MarketingSystem,
    crm: Crm,
    ledger: Ledger,
    passing: Pass,
    *,
    people: People,
    stages: Sequence[str],
    clock: Clock,
    run_id: str,
    progress: Callable[[str, int], None],
) -> RunTotals:
    """Decides owner, brief and actions for every lead that is qualified and not yet passed.

    Owner and turn are stored with the plan, before anything is sent: no retry can flip an owner.
    """
    blocks = _blocks(ledger, stages)
    first = next(blocks, None)
    totals = RunTotals()
    if first is None:
        return totals
    known = directory(people, crm.members())
    with ledger.transaction() as tx:
        standings = Standings(tx, people, clock.now())
        hot = hot_lists(tx, passing.heats)
        told = report_staff(tx, directory_problems(people, known), now=clock.now(), run_id=run_id)
    totals = add(totals, RunTotals(picked_up=told, parked=told))
    for block in chain((first,), blocks):
        with ledger.transaction() as tx:
            seen = tx.leads(block)
        around = look(marketing, crm, list(seen.values()), clock.now())
        for ids in _parts(block, PAGE):
            found = near(around, [seen[id_] for id_ in ids if id_ in seen])
            now = clock.now()
            with ledger.transaction() as tx:
                fresh = tx.leads(ids)
                rows = [fresh[id_] for id_ in ids if id_ in fresh and _is_waiting(fresh[id_])]
                office = replace(
                    standings.office(tx, known, now, hot),
                    taken=_taken(tx, found, rows),
                    passed=tx.passed_with({email for row in rows for email in emails_of(row)}),
                )
                passed = passing.page(rows, found, office, now)
                store(tx, passed, now=now, run_id=run_id)
                _settle(tx, rows, passed, now)
                _skip_given_up(tx, passed)
                tx.save_turns(passed.turns)
            totals = add(totals, passed.totals(len(rows)))
            progress("leads handed over", len(rows))
    return totals


def _blocks(ledger: Ledger, stages: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids of the leads that wait, hottest first; each is met once."""
    behind: tuple[float, str] | None = None
    while True:
        with ledger.transaction() as tx:
            waiting = tx.leads_to_hand_over(stages, behind=behind, limit=LISTED)
        if not waiting:
            return
        behind = waiting[-1]
        yield from _parts([id_ for _, id_ in waiting], LOOK)


def _parts(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _is_waiting(row: LeadRow) -> bool:
    return row.state.passed_at is None


def look(marketing: MarketingSystem, crm: Crm, rows: Sequence[LeadRow], now: datetime) -> Found:
    """Who of them the CRM knows already, which campaigns it has, and what they did."""
    emails = sorted({email for row in rows for email in emails_of(row)})
    people: dict[str, tuple[CrmPerson, ...]] = {}
    for person in crm.people(emails, FIELDS):
        key = person.email.casefold()
        people[key] = (*people.get(key, ()), person)
    campaigns = sorted({row.campaign for row in rows if row.campaign})
    accounts = companies(crm, rows)
    return Found(
        campaigns=crm.campaigns(campaigns) if campaigns else {},
        people=people,
        accounts=accounts,
        selling=selling(crm, accounts),
        activities=marketing.activities(
            [row.hubspot_id for row in rows],
            remembered(rows, marketing.activity_properties, now),
        ),
    )


def companies(crm: Crm, rows: Sequence[LeadRow]) -> tuple[SourceRecord, ...]:
    """The accounts that these leads may belong to."""
    domains, names = _companies_of(rows)
    return crm.accounts(sorted(domains), sorted(names))


def near(found: Found, rows: Sequence[LeadRow]) -> Found:
    """With the accounts of these leads alone: each lead is held against all of them."""
    domains, names = _companies_of(rows)
    known = {name.casefold() for name in names}
    accounts = tuple(
        account
        for account in found.accounts
        if web_domain(account.values.get("Website")) in domains
        or (account.values.get("Name") or "").casefold() in known
    )
    return replace(found, accounts=accounts)


def _companies_of(rows: Sequence[LeadRow]) -> tuple[set[str], set[str]]:
    """Domains of web sites and addresses, and names of companies."""
    domains = {
        domain
        for row in rows
        for name in ("website", "email")
        if (domain := web_domain(_text(row, name)))
    }
    return domains, {_text(row, "company") for row in rows} - {""}


def selling(crm: Crm, accounts: Sequence[SourceRecord]) -> frozenset[str]:
    """Ids of the accounts to which somebody is selling now; asked where several compete."""
    if len(accounts) < 2:
        return frozenset()
    ids = [account.id for account in accounts]
    found = crm.children("Opportunity", "AccountId", ids, ("IsClosed",))
    return frozenset(
        id_
        for id_, deals in found.items()
        if any((deal.values.get("IsClosed") or "").casefold() != "true" for deal in deals)
    )


def _taken(tx: Transaction, found: Found, rows: Sequence[LeadRow]) -> dict[str, str]:
    """Which of the people found are other leads' records already."""
    people = [person for row in rows for person in found.people_of(row)]
    ids = [person.id for person in people]
    ids += [p.converted_contact_id for p in people if p.converted_contact_id]
    return {id_: row.state.lead_id for id_, row in tx.leads_by_salesforce(ids).items()}


def _settle(tx: Transaction, rows: Sequence[LeadRow], passed: Passed, now: datetime) -> None:
    """What an earlier hand-off parked and this one does not waits for nobody any more."""
    keep = [action.key for action in passed.actions if action.kind is ActionKind.PARK]
    lead_ids = [row.state.lead_id for row in rows]
    tx.settle_parks(lead_ids, record_kinds=("Lead",), keep=keep, now=now)


def _skip_given_up(tx: Transaction, passed: Passed) -> None:
    """Whose every reason to wait a person has dismissed waits for nobody."""
    parks = [action for action in passed.actions if action.kind is ActionKind.PARK]
    if not parks:
        return
    stored = tx.actions([action.key for action in parks])
    waiting = {s.action.lead_id for s in stored if s.state is not ActionState.DISMISSED}
    given_up = len({action.lead_id for action in parks} - waiting)
    passed.parked -= given_up
    passed.skipped += given_up


def _text(row: LeadRow, name: str) -> str:
    value = row.values.get(name)
    return value if isinstance(value, str) else ""


def emails_of(row: LeadRow) -> tuple[str, ...]:
    """Every address of a lead, in lower case."""
    return tuple(dict.fromkeys(email.casefold() for email in emails_in(row.values)))
