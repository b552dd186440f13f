"""Create, update, upsert, delete and undelete: the one way into the tables."""

from collections.abc import Mapping
from typing import Any

from connector.sandbox.salesforce import derive, history, rules
from connector.sandbox.salesforce.errors import (
    ApiRefusal,
    Fault,
    entity_is_deleted,
    invalid_cross_reference,
    no_column,
    refuse,
)
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.schema import Field, SObject
from connector.sandbox.salesforce.tables import Row, Table
from connector.sandbox.salesforce.values import NotReadable, read_value


def read_fields(
    org: Org, sobject: SObject, given: Mapping[str, Any], flag: str, skip: str | None = None
) -> Row:
    """The given fields as the row will hold them; None for null.

    `flag` is `c` or `u`. Raises ApiRefusal: an unknown column ends it at once, fields that may
    not be written are named together, faults in values come all at once.
    """
    changes: Row = {}
    faults: list[Fault] = []
    barred: list[str] = []
    names = sobject.names
    for name, value in given.items():
        field = names.get(name) or names.get(name.lower())
        if field is None:
            if name == "attributes":
                continue
            field, value = _by_parent_key(org, sobject, name, value)
        if field.name == skip:
            continue
        if flag not in field.flags:
            if not (field.name == "Id" and flag == "c" and value is None):
                barred.append(field.name)
            continue
        try:
            changes[field.name] = read_value(field, value)
        except ApiRefusal as refusal:
            faults.extend(refusal.faults)
    if barred:
        raise refuse(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(barred)}. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set.",
            barred,
        )
    if faults:
        raise ApiRefusal(faults)
    return changes


def _by_parent_key(org: Org, sobject: SObject, name: str, value: Any) -> tuple[Field, str | None]:
    """A parent given by its external id: {"Account": {"Ext__c": "1"}}."""
    field = sobject.relationships.get(name.lower())
    if field is None or not (isinstance(value, dict) or value is None):
        raise ApiRefusal([no_column(name, sobject.name)])
    if value is None:
        return field, None
    keys = {key: one for key, one in value.items() if key != "attributes"}
    parent = org.objects.get(field.refers_to[0])
    key, wanted = next(iter(keys.items()), ("", None))
    target = parent.find(key) if parent else None
    if len(keys) != 1 or parent is None or target is None or not target.lookup_key:
        raise refuse("INVALID_FIELD", f"Foreign key external ID: {key} not found", ())
    found = matches(org, parent, target, wanted) if wanted else []
    if len(found) != 1:
        message = (
            f"Foreign key external ID: {str(wanted or '').lower()} not found for field "
            f"{target.name} in entity {parent.name}"
        )
        raise refuse("INVALID_FIELD", message, ())
    return field, found[0]


def insert(org: Org, sobject: SObject, given: Mapping[str, Any], doing: Doing) -> str:
    """Creates a row and returns its id; raises ApiRefusal with all faults of the record."""
    if not sobject.trait("c"):
        raise refuse(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"entity type {sobject.name} does not support create",
            (),
        )
    changes = read_fields(org, sobject, given, "c")
    missing = [one.name for one in sobject.required if changes.get(one.name) is None]
    if missing:
        raise _required(missing)
    row = {name: value for name, value in changes.items() if value is not None}
    return insert_row(org, sobject, row, doing, given=changes)


