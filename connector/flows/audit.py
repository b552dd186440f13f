"""The nightly audit: nothing is lost, nobody is stuck, and both systems say what we say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.conservation import Conservation, Finding, counted, ownerless
from connector.core.journeys import State, stage_names
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import StageMeaning
from connector.flows.agreement import InCrm, InMarketing
from connector.flows.believe import MOST_GONE, believe
from connector.ports import Balance, Crm, LeadRow, Ledger, MarketingSystem

PAGE = 200
MOST_NAMED = 1_000  #: exceptions kept by name; all of them are counted


@dataclass(slots=True, kw_only=True)
class Audit:
    """What was counted, and every exception."""

    passed: int = 0
    states: dict[State, int] = field(default_factory=dict)
    balances: list[Balance] = field(default_factory=list)
    compared: dict[str, int] = field(default_factory=dict)  #: system -> records looked at
    codes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, found: Iterable[Finding]) -> None:
        for finding in found:
            self.codes[finding.code] += 1
            if len(self.findings) < MOST_NAMED:
                self.findings.append(finding)

    @property
    def is_clean(self) -> bool:
        return not self.codes


def audit(
    ledger: Ledger,
    ruleset: Ruleset,
    *,
    now: datetime,
    marketing: MarketingSystem | None = None,
    crm: Crm | None = None,
    most_gone: int = MOST_GONE,
    progress: Callable[[str, int], None] = lambda _what, _count: None,
) -> Audit:
    """Looks at every journey and, a page at a time, at both systems where they are given.

    Reads only. A record that changed in a system since it was last pulled, and a lead of which
    something is still to be told there, are no exceptions. Raises StopTheRun where a system is
    suddenly near empty: that is one fault, and not one of every lead.
    """
    found = Audit()
    ledger.measure(stage_names(ruleset.vocabulary))
    conservation = Conservation(ruleset, now)
    for journey in ledger.journeys():
        found.add(conservation.look(journey))
    found.passed, found.states = conservation.passed, dict(conservation.states)
    _sums(found, ledger, ruleset, conservation)
    sales = InCrm(crm, ledger, ruleset) if crm else None
    contacts = InMarketing(marketing, ledger, ruleset) if marketing else None
    for page in _pages(ledger):
        found.add(f for row in page if (f := ownerless(row.state, ruleset.people)))
        found.add(sales.compare(page) if sales else ())
        found.add(contacts.compare(page) if contacts else ())
        progress("leads audited", len(page))
    if contacts is not None:
        found.compared["hubspot"] = contacts.looked
    if sales is not None:
        found.compared["salesforce"] = sales.looked
    for system, name in (("hubspot", "HubSpot"), ("salesforce", "Salesforce")):
        known = found.compared.get(system, 0)
        believe(name, known - found.codes[f"{system}-lacks"], known, most_gone)
    if sales is not None and crm is not None:
        _counted(found, ruleset, crm, sales.delivered)
    return found


def _pages(ledger: Ledger) -> Iterator[list[LeadRow]]:
    after = ""
    while rows := ledger.lead_rows(after=after, limit=PAGE):
        after = rows[-1].state.lead_id
        yield rows


def _sums(found: Audit, ledger: Ledger, ruleset: Ruleset, conservation: Conservation) -> None:
    first = ruleset.vocabulary.stage_for(StageMeaning.CAPTURED).name
    found.balances = [ledger.hand_offs(), *ledger.stage_balances(first)]
    found.add(
        Finding(
            code="sums-differ",
            lead_id="",
            what=f"{balance.name}: the story tells of {balance.wanted}, {balance.found} are there",
        )
        for balance in found.balances
        if balance.wanted != balance.found
    )
    if not conservation.is_closed:
        what = f"{found.passed} passed, but {counted(found.states)}"
        found.add([Finding(code="sums-differ", lead_id="", what=what)])
    found.add(
        Finding(
            code="stage-differs", lead_id=lead_id, what=f"in '{stage}', its story says '{told}'"
        )
        for lead_id, stage, told in ledger.astray(first)
    )


def _counted(found: Audit, ruleset: Ruleset, crm: Crm, delivered: int) -> None:
    """Leads in Salesforce that carry our id, against those that were delivered."""
    there = crm.count("Lead", ruleset.fields.external_id)
    found.balances.append(Balance(name="leads in Salesforce", wanted=delivered, found=there))
    if there != delivered:
        what = f"{delivered} leads were delivered, {there} in Salesforce carry our id"
        found.add([Finding(code="counts-differ", lead_id="", what=what)])
