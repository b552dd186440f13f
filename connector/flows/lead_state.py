"""What the ledger remembers of a lead's two records besides their values, kept in `LeadRow.crm`."""

from collections.abc import Mapping
from datetime import datetime

from connector.core.compare import same
from connector.core.frozen import replace
from connector.core.plan import Json
from connector.core.records import Values
from connector.ports import LeadRow

SEEN = "seen"  #: CRM field -> raw value, where the CRM was seen to differ from what is agreed
SEEN_AT = "seen_at"  #: CRM field -> moment of its last change there, as far as the CRM tells
SEEN_BY = "seen_by"  #: CRM field -> who changed it
SENT_AT = "sent_at"  #: when we last began to write to the CRM
SENT_OVER = "sent_over"  #: CRM field -> what stood there before that
TOLD_AT = "told_at"  #: when we last began to write to marketing
TOLD_OVER = "told_over"  #: HubSpot property -> what stood there before that
GONE = "gone"  #: when the CRM record was deleted
ARCHIVED = "archived"  #: when the contact was deleted in marketing
MERGED_INTO = "merged_into"  #: the lead that goes on for this person
MERGED_FROM = "merged_from"  #: the leads for which this one goes on
RESTS = (GONE, ARCHIVED, MERGED_INTO)  #: whichever is remembered, nothing more is written


def is_at_rest(row: LeadRow) -> bool:
    """Whether nothing more is written for this lead: deleted on a side, or merged into another."""
    return any(row.crm.get(name) for name in RESTS)


def with_crm(row: LeadRow, **changes: Json) -> LeadRow:
    """The row with some of its memory changed; None and empty values are forgotten."""
    return replace(row, crm=remembering(row.crm, changes))


def remembering(crm: Mapping[str, Json], changes: Mapping[str, Json]) -> dict[str, Json]:
    """A memory with some of it changed; None and empty values are forgotten."""
    return {name: value for name, value in {**crm, **changes}.items() if value}


def fields_in(row: LeadRow, name: str) -> dict[str, Json]:
    """A remembered set of fields."""
    found = row.crm.get(name)
    return dict(found) if isinstance(found, dict) else {}


def is_stale(
    row: LeadRow, updated_at: datetime, shown: Mapping[str, str | None], *, sent: bool
) -> bool:
    """Whether a record was read before our own last write and shows what that wrote over.

    The write itself brings the record here again. `sent`: to the CRM, else to marketing.
    """
    at = moment_in(row, SENT_AT if sent else TOLD_AT)
    if at is None or updated_at >= at:
        return False
    over = fields_in(row, SENT_OVER if sent else TOLD_OVER)
    return any(name in shown and same(old, shown[name]) for name, old in over.items())


def moment_in(row: LeadRow, name: str) -> datetime | None:
    """A remembered moment, in UTC."""
    text = row.crm.get(name)
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def emails_in(values: Values) -> tuple[str, ...]:
    """Every address of the person, as it was given."""
    main = values.get("email")
    return ((main,) if isinstance(main, str) and main else ()) + other_emails(values)


def other_emails(values: Values) -> tuple[str, ...]:
    """Further addresses of the person, where the files name the field `other_emails`."""
    found = values.get("other_emails")
    parts = found.replace(",", ";").split(";") if isinstance(found, str) else found
    if not isinstance(parts, list | tuple):
        return ()
    return tuple(text for part in parts if (text := str(part).strip()) and "@" in text)
