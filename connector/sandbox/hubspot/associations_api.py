"""The endpoints of associations, version 4: single, in batches, and their labels."""

from typing import Any

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.association_types import AssociationType
from connector.sandbox.hubspot.batch_api import batch_reply
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.kinds import Kind
from connector.sandbox.hubspot.linking import Linking
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record
from connector.sandbox.hubspot.request import Reply, Request, kind_of
from connector.sandbox.hubspot.values import as_text

#: Associated records on a page; inputs of batch/read and of batch/create.
PAGE, READ_INPUTS, CREATE_INPUTS = 500, 1_000, 2_000


class AssociationsApi:
    """Who belongs to whom."""

    def __init__(self, portal: Portal, linking: Linking) -> None:
        self._portal = portal
        self._linking = linking

    def _id(self, id_: int) -> int | str:
        return id_ if self._portal.settings.to_object_id_as_number else str(id_)

    def _record(self, kind: Kind, text: str) -> Record:
        record = self._portal.store(kind).alive(int(text)) if text.isdecimal() else None
        if record is None:
            raise Rejection(
                404,
                f"No {kind.singular} with ID {text} exists",  # [?] the words
                category="OBJECT_NOT_FOUND",
                context={"fromObjectId": [text]},
            )
        return record

    def listing(self, request: Request, a: str, id_: str, b: str) -> Reply:
        """GET /objects/{a}/{id}/associations/{b}."""
        kind, other = kind_of(a), kind_of(b)
        record = self._record(kind, id_)
        limit = request.number("limit", PAGE, most=PAGE)
        after = request.number("after", 0)
        body = self._page(kind, record.id, other, after, limit)
        if "paging" in body:
            link = f"{request.base}{request.call.path}?limit={limit}"
            following = body["paging"]["next"]
            following["link"] = f"{link}&after={following['after']}"
        return 200, {"results": body["to"], **({"paging": p} if (p := body.get("paging")) else {})}

    def _page(self, kind: Kind, id_: int, other: Kind, after: int, limit: int) -> Json:
        targets = self._portal.associations.targets(kind, id_, other)
        alive = self._portal.store(other).alive
        ids = sorted(one for one in targets if one >= after and alive(one) is not None)
        body: Json = {
            "to": [
                {"toObjectId": self._id(one), "associationTypes": self._types(targets[one])}
                for one in ids[:limit]
            ]
        }
        if len(ids) > limit:
            body["paging"] = {"next": {"after": str(ids[limit])}}
        return body

    def _types(self, held: tuple[int, ...]) -> list[Json]:
        types = [self._portal.associations.type(one) for one in held]
        return [one.told() for one in types if one is not None]

    def link_default(self, request: Request, a: str, id_: str, b: str, other_id: str) -> Reply:
        """PUT …/associations/default/{b}/{id}: 200."""
        kind, other = kind_of(a), kind_of(b)
        record, back = self._record(kind, id_), self._record(other, other_id)
        plain = self._linking.default_type(kind, other)
        self._linking.link(kind, record, other, back.id, [plain.id], request.now)
        there = self._portal.associations.type(plain.inverse)
        results = [_spec(record.id, back.id, plain)]
        if there is not None:
            results.append(_spec(back.id, record.id, there))
        return batch_reply(request, results, [], 200)

    def link(self, request: Request, a: str, id_: str, b: str, other_id: str) -> Reply:
        """PUT …/associations/{b}/{id} with the types as a bare array: 201."""
        kind, other = kind_of(a), kind_of(b)
        record, back = self._record(kind, id_), self._record(other, other_id)
        types = self._checked(kind, other, shapes.SPECS(request.json()) or [])
        self._linking.link(kind, record, other, back.id, types, request.now)
        return 201, self._linked(kind, record.id, other, back.id, types)

    def _checked(self, kind: Kind, other: Kind, given: list[Any]) -> list[int]:
        known = {one.id for one in self._portal.associations.types(kind, other)}
        ids = [int(one.get("associationTypeId", 0)) for one in given]
        wrong = [id_ for id_ in ids if id_ not in known]
        if wrong or not ids:
            # [?] the words
            raise Rejection(
                400,
                f"Association types {wrong} are not valid between {kind.type_id} and"
                f" {other.type_id}",
                subCategory="crm.associations.INVALID_ASSOCIATION_TYPE",
            )
        return ids

    def _linked(self, kind: Kind, a: int, other: Kind, b: int, types: list[int]) -> Json:
        found = [self._portal.associations.type(one) for one in types]
        return {
            "fromObjectTypeId": kind.type_id,
            "fromObjectId": self._id(a),
            "toObjectTypeId": other.type_id,
            "toObjectId": self._id(b),
            "labels": [one.label for one in found if one is not None and one.label],
        }

    def unlink(self, request: Request, a: str, id_: str, b: str, other_id: str) -> Reply:
        """DELETE …/associations/{b}/{id}: everything between the two, 204."""
        kind, other = kind_of(a), kind_of(b)
        record = self._record(kind, id_)
        if other_id.isdecimal():
            self._linking.unlink(kind, record, other, int(other_id), request.now)
        return 204, None

    def batch_read(self, request: Request, a: str, b: str) -> Reply:
        """POST batch/read: a record without associations is an error entry, and 207."""
        kind, other = kind_of(a), kind_of(b)
        results: list[Json] = []
        errors: list[Json] = []
        for one in request.inputs(shapes.ENDS, READ_INPUTS):
            text = as_text(one.get("id", ""))
            id_ = int(text) if text.isdecimal() else -1
            after = as_text(one.get("after") or "0")
            page = self._page(kind, id_, other, int(after) if after.isdecimal() else 0, PAGE)
            if page["to"]:
                results.append({"from": {"id": text}, **page})
            else:
                errors.append(_none(kind, text, other))
        return batch_reply(request, results, errors, 200)

    def batch_create(self, request: Request, a: str, b: str) -> Reply:
        """POST batch/create with types: 201, or 207 with an entry for each wrong input."""
        kind, other = kind_of(a), kind_of(b)
        results: list[Json] = []
        errors: list[Json] = []
        for one in request.inputs(shapes.ENDS, CREATE_INPUTS):
            try:
                record, back = self._pair(kind, other, one)
                types = self._checked(kind, other, one.get("types") or [])
                self._linking.link(kind, record, other, back.id, types, request.now)
                results.append(self._linked(kind, record.id, other, back.id, types))
            except Rejection as refused:
                errors.append(refused.body)
        if self._portal.settings.shuffle_batch_results:
            self._portal.dice.shuffle(results)
        return batch_reply(request, results, errors, 201)

    def _pair(self, kind: Kind, other: Kind, one: Json) -> tuple[Record, Record]:
        found: list[Record] = []
        ends = [one.get("from"), one.get("to")]
        texts = [as_text(end["id"]) if isinstance(end, dict) else "" for end in ends]
        for side, text in zip((kind, other), texts, strict=True):
            if not text.isdecimal():
                raise Rejection(
                    400,
                    f"{text} is not a valid ID",
                    subCategory="crm.associations.INVALID_IDENTIFIER",
                    context={"id": [text]},
                )
            record = self._portal.store(side).alive(int(text))
            if record is None:
                raise Rejection(400, f"{side.upper}={text} is not valid")
            found.append(record)
        if kind is other and found[0] is found[1]:
            raise Rejection(400, f"Object {texts[0]} cannot be associated to itself ({texts[1]})")
        return found[0], found[1]

    def batch_default(self, request: Request, a: str, b: str) -> Reply:
        """POST batch/associate/default: 200."""
        kind, other = kind_of(a), kind_of(b)
        plain = self._linking.default_type(kind, other)
        results: list[Json] = []
        errors: list[Json] = []
        for one in request.inputs(shapes.ENDS, CREATE_INPUTS):
            try:
                record, back = self._pair(kind, other, one)
                self._linking.link(kind, record, other, back.id, [plain.id], request.now)
                results.append(_spec(record.id, back.id, plain))
            except Rejection as refused:
                errors.append(refused.body)
        return batch_reply(request, results, errors, 200)

    def batch_archive(self, request: Request, a: str, b: str) -> Reply:
        """POST batch/archive: 204; what is not there is passed over."""
        kind, other = kind_of(a), kind_of(b)
        store = self._portal.store(kind)
        for one in request.inputs(shapes.ENDS, CREATE_INPUTS):
            text = as_text((one.get("from") or {}).get("id", ""))
            record = store.alive(int(text)) if text.isdecimal() else None
            ends = one.get("to") or []
            for target in ends if isinstance(ends, list) else [ends]:
                gone = as_text(target.get("id", ""))
                if record is not None and gone.isdecimal():
                    self._linking.unlink(kind, record, other, int(gone), request.now)
        return 204, None

    def batch_unlabel(self, request: Request, a: str, b: str) -> Reply:
        """POST batch/labels/archive: 204."""
        kind, other = kind_of(a), kind_of(b)
        for one in request.inputs(shapes.ENDS, CREATE_INPUTS):
            record, back = self._pair(kind, other, one)
            types = self._checked(kind, other, one.get("types") or [])
            self._linking.unlabel(kind, record, other, back.id, types, request.now)
        return 204, None

    def labels(self, _request: Request, a: str, b: str) -> Reply:
        """GET /associations/{a}/{b}/labels."""
        types = self._portal.associations.types(kind_of(a), kind_of(b))
        return 200, {"results": [one.told() for one in types]}

    def create_label(self, request: Request, a: str, b: str) -> Reply:
        """POST /associations/{a}/{b}/labels: the label and its inverse."""
        body = request.fields("label", "name", shape=shapes.LABEL)
        inverse = body.get("inverseLabel")
        made = self._portal.associations.define(
            kind_of(a), kind_of(b), str(body["label"]), str(inverse) if inverse else None
        )
        return 200, {"results": [one.told() for one in made]}

    def update_label(self, request: Request, _a: str, _b: str) -> Reply:
        """PUT /associations/{a}/{b}/labels: 204."""
        body = request.fields("associationTypeId", "label", shape=shapes.LABEL)
        inverse = body.get("inverseLabel")
        known = self._portal.associations.rename(
            int(body["associationTypeId"]), str(body["label"]), str(inverse) if inverse else None
        )
        if not known:
            raise Rejection(404, "resource not found", category=None)
        return 204, None

    def delete_label(self, _request: Request, _a: str, _b: str, type_id: str) -> Reply:
        """DELETE /associations/{a}/{b}/labels/{typeId}: 204."""
        if not type_id.isdecimal() or not self._portal.associations.undefine(int(type_id)):
            raise Rejection(404, "resource not found", category=None)
        return 204, None


def _spec(a: int, b: int, type_: AssociationType) -> Json:
    return {
        "from": {"id": str(a)},
        "to": {"id": str(b)},
        "associationSpec": {
            "associationCategory": type_.category,
            "associationTypeId": type_.id,
        },
    }


def _none(kind: Kind, text: str, other: Kind) -> Json:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {other.singular} is associated with {kind.singular} {text}.",
        "context": {
            "fromObjectId": [text],
            "fromObjectType": [kind.singular],
            "toObjectType": [other.singular],
        },
    }
