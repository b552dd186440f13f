"""The rolling follow-up of a lead with sales: a task for each planned touch, one after another."""

from collections.abc import Sequence

from connector.core.events import Event, EventKind
from connector.core.owners import QUEUE
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.promises import ClauseState, Promises
from connector.core.rules.ruleset import Ruleset
from connector.core.touch_task import touch_task
from connector.flows.deliver_beside import LEAD_ID
from connector.flows.hand import zone_of
from connector.flows.lead_state import is_at_rest
from connector.flows.office import Office
from connector.ports import LeadRow


def next_task(
    row: LeadRow,
    events: Sequence[Event],
    states: Sequence[ClauseState],
    office: Office,
    ruleset: Ruleset,
    promises: Promises,
) -> Action | None:
    """The owner's task for the touch that is next by the first promise that counts touches.

    The task that is still open becomes it, else one is made. The same touch of the same hand is
    the same action, so that it is planned once, however often the lead is looked at. None for a
    lead that nobody in sales has, or whose promise is kept or over.
    """
    owner_id = _owner_id(row, events, office)
    cycle = row.state.cycle
    counting = (s for s in states if s.running and s.clause.touches and s.cycle == cycle)
    state = next(counting, None)
    if owner_id is None or state is None:
        return None
    owner = row.state.owner or ""
    made = touch_task(
        state,
        next((event.kind for event in events if event.key == state.start_key), ""),
        promises,
        row.values,
        zone=zone_of(owner, ruleset),
        language=ruleset.people.persons[owner].language,
        high=row.temperature == "hot",
    )
    if made is None:
        return None
    clause, lead_id = state.clause, row.state.lead_id
    change = f"touch {cycle} {made.number} {clause.name} {state.start_key}"
    return Action(
        key=action_key(Destination.SALESFORCE, f"{ActionKind.UPDATE} Task", lead_id, change),
        lead_id=lead_id,
        kind=ActionKind.UPDATE,
        destination=Destination.SALESFORCE,
        because="the next planned touch",
        record_kind="Task",
        fields={**made.task.fields(), "WhoId": LEAD_ID, "OwnerId": owner_id},
        rule=clause.name,
        place=clause.place,
        ruleset=ruleset.version,
        cycle=cycle,
    )


def _owner_id(row: LeadRow, events: Sequence[Event], office: Office) -> str | None:
    """The CRM user who works the lead; None where nobody does, or nobody is to any more."""
    state = row.state
    with_sales = state.passed_at is not None and state.disposition is None
    if not with_sales or state.salesforce_id is None or is_at_rest(row):
        return None
    if any(e.kind is EventKind.CONVERTED and e.cycle == state.cycle for e in events):
        return None
    owner = state.owner or ""
    return None if owner.startswith(QUEUE) else office.directory.ids.get(owner)
