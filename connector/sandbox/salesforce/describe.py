"""describe: one object in full, one in brief, all of them."""

from typing import Any

from connector.sandbox.salesforce.org import MASTER_RECORD_TYPE
from connector.sandbox.salesforce.request import Reply, Request, http_date, not_modified
from connector.sandbox.salesforce.schema import NUMBER_TYPES, Field, SObject

_SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "double": "xsd:double",
    "currency": "xsd:double", "percent": "xsd:double", "int": "xsd:int", "date": "xsd:date",
    "datetime": "xsd:dateTime", "address": "urn:address", "anyType": "xsd:anyType",
}  # fmt: skip
_BRIEF = (
    ("activateable", "A"), ("associateEntityType", None), ("associateParentEntity", None),
    ("createable", "c"), ("custom", ""), ("customSetting", ""), ("deepCloneable", "C"),
    ("deletable", "d"), ("deprecatedAndHidden", ""), ("feedEnabled", "f"),
    ("hasSubtypes", ""), ("isInterface", ""), ("isSubtype", ""), ("keyPrefix", "keyPrefix"),
    ("label", "label"), ("labelPlural", "labelPlural"), ("layoutable", "l"), ("mergeable", "m"),
    ("mruEnabled", "r"), ("name", "name"), ("queryable", "q"), ("replicateable", "p"),
    ("retrieveable", "R"), ("searchable", "s"), ("triggerable", "t"), ("undeletable", "n"),
    ("updateable", "u"),
)  # fmt: skip


def _brief(sobject: SObject, base: str) -> dict[str, Any]:
    words = {
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "name": sobject.name,
    }
    given: dict[str, Any] = {}
    for key, letter in _BRIEF:
        if letter is None:
            given[key] = None
        else:
            given[key] = words.get(letter, letter != "" and sobject.trait(letter))
    links = _links(sobject, base, "")
    given["urls"] = {name: links[name] for name in sobject.links}
    return given


def _links(sobject: SObject, base: str, site: str) -> dict[str, str]:
    """All addresses that an object may have, in the recorded order."""
    url = base + sobject.name
    return {
        "compactLayouts": f"{url}/describe/compactLayouts",
        "rowTemplate": f"{url}/{{ID}}",
        "approvalLayouts": f"{url}/describe/approvalLayouts",
        "namedLayouts": f"{url}/describe/namedLayouts/{{LayoutName}}",
        "passwordUtilities": f"{url}/{{ID}}/password",
        "uiDetailTemplate": f"{site}/{{ID}}",
        "uiEditTemplate": f"{site}/{{ID}}/e",
        "listviews": f"{url}/listviews",
        "describe": f"{url}/describe",
        "uiNewRecord": f"{site}/{sobject.prefix}/e",
        "quickActions": f"{url}/quickActions",
        "layouts": f"{url}/describe/layouts",
        "sobject": url,
    }


def everything(request: Request) -> Reply:
    """`sobjects`: all objects in brief; 304 where the schema did not change since."""
    org = request.org
    headers = {
        "ETag": f'"{org.schema_version:08x}"',
        "Last-Modified": http_date(org.schema_changed),
    }
    if not_modified(request.headers, org.schema_changed):
        return Reply(status=304, headers=headers)
    found = [
        _brief(one, request.base) for one in org.objects.values() if org.object_named(one.name)
    ]
    body = {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found}
    return Reply(body=body, headers=headers)


def brief(request: Request, sobject: SObject) -> Reply:
    """`sobjects/X`: the object in brief and the rows that were used last (none are kept)."""
    body = {"objectDescribe": _brief(sobject, request.base), "recentItems": []}
    return Reply(body=body)


