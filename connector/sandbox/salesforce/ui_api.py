"""The UI API, as far as it tells which values of a picklist a record type offers."""

from typing import Any

from connector.sandbox.salesforce.errors import not_found
from connector.sandbox.salesforce.org import MASTER_RECORD_TYPE
from connector.sandbox.salesforce.request import Reply, Request
from connector.sandbox.salesforce.schema import Field

_PICKLISTS = frozenset({"picklist", "multipicklist"})


def picklist_values(request: Request) -> Reply:
    """`ui-api/object-info/X/picklist-values/<record type>`: all picklists of that type [D]."""
    parts = request.parts
    if len(parts) != 5 or (parts[1].lower(), parts[3].lower()) != (
        "object-info",
        "picklist-values",
    ):
        raise not_found()
    org, sobject, type_id = request.org, request.sobject(parts[2]), parts[4]
    known = org.tables["RecordType"].rows.get(type_id)
    if type_id != MASTER_RECORD_TYPE and (known is None or known["SobjectType"] != sobject.name):
        raise not_found()
    url = f"{request.root}ui-api/object-info/{sobject.name}/picklist-values/{type_id}"
    found = {
        name: _picklist(org.offered(type_id, field), field, f"{url}/{name}")
        for name, field in sobject.fields.items()
        if field.type in _PICKLISTS and name not in sobject.unseen
    }
    return Reply(
        body={"eTag": f"{org.schema_version:032x}", "picklistFieldValues": found, "url": url}
    )


def _picklist(values: list[str], field: Field, url: str) -> dict[str, Any]:
    entries: dict[str, dict[str, Any]] = {
        one.value: {"attributes": None, "label": one.label, "validFor": [], "value": one.value}
        for one in field.values
    }
    default = next((one.value for one in field.values if one.default and one.value in values), None)
    return {
        "controllerValues": {},
        "defaultValue": entries[default] if default else None,
        "eTag": "",
        "url": url,
        "values": [entries[value] for value in values],
    }
