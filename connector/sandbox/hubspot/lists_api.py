"""The endpoints of lists and their memberships."""

from collections.abc import Callable
from typing import Any

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.errors import Json, Rejection, malformed
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import find_kind
from connector.sandbox.hubspot.lists import RESTORABLE_MS, RecordList
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Reply, Request
from connector.sandbox.hubspot.values import as_text

#: Members on a page, lists on a page, and up to which size lists can be copied or emptied.
PAGE, LISTS_PAGE, COPYABLE = 250, 500, 100_000

_SORTS: dict[str, Callable[[RecordList], Any]] = {
    "HS_LIST_ID": lambda one: int(one.id),
    "HS_NAME": lambda one: one.name.lower(),
    "HS_CREATED_AT": lambda one: one.created,
    "HS_UPDATED_AT": lambda one: one.updated,
    "HS_LIST_SIZE": lambda one: len(one.members),
}


class ListsApi:
    """Static lists (MANUAL, SNAPSHOT) are written to; active ones (DYNAMIC) only read."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def _find(self, id_: str) -> RecordList:
        found = self._portal.lists.find(id_)
        if found is None:
            raise Rejection(
                404,
                f"List does not exist with ID {id_}.",
                category="OBJECT_NOT_FOUND",
                subCategory="ListError.LIST_ID_DOES_NOT_EXIST",
                context={"listId": [id_]},
            )
        return found

    def create(self, request: Request) -> Reply:
        """POST /lists: 200; names are unique within an object type."""
        body = request.fields("name", "objectTypeId", "processingType", shape=shapes.LIST)
        type_id = str(body["objectTypeId"])
        name = str(body["name"])
        kind = find_kind(type_id)
        if kind is None:
            raise Rejection(400, f"Unable to infer object type from: {type_id}", category=None)
        if self._portal.lists.named(kind.type_id, name) is not None:
            raise Rejection(
                400,
                f"A list with the name '{name}' already exists.",  # [?] the words
                subCategory="ListError.DUPLICATE_LIST_NAMES",
                context={"name": [name]},
            )
        made = self._portal.lists.add(
            request.now,
            name=name,
            type_id=kind.type_id,
            processing=str(body["processingType"]),
            filter_branch=body.get("filterBranch"),
            user=str(request.credential.user_id or 9_586_504),
        )
        return 200, {"list": made.told()}

    def several(self, request: Request) -> Reply:
        """GET /lists?listIds=; unknown ids are left out."""
        found = [self._portal.lists.find(id_) for id_ in request.call.values("listIds")]
        filters = request.flag("includeFilters")
        lists = [one.told(filters=filters, size=True) for one in found if one is not None]
        return 200, {"lists": lists}

    def read(self, request: Request, id_: str) -> Reply:
        """GET /lists/{id}."""
        return 200, {"list": self._find(id_).told(filters=request.flag("includeFilters"))}

    def by_name(self, request: Request, type_: str, name: str) -> Reply:
        """GET /lists/object-type-id/{type}/name/{name}."""
        kind = find_kind(type_)
        found = self._portal.lists.named(kind.type_id if kind else type_, name)
        if found is None:
            raise Rejection(
                404,
                f"List does not exist with name {name} and object type ID {type_}.",  # [?]
                category="OBJECT_NOT_FOUND",
            )
        return 200, {"list": found.told(filters=request.flag("includeFilters"))}

    def rename(self, request: Request, id_: str) -> Reply:
        """PUT /lists/{id}/update-list-name?listName=."""
        found = self._find(id_)
        found.name = request.call.value("listName") or found.name
        found.updated = request.now
        return 200, {"updatedList": found.told(filters=request.flag("includeFilters"))}

    def delete(self, request: Request, id_: str) -> Reply:
        """DELETE /lists/{id}: 204, restorable for 90 days."""
        self._find(id_).deleted = request.now
        return 204, None

    def restore(self, request: Request, id_: str) -> Reply:
        """PUT /lists/{id}/restore: 204."""
        found = self._portal.lists.all.get(id_)
        lost = found is None or found.deleted is None
        if found is None or lost or request.now - (found.deleted or 0) > RESTORABLE_MS:
            self._find(id_)
        elif found is not None:
            found.deleted = None
        return 204, None

    def search(self, request: Request) -> Reply:
        """POST /lists/search by part of the name; the size is text among the extra properties."""
        body = request.fields(shape=shapes.LIST_SEARCH)
        count = min(int(body.get("count") or 20), LISTS_PAGE)
        offset = int(body.get("offset") or 0)
        text = as_text(body.get("query") or "").lower()
        kinds = set(body.get("processingTypes") or [])
        type_id = body.get("objectTypeId")
        ids = {str(id_) for id_ in body.get("listIds") or []}
        found = [
            one
            for one in self._portal.lists.all.values()
            if one.deleted is None
            and text in one.name.lower()
            and (not kinds or one.processing in kinds)
            and (not type_id or one.type_id == type_id)
            and (not ids or one.id in ids)
        ]
        sort = as_text(body.get("sort") or "")
        if sort.lstrip("-") in _SORTS:
            found.sort(key=_SORTS[sort.lstrip("-")], reverse=sort.startswith("-"))
        page = found[offset : offset + count]
        return 200, {
            "offset": offset + len(page),
            "hasMore": offset + count < len(found),
            "lists": [self._found(one) for one in page],
            "total": len(found),
        }

    @staticmethod
    def _found(one: RecordList) -> Json:
        last = max(one.members.values(), default=None)
        extra = {"hs_list_size": str(len(one.members)), "hs_list_reference_count": "0"}
        if last is not None:
            extra["hs_last_record_added_at"] = str(last)
        return one.told(filters=False) | {"additionalProperties": extra}

    def _static(self, id_: str) -> RecordList:
        found = self._find(id_)
        if found.processing == "DYNAMIC":
            raise Rejection(
                400,
                f"List {id_} is DYNAMIC; its memberships cannot be changed.",  # [?] the words
                subCategory="ListError.INVALID_PROCESSING_TYPE",
                context={"listId": [id_]},
            )
        return found

    @staticmethod
    def _ids(given: Any) -> list[str]:
        """Record ids of a body; its first element stands at the second column."""
        if isinstance(given, list) and any(isinstance(one, (dict, list)) for one in given):
            raise malformed(
                "Cannot deserialize value of type `java.lang.String` from Object value"
                " (token `JsonToken.START_OBJECT`)",
                column=2,
            )
        return [as_text(one) for one in shapes.NAMES(given) or []]

    def add(self, request: Request, id_: str) -> Reply:
        """PUT …/memberships/add with a bare array of ids."""
        return 200, self.change(self._static(id_), self._ids(request.json()), [], request.now)

    def remove(self, request: Request, id_: str) -> Reply:
        """PUT …/memberships/remove with a bare array of ids."""
        return 200, self.change(self._static(id_), [], self._ids(request.json()), request.now)

    def add_and_remove(self, request: Request, id_: str) -> Reply:
        """PUT …/memberships/add-and-remove."""
        body = request.fields(shape=shapes.MEMBERS)
        add = self._ids(body.get("recordIdsToAdd") or [])
        gone = self._ids(body.get("recordIdsToRemove") or [])
        return 200, self.change(self._static(id_), add, gone, request.now)

    def change(self, one: RecordList, add: list[str], gone: list[str], now: int) -> Json:
        """Changes memberships; the odd `recordsIdsAdded` is HubSpot's spelling.

        Empty results are left out, as recorded in 2026 (see the setting `empty_id_lists`).
        """
        kind = find_kind(one.type_id)
        store = self._portal.store(kind) if kind is not None else None
        added, missing = [], []
        for text in add:
            id_ = int(text) if text.isdecimal() else -1
            if store is None or store.alive(id_) is None:
                missing.append(text)
            elif id_ not in one.members:
                one.members[id_] = now
                added.append(text)
        removed = [
            text
            for text in gone
            if text.isdecimal() and one.members.pop(int(text), None) is not None
        ]
        if added or removed:
            one.updated = now
        body = {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}
        if self._portal.settings.empty_id_lists:
            return body
        return {name: ids for name, ids in body.items() if ids}

    def add_from(self, request: Request, id_: str, source: str) -> Reply:
        """PUT …/memberships/add-from/{source}: 204."""
        one, other = self._static(id_), self._find(source)
        self._refuse_large(other)
        for member in other.members:
            one.members.setdefault(member, request.now)
        return 204, None

    def empty(self, _request: Request, id_: str) -> Reply:
        """DELETE …/memberships: 204."""
        one = self._static(id_)
        self._refuse_large(one)
        one.members.clear()
        return 204, None

    @staticmethod
    def _refuse_large(one: RecordList) -> None:
        if len(one.members) >= COPYABLE:
            raise Rejection(400, f"List {one.id} has {COPYABLE} or more memberships")  # [?]

    def members(self, request: Request, id_: str) -> Reply:
        """GET …/memberships: by record id."""
        one = self._find(id_)
        return self._members(request, sorted(one.members.items()))

    def members_by_joining(self, request: Request, id_: str) -> Reply:
        """GET …/memberships/join-order: by the moment of joining."""
        one = self._find(id_)
        return self._members(request, sorted(one.members.items(), key=lambda item: item[1]))

    @staticmethod
    def _members(request: Request, members: list[tuple[int, int]]) -> Reply:
        limit = request.number("limit", 100, most=PAGE)
        after = request.number("after", 0)
        page = members[after : after + limit]
        body: Json = {
            "total": len(members),
            "results": [
                {"recordId": str(id_), "membershipTimestamp": iso(joined)} for id_, joined in page
            ],
        }
        if after + limit < len(members):
            following = str(after + limit)
            link = f"{request.base}{request.call.path}?limit={limit}&after={following}"
            body["paging"] = {"next": {"after": following, "link": link}}
        return 200, body

    def of_record(self, _request: Request, type_: str, record_id: str) -> Reply:
        """GET /lists/records/{type}/{id}/memberships."""
        kind = find_kind(type_)
        id_ = int(record_id) if record_id.isdecimal() else -1
        results = [
            {
                "listId": one.id,
                "listVersion": one.version,
                "firstAddedTimestamp": iso(one.members[id_]),
                "lastAddedTimestamp": iso(one.members[id_]),
            }
            for one in self._portal.lists.all.values()
            if kind is not None
            and one.deleted is None
            and one.type_id == kind.type_id
            and id_ in one.members
        ]
        return 200, {"total": len(results), "results": results}
