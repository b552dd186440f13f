"""What the CRM says about a lead, as events: status, stage, answer, conversion, owner.

Stage, disposition and temperature are three things: a status may show a stage, give a disposition,
both or neither. Each fact has a key made of the row that tells it, so that reading the same change
twice (overlapping windows, history and record) records it once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connector.core.clocks import moment_of, owner_named
from connector.core.events import Event, EventKind, event_key
from connector.core.owners import Directory
from connector.core.plan import Json
from connector.core.records import SourceRecord
from connector.core.rules.recycling import StatusRule
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, Reason, Stage, StageMeaning

REASON = "disposition_reason"  #: canonical field of the reason sales gives
STATUS, OWNER_ID, MODIFIED = "Status", "OwnerId", "LastModifiedDate"
ACCEPTED = (StageMeaning.ACCEPTED, StageMeaning.OPPORTUNITY, StageMeaning.CUSTOMER)
RETURNED = frozenset(
    {DispositionMeaning.RECYCLE, DispositionMeaning.JUNK, DispositionMeaning.UNREACHABLE}
)


def crm_moment(text: str | None) -> datetime | None:
    """A Salesforce datetime or date as a moment in UTC; None for a blank.

    `2026-03-02T09:00:00.000+0000` and `2026-03-02` are both read; a date is its first moment.
    """
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_true(text: str | None) -> bool:
    return (text or "").casefold() == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What earlier events say about a lead: nothing is compared with anything else."""

    status: str = ""
    owner: str = ""
    stage: str = ""
    accepted: bool = False
    converted: bool = False
    answer: tuple[str, str] | None = None  #: (disposition, reason) of the latest rejection
    keys: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class _Change:
    """One change of status on its way into events."""

    at: datetime
    fact: str  #: the row that tells it
    before: str
    after: str
    by: str
    reason: str | None


@dataclass(slots=True)
class _Trail:
    """The events of one reading, with the state they leave behind."""

    lead_id: str
    cycle: int
    stage: str
    accepted: bool
    events: list[Event] = field(default_factory=list)

    def add(self, kind: EventKind, at: datetime, fact: str, by: str = "", **data: Json) -> None:
        self.events.append(
            Event(
                key=event_key(kind, self.lead_id, fact),
                lead_id=self.lead_id,
                kind=kind,
                at=at,
                cycle=self.cycle,
                data=data,
                by=by,
            )
        )


def known_of(events: Iterable[Event], cycle: int, stage: str = "") -> Known:
    """What the ledger knows of a lead in a cycle; `stage` is the stage before its first event."""
    status = owner = ""
    accepted = converted = False
    answer: tuple[str, str] | None = None
    ordered = sorted(events, key=moment_of)
    for event in ordered:
        owner = owner_named(event) or owner
        if event.kind is EventKind.CONVERTED:
            converted = True
        if event.kind is EventKind.STATUS_CHANGED:
            status = str(event.data.get("to") or "")
        elif event.kind is EventKind.STAGE_CHANGED and event.cycle == cycle:
            stage = str(event.data.get("to") or "")
        elif event.kind is EventKind.ACCEPTED and event.cycle == cycle:
            accepted = True
        elif event.kind is EventKind.REJECTED and event.cycle == cycle:
            answer = str(event.data.get("disposition") or ""), str(event.data.get("reason") or "")
    return Known(
        status=status,
        owner=owner,
        stage=stage,
        accepted=accepted,
        converted=converted,
        answer=answer,
        keys=frozenset(event.key for event in ordered),
    )


