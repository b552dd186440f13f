"""Bulk API 1.0 under `/services/async`: jobs and batches in JSON, CSV or XML envelopes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import orjson

from connector.sandbox.http import Call
from connector.sandbox.salesforce.errors import ApiRefusal, refuse
from connector.sandbox.salesforce.ids import canonical_id, make_id
from connector.sandbox.salesforce.jobs import (
    OPERATIONS,
    Job,
    RowResult,
    at_path,
    cell,
    read_csv,
    record_of,
    texts,
    unknown_column,
    write_csv,
    write_record,
)
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.request import JSON_TYPE, Reply
from connector.sandbox.salesforce.rules import read_auto_assign
from connector.sandbox.salesforce.soql.run import execute
from connector.sandbox.salesforce.values import stamp

_SPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_QUERIES = frozenset({"query", "queryAll"})


class _Refused(Exception):
    """A Bulk 1.0 fault: `exceptionCode` and `exceptionMessage`, status 400 unless said."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


@dataclass(slots=True)
class Batch:
    """One batch: its rows were written (or the query was run) when it arrived."""

    batch_id: str
    created: str
    state: str = "Completed"
    message: str | None = None
    results: list[RowResult] = field(default_factory=list)
    result_id: str | None = None
    columns: tuple[str, ...] = ()
    records: list[dict[str, Any]] = field(default_factory=list)


