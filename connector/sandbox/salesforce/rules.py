"""What may refuse or redirect a save: references, locks, validation, duplicates, assignment."""

from typing import Any

from connector.sandbox.salesforce.errors import ApiRefusal, Fault, refuse
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.org import AssignmentRule, Condition, Doing, DuplicateRule, Org
from connector.sandbox.salesforce.schema import Field, SObject
from connector.sandbox.salesforce.soql.where import predicate
from connector.sandbox.salesforce.tables import Row


def holds(org: Org, sobject: SObject, condition: Condition, row: Row) -> bool:
    """Whether a criterion is true of a row."""
    if callable(condition):
        return bool(condition(row))
    return predicate(org, sobject, condition)(row)


def guard_update(org: Org, sobject: SObject, before: Row, doing: Doing) -> None:
    """Refuses an update of a converted lead or of a locked row."""
    if (
        sobject.name == "Lead"
        and before.get("IsConverted")
        and not org.settings.edit_converted_leads
    ):
        raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ())
    if doing.from_api:
        guard_lock(org, before["Id"])


def guard_lock(org: Org, record_id: str) -> None:
    """Refuses every n-th write, or by chance, as parallel loads do."""
    settings = org.settings
    every, chance = settings.lock_row_every, settings.lock_row_probability
    if not every and not chance:
        return
    org.lock_tries += 1
    if (every and org.lock_tries % every == 0) or (chance and org.rng.random() < chance):
        raise refuse(
            "UNABLE_TO_LOCK_ROW",
            f"unable to obtain exclusive access to this record or 1 records: {record_id[:15]}",
            (),
        )


def check(org: Org, sobject: SObject, row: Row, before: Row | None, doing: Doing) -> None:
    """Raises ApiRefusal where references, unique values, validation or duplicates forbid it."""
    for name, value in row.items():
        field = sobject.fields[name]
        if field.type == "reference" and "c" in field.flags and value is not None:
            if before is None or before.get(name) != value:
                _check_reference(org, sobject, field, value)
        elif field.unique and value is not None:
            _check_unique(org, sobject, field, value, row.get("Id"))
    if org.record_type_values:
        _check_record_type(org, sobject, row, before)
    if org.validation_rules:
        _check_validation(org, sobject, row)
    if org.duplicate_rules:
        _check_duplicates(org, sobject, row, before, doing)


def _check_record_type(org: Org, sobject: SObject, row: Row, before: Row | None) -> None:
    """Refuses a value of a restricted picklist that the row's record type leaves out [D]."""
    type_id = row.get("RecordTypeId") or ""
    for name in org.record_type_values.get(type_id, {}):
        field, value = sobject.fields[name], row.get(name)
        if value is None or not field.restricted or (before and before.get(name) == value):
            continue
        if value not in org.offered(type_id, field):
            raise refuse(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{field.label}: bad value for restricted picklist field: {value}",
                (name,),
            )


def _check_reference(org: Org, sobject: SObject, field: Field, value: str) -> None:
    if field.name == "OwnerId":
        _check_owner(org, sobject, value)
        return
    target = org.object_of_id(value)
    if target is None or (field.refers_to and target.name not in field.refers_to):
        raise refuse(
            "FIELD_INTEGRITY_EXCEPTION",
            f"{field.label}: id value of incorrect type: {value}",
            (field.name,),
        )
    found = org.tables[target.name].rows.get(value)
    if found is None:
        raise refuse(
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            f"insufficient access rights on cross-reference id: {value[:15]}",
            (),
        )
    if found.get("IsDeleted"):
        raise refuse("ENTITY_IS_DELETED", "entity is deleted", ())


def _check_owner(org: Org, sobject: SObject, owner_id: str) -> None:
    user = org.tables["User"].rows.get(owner_id)
    if user is not None:
        if not user.get("IsActive"):
            raise refuse(
                "INACTIVE_OWNER_OR_USER",
                f"operation performed with inactive user [{owner_id[:15]}] as owner of "
                f"{sobject.label.lower()}",
                (),
            )
        return
    queue = org.tables["Group"].rows.get(owner_id)
    if queue is None or queue.get("Type") != "Queue" or "Group" not in _owners(sobject):
        raise refuse(
            "INVALID_CROSS_REFERENCE_KEY",
            f"Owner ID: id value of incorrect type: {owner_id}",
            ("OwnerId",),
        )
    served = org.matching("QueueSobject", {"QueueId": owner_id})
    if all(one["SobjectType"] != sobject.name for one in served):
        raise refuse(
            "INVALID_OPERATION", "Queue not associated with this SObject type", ("OwnerId",)
        )