class StatusReader:
    """Turns Salesforce Leads and their history into events, by one ruleset."""

    def __init__(self, ruleset: Ruleset, directory: Directory) -> None:
        self.vocabulary = ruleset.vocabulary
        self.directory = directory
        self._rules = {name.casefold(): rule for name, rule in ruleset.recycling.statuses.items()}
        rule = ruleset.fields.rules.get(REASON)
        self.reason_field = (rule.salesforce if rule else None) or ""

    def rule_of(self, status: str) -> StatusRule | None:
        """What a status means, compared without case; None for one the files do not know."""
        return self._rules.get(status.casefold())

    def lead(
        self,
        record: SourceRecord,
        known: Known,
        *,
        lead_id: str,
        cycle: int,
        history: Sequence[SourceRecord] = (),
    ) -> tuple[Event, ...]:
        """The events of one Lead as it is now, in the order in which they happened.

        `history` are the rows of LeadHistory (`Field`, `OldValue`, `NewValue`, `CreatedDate`) of
        this cycle, if the field is tracked; without them the difference to `known` is told, at
        the moment of the last modification.
        """
        modified = crm_moment(record.values.get(MODIFIED)) or record.updated_at
        trail = _Trail(lead_id, cycle, known.stage, known.accepted)
        rows = sorted(history, key=lambda row: (row.created_at, row.id))
        changes = [
            change
            for change in self._changes(record, known, modified, rows)
            if event_key(EventKind.STATUS_CHANGED, lead_id, change.fact) not in known.keys
        ]
        for change in changes:
            self._status(trail, change)
        if not changes:
            self._reason_given_later(trail, record, known, modified)
        self._owner(trail, record, known, modified, rows)
        self._conversion(trail, record, known, modified, rows)
        return tuple(sorted(trail.events, key=moment_of))

    def _changes(
        self,
        record: SourceRecord,
        known: Known,
        modified: datetime,
        rows: Sequence[SourceRecord],
    ) -> Iterable[_Change]:
        now, reason = record.values.get(STATUS) or "", record.values.get(self.reason_field)
        told = [row for row in rows if row.values.get("Field") == STATUS]
        reasons = {
            row.created_at: row.values.get("NewValue")
            for row in rows
            if row.values.get("Field") == self.reason_field
        }
        for row in told:
            last = row is told[-1] and (row.values.get("NewValue") or "") == now
            yield _Change(
                at=row.created_at,
                fact=row.id,
                before=row.values.get("OldValue") or "",
                after=row.values.get("NewValue") or "",
                by=self._person(row.values.get("CreatedById")),
                reason=reason if last else reasons.get(row.created_at),
            )
        if not told and now and now.casefold() != known.status.casefold():
            yield _Change(
                at=modified,
                fact=f"{record.id}\n{now}\n{modified.isoformat()}",
                before=known.status,
                after=now,
                by=self._person(record.values.get("LastModifiedById")),
                reason=reason,
            )

    def _status(self, trail: _Trail, change: _Change) -> None:
        rule = self.rule_of(change.after)
        stage = rule.stage if rule else None
        # A fresh Lead, or one handed over again, has its first status: nobody has answered yet.
        first = not change.before or self._meaning(stage or "") is StageMeaning.SALES_QUALIFIED
        reason = self.vocabulary.reason_of(change.reason)
        disposition = self._disposition(rule, reason)
        said: dict[str, Json] = {"from": change.before, "to": change.after}
        by = "leadrelay" if first else change.by
        trail.add(EventKind.STATUS_CHANGED, change.at, change.fact, by, **said)
        if stage and stage != trail.stage:
            self._step(trail, change, stage)
        accepted = stage is not None and self._meaning(stage) in ACCEPTED
        if accepted and not trail.accepted:
            trail.accepted = True
            trail.add(EventKind.ACCEPTED, change.at, f"cycle {trail.cycle}", change.by)
        if disposition and self.vocabulary.dispositions[disposition].meaning in RETURNED:
            trail.add(
                EventKind.REJECTED,
                change.at,
                change.fact,
                change.by,
                disposition=disposition,
                reason=reason.name if reason else "",
            )

    def _reason_given_later(
        self, trail: _Trail, record: SourceRecord, known: Known, modified: datetime
    ) -> None:
        """A rep who closed the lead first and gave (or corrected) the reason in another save."""
        reason = self.vocabulary.reason_of(record.values.get(self.reason_field))
        disposition = self._disposition(self.rule_of(record.values.get(STATUS) or ""), reason)
        if known.answer is None or reason is None or disposition is None:
            return
        if known.answer != (disposition, reason.name):
            by = self._person(record.values.get("LastModifiedById"))
            fact = f"{record.id}\n{reason.name}\n{modified.isoformat()}"
            answer: dict[str, Json] = {"disposition": disposition, "reason": reason.name}
            trail.add(EventKind.REJECTED, modified, fact, by, **answer)

    def _step(self, trail: _Trail, change: _Change, stage: str) -> None:
        """A step of the stage; stages stepped over are named, and so is a step back."""
        data: dict[str, Json] = {"from": trail.stage, "to": stage}
        data |= steps_between(self.vocabulary.stages, trail.stage, stage)
        fact = f"{change.fact}\n{stage}"
        trail.add(EventKind.STAGE_CHANGED, change.at, fact, change.by, **data)
        trail.stage = stage

    def _meaning(self, stage: str) -> StageMeaning | None:
        found = self.vocabulary.stages.get(stage)
        return found.meaning if found else None

    def _disposition(self, rule: StatusRule | None, reason: Reason | None) -> str | None:
        """The status gives it; a reason may say more precisely, where the status says any."""
        given = rule.disposition if rule else None
        if given is None or given not in self.vocabulary.dispositions:
            return None
        if self.vocabulary.dispositions[given].meaning not in RETURNED:
            return given
        return (reason.disposition if reason else None) or given

    def _owner(
        self,
        trail: _Trail,
        record: SourceRecord,
        known: Known,
        modified: datetime,
        rows: Sequence[SourceRecord],
    ) -> None:
        """Owner history has two rows, one with names and one with ids; ids are believed."""
        told = [
            row
            for row in rows
            if row.values.get("Field") in ("Owner", "ownerAssignment")
            and self.directory.owner(row.values.get("NewValue"))
        ]
        for row in told:
            before = row.values.get("OldValue")
            after = self._person(row.values.get("NewValue"))
            data: dict[str, Json] = {"from": self._person(before), "to": after}
            by = self._person(row.values.get("CreatedById"))
            trail.add(EventKind.OWNER_CHANGED, row.created_at, row.id, by, **data)
        now = self._person(record.values.get(OWNER_ID))
        if not told and now and known.owner and now != known.owner:
            fact = f"{record.id}\n{now}\n{modified.isoformat()}"
            by = self._person(record.values.get("LastModifiedById"))
            trail.add(
                EventKind.OWNER_CHANGED, modified, fact, by, **{"from": known.owner, "to": now}
            )

    def _person(self, crm_id: str | None) -> str:
        """The roster's word for a user or queue; the id itself for a stranger."""
        return self.directory.owner(crm_id) or crm_id or ""

    def _conversion(
        self,
        trail: _Trail,
        record: SourceRecord,
        known: Known,
        modified: datetime,
        rows: Sequence[SourceRecord],
    ) -> None:
        if known.converted or not is_true(record.values.get("IsConverted")):
            return
        told = next((row for row in rows if row.values.get("Field") == "leadConverted"), None)
        at = told.created_at if told else modified
        by = self._person(record.values.get("LastModifiedById"))
        if not trail.accepted:
            trail.accepted = True
            trail.add(EventKind.ACCEPTED, at, f"cycle {trail.cycle}", by)
        trail.add(
            EventKind.CONVERTED,
            at,
            record.id,
            by,
            contact=record.values.get("ConvertedContactId"),
            account=record.values.get("ConvertedAccountId"),
            opportunity=record.values.get("ConvertedOpportunityId"),
        )


