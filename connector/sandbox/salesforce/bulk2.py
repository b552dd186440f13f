"""Bulk API 2.0: `jobs/ingest` and `jobs/query`."""

import email
import email.policy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson

from connector.sandbox.salesforce.errors import ApiRefusal, not_found, refuse
from connector.sandbox.salesforce.ids import canonical_id, make_id
from connector.sandbox.salesforce.jobs import (
    DELIMITERS,
    OPERATIONS,
    Job,
    at_path,
    cell,
    run_csv,
    texts,
    write_csv,
)
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.request import Reply, Request
from connector.sandbox.salesforce.rows_api import wrong_method
from connector.sandbox.salesforce.rules import read_auto_assign
from connector.sandbox.salesforce.soql.run import execute
from connector.sandbox.salesforce.values import stamp

CSV_TYPE = "text/csv"
MOST_BYTES = 150_000_000
_RESULTS = ("successfulresults", "failedresults", "unprocessedrecords")


class Bulk2:
    """All jobs, and their progress: at once, or as many seconds after as the settings say."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.jobs: dict[str, Job] = {}
        self.waiting: set[str] = set()

    def advance(self) -> None:
        """Runs what is due by the clock."""
        if self.waiting:
            for job in [self.jobs[one] for one in self.waiting if one in self.jobs]:
                self._advance(job)
            self.waiting = {one for one in self.waiting if not self._ended(one)}

    def _ended(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        return job is None or job.final

    def _advance(self, job: Job) -> None:
        now = self.org.clock.now()
        seconds = self.org.settings.bulk_seconds
        if job.uploaded is None or job.final or now < job.uploaded + timedelta(seconds=seconds / 2):
            return
        job.state = "InProgress"
        if now < job.uploaded + timedelta(seconds=seconds):
            return
        job.modified = now
        if job.kind == "ingest":
            run_csv(self.org, job, self._doing(job))
            if self.org.settings.bulk_result_order == "shuffled":
                pairs = list(zip(job.lines, job.results, strict=True))
                self.org.rng.shuffle(pairs)
                job.lines = [line for line, _ in pairs]
                job.results = [result for _, result in pairs]
        else:
            self._run_query(job)

    def _doing(self, job: Job) -> Doing:
        """Bulk runs an assignment rule only where the job names one [B]."""
        return Doing(
            user_id=job.user_id,
            stamp=self.org.stamp(),
            auto_assign=job.assignment_rule or "FALSE",
        )

    def _run_query(self, job: Job) -> None:
        try:
            result = execute(self.org, job.query, all_rows=job.operation == "queryAll")
        except ApiRefusal as refusal:
            job.state, job.error = "Failed", refusal.faults[0].message
            return
        job.head = list(result.columns)
        make = result.record
        for row in result.rows:
            record = make(row, "") if make else {}
            job.output.append([cell(at_path(record, name)) for name in result.columns])
        job.state = "JobComplete"

    # -- requests

    def handle(self, request: Request) -> Reply:
        """Everything below `jobs`; raises ApiRefusal."""
        parts = request.parts[1:]
        if not parts or parts[0].lower() not in {"ingest", "query"}:
            raise not_found()
        kind = parts[0].lower()
        if len(parts) == 1:
            if request.method == "POST":
                return self._create(request, kind)
            if request.method == "GET":
                return self._list(request, kind)
            raise wrong_method(request)
        job = self.jobs.get(canonical_id(parts[1]) or "")
        if job is None or job.kind != kind:
            raise not_found()
        if len(parts) == 2:
            return self._one(request, job)
        return self._part(request, job, parts[2].lower())

    def _create(self, request: Request, kind: str) -> Reply:
        described, content = _job_request(request)
        given = texts(described)
        job = self._new_job(request, kind, given)
        self.jobs[job.job_id] = job
        self.waiting.add(job.job_id)
        if kind == "query":
            job.state = "UploadComplete"
            job.uploaded = self.org.clock.now()
            body = _describe(job, brief=False)
            self._advance(job)
            return Reply(body=body)
        if content is not None:
            job.content, job.state = content, "UploadComplete"
            job.uploaded = self.org.clock.now()
            return Reply(body=_describe(job, brief=True))
        return Reply(body=_describe(job, brief=False))

    def _new_job(self, request: Request, kind: str, given: dict[str, str]) -> Job:
        operation = given.get("operation")
        name = self._query_object(given) if kind == "query" else self._ingest_object(given)
        delimiter = given.get("columnDelimiter", "COMMA")
        if delimiter not in DELIMITERS or given.get("contentType", "CSV") != "CSV":
            raise refuse("INVALIDJOB", "InvalidJob : unknown columnDelimiter or contentType")
        rule = given.get("assignmentRuleId")
        number = self.org.numbers.get("750", 0) + 1
        self.org.numbers["750"] = number
        now = self.org.clock.now()
        return Job(
            job_id=make_id("750", number),
            kind=kind,
            operation=str(operation),
            sobject=name,
            created=now,
            modified=now,
            user_id=request.user_id,
            version=request.version,
            external_id=given.get("externalIdFieldName"),
            line_ending=given.get("lineEnding", "LF"),
            delimiter=delimiter,
            assignment_rule=read_auto_assign(rule) if rule else None,
            query=given.get("query", ""),
        )

    def _ingest_object(self, given: dict[str, str]) -> str:
        sobject = self.org.object_named(str(given.get("object", "")))
        if given.get("operation") not in OPERATIONS:
            raise refuse("INVALIDJOB", f"InvalidJob : unknown operation {given.get('operation')}")
        if sobject is None:
            raise refuse("INVALIDJOB", f"InvalidJob : Unable to find object: {given.get('object')}")
        if given["operation"] == "upsert":
            key = sobject.find(str(given.get("externalIdFieldName", "")))
            if key is None or not key.lookup_key:
                raise refuse(
                    "INVALIDJOB",
                    f"InvalidJob : External ID was blank for {sobject.name}. An External ID must "
                    "be specified for upsert.",
                )
        return sobject.name

    def _query_object(self, given: dict[str, str]) -> str:
        if given.get("operation") not in {"query", "queryAll"}:
            raise refuse("INVALIDJOB", f"InvalidJob : unknown operation {given.get('operation')}")
        text = str(given.get("query", ""))
        result = execute(self.org, text)
        if result.record is None:
            raise refuse("API_ERROR", "Aggregate queries are not supported in Bulk Query")
        fields = self.org.objects[result.sobject].fields
        if any(name in fields and fields[name].type == "address" for name in result.columns):
            raise refuse("API_ERROR", "Selecting compound data not supported in Bulk Query")
        return result.sobject

    def _list(self, request: Request, kind: str) -> Reply:
        found = [_describe(job, brief=True) for job in self.jobs.values() if job.kind == kind]
        return Reply(body={"done": True, "records": found, "nextRecordsUrl": None})

    def _one(self, request: Request, job: Job) -> Reply:
        if request.method == "GET":
            self._advance(job)
            return Reply(body=_progress(job))
        if request.method == "PATCH":
            return self._close(request, job)
        if request.method == "DELETE":
            if not job.final:
                raise refuse("API_ERROR", "Only finished jobs can be deleted", status=409)
            del self.jobs[job.job_id]
            return Reply(status=204)
        raise wrong_method(request)

    def _close(self, request: Request, job: Job) -> Reply:
        wanted = request.json_object().get("state")
        if wanted not in {"UploadComplete", "Aborted"} or job.final:
            raise refuse("INVALIDJOBSTATE", f"Aborting/closing job not allowed: {job.state}")
        job.state = str(wanted)
        job.modified = self.org.clock.now()
        if wanted == "UploadComplete":
            job.uploaded = job.modified
        body = _describe(job, brief=True)
        if wanted == "UploadComplete" and not self.org.settings.bulk_seconds:
            self._advance(job)
        return Reply(body=body)

    def _part(self, request: Request, job: Job, name: str) -> Reply:
        if job.kind == "ingest" and name == "batches" and request.method == "PUT":
            return self._upload(request, job)
        if request.method != "GET":
            raise wrong_method(request)
        if job.kind == "ingest" and name in _RESULTS:
            return _ingest_results(job, name)
        if job.kind == "query" and name == "results":
            return self._query_results(request, job)
        raise not_found()

    def _upload(self, request: Request, job: Job) -> Reply:
        if job.state != "Open" or job.content:
            raise refuse("INVALIDJOBSTATE", "Job already has its content, or is closed")
        if len(request.raw) > MOST_BYTES:
            raise refuse("EXCEEDED_MAX_SIZE_REQUEST", "the content is too large", status=413)
        job.content = request.raw
        return Reply(status=201, raw=b"")

    def _query_results(self, request: Request, job: Job) -> Reply:
        if request.version != job.version:
            raise refuse("VERSION_MISMATCH", "results need the version of the job", status=409)
        self._advance(job)
        if job.state != "JobComplete":
            return Reply(status=204)
        start = request.query.get("locator", "")
        at = int(start) if start.isdigit() else 0
        most = request.query.get("maxRecords", "")
        end = at + int(most) if most.isdigit() and int(most) else len(job.output)
        lines = job.output[at:end]
        text = write_csv([job.head, *lines], job.separator, job.line_end)
        headers = {
            "Content-Type": CSV_TYPE,
            "Sforce-NumberOfRecords": str(len(lines)),
            "Sforce-Locator": str(end) if end < len(job.output) else "null",
        }
        return Reply(headers=headers, raw=text.encode())


def _job_request(request: Request) -> tuple[dict[str, Any], bytes | None]:
    """The job's description, and its content where both come as one multipart body [B]."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/"):
        return request.json_object(), None
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.raw, policy=email.policy.HTTP)
    parts: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts[str(name)] = content
    try:
        given = orjson.loads(parts["job"])
    except (KeyError, orjson.JSONDecodeError):
        raise refuse("JSON_PARSER_ERROR", "the part named job is missing or no JSON") from None
    if not isinstance(given, dict):
        raise refuse("JSON_PARSER_ERROR", "the part named job is no object")
    return given, parts.get("content")


