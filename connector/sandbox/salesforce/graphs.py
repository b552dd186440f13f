"""composite/graph, composite/batch and composite/tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.sandbox.salesforce import rows
from connector.sandbox.salesforce.composite import run_parts, sub_reply
from connector.sandbox.salesforce.errors import ApiRefusal, refuse
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.request import Reply, Request, attribute, objects_of
from connector.sandbox.salesforce.schema import SObject

MOST_GRAPHS = 75
MOST_NODES = 500
MOST_BATCHED = 25
MOST_TREE_RECORDS = 200


def graph(request: Request) -> Reply:
    """Each graph is one transaction; the answer is 200 whatever became of them [R]."""
    graphs = objects_of(request.json_object().get("graphs"), "graphs")
    requests = [objects_of(one.get("compositeRequest") or [], "compositeRequest") for one in graphs]
    nodes = sum(map(len, requests))
    if len(graphs) > MOST_GRAPHS or nodes > MOST_NODES:
        raise refuse(
            "LIMIT_EXCEEDED",
            f"A payload holds at most {MOST_GRAPHS} graphs and {MOST_NODES} nodes",
        )
    found = []
    for one, parts in zip(graphs, requests, strict=True):
        answers, done = run_parts(request, parts, all_or_none=True)
        found.append(
            {
                "graphId": one.get("graphId"),
                "graphResponse": {"compositeResponse": answers},
                "isSuccessful": done,
            }
        )
    return Reply(body={"graphs": found})


def batch(request: Request) -> Reply:
    """Up to 25 independent requests; each counts against the quota [D]."""
    body = request.json_object()
    parts = objects_of(body.get("batchRequests"), "batchRequests")
    if len(parts) > MOST_BATCHED:
        raise refuse("LIMIT_EXCEEDED", f"The limit of {MOST_BATCHED} subrequests was exceeded")
    halt = body.get("haltOnError") is True
    failed = False
    results: list[dict[str, Any]] = []
    for part in parts:
        if failed and halt:
            reply = _halted()
        else:
            url = "/services/data/" + str(part.get("url", "")).removeprefix("/services/data/")
            reply = sub_reply(request, str(part.get("method")), url, part.get("richInput"), {})
        failed = failed or reply.status >= 400
        results.append({"statusCode": reply.status, "result": reply.body})
    return Reply(body={"hasErrors": failed, "results": results})


def _halted() -> Reply:
    error = {
        "errorCode": "BATCH_PROCESSING_HALTED",
        "message": "Batch processing halted per request",
    }
    return Reply(status=412, body=[error])


def tree(request: Request, sobject: SObject) -> Reply:
    """Records with their children, all or nothing; a failure names only what failed [D]."""
    records = objects_of(request.json_object().get("records") or [], "records")
    if not records:
        raise refuse("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    nodes = list(_nodes(request.org, sobject, records))
    if len(nodes) > MOST_TREE_RECORDS:
        raise refuse("LIMIT_EXCEEDED", f"A tree holds at most {MOST_TREE_RECORDS} records")
    try:
        with request.transaction():
            results = _plant(request, nodes)
    except _TreeFailed as failure:
        return Reply(status=400, body={"hasErrors": True, "results": failure.results})
    return Reply(status=201, body={"hasErrors": False, "results": results})


class _TreeFailed(Exception):
    """Some records of a tree were refused."""

    def __init__(self, results: list[dict[str, Any]]) -> None:
        super().__init__("tree")
        self.results = results


@dataclass(frozen=True, slots=True)
class _Node:
    """One record of a tree; `parent` is its parent's referenceId, `field` points there."""

    sobject: SObject
    reference: str
    given: dict[str, Any]
    parent: str | None
    field: str | None


def _nodes(
    org: Org,
    sobject: SObject,
    records: list[dict[str, Any]],
    parent: str | None = None,
    field: str | None = None,
) -> Iterator[_Node]:
    """All records of a tree, parents before their children; raises ApiRefusal."""
    for record in records:
        reference = attribute(record, "referenceId")
        if reference is None:
            raise refuse("INVALID_INPUT", "Include the referenceId attribute in each record")
        nested = {
            name: objects_of(value["records"], name)
            for name, value in record.items()
            if isinstance(value, dict) and isinstance(value.get("records"), list)
        }
        given = {name: value for name, value in record.items() if name not in nested}
        yield _Node(sobject, reference, given, parent, field)
        for name, children in nested.items():
            child = sobject.children.get(name.lower())
            if child is None:
                raise refuse("INVALID_FIELD", f"No such relationship '{name}'")
            yield from _nodes(org, org.objects[child.sobject], children, reference, child.field)


def _plant(request: Request, nodes: list[_Node]) -> list[dict[str, Any]]:
    """Saves the records in order; raises _TreeFailed with the failing ones."""
    doing = request.doing()
    made: dict[str, str] = {}
    failed: list[dict[str, Any]] = []
    for node in nodes:
        given = dict(node.given)
        if node.field is not None:
            if node.parent not in made:
                continue
            given[node.field] = made[node.parent]
        try:
            made[node.reference] = rows.insert(request.org, node.sobject, given, doing)
        except ApiRefusal as refusal:
            errors = [fault.as_row_error() for fault in refusal.faults]
            failed.append({"referenceId": node.reference, "errors": errors})
    if failed:
        raise _TreeFailed(failed)
    return [{"referenceId": name, "id": record_id} for name, record_id in made.items()]
