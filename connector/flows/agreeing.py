"""Brings the fields that both systems hold to one value: merged, written, or told as a conflict.

The ledger knows of every lead what both sides last agreed on, what marketing showed last
(`LeadRow.values`) and where the CRM was seen to differ from what is agreed (`LeadRow.crm["seen"]`,
raw values by CRM field). Whichever side is heard of, all three meet in `core.changes.merge`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.core.changes import Merge, Side, merge, same_value
from connector.core.compare import same
from connector.core.frozen import replace
from connector.core.mapping import Mapper, crm_name
from connector.core.plan import Action, ActionKind, ActionState, Destination, Json, action_key
from connector.core.problems import NOWHERE, Place, Problem
from connector.core.records import SourceRecord, Values
from connector.core.rules.fields import Direction, FieldRule, Winner
from connector.core.rules.ruleset import Ruleset
from connector.flows.agreed import FIELDS, Agreed, Histories
from connector.flows.conflicts import CONTESTED, conflict_event, with_values
from connector.flows.lead_state import (
    SEEN,
    SEEN_AT,
    SEEN_BY,
    fields_in,
    is_at_rest,
    is_stale,
)
from connector.ports import LeadRow, StoredAction, Transaction

DAY = timedelta(days=1)


class Agreeing:
    """Merges by one ruleset; keeps no memory of the leads it saw."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.mapper = Mapper(ruleset.fields)
        self.rules = {
            name: rule
            for name, rule in ruleset.fields.rules.items()
            if rule.hubspot and rule.salesforce and rule.direction is not Direction.READ_ONLY
        }

    def crm_fields(self, kind: str) -> tuple[str, ...]:
        """The fields of a Lead or Contact that are read back, sorted, each once."""
        return tuple(sorted({self._name(rule, kind) for rule in self.rules.values()} - {""}))

    def _name(self, rule: FieldRule, kind: str) -> str:
        return crm_name(rule, kind) or ""

    def in_question(self, row: LeadRow, marketing: Values, crm: Values) -> list[str]:
        """HubSpot properties whose history tells who and when: both sides changed them."""
        agreed = row.state.agreed
        return [
            rule.hubspot or ""
            for name, rule in self.rules.items()
            if rule.winner is not Winner.FILL_BLANKS
            and name in marketing
            and name in crm
            and not same_value(marketing[name], crm[name], rule.type)
            and not same_value(marketing[name], agreed.get(name), rule.type)
            and not same_value(crm[name], agreed.get(name), rule.type)
        ]

    def seen_values(self, row: LeadRow) -> Values:
        """Agreed values, and those in which the CRM was last seen to differ."""
        raw = fields_in(row, SEEN)
        if not raw:
            return row.state.agreed
        read = self.mapper.from_salesforce(raw, row.state.salesforce_kind or "Lead").values
        return {**row.state.agreed, **{k: v for k, v in read.items() if k in self.rules}}

    def from_marketing(
        self,
        tx: Transaction,
        rows: Sequence[LeadRow],
        now: datetime,
        histories: Histories,
    ) -> Agreed:
        """Merges leads whose marketing values were just read and stand in `rows`."""
        result = Agreed()
        for row in rows:
            if not self._may_merge(row):
                continue
            if is_stale(row, row.updated_at, self._shown(row), sent=False):
                continue
            known = self.seen_values(row)
            merged = merge(
                self.ruleset.fields,
                row.state.agreed,
                self._marketing(row, histories.get(row.hubspot_id, {})),
                self._seen_side(row, known),
                flips=self._flips(tx, row, known, now),
                address=f"hubspot:contact/{row.hubspot_id}",
            )
            cause = f"pulled {row.state.snapshot_hash} {row.updated_at.isoformat()}"
            self._conclude(result, row, merged, fields_in(row, SEEN), cause, now)
        return result

    def from_crm(
        self,
        tx: Transaction,
        rows: Mapping[str, LeadRow],
        records: Iterable[SourceRecord],
        history: Mapping[str, tuple[SourceRecord, ...]],
        now: datetime,
        histories: Histories,
    ) -> Agreed:
        """Merges leads whose CRM record was just read; `rows` by CRM id."""
        result = Agreed()
        for record in records:
            row = rows.get(record.id)
            if row is None or row.state.salesforce_id != record.id or not self._may_merge(row):
                continue
            if is_stale(row, record.updated_at, record.values, sent=True):
                continue
            side = self._crm(record, history.get(record.id, ()), row)
            merged = merge(
                self.ruleset.fields,
                row.state.agreed,
                self._marketing(row, histories.get(row.hubspot_id, {})),
                side,
                flips=self._flips(tx, row, side.values, now),
                address=f"salesforce:{record.kind}/{record.id}",
            )
            raw = self._differences(row, record, side.values)
            cause = f"read {record.id} {record.updated_at.isoformat()}"
            self._conclude(result, row, merged, raw, cause, now, side)
        return result

    def _shown(self, row: LeadRow) -> dict[str, str | None]:
        """What marketing shows, by property."""
        written, _ = self.mapper.to_hubspot(row.values)
        return {name: _text(value) for name, value in written.items()}

    def _seen_side(self, row: LeadRow, values: Values) -> Side:
        kind = row.state.salesforce_kind or "Lead"
        at, by = fields_in(row, SEEN_AT), fields_in(row, SEEN_BY)
        names = {self._name(rule, kind): name for name, rule in self.rules.items()}
        return Side(
            values=values,
            times={names[n]: datetime.fromisoformat(str(t)) for n, t in at.items() if n in names},
            authors={names[n]: str(one) for n, one in by.items() if n in names},
        )

    def _is_strict(self, name: str) -> bool:
        return "stricter" in self.rules[name].options

    def _may_merge(self, row: LeadRow) -> bool:
        return row.state.salesforce_id is not None and not is_at_rest(row)

    def _marketing(
        self, row: LeadRow, history: Mapping[str, Sequence[tuple[datetime, str, str]]]
    ) -> Side:
        times = {}
        authors = {}
        for name, rule in self.rules.items():
            entries = history.get(rule.hubspot or "")
            if entries:
                times[name], authors[name] = entries[0][0], entries[0][2]
        values = {name: row.values[name] for name in self.rules if name in row.values}
        return Side(values=values, times=times, authors=authors)

    def _crm(self, record: SourceRecord, history: Sequence[SourceRecord], row: LeadRow) -> Side:
        """What a record shows. Where no history tells of a field, it was changed when the record
        was, at the latest; a value that was seen before keeps the moment of then."""
        kind = record.kind if record.kind in ("Lead", "Contact") else "Lead"
        read = self.mapper.from_salesforce(record.values, kind).values
        names = {self._name(rule, kind): name for name, rule in self.rules.items()}
        values = {name: value for name, value in read.items() if name in self.rules}
        by = record.values.get("LastModifiedById") or ""
        times = dict.fromkeys(values, record.updated_at)
        authors = dict.fromkeys(values, by)
        seen, since, whose = (fields_in(row, name) for name in (SEEN, SEEN_AT, SEEN_BY))
        for field_name, moment in since.items():
            name = names.get(field_name)
            if name in values and same(seen.get(field_name), record.values.get(field_name)):
                times[name] = min(times[name], datetime.fromisoformat(str(moment)))
                authors[name] = str(whose.get(field_name) or "")
        for told in sorted(history, key=lambda told: told.created_at):
            name = names.get(told.values.get("Field") or "")
            if name in values:
                times[name] = told.created_at
                authors[name] = told.values.get("CreatedById") or ""
        return Side(values=values, times=times, authors=authors)

    def _differences(self, row: LeadRow, record: SourceRecord, values: Values) -> dict[str, Json]:
        """The CRM's own text of fields in which it is not as agreed."""
        kind = row.state.salesforce_kind or "Lead"
        agreed = row.state.agreed
        return {
            field_name: record.values[field_name]
            for name, rule in self.rules.items()
            if name in values
            and (field_name := self._name(rule, kind)) in record.values
            and not (name in agreed and same_value(values[name], agreed[name], rule.type))
        }

    def _flips(
        self, tx: Transaction, row: LeadRow, crm: Values, now: datetime
    ) -> Mapping[str, int]:
        """How often each field that differs was written within a day, on either side."""
        differing = {
            rule.hubspot: name
            for name, rule in self.rules.items()
            if name in row.values
            and name in crm
            and not same_value(row.values[name], crm[name], rule.type)
        }
        if not differing:
            return {}
        kinds = {self.rules[name].salesforce: name for name in differing.values()}
        flips: dict[str, int] = {}
        for stored in tx.actions_of(row.state.lead_id):
            if not is_flip(stored, now):
                continue
            for written in stored.action.fields:
                name = differing.get(written) or kinds.get(written)
                if name is not None:
                    flips[name] = flips.get(name, 0) + 1
        return flips

    def _conclude(
        self,
        result: Agreed,
        row: LeadRow,
        merged: Merge,
        seen: dict[str, Json],
        cause: str,
        now: datetime,
        side: Side | None = None,
    ) -> None:
        lead_id = row.state.lead_id
        kind = row.state.salesforce_kind or "Lead"
        for target in (merged.to_crm, merged.to_marketing):
            for name in [n for n, v in target.items() if v is False and self._is_strict(n)]:
                del target[name]  # nothing said and no are alike: only the stricter word travels
        result.looked_at.append(lead_id)
        news = {
            name: value
            for name, value in merged.settled.items()
            if name in self.rules
            and not (
                name in row.state.agreed
                and same_value(value, row.state.agreed[name], self.rules[name].type)
            )
        }
        if news:
            result.settled[lead_id] = news
        names = {n: self._name(self.rules[n], kind) for n in self.rules}
        over = {names[n] for n in merged.settled if n in names}
        left = {k: v for k, v in seen.items() if k not in over}
        memory: dict[str, Json] = {SEEN: left}
        if side is not None:
            shown = {n: f for n, f in names.items() if f in left}
            memory[SEEN_AT] = {f: side.times[n].isoformat() for n, f in shown.items()}
            memory[SEEN_BY] = {f: side.authors.get(n, "") for n, f in shown.items()}
        result.memory[lead_id] = memory
        self._write_crm(result, row, merged, left, cause)
        self._write_marketing(result, row, merged, cause)
        version = self.ruleset.version
        told = [
            (conflict_event(row, one, cause=cause, now=now, ruleset=version), one)
            for one in merged.conflicts
        ]
        result.events += [event for event, _ in told]
        if told:
            memory[CONTESTED] = with_values(row, told)
        result.actions += [self._park(row, problem, cause) for problem in merged.problems]

    def _write_crm(
        self,
        result: Agreed,
        row: LeadRow,
        merged: Merge,
        seen: Mapping[str, Json],
        cause: str,
    ) -> None:
        if not merged.to_crm:
            return
        kind = row.state.salesforce_kind or "Lead"
        fields, problems = self.mapper.to_salesforce(merged.to_crm, kind)
        result.actions += [self._park(row, problem, cause) for problem in problems]
        held = {n: row.state.agreed[n] for n in merged.to_crm if n in row.state.agreed}
        before, _ = self.mapper.to_salesforce(held, kind)
        before = {**before, **{k: v for k, v in seen.items() if k in fields}}
        fields = {
            name: value
            for name, value in fields.items()
            if name not in before or not same(value, _text(before[name]))
        }
        if fields:
            action = self._action(row, Destination.SALESFORCE, merged.to_crm, merged, cause)
            before = {name: value for name, value in before.items() if name in fields}
            result.actions.append(
                replace(
                    action,
                    record_kind=kind,
                    record_id=row.state.salesforce_id,
                    fields=fields,
                    before=before,
                )
            )

    def _write_marketing(self, result: Agreed, row: LeadRow, merged: Merge, cause: str) -> None:
        if not merged.to_marketing:
            return
        fields, problems = self.mapper.to_hubspot(merged.to_marketing)
        result.actions += [self._park(row, problem, cause) for problem in problems]
        held = {n: row.values[n] for n in merged.to_marketing if n in row.values}
        before, _ = self.mapper.to_hubspot(held)
        if fields:
            action = self._action(row, Destination.HUBSPOT, merged.to_marketing, merged, cause)
            result.actions.append(
                replace(
                    action,
                    record_kind="contact",
                    record_id=row.hubspot_id,
                    fields=fields,
                    before={name: value for name, value in before.items() if name in fields},
                )
            )

    def _action(
        self,
        row: LeadRow,
        destination: Destination,
        values: Values,
        merged: Merge,
        cause: str,
    ) -> Action:
        names = sorted(values)
        strict = [n for n in names if self._is_strict(n)]
        reasons = sorted({merged.because[n] for n in names})
        lead_id = row.state.lead_id
        return Action(
            key=action_key(destination, ActionKind.UPDATE, lead_id, cause),
            lead_id=lead_id,
            kind=ActionKind.UPDATE,
            destination=destination,
            because=f"{', '.join(reasons)}: {', '.join(names)}",
            place=self.rules[names[0]].place if names else NOWHERE,
            ruleset=self.ruleset.version,
            cycle=row.state.cycle,
            express=bool(strict),
        )

    def _park(self, row: LeadRow, problem: Problem, cause: str) -> Action:
        lead_id = row.state.lead_id
        where = problem.where if problem.where is not NOWHERE else Place(file="fields.yaml")
        return Action(
            key=action_key(
                Destination.NOWHERE,
                ActionKind.PARK,
                lead_id,
                f"{problem.code} {problem.what} {cause} {self.ruleset.version}",
            ),
            lead_id=lead_id,
            kind=ActionKind.PARK,
            destination=Destination.NOWHERE,
            because=problem.code,
            record_kind=FIELDS,
            record_id=row.hubspot_id,
            place=where,
            ruleset=self.ruleset.version,
            cycle=row.state.cycle,
            problem=problem,
        )


def is_flip(stored: StoredAction, now: datetime) -> bool:
    """Whether a change that we carried out counts against `max_flips`: within the last day."""
    action = stored.action
    return (
        action.kind is ActionKind.UPDATE
        and stored.state is ActionState.DONE
        and stored.done_at is not None
        and stored.done_at > now - DAY
    )


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
