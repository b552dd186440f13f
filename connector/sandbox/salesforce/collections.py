"""sObject Collections: up to 200 rows in one call, each with its own result."""

from collections.abc import Callable
from typing import Any

from connector.sandbox.salesforce import rows, rows_api
from connector.sandbox.salesforce.errors import ApiRefusal, Fault, no_column, not_found, refuse
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.request import Reply, Request, attribute, objects_of
from connector.sandbox.salesforce.schema import Field, SObject

MOST_RECORDS = 200
MOST_CHUNKS = 10
MOST_RETRIEVED = 2000
Result = dict[str, Any]
Write = Callable[[int, dict[str, Any]], Result]

_ROLLED_BACK = Fault(
    code="ALL_OR_NONE_OPERATION_ROLLED_BACK",
    message="Record rolled back because not all records were valid and the request was using "
    "AllOrNone header",
    fields=(),
)


def collections(request: Request) -> Reply:
    """`composite/sobjects`, with an object and an external id field after it."""
    parts = request.parts[2:]
    method = request.method
    if not parts:
        if method == "POST":
            return _many(request, _inserter(request))
        if method == "PATCH":
            return _many(request, _updater(request))
        if method == "DELETE":
            return _delete(request)
        raise rows_api.wrong_method(request)
    sobject = request.sobject(parts[0])
    if len(parts) == 2 and method == "PATCH":
        return _upsert(request, sobject, rows_api.key_field(sobject, parts[1]))
    if len(parts) == 1 and method in {"GET", "POST"}:
        return _retrieve(request, sobject)
    raise not_found()


