"""The nightly audit: nothing is lost, nobody is stuck, and both systems say what we say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.conservation import (
    Conservation,
    Finding,
    counted,
    disagreement,
    ownerless,
)
from connector.core.journeys import State, stage_names
from connector.core.recycling import LIFECYCLE
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import StageMeaning
from connector.flows.believe import MOST_GONE, believe
from connector.ports import Balance, Crm, LeadRow, Ledger, MarketingSystem

PAGE = 200
MOST_NAMED = 1_000  #: exceptions kept by name; all of them are counted
STREAM = "salesforce.Lead"


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

    Reads only. A record that changed in a system since it was last pulled is no exception: we
    have not heard of that change yet. Raises StopTheRun where a system is suddenly near empty:
    that is one fault, and not one of every lead.
    """
    found = Audit()
    ledger.measure(stage_names(ruleset.vocabulary))
    conservation = Conservation(ruleset, now)
    for journey in ledger.journeys():
        found.add(conservation.look(journey))
    found.passed, found.states = conservation.passed, dict(conservation.states)
    _sums(found, ledger, ruleset, conservation)
    systems = _Systems(found, ledger, ruleset, marketing, crm)
    for page in _pages(ledger):
        found.add(f for row in page if (f := ownerless(row.state, ruleset.people)))
        systems.compare(page)
        progress("leads audited", len(page))
    for system, name in (("hubspot", "HubSpot"), ("salesforce", "Salesforce")):
        known = found.compared.get(system, 0)
        believe(name, known - found.codes[f"{system}-lacks"], known, most_gone)
    systems.count()
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


@dataclass(slots=True)
class _Systems:
    found: Audit
    ledger: Ledger
    ruleset: Ruleset
    marketing: MarketingSystem | None
    crm: Crm | None
    delivered: int = 0

    def compare(self, page: Sequence[LeadRow]) -> None:
        if self.crm is not None:
            self._crm(self.crm, [row for row in page if row.state.salesforce_id])
        if self.marketing is not None:
            self._marketing(self.marketing, page)

    def _crm(self, crm: Crm, rows: Sequence[LeadRow]) -> None:
        heard = self._heard()
        told = self.ledger.statuses([row.state.lead_id for row in rows])
        self.delivered += len(rows)
        for kind in ("Lead", "Contact"):
            mine = {r.state.salesforce_id or "": r for r in rows if r.state.salesforce_kind == kind}
            if not mine:
                continue
            fields = ("Status",) if kind == "Lead" else ()
            there = crm.read(kind, list(mine), fields)
            self._saw("salesforce", len(mine))
            for id_, row in mine.items():
                lead_id = row.state.lead_id
                record = there.get(id_)
                if record is None:
                    what = f"its {kind} {id_} is not in Salesforce"
                    self.found.add([Finding(code="salesforce-lacks", lead_id=lead_id, what=what)])
                elif kind == "Lead" and not (heard and record.updated_at > heard):
                    status = record.values.get("Status")
                    ours = told.get(lead_id, "")
                    differs = disagreement("salesforce", lead_id, "Status", ours, status)
                    self.found.add([differs] if differs else ())

    def _marketing(self, marketing: MarketingSystem, rows: Sequence[LeadRow]) -> None:
        there = marketing.read([row.hubspot_id for row in rows], (LIFECYCLE,))
        self._saw("hubspot", len(rows))
        for row in rows:
            record = there.get(row.hubspot_id)
            lead_id = row.state.lead_id
            if record is None:
                what = f"its contact {row.hubspot_id} is not in HubSpot"
                self.found.add([Finding(code="hubspot-lacks", lead_id=lead_id, what=what)])

    def count(self) -> None:
        """Leads in Salesforce that carry our id, against those that were delivered."""
        if self.crm is None:
            return
        there = self.crm.count("Lead", self.ruleset.fields.external_id)
        balance = Balance(name="leads in Salesforce", wanted=self.delivered, found=there)
        self.found.balances.append(balance)
        if there != self.delivered:
            what = f"{self.delivered} leads were delivered, {there} in Salesforce carry our id"
            self.found.add([Finding(code="counts-differ", lead_id="", what=what)])

    def _heard(self) -> datetime | None:
        with self.ledger.transaction() as tx:
            return tx.cursor(STREAM).covered

    def _saw(self, system: str, count: int) -> None:
        self.found.compared[system] = self.found.compared.get(system, 0) + count
