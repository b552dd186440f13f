"""What is read back from the CRM: kinds of records, the fields of each, and who reads them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from connector.core.records import SourceRecord
from connector.flows.agreeing import Agreeing
from connector.flows.believe import MOST_GONE
from connector.flows.status_facts import Facts, StatusFacts
from connector.ports import Transaction

LEAD_FIELDS = (
    "Status",
    "OwnerId",
    "IsConverted",
    "ConvertedContactId",
    "ConvertedAccountId",
    "ConvertedOpportunityId",
    "LastModifiedDate",
    "LastModifiedById",
)
CONTACT_FIELDS = ("OwnerId", "LastModifiedDate", "LastModifiedById")
HISTORY_FIELDS = ("Field", "OldValue", "NewValue", "CreatedById")
TASK_FIELDS = (
    "WhoId",
    "OwnerId",
    "Status",
    "IsClosed",
    "TaskSubtype",
    "CompletedDateTime",
    "Description",
    "CreatedById",
    "LastModifiedById",
    "LastModifiedDate",
)
EVENT_FIELDS = (
    "WhoId",
    "OwnerId",
    "StartDateTime",
    "EndDateTime",
    "Description",
    "LastModifiedDate",
)
ROLE_FIELDS = ("OpportunityId", "ContactId")
DEAL_FIELDS = (
    "StageName",
    "Amount",
    "CloseDate",
    "IsWon",
    "IsClosed",
    "OwnerId",
    "LastModifiedDate",
    "LastModifiedById",
)
DEAL_HISTORY = ("StageName", "Amount", "CloseDate", "CreatedById")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSettings:
    """`overlap` catches rows that are committed late with an earlier stamp."""

    external_id: str
    fields: tuple[str, ...]  #: Lead fields that are read back besides the agreed ones
    contact_fields: tuple[str, ...] = ()  #: agreed fields that a Contact has too
    overlap: timedelta = timedelta(minutes=15)
    lag: timedelta = timedelta(0)
    currency: str = ""
    most_gone: int = MOST_GONE  #: percent of our records that may be deleted at a time
    task_fields: tuple[str, ...] = ()  #: read too where the CRM has them: Type may be switched off


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that is read back, and what reads a page of it."""

    kind: str
    fields: tuple[str, ...]
    read: "Callable[[Transaction, Sequence[SourceRecord], History], Facts]"
    history: tuple[str, str, tuple[str, ...]] | None = None  #: (object, parent field, fields)


History = dict[str, tuple[SourceRecord, ...]]


def streams(
    reader: StatusFacts, settings: StatusSettings, agreeing: Agreeing | None
) -> Iterable[Stream]:
    agreed = agreeing.crm_fields("Lead") if agreeing else ()
    lead = tuple(dict.fromkeys((*LEAD_FIELDS, *settings.fields, *agreed)))
    yield Stream("Lead", lead, reader.leads, ("LeadHistory", "LeadId", HISTORY_FIELDS))
    if agreeing is not None:
        contact = tuple(dict.fromkeys((*CONTACT_FIELDS, *settings.contact_fields)))
        yield Stream("Contact", contact, reader.contacts)
    task = (*TASK_FIELDS, *settings.task_fields, settings.external_id)
    yield Stream("Task", task, reader.touches)
    yield Stream("Event", EVENT_FIELDS, reader.touches)
    yield Stream("OpportunityContactRole", ROLE_FIELDS, reader.roles)
    history = ("OpportunityHistory", "OpportunityId", DEAL_HISTORY)
    yield Stream("Opportunity", DEAL_FIELDS, reader.deals, history)
