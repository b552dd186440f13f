"""The canonical lead and its neighbours, frozen.

A value has four states: *absent* (the field is not in the mapping: not read, not mapped), *null*
(`None`: the other system has no value), *empty* (`""`: somebody cleared it), and a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from connector.core.frozen import swift

Value = str | int | Decimal | bool | date | datetime | tuple[str, ...] | None
Values = Mapping[str, Value]  #: canonical field name -> value; a missing key is *absent*
Raw = Mapping[str, str | None]  #: one system's property name -> text, as read


class System(StrEnum):
    """The two systems that are joined."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"


def is_blank(value: Value) -> bool:
    """Null and empty alike: there is nothing to work with."""
    return value is None or value == "" or value == ()


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One record as the other system gave it: text values, ids as text, moments in UTC."""

    system: System
    kind: str  #: contact, Lead, Contact, Opportunity, Task, Event …
    id: str
    values: Raw
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    merged_ids: tuple[str, ...] = ()  #: ids that were merged into this record


class Activity(NamedTuple):
    """Something a person did or that was done with them, in either system.

    A tuple and no dataclass: every lead that is read brings some.
    """

    kind: str  #: page_view, form, email_open, email_click, meeting, call, email, task, note …
    at: datetime
    title: str = ""
    direction: str = ""  #: in, out, or empty where it has none
    by: str = ""  #: id of the Salesforce user or HubSpot owner, where there is one
    source: System = System.HUBSPOT
    id: str = ""
    completed: bool = True


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadState:
    """What the ledger knows of one lead before a decision: all that history contributes."""

    lead_id: str
    stage: str
    cycle: int = 1
    cycle_started_at: datetime | None = None
    passed_at: datetime | None = None  #: this cycle's hand-off
    owner: str | None = None  #: person key of the roster, or `queue:<name>`
    refused_by: tuple[str, ...] = ()  #: person keys who gave this lead back
    cool_down_until: datetime | None = None
    disposition: str | None = None
    reason: str | None = None
    salesforce_id: str | None = None
    salesforce_kind: str | None = None  #: Lead, or Contact after conversion
    snapshot_hash: str | None = None
    agreed: Mapping[str, Value] = field(default_factory=dict)


def lead_id_of(hubspot_id: str) -> str:
    """The lead's own id, fixed at first sight, so that a page read again plans nothing twice."""
    return f"hs-{hubspot_id}"
