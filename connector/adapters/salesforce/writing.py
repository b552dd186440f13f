"""Writes collections of 200 records, each row with a result of its own."""

from collections.abc import Callable, Sequence

from connector.adapters.batches import Batch, batches, later, unknown
from connector.adapters.salesforce import faults, paths
from connector.adapters.salesforce.client import SalesforceClient
from connector.core.errors import OutcomeUnknown, StopTheRun, TryLater
from connector.core.plan import Json
from connector.core.problems import Place
from connector.ports import RecordWrite, RowResult

COLLECTION = 200
LOCK_TRIES = 4  #: a row that somebody else holds is tried this often, with growing waits

Results = dict[int, RowResult]
Send = Callable[[Batch], Results]
Shape = Callable[[RecordWrite], dict[str, Json]]  #: a write as a record of the body

#: Refusals of a whole collection that one row can cause; the batch is then halved.
_OF_ONE_ROW = frozenset({"JSON_PARSER_ERROR", "INVALID_FIELD", "MALFORMED_ID"})


class Writer:
    """Upserts, updates, creates and deletes rows of one kind at a time."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def upsert(self, kind: str, key_field: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """By external id. A lost answer is never repeated here, although the key would keep it
        from making two: between two tries somebody may have changed what we would overwrite."""

        def shape(write: RecordWrite) -> dict[str, Json]:
            return {**_record(kind, write), key_field: write.id}

        return self._write("PATCH", paths.collections(kind, key_field), kind, writes, shape)

    def update(self, kind: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """By record id."""

        def shape(write: RecordWrite) -> dict[str, Json]:
            return {**_record(kind, write), "Id": write.id}

        return self._write("PATCH", paths.collections(), kind, writes, shape)

    def create(self, kind: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """New records."""

        def shape(write: RecordWrite) -> dict[str, Json]:
            return _record(kind, write)

        return self._write("POST", paths.collections(), kind, writes, shape)

    def delete(self, kind: str, ids: Sequence[str]) -> list[RowResult]:
        """Into the recycle bin; a record that is there already counts as deleted."""
        writes = [RecordWrite(key=id_, id=paths.record_id(id_), fields={}) for id_ in ids]

        def send(batch: Batch) -> Results:
            return self._client.call(
                "DELETE",
                paths.collections(),
                params={"ids": ",".join(str(w.id) for _, w in batch), "allOrNone": "false"},
                write=True,
                where=kind,
                read=lambda answer: _results(kind, batch, answer),
            )

        return [_gone_is_fine(result) for result in self._all(kind, writes, send)]

    def _write(
        self, method: str, path: str, kind: str, writes: Sequence[RecordWrite], shape: Shape
    ) -> list[RowResult]:
        def send(batch: Batch) -> Results:
            records = [shape(write) for _, write in batch]
            return self._client.call(
                method,
                path,
                body={"allOrNone": False, "records": records},
                write=True,
                where=kind,
                read=lambda answer: _results(kind, batch, answer),
            )

        return self._all(kind, writes, send)

    def _all(self, kind: str, writes: Sequence[RecordWrite], send: Send) -> list[RowResult]:
        """One result per write, in the order given. Raises TryLater or StopTheRun only while
        nothing has been written."""
        results: Results = {}
        for batch in batches(writes, COLLECTION):
            try:
                results |= self._until_unlocked(kind, batch, send)
            except (TryLater, StopTheRun):
                if not results:
                    raise
                results |= later(batch)
        return [results[place] for place in range(len(writes))]

    def _until_unlocked(self, kind: str, batch: Batch, send: Send) -> Results:
        """Sends a batch, and its locked rows again: Salesforce waits ten seconds for a lock
        before it gives up, so a few tries with jitter are all it takes."""
        results = self._once(kind, batch, send)
        pace = self._client.pace
        for attempt in range(1, LOCK_TRIES):
            locked = [(place, write) for place, write in batch if results[place].try_later]
            if not locked:
                break
            pace.sleep(0.5 * 2**attempt * (0.5 + pace.dice.random()))
            try:
                results |= self._once(kind, locked, send)
            except (TryLater, StopTheRun):
                break
        return results

    def _once(self, kind: str, batch: Batch, send: Send) -> Results:
        try:
            return send(batch)
        except OutcomeUnknown:
            return unknown(batch)
        except faults.Rejected as rejected:
            return self._apart(kind, batch, send, rejected.fault)

    def _apart(self, kind: str, batch: Batch, send: Send, fault: faults.Fault) -> Results:
        """Halves a collection that was refused as a whole for what may be one row's fault."""
        if len(batch) == 1 or fault.code not in _OF_ONE_ROW:
            return {
                place: RowResult(
                    key=write.key, id=write.id, problem=faults.problem_of(fault, _at(kind, write))
                )
                for place, write in batch
            }
        half = len(batch) // 2
        results: Results = {}
        for part in (batch[:half], batch[half:]):
            try:
                results |= self._once(kind, part, send)
            except (TryLater, StopTheRun):
                results |= later(part)
        return results


def value_of(value: Json) -> Json:
    """A value as Salesforce takes it: null clears; several values are one text with `;`."""
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return ";".join(str(entry) for entry in value) or None
    return value


def _record(kind: str, write: RecordWrite) -> dict[str, Json]:
    fields = {paths.name(name): value_of(value) for name, value in write.fields.items()}
    return {"attributes": {"type": kind}, **fields}


def _results(kind: str, batch: Batch, answer: object) -> Results:
    """Rows come in the order sent; a row without an answer is of unknown outcome."""
    if not isinstance(answer, list):
        raise TypeError("a collection's answer is a list")
    rows: list[object] = answer
    results: Results = {}
    for number, (place, write) in enumerate(batch):
        row = rows[number] if number < len(rows) else None
        results[place] = row_result(kind, write, row)
    return results


def row_result(kind: str, write: RecordWrite, row: object) -> RowResult:
    """What became of one row of a collection."""
    if not isinstance(row, dict) or not isinstance(row.get("success"), bool):
        return RowResult(key=write.key, id=write.id, unknown=True)
    if row["success"]:
        if not isinstance(row.get("id"), str):
            return RowResult(key=write.key, id=write.id, unknown=True)
        return RowResult(key=write.key, id=str(row["id"]), created=bool(row.get("created")))
    fault = faults.read_fault(row.get("errors"))
    if faults.is_locked(fault):
        return RowResult(key=write.key, id=write.id, try_later=True)
    problem = faults.problem_of(fault, _at(kind, write))
    return RowResult(key=write.key, id=write.id, problem=problem)


def _at(kind: str, write: RecordWrite) -> Place:
    return Place(file=f"salesforce:{kind}/{write.id}" if write.id else f"salesforce:{kind}")


def _gone_is_fine(result: RowResult) -> RowResult:
    gone = result.problem is not None and result.problem.code == "salesforce-entity-is-deleted"
    return RowResult(key=result.key, id=result.id) if gone else result
