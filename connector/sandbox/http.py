"""One call and one answer of a simulated system, without sockets, so that HTTP is only a shell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a client sent: header names are lower case, the query is decoded and in order."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """All values of a query parameter: repeated ones and comma-separated ones alike."""
        return [part for key, text in self.query if key == name for part in text.split(",") if part]

    def value(self, name: str, default: str = "") -> str:
        """The first value of a query parameter, whole (commas kept)."""
        return next((text for key, text in self.query if key == name), default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the simulated system sends back."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Handler = Callable[[Call], Answer]


def json_answer(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer whose body is `value` in compact JSON."""
    given = {"content-type": "application/json;charset=utf-8", **(headers or {})}
    return Answer(status=status, headers=given, body=orjson.dumps(value))
