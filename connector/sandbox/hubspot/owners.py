"""The people and queues that records belong to."""

from dataclasses import asdict, dataclass, field
from typing import Any

from connector.sandbox.hubspot.formats import iso


@dataclass(slots=True, kw_only=True)
class Owner:
    """One owner; `id` is what `hubspot_owner_id` holds, `user_id` is the login's."""

    id: str
    user_id: int | None
    email: str
    first_name: str
    last_name: str
    created: int
    updated: int
    type: str = "PERSON"
    archived: bool = False
    teams: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """The owner as the API gives it; an archived one has no `userId`."""
        body: dict[str, Any] = {
            "id": self.id,
            "email": self.email,
            "type": self.type,
            "firstName": self.first_name,
            "lastName": self.last_name,
        }
        if not self.archived and self.user_id is not None:
            body["userId"] = self.user_id
        body |= {
            "userIdIncludingInactive": self.user_id,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": self.archived,
        }
        if self.teams:
            body["teams"] = self.teams
        return body


class Owners:
    """All owners of the account, in the order in which they came."""

    def __init__(self) -> None:
        self._all: dict[str, Owner] = {}

    def emails(self) -> list[str]:
        """The addresses of all owners."""
        return [owner.email for owner in self._all.values()]

    def add(
        self,
        now: int,
        *,
        email: str,
        first_name: str,
        last_name: str,
        team: str | None = None,
        type_: str = "PERSON",
    ) -> Owner:
        """Adds an owner; ids and user ids are different on purpose."""
        count = len(self._all)
        teams = [{"id": _team_id(team), "name": team, "primary": True}] if team else []
        owner = Owner(
            id=str(31_871_817 + 638 * count),
            user_id=9_586_504 + 1117 * count if type_ == "PERSON" else None,
            email=email,
            first_name=first_name,
            last_name=last_name,
            created=now,
            updated=now,
            type=type_,
            teams=teams,
        )
        self._all[owner.id] = owner
        return owner

    def find(self, id_: str) -> Owner | None:
        """The owner with an id."""
        return self._all.get(id_)

    def by_user(self, user_id: str) -> Owner | None:
        """The owner whose login has an id."""
        return next((one for one in self._all.values() if str(one.user_id) == user_id), None)

    def every(self, *, archived: bool = False) -> list[Owner]:
        """All active or all archived owners by id."""
        chosen = (one for one in self._all.values() if one.archived is archived)
        return sorted(chosen, key=lambda one: int(one.id))

    def save(self) -> list[dict[str, Any]]:
        """All owners as JSON."""
        return [asdict(one) for one in self._all.values()]

    def load(self, saved: list[dict[str, Any]]) -> None:
        """Takes back what `save` gave."""
        self._all = {one["id"]: Owner(**one) for one in saved}


def _team_id(name: str) -> str:
    return str(1_000_000 + sum(ord(letter) * 31**place for place, letter in enumerate(name[:6])))
