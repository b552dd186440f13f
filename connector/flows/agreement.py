"""Where a system says otherwise than the ledger: status, owner, stage and outcome of passed leads.

What has not been told yet, or was changed there since we last listened, is no disagreement: such
leads are left to the next night.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.conservation import Finding, disagreement
from connector.core.owners import Directory, directory
from connector.core.plan import Destination
from connector.core.records import SourceRecord
from connector.core.recycling import LEAD_STATUS, LIFECYCLE
from connector.core.rules.ruleset import Ruleset
from connector.flows import echo, parts
from connector.flows.lead_state import ARCHIVED, GONE, MERGED_INTO
from connector.ports import Crm, LeadRow, Ledger, MarketingSystem

LEADS, CONTACTS = "salesforce.Lead", "salesforce.Contact"


@dataclass(slots=True)
class InCrm:
    """Compares leads with their records in the CRM."""

    crm: Crm
    ledger: Ledger
    ruleset: Ruleset
    looked: int = 0
    delivered: int = 0  #: Leads that should be there with our id, converted ones among them
    _directory: Directory = field(init=False)
    _heard: Mapping[str, datetime | None] = field(init=False)

    def __post_init__(self) -> None:
        self._directory = directory(self.ruleset.people, self.crm.members())
        with self.ledger.transaction() as tx:
            self._heard = {s: tx.cursor(s).covered for s in (LEADS, CONTACTS)}

    def compare(self, page: Sequence[LeadRow]) -> Iterator[Finding]:
        """The exceptions of one page."""
        rows = [row for row in page if row.state.salesforce_id and not _rests(row, GONE)]
        told = self.ledger.statuses([row.state.lead_id for row in rows])
        self.delivered += self._carrying(self._worked_before(page))
        for kind, stream in (("Lead", LEADS), ("Contact", CONTACTS)):
            mine = [row for row in rows if row.state.salesforce_kind == kind]
            if not mine:
                continue
            ours = self.ruleset.fields.external_id
            fields = ("Status", "OwnerId", ours) if kind == "Lead" else ("OwnerId",)
            ids = sorted({row.state.salesforce_id or "" for row in mine})
            there = self.crm.read(kind, ids, fields)
            self.looked += len(ids)
            if kind == "Lead":  # into which a rep merged ours may lack the id
                lacking = [r for r in there.values() if not r.values.get(ours)]
                self.delivered += len(ids) - len(lacking)
            for row in mine:
                record = there.get(row.state.salesforce_id or "")
                yield from self._of(row, record, told, kind, self._heard[stream])

    def _worked_before(self, page: Sequence[LeadRow]) -> list[str]:
        """Leads that others go on for: converted to the Contact, or of a contact merged away. Who
        was a Contact when we met them never was a Lead of ours."""
        found: list[str] = []
        with self.ledger.transaction() as tx:
            for row in page:
                if row.crm.get(GONE) or row.state.salesforce_id is None:
                    continue
                if row.state.salesforce_kind == "Contact" or row.crm.get(MERGED_INTO):
                    links = tx.links_of(row.state.lead_id)
                    found += [x.salesforce_id for x in links if x.salesforce_kind == "Lead"][-1:]
        return sorted(set(found))

    def _carrying(self, ids: Sequence[str]) -> int:
        """How many of these Leads are there with our id."""
        ours = self.ruleset.fields.external_id
        there = self.crm.read("Lead", ids, (ours,)) if ids else {}
        return sum(1 for record in there.values() if record.values.get(ours))

    def _of(
        self,
        row: LeadRow,
        record: SourceRecord | None,
        told: Mapping[str, str],
        kind: str,
        heard: datetime | None,
    ) -> Iterator[Finding]:
        lead_id = row.state.lead_id
        if record is None:
            what = f"its {kind} {row.state.salesforce_id} is not in Salesforce"
            yield Finding(code="salesforce-lacks", lead_id=lead_id, what=what)
            return
        if heard is None or record.updated_at > heard:
            return
        owner = self._directory.owner(record.values.get("OwnerId"))
        parts = [("owner", row.state.owner or "", owner)]
        if kind == "Lead":
            parts.append(("Status", told.get(lead_id, ""), record.values.get("Status")))
        for name, ours, theirs in parts:
            if differs := disagreement("salesforce", lead_id, name, ours, theirs):
                yield differs


@dataclass(slots=True)
class InMarketing:
    """Compares leads with their contacts in marketing."""

    marketing: MarketingSystem
    ledger: Ledger
    ruleset: Ruleset
    looked: int = 0
    _untold: frozenset[str] = field(init=False)
    _heard: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        with self.ledger.transaction() as tx:
            self._heard = tx.cursor(parts.STREAM).covered
            after = int(tx.cursor(echo.STREAM).after or 0)
        waiting = {s.action.lead_id for s in self.ledger.planned(Destination.HUBSPOT)}
        waiting |= {s.action.lead_id for s in self.ledger.parked()}
        waiting |= {stored.event.lead_id for stored in self.ledger.every_event(after=after)}
        self._untold = frozenset(waiting)

    def compare(self, page: Sequence[LeadRow]) -> Iterator[Finding]:
        """The exceptions of one page; people who are erased have no contact."""
        rows = [row for row in page if row.hubspot_id and not _rests(row, ARCHIVED)]
        wanted = self._wanted(rows)
        names = {LIFECYCLE, LEAD_STATUS} | {n for fields in wanted.values() for n in fields}
        there = self.marketing.read([row.hubspot_id for row in rows], sorted(names))
        self.looked += len(rows)
        for row in rows:
            record, lead_id = there.get(row.hubspot_id), row.state.lead_id
            if record is None:
                what = f"its contact {row.hubspot_id} is not in HubSpot"
                yield Finding(code="hubspot-lacks", lead_id=lead_id, what=what)
            elif self._heard is not None and record.updated_at <= self._heard:
                for name, ours in wanted.get(lead_id, {}).items():
                    theirs = record.values.get(name) or ""
                    if differs := disagreement("hubspot", lead_id, name, ours, theirs):
                        yield differs

    def _wanted(self, rows: Sequence[LeadRow]) -> dict[str, dict[str, str]]:
        """lead -> property -> what it is to say there, of leads that sales was ever told of."""
        known = [r for r in rows if r.state.salesforce_id and r.state.lead_id not in self._untold]
        ids = [row.state.lead_id for row in known]
        told = self.ledger.statuses(ids)
        with self.ledger.transaction() as tx:
            stories = tx.events_of_many(ids)
        found = {}
        for row in known:
            lead_id = row.state.lead_id
            events = [stored.event for stored in stories.get(lead_id, ())]
            action = echo.outcome(row, events, self.ruleset, "")
            if action is not None:
                shown = self._ours() & action.fields.keys()
                fields = {name: str(action.fields[name] or "") for name in shown}
                found[lead_id] = fields | self._stage(row, told.get(lead_id, ""))
        return found

    def _ours(self) -> set[str]:
        """Properties of the outcome that change with an event only; a score fades by itself."""
        of = self.ruleset.echo
        return {name for name in (of.stage, of.disposition, of.owner) if name}

    def _stage(self, row: LeadRow, status: str) -> dict[str, str]:
        stage = self.ruleset.vocabulary.stages.get(row.state.stage)
        fields = {LIFECYCLE: (stage.hubspot_lifecycle if stage else None) or ""}
        rule = self.ruleset.recycling.statuses.get(status)
        if row.state.passed_at and rule is not None and rule.hubspot_lead_status:
            fields[LEAD_STATUS] = rule.hubspot_lead_status
        return fields


def _rests(row: LeadRow, deleted: str) -> bool:
    """Known to be deleted there, or gone on as another lead."""
    return bool(row.crm.get(deleted) or row.crm.get(MERGED_INTO))
