"""What the sandbox's marketing team has set up in HubSpot: its own properties and lists."""

from typing import Any

from connector.sandbox.hubspot.kinds import CONTACTS
from connector.sandbox.world import World

PRODUCTS = ("Northlight Flow", "Northlight Insight", "Northlight Connect")
TIMEFRAMES = ("Now", "This quarter", "This year", "Next year", "Just exploring")
INTERESTS = ("Demo", "Pricing", "Trial", "Webinar", "Content", "Newsletter")
SEGMENTS = ("Enterprise", "Mid-market", "Small business", "Partner")
MARKETS = ("DACH", "France", "Benelux", "UK & Ireland", "Worldwide")
COLLEAGUES = ("lena.vogt@northlight.example", "camille.girard@northlight.example")  #: at fairs
LISTS = (
    "Nurture: keep warm",
    "Nurture: business case",
    "Nurture: reach the decider",
    "Nurture: wake up",
    "Nurture: correct data",
    "Nurture: deal support",
)


def _choice(
    name: str, label: str, values: tuple[str, ...], field: str = "select"
) -> dict[str, Any]:
    options = [
        {"label": value, "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values)
    ]
    return _plain(name, label, "enumeration", field) | {"options": options}


def _plain(name: str, label: str, kind: str = "string", field: str = "text") -> dict[str, Any]:
    return {"name": name, "label": label, "type": kind, "fieldType": field}


def _yes_no(name: str, label: str) -> dict[str, Any]:
    options = [
        {"label": label, "value": value, "displayOrder": place, "hidden": False}
        for place, (label, value) in enumerate((("Yes", "true"), ("No", "false")))
    ]
    return _plain(name, label, "bool", "booleancheckbox") | {"options": options}


CONTACT_PROPERTIES: tuple[dict[str, Any], ...] = (
    _plain("numberofemployees", "Number of employees (exact)", "number", "number"),
    _plain("lr_departments", "Departments", "number", "number"),
    _choice("lr_markets", "Markets served", MARKETS, "checkbox"),
    _choice("lr_lead_interest", "Asked for", INTERESTS),
    _choice("lr_product", "Product", PRODUCTS),
    _plain("lr_budget", "Budget (EUR a year)", "number", "number"),
    _choice("lr_timeframe", "Timeframe", TIMEFRAMES),
    _plain("lr_start_on", "Wants to start on", "date", "date"),
    _choice("lr_segment", "Segment", SEGMENTS),
    _plain("lr_captured_by", "Captured by"),
    _yes_no("lr_do_not_call", "Do not call"),
    _plain("lr_sales_note", "Note of sales", "string", "textarea"),
    _plain("lr_recycle_reason", "Reason of the return"),
    _plain("lr_nurture_goal", "Goal of the nurture", "string", "textarea"),
    _plain("lr_outcome_stage", "Outcome: stage"),
    _plain("lr_outcome", "Outcome"),
    _plain("lr_outcome_owner", "Outcome: owner"),
    _plain("lr_outcome_amount", "Outcome: amount", "number", "number"),
    _plain("lr_cycle", "Cycle", "number", "number"),
    _plain("lr_recycle_programme", "Nurture programme"),
    _plain("lr_score", "Score", "number", "number"),
    _plain("lr_temperature", "Temperature"),
    _plain("lr_customer_promise", "What we promised", "string", "textarea"),
)


def set_up_hubspot(world: World) -> None:
    """Makes the properties and the static lists that the account does not have yet."""
    known = world.contact_properties()
    for definition in CONTACT_PROPERTIES:
        if definition["name"] not in known:
            world.hubspot.define_property("contacts", definition)
    for name in LISTS:
        if world.hubspot.portal.lists.named(CONTACTS.type_id, name) is None:
            world.hubspot.add_list(name)
