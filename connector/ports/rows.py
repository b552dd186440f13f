"""What the ledger keeps of a lead, as values: its row, decisions, links, actions and events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.events import Event
from connector.core.frozen import swift
from connector.core.plan import Action, ActionState, Json
from connector.core.problems import Problem
from connector.core.records import Activity, LeadState, Values
from connector.core.surroundings import Surroundings


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """One lead as the ledger keeps it: its state, its values and the last decision's figures."""

    state: LeadState
    hubspot_id: str
    values: Values
    captured_at: datetime
    updated_at: datetime
    ruleset: str
    score_fit: float = 0.0
    score_intent: float = 0.0
    score_completeness: float = 0.0
    score: float = 0.0
    temperature: str = ""
    goal: str = ""  #: what is missing to reach the next stage, in words
    source: str = ""
    campaign: str = ""
    segment: str = ""
    product: str = ""
    team: str = ""
    crm: Mapping[str, Json] = field(default_factory=dict)  #: last seen CRM side: status, owner …
    look_again_at: datetime | None = None  #: when time alone may change the decision


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The inputs and the outcome of one decision, for replay and backtest."""

    lead_id: str
    hash: str
    taken_at: datetime
    ruleset: str
    cycle: int
    values: Values
    activities: tuple[Activity, ...]
    outcome: Mapping[str, Json]
    state: LeadState | None = None  #: before the decision; None where it was not kept yet
    surroundings: Surroundings | None = None  #: of a decision on the owner
    said: Mapping[str, Json] | None = None  #: HubSpot's words, where the values are not the same
    step: str = ""  #: kind and cause of a later step; `unmapped`: its words could not be read
    run_id: str = ""


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """HubSpot id and Salesforce id of one lead; `until` closes an earlier pair."""

    lead_id: str
    hubspot_id: str
    salesforce_id: str
    salesforce_kind: str
    since: datetime
    until: datetime | None = None
    why: str = ""


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutcome:
    """How one started action ended."""

    key: str
    state: ActionState
    problem: Problem | None = None
    not_before: datetime | None = None
    record_id: str | None = None


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAction:
    """An action as the ledger has it."""

    action: Action
    state: ActionState
    attempts: int
    planned_at: datetime
    started_at: datetime | None = None
    done_at: datetime | None = None
    run_id: str = ""
    input_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as the ledger has it, in the order it was heard of."""

    number: int
    event: Event
    recorded_at: datetime
