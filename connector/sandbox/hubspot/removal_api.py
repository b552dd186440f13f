"""The endpoints that make records disappear: merge and erasure by the law on privacy."""

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.kinds import CONTACTS, Kind
from connector.sandbox.hubspot.merging import Merging
from connector.sandbox.hubspot.objects import Objects
from connector.sandbox.hubspot.objects_api import ObjectsApi
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Record
from connector.sandbox.hubspot.request import Reply, Request, kind_of
from connector.sandbox.hubspot.values import as_text


class RemovalApi:
    """Merging and purging."""

    def __init__(
        self, portal: Portal, objects: Objects, single: ObjectsApi, merging: Merging
    ) -> None:
        self._portal = portal
        self._objects = objects
        self._single = single
        self._merging = merging

    def merge(self, request: Request, type_: str) -> Reply:
        """POST /{type}/merge: 200 with the survivor, maybe under a new id."""
        kind = kind_of(type_)
        body = request.fields("primaryObjectId", "objectIdToMerge", shape=shapes.PAIR)
        primary = self._mergeable(kind, body["primaryObjectId"])
        other = self._mergeable(kind, body["objectIdToMerge"])
        survivor = self._merging.merge(kind, primary, other, request.source(), request.now)
        return 200, self._shown(kind, survivor)

    def _shown(self, kind: Kind, record: Record) -> Json:
        reader = self._portal.catalogue.reader(kind, tuple(record.values))
        return self._single.shown(kind, record, reader)

    def _mergeable(self, kind: Kind, given: object) -> Record:
        text = as_text(given)
        record = self._portal.store(kind).alive(int(text)) if text.isdecimal() else None
        if record is None:
            # The words of the older endpoint, as recorded.
            raise Rejection(
                400,
                "vid to merge is not a valid contact or is already in the process of being merged",
                category=None,
            )
        return record

    def purge(self, request: Request, type_: str) -> Reply:
        """POST /{type}/gdpr-delete: 204; an unknown address goes onto the block list."""
        kind = kind_of(type_)
        body = request.fields("objectId", shape=shapes.PURGE)
        text, key = as_text(body["objectId"]), str(body.get("idProperty") or "")
        if key == "email" and kind is CONTACTS:
            record = self._portal.store(kind).by_unique("email", text.lower())
            if record is None:
                self._portal.preferences.blocked.add(text.lower())
                return 204, None
        else:
            record = self._portal.store(kind).find(int(text)) if text.isdecimal() else None
        if record is None:
            accept = request.call.headers.get("accept", "")
            record = self._single.find(kind, text, key, accept)
        self._objects.purge(kind, record, request.source())
        return 204, None
