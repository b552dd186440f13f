"""What marketing is told of each decision, written without a second look at the contact."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.core.compare import same
from connector.core.frozen import replace
from connector.core.plan import Action, ActionState, Destination, Json
from connector.core.recycling import LIFECYCLE
from connector.core.rules.ruleset import Ruleset
from connector.ports import LeadRow, StoredAction, Transaction

#: So long the contact that a decision was read from counts as looked at before writing.
LOOKED_AGO = timedelta(minutes=15)


def told_properties(ruleset: Ruleset) -> frozenset[str]:
    """Properties that only ever follow our decision: HubSpot itself lets no stage go back, and the
    others are ours alone. Nothing else may be written over what was read some minutes ago, nor
    what the CRM holds too."""
    goal, promise = ruleset.recycling.goal_property, ruleset.promises.customer_promise_property
    shared = {rule.hubspot for rule in ruleset.fields.rules.values() if rule.salesforce}
    return frozenset(name for name in (LIFECYCLE, goal, promise) if name) - shared


def properties_read(ruleset: Ruleset) -> tuple[str, ...]:
    """What is read of a contact to decide it: the agreed fields, and what it is told afterwards."""
    return tuple(sorted({*ruleset.fields.hubspot_properties(), *told_properties(ruleset)}))


def shown_then(stored: StoredAction, told: frozenset[str], now: datetime) -> dict[str, str | None]:
    """What the contact showed when it was read for this decision, moments ago; empty where it has
    to be looked at: long ago, tried before, other properties, or nothing differed then."""
    action = stored.action
    if stored.attempts > 1 or stored.planned_at <= now - LOOKED_AGO or action.record_id is None:
        return {}
    if not all(name in told and name in action.before for name in action.fields):
        return {}
    shown = {name: _text(value) for name, value in action.before.items()}
    differs = any(not same(value, shown[name]) for name, value in action.fields.items())
    return shown if differs else {}


def only_what_was_read_last(
    tx: Transaction, actions: Sequence[Action], known: Mapping[str, LeadRow], now: datetime
) -> list[Action]:
    """Takes from actions what their contact showed, where a write of ours was on its way to it
    when it was read, or had only just arrived."""
    old = {row.state.lead_id for row in known.values()}
    return [
        replace(a, before={})
        if a.destination is Destination.HUBSPOT
        and a.before
        and a.lead_id in old
        and any(_is_in_between(a, stored, now) for stored in tx.actions_of(a.lead_id))
        else a
        for a in actions
    ]


def _is_in_between(action: Action, other: StoredAction, now: datetime) -> bool:
    return (
        other.action.destination is Destination.HUBSPOT
        and not action.before.keys().isdisjoint(other.action.fields)
        and other.state is not ActionState.DISMISSED
        and (other.done_at is None or other.done_at > now - LOOKED_AGO)
    )


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