def steps_between(stages: Mapping[str, Stage], before: str, after: str) -> dict[str, Json]:
    """`direction` (forward, back) and the stages `stepped_over`, by the order of the vocabulary."""
    if before not in stages or after not in stages:
        return {}
    first, last = stages[before].order, stages[after].order
    low, high = sorted((first, last))
    over: list[Json] = [name for name, stage in stages.items() if low < stage.order < high]
    return {"direction": "back" if last < first else "forward", "stepped_over": over}


def gone(
    kind: str, record_id: str, survivor: str | None, at: datetime, *, lead_id: str, cycle: int
) -> Event:
    """A record deleted in the CRM, or merged into another."""
    what = EventKind.MERGED if survivor else EventKind.DELETED
    data: dict[str, Json] = {"system": "salesforce", "kind": kind}
    if survivor:
        data |= {"loser": record_id, "survivor": survivor}
    fact = f"{kind}\n{record_id}\n{survivor or at.isoformat()}"
    key = event_key(what, lead_id, fact)
    return Event(key=key, lead_id=lead_id, kind=what, at=at, cycle=cycle, data=data)


def restored(kind: str, record_id: str, at: datetime, *, lead_id: str, cycle: int) -> Event:
    """A deleted record that is back."""
    key = event_key(EventKind.RESTORED, lead_id, f"{kind}\n{record_id}\n{at.isoformat()}")
    data: dict[str, Json] = {"system": "salesforce", "kind": kind}
    return Event(key=key, lead_id=lead_id, kind=EventKind.RESTORED, at=at, cycle=cycle, data=data)
