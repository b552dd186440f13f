"""Deploys the custom fields of a source-format folder, refusing what Salesforce would refuse.

Shapes as in the Metadata API Developer Guide (CustomField); permission sets, views and report types
are read for being well-formed, and their fields must be there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from connector.sandbox.salesforce.org import Org

NS = "{http://soap.sforce.com/2006/04/metadata}"
OBJECTS = {"Activity": ("Task", "Event")}  #: whose custom fields others share
NEEDED = {  # of each type of field, besides its label
    "Text": {"length"},
    "Number": {"precision", "scale"},
    "Currency": {"precision", "scale"},
    "Checkbox": {"defaultValue"},
    "Date": set[str](),
    "DateTime": set[str](),
    "Email": set[str](),
    "Phone": set[str](),
    "LongTextArea": {"length", "visibleLines"},
    "Picklist": {"valueSet"},
    "MultiselectPicklist": {"valueSet", "visibleLines"},
}
TYPES = {
    "Text": "string", "Number": "double", "Currency": "currency", "Checkbox": "boolean",
    "Date": "date", "DateTime": "datetime", "Email": "email", "Phone": "phone",
    "LongTextArea": "longtext", "Picklist": "picklist", "MultiselectPicklist": "multipicklist",
}  # fmt: skip
OPTIONAL = {"fullName", "label", "type", "description", "externalId", "unique", "caseSensitive"}
LENGTHS = {"Text": range(1, 256), "LongTextArea": range(256, 131_073)}


def deploy(org: Org, folder: Path) -> int:
    """Makes the fields that are not there yet; returns how many. Raises ValueError with the file.

    `folder` holds `objects/`, `permissionsets/` and so on, as `force-app/main/default` does.
    """
    made = 0
    for file in sorted(folder.glob("objects/*/fields/*.field-meta.xml")):
        name = file.name.removesuffix(".field-meta.xml")
        given = _field(_root(file, "CustomField"), name)
        for sobject in OBJECTS.get(file.parts[-3], (file.parts[-3],)):
            if name not in org.objects[sobject].fields:
                org.add_custom_field(sobject, given)
                made += 1
    for file, field in _named_fields(folder):
        sobject, _, name = field.partition(".")
        if name not in org.objects[sobject].fields:
            raise ValueError(f"{file.name}: In field: field - no CustomField named {field} found")
    return made


def _root(file: Path, kind: str) -> ElementTree.Element:
    root = ElementTree.parse(file).getroot()
    if root.tag != f"{NS}{kind}":
        raise ValueError(f"{file.name}: {root.tag} is no {kind}")
    return root


def _field(root: ElementTree.Element, name: str) -> dict[str, Any]:
    said = {child.tag.removeprefix(NS): child.text or "" for child in root}
    kind = said.get("type", "")
    if kind not in NEEDED or said.get("fullName") != name or not 0 < len(said["label"]) <= 40:
        raise ValueError(f"{name}: type, fullName or label is wrong")
    lacking, strange = NEEDED[kind] - set(said), set(said) - NEEDED[kind] - OPTIONAL
    if lacking or strange:
        raise ValueError(f"{name}: lacks {sorted(lacking)}, does not know {sorted(strange)}")
    if kind in LENGTHS and int(said["length"]) not in LENGTHS[kind]:
        raise ValueError(f"{name}: the length must be in {LENGTHS[kind]}")
    if said.get("externalId") == "true" and kind not in ("Text", "Number", "Email"):
        raise ValueError(f"{name}: a {kind} cannot be an external id")
    given: dict[str, Any] = {"name": name, "label": said["label"], "type": TYPES[kind]}
    given |= {key: int(said[key]) for key in ("length", "precision", "scale") if key in said}
    given["external_id"] = said.get("externalId") == "true"
    given["unique"] = said.get("unique") == "true"
    given["case_sensitive"] = said.get("caseSensitive") == "true"
    if "valueSet" in said:
        given |= _values(root, name)
    return given


def _values(root: ElementTree.Element, name: str) -> dict[str, Any]:
    values = [one.findtext(f"{NS}fullName") or "" for one in root.iter(f"{NS}value")]
    if not values or len({one.casefold() for one in values}) < len(values):
        raise ValueError(f"{name}: the values of the picklist are none, or not different")
    restricted = root.findtext(f"{NS}valueSet/{NS}restricted") == "true"
    return {"values": values, "restricted": restricted}


def _named_fields(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every custom field that a permission set, a view or a report type names."""
    for file in sorted(folder.glob("permissionsets/*.permissionset-meta.xml")):
        for node in _root(file, "PermissionSet").iter(f"{NS}fieldPermissions"):
            yield file, node.findtext(f"{NS}field") or ""
    for file in sorted(folder.glob("reportTypes/*.reportType-meta.xml")):
        for node in _root(file, "ReportType").iter(f"{NS}columns"):
            name = node.findtext(f"{NS}field") or ""
            if name.endswith("__c"):
                yield file, f"{node.findtext(f'{NS}table')}.{name}"
    for file in sorted(folder.glob("objects/*/listViews/*.listView-meta.xml")):
        root = _root(file, "ListView")
        named = [node.text or "" for node in root.iter(f"{NS}columns")]
        named += [node.text or "" for node in root.iter(f"{NS}field")]
        yield from ((file, f"{file.parts[-3]}.{name}") for name in named if name.endswith("__c"))
