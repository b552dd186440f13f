"""What happened in the account, as webhooks tell it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One occurrence: `action` is creation, deletion, merge, restore, propertyChange, ….

    `details` are the fields that webhooks send besides the common ones.
    """

    at: int
    singular: str
    type_id: str
    action: str
    object_id: int
    source: str
    source_id: str
    details: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Event], None]
