"""Values that HubSpot stores by itself when others change: stage dates, owner dates, closings."""

from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import (
    COMPANIES,
    CONTACTS,
    DEALS,
    ENGAGEMENTS,
    LEADS,
    TASKS,
    TICKETS,
    Kind,
)
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record


def derive(portal: Portal, kind: Kind, record: Record, changed: set[str], now: int) -> None:
    """Sets what follows from the changed properties of a record."""
    values = record.values
    if "hubspot_owner_id" in changed:
        _owner(portal, values, now)
    if kind is CONTACTS:
        if "lifecyclestage" in changed and (stage := values.get("lifecyclestage")):
            entered = f"hs_lifecyclestage_{stage}_date"
            if entered not in changed:
                values[entered] = iso(now)
    elif kind is COMPANIES:
        if "domain" in changed and values.get("domain"):
            values.setdefault("website", values["domain"])
    elif kind is DEALS:
        _deal(portal, values, changed, now)
    elif kind in (LEADS, TICKETS):
        first = portal.pipelines.of(kind)[0]
        values.setdefault("hs_pipeline", first.id)
        values.setdefault("hs_pipeline_stage", first.stages[0].id)
    elif kind is TASKS and "hs_task_status" in changed:
        done = values.get("hs_task_status") == "COMPLETED"
        values["hs_task_completion_date"] = iso(now) if done else ""


def follow_associations(portal: Portal, contact: Record) -> None:
    """Sets what a contact's associations imply: its primary company, its sales activities."""
    values = contact.values
    company = portal.associations.primary(CONTACTS, contact.id, COMPANIES)
    if company is not None:
        values["associatedcompanyid"] = str(company)
    elif "associatedcompanyid" in values:
        values["associatedcompanyid"] = ""
    activities = portal.associations.partners(CONTACTS, contact.id, ENGAGEMENTS)
    if activities or "num_notes" in values:
        values["num_notes"] = str(len(activities))


def _owner(portal: Portal, values: dict[str, str], now: int) -> None:
    owner = portal.owners.find(values.get("hubspot_owner_id", ""))
    values["hubspot_owner_assigneddate"] = iso(now) if owner else ""
    values["hubspot_team_id"] = str(owner.teams[0]["id"]) if owner and owner.teams else ""


def _deal(portal: Portal, values: dict[str, str], changed: set[str], now: int) -> None:
    values.setdefault("pipeline", portal.pipelines.of(DEALS)[0].id)
    if "dealstage" in changed:
        pipeline = portal.pipelines.find(DEALS, values["pipeline"])
        stage = pipeline.stage(values.get("dealstage", "")) if pipeline else None
        meta = stage.metadata if stage else {}
        closed = meta.get("isClosed", "false")
        won = closed == "true" and float(meta.get("probability", "0")) == 1
        values["hs_is_closed"] = closed
        values["hs_is_closed_won"] = "true" if won else "false"
        values["hs_is_closed_lost"] = "true" if closed == "true" and not won else "false"
        values["hs_deal_stage_probability"] = meta.get("probability", "0")
        if closed == "true":
            values.setdefault("closedate", iso(now))
            entered = "closedwon" if won else "closedlost"
            values[f"hs_date_entered_{entered}"] = iso(now)
    if "amount" in changed or "dealstage" in changed:
        amount = values.get("amount", "")
        values["amount_in_home_currency"] = amount
        chance = values.get("hs_deal_stage_probability")
        if amount and chance:
            values["hs_projected_amount"] = f"{float(amount) * float(chance):.2f}"
