"""Bulk 2.0 ingest for large deliveries: one job, results by row, no job left behind."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, MutableMapping, Sequence

from connector.adapters.salesforce import faults, paths
from connector.adapters.salesforce.client import MISSHAPEN, SalesforceClient
from connector.adapters.salesforce.writing import value_of
from connector.core.errors import OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.core.plan import Json
from connector.core.problems import Place
from connector.ports import RecordWrite, RowResult

LARGEST_UPLOAD = 90_000_000  #: bytes of CSV; Salesforce takes 150 MB of base64
POLLS = (1.0, 2.0, 4.0, 8.0, 15.0)  #: seconds between looks; the last is repeated
LONGEST_WAIT = 3_600.0  #: seconds before the caller is told to come back for the job

_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
_NULL = "#N/A"  #: an empty cell means "leave as it is"


class BulkIngest:
    """Upserts by external id through jobs.

    `jobs` remembers jobs that are under way, by a key made of their writes. Where it is kept on
    disk, a run after a crash takes up the very job instead of sending the rows again.
    """

    def __init__(
        self, client: SalesforceClient, *, jobs: MutableMapping[str, str] | None = None
    ) -> None:
        self._client = client
        self._jobs: MutableMapping[str, str] = {} if jobs is None else jobs

    def upsert(self, kind: str, key_field: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """One result per write, in the order given. Keys must be there and differ.

        Raises TryLater, with the job remembered, when it takes too long.
        """
        results: list[RowResult] = []
        for part, rows in _uploads(key_field, writes):
            try:
                results += self._part(kind, key_field, part, rows)
            except OutcomeUnknown:
                results += [RowResult(key=w.key, id=w.id, unknown=True) for w in part]
            except (TryLater, StopTheRun):
                if not results:
                    raise
                results += [RowResult(key=w.key, id=w.id, try_later=True) for w in part]
        return results

    def _part(
        self, kind: str, key_field: str, part: Sequence[RecordWrite], rows: bytes
    ) -> list[RowResult]:
        memory = _key(kind, part)
        job = self._jobs.get(memory)
        if job is None or not self._exists(job):
            job = self._start(kind, key_field, rows, memory)
        state = self._wait(job)
        results = self._results(kind, key_field, job, state, part)
        self._jobs.pop(memory, None)
        return results

    def settle(self) -> tuple[str, ...]:
        """Ends what an earlier run left: waits for loaded jobs, aborts those never loaded.

        Returns the ids of the jobs. Their rows are of unknown outcome: look before writing again.
        """
        settled: list[str] = []
        for memory, job in list(self._jobs.items()):
            state = self._state(job)
            if state == "Open":
                self._abort(job)
            elif state and state not in _ENDED:
                self._wait(job)
            self._jobs.pop(memory, None)
            settled.append(job)
        return tuple(settled)

    def _start(self, kind: str, key_field: str, rows: bytes, memory: str) -> str:
        """Creates, loads and closes a job; its id is remembered before any row is sent.

        Raises TryLater where no row was taken. A job about which nothing can be learned stays
        remembered for `settle`, and its rows are of unknown outcome.
        """
        try:
            job = self._client.call(
                "POST",
                paths.ingest(),
                body={
                    "object": paths.name(kind),
                    "operation": "upsert",
                    "externalIdFieldName": paths.name(key_field),
                    "contentType": "CSV",
                    "lineEnding": "LF",
                    "columnDelimiter": "COMMA",
                },
                write=True,
                where=f"job for {kind}",
                read=lambda answer: paths.record_id(answer["id"]),
            )
        except OutcomeUnknown as lost:  # at most an empty job, which Salesforce drops in a week
            raise TryLater(str(lost)) from None
        self._jobs[memory] = job
        try:
            self._load(job, rows)
        except (OutcomeUnknown, TryLater):
            self._abort_unless_closed(job, memory)
        return job

    def _abort_unless_closed(self, job: str, memory: str) -> None:
        """Returns where the job was closed after all and is to be waited for."""
        try:
            if self._state(job) != "Open":
                return
            self._abort(job)
        except (OutcomeUnknown, TryLater, Refused, StopTheRun):
            raise OutcomeUnknown(f"nothing can be learned of job {job}") from None
        del self._jobs[memory]
        raise TryLater(f"job {job} could not be loaded and was aborted")

    def _load(self, job: str, rows: bytes) -> None:
        self._client.send(
            "PUT",
            paths.ingest(job, "batches"),
            body=rows,
            headers={"Content-Type": "text/csv; charset=UTF-8"},
            write=True,
            where=f"job {job}",
        )
        self._client.call(
            "PATCH",
            paths.ingest(job),
            body={"state": "UploadComplete"},
            write=True,
            where=f"job {job}",
        )

    def _abort(self, job: str) -> None:
        self._client.call(
            "PATCH", paths.ingest(job), body={"state": "Aborted"}, write=True, where=f"job {job}"
        )

    def _exists(self, job: str) -> bool:
        """Is the remembered job one that runs or has run? One left open was never loaded."""
        state = self._state(job)
        if state == "Open":
            self._abort(job)
        return state not in ("", "Open", "Aborted")

    def _state(self, job: str) -> str:
        """A job's state, or `""` where Salesforce has forgotten it (after seven days)."""
        try:
            return self._client.call(
                "GET",
                paths.ingest(job),
                where=f"job {job}",
                read=lambda answer: str(answer["state"]),
            )
        except Refused:
            return ""

    def _wait(self, job: str) -> str:
        waited = 0.0
        for number in range(10_000):
            state = self._state(job)
            if state in _ENDED or not state:
                return state
            if waited > LONGEST_WAIT:
                break
            pause = POLLS[min(number, len(POLLS) - 1)]
            self._client.pace.sleep(pause)
            waited += pause
        raise TryLater(f"Salesforce is still working on job {job}")

    def _results(
        self, kind: str, key_field: str, job: str, state: str, part: Sequence[RecordWrite]
    ) -> list[RowResult]:
        """Results joined on the external id: their order is not that of the rows."""
        if state == "Failed":
            return [self._failed(kind, job, write) for write in part]
        done = self._csv(job, "successfulResults", (key_field, "sf__Id", "sf__Created"))
        bad = self._csv(job, "failedResults", (key_field, "sf__Error"))
        left = self._csv(job, "unprocessedrecords", (key_field,))
        results: list[RowResult] = []
        for write in part:
            key = str(write.id)
            if key in done:
                created = done[key]["sf__Created"].lower() == "true"
                results.append(RowResult(key=write.key, id=done[key]["sf__Id"], created=created))
            elif key in bad:
                results.append(_refused(kind, write, bad[key]["sf__Error"]))
            else:
                lost = key not in left
                results.append(
                    RowResult(key=write.key, id=write.id, try_later=not lost, unknown=lost)
                )
        return results

    def _failed(self, kind: str, job: str, write: RecordWrite) -> RowResult:
        """The whole job failed, as a rule for a column that does not exist."""
        fault = faults.Fault(code="InvalidBatch", ids=(job,))
        place = Place(file=f"salesforce:{kind}/{write.id}")
        return RowResult(key=write.key, id=write.id, problem=faults.problem_of(fault, place))

    def _csv(self, job: str, part: str, columns: Sequence[str]) -> dict[str, dict[str, str]]:
        """Columns of a result file by the first of them, the external id.

        Read as UTF-8 whatever its header says, and with the line breaks within cells.
        """
        response = self._client.send("GET", paths.ingest(job, part), where=f"job {job}")
        content = response.content if response is not None else b""
        try:
            table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
            # A row that ends early has None in its last columns, and `+` says so.
            rows = [{name: "" + row[name] for name in columns} for row in table]
            return {row[columns[0]]: row for row in rows}
        except (csv.Error, *MISSHAPEN):
            place = Place(file=f"salesforce:job {job}")
            raise faults.unreadable(write=False, where=place) from None