class Bulk1:
    """The jobs of the older API, which it shares with nobody."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.jobs: dict[str, Job] = {}
        self._batches: dict[str, dict[str, Batch]] = {}

    def handle(self, call: Call, user_id: str | None) -> Reply:
        """Everything below `/services/async/NN.N/`."""
        version, *parts = [one for one in call.path.split("/") if one][2:]
        as_xml = _speaks_xml(call)
        try:
            if user_id is None:
                raise _Refused("InvalidSessionId", "Invalid session id")
            return self._route(call, version, parts, user_id, as_xml)
        except _Refused as refusal:
            error = {"exceptionCode": refusal.code, "exceptionMessage": refusal.message}
            return _reply("error", error, as_xml, refusal.status)
        except ApiRefusal as refusal:
            first = refusal.faults[0]
            error = {"exceptionCode": "InvalidBatch", "exceptionMessage": first.message}
            return _reply("error", error, as_xml, 400)

    def _route(
        self, call: Call, version: str, parts: list[str], user_id: str, as_xml: bool
    ) -> Reply:
        if not parts or parts[0] != "job":
            raise _Refused("InvalidUrl", f"Destination URL not reset: {call.path}", 404)
        if call.method not in ("GET", "POST"):
            raise _Refused("InvalidUrl", f"{call.method} is not supported", 405)  # [B]
        if len(parts) == 1 and call.method == "POST":
            return self._create(call, version, user_id, as_xml)
        job = self.jobs.get(canonical_id(parts[1]) or "") if len(parts) > 1 else None
        if job is None:
            raise _Refused("InvalidJob", "Unable to find job", 404)
        if len(parts) == 2:
            return self._job(call, job, as_xml)
        as_xml = job.content_type != "JSON"  # batches speak the language of their job [C]
        if len(parts) == 3 and parts[2] == "batch":
            if call.method == "POST":
                return self._add(call, job, as_xml)
            found = [self._batch_info(job, one) for one in self._batches[job.job_id].values()]
            return _list_reply("batchInfoList", "batchInfo", found, as_xml)
        if parts[2] != "batch" or call.method != "GET":
            raise _Refused("InvalidUrl", f"Destination URL not reset: {call.path}", 404)
        return self._batch(job, parts, as_xml)

    def _create(self, call: Call, version: str, user_id: str, as_xml: bool) -> Reply:
        given = _read_envelope(call)
        operation = given.get("operation", "")
        sobject = self._org.object_named(given.get("object", ""))
        if operation not in OPERATIONS | _QUERIES:
            raise _Refused("InvalidJob", f"unknown operation {operation}")
        if sobject is None:
            raise _Refused("InvalidJob", f"Unable to find object: {given.get('object')}")
        key = given.get("externalIdFieldName")
        if operation == "upsert" and (not key or sobject.find(key) is None):
            raise _Refused("InvalidJob", "External ID was blank. It is needed for an upsert.")
        number = self._org.numbers.get("750", 0) + 1
        self._org.numbers["750"] = number
        now = self._org.clock.now()
        rule = given.get("assignmentRuleId")
        job = Job(
            job_id=make_id("750", number),
            kind="classic",
            operation=operation,
            sobject=sobject.name,
            created=now,
            modified=now,
            user_id=user_id,
            version=version,
            external_id=key,
            content_type=given.get("contentType", "XML"),
            concurrency=given.get("concurrencyMode", "Parallel"),
            assignment_rule=read_auto_assign(rule) if rule else None,
        )
        self.jobs[job.job_id] = job
        self._batches[job.job_id] = {}
        return _reply("jobInfo", self._job_info(job), as_xml, 201)

    def _job(self, call: Call, job: Job, as_xml: bool) -> Reply:
        if call.method == "POST":
            state = _read_envelope(call).get("state")
            if state not in {"Closed", "Aborted"}:
                raise _Refused("InvalidJobState", f"cannot change to {state}")
            job.state, job.modified = state, self._org.clock.now()
        return _reply("jobInfo", self._job_info(job), as_xml)

    def _job_info(self, job: Job) -> dict[str, Any]:
        batches = self._batches[job.job_id].values()
        info: dict[str, Any] = {
            "apexProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apiVersion": float(job.version),
            "assignmentRuleId": job.assignment_rule,
            "concurrencyMode": job.concurrency,
            "contentType": job.content_type,
            "createdById": job.user_id,
            "createdDate": stamp(job.created),
            "externalIdFieldName": job.external_id,
            "fastPathEnabled": False,
            "id": job.job_id,
            "numberBatchesCompleted": sum(one.state == "Completed" for one in batches),
            "numberBatchesFailed": sum(one.state == "Failed" for one in batches),
            "numberBatchesInProgress": 0,
            "numberBatchesQueued": 0,
            "numberBatchesTotal": len(batches),
            "numberRecordsFailed": sum(self._failed(one) for one in batches),
            "numberRecordsProcessed": sum(_processed(one) for one in batches),
            "numberRetries": 0,
            "object": job.sobject,
            "operation": job.operation,
            "state": job.state,
            "systemModstamp": stamp(job.modified),
            "totalProcessingTime": 0,
        }
        return info

    def _failed(self, batch: Batch) -> int:
        return sum(1 for one in batch.results if one.error)

    def _add(self, call: Call, job: Job, as_xml: bool) -> Reply:
        if job.state != "Open":
            raise _Refused("InvalidJobState", "the job is not open")
        number = self._org.numbers.get("751", 0) + 1
        self._org.numbers["751"] = number
        batch = Batch(make_id("751", number), self._org.stamp())
        self._batches[job.job_id][batch.batch_id] = batch
        if job.operation in _QUERIES:
            self._run_query(job, batch, call.body.decode())
        else:
            self._run_rows(job, batch, call.body)
        return _reply("batchInfo", self._batch_info(job, batch, state="Queued"), as_xml, 201)

    def _run_query(self, job: Job, batch: Batch, text: str) -> None:
        try:
            result = execute(self._org, text, all_rows=job.operation == "queryAll")
        except ApiRefusal as refusal:
            batch.state, batch.message = "Failed", f"InvalidBatch : {refusal.faults[0].message}"
            return
        base = f"/services/data/v{job.version}/sobjects/"
        batch.columns = result.columns
        if result.record is not None:
            batch.records = [result.record(row, base) for row in result.rows]
        batch.result_id = make_id("752", int(self._org.numbers["751"]))

    def _run_rows(self, job: Job, batch: Batch, body: bytes) -> None:
        sobject = self._org.objects[job.sobject]
        try:
            head, records = _rows_of(job, body)
        except (orjson.JSONDecodeError, ApiRefusal):
            batch.state, batch.message = "Failed", "InvalidBatch : the content cannot be read"
            return
        wrong = unknown_column(sobject, head) if job.content_type == "CSV" else None
        if wrong is not None:
            batch.state = "Failed"
            batch.message = f"InvalidBatch : Field name not found : {wrong}"
            return
        doing = Doing(
            user_id=job.user_id,
            stamp=self._org.stamp(),
            auto_assign=job.assignment_rule or "FALSE",
        )
        for record in records:
            given = {name: value for name, value in record.items() if name != "attributes"}
            batch.results.append(write_record(self._org, job, sobject, given, doing, head))

    def _batch_info(self, job: Job, batch: Batch, state: str | None = None) -> dict[str, Any]:
        return {
            "apexProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "createdDate": batch.created,
            "id": batch.batch_id,
            "jobId": job.job_id,
            "numberRecordsFailed": 0 if state else self._failed(batch),
            "numberRecordsProcessed": 0 if state else _processed(batch),
            "state": state or batch.state,
            "stateMessage": None if state else batch.message,
            "systemModstamp": batch.created,
            "totalProcessingTime": 0,
        }

    def _batch(self, job: Job, parts: list[str], as_xml: bool) -> Reply:
        batch = self._batches[job.job_id].get(canonical_id(parts[3]) or "")
        if batch is None:
            raise _Refused("InvalidBatch", "Unable to find batch", 404)
        if len(parts) == 4:
            return _reply("batchInfo", self._batch_info(job, batch), as_xml)
        if parts[4] != "result":
            raise _Refused("InvalidUrl", "unknown resource", 404)
        if job.operation in _QUERIES:
            return _query_result(job, batch, len(parts) == 6, as_xml)
        return _row_results(job, batch)


def _processed(batch: Batch) -> int:
    return len(batch.results) or len(batch.records)


def _rows_of(job: Job, body: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    if job.content_type == "JSON":
        found = orjson.loads(body)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise refuse("CLIENT_ERROR", "a batch is a list of records")
        return [], found
    lines = read_csv(body, ",")
    head = lines[0] if lines else []
    return head, [record_of(head, line) for line in lines[1:]]


def _row_results(job: Job, batch: Batch) -> Reply:
    """One entry per row, in order. Errors are text in CSV and a list in JSON."""
    if job.content_type == "CSV":
        lines = [["Id", "Success", "Created", "Error"]]
        lines += [
            [one.record_id, cell(not one.error), cell(one.created), one.error]
            for one in batch.results
        ]
        return Reply(headers={"Content-Type": "text/csv"}, raw=write_csv(lines).encode())
    found = [
        {
            "success": not one.error,
            "created": one.created,
            "id": one.record_id or None,
            "errors": [_as_error(one.error)] if one.error else [],
        }
        for one in batch.results
    ]
    return Reply(body=found)


def _as_error(text: str) -> dict[str, Any]:
    code, _, rest = text.removesuffix(" --").partition(":")
    message, _, fields = rest.rpartition(":")
    return {
        "message": message,
        "fields": [one for one in fields.split(",") if one],
        "statusCode": code,
        "extendedErrorDetails": None,
    }


def _query_result(job: Job, batch: Batch, whole: bool, as_xml: bool) -> Reply:
    """The list of results of a query batch, or one result."""
    if not whole:
        ids = [batch.result_id] if batch.result_id else []
        if job.content_type == "JSON":
            return Reply(body=ids)
        inner = "".join(f"<result>{one}</result>" for one in ids)
        text = f'<result-list xmlns="{_SPACE}">{inner}</result-list>'
        return Reply(headers={"Content-Type": "application/xml"}, raw=text.encode())
    if job.content_type == "JSON":
        return Reply(body=batch.records)
    lines = [list(batch.columns)]
    lines += [[cell(at_path(record, name)) for name in batch.columns] for record in batch.records]
    return Reply(headers={"Content-Type": "text/csv"}, raw=write_csv(lines).encode())


def _speaks_xml(call: Call) -> bool:
    """Whether a job is described in XML: unless the client sends, or wants, JSON."""
    asked = call.headers.get("content-type", "") + call.headers.get("accept", "")
    return "json" not in asked


def _read_envelope(call: Call) -> dict[str, str]:
    """A job description in JSON or XML as plain names and texts."""
    if call.body.lstrip().startswith(b"<"):
        try:
            root = ElementTree.fromstring(call.body)
        except ElementTree.ParseError:
            raise _Refused("InvalidJob", "the XML cannot be read") from None
        return {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in root}
    try:
        found = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise _Refused("InvalidJob", "the JSON cannot be read") from None
    if not isinstance(found, dict):
        raise _Refused("InvalidJob", "a job is an object")
    return texts(found)


def _xml(name: str, given: Mapping[str, Any]) -> str:
    inner = "".join(
        f"<{key}>{escape(cell(value))}</{key}>" for key, value in given.items() if value is not None
    )
    return f'<{name} xmlns="{_SPACE}">{inner}</{name}>'


def _reply(name: str, given: Mapping[str, Any], as_xml: bool, status: int = 200) -> Reply:
    if not as_xml:
        raw = orjson.dumps(dict(given))
        return Reply(status=status, headers={"Content-Type": JSON_TYPE}, raw=raw)
    text = '<?xml version="1.0" encoding="UTF-8"?>' + _xml(name, given)
    return Reply(status=status, headers={"Content-Type": "application/xml"}, raw=text.encode())


def _list_reply(name: str, entry: str, found: list[dict[str, Any]], as_xml: bool) -> Reply:
    if not as_xml:
        return Reply(body={entry: found})
    inner = "".join(_xml(entry, one) for one in found)
    text = f'<{name} xmlns="{_SPACE}">{inner}</{name}>'
    return Reply(headers={"Content-Type": "application/xml"}, raw=text.encode())
