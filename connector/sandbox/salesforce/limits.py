"""`limits` and `limits/recordCount`."""

from typing import Any

from connector.sandbox.salesforce.calls import Quota
from connector.sandbox.salesforce.errors import not_found
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.request import Reply, Request

_FIXED = {
    "ConcurrentAsyncGetReportInstances": 200, "ConcurrentSyncReportRuns": 20,
    "DailyAsyncApexExecutions": 250000, "DailyBulkApiBatches": 15000,
    "DailyBulkV2QueryFileStorageMB": 976562, "DailyBulkV2QueryJobs": 10000,
    "DailyDurableGenericStreamingApiEvents": 10000, "DailyDurableStreamingApiEvents": 10000,
    "DailyGenericStreamingApiEvents": 10000, "DailyStreamingApiEvents": 10000,
    "DailyWorkflowEmails": 390, "DataStorageMB": 10240,
    "DurableStreamingApiConcurrentClients": 20, "FileStorageMB": 10240,
    "HourlyAsyncReportRuns": 1200, "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5000, "HourlyDashboardStatuses": 999999999,
    "HourlyODataCallout": 10000, "HourlySyncReportRuns": 500, "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 10, "SingleEmail": 15, "StreamingApiConcurrentClients": 20,
}  # fmt: skip


def limits(request: Request, quota: Quota) -> Reply:
    if len(request.parts) == 2 and request.parts[1].lower() == "recordcount":
        return _record_count(request)
    if len(request.parts) > 1:
        raise not_found()
    used = quota.used(request.org.clock.now())
    found = {name: {"Max": most, "Remaining": most} for name, most in _FIXED.items()}
    most = quota.maximum
    found["DailyApiRequests"] = {"Max": most, "Remaining": max(0, most - used)}
    return Reply(body=dict(sorted(found.items())))


def _record_count(request: Request) -> Reply:
    """Live rows per object; an object without rows is left out, as the real count is."""
    org = request.org
    asked = [one for one in request.query.get("sObjects", "").split(",") if one]
    names = [one.name for name in asked if (one := org.object_named(name))] or sorted(org.objects)
    counts = [{"count": _live(org, name), "name": name} for name in names]
    return Reply(body={"sObjects": [one for one in counts if one["count"] or asked]})


def _live(org: Org, name: str) -> Any:
    table = org.tables[name]
    if "IsDeleted" not in org.objects[name].fields:
        return len(table.rows)
    return sum(1 for row in table.rows.values() if not row.get("IsDeleted"))