def insert_row(
    org: Org, sobject: SObject, row: Row, doing: Doing, given: Mapping[str, Any] | None = None
) -> str:
    """Completes a readable row (stamps, derived fields, rules) and stores it."""
    table = org.tables[sobject.name]
    given = row if given is None else given
    row = {**sobject.defaults, **row}
    if "OwnerId" in sobject.fields and row.get("OwnerId") is None:
        row["OwnerId"] = doing.user_id
    chosen = org.default_record_types.get(sobject.name)
    if chosen and row.get("RecordTypeId") is None:
        row["RecordTypeId"] = chosen
    _stamp_new(sobject, row, doing)
    derive.before_save(org, sobject, row, None, given)
    rules.check(org, sobject, row, None, doing)
    row_id = org.new_id(sobject)
    complete = {"Id": row_id, **row}
    rules.assign(org, sobject, complete, None, doing)
    org.store(table, row_id, complete)
    org.writes += 1
    history.created(org, sobject, complete, doing)
    for name, follower in derive.after_save(org, sobject, complete, None):
        insert_row(org, org.objects[name], follower, doing)
    return row_id


def _stamp_new(sobject: SObject, row: Row, doing: Doing) -> None:
    fields = sobject.fields
    if "CreatedDate" in fields:
        row["CreatedDate"] = doing.stamp
        row["CreatedById"] = doing.user_id
    if "LastModifiedDate" in fields:
        row["LastModifiedDate"] = doing.stamp
        row["LastModifiedById"] = doing.user_id
    if "SystemModstamp" in fields:
        row["SystemModstamp"] = doing.stamp


def _required(names: list[str]) -> ApiRefusal:
    return refuse(
        "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names
    )


def existing(org: Org, sobject: SObject, record_id: str) -> Row:
    """The live row of an id, or the fault of an update or delete of something else."""
    row = org.tables[sobject.name].rows.get(record_id)
    if row is None:
        raise invalid_cross_reference()
    if row.get("IsDeleted"):
        raise entity_is_deleted()
    return row


def update(
    org: Org,
    sobject: SObject,
    record_id: str,
    given: Mapping[str, Any],
    doing: Doing,
    skip: str | None = None,
) -> None:
    """Changes a row; raises ApiRefusal. `skip` is the key field of an upsert."""
    before = existing(org, sobject, record_id)
    if not sobject.trait("u"):
        raise refuse(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"entity type {sobject.name} does not support update",
            (),
        )
    changes = read_fields(org, sobject, given, "u", skip)
    fields = sobject.fields
    missing = [
        name for name, value in changes.items() if value is None and "n" not in fields[name].flags
    ]
    if missing:
        missing = _restore_defaults(sobject, changes, missing)
        if missing:
            raise _required(missing)
    rules.guard_update(org, sobject, before, doing)
    update_row(org, sobject, before, changes, doing)


def _restore_defaults(sobject: SObject, changes: Row, missing: list[str]) -> list[str]:
    """Booleans cannot be null: they become false; the rest really is missing."""
    left = []
    for name in missing:
        if sobject.fields[name].type == "boolean":
            changes[name] = False
        else:
            left.append(name)
    return left


def update_row(org: Org, sobject: SObject, before: Row, changes: Row, doing: Doing) -> Row:
    """Applies readable changes (None clears) with stamps, rules and history; the new row."""
    row = {**before, **changes}
    if "LastModifiedDate" in sobject.fields:
        row["LastModifiedDate"] = doing.stamp
        row["LastModifiedById"] = doing.user_id
    row["SystemModstamp"] = doing.stamp
    derive.before_save(org, sobject, row, before, changes)
    rules.check(org, sobject, row, before, doing)
    rules.assign(org, sobject, row, before, doing)
    for name, value in changes.items():
        if value is None:
            del row[name]
    org.store(org.tables[sobject.name], row["Id"], row)
    org.writes += 1
    history.changed(org, sobject, before, row, doing)
    derive.after_save(org, sobject, row, before)
    return row


