"""The batch endpoints: up to 100 records a call, with HubSpot's rules for partial success."""

from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.errors import Fault, Json, Rejection, invalid_values
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import CONTACTS, Kind
from connector.sandbox.hubspot.linking import Linking
from connector.sandbox.hubspot.objects import Conflict, Objects
from connector.sandbox.hubspot.objects_api import ObjectsApi, non_unique
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record
from connector.sandbox.hubspot.request import Reply, Request, kind_of
from connector.sandbox.hubspot.values import as_text


@dataclass(slots=True)
class Outcome:
    """What became of a batch so far."""

    results: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    missing: list[tuple[str, str | None]] = field(default_factory=list)


def _trace(one: Json) -> str | None:
    trace = one.get("objectWriteTraceId")
    return None if trace is None else str(trace)


def _traced(inputs: list[Json]) -> bool:
    """Whether every input has a trace id of its own: then a batch may succeed in part."""
    traces = [_trace(one) for one in inputs]
    return None not in traces and len(set(traces)) == len(traces)


class BatchApi:
    """Many records in one call."""

    def __init__(
        self, portal: Portal, objects: Objects, single: ObjectsApi, linking: Linking
    ) -> None:
        self._portal = portal
        self._objects = objects
        self._single = single
        self._linking = linking

    def read(self, request: Request, type_: str) -> Reply:
        """POST batch/read: 207 with one error entry that names all missing ids."""
        kind = kind_of(type_)
        body = request.fields("inputs", shape=shapes.READ)
        history = [str(name) for name in body.get("propertiesWithHistory") or []]
        inputs = request.inputs(shapes.READ)
        if history and len(inputs) > 50:
            raise Rejection(
                400,
                "The maximum number of inputs supported in a batch request for property"
                " histories is 50",
            )
        key = str(body.get("idProperty") or "")
        reader = self._portal.catalogue.reader(
            kind, [str(name) for name in body.get("properties") or []]
        )
        outcome = Outcome()
        found: dict[int, Record] = {}
        archived = request.flag("archived")
        for one in inputs:
            text = as_text(one.get("id", ""))
            record = self._lookup(kind, text, key, archived=archived)
            if record is not None:
                found[record.id] = record
            elif not (not key and text.isdecimal() and self._merged(kind, int(text))):
                outcome.missing.append((text, None))
        outcome.results = [
            self._single.shown(kind, record, reader, history) for record in found.values()
        ]
        return self._reply(request, kind, outcome, 200)

    def _merged(self, kind: Kind, id_: int) -> bool:
        # An id that was merged away is silently left out [C].
        return id_ in self._portal.store(kind).merged

    def _lookup(self, kind: Kind, text: str, key: str, *, archived: bool = False) -> Record | None:
        store = self._portal.store(kind)
        if key and key != "hs_object_id":
            self._single.check_id_property(kind, key)
            return store.by_unique(key, self._single.unique_form(kind, key, text))
        if not text.isdecimal():
            return None
        record = store.find(int(text))
        if record is None or (record.archived_at is not None) != archived:
            return None
        return record

    def create(self, request: Request, type_: str) -> Reply:
        """POST batch/create: all or nothing, unless every input has its own trace id."""
        kind = kind_of(type_)
        inputs = request.inputs(shapes.WRITES)
        if not _traced(inputs):
            return self._create_all(request, kind, inputs)
        outcome = Outcome()
        for one in inputs:
            try:
                written = self._single.prepared(kind, one.get("properties") or {})
                self._objects.check_required(kind, written)
                record = self._create_one(request, kind, one, written)
                outcome.results.append(self._row(one, self._single.after_create(kind, record)))
            except Rejection as refused:
                outcome.errors.append(self._error(one, refused))
            except Conflict as conflict:
                outcome.errors.append(self._conflict(one, conflict))
        return self._reply(request, kind, outcome, 201)

    def _create_all(self, request: Request, kind: Kind, inputs: list[Json]) -> Reply:
        rows, faults = self._prepare_all(kind, inputs, [None] * len(inputs))
        if faults:
            raise invalid_values(faults, self._portal.settings.portal_id)
        taken: set[tuple[str, str]] = set()
        for written in rows:
            self._objects.check_required(kind, written)
            try:
                self._objects.check_unique(kind, written)
            except Conflict as conflict:
                raise self._whole_conflict(conflict) from None
            for name in self._portal.store(kind).unique:
                if value := written.get(name):
                    if (name, value) in taken:
                        raise self._whole_conflict(Conflict(name, value, 0))
                    taken.add((name, value))
        outcome = Outcome()
        for one, written in zip(inputs, rows, strict=True):
            record = self._create_one(request, kind, one, written)
            outcome.results.append(self._row(one, self._single.after_create(kind, record)))
        return self._reply(request, kind, outcome, 201)

    @staticmethod
    def _whole_conflict(conflict: Conflict) -> Rejection:
        """A conflict that refuses the whole batch: without the id, as recorded in 2025."""
        if conflict.name == "email":
            return Rejection(409, "Contact already exists", category="CONFLICT")
        return conflict.rejection()

    def _create_one(
        self, request: Request, kind: Kind, one: Json, written: dict[str, str]
    ) -> Record:
        wanted = self._linking.wanted(kind, one.get("associations") or [])
        record = self._objects.create(kind, written, request.source(), request.now)
        for other, id_, types in wanted:
            self._linking.link(kind, record, other, id_, types, request.now, touch=False)
        return record

    def _prepare_all(
        self, kind: Kind, inputs: list[Json], records: list[Record | None]
    ) -> tuple[list[dict[str, str]], list[Fault]]:
        rows: list[dict[str, str]] = []
        faults: list[Fault] = []
        for one, record in zip(inputs, records, strict=True):
            written, found = self._objects.prepare(kind, one.get("properties") or {}, record)
            rows.append(written)
            faults += found
        return rows, faults

    def update(self, request: Request, type_: str) -> Reply:
        """POST batch/update: missing ids give 207, an invalid property refuses everything."""
        kind = kind_of(type_)
        inputs = request.inputs(shapes.WRITES)
        self._refuse_duplicates(inputs)
        records = []
        for one in inputs:
            key = str(one.get("idProperty") or "")
            if key == "email" and kind is CONTACTS:
                raise non_unique(kind, key)
            records.append(self._lookup(kind, as_text(one.get("id", "")), key))
        rows, faults = self._prepare_all(kind, inputs, records)
        if faults:
            raise invalid_values(faults, self._portal.settings.portal_id)
        outcome = Outcome()
        for one, record, written in zip(inputs, records, rows, strict=True):
            if record is None:
                text = as_text(one.get("id", ""))
                if not (text.isdecimal() and self._merged(kind, int(text))):
                    outcome.missing.append((text, _trace(one)))
                continue
            try:
                self._write(request, kind, record, written)
                shown = self._single.after_update(kind, record, written)
                outcome.results.append(self._row(one, shown))
            except Conflict as conflict:
                outcome.errors.append(self._conflict(one, conflict))
        return self._reply(request, kind, outcome, 200)

    def _write(self, request: Request, kind: Kind, record: Record, written: dict[str, str]) -> None:
        self._objects.update(kind, record, written, request.source(), request.now)
        self._linking.follow_company(kind, record, written, request.now)

    @staticmethod
    def _refuse_duplicates(inputs: list[Json]) -> None:
        seen: set[str] = set()
        twice: dict[str, None] = {}
        for one in inputs:
            id_ = as_text(one.get("id", "")).lower()
            if id_ in seen:
                twice[id_] = None
            seen.add(id_)
        if twice:
            listed = ", ".join(twice)
            raise Rejection(
                400,
                f"Duplicate IDs found in batch input: [{listed}]. IDs must be unique",
                context={"ids": list(twice)},
            )

    def upsert(self, request: Request, type_: str) -> Reply:
        """POST batch/upsert by a unique property; partial results behave as at creation [C]."""
        kind = kind_of(type_)
        inputs = request.inputs(shapes.WRITES)
        self._refuse_duplicates(inputs)
        keys = {str(one.get("idProperty") or "") for one in inputs}
        for key in keys:
            if key and key != "hs_object_id":
                self._single.check_id_property(kind, key)
        partial = _traced(inputs) and (
            "email" not in keys or self._portal.settings.upsert_email_partial
        )
        rows: list[tuple[Json, Record | None, dict[str, str]]] = []
        outcome = Outcome()
        faults: list[Fault] = []
        for one in inputs:
            record, properties = self._target(kind, one)
            if record is None and str(one.get("idProperty") or "hs_object_id") == "hs_object_id":
                outcome.missing.append((as_text(one.get("id", "")), _trace(one)))
                continue
            written, found = self._objects.prepare(kind, properties, record)
            if found and partial:
                refused = invalid_values(found, self._portal.settings.portal_id)
                outcome.errors.append(self._error(one, refused))
            elif not found:
                rows.append((one, record, written))
            faults += found
        if faults and not partial:
            raise invalid_values(faults, self._portal.settings.portal_id)
        if not partial:
            self._check_conflicts(kind, rows)
        self._upsert_rows(request, kind, rows, outcome)
        return self._reply(request, kind, outcome, 200)

    def _upsert_rows(
        self,
        request: Request,
        kind: Kind,
        rows: list[tuple[Json, Record | None, dict[str, str]]],
        outcome: Outcome,
    ) -> None:
        for one, record, written in rows:
            try:
                if record is None:
                    made = self._objects.create(kind, written, request.source(), request.now)
                    shown = self._single.after_create(kind, made) | {"new": True}
                else:
                    self._write(request, kind, record, written)
                    shown = self._single.after_update(kind, record, written) | {"new": False}
                outcome.results.append(self._row(one, shown))
            except Conflict as conflict:
                outcome.errors.append(self._conflict(one, conflict))

    def _check_conflicts(
        self, kind: Kind, rows: list[tuple[Json, Record | None, dict[str, str]]]
    ) -> None:
        for _one, record, written in rows:
            try:
                self._objects.check_unique(kind, written, record)
            except Conflict as conflict:
                raise self._whole_conflict(conflict) from None

    def _target(self, kind: Kind, one: Json) -> tuple[Record | None, dict[str, Any]]:
        """The record an upsert means, and the properties with the key among them."""
        key = str(one.get("idProperty") or "")
        text = as_text(one.get("id", ""))
        record = self._lookup(kind, text, key)
        properties = dict(one.get("properties") or {})
        if record is None and key and key != "hs_object_id":
            properties.setdefault(key, text)
        return record, properties

    def archive(self, request: Request, type_: str) -> Reply:
        """POST batch/archive: 204; ids that are not there are passed over [C]."""
        kind = kind_of(type_)
        store = self._portal.store(kind)
        for one in request.inputs(shapes.IDS):
            text = as_text(one.get("id", ""))
            record = store.alive(int(text)) if text.isdecimal() else None
            if record is not None:
                self._objects.archive(kind, record, request.source(), request.now)
        return 204, None

    def _row(self, one: Json, shown: Json) -> Json:
        trace = _trace(one)
        if trace is not None and self._portal.settings.echo_trace_ids:
            shown["objectWriteTraceId"] = trace
        return shown

    @staticmethod
    def _error(one: Json, refused: Rejection) -> Json:
        body: Json = {
            "status": "error",
            "category": refused.body.get("category", "VALIDATION_ERROR"),
            "message": refused.message,
        }
        if (trace := _trace(one)) is not None:
            body["context"] = {"objectWriteTraceId": [trace]}
        return body

    @staticmethod
    def _conflict(one: Json, conflict: Conflict) -> Json:
        context: dict[str, list[str]] = {}
        if (trace := _trace(one)) is not None:
            context["objectWriteTraceId"] = [trace]
        if conflict.name != "email":
            refused = conflict.rejection()
            return {
                "status": "error",
                "category": "VALIDATION_ERROR",
                "message": refused.message,
                "context": context,
            }
        return {
            "status": "error",
            "category": "CONFLICT",
            "message": f"Contact already exists. Existing ID: {conflict.holder}",
            "context": context | {"existingId": [str(conflict.holder)]},
        }

    def _reply(self, request: Request, kind: Kind, outcome: Outcome, success: int) -> Reply:
        results = outcome.results
        if self._portal.settings.shuffle_batch_results:
            self._portal.dice.shuffle(results)
        errors = list(outcome.errors)
        if outcome.missing:
            context: dict[str, list[str]] = {"ids": [id_ for id_, _trace_id in outcome.missing]}
            traces = [trace for _id, trace in outcome.missing if trace is not None]
            if traces:
                context["objectWriteTraceId"] = traces
            errors.append(
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": f"Could not get some {kind.upper} objects, they may be deleted or"
                    " not exist. Check that ids are valid.",
                    "context": context,
                }
            )
        return batch_reply(request, results, errors, success)


def batch_reply(
    request: Request,
    results: list[Json],
    errors: list[Json],
    success: int,
    *,
    count: int | None = None,
) -> Reply:
    """The frame around the results of a batch; 207 when there are errors."""
    body: Json = {"status": "COMPLETE", "results": results}
    if errors:
        body |= {"numErrors": len(errors) if count is None else count, "errors": errors}
    body |= {"startedAt": iso(request.now), "completedAt": iso(request.now)}
    return (207 if errors else success), body
