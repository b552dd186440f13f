"""Bulk jobs of both generations: their state, their rows in CSV, and how rows are written."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.sandbox.salesforce import collections, rows
from connector.sandbox.salesforce.errors import ApiRefusal, Fault, refuse
from connector.sandbox.salesforce.ids import canonical_id
from connector.sandbox.salesforce.org import Doing, Org
from connector.sandbox.salesforce.schema import SObject
from connector.sandbox.salesforce.values import NotReadable

DELIMITERS = {
    "COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`",
}  # fmt: skip
OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
NULL = "#N/A"


@dataclass(slots=True)
class RowResult:
    """What became of one row: its id, whether it is new, and the error if it failed."""

    record_id: str = ""
    created: bool = False
    error: str = ""


@dataclass(slots=True, kw_only=True)
class Job:
    """One job; `state` runs Open, UploadComplete, InProgress, then a final one."""

    job_id: str
    kind: str
    operation: str
    sobject: str
    created: datetime
    modified: datetime
    user_id: str
    version: str
    state: str = "Open"
    external_id: str | None = None
    content_type: str = "CSV"
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    assignment_rule: str | None = None
    concurrency: str = "Parallel"
    query: str = ""
    error: str | None = None
    uploaded: datetime | None = None
    content: bytes = b""
    head: list[str] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    results: list[RowResult] = field(default_factory=list)
    output: list[list[str]] = field(default_factory=list)

    @property
    def separator(self) -> str:
        return DELIMITERS[self.delimiter]

    @property
    def line_end(self) -> str:
        return "\r\n" if self.line_ending == "CRLF" else "\n"

    @property
    def final(self) -> bool:
        return self.state in {"JobComplete", "Failed", "Aborted"}

    @property
    def failed_rows(self) -> int:
        return sum(1 for one in self.results if one.error)


def read_csv(content: bytes, separator: str) -> list[list[str]]:
    """All lines of a CSV body, quoted line breaks kept; raises ApiRefusal where it is not one."""
    try:
        source = io.StringIO(content.decode("utf-8-sig"), newline="")
        return [line for line in csv.reader(source, delimiter=separator) if line]
    except (UnicodeDecodeError, csv.Error):
        raise refuse("CLIENT_ERROR", "InvalidBatch : Failed to parse CSV") from None


def texts(given: dict[str, Any]) -> dict[str, str]:
    """A job's description, all values as text; null ones are left out."""
    return {name: str(value) for name, value in given.items() if value is not None}


