"""The object types of the CRM that are simulated, with their names, ids and dates."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One object type. `required` lists the sets of properties of which one must be given."""

    plural: str
    singular: str
    type_id: str
    created: str
    modified: str
    defaults: tuple[str, ...]
    group: str
    scope: str
    required: tuple[tuple[str, ...], ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def upper(self) -> str:
        """The name in messages: CONTACT, COMPANY and so on."""
        return self.singular.upper()


def _engagement(
    plural: str, singular: str, type_id: str, required: tuple[tuple[str, ...], ...], *more: str
) -> Kind:
    return Kind(
        plural=plural,
        singular=singular,
        type_id=type_id,
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        defaults=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        group=singular,
        scope="contacts",
        required=required,
        searched=more,
    )


_TIMED = (("hs_timestamp",),)

CONTACTS = Kind(
    plural="contacts",
    singular="contact",
    type_id="0-1",
    created="createdate",
    modified="lastmodifieddate",
    defaults=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    group="contactinformation",
    scope="contacts",
    searched=(
        "firstname",
        "lastname",
        "email",
        "phone",
        "hs_additional_emails",
        "fax",
        "mobilephone",
        "company",
        "hs_marketable_until_renewal",
    ),
)
COMPANIES = Kind(
    plural="companies",
    singular="company",
    type_id="0-2",
    created="createdate",
    modified="hs_lastmodifieddate",
    defaults=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    group="companyinformation",
    scope="companies",
    required=(("name", "domain"),),
    searched=("website", "phone", "name", "domain"),
)
DEALS = Kind(
    plural="deals",
    singular="deal",
    type_id="0-3",
    created="createdate",
    modified="hs_lastmodifieddate",
    defaults=(
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    group="dealinformation",
    scope="deals",
    required=(("dealname",), ("dealstage",)),
    searched=("dealname", "pipeline", "dealstage", "description", "dealtype"),
)
LEADS = Kind(
    plural="leads",
    singular="lead",
    type_id="0-136",
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    defaults=("createdate", "hs_lastmodifieddate", "hs_object_id"),
    group="lead_information",
    scope="leads",
    required=(("hs_lead_name",),),
    searched=("hs_lead_name",),
)
TICKETS = Kind(
    plural="tickets",
    singular="ticket",
    type_id="0-5",
    created="createdate",
    modified="hs_lastmodifieddate",
    defaults=(
        "content",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
    group="ticketinformation",
    scope="tickets",
    required=(("subject",), ("hs_pipeline_stage",)),
    searched=("subject", "content"),
)
NOTES = _engagement("notes", "note", "0-46", _TIMED, "hs_note_body")
MEETINGS = _engagement("meetings", "meeting", "0-47", _TIMED, "hs_meeting_title")
CALLS = _engagement("calls", "call", "0-48", _TIMED, "hs_call_title", "hs_body_preview")
EMAILS = _engagement(
    "emails", "email", "0-49", (*_TIMED, ("hs_email_direction",)), "hs_email_subject"
)
TASKS = _engagement("tasks", "task", "0-27", _TIMED, "hs_body_preview", "hs_task_subject")

ENGAGEMENTS: tuple[Kind, ...] = (NOTES, MEETINGS, CALLS, EMAILS, TASKS)

KINDS: tuple[Kind, ...] = (
    CONTACTS,
    COMPANIES,
    DEALS,
    LEADS,
    NOTES,
    MEETINGS,
    CALLS,
    EMAILS,
    TASKS,
    TICKETS,
)

_BY_NAME = {
    spelling: kind for kind in KINDS for spelling in (kind.plural, kind.singular, kind.type_id)
}


def find_kind(text: str) -> Kind | None:
    """The type behind `contacts`, `contact`, `CONTACT`, `Contact` or `0-1`; None if unknown."""
    return _BY_NAME.get(text) or _BY_NAME.get(text.lower())
