"""What is to be done, as a list of values: each action has a reason, a rule and a key.

The dry run, the plan file and the delivery read the same list, so that a rehearsal cannot lie.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.core.frozen import swift
from connector.core.problems import NOWHERE, Place, Problem

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class ActionKind(StrEnum):
    """What an action does."""

    CREATE = "create"  #: a record that is not there yet (by external id, so that twice is once)
    UPDATE = "update"  #: differences only
    ATTACH = "attach"  #: takes an existing record as the lead's own and completes it
    ENROL = "enrol"  #: puts a contact on a list (or takes it off: `fields["member"]` is False)
    NOTIFY = "notify"  #: tells a person
    SKIP = "skip"  #: nothing, and why
    PARK = "park"  #: waits for a person, with a problem


#: The kinds after which a person's record carries the lead's id, and the objects that are people.
MAKES = (ActionKind.CREATE, ActionKind.ATTACH)
PEOPLE = ("Lead", "Contact")


class Destination(StrEnum):
    """Where an action goes."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    NOTIFY = "notify"
    NOWHERE = "nowhere"


class ActionState(StrEnum):
    """Where an action stands; `TRANSITIONS` says what may follow what."""

    PLANNED = "planned"  #: Decided, on disk, not yet sent.
    STARTED = "started"  #: On disk before the call left; without an answer it is *unknown*.
    DONE = "done"  #: The other side confirmed, or the look showed that it is so.
    WAITING = "waiting"  #: The other side was busy; tried again after `not_before`.
    PARKED = "parked"  #: Waits for a person, with a problem.
    DISMISSED = "dismissed"  #: A person, or a newer decision, made it pointless.


TRANSITIONS: Mapping[ActionState, frozenset[ActionState]] = {
    ActionState.PLANNED: frozenset(
        {ActionState.STARTED, ActionState.PARKED, ActionState.DISMISSED, ActionState.DONE}
    ),
    ActionState.STARTED: frozenset(
        {
            ActionState.DONE,
            ActionState.WAITING,
            ActionState.PARKED,
            ActionState.PLANNED,
            ActionState.DISMISSED,
        }
    ),
    ActionState.WAITING: frozenset(
        {ActionState.STARTED, ActionState.PARKED, ActionState.DISMISSED, ActionState.DONE}
    ),
    ActionState.PARKED: frozenset({ActionState.PLANNED, ActionState.DISMISSED}),
    ActionState.DONE: frozenset(),
    ActionState.DISMISSED: frozenset({ActionState.PLANNED}),
}


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a plan for one lead.

    `fields` holds what is written, by the target system's own names; `before` what stood there
    when the plan was made (an absent name: not known). `record` is the target's id where known.
    """

    key: str
    lead_id: str
    kind: ActionKind
    destination: Destination
    because: str
    record_kind: str = ""  #: contact, Lead, Contact, Task, CampaignMember, list, e-mail …
    record_id: str | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    before: Mapping[str, Json] = field(default_factory=dict)
    rule: str = ""
    place: Place = NOWHERE
    ruleset: str = ""
    cycle: int = 1
    express: bool = False  #: sales-qualified leads and opt-outs go first
    after_key: str | None = None  #: must be done before this one starts
    problem: Problem | None = None
    not_before: datetime | None = None


def action_key(destination: Destination, kind: str, lead_id: str, change: str) -> str:
    """One change to one lead is one action, however often it is planned.

    `change` names the cause (a snapshot hash, an event key), never the values that are written:
    a field that goes A, B, A is three actions.
    """
    text = "\n".join((destination, kind, lead_id, change))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
