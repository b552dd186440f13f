"""getUpdated and getDeleted."""

from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.salesforce.errors import refuse
from connector.sandbox.salesforce.request import Reply, Request
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.values import moment_of, read_datetime, stamp

_UPDATED_DAYS = 30
_DELETED_DAYS = 15
_MOST_IDS = 600_000


def _window(request: Request, sobject: SObject, days: int) -> tuple[datetime, datetime]:
    """`start` and `end` without their seconds; raises ApiRefusal."""
    if not sobject.trait("p"):
        raise refuse("INVALID_REPLICATION_OBJECT", f"object {sobject.name} is not replicateable")
    moments = []
    for name in ("start", "end"):
        text = request.query.get(name, "").replace(" ", "+")
        try:
            read = moment_of(read_datetime(text))
        except ValueError:
            raise refuse(
                "INVALID_REPLICATION_DATE", f"{name} is missing or not a dateTime: {text}"
            ) from None
        moments.append(read.replace(second=0))
    start, end = moments
    if start >= end:
        raise refuse("INVALID_REPLICATION_DATE", "startDate before or equal to endDate")
    if start < request.org.clock.now() - timedelta(days=days, minutes=1):
        raise refuse(
            "INVALID_REPLICATION_DATE",
            f"startDate cannot be more than {days} days ago",
        )
    return start, end


def updated(request: Request, sobject: SObject) -> Reply:
    org = request.org
    start, end = _window(request, sobject, _UPDATED_DAYS)
    table = org.tables[sobject.name]
    ids = [
        row_id
        for row_id in table.changed(stamp(start), stamp(end))
        if (row := org.seen(table, row_id)) and not row.get("IsDeleted")
    ]
    return Reply(body={"ids": _bounded(ids), "latestDateCovered": _covered(request, end)})


def deleted(request: Request, sobject: SObject) -> Reply:
    org = request.org
    start, end = _window(request, sobject, _DELETED_DAYS)
    table = org.tables[sobject.name]
    found = []
    for row_id in table.changed(stamp(start), stamp(end)):
        row = org.seen(table, row_id)
        if row and row.get("IsDeleted"):
            found.append({"id": row_id, "deletedDate": row[table.stamp_field]})
    _bounded(found)
    body = {
        "deletedRecords": found,
        "earliestDateAvailable": stamp(org.earliest_deletion.replace(second=0)),
        "latestDateCovered": _covered(request, end),
    }
    return Reply(body=body)


def _covered(request: Request, end: datetime) -> str:
    return stamp(min(end, request.org.clock.now().replace(second=0, microsecond=0)))


def _bounded(found: list[Any]) -> list[Any]:
    if len(found) > _MOST_IDS:
        raise refuse("EXCEEDED_ID_LIMIT", f"more than {_MOST_IDS} ids in the window")
    return found
