"""A call on its way through the sandbox: who makes it, when, with which body."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from connector.sandbox.http import Call
from connector.sandbox.hubspot.errors import (
    Json,
    Rejection,
    fields_missing,
    malformed,
    unknown_type,
)
from connector.sandbox.hubspot.kinds import Kind, find_kind
from connector.sandbox.hubspot.records import Source
from connector.sandbox.hubspot.shapes import Shape, each

#: What an endpoint gives: status and body (None for no body).
Reply = tuple[int, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who makes a call: `key` is the token, `public` marks OAuth applications."""

    key: str
    app_id: int
    scopes: frozenset[str]
    public: bool = False
    user_id: int | None = None


NOBODY = Credential(key="", app_id=0, scopes=frozenset())


@dataclass(slots=True, kw_only=True)
class Request:
    """One call with what the door has found out about it; `now` is in epoch milliseconds."""

    call: Call
    now: int
    credential: Credential = NOBODY
    base: str = "https://api.hubapi.com"
    _body: Any = field(default=None, init=False)
    _read: bool = field(default=False, init=False)

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Rejection: 400 for a body that is no JSON.
        """
        if not self._read:
            if not self.call.body:
                raise Rejection(
                    400,
                    "validation error",
                    category=None,
                    errors=["The request body may not be null"],
                )
            try:
                self._body = orjson.loads(self.call.body)
            except orjson.JSONDecodeError as wrong:
                reason = f"Cannot deserialize value of type ({wrong.msg})"
                raise malformed(reason, line=wrong.lineno, column=wrong.colno) from None
            self._read = True
        return self._body

    def fields(self, *required: str, shape: Shape) -> Json:
        """The body as an object of a shape that has the required fields."""
        body = self.json()
        if not isinstance(body, dict):
            raise malformed(
                "Cannot deserialize value of type `java.lang.Object` from Array value"
                " (token `JsonToken.START_ARRAY`)"
            )
        read: Json = shape(body)
        missing = [name for name in required if read.get(name) is None]
        if missing:
            raise fields_missing(missing, len(self.call.body))
        return read

    def inputs(self, shape: Shape, most: int = 100) -> list[Json]:
        """The `inputs` of a batch call."""
        inputs: list[Json] = self.fields("inputs", shape=shape)["inputs"]
        if len(inputs) > most:
            raise Rejection(
                400,
                f"The maximum number of inputs supported in a batch is {most}. Please reduce the"
                " number of items and try again",
            )
        return inputs

    def rows(self, shape: Shape) -> list[Any]:
        """The body as a bare list of values of a shape."""
        read: list[Any] = each(shape)(self.json()) or []
        return read

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false."""
        return self.call.value(name).lower() == "true"

    def number(self, name: str, default: int, *, most: int | None = None) -> int:
        """A query parameter that is a whole number.

        Raises:
            Rejection: 400 for text, and for more than `most` [?].
        """
        text = self.call.value(name)
        if not text:
            return default
        try:
            number = int(text)
        except ValueError:
            raise Rejection(
                400,
                f'Cannot deserialize value of type `int` from String "{text}": not a valid'
                " `int` value",
                category="VALIDATION_ERROR",
            ) from None
        if most is not None and not 0 < number <= most:
            raise Rejection(
                400,
                f"{name} must be between 1 and {most}, got {number}",  # [?] the words
            )
        return number

    def source(self) -> Source:
        """How the writes of this call are marked in histories."""
        return Source("INTEGRATION", str(self.credential.app_id), "", self.credential.user_id)


def kind_of(text: str) -> Kind:
    """The object type in a path.

    Raises:
        Rejection: 400 for a type that nobody knows.
    """
    kind = find_kind(text)
    if kind is None:
        raise unknown_type(text)
    return kind
