"""HubSpot's refusals, word for word where a recording or a document has the words."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

Json = dict[str, Any]


class Rejection(Exception):
    """A call that HubSpot answers with an error; the door turns it into the answer.

    `body` lacks the correlation id, which the door adds. `html` answers are pages of text
    instead of JSON. `word` is the body's `status`, which the token endpoint spells otherwise.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        category: str | None = "VALIDATION_ERROR",
        html: bool = False,
        word: str = "error",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.html = html
        self.headers = dict(headers or {})
        self.body: Json = {"status": word, "message": message, **more}
        if category is not None:
            self.body["category"] = category

    @property
    def message(self) -> str:
        """The text for people."""
        return str(self.body["message"])


Fault = dict[str, str]


def fault(name: str, code: str, message: str) -> Fault:
    """One value that a property does not take."""
    return {"name": name, "error": code, "message": message}


def invalid_values(faults: Sequence[Fault], portal_id: int) -> Rejection:
    """400 for property values; the details stand as JSON inside the message.

    Unknown properties carry `localizedErrorMessage` and `portalId` as documented; other codes do
    not, as recorded in 2025. `errors` holds each fault once.
    """
    inner: list[Json] = []
    for one in faults:
        entry: Json = {"isValid": False, "message": one["message"], "error": one["error"]}
        entry["name"] = one["name"]
        if one["error"] == "PROPERTY_DOESNT_EXIST":
            entry |= {"localizedErrorMessage": one["message"], "portalId": portal_id}
        inner.append(entry)
    once = {(one["name"], one["error"], one["message"]): one for one in faults}
    errors = [
        {
            "message": one["message"],
            "code": one["error"],
            "context": {"propertyName": [one["name"]]},
        }
        for one in once.values()
    ]
    text = orjson.dumps(inner).decode()
    return Rejection(400, f"Property values were not valid: {text}", errors=errors)


def unauthenticated() -> Rejection:
    """401 for a missing or unknown token."""
    return Rejection(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you"
        " can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        category="INVALID_AUTHENTICATION",
        headers={"x-hubspot-auth-failure": "401 Unauthorized"},
    )


def expired(seconds: int, at: str) -> Rejection:
    """401 for a token whose half hour is over."""
    return Rejection(
        401,
        f"The OAuth token used to make this call expired {seconds} second(s) ago.",
        category="EXPIRED_AUTHENTICATION",
        context={"expire time": [at]},
    )


def missing_scopes(scopes: Sequence[str]) -> Rejection:
    """403 for a token that lacks every one of the scopes that would do."""
    return Rejection(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about"
        " required scopes here: https://developers.hubspot.com/scopes.",
        category="MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def unknown_type(text: str) -> Rejection:
    """400 for an object type that nobody knows."""
    return Rejection(400, f"Unable to infer object type from: {text}", category=None)


def resource_not_found() -> Rejection:
    """404 of a path or record that does not exist, as JSON [C]."""
    return Rejection(404, "resource not found", category=None)


NOT_FOUND_PAGE = (
    '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n'
    "<title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404</h2>\n"
    "<p>Resource not found</p>\n</body>\n</html>\n"
)


def not_found_page() -> Rejection:
    """404 as a page, as recorded for tasks and tickets when the client did not ask for JSON."""
    return Rejection(404, NOT_FOUND_PAGE, html=True, headers={"x-hubspot-notfound": "true"})


def wrong_method(allowed: Sequence[str]) -> Rejection:
    """405 without a body; `Allow` names what the path takes [C]: an answer quoted in 2019."""
    allow = ",".join((*allowed, "OPTIONS"))
    return Rejection(405, "", html=True, headers={"allow": allow})


TOO_LONG_PAGE = (
    "<html>\r\n<head><title>414 Request-URI Too Large</title></head>\r\n<body>\r\n"
    "<center><h1>414 Request-URI Too Large</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)


def not_numeric(text: str) -> Rejection:
    """404 for an id that is no number; the two spaces are HubSpot's."""
    return Rejection(
        404,
        "Object not found.  objectId are usually numeric.",
        category="OBJECT_NOT_FOUND",
        context={"id": [text]},
    )


def malformed(reason: str, *, line: int = 1, column: int = 1) -> Rejection:
    """400 for a body that is not the JSON that was expected."""
    return Rejection(
        400, f"Invalid input JSON on line {line}, column {column}: {reason}", category=None
    )


def fields_missing(names: Sequence[str], column: int) -> Rejection:
    """400 for a body without a required field."""
    return Rejection(
        400,
        f"Invalid input JSON on line 1, column {column}. Some required fields were not set:"
        f" [{', '.join(names)}]",
    )
