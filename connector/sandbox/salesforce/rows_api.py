"""`sobjects/X`, its rows by id and by external id."""

from typing import Any

from connector.sandbox.salesforce import describe, replication, rows
from connector.sandbox.salesforce.errors import not_found, refuse
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.request import Reply, Request, http_date, not_modified
from connector.sandbox.salesforce.schema import Field, SObject
from connector.sandbox.salesforce.soql.parse import Path
from connector.sandbox.salesforce.soql.records import Layout
from connector.sandbox.salesforce.soql.scope import Scope
from connector.sandbox.salesforce.tables import Row
from connector.sandbox.salesforce.values import moment_of


def sobjects(request: Request) -> Reply:
    """Everything below `sobjects`."""
    parts = request.parts[1:]
    if not parts:
        if request.method != "GET":
            raise wrong_method(request)
        return describe.everything(request)
    sobject = request.sobject(parts[0])
    if len(parts) == 1:
        return _collection(request, sobject)
    if len(parts) == 2:
        return _second(request, sobject, parts[1])
    if parts[1].lower() == "describe":
        raise not_found()
    if len(parts) == 3:
        return _by_key(request, sobject, parts[1], parts[2])
    raise not_found()


def _collection(request: Request, sobject: SObject) -> Reply:
    if request.method == "POST":
        return create(request, sobject, request.json_object())
    if request.method == "GET":
        return describe.brief(request, sobject)
    raise wrong_method(request)


def _second(request: Request, sobject: SObject, name: str) -> Reply:
    special = {
        "describe": describe.full,
        "updated": replication.updated,
        "deleted": replication.deleted,
    }.get(name.lower())
    if special is not None:
        if request.method != "GET":
            raise wrong_method(request)
        return special(request, sobject)
    if request.method == "POST" and name.lower() == "id":
        return create(request, sobject, request.json_object())
    if request.method == "GET":
        record_id = canonical_id(name)
        if record_id is None:
            raise _no_key(name)
        return read(request, sobject, record_id)
    if request.method == "PATCH":
        return change(request, sobject, name)
    if request.method == "DELETE":
        return remove(request, sobject, name)
    raise wrong_method(request)


def wrong_method(request: Request) -> Any:
    return method_refused(request.method)


def method_refused(method: str) -> Any:
    return refuse(
        "METHOD_NOT_ALLOWED",
        f"HTTP Method '{method}' not allowed. Allowed are HEAD,GET,POST,PATCH,DELETE",
        status=405,
        code_first=True,
    )


def create(request: Request, sobject: SObject, given: dict[str, Any]) -> Reply:
    doing = request.doing()
    with request.transaction():
        record_id = rows.insert(request.org, sobject, given, doing)
    return _created(request, sobject, {"id": record_id, "success": True, "errors": []})


def _created(request: Request, sobject: SObject, body: dict[str, Any]) -> Reply:
    location = f"{request.base}{sobject.name}/{body['id']}"
    return Reply(status=201, body=body, headers={"Location": location})


def change(request: Request, sobject: SObject, name: str) -> Reply:
    """PATCH of a row by id. Unknown columns are refused before a malformed id [R]."""
    given = request.json_object()
    record_id = canonical_id(name)
    org, doing = request.org, request.doing()
    with request.transaction():
        if record_id is None:
            rows.read_fields(org, sobject, given, "u")
            raise rows.malformed(name)
        _check_unmodified(request, org.tables[sobject.name].rows.get(record_id))
        rows.update(org, sobject, record_id, given, doing)
    return Reply(status=204)


def _check_unmodified(request: Request, row: Row | None) -> None:
    """If-Unmodified-Since: 412 where the row is newer [B]."""
    if row is None or not (given := request.headers.get("if-unmodified-since")):
        return
    if not not_modified({"if-modified-since": given}, moment_of(row["SystemModstamp"])):
        raise refuse("PRECONDITION_FAILED", "The record was modified since", status=412)