def _refused(kind: str, write: RecordWrite, error: str) -> RowResult:
    """`CODE:message:FIELD,FIELD --`; the message quotes values and is dropped."""
    code, _, rest = error.partition(":")
    fields = rest.rpartition(":")[2].removesuffix("--").strip()
    named = [field.strip() for field in fields.split(",")]
    fault = faults.read_fault({"statusCode": code, "fields": named})
    if faults.is_locked(fault):
        return RowResult(key=write.key, id=write.id, try_later=True)
    place = Place(file=f"salesforce:{kind}/{write.id}")
    return RowResult(key=write.key, id=write.id, problem=faults.problem_of(fault, place))


def _key(kind: str, part: Sequence[RecordWrite]) -> str:
    keys = "\n".join(sorted(write.key for write in part))
    return hashlib.sha256(f"{kind}\n{keys}".encode()).hexdigest()[:24]


def _uploads(
    key_field: str, writes: Sequence[RecordWrite]
) -> Iterator[tuple[list[RecordWrite], bytes]]:
    """Parts that fit into one upload, as CSV with a column for every field of any row."""
    names = list(dict.fromkeys(name for write in writes for name in write.fields))
    columns = [paths.name(key_field), *(paths.name(name) for name in names if name != key_field)]
    part: list[RecordWrite] = []
    rows: list[bytes] = []
    size = 0
    line_of = _lines()
    header = line_of(columns)
    for write in writes:
        fields = write.fields
        cells = [_cell(fields[name]) if name in fields else "" for name in columns[1:]]
        line = line_of([str(write.id), *cells])
        if part and size + len(line) > LARGEST_UPLOAD:
            body, rows = header + b"".join(rows), []
            yield part, body
            part, size = [], 0
        part.append(write)
        rows.append(line)
        size += len(line)
    if part:
        body, rows = header + b"".join(rows), []  # not held twice while the job runs
        yield part, body


def _lines() -> Callable[[Sequence[str]], bytes]:
    """Makes cells a line: one writer for all of them, whose text is taken away after each."""
    out = io.StringIO(newline="")
    write = csv.writer(out, lineterminator="\n").writerow

    def line_of(cells: Sequence[str]) -> bytes:
        write(cells)
        line = out.getvalue()
        out.seek(0)
        out.truncate()
        return line.encode()

    return line_of


def _cell(given: Json) -> str:
    value = value_of(given)
    if isinstance(value, str):
        return value
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
