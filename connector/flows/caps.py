"""The most that an unattended run may write; above it the run stops before its first call."""

from collections.abc import Iterable
from dataclasses import dataclass

from connector.core.errors import Refused
from connector.core.plan import ActionKind, Destination
from connector.core.problems import Place, Problem
from connector.ports import Ledger, Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many records one delivery may create, update, and give to somebody else."""

    creates: int
    updates: int
    owner_changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a set of actions comes to. Messages and list memberships are not counted."""

    creates: int = 0
    updates: int = 0
    owner_changes: int = 0


def amounts(outgoing: Iterable[Outgoing]) -> Amounts:
    """Counts records of people and tasks that move on; a task that is made with its lead is not
    counted again."""
    creates = updates = owners = 0
    for some in outgoing:
        if some.record_kind == "Task":
            updates += some.count if some.kind is ActionKind.UPDATE else 0
        elif some.kind is ActionKind.CREATE:
            creates += some.count
        elif some.kind in (ActionKind.UPDATE, ActionKind.ATTACH):
            updates += some.count
            owners += some.count if some.gives_owner else 0
    return Amounts(creates=creates, updates=updates, owner_changes=owners)


def stay_below(caps: Caps, ledger: Ledger, destination: Destination) -> None:
    """Raises Refused where what waits for this destination is more than may go unattended."""
    waiting = amounts(ledger.outgoing(destination))
    over = [
        f"{count:,} {name.replace('_', ' ')} (cap {cap:,})"
        for name in ("creates", "updates", "owner_changes")
        if (count := getattr(waiting, name)) > (cap := getattr(caps, name))
    ]
    if over:
        raise Refused(
            Problem(
                code="over-the-cap",
                where=Place(file="config.toml"),
                what=f"this run would make {', '.join(over)} in {destination}: nothing was sent",
                remedy="Look with `leadrelay plan --out plan.json`, carry it out with `leadrelay "
                "apply plan.json`; or raise [caps].",
            )
        )
