"""Lists of records with their memberships, and which of them a filter fills."""

from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.hubspot.formats import iso

#: Deleted lists can be restored for so long.
RESTORABLE_MS = 90 * 86_400_000


@dataclass(slots=True, kw_only=True)
class RecordList:
    """One list; `members` maps record ids to the moment they joined, in the order of joining."""

    id: str
    name: str
    type_id: str
    processing: str
    created: int
    updated: int
    user: str
    filter_branch: dict[str, Any] | None = None
    members: dict[int, int] = field(default_factory=dict)
    version: int = 1
    deleted: int | None = None

    def told(self, *, filters: bool = True, size: bool = False) -> dict[str, Any]:
        """The list as the API gives it (fields as recorded in 2026)."""
        body: dict[str, Any] = {
            "listId": self.id,
            "listVersion": self.version,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "filtersUpdatedAt": iso(self.created),
            "processingStatus": "COMPLETE",
            "createdById": self.user,
            "updatedById": self.user,
            "processingType": self.processing,
            "objectTypeId": self.type_id,
            "name": self.name,
        }
        if size:
            body["size"] = len(self.members)
        body["listPermissions"] = {"teamsWithEditAccess": [], "usersWithEditAccess": []}
        body["membershipSettings"] = {"membershipTeamId": None, "includeUnassigned": None}
        if filters and self.filter_branch is not None:
            body["filterBranch"] = self.filter_branch
        if self.deleted is not None:
            body["deletedAt"] = iso(self.deleted)
        return body


class Lists:
    """All lists of the account, deleted ones included."""

    def __init__(self) -> None:
        self.all: dict[str, RecordList] = {}
        self._next = 581

    def add(
        self,
        now: int,
        *,
        name: str,
        type_id: str,
        processing: str,
        filter_branch: dict[str, Any] | None,
        user: str,
    ) -> RecordList:
        """Adds an empty list."""
        made = RecordList(
            id=str(self._next),
            name=name,
            type_id=type_id,
            processing=processing,
            created=now,
            updated=now,
            user=user,
            filter_branch=filter_branch,
        )
        self._next += 1
        self.all[made.id] = made
        return made

    def find(self, id_: str) -> RecordList | None:
        """A list that is not deleted."""
        found = self.all.get(id_)
        return found if found is not None and found.deleted is None else None

    def named(self, type_id: str, name: str) -> RecordList | None:
        """The list of an object type with a name."""
        return next(
            (
                one
                for one in self.all.values()
                if one.deleted is None and one.type_id == type_id and one.name == name
            ),
            None,
        )

    def forget_record(self, type_id: str, record_id: int) -> None:
        """Takes a record out of every list."""
        for one in self.all.values():
            if one.type_id == type_id:
                one.members.pop(record_id, None)

    def replace_record(self, type_id: str, old: int, new: int) -> None:
        """Puts the survivor of a merge in the place of a merged record."""
        for one in self.all.values():
            if one.type_id == type_id and old in one.members:
                joined = one.members.pop(old)
                one.members.setdefault(new, joined)

    def save(self) -> dict[str, Any]:
        """All lists as JSON."""
        return {
            "next": self._next,
            "lists": [
                {name: getattr(one, name) for name in RecordList.__slots__ if name != "members"}
                | {"members": list(one.members.items())}
                for one in self.all.values()
            ],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self._next = saved["next"]
        self.all = {
            one["id"]: RecordList(**(one | {"members": dict(one["members"])}))
            for one in saved["lists"]
        }
