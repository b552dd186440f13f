"""Keeps the hot list in the CRM as it stands now: rank, score and temperature of each open lead."""

from collections.abc import Mapping
from datetime import datetime

from connector.core.handoff import HotLead, ranked
from connector.core.mapping import Mapper
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.records import Values
from connector.core.rules.ruleset import Ruleset
from connector.flows.passing import heats
from connector.ports import Clock, Cursor, LeadRow, Ledger, Transaction

STREAM = "hot "  #: and an owner: a cursor whose `after` is the list as it was last written
MOST = 25  #: places that are given; what comes later is nobody's next call, and has none
Shown = tuple[int | None, int, str]  #: rank, score, temperature


def refresh_hot_list(ledger: Ledger, ruleset: Ruleset, *, clock: Clock, run_id: str) -> int:
    """Plans what changed in each owner's list since it was last written; returns how many leads.

    A list changes when a lead joins or leaves it, and when a score does; the rest costs nothing.
    """
    with ledger.transaction() as tx:
        actions: list[Action] = []
        for owner, leads in sorted(_lists(tx, ruleset).items()):
            actions += _changes(tx, owner, leads, ruleset, clock.now())
        tx.plan(actions, now=clock.now(), run_id=run_id)
    return len(actions)


def _lists(tx: Transaction, ruleset: Ruleset) -> dict[str, dict[str, Shown]]:
    """Owner -> lead -> what the CRM is to show of it."""
    heat = heats(ruleset)
    hot: dict[str, dict[str, HotLead]] = {}
    temperatures: dict[str, str] = {}
    for lead_id, owner, temperature, score, passed_at in tx.open_heat():
        place = heat.get(temperature, len(heat))
        temperatures[lead_id] = temperature
        lead = HotLead(lead_id=lead_id, heat=place, score=score, passed_at=passed_at)
        hot.setdefault(owner, {})[lead_id] = lead
    return {
        owner: {
            lead_id: (
                rank if rank <= MOST else None,
                round(leads[lead_id].score),
                temperatures[lead_id],
            )
            for lead_id, rank in ranked(leads.values()).items()
        }
        for owner, leads in hot.items()
    }


def _changes(
    tx: Transaction, owner: str, leads: Mapping[str, Shown], ruleset: Ruleset, now: datetime
) -> list[Action]:
    cursor = tx.cursor(STREAM + owner)
    before = dict(_read(line) for line in (cursor.after or "").splitlines())
    changed = [lead_id for lead_id, shown in leads.items() if before.get(lead_id) != shown]
    if not changed and before.keys() <= leads.keys():
        return []
    rows = tx.leads(changed)
    there = {id_: row for id_, row in rows.items() if row.state.salesforce_id}
    written = {id_: leads[id_] for id_ in leads if id_ not in changed or id_ in there}
    lines = "\n".join(_line(lead_id, shown) for lead_id, shown in written.items())
    tx.move_cursor(Cursor(stream=STREAM + owner, after=lines))
    mapper = Mapper(ruleset.fields)
    return [_update(row, leads[id_], owner, mapper, ruleset, now) for id_, row in there.items()]


def _line(lead_id: str, shown: Shown) -> str:
    rank, score, temperature = shown
    return f"{lead_id}\t{rank or ''}\t{score}\t{temperature}"


def _read(line: str) -> tuple[str, Shown]:
    lead_id, rank, score, temperature = line.split("\t")
    return lead_id, (int(rank) if rank else None, int(score), temperature)


def _update(
    row: LeadRow, shown: Shown, owner: str, mapper: Mapper, ruleset: Ruleset, now: datetime
) -> Action:
    rank, score, temperature = shown
    kind = row.state.salesforce_kind or "Lead"
    values: Values = {"lead_rank": rank, "lead_score": score, "lead_temperature": temperature}
    fields, problems = mapper.to_salesforce(values, kind)
    lead_id = row.state.lead_id
    return Action(
        key=action_key(
            Destination.SALESFORCE, f"hot list {kind}", lead_id, f"{shown} {now.isoformat()}"
        ),
        lead_id=lead_id,
        kind=ActionKind.UPDATE,
        destination=Destination.SALESFORCE,
        because=f"its place in the hot list of {owner}",
        record_kind=kind,
        record_id=row.state.salesforce_id,
        fields=fields,
        ruleset=ruleset.version,
        cycle=row.state.cycle,
        problem=problems[0] if problems else None,
    )
