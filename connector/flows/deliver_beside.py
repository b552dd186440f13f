"""What is written beside a lead in the CRM: its tasks and its campaigns; twice is once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.core.compare import same
from connector.core.handoff import TASK_DONE, TASK_SUBTYPE
from connector.core.plan import ActionKind, Json
from connector.core.records import SourceRecord
from connector.flows.delivered import Delivered
from connector.ports import Crm, LeadRow, RecordWrite, RowResult, StoredAction

End = tuple[str, str | None, datetime]  #: id, id of the merge winner or None, moment
BUSY_WAIT = timedelta(seconds=30)
REPLACED = "replaced "  #: our key of a task that we ended for another to follow begins so
LEAD_ID = "@lead"  #: stands for the lead's id in the CRM, which is known once it is delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Writes the records that hang on a lead; `external_id` names the field of our own key.

    `made` are leads whose record was made moments ago: nothing of ours hangs on it yet, except
    what an earlier attempt may have written, so that a first attempt need not look.
    """

    crm: Crm
    external_id: str
    made: set[str] = field(default_factory=set)

    def carry_out(
        self,
        kind: str,
        action_kind: ActionKind,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        if kind == "CampaignMember":
            self._join_campaigns(group, leads, now, result)
        elif kind == "Task" and action_kind is ActionKind.UPDATE:
            handed = [s for s in group if "OwnerId" in s.action.fields]
            self._move_tasks(handed, leads, now, result, anew=True)
            ended = [s for s in group if "OwnerId" not in s.action.fields]
            self._move_tasks(ended, leads, now, result, anew=False)
        else:
            self._create_once(kind, group, leads, now, result)

    def _create_once(
        self,
        kind: str,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        """Tasks and campaign members: found again by the action's key, so that twice is once."""
        keys = [s.action.key for s in group if not self._is_first(s)]
        there = self.crm.read_by(kind, self.external_id, keys, (self.external_id,)) if keys else {}
        made = {key: record.id for key, record in there.items()}
        missing = {s.action.key: s for s in group if s.action.key not in made}
        gone = made_and_gone(self.crm, kind, self.external_id, missing)
        made |= {key: id_ for key, (id_, _, _) in gone.items()}
        writes: list[RecordWrite] = []
        fresh: list[StoredAction] = []
        for stored in group:
            if stored.action.key in made:
                result.unchanged += 1
                result.done(stored, made[stored.action.key])
                continue
            fields = _with_lead(stored, leads)
            fields[self.external_id] = stored.action.key
            writes.append(RecordWrite(key=stored.action.key, id=None, fields=fields))
            fresh.append(stored)
        if writes:
            for stored, outcome in zip(fresh, self.crm.create(kind, writes), strict=True):
                if settled_otherwise(stored, outcome, now, result):
                    continue
                self.made.discard(stored.action.lead_id)
                result.done(stored, outcome.id)

    def _is_first(self, stored: StoredAction) -> bool:
        return stored.attempts == 1 and stored.action.lead_id in self.made

    def _move_tasks(
        self,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
        *,
        anew: bool,
    ) -> None:
        """The task that is still open becomes the next one, or ends with the cycle; so nobody is
        left with a task for what is over. Where it was closed before, or is of another subtype,
        which cannot be changed, a new one is made (`anew`) and the open one is ended first. Of
        several, where reps merged two of our Leads, the newest goes on and the others end."""
        group = self._of_living(group, leads, result) if anew else group
        if not group:
            return
        open_ = self._open_tasks(group, leads)
        moving: list[StoredAction] = []
        writes: list[RecordWrite] = []
        fresh: list[StoredAction] = []
        for stored in self._end_others(group, open_, now, result):
            key = stored.action.key
            found = next(iter(open_[key]), None)
            if found is None and anew:
                fresh.append(stored)
                continue
            changed = self._changes(_with_lead(stored, leads), found) if found else {}
            if found is None or not changed:
                result.unchanged += 1
                result.done(stored, found.id if found else None)
                continue
            moving.append(stored)
            writes.append(RecordWrite(key=key, id=found.id, fields=changed))
        outcomes = self.crm.update("Task", writes) if writes else ()
        for stored, write, outcome in zip(moving, writes, outcomes, strict=True):
            if settled_otherwise(stored, outcome, now, result):
                continue
            if self.external_id in write.fields:
                fresh.append(stored)
            else:
                result.done(stored, outcome.id)
        if fresh:
            self._create_once("Task", fresh, leads, now, result)

    def _open_tasks(
        self, group: Sequence[StoredAction], leads: Mapping[str, LeadRow]
    ) -> dict[str, list[SourceRecord]]:
        """By action key the tasks of ours that are still open at its lead, the newest first."""
        who = {s.action.key: _with_lead(s, leads).get("WhoId") for s in group}
        known = sorted({str(id_) for id_ in who.values() if id_})
        written = {name for s in group for name in s.action.fields} - {"WhoId"}
        names = (self.external_id, "IsClosed", *sorted(written))
        there = self.crm.children("Task", "WhoId", known, names)
        return {
            key: _still_open(there.get(str(id_), ()), key, self.external_id)
            for key, id_ in who.items()
        }

    def _end_others(
        self,
        group: Sequence[StoredAction],
        open_: Mapping[str, Sequence[SourceRecord]],
        now: datetime,
        result: Delivered,
    ) -> list[StoredAction]:
        """Ends all open tasks but the newest of each; returns the actions that can go on."""
        ended = [(s, task) for s in group for task in open_[s.action.key][1:]]
        writes = [RecordWrite(key=t.id, id=t.id, fields=self._end(t)) for _, t in ended]
        outcomes = self.crm.update("Task", writes) if writes else ()
        put_off = {
            stored.action.key
            for (stored, _), outcome in zip(ended, outcomes, strict=True)
            if settled_otherwise(stored, outcome, now, result)
        }
        return [stored for stored in group if stored.action.key not in put_off]

    def _end(self, task: SourceRecord) -> dict[str, Json]:
        return {"Status": TASK_DONE, self.external_id: REPLACED + task.id}

    def _changes(self, fields: Mapping[str, Json], task: SourceRecord) -> dict[str, Json]:
        """What turns an open task into this one, or ends it where it cannot become this one."""
        if _is_another(fields, task):
            return self._end(task)
        return {n: v for n, v in fields.items() if not same(v, task.values.get(n))}

    def _of_living(
        self, group: Sequence[StoredAction], leads: Mapping[str, LeadRow], result: Delivered
    ) -> list[StoredAction]:
        """Those whose Lead is there to be worked; a task for one that was converted, deleted or
        merged before we heard of it is needed by nobody, and Salesforce would refuse it."""
        ids = {s.action.key: _lead_record(leads.get(s.action.lead_id)) for s in group}
        asked = sorted({id_ for id_ in ids.values() if id_})
        there = self.crm.read("Lead", asked, ("IsConverted",)) if asked else {}
        open_ = {
            id_
            for id_, lead in there.items()
            if (lead.values.get("IsConverted") or "").casefold() != "true"
        }
        living: list[StoredAction] = []
        for stored in group:
            id_ = ids[stored.action.key]
            if id_ is None or id_ in open_:
                living.append(stored)
            else:
                result.unchanged += 1
                result.done(stored)
        return living

    def _join_campaigns(
        self,
        group: Sequence[StoredAction],
        leads: Mapping[str, LeadRow],
        now: datetime,
        result: Delivered,
    ) -> None:
        """Members are looked up by person: somebody may have put the lead into the campaign."""
        people: dict[str, dict[str, str]] = {"LeadId": {}, "ContactId": {}}
        for stored in group:
            row = leads.get(stored.action.lead_id)
            field = "ContactId" if "ContactId" in stored.action.fields else "LeadId"
            if row is not None and row.state.salesforce_id:
                people[field][stored.action.key] = row.state.salesforce_id
        there: set[tuple[str, str]] = set()
        for field, ids in people.items():
            known = sorted(set(ids.values()))
            found = self.crm.children("CampaignMember", field, known, ("CampaignId",))
            there |= {(id_, r.values.get("CampaignId") or "") for id_ in found for r in found[id_]}
        writes: list[RecordWrite] = []
        for stored in group:
            fields, key = dict(stored.action.fields), stored.action.key
            field = "ContactId" if key in people["ContactId"] else "LeadId"
            who = people[field].get(key)
            if who is None or (who, str(fields["CampaignId"])) in there:
                result.unchanged += 1
                result.done(stored)
                continue
            writes.append(RecordWrite(key=key, id=None, fields={**fields, field: who}))
        by_key = {stored.action.key: stored for stored in group}
        for outcome in self.crm.create("CampaignMember", writes) if writes else ():
            if not settled_otherwise(by_key[outcome.key], outcome, now, result):
                result.done(by_key[outcome.key], outcome.id)


def made_and_gone(
    crm: Crm, kind: str, external_id: str, missing: Mapping[str, StoredAction]
) -> dict[str, End]:
    """What an earlier attempt made and somebody deleted meanwhile; it is not made again."""
    again = [key for key, stored in missing.items() if stored.attempts > 1]
    return crm.deleted_by(kind, external_id, again) if again else {}


def _is_another(fields: Mapping[str, Json], task: SourceRecord) -> bool:
    """Whether a task is of another subtype than the one to follow it."""
    return TASK_SUBTYPE in fields and not same(fields[TASK_SUBTYPE], task.values.get(TASK_SUBTYPE))


def _lead_record(row: LeadRow | None) -> str | None:
    """The id of the CRM's Lead, where the lead is not a Contact there."""
    if row is None or row.state.salesforce_kind == "Contact":
        return None
    return row.state.salesforce_id


def _with_lead(stored: StoredAction, leads: Mapping[str, LeadRow]) -> dict[str, Json]:
    """The fields of a record about a lead, with the lead's id in the CRM filled in."""
    row = leads.get(stored.action.lead_id)
    who = row.state.salesforce_id if row else None
    return {
        name: who if value == LEAD_ID else value for name, value in stored.action.fields.items()
    }


def settled_otherwise(
    stored: StoredAction, outcome: RowResult, now: datetime, result: Delivered
) -> bool:
    """Whether a row was not confirmed; then it was parked, or put off."""
    if outcome.problem is not None:
        result.park(stored, outcome.problem)
    elif outcome.try_later:
        result.wait(stored, now + BUSY_WAIT)
    elif outcome.unknown:
        result.unknown(stored, now)
        result.away = True
    return not outcome.confirmed


def _still_open(tasks: Sequence[SourceRecord], key: str, external_id: str) -> list[SourceRecord]:
    """The tasks that we made and nobody has closed, the newest first; none where this very action
    has made its own already, before its answer was lost."""
    ours = [task for task in tasks if task.values.get(external_id)]
    if any(task.values.get(external_id) == key for task in ours):
        return []
    still = [t for t in ours if (t.values.get("IsClosed") or "").casefold() != "true"]
    return sorted(still, key=lambda task: (task.created_at, task.id), reverse=True)
