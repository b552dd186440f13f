"""Writes contacts in batches of 100, so that one bad row never holds up the others."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.adapters.batches import Batch, batches, joined, later, unknown
from connector.adapters.hubspot import faults
from connector.adapters.hubspot.client import HubSpotClient
from connector.core.errors import OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Place, Problem
from connector.ports import RecordWrite, RowResult

BATCH = 100


class ContactWriter:
    """Updates and erases contacts by record id."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def update(self, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """One result per write, in the order given.

        Raises TryLater or StopTheRun only while nothing has been written; once a batch is through,
        the rows of a later one that could not be sent come back as `try_later`.
        """
        results: dict[int, RowResult] = {}
        for batch in batches(writes, BATCH):
            try:
                results |= self._batch(batch)
            except (TryLater, StopTheRun):
                if not results:
                    raise
                results |= later(batch)
        return [results[place] for place in range(len(writes))]

    def _batch(self, batch: Batch) -> dict[int, RowResult]:
        """Writes one batch; HubSpot refuses a whole batch for one bad value, so it is halved."""
        inputs = [
            {
                "id": write.id,
                "properties": {name: text_of(value) for name, value in write.fields.items()},
                "objectWriteTraceId": str(place),
            }
            for place, write in batch
        ]
        try:
            return self._client.call(
                "POST",
                "batch-update",
                {"kind": "contacts"},
                body={"inputs": inputs},
                write=True,
                read=lambda answer: _results(batch, answer),
            )
        except OutcomeUnknown:
            return unknown(batch)
        except faults.Rejected as rejected:
            return self._apart(batch, rejected.fault)

    def _apart(self, batch: Batch, fault: faults.Fault) -> dict[int, RowResult]:
        """Finds the rows that a refused batch was refused for, in few calls.

        Rows without the named fields go through together. Among the others, equal values of those
        fields share one fate, so that a missing option or property costs one call, not one a row.
        """
        groups = _by_fate(batch, fault)
        if len(groups) == 1:
            problem = faults.problem_of(fault, NOWHERE)
            return {place: _refused(write, problem) for place, write in batch}
        harmless = groups.pop((), [])
        suspects = list(groups.values())
        half = (len(suspects) + 1) // 2
        results: dict[int, RowResult] = {}
        for part in (harmless, joined(suspects[:half]), joined(suspects[half:])):
            results |= self._part(part)
        return results

    def _part(self, part: Batch) -> dict[int, RowResult]:
        """A part of a batch whose other parts may be through already: it raises nothing."""
        if not part:
            return {}
        try:
            return self._batch(part)
        except (TryLater, StopTheRun):
            return later(part)

    def erase(self, ids: Sequence[str]) -> list[RowResult]:
        """Asks for permanent deletion, one call each; a record that is gone already counts."""
        results: list[RowResult] = []
        for id_ in ids:
            try:
                self._client.call(
                    "POST", "gdpr-delete", {"kind": "contacts"}, body={"objectId": id_}, write=True
                )
                results.append(RowResult(key=id_, id=id_))
            except OutcomeUnknown:
                results.append(RowResult(key=id_, id=id_, unknown=True))
            except Refused as refused:
                gone = refused.problem.code in _GONE
                problem = None if gone else refused.problem
                results.append(RowResult(key=id_, id=id_, problem=problem))
            except (TryLater, StopTheRun):
                if not results:
                    raise
                results.append(RowResult(key=id_, id=id_, try_later=True))
        return results


_GONE = frozenset({"hubspot-object-not-found", "hubspot-http-404"})


def _by_fate(batch: Batch, fault: faults.Fault) -> dict[object, Batch]:
    """Rows that stand or fall together; under `()` those without any of the named fields."""
    fates: dict[object, Batch] = {}
    for place, write in batch:
        named = [(name, repr(write.fields[name])) for name in fault.fields if name in write.fields]
        fates.setdefault(tuple(named), []).append((place, write))
    if set(fates) == {()}:  # no field to go by: each row for itself
        return {place: [(place, write)] for place, write in batch}
    return fates


def text_of(value: Json) -> str:
    """A value as HubSpot takes it; null and empty clear a property, which is `""` on the wire."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(text_of(entry) for entry in value)
    return str(value)


def _results(batch: Batch, answer: Mapping[str, Any]) -> dict[int, RowResult]:
    """Matches rows: failures by trace id or record id, successes by trace id or record id.

    A row in neither list is of unknown outcome. The status says nothing: partial failures come as
    207 from numbered paths and as 200 from date-versioned ones.
    """
    by_trace = {str(place): place for place, _ in batch}
    by_id = {write.id: place for place, write in batch}
    writes = dict(batch)
    results: dict[int, RowResult] = {}
    for entry in answer.get("errors") or []:
        fault = faults.read_fault(entry)
        places = [by_trace[trace] for trace in fault.trace_ids if trace in by_trace]
        places += [by_id[id_] for id_ in fault.ids if id_ in by_id]
        for place in places:
            write = writes[place]
            results[place] = _refused(write, faults.problem_of(fault, NOWHERE))
    for row in answer.get("results") or []:
        place_of = by_trace.get(str(row.get("objectWriteTraceId"))), by_id.get(str(row.get("id")))
        found = next((place for place in place_of if place is not None), None)
        if found is not None:
            results[found] = RowResult(key=writes[found].key, id=str(row["id"]))
    for place, write in batch:
        results.setdefault(place, RowResult(key=write.key, id=write.id, unknown=True))
    return results


def _refused(write: RecordWrite, problem: Problem) -> RowResult:
    located = Problem(
        code=problem.code,
        where=Place(file=f"hubspot:contact/{write.id}"),
        what=problem.what,
        remedy=problem.remedy,
        severity=problem.severity,
        mender=problem.mender,
    )
    return RowResult(key=write.key, id=write.id, problem=located)