def write_csv(lines: Iterable[Sequence[str]], separator: str = ",", line_end: str = "\n") -> str:
    """Lines with every value in quotes, as results are sent."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=line_end)
    writer.writerows(lines)
    return out.getvalue()


def unknown_column(sobject: SObject, head: Iterable[str]) -> str | None:
    """The first column that is no field (nor a parent's external id), if any."""
    for name in head:
        parent, _, key = name.partition(".")
        if key and parent.lower() in sobject.relationships:
            continue
        if sobject.find(name) is None:
            return name
    return None


def record_of(head: Sequence[str], line: Sequence[str]) -> dict[str, Any]:
    """A CSV line as fields: an empty cell leaves a field alone, #N/A makes it null."""
    record: dict[str, Any] = {}
    for name, value in zip(head, line, strict=False):
        if value == "":
            continue
        given = None if value == NULL else value
        parent, _, key = name.partition(".")
        record[parent if key else name] = {key: given} if key else given
    return record


def write_record(
    org: Org,
    job: Job,
    sobject: SObject,
    record: dict[str, Any],
    doing: Doing,
    head: Sequence[str] = (),
) -> RowResult:
    """One row of an ingest job, in a transaction of its own."""
    mark = org.journal.begin()
    try:
        result = _write(org, job, sobject, record, doing)
    except ApiRefusal as refusal:
        org.journal.rollback(mark)
        return RowResult(error=_bulk_text(refusal.faults))
    except NotReadable as fault:
        org.journal.rollback(mark)
        return RowResult(error=_unreadable(fault, head))
    org.journal.commit(mark)
    return result


def _bulk_text(faults: Sequence[Fault]) -> str:
    return ";".join(fault.as_bulk_error() for fault in faults)


def _unreadable(fault: NotReadable, head: Sequence[str]) -> str:
    name = fault.field.name
    column = list(head).index(name) if name in head else 0
    kind = {"datetime": "dateTime"}.get(fault.kind, fault.kind)
    return (
        f"INVALID_FIELD:Failed to deserialize field at col {column}. Due to, '{fault.value}' is "
        f"not a valid value for the type xsd:{kind}:{name} --"
    )


def _write(org: Org, job: Job, sobject: SObject, record: dict[str, Any], doing: Doing) -> RowResult:
    if job.operation == "insert":
        return RowResult(rows.insert(org, sobject, record, doing), created=True)
    if job.operation == "upsert":
        key = sobject.find(job.external_id or "")
        if key is None:
            raise refuse("INVALID_FIELD", f"no external id {job.external_id}", ())
        value = next((v for k, v in record.items() if k.lower() == key.name.lower()), None)
        done = collections.upsert_one(org, sobject, key, value, record, doing)
        return RowResult(done["id"], created=done["created"])
    raw = next((value for name, value in record.items() if name.lower() == "id"), None)
    if raw is None:
        raise refuse("MISSING_ARGUMENT", f"Id not specified in an {job.operation} call", ())
    record_id = canonical_id(str(raw))
    if record_id is None:
        raise refuse("MALFORMED_ID", f"malformed id {raw}", ())
    if job.operation == "update":
        given = {name: value for name, value in record.items() if name.lower() != "id"}
        rows.update(org, sobject, record_id, given, doing)
    else:
        rows.delete(org, sobject, record_id, doing)
        if job.operation == "hardDelete":
            org.tables[sobject.name].forget(record_id)
    return RowResult(record_id)


def run_csv(org: Org, job: Job, doing: Doing) -> None:
    """Runs an ingest job on its CSV: all rows written or refused, or the job Failed."""
    sobject = org.objects[job.sobject]
    try:
        lines = read_csv(job.content, job.separator)
    except ApiRefusal as refusal:
        job.state, job.error = "Failed", refusal.faults[0].message
        return
    job.head, job.lines = (lines[0], lines[1:]) if lines else ([], [])
    wrong = unknown_column(sobject, job.head)
    if wrong is not None:
        job.state, job.error = "Failed", f"InvalidBatch : Field name not found : {wrong}"
        return
    seen = _doubled_keys(job)
    for line in job.lines:
        record = record_of(job.head, line)
        value = str(record.get(job.external_id or "", "")).lower()
        if value and value in seen:
            error = f"DUPLICATE_VALUE:Duplicate external id specified: {value}:{job.external_id} --"
            job.results.append(RowResult(error=error))
        else:
            job.results.append(write_record(org, job, sobject, record, doing, job.head))
    job.state = "JobComplete"


def _doubled_keys(job: Job) -> set[str]:
    """External ids that are twice in one chunk of 200 rows [B]; here in the whole file."""
    if job.operation != "upsert" or job.external_id not in job.head:
        return set()
    at = job.head.index(job.external_id)
    seen: set[str] = set()
    twice: set[str] = set()
    for line in job.lines:
        value = line[at].lower() if at < len(line) else ""
        (twice if value in seen else seen).add(value)
    return twice


def at_path(record: Any, path: str) -> Any:
    """The value of a dotted column in a nested record; None where a parent is missing."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, dict) else None
    return record


def cell(value: Any) -> str:
    """A value as a query result's CSV shows it; null and empty text look alike."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.endswith(".000+0000") and "T" in value:
        return value[:-5] + "Z"
    return str(value)