def remove(request: Request, sobject: SObject, name: str) -> Reply:
    record_id = canonical_id(name)
    if record_id is None:
        raise rows.malformed(name)
    with request.transaction():
        rows.delete(request.org, sobject, record_id, request.doing())
    return Reply(status=204)


def read(request: Request, sobject: SObject, record_id: str) -> Reply:
    """GET of a row: all fields, or those of `fields`."""
    org = request.org
    row = org.seen(org.tables[sobject.name], record_id)
    if row is None or row.get("IsDeleted"):
        raise not_found()
    headers = {}
    if row.get("LastModifiedDate"):
        changed = moment_of(row["LastModifiedDate"])
        headers["Last-Modified"] = http_date(changed)
        if not_modified(request.headers, changed):
            return Reply(status=304, headers=headers)
    wanted = [name.strip() for name in request.query.get("fields", "").split(",") if name.strip()]
    record = record_maker(request, sobject, wanted)(row, request.base)
    return Reply(body=record, headers=headers)


def record_maker(request: Request, sobject: SObject, wanted: list[str]) -> Any:
    """A maker of records with the given fields, or with all; raises ApiRefusal."""
    org = request.org
    scope = Scope(org, sobject, "")
    layout = Layout(org, sobject.name)
    if not wanted:
        for name in (one for one in sobject.fields if one not in sobject.unseen):
            layout.add(scope.resolve(Path((name,), 0)))
        return layout.maker()
    for name in wanted:
        if "." not in name and sobject.find(name) is None:
            raise refuse(
                "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}"
            )
        layout.add(scope.resolve(Path(tuple(name.split(".")), 0)))
    if "Id" not in layout.entries:
        layout.add(scope.resolve(Path(("Id",), 0)))
    return layout.maker()


def _no_key(name: str) -> Any:
    return refuse(
        "NOT_FOUND",
        f"Provided external ID field does not exist or is not accessible: {name}",
        status=404,
    )


def key_field(sobject: SObject, name: str) -> Field:
    """The external id (or idLookup) field of a path; raises ApiRefusal with 404."""
    field = sobject.find(name)
    if field is None or not field.lookup_key:
        raise _no_key(name)
    return field


def _by_key(request: Request, sobject: SObject, name: str, value: str) -> Reply:
    """Rows by external id: upsert, read, delete."""
    key = key_field(sobject, name)
    if request.method == "PATCH":
        return _upsert(request, sobject, key, value)
    found = [value] if key.name == "Id" else rows.matches(request.org, sobject, key, value)
    if not found:
        raise not_found()
    if len(found) > 1:
        return _several(request, sobject, found)
    if request.method == "GET":
        return read(request, sobject, found[0])
    if request.method == "DELETE":
        return remove(request, sobject, found[0])
    raise wrong_method(request)


def _several(request: Request, sobject: SObject, found: list[str]) -> Reply:
    return Reply(status=300, body=[f"{request.base}{sobject.name}/{one}" for one in found])


def _upsert(request: Request, sobject: SObject, key: Field, value: str) -> Reply:
    given = request.json_object()
    _key_not_in_body(given, key)
    org, doing = request.org, request.doing()
    found = rows.matches(org, sobject, key, value) if key.name != "Id" else []
    if len(found) > 1:
        return _several(request, sobject, found)
    may_create = request.query.get("updateOnly", "").lower() != "true"
    with request.transaction():
        record_id, created = rows.upsert(
            org, sobject, key, value, given, doing, may_create=may_create
        )
    body = {"id": record_id, "success": True, "errors": [], "created": created}
    return _created(request, sobject, body) if created else Reply(body=body)


def _key_not_in_body(given: dict[str, Any], key: Field) -> None:
    """The field in the URL must not be in the body as well [B]."""
    if any(name.lower() == key.name.lower() for name in given):
        raise refuse(
            "INVALID_FIELD",
            f"The {key.name} field should not be specified in the sobject data.",
        )
