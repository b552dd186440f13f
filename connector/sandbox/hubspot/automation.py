"""Workflows and sequences: who is enrolled in which."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class Workflow:
    """A contact-based workflow that can be enrolled in by address."""

    id: str
    name: str
    enabled: bool = True


@dataclass(slots=True, kw_only=True)
class Sequence:
    """A row of sales e-mails that a user may enrol contacts in."""

    id: str
    name: str
    user_id: str
    created: int
    updated: int


@dataclass(slots=True, kw_only=True)
class Enrolment:
    """One contact in one sequence."""

    id: str
    sequence_id: str
    contact_id: int
    to_email: str
    by: str
    by_email: str
    at: int


class Automation:
    """What runs by itself in the account."""

    def __init__(self) -> None:
        self.workflows: dict[str, Workflow] = {}
        self.members: dict[str, dict[int, int]] = {}
        self.sequences: dict[str, Sequence] = {}
        self.enrolments: list[Enrolment] = []
        self._next = 40_001

    def new_id(self) -> str:
        """The next id of a workflow, sequence or enrolment."""
        self._next += 1
        return str(self._next)

    def add_workflow(self, name: str) -> Workflow:
        """Makes a workflow that is switched on."""
        made = Workflow(id=self.new_id(), name=name)
        self.workflows[made.id] = made
        self.members[made.id] = {}
        return made

    def add_sequence(self, now: int, name: str, user_id: str) -> Sequence:
        """Makes a sequence of a user's."""
        made = Sequence(id=self.new_id(), name=name, user_id=user_id, created=now, updated=now)
        self.sequences[made.id] = made
        return made

    def enrolled(self, contact_id: int) -> Enrolment | None:
        """The sequence that a contact is in; a contact can be in one at a time."""
        return next((one for one in self.enrolments if one.contact_id == contact_id), None)

    def save(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "next": self._next,
            "workflows": [asdict(one) for one in self.workflows.values()],
            "members": {id_: list(some.items()) for id_, some in self.members.items()},
            "sequences": [asdict(one) for one in self.sequences.values()],
            "enrolments": [asdict(one) for one in self.enrolments],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Takes back what `save` gave."""
        self._next = saved["next"]
        self.workflows = {one["id"]: Workflow(**one) for one in saved["workflows"]}
        self.members = {id_: dict(some) for id_, some in saved["members"].items()}
        self.sequences = {one["id"]: Sequence(**one) for one in saved["sequences"]}
        self.enrolments = [Enrolment(**one) for one in saved["enrolments"]]
