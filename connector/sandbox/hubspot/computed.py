"""Properties that HubSpot works out itself; they are not stored but computed when read."""

import re
from collections.abc import Callable

from connector.sandbox.hubspot.kinds import CONTACTS, Kind
from connector.sandbox.hubspot.records import Computed, Record

LIFECYCLE_PIPELINE = "contacts-lifecycle-pipeline"


def _always(text: str) -> Computed:
    return lambda _record: text


def _email_domain(record: Record) -> str | None:
    address = record.values.get("email")
    return address.rpartition("@")[2] if address else None


def _full_name_or_email(record: Record) -> str | None:
    get = record.values.get
    name = " ".join(part for part in (get("firstname"), get("lastname")) if part)
    return name or get("email")


def _unworked(record: Record) -> str:
    return "false" if record.values.get("notes_last_contacted") else "true"


def _digits(name: str) -> Callable[[Record], str | None]:
    def read(record: Record) -> str | None:
        written = record.values.get(name)
        return re.sub(r"\D", "", written)[-10:] or None if written else None

    return read


def _international(record: Record) -> str | None:
    written = record.values.get("phone")
    if not written:
        return None
    digits = re.sub(r"\D", "", written)
    return f"+{digits}" if digits else None


def _source(record: Record) -> str | None:
    return record.source.type


def _source_id(record: Record) -> str | None:
    return record.source.id or None


def _modified(record: Record) -> str | None:
    return record.values.get("lastmodifieddate")


#: What the answer to a contact's creation shows besides the stored values.
SHOWN_AT_CREATION = (
    "hs_all_contact_vids",
    "hs_associated_target_accounts",
    "hs_calculated_phone_number",
    "hs_currently_enrolled_in_prospecting_agent",
    "hs_email_domain",
    "hs_full_name_or_email",
    "hs_is_contact",
    "hs_is_unworked",
    "hs_marketable_status",
    "hs_membership_has_accessed_private_content",
    "hs_object_source",
    "hs_object_source_id",
    "hs_object_source_label",
    "hs_pipeline",
    "hs_prospecting_agent_actively_enrolled_count",
    "hs_prospecting_agent_total_enrolled_count",
    "hs_registered_member",
    "hs_searchable_calculated_phone_number",
    "hs_sequences_actively_enrolled_count",
    "num_notes",
)

#: What the answer to a contact's update shows besides the written values.
SHOWN_AT_UPDATE = (
    "createdate",
    "hs_is_unworked",
    "hs_object_id",
    "hs_object_source",
    "hs_object_source_id",
    "hs_object_source_label",
    "hs_pipeline",
    "lastmodifieddate",
    "lifecyclestage",
)

_EVERY: dict[str, Computed] = {
    "hs_object_source": _source,
    "hs_object_source_id": _source_id,
    "hs_object_source_label": _source,
}
_CONTACTS: dict[str, Computed] = {
    **_EVERY,
    "hs_all_contact_vids": lambda record: record.key,
    "hs_associated_target_accounts": _always("0"),
    "hs_calculated_phone_number": _international,
    "hs_currently_enrolled_in_prospecting_agent": _always("false"),
    "hs_email_domain": _email_domain,
    "hs_full_name_or_email": _full_name_or_email,
    "hs_is_contact": _always("true"),
    "hs_is_unworked": _unworked,
    "hs_lastmodifieddate": _modified,
    "hs_marketable_status": _always("false"),
    "hs_membership_has_accessed_private_content": _always("0"),
    "hs_pipeline": _always(LIFECYCLE_PIPELINE),
    "hs_prospecting_agent_actively_enrolled_count": _always("0"),
    "hs_prospecting_agent_total_enrolled_count": _always("0"),
    "hs_registered_member": _always("0"),
    "hs_searchable_calculated_phone_number": _digits("phone"),
    "hs_searchable_calculated_mobile_number": _digits("mobilephone"),
    "hs_sequences_actively_enrolled_count": _always("0"),
    "num_notes": lambda record: record.values.get("num_notes") or "0",  # kept by linking.py
}


def computed_for(kind: Kind) -> dict[str, Computed]:
    """The computed properties of an object type, by name."""
    return _CONTACTS if kind is CONTACTS else _EVERY
