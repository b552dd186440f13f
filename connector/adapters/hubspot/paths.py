"""All paths of HubSpot that are called, in both spellings; nothing else builds one.

The numbered spellings are unsupported from September 2027, every v4 one already from 2027-03-30;
the date-versioned ones take the same bodies (HubSpot's migration guide).
"""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Path:
    """One endpoint: how it is spelled with numbers and with a date (`{v}`)."""

    numbered: str
    dated: str


TABLE: dict[str, Path] = {
    "objects": Path("/crm/v3/objects/{kind}", "/crm/objects/{v}/{kind}"),
    "object": Path("/crm/v3/objects/{kind}/{id}", "/crm/objects/{v}/{kind}/{id}"),
    "search": Path("/crm/v3/objects/{kind}/search", "/crm/objects/{v}/{kind}/search"),
    "batch-read": Path("/crm/v3/objects/{kind}/batch/read", "/crm/objects/{v}/{kind}/batch/read"),
    "batch-update": Path(
        "/crm/v3/objects/{kind}/batch/update", "/crm/objects/{v}/{kind}/batch/update"
    ),
    "gdpr-delete": Path(
        "/crm/v3/objects/{kind}/gdpr-delete", "/crm/objects/{v}/{kind}/gdpr-delete"
    ),
    "properties": Path("/crm/v3/properties/{kind}", "/crm/properties/{v}/{kind}"),
    "property-groups": Path(
        "/crm/v3/properties/{kind}/groups", "/crm/properties/{v}/{kind}/groups"
    ),
    "owners": Path("/crm/v3/owners/", "/crm/owners/{v}"),
    "pipelines": Path("/crm/v3/pipelines/{kind}", "/crm/pipelines/{v}/{kind}"),
    "associations": Path(
        "/crm/v4/associations/{kind}/{to}/batch/read",
        "/crm/associations/{v}/{kind}/{to}/batch/read",
    ),
    "list-search": Path("/crm/v3/lists/search", "/crm/lists/{v}/search"),
    "lists": Path("/crm/v3/lists/", "/crm/lists/{v}"),
    "list-add": Path("/crm/v3/lists/{id}/memberships/add", "/crm/lists/{v}/{id}/memberships/add"),
    "list-remove": Path(
        "/crm/v3/lists/{id}/memberships/remove", "/crm/lists/{v}/{id}/memberships/remove"
    ),
    "unsubscribe": Path(
        "/communication-preferences/v4/statuses/{email}/unsubscribe-all",
        "/communication-preferences/{v}/statuses/{email}/unsubscribe-all",
    ),
    "account": Path("/account-info/v3/details", "/account-info/{v}/details"),
    "token": Path("/oauth/v1/token", "/oauth/{v}/token"),
}


class Paths:
    """Spells paths: numbered, or of one dated version such as `2026-09`."""

    def __init__(self, version: str = "") -> None:
        self._version = version

    def __call__(self, name: str, **parts: str) -> str:
        """The path of that name with its parts filled in, each quoted.

        Raises ValueError for a part that would change the path: empty, `.` or `..`.
        """
        path = TABLE[name]
        quoted = {key: _quoted(part) for key, part in parts.items()}
        if self._version:
            return path.dated.format(v=_quoted(self._version), **quoted)
        return path.numbered.format(**quoted)


def _quoted(part: str) -> str:
    if part in ("", ".", ".."):
        raise ValueError("a part of a path must not be empty or made of dots")
    return quote(part, safe="")
