"""Salesforce metadata in source format: fields, permission set, list view, report type.

Shapes as in the Metadata API Developer Guide (CustomField, PermissionSet, ListView, ReportType);
`sf project deploy start --source-dir FOLDER/force-app` takes the folder as it is.
"""

import json
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from connector.core.needs import Need, custom, salesforce_fields
from connector.core.rules.fields import Direction, FieldType
from connector.core.rules.ruleset import Ruleset

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
TOP = "force-app/main/default"
API_VERSION = "62.0"
OBJECTS = {"Lead": "Lead", "Contact": "Contact", "Task": "Activity"}  #: fields of tasks live there
LONGEST_TEXT = 255
LONG_AREA_LEAST = 256

Tree = Sequence[tuple[str, "str | Tree"]]


def metadata(ruleset: Ruleset) -> dict[str, str]:
    """Relative path -> content of every file, ready to deploy."""
    files: dict[str, str] = {
        "sfdx-project.json": _project(),
        f"{TOP}/permissionsets/Leadrelay.permissionset-meta.xml": _permissions(ruleset),
        f"{TOP}/objects/Lead/listViews/Leadrelay_Hot.listView-meta.xml": _hot_list(ruleset),
        f"{TOP}/reportTypes/Leadrelay_Hand_Offs.reportType-meta.xml": _report_type(ruleset),
    }
    for kind, folder in OBJECTS.items():
        for need in custom(salesforce_fields(ruleset, kind)):
            path = f"{TOP}/objects/{folder}/fields/{need.name}.field-meta.xml"
            files[path] = _xml("CustomField", field(need))
    return dict(sorted(files.items()))


def field(need: Need) -> Tree:
    """One custom field. The external id is unique without case, as HubSpot's ids are digits."""
    tree: list[tuple[str, str | Tree]] = [("fullName", need.name)]
    if need.about:
        tree.append(("description", need.about[:1000]))
    if need.key:
        tree.append(("externalId", "true"))
    tree += [("label", need.label[:40]), *_kind(need)]
    if need.key:
        tree += [("unique", "true"), ("caseSensitive", "false")]
    return sorted(tree, key=lambda item: (item[0] != "fullName", item[0]))


def _kind(need: Need) -> Tree:
    if need.words:
        several = need.type is FieldType.CHOICES
        lines = [("visibleLines", "4")] if several else []
        return [("type", "MultiselectPicklist" if several else "Picklist"), *lines, _words(need)]
    length = need.length or LONGEST_TEXT
    if need.type is FieldType.NUMBER:
        return [("precision", "18"), ("scale", "0"), ("type", "Number")]
    if need.type is FieldType.MONEY:
        return [("precision", "18"), ("scale", "2"), ("type", "Currency")]
    if need.type is FieldType.YES_NO:
        return [("defaultValue", "false"), ("type", "Checkbox")]
    plain = {FieldType.DATE: "Date", FieldType.MOMENT: "DateTime", FieldType.EMAIL: "Email",
             FieldType.PHONE: "Phone"}  # fmt: skip
    if need.type in plain:
        return [("type", plain[need.type])]
    if length > LONGEST_TEXT:
        room = str(max(length, LONG_AREA_LEAST))
        return [("length", room), ("type", "LongTextArea"), ("visibleLines", "10")]
    return [("length", str(length)), ("type", "Text")]


def _words(need: Need) -> tuple[str, Tree]:
    values: Tree = [
        ("value", [("fullName", word), ("default", "false"), ("label", word)])
        for word in need.words
    ]
    return "valueSet", [
        ("restricted", "true"),
        ("valueSetDefinition", [("sorted", "false"), *values]),
    ]


def _permissions(ruleset: Ruleset) -> str:
    """What the integration user may do: nothing that the connector does not do."""
    fields: Tree = [
        (
            "fieldPermissions",
            [("editable", "true"), ("field", f"{kind}.{need.name}"), ("readable", "true")],
        )
        for kind in OBJECTS
        for need in custom(salesforce_fields(ruleset, kind))
    ]
    rights: Mapping[str, tuple[str, ...]] = {
        "Account": ("allowRead",),
        "Campaign": ("allowRead",),
        "Contact": ("allowEdit", "allowRead"),
        "Lead": ("allowCreate", "allowEdit", "allowRead"),
        "Opportunity": ("allowRead",),
    }
    objects: Tree = [
        (
            "objectPermissions",
            [
                *(
                    (right, "true" if right in granted else "false")
                    for right in ("allowCreate", "allowDelete", "allowEdit", "allowRead")
                ),
                ("modifyAllRecords", "false"),
                ("object", name),
                ("viewAllRecords", "true"),
            ],
        )
        for name, granted in rights.items()
    ]
    users: Tree = [
        ("userPermissions", [("enabled", "true"), ("name", name)])
        for name in ("ApiEnabled", "EditTask", "ViewSetup", "ViewRoles")
    ]
    return _xml(
        "PermissionSet",
        [
            ("description", "What leadrelay's integration user needs, and no more."),
            *fields,
            ("hasActivationRequired", "false"),
            ("label", "leadrelay"),
            *objects,
            *users,
        ],
    )


def _hot_list(ruleset: Ruleset) -> str:
    """The open leads of whoever looks, with what the hand-off says of them."""
    there = {need.name for need in salesforce_fields(ruleset, "Lead")}
    extra = [
        rule.salesforce
        for name in ("lead_rank", "lead_score", "lead_temperature", "promise_due")
        if (rule := ruleset.fields.rules.get(name)) and rule.salesforce in there
    ]
    columns = ["FULL_NAME", "LEAD.COMPANY", *extra, "LEAD.PHONE", "LEAD.STATUS"]
    external = ruleset.fields.external_id
    return _xml(
        "ListView",
        [
            ("fullName", "Leadrelay_Hot"),
            ("booleanFilter", "1 AND 2"),
            *(("columns", name) for name in columns if name),
            ("filterScope", "Mine"),
            ("filters", [("field", external), ("operation", "notEqual")]),
            ("filters", [("field", "LEAD.CONVERTED"), ("operation", "equals"), ("value", "0")]),
            ("label", "Hot list (leadrelay)"),
        ],
    )


def _report_type(ruleset: Ruleset) -> str:
    """Leads with the agreed fields, for the team's own reports."""
    names = dict.fromkeys(
        rule.salesforce
        for rule in ruleset.fields.rules.values()
        if rule.salesforce and rule.direction is not Direction.READ_ONLY
    )
    columns: Tree = [
        ("columns", [("checkedByDefault", "true"), ("field", name), ("table", "Lead")])
        for name in (ruleset.fields.external_id, *names)
        if name
    ]
    return _xml(
        "ReportType",
        [
            ("fullName", "Leadrelay_Hand_Offs"),
            ("baseObject", "Lead"),
            ("category", "leads"),
            ("deployed", "true"),
            ("description", "Leads that leadrelay handed over, with the agreed fields."),
            ("label", "Hand-offs (leadrelay)"),
            ("sections", [*columns, ("masterLabel", "Hand-off")]),
        ],
    )


def _project() -> str:
    content = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "sourceApiVersion": API_VERSION,
    }
    return json.dumps(content, indent=2) + "\n"


def _xml(root: str, tree: Tree) -> str:
    element = ElementTree.Element(root, xmlns=NAMESPACE)
    _grow(element, tree)
    ElementTree.indent(element, "    ")
    body = ElementTree.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _grow(parent: ElementTree.Element, tree: Tree) -> None:
    for name, value in tree:
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, str):
            child.text = value
        else:
            _grow(child, value)