def _describe(job: Job, *, brief: bool) -> dict[str, Any]:
    """A job as its creation shows it; `brief` leaves out what PATCH leaves out [R]."""
    given: dict[str, Any] = {
        "id": job.job_id,
        "operation": job.operation,
        "object": job.sobject,
        "createdById": job.user_id,
        "createdDate": stamp(job.created),
        "systemModstamp": stamp(job.modified),
        "state": job.state,
    }
    if job.external_id:
        given["externalIdFieldName"] = job.external_id
    given["concurrencyMode"] = job.concurrency
    given["contentType"] = job.content_type
    given["apiVersion"] = float(job.version)
    if job.assignment_rule:
        given["assignmentRuleId"] = job.assignment_rule
    if brief:
        return given
    if job.kind == "ingest":
        given["contentUrl"] = f"services/data/v{job.version}/jobs/ingest/{job.job_id}/batches"
    given["lineEnding"] = job.line_ending
    given["columnDelimiter"] = job.delimiter
    return given


def _progress(job: Job) -> dict[str, Any]:
    given = _describe(job, brief=True)
    if job.kind == "ingest" and job.state == "Open":
        given["contentUrl"] = f"services/data/v{job.version}/jobs/ingest/{job.job_id}/batches"
    processed = len(job.results) if job.kind == "ingest" else len(job.output)
    given.update(
        jobType="V2Ingest" if job.kind == "ingest" else "V2Query",
        lineEnding=job.line_ending,
        columnDelimiter=job.delimiter,
        numberRecordsProcessed=processed,
    )
    if job.kind == "ingest":
        given["numberRecordsFailed"] = job.failed_rows
    given["retries"] = 0
    given["totalProcessingTime"] = processed
    if job.kind == "ingest":
        given["apiActiveProcessingTime"] = processed
        given["apexProcessingTime"] = 0
    if job.error:
        given["errorMessage"] = job.error
    return given


def _ingest_results(job: Job, name: str) -> Reply:
    """Rows that went well, failed, or were never looked at, as CSV."""
    pairs = list(zip(job.lines, job.results, strict=False))
    pick: dict[str, Callable[[], list[list[str]]]] = {
        "successfulresults": lambda: [
            [one.record_id, "true" if one.created else "false", *line]
            for line, one in pairs
            if not one.error
        ],
        "failedresults": lambda: [
            [one.record_id, one.error, *line] for line, one in pairs if one.error
        ],
        "unprocessedrecords": lambda: job.lines[len(job.results) :],
    }
    added = {"successfulresults": "sf__Created", "failedresults": "sf__Error"}.get(name)
    first = write_csv([["sf__Id", added]], job.separator, "") if added else ""
    own = job.separator.join(job.head)  # the line as it was sent, quoted only where needed
    head = job.separator.join(part for part in (first, own) if part) + job.line_end
    text = head + write_csv(pick[name](), job.separator, job.line_end)
    return Reply(headers={"Content-Type": CSV_TYPE}, raw=text.encode())
