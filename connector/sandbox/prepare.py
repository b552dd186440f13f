"""Makes in both simulated systems what a set of mapping files needs: people, fields, lists."""

import orjson

from connector.core.rules.fields import FieldRule, FieldType, Unknown
from connector.core.rules.people import Person
from connector.core.rules.ruleset import Ruleset
from connector.sandbox.http import Call
from connector.sandbox.world import World

HUBSPOT_TYPES = {
    FieldType.NUMBER: ("number", "number"),
    FieldType.MONEY: ("number", "number"),
    FieldType.DATE: ("date", "date"),
    FieldType.MOMENT: ("datetime", "date"),
    FieldType.YES_NO: ("bool", "booleancheckbox"),
}
SALESFORCE_TYPES: dict[FieldType, dict[str, object]] = {
    FieldType.NUMBER: {"type": "double", "precision": 18, "scale": 2},
    FieldType.MONEY: {"type": "currency", "precision": 18, "scale": 2},
    FieldType.DATE: {"type": "date"},
    FieldType.MOMENT: {"type": "datetime"},
    FieldType.YES_NO: {"type": "boolean"},
}


def prepare(world: World, ruleset: Ruleset) -> None:
    """Gives both systems the roster, the custom fields and the lists; what is there stays."""
    with world.lock:
        for person in ruleset.people.persons.values():
            _person(world, person)
        for queue in ruleset.people.queues.values():
            _queue(world, queue.salesforce_queue)
        for rule in ruleset.fields.rules.values():
            _hubspot_property(world, rule)
            _salesforce_field(world, rule)
        for name in _outcome_properties(ruleset):
            _text_property(world, name)
        for programme in ruleset.recycling.programmes.values():
            if programme.hubspot_list:
                _list(world, programme.hubspot_list)


def _person(world: World, person: Person) -> None:
    first, _, last = person.name.partition(" ")
    users = {row["Email"] for row in world.salesforce.rows("User")}
    if person.salesforce_user and person.email not in users:
        world.salesforce.add_user(
            username=person.email, first_name=first, last_name=last, Email=person.email
        )
    owners = set(world.hubspot.portal.owners.emails())
    if person.hubspot_owner and person.email not in owners:
        world.hubspot.add_owner(email=person.email, first_name=first, last_name=last)


def _queue(world: World, name: str) -> None:
    groups = {row["Name"] for row in world.salesforce.rows("Group")}
    if name not in groups:
        world.salesforce.add_queue(name, ("Lead",))


def _hubspot_property(world: World, rule: FieldRule) -> None:
    if rule.hubspot is None or rule.hubspot in world.contact_properties():
        return
    type_, field_type = HUBSPOT_TYPES.get(rule.type, ("string", "text"))
    definition: dict[str, object] = {
        "name": rule.hubspot,
        "label": rule.labels.get("en", rule.name),
        "type": type_,
        "fieldType": field_type,
    }
    words = [row[0] for row in _rows(rule) if row[0]]
    if rule.type in (FieldType.CHOICE, FieldType.CHOICES) and words:
        multiple = rule.type is FieldType.CHOICES
        definition |= {
            "type": "enumeration",
            "fieldType": "checkbox" if multiple else "select",
            "options": [
                {"label": word, "value": word, "displayOrder": position}
                for position, word in enumerate(dict.fromkeys(words))
            ],
        }
    if type_ == "bool":
        definition["options"] = [
            {"label": "Yes", "value": "true", "displayOrder": 0},
            {"label": "No", "value": "false", "displayOrder": 1},
        ]
    world.hubspot.define_property("contacts", definition)


def _salesforce_field(world: World, rule: FieldRule) -> None:
    for sobject, name in (
        ("Lead", rule.salesforce),
        ("Contact", rule.salesforce_contact or rule.salesforce),
    ):
        known = world.salesforce.org.objects[sobject].fields
        if name is None or not name.endswith("__c") or name in known:
            continue
        description: dict[str, object] = {
            "name": name,
            "label": rule.labels.get("en", rule.name),
        }
        description.update(SALESFORCE_TYPES.get(rule.type, _text(rule)))
        words = [row[2] for row in _rows(rule) if row[2]]
        if rule.type in (FieldType.CHOICE, FieldType.CHOICES) and words:
            multiple = rule.type is FieldType.CHOICES
            description |= {
                "type": "multipicklist" if multiple else "picklist",
                "values": list(dict.fromkeys(words)),
            }
        world.salesforce.add_custom_field(sobject, description)


def _rows(rule: FieldRule) -> tuple[tuple[str, str, str], ...]:
    """The rows of a closed list of choices. A map that passes strange words on is free text."""
    closed = rule.values is not None and rule.values.unknown is not Unknown.KEEP
    return rule.values.rows if rule.values is not None and closed else ()


def _text(rule: FieldRule) -> dict[str, object]:
    if rule.max_length and rule.max_length > 255:
        return {"type": "longtext", "length": rule.max_length}
    return {"type": "string", "length": rule.max_length or 255}


def _outcome_properties(ruleset: Ruleset) -> list[str]:
    recycling, echo = ruleset.recycling, ruleset.echo
    names = [
        recycling.reason_property,
        recycling.goal_property,
        echo.stage,
        echo.disposition,
        echo.owner,
        echo.amount,
        *echo.extra.values(),
        ruleset.promises.customer_promise_property,
        *(programme.hubspot_property for programme in recycling.programmes.values()),
    ]
    return [name for name in names if name]


def _text_property(world: World, name: str) -> None:
    if name not in world.contact_properties():
        world.hubspot.define_property("contacts", {"name": name})


def _list(world: World, name: str) -> None:
    token = next(iter(world.hubspot.portal.settings.tokens))
    body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
    world.hubspot.handle(
        Call(
            method="POST",
            path="/crm/v3/lists/",
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            body=orjson.dumps(body),
        )
    )
