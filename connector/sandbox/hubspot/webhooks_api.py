"""The endpoints by which an application sets its webhooks up."""

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.request import Reply, Request
from connector.sandbox.hubspot.webhooks import Subscription, Target, Webhooks

#: How many subscriptions an application may have, and what none can be made for.
MOST = 1_000
_SILENT = ("hs_lastmodifieddate", "num_unique_conversion_events")


class WebhooksApi:
    """Settings and subscriptions of an application."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def settings(self, _request: Request, app_id: str) -> Reply:
        """GET /{appId}/settings."""
        return 200, _told(self._target(app_id))

    def _target(self, app_id: str) -> Target:
        target = self._webhooks.targets.get(int(app_id)) if app_id.isdecimal() else None
        if target is None:
            raise Rejection(404, "resource not found", category=None)  # [C]
        return target

    def set(self, request: Request, app_id: str) -> Reply:
        """PUT /{appId}/settings."""
        body = request.fields("targetUrl", "throttling", shape=shapes.TARGET)
        throttling = body["throttling"]
        target = Target(
            url=str(body["targetUrl"]),
            concurrent=int(throttling.get("maxConcurrentRequests") or 10),
            created=request.now,
            updated=request.now,
        )
        self._webhooks.targets[_app(app_id)] = target
        return 200, _told(target)

    def delete_settings(self, _request: Request, app_id: str) -> Reply:
        """DELETE /{appId}/settings: 204."""
        self._target(app_id)
        del self._webhooks.targets[int(app_id)]
        return 204, None

    def listing(self, _request: Request, app_id: str) -> Reply:
        """GET /{appId}/subscriptions."""
        return 200, {"results": [_shown(one) for one in self._of(app_id)]}

    def _of(self, app_id: str) -> list[Subscription]:
        every = self._webhooks.subscriptions.values()
        return [one for one in every if str(one.app_id) == app_id]

    def _find(self, app_id: str, id_: str) -> Subscription:
        for one in self._of(app_id):
            if str(one.id) == id_:
                return one
        raise Rejection(404, "resource not found", category=None)  # [C]

    def read(self, _request: Request, app_id: str, id_: str) -> Reply:
        """GET /{appId}/subscriptions/{id}."""
        return 200, _shown(self._find(app_id, id_))

    def create(self, request: Request, app_id: str) -> Reply:
        """POST /{appId}/subscriptions: 201."""
        body = request.fields("eventType", shape=shapes.SUBSCRIPTION)
        name = body.get("propertyName")
        if name in _SILENT:
            raise Rejection(400, f"Subscriptions to {name} are not possible")  # [?] the words
        if len(self._of(app_id)) >= MOST:
            raise Rejection(400, f"An app can have at most {MOST} subscriptions")  # [?]
        made = self._webhooks.subscribe(
            _app(app_id),
            str(body["eventType"]),
            property_name=name,
            object_type_id=body.get("objectTypeId"),
        )
        made.active = bool(body.get("active", False))
        return 201, _shown(made)

    def update(self, request: Request, app_id: str, id_: str) -> Reply:
        """PATCH /{appId}/subscriptions/{id}."""
        found = self._find(app_id, id_)
        found.active = bool(request.fields(shape=shapes.SUBSCRIPTION).get("active", found.active))
        found.updated = request.now
        return 200, _shown(found)

    def batch_update(self, request: Request, app_id: str) -> Reply:
        """POST /{appId}/subscriptions/batch/update."""
        results = []
        for one in request.inputs(shapes.SUBSCRIPTIONS):
            found = self._find(app_id, str(one.get("id")))
            found.active = bool(one.get("active", found.active))
            found.updated = request.now
            results.append(_shown(found))
        moment = iso(request.now)
        return 200, {
            "status": "COMPLETE",
            "results": results,
            "startedAt": moment,
            "completedAt": moment,
        }

    def delete(self, _request: Request, app_id: str, id_: str) -> Reply:
        """DELETE /{appId}/subscriptions/{id}: 204."""
        del self._webhooks.subscriptions[self._find(app_id, id_).id]
        return 204, None


def _app(text: str) -> int:
    if not text.isdecimal():
        raise Rejection(400, "Unable to parse value for path parameter: appId", category=None)
    return int(text)


def _told(target: Target) -> Json:
    return {
        "targetUrl": target.url,
        "throttling": {"maxConcurrentRequests": target.concurrent},
        "createdAt": iso(target.created),
        "updatedAt": iso(target.updated),
    }


def _shown(one: Subscription) -> Json:
    body: Json = {
        "id": str(one.id),
        "eventType": one.event_type,
        "active": one.active,
        "createdAt": iso(one.created),
        "updatedAt": iso(one.updated),
    }
    if one.property_name:
        body["propertyName"] = one.property_name
    if one.object_type_id:
        body["objectTypeId"] = one.object_type_id
    return body