def _owners(sobject: SObject) -> tuple[str, ...]:
    return sobject.fields["OwnerId"].refers_to


def _check_unique(org: Org, sobject: SObject, field: Field, value: Any, row_id: str | None) -> None:
    table = org.tables[sobject.name]
    for other in table.index(field.name).find(value):
        found = table.rows[other]
        if other == row_id or found.get("IsDeleted"):
            continue
        if field.case_sensitive and found[field.name] != value:
            continue
        raise refuse(
            "DUPLICATE_VALUE",
            f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}",
            (),
        )


def _check_validation(org: Org, sobject: SObject, row: Row) -> None:
    faults = [
        Fault(
            code="FIELD_CUSTOM_VALIDATION_EXCEPTION",
            message=rule.message,
            fields=(rule.field,) if rule.field else (),
        )
        for rule in org.validation_rules
        if rule.sobject == sobject.name and holds(org, sobject, rule.when, row)
    ]
    if faults:
        raise ApiRefusal(faults)


def _check_duplicates(
    org: Org, sobject: SObject, row: Row, before: Row | None, doing: Doing
) -> None:
    for rule in org.duplicate_rules:
        if rule.sobject != sobject.name or (before is not None and not rule.on_update):
            continue
        if rule.action == "alert" and (doing.allow_duplicates or not doing.from_api):
            continue
        found = _duplicates(org, rule, row)
        if found:
            raise _duplicate_refusal(rule, found)


def _duplicates(org: Org, rule: DuplicateRule, row: Row) -> list[tuple[str, Row]]:
    wanted = {name: row.get(name) for name in rule.match}
    if any(value is None for value in wanted.values()):
        return []
    found: list[tuple[str, Row]] = []
    for name in (rule.sobject, *rule.across):
        found += [
            (name, one)
            for one in org.matching(name, wanted)
            if one["Id"] != row.get("Id") and not one.get("IsConverted")
        ]
    return found


def _duplicate_refusal(rule: DuplicateRule, found: list[tuple[str, Row]]) -> ApiRefusal:
    """The recorded body, with its misspelt key; the version in the URLs is put in later."""
    by_type: dict[str, list[Row]] = {}
    for name, row in found:
        by_type.setdefault(name, []).append(row)
    results = [
        {
            "entityType": name,
            "errors": [],
            "matchEngine": "FuzzyMatchEngine",
            "matchRecords": [
                {
                    "additionalInformation": [],
                    "fieldDiffs": [],
                    "matchConfidence": 100.0,
                    "record": {
                        "attributes": {
                            "type": name,
                            "url": f"/services/data/v{{version}}/sobjects/{name}/{row['Id']}",
                        },
                        "Id": row["Id"],
                    },
                }
                for row in matched
            ],
            "rule": rule.matching_rule,
            "size": len(matched),
            "success": True,
        }
        for name, matched in by_type.items()
    ]
    details = {
        "duplicateResut": {
            "allowSave": rule.action == "alert",
            "duplicateRule": rule.name,
            "duplicateRuleEntityType": rule.sobject,
            "errorMessage": rule.text,
            "matchResults": results,
        }
    }
    return ApiRefusal([Fault(code="DUPLICATES_DETECTED", message=rule.text, details=details)])


def assign(org: Org, sobject: SObject, row: Row, before: Row | None, doing: Doing) -> None:
    """Lets the assignment rule choose the owner, on create and on update alike [D].

    The header's absence means TRUE; FALSE skips it; a rule's id runs that rule.
    """
    wanted = doing.auto_assign
    if wanted == "FALSE" or sobject.name != "Lead" or not org.assignment_rules:
        return
    rule = _rule(org, sobject, wanted)
    if rule is None:
        return
    for entry in rule.entries:
        if holds(org, sobject, entry.when, row):
            row["OwnerId"] = entry.owner_id
            return
    if rule.default_owner_id is not None and before is None:
        row["OwnerId"] = rule.default_owner_id


def _rule(org: Org, sobject: SObject, wanted: str) -> AssignmentRule | None:
    if wanted != "TRUE":
        return org.assignment_rules.get(wanted)
    for row in org.matching("AssignmentRule", {"SobjectType": sobject.name}):
        if row.get("Active"):
            return org.assignment_rules.get(row["Id"])
    return None


def read_auto_assign(header: str | None) -> str:
    """The header as TRUE, FALSE or an 18-character rule id; raises ApiRefusal on anything else."""
    if header is None:
        return "TRUE"
    if header.upper() in {"TRUE", "FALSE"}:
        return header.upper()
    found = canonical_id(header)
    if found is None or not found.startswith("01Q"):
        raise refuse("MALFORMED_ID", f"malformed id {header}")
    return found