def full(request: Request, sobject: SObject) -> Reply:
    """`sobjects/X/describe`, keys in the recorded (alphabetical) order."""
    org = request.org
    headers = {"Last-Modified": http_date(org.schema_changed)}
    if not_modified(request.headers, org.schema_changed):
        return Reply(status=304, headers=headers)
    given: dict[str, Any] = {
        "actionOverrides": [],
        "childRelationships": [
            {
                "cascadeDelete": child.cascade,
                "childSObject": child.sobject,
                "deprecatedAndHidden": False,
                "field": child.field,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": child.name,
                "restrictedDelete": child.restricted,
            }
            for child in sobject.children.values()
        ],
        "compactLayoutable": sobject.trait("L"),
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [
            field_description(one)
            for name, one in sobject.fields.items()
            if name not in sobject.unseen
        ],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(request, sobject),
        "searchLayoutable": sobject.trait("S"),
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": f"All {sobject.plural.lower()}", "name": "everything"},
            {"label": f"My {sobject.plural.lower()}", "name": "mine"},
        ],
        **_brief(sobject, request.base),
    }
    given["urls"] = _full_urls(request, sobject)
    return Reply(body=dict(sorted(given.items())), headers=headers)


def _full_urls(request: Request, sobject: SObject) -> dict[str, str]:
    links = _links(sobject, request.base, request.org.site)
    pages = {"uiDetailTemplate", "uiEditTemplate", "uiNewRecord"} if sobject.trait("l") else set()
    return {name: url for name, url in links.items() if name in pages or name in sobject.links}


def _record_types(request: Request, sobject: SObject) -> list[dict[str, Any]]:
    layouts = f"{request.base}{sobject.name}/describe/layouts/"
    chosen = request.org.default_record_types.get(sobject.name, MASTER_RECORD_TYPE)
    own = [
        (row["Id"], row["Name"], row["DeveloperName"], bool(row.get("IsActive")), False)
        for row in request.org.matching("RecordType", {"SobjectType": sobject.name})
    ]
    return [
        {
            "active": active,
            "available": active,
            "defaultRecordTypeMapping": type_id == chosen,
            "developerName": developer_name,
            "master": master,
            "name": name,
            "recordTypeId": type_id,
            "urls": {"layout": layouts + type_id},
        }
        for type_id, name, developer_name, active, master in [
            *own,
            (MASTER_RECORD_TYPE, "Master", "Master", True, True),
        ]
    ]


def _byte_length(field: Field) -> int:
    if field.byte_length is not None:
        return field.byte_length
    if field.type in {"id", "reference"}:
        return 18
    return field.length * 3


_FIXED_FIELD_KEYS: dict[str, Any] = {
    "aiPredictionField": False, "autoNumber": False, "calculated": False,
    "calculatedFormula": None, "cascadeDelete": False, "controllerName": None,
    "defaultValueFormula": None, "dependentPicklist": False, "deprecatedAndHidden": False,
    "displayLocationInDecimal": False, "encrypted": False, "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False, "highScaleNumber": False, "htmlFormatted": False,
    "inlineHelpText": None, "mask": None, "maskType": None, "referenceTargetField": None,
    "relationshipOrder": None, "restrictedDelete": False, "writeRequiresMasterRead": False,
}  # fmt: skip
_FLAG_KEYS = {
    "aggregatable": "a", "createable": "c", "defaultedOnCreate": "d", "filterable": "f",
    "groupable": "g", "idLookup": "i", "nameField": "N", "namePointing": "m", "nillable": "n",
    "permissionable": "p", "polymorphicForeignKey": "m", "restrictedPicklist": "R",
    "searchPrefilterable": "S", "sortable": "s", "updateable": "u",
}  # fmt: skip


def _picklist(field: Field) -> list[dict[str, Any]]:
    return [
        {
            "active": value.active,
            "defaultValue": value.default,
            "label": value.label,
            "validFor": None,
            "value": value.value,
        }
        for value in field.values
    ]


def field_description(field: Field) -> dict[str, Any]:
    """One entry of `fields`, keys in the recorded (alphabetical) order."""
    given = {
        **_FIXED_FIELD_KEYS,
        **{key: letter in field.flags for key, letter in _FLAG_KEYS.items()},
        "byteLength": _byte_length(field),
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "custom": field.custom,
        "defaultValue": field.default,
        "digits": field.digits,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "picklistValues": _picklist(field),
        "precision": field.precision if field.type in NUMBER_TYPES else 0,
        "queryByDistance": field.type == "address",
        "referenceTo": list(field.refers_to),
        "relationshipName": field.relationship,
        "scale": field.scale,
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "type": field.type,
        "unique": field.unique,
    }
    return dict(sorted(given.items()))
