"""The endpoints of property definitions and their groups."""

from typing import Any

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.batch_api import batch_reply
from connector.sandbox.hubspot.catalogue import Group
from connector.sandbox.hubspot.definitions import Definition
from connector.sandbox.hubspot.errors import Json, Rejection, fields_missing
from connector.sandbox.hubspot.kinds import Kind
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Reply, Request, kind_of

TYPES = ("string", "number", "enumeration", "bool", "date", "datetime", "phone_number")
FIELD_TYPES = (
    "text",
    "textarea",
    "html",
    "number",
    "select",
    "radio",
    "checkbox",
    "booleancheckbox",
    "date",
    "file",
    "phonenumber",
    "calculation_equation",
)
#: What a definition must say.
NEEDED = ("name", "label", "type", "fieldType", "groupName")
#: How many properties of a type may have unique values.
MOST_UNIQUE = 10

_CHANGEABLE = {
    "label": "label",
    "description": "description",
    "groupName": "group",
    "type": "type",
    "fieldType": "field_type",
    "displayOrder": "display_order",
    "hidden": "hidden",
    "formField": "form_field",
}


class PropertiesApi:
    """Reading, making, changing and archiving definitions."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def listing(self, request: Request, type_: str) -> Reply:
        """GET /properties/{type}; not paged."""
        kind = kind_of(type_)
        archived = request.flag("archived")
        wanted = set(request.call.values("properties"))
        found = self._portal.catalogue.of(kind).values()
        return 200, {
            "results": [
                one.told()
                for one in sorted(found, key=lambda one: one.name)
                if one.archived is archived and (not wanted or one.name in wanted)
            ]
        }

    def read(self, request: Request, type_: str, name: str) -> Reply:
        """GET /properties/{type}/{name}."""
        return 200, self._find(kind_of(type_), name, archived=request.flag("archived")).told()

    def _find(self, kind: Kind, name: str, *, archived: bool = False) -> Definition:
        found = self._portal.catalogue.of(kind).get(name.lower())
        if found is None or found.archived is not archived:
            # [C] the words follow the older endpoints' recorded ones
            raise Rejection(
                404,
                f"Couldn't find a Property with the given name '{name}'",
                category="OBJECT_NOT_FOUND",
                subCategory="PropertiesError.PROPERTY_NOT_FOUND",
                context={"propertyName": [name]},
            )
        return found

    def create(self, request: Request, type_: str) -> Reply:
        """POST /properties/{type}: 201."""
        body = request.fields(*NEEDED, shape=shapes.PROPERTY)
        return 201, self.define(kind_of(type_), body, request.now).told(dates=False)

    def define(self, kind: Kind, body: Json, now: int) -> Definition:
        """Makes a definition.

        Raises:
            Rejection: 409 for a name that is taken, 400 for impossible definitions.
        """
        name = str(body["name"]).lower()
        catalogue = self._portal.catalogue
        present = catalogue.of(kind).get(name)
        if present is not None and not present.archived:
            raise Rejection(
                409,
                f"A property named '{name}' already exists.",
                category="OBJECT_ALREADY_EXISTS",
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
                context={"name": [name]},
            )
        self._check(kind, body)
        type_ = str(body["type"])
        options = [_option(one, place) for place, one in enumerate(body.get("options") or [])]
        if type_ == "bool" and not options:
            options = [
                {"label": text.title(), "value": text, "displayOrder": place, "hidden": False}
                for place, text in enumerate(("true", "false"))
            ]
        definition = Definition(
            name=name,
            label=str(body["label"]),
            type=type_,
            field_type=str(body["fieldType"]),
            group=str(body["groupName"]),
            description=str(body.get("description") or ""),
            options=options,
            display_order=int(body.get("displayOrder") or -1),
            has_unique_value=bool(body.get("hasUniqueValue")),
            calculated=body["fieldType"] == "calculation_equation",
            external_options=bool(body.get("externalOptions")),
            hidden=bool(body.get("hidden")),
            form_field=bool(body.get("formField")),
            read_only_value=body["fieldType"] == "calculation_equation",
            referenced=body.get("referencedObjectType"),
            data_sensitivity=str(body.get("dataSensitivity") or "non_sensitive"),
            created_at=now,
            updated_at=now,
            user="9586504",
        )
        catalogue.put(kind, definition)
        if definition.has_unique_value:
            self._portal.store(kind).unique[name] = {}
        return definition

    def _check(self, kind: Kind, body: Json) -> None:
        # [?] the words of these refusals
        if body["type"] not in TYPES:
            raise Rejection(400, f"{body['type']} is not a valid property type")
        if body["fieldType"] not in FIELD_TYPES:
            raise Rejection(400, f"{body['fieldType']} is not a valid field type")
        group = self._portal.catalogue.groups(kind).get(str(body["groupName"]))
        if group is None or group.archived:
            raise Rejection(
                400,
                f"The property group {body['groupName']} does not exist",
                category="VALIDATION_ERROR",
                subCategory="PropertiesError.PROPERTY_GROUP_NOT_FOUND",
            )
        unique = [one for one in self._portal.catalogue.of(kind).values() if one.has_unique_value]
        if body.get("hasUniqueValue") and len(unique) >= MOST_UNIQUE:
            raise Rejection(400, f"At most {MOST_UNIQUE} properties can have unique values")

    def update(self, request: Request, type_: str, name: str) -> Reply:
        """PATCH /properties/{type}/{name}."""
        definition = self._find(kind_of(type_), name)
        body = request.fields(shape=shapes.PROPERTY)
        if definition.read_only_definition and set(body) - {"options", "label", "description"}:
            raise Rejection(400, f"Property {name} is defined by HubSpot")  # [?] the words
        for given, own in _CHANGEABLE.items():
            if body.get(given) is not None:
                setattr(definition, own, body[given])
        if body.get("options") is not None:
            definition.options = [_option(one, place) for place, one in enumerate(body["options"])]
        definition.updated_at = request.now
        self._portal.catalogue.forget_readers()
        return 200, definition.told()

    def archive(self, request: Request, type_: str, name: str) -> Reply:
        """DELETE /properties/{type}/{name}: 204."""
        definition = self._find(kind_of(type_), name)
        if not definition.archivable:
            raise Rejection(400, f"Property {name} is defined by HubSpot")  # [?] the words
        definition.archived = True
        definition.updated_at = request.now
        self._portal.catalogue.forget_readers()
        return 204, None

    def batch_create(self, request: Request, type_: str) -> Reply:
        """POST /properties/{type}/batch/create: existing names give 207."""
        kind = kind_of(type_)
        results: list[Json] = []
        errors: list[Json] = []
        for one in request.inputs(shapes.PROPERTIES):
            try:
                missing = [name for name in NEEDED if one.get(name) is None]
                if missing:
                    raise fields_missing(missing, len(request.call.body))
                results.append(self.define(kind, one, request.now).told(dates=False))
            except Rejection as refused:
                errors.append(refused.body)
        return batch_reply(request, results, errors, 201)

    def batch_read(self, request: Request, type_: str) -> Reply:
        """POST /properties/{type}/batch/read by names."""
        kind = kind_of(type_)
        results: list[Json] = []
        errors: list[Json] = []
        for one in request.inputs(shapes.NAMED):
            try:
                results.append(self._find(kind, str(one.get("name"))).told())
            except Rejection as refused:
                errors.append(refused.body)
        return batch_reply(request, results, errors, 200)

    def batch_archive(self, request: Request, type_: str) -> Reply:
        """POST /properties/{type}/batch/archive: 204."""
        kind = kind_of(type_)
        for one in request.inputs(shapes.NAMED):
            found = self._portal.catalogue.find(kind, str(one.get("name")))
            if found is not None and found.archivable:
                found.archived = True
        self._portal.catalogue.forget_readers()
        return 204, None

    def groups(self, _request: Request, type_: str) -> Reply:
        """GET /properties/{type}/groups."""
        groups = self._portal.catalogue.groups(kind_of(type_)).values()
        return 200, {"results": [one.told() for one in groups if not one.archived]}

    def group(self, _request: Request, type_: str, name: str) -> Reply:
        """GET /properties/{type}/groups/{name}."""
        return 200, self._group(kind_of(type_), name).told()

    def _group(self, kind: Kind, name: str) -> Group:
        found = self._portal.catalogue.groups(kind).get(name)
        if found is None or found.archived:
            raise Rejection(
                404,
                f"Couldn't find a Group with the given name '{name}'.",
                category="OBJECT_NOT_FOUND",
                subCategory="PropertiesError.GROUP_NOT_FOUND",
            )
        return found

    def create_group(self, request: Request, type_: str) -> Reply:
        """POST /properties/{type}/groups: 201."""
        body = request.fields("name", "label", shape=shapes.GROUP)
        groups = self._portal.catalogue.groups(kind_of(type_))
        name = str(body["name"])
        if name in groups and not groups[name].archived:
            raise Rejection(
                409,
                f"A property group named '{name}' already exists.",
                category="OBJECT_ALREADY_EXISTS",
            )
        groups[name] = Group(name, str(body["label"]), int(body.get("displayOrder") or -1))
        return 201, groups[name].told()

    def update_group(self, request: Request, type_: str, name: str) -> Reply:
        """PATCH /properties/{type}/groups/{name}."""
        group = self._group(kind_of(type_), name)
        body = request.fields(shape=shapes.GROUP)
        group.label = str(body.get("label") or group.label)
        group.display_order = int(body.get("displayOrder") or group.display_order)
        return 200, group.told()

    def archive_group(self, _request: Request, type_: str, name: str) -> Reply:
        """DELETE /properties/{type}/groups/{name}: 204."""
        self._group(kind_of(type_), name).archived = True
        return 204, None


def _option(given: dict[str, Any], place: int) -> dict[str, Any]:
    option = {
        "label": str(given.get("label") or given["value"]),
        "value": str(given["value"]),
        "displayOrder": place if given.get("displayOrder") is None else int(given["displayOrder"]),
        "hidden": bool(given.get("hidden")),
    }
    if given.get("description"):
        option["description"] = str(given["description"])
    return option
