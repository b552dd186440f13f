"""What a contact's own properties tell of its activities, kept from the pull to the hand-off."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.core.plan import Json
from connector.core.records import SourceRecord, System
from connector.flows.lead_state import fields_in, with_crm
from connector.ports import LeadRow

TRACES = "traces"  #: memory: HubSpot property -> value, and when they were read
READ_AT = "read_at"
#: So long they are told as they were read; after that they are read again.
FRESH = timedelta(minutes=15)


def keeping(
    rows: Sequence[LeadRow],
    records: Mapping[str, SourceRecord],
    properties: Sequence[str],
    stages: frozenset[str],
    now: datetime,
) -> list[LeadRow]:
    """The rows, each of which is about to be handed over with the traces of its contact."""
    return [
        with_crm(row, **{TRACES: _traces(records[row.hubspot_id], properties, now)})
        if row.state.stage in stages and row.state.passed_at is None and row.hubspot_id in records
        else forgetting(row)
        for row in rows
    ]


def _traces(record: SourceRecord, properties: Sequence[str], now: datetime) -> dict[str, Json]:
    found: dict[str, Json] = {n: v for n in properties if (v := record.values.get(n))}
    return found | {READ_AT: now.isoformat()}


def forgetting(row: LeadRow) -> LeadRow:
    """Without traces: the lead was handed over, or is not going to be."""
    return with_crm(row, **{TRACES: None}) if TRACES in row.crm else row


def remembered(
    rows: Sequence[LeadRow], properties: Sequence[str], now: datetime
) -> dict[str, SourceRecord]:
    """By id the contacts whose traces were read a moment ago, as they were read."""
    found: dict[str, SourceRecord] = {}
    for row in rows:
        kept = fields_in(row, TRACES)
        at = kept.get(READ_AT)
        if not isinstance(at, str) or datetime.fromisoformat(at) <= now - FRESH:
            continue
        told = {name: str(value) for name in properties if (value := kept.get(name)) is not None}
        found[row.hubspot_id] = SourceRecord(
            system=System.HUBSPOT,
            kind="contact",
            id=row.hubspot_id,
            values={**dict.fromkeys(properties), **told},
            created_at=row.captured_at,
            updated_at=row.updated_at,
        )
    return found
