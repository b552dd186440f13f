"""What the page's buttons do."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.faults import FaultShape
from connector.sandbox.page.panes import Entry, hubspot_detail, salesforce_detail
from connector.sandbox.people.agenda import move_clock
from connector.sandbox.world import World

Form = Mapping[str, str]
PREFIX = "field:"  #: before the names of a record's fields in a form


def edit_hubspot(world: World, form: Form) -> None:
    """Writes the fields of a HubSpot record that were changed."""
    detail = hubspot_detail(world, form["kind"], form["id"])
    changed = _changed((*detail.entries, *detail.blank), form)
    if changed:
        world.hubspot.update(form["kind"], form["id"], changed)


def edit_salesforce(world: World, form: Form) -> None:
    """Writes the fields of a Salesforce row that were changed."""
    kind = form["kind"]
    detail = salesforce_detail(world, kind, form["id"])
    fields = world.salesforce.org.objects[kind].fields
    changed = _changed((*detail.entries, *detail.blank), form)
    if changed:
        typed = {name: _typed(fields[name].type, text) for name, text in changed.items()}
        world.salesforce.update(kind, form["id"], typed)


def set_status(world: World, form: Form) -> None:
    """Sets a Lead's status, and the reason where one is given."""
    fields = {"Status": form["status"], "Disposition_Reason__c": form.get("reason") or None}
    world.salesforce.update("Lead", form["id"], fields)


def convert(world: World, form: Form) -> None:
    """Converts a Lead into contact, account and opportunity."""
    world.salesforce.convert(form["id"])


def set_stage(world: World, form: Form) -> None:
    """Moves an opportunity to a stage."""
    world.salesforce.update("Opportunity", form["id"], {"StageName": form["stage"]})


def delete(world: World, form: Form) -> None:
    """Deletes a record; both systems can bring it back."""
    if form["system"] == "hubspot":
        world.hubspot.archive(form["kind"], form["id"])
    else:
        world.salesforce.delete(form["kind"], form["id"])


def advance(world: World, form: Form) -> None:
    """Moves the clock on by some hours; whoever lives in the world lives on meanwhile."""
    move_clock(world, world.clock.now() + timedelta(hours=float(form["hours"])))


def set_clock(world: World, form: Form) -> None:
    """Sets the clock (UTC)."""
    given = datetime.fromisoformat(form["now"])
    move_clock(world, given.replace(tzinfo=world.clock.now().tzinfo))


def add_fault(world: World, form: Form) -> None:
    """Puts a fault in force; fields left blank keep their defaults."""
    given: dict[str, Any] = {name: text for name, text in form.items() if text}
    given.pop("deed")
    if "nth" in given:
        given["nth"] = [int(part) for part in given["nth"].replace(",", " ").split()]
    world.faults.add(FaultShape.model_validate(given).fault())


def remove_fault(world: World, form: Form) -> None:
    """Ends one fault."""
    world.faults.remove(int(form["number"]))


def clear_faults(world: World, form: Form) -> None:
    """Ends all faults."""
    world.faults.clear()


def clear_calls(world: World, form: Form) -> None:
    """Forgets the call log."""
    world.clear_calls()


DEEDS: Mapping[str, Callable[[World, Form], None]] = {
    "edit_hubspot": edit_hubspot,
    "edit_salesforce": edit_salesforce,
    "set_status": set_status,
    "convert": convert,
    "set_stage": set_stage,
    "delete": delete,
    "advance": advance,
    "set_clock": set_clock,
    "add_fault": add_fault,
    "remove_fault": remove_fault,
    "clear_faults": clear_faults,
    "clear_calls": clear_calls,
}


def _changed(entries: tuple[Entry, ...], form: Form) -> dict[str, str]:
    """The editable fields whose text in the form is another one (line ends count as one)."""
    changed = {}
    for entry in entries:
        given = form.get(f"{PREFIX}{entry.name}")
        if given is None or not entry.editable:
            continue
        if given.replace("\r\n", "\n") != entry.value.replace("\r\n", "\n"):
            changed[entry.name] = given
    return changed


def _typed(kind: str, text: str) -> Any:
    """A form's text as the JSON value of a Salesforce field."""
    if text == "":
        return None
    if kind == "boolean":
        return text == "true"
    if kind == "int":
        return int(text)
    if kind in ("double", "currency", "percent"):
        return float(text)
    return text