def upsert(
    org: Org,
    sobject: SObject,
    key: Field,
    value: Any,
    given: Mapping[str, Any],
    doing: Doing,
    *,
    may_create: bool = True,
) -> tuple[str, bool]:
    """Creates or changes the row whose key field has the value: its id, and whether it is new.

    Raises ApiRefusal; several matches are a fault with status 300 and their ids as fields.
    """
    if key.name == "Id":
        record_id = canonical_id(str(value)) if value else None
        if value and record_id is None:
            raise malformed(str(value))
        if record_id is None:
            return insert(org, sobject, given, doing), True
        update(org, sobject, record_id, given, doing, skip="Id")
        return record_id, False
    found = matches(org, sobject, key, value)
    if len(found) > 1:
        raise refuse(
            "DUPLICATE_EXTERNAL_ID",
            f"{key.label}: more than one record found for external id field: [{', '.join(found)}]",
            found,
            status=300,
        )
    if found:
        update(org, sobject, found[0], given, doing, skip=key.name)
        return found[0], False
    if not may_create:
        raise not_there()
    return insert(org, sobject, {**given, key.name: value}, doing), True


def not_there() -> ApiRefusal:
    """An update-only upsert that found nothing [B]."""
    return refuse("NOT_FOUND", "The requested resource does not exist", status=404, code_first=True)


def malformed(value: str) -> ApiRefusal:
    return refuse("MALFORMED_ID", f"Record ID: id value of incorrect type: {value}", ("Id",))


def matches(org: Org, sobject: SObject, key: Field, value: Any) -> list[str]:
    """Ids of the live rows that have this external id; case counts only where the field says."""
    if not isinstance(value, str | int | float):
        raise NotReadable(key, "string", value)
    table = org.tables[sobject.name]
    found = []
    for row_id in table.index(key.name).find(value):
        row = table.rows[row_id]
        if row.get("IsDeleted") or (key.case_sensitive and row[key.name] != value):
            continue
        found.append(row_id)
    return found


def delete(org: Org, sobject: SObject, record_id: str, doing: Doing) -> None:
    """Moves a row and its dependants to the recycle bin; raises ApiRefusal."""
    row = org.tables[sobject.name].rows.get(record_id)
    if row is None or row.get("IsDeleted"):
        raise entity_is_deleted()
    if not sobject.trait("d"):
        raise refuse(
            "INSUFFICIENT_ACCESS_OR_READONLY", f"{sobject.name} does not support delete", ()
        )
    rules.guard_lock(org, record_id)
    _bin(org, sobject, row, doing, deleted=True)


def _bin(org: Org, sobject: SObject, row: Row, doing: Doing, *, deleted: bool) -> None:
    table = org.tables[sobject.name]
    for child in sobject.children.values():
        if child.cascade:
            _bin_children(org, child.sobject, child.field, row, doing, deleted=deleted)
    if "IsDeleted" not in sobject.fields:
        table.forget(row["Id"])
        return
    changed = {**row, "IsDeleted": deleted, "SystemModstamp": doing.stamp}
    if deleted:
        changed["LastModifiedDate"] = doing.stamp
        changed["LastModifiedById"] = doing.user_id
    org.store(table, row["Id"], changed)
    org.writes += 1


def _bin_children(
    org: Org, name: str, field: str, parent: Row, doing: Doing, *, deleted: bool
) -> None:
    sobject, table = org.objects[name], org.tables[name]
    if "SystemModstamp" not in sobject.fields:
        return
    for row_id in table.index(field).find(parent["Id"]):
        row = table.rows[row_id]
        same_time = deleted or row.get("SystemModstamp") == parent.get("SystemModstamp")
        if bool(row.get("IsDeleted")) != deleted and same_time:
            _bin(org, sobject, row, doing, deleted=deleted)


def undelete(org: Org, sobject: SObject, record_id: str, doing: Doing) -> None:
    """Takes a row, and what was deleted with it, out of the recycle bin; raises ApiRefusal."""
    table: Table = org.tables[sobject.name]
    row = table.rows.get(record_id)
    if row is None or not row.get("IsDeleted") or row.get("MasterRecordId"):
        raise refuse("UNDELETE_FAILED", "Entity is not in the recycle bin", ())
    _bin(org, sobject, row, doing, deleted=False)
