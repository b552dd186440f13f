"""The faults Salesforce reports, with the exact codes and texts of its answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One entry of an error answer.

    `fields` is None where a single-record answer has no such key; row results always have it.
    `details` are the keys that come first (only the duplicate rule has them). `status` is the
    HTTP status of a single-record answer.
    """

    code: str
    message: str
    fields: tuple[str, ...] | None = None
    status: int = 400
    details: dict[str, Any] | None = None
    code_first: bool = False

    def as_error(self) -> dict[str, Any]:
        """The entry of a single-record or query answer (`errorCode`)."""
        if self.code_first:
            return {"errorCode": self.code, "message": self.message}
        if self.details is not None:
            return {**self.details, "errorCode": self.code, "message": self.message}
        given: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            given["fields"] = list(self.fields)
        return given

    def as_row_error(self) -> dict[str, Any]:
        """The entry of a row result in a collection or a tree (`statusCode`)."""
        return {
            "statusCode": self.code,
            "message": self.message,
            "fields": list(self.fields or ()),
        }

    def as_bulk_error(self) -> str:
        """The text of the `sf__Error` column."""
        return f"{self.code}:{self.message}:{','.join(self.fields or ())} --"


class ApiRefusal(Exception):
    """Ends one request, or one row of it, with the faults Salesforce would report."""

    def __init__(self, faults: Sequence[Fault], headers: dict[str, str] | None = None) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = tuple(faults)
        self.headers = headers or {}

    @property
    def status(self) -> int:
        return self.faults[0].status


def refuse(
    code: str,
    message: str,
    fields: Sequence[str] | None = None,
    *,
    status: int = 400,
    code_first: bool = False,
) -> ApiRefusal:
    """One fault as an exception, to be raised by the caller."""
    return ApiRefusal(
        [
            Fault(
                code=code,
                message=message,
                fields=None if fields is None else tuple(fields),
                status=status,
                code_first=code_first,
            )
        ]
    )


def not_found() -> ApiRefusal:
    """An unknown path, version, object or record; the key order is the recorded one."""
    return refuse("NOT_FOUND", "The requested resource does not exist", status=404, code_first=True)


def no_column(name: str, sobject: str) -> Fault:
    return Fault(
        code="INVALID_FIELD", message=f"No such column '{name}' on sobject of type {sobject}"
    )


def malformed_id(label: str, value: str, field: str) -> Fault:
    return Fault(
        code="MALFORMED_ID",
        message=f"{label}: id value of incorrect type: {value}",
        fields=(field,),
    )


def entity_is_deleted() -> ApiRefusal:
    return refuse("ENTITY_IS_DELETED", "entity is deleted", (), status=404)


def invalid_cross_reference() -> ApiRefusal:
    return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (), status=404)