def _records(request: Request) -> tuple[list[dict[str, Any]], bool]:
    body = request.json_object()
    records = objects_of(body.get("records") or [], "records")
    if not records:
        raise refuse("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(records) > MOST_RECORDS:
        raise _too_many(MOST_RECORDS)
    chunks, previous = 0, None
    for record in records:
        kind = attribute(record, "type")
        chunks += kind != previous
        previous = kind
    if chunks > MOST_CHUNKS:
        raise refuse(
            "LIMIT_EXCEEDED",
            f"You can't have more than {MOST_CHUNKS} chunks in one operation",
        )
    return records, body.get("allOrNone") is True


def _too_many(most: int) -> ApiRefusal:
    """The text is that of the SOAP call; REST's own is not established [C]."""
    text = f"record limit reached. cannot submit more than {most} records into this call"
    return refuse("EXCEEDED_ID_LIMIT", text)


def _type_of(request: Request, record: dict[str, Any]) -> SObject:
    name = attribute(record, "type")
    if name is None:
        raise refuse("INVALID_INPUT", "Include the type attribute in each record", ())
    found = request.org.object_named(name)
    if found is None:
        raise refuse("INVALID_TYPE", f"sObject type '{name}' is not supported.", ())
    return found


def _inserter(request: Request) -> Write:
    org, doing = request.org, request.doing()

    def write(at: int, record: dict[str, Any]) -> Result:
        record_id = rows.insert(org, _type_of(request, record), record, doing)
        return {"id": record_id, "success": True, "errors": []}

    return write


def _updater(request: Request) -> Write:
    org, doing = request.org, request.doing()

    def write(at: int, record: dict[str, Any]) -> Result:
        sobject = _type_of(request, record)
        given = {name: value for name, value in record.items() if name.lower() != "id"}
        raw = record.get("id") or record.get("Id")
        if raw is None:
            _known_columns(sobject, given)
            raise refuse("MISSING_ARGUMENT", "Id not specified in an update call", ())
        record_id = canonical_id(str(raw))
        if record_id is None:
            raise rows.malformed(str(raw))
        rows.update(org, sobject, record_id, given, doing)
        return {"id": record_id, "success": True, "errors": []}

    return write


def _known_columns(sobject: SObject, given: dict[str, Any]) -> None:
    for name in given:
        known = name == "attributes" or sobject.find(name) is not None
        if not known and name.lower() not in sobject.relationships:
            raise ApiRefusal([no_column(name, sobject.name)])


def _upsert(request: Request, sobject: SObject, key: Field) -> Reply:
    """Rows whose key is twice in the request all fail, before anything is written [B]."""
    records, all_or_none = _records(request)
    org, doing = request.org, request.doing()
    doubled = _doubled(records, key)

    def write(at: int, record: dict[str, Any]) -> Result:
        value = record.get(key.name)
        if value is None and key.name == "Id":
            value = record.get("id")
        if value is not None and str(value).lower() in doubled:
            raise refuse(
                "DUPLICATE_VALUE", f"Duplicate external id specified: {value}", (key.name,)
            )
        return upsert_one(org, sobject, key, value, record, doing)

    def on_failure(record: dict[str, Any]) -> Result:
        """A failed insert still says that it would have created [C]."""
        value = record.get(key.name)
        return {"created": not (value and rows.matches(org, sobject, key, value))}

    return _run(request, records, all_or_none, write, on_failure)


def upsert_one(
    org: Org, sobject: SObject, key: Field, value: Any, record: dict[str, Any], doing: Doing
) -> Result:
    """One row of an upsert; raises ApiRefusal."""
    if value in (None, "") and key.name != "Id":
        raise refuse("MISSING_ARGUMENT", f"{key.name} not specified", ())
    given = {name: one for name, one in record.items() if name.lower() != "id"}
    record_id, created = rows.upsert(org, sobject, key, value, given, doing)
    return {"id": record_id, "success": True, "errors": [], "created": created}


def _doubled(records: list[dict[str, Any]], key: Field) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for record in records:
        value = record.get(key.name)
        if value is not None:
            folded = str(value).lower()
            (twice if folded in seen else seen).add(folded)
    return twice


def _many(request: Request, write: Write) -> Reply:
    records, all_or_none = _records(request)
    return _run(request, records, all_or_none, write, _nothing)


def _nothing(record: dict[str, Any]) -> Result:
    return {}


def _run(
    request: Request,
    records: list[dict[str, Any]],
    all_or_none: bool,
    write: Write,
    on_failure: Callable[[dict[str, Any]], Result],
) -> Reply:
    journal = request.org.journal
    results: list[Result] = []
    failed = False
    with request.transaction():
        outer = journal.begin()
        for at, record in enumerate(records):
            mark = journal.begin()
            try:
                results.append(write(at, record))
            except ApiRefusal as refusal:
                journal.rollback(mark)
                failed = True
                results.append({**_failure(refusal), **on_failure(record)})
            else:
                journal.commit(mark)
        if failed and all_or_none:
            journal.rollback(outer)
            rolled_back = _failure(ApiRefusal([_ROLLED_BACK]))
            results = [
                {**rolled_back, **on_failure(record)} if one["success"] else one
                for record, one in zip(records, results, strict=True)
            ]
        else:
            journal.commit(outer)
    return Reply(body=results)


def _failure(refusal: ApiRefusal) -> Result:
    """A failed row. In a collection a duplicate rule does not say what it matched [D]."""
    errors = []
    for fault in refusal.faults:
        error = fault.as_row_error()
        if fault.details is not None:
            error["message"] = "Use one of these records?"
        if fault.code == "DUPLICATE_EXTERNAL_ID":
            error["fields"] = []
        errors.append(error)
    return {"success": False, "errors": errors}


def _delete(request: Request) -> Reply:
    ids = [one for one in request.query.get("ids", "").split(",") if one]
    if not ids:
        raise refuse("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(ids) > MOST_RECORDS:
        raise _too_many(MOST_RECORDS)
    org, doing = request.org, request.doing()

    def write(at: int, record: dict[str, Any]) -> Result:
        raw = record["id"]
        record_id = canonical_id(raw)
        sobject = org.object_of_id(record_id) if record_id else None
        if record_id is None or sobject is None:
            raise refuse("MALFORMED_ID", f"malformed id {raw}", ())
        rows.delete(org, sobject, record_id, doing)
        return {"id": record_id, "success": True, "errors": []}

    all_or_none = request.query.get("allOrNone", "").lower() == "true"
    return _run(request, [{"id": one} for one in ids], all_or_none, write, _nothing)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise refuse("JSON_PARSER_ERROR", "ids and fields are lists")
    return [str(one) for one in value]


def _retrieve(request: Request, sobject: SObject) -> Reply:
    """Rows by id; what is not there is null in its place."""
    if request.method == "GET":
        ids = [one for one in request.query.get("ids", "").split(",") if one]
        fields = [one for one in request.query.get("fields", "").split(",") if one]
    else:
        body = request.json_object()
        ids, fields = _texts(body.get("ids")), _texts(body.get("fields"))
    if not ids or not fields:
        raise refuse("MALFORMED_QUERY", "ids and fields are required")
    if len(ids) > MOST_RETRIEVED:
        raise _too_many(MOST_RETRIEVED)
    org = request.org
    make = rows_api.record_maker(request, sobject, fields)
    table = org.tables[sobject.name]
    found = []
    for raw in ids:
        record_id = canonical_id(str(raw))
        if record_id is None:
            raise refuse("MALFORMED_ID", f"malformed id {raw}")
        row = org.seen(table, record_id)
        found.append(make(row, request.base) if row and not row.get("IsDeleted") else None)
    return Reply(body=found)
