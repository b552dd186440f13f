"""The one table of paths: every endpoint in its numbered and its date-versioned spelling."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from connector.sandbox.hubspot.kinds import find_kind
from connector.sandbox.hubspot.limits import Bucket
from connector.sandbox.hubspot.request import Reply

Endpoint = Callable[..., Reply]
Scopes = Callable[[tuple[str, ...]], tuple[str, ...]]

#: Date versions that are served beside the numbered ones.
DATES = ("2026-03", "2026-09")

#: Where each group of endpoints lives. `{date}` stands for every date version.
PREFIXES: dict[str, tuple[str, ...]] = {
    "objects": ("crm/v3/objects", "crm/objects/v3", "crm/objects/{date}"),
    "links": ("crm/v4/objects", "crm/objects/v4", "crm/objects/{date}"),
    "associations": (
        "crm/v4/associations",
        "crm/associations/v4",
        "crm/associations/{date}",
    ),
    "properties": ("crm/v3/properties", "crm/properties/v3", "crm/properties/{date}"),
    "owners": ("crm/v3/owners", "crm/owners/v3", "crm/owners/{date}"),
    "pipelines": ("crm/v3/pipelines", "crm/pipelines/v3", "crm/pipelines/{date}"),
    "lists": ("crm/v3/lists", "crm/lists/v3", "crm/lists/{date}"),
    "schemas": ("crm/v3/schemas", "crm-object-schemas/v3/schemas"),
    "limits": ("crm/v3/limits", "crm/limits/{date}"),
    "account": ("account-info/v3", "account-info/{date}"),
    "oauth1": ("oauth/v1",),
    "oauth": ("oauth/v3", "oauth/{date}"),
    "preferences3": ("communication-preferences/v3",),
    "preferences4": ("communication-preferences/v4", "communication-preferences/{date}"),
    "sequences": ("automation/v4/sequences", "automation/sequences/{date}"),
    "workflows": ("automation/v2/workflows",),
    "webhooks": ("webhooks/v3", "webhooks/2026-03", "app-webhooks/{date}"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `scopes` gives those of which one is needed, from the path's variables."""

    endpoint: Endpoint
    scopes: Scopes
    bucket: Bucket = "general"
    open: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A route that fits a path, with the path's variables."""

    route: Route
    variables: tuple[str, ...]


def object_scopes(way: str) -> Scopes:
    """The scope of an object type; activities are governed by the contacts' scopes."""

    def scopes(variables: tuple[str, ...]) -> tuple[str, ...]:
        kind = find_kind(variables[0]) if variables else None
        name = kind.scope if kind else "contacts"
        return ("tickets",) if name == "tickets" else (f"crm.objects.{name}.{way}",)

    return scopes


def schema_scopes(way: str) -> Scopes:
    """Definitions: the schema's scope, or for reading the objects' scope."""

    def scopes(variables: tuple[str, ...]) -> tuple[str, ...]:
        kind = find_kind(variables[0]) if variables else None
        name = kind.scope if kind else "contacts"
        if name == "tickets":
            return ("tickets",)
        schema = f"crm.schemas.{name}.{way}"
        return (schema, f"crm.objects.{name}.read") if way == "read" else (schema,)

    return scopes


def fixed(*names: str) -> Scopes:
    """Always the same scopes."""
    return lambda _variables: names


class Router:
    """Finds the endpoint of a call."""

    def __init__(self) -> None:
        self._prefixes: dict[str, tuple[str, ...]] = {}
        self._routes: dict[tuple[str, str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for group, spellings in PREFIXES.items():
            for spelling in spellings:
                dates = DATES if "{date}" in spelling else ("",)
                for date in dates:
                    prefix = spelling.replace("{date}", date)
                    self._prefixes[prefix] = (*self._prefixes.get(prefix, ()), group)

    def add(self, method: str, group: str, pattern: str, route: Route) -> None:
        """Adds an endpoint; `*` in a pattern stands for a variable."""
        parts = tuple(pattern.split("/")) if pattern else ()
        key = (method, group, len(parts))
        routes = self._routes.setdefault(key, [])
        routes.append((parts, route))
        routes.sort(key=lambda one: one[0].count("*"))

    def paths(self) -> list[tuple[str, str]]:
        """Every endpoint in every spelling, `*` for variables; for documents and tests."""
        return sorted(
            (method, "/" + "/".join((prefix, *pattern)))
            for prefix, groups in self._prefixes.items()
            for (method, group, _size), routes in self._routes.items()
            if group in groups
            for pattern, _route in routes
        )

    def methods(self, path: str) -> list[str]:
        """The methods under which a path has an endpoint; none for a path that nobody knows."""
        known = sorted({method for method, _group, _size in self._routes})
        return [method for method in known if self.match(method, path) is not None]

    def match(self, method: str, path: str) -> Match | None:
        """The endpoint of a path, with or without a slash at its end."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        for size in (3, 2):
            rest = parts[size:]
            for group in self._prefixes.get("/".join(parts[:size]), ()):
                for pattern, route in self._routes.get((method, group, len(rest)), ()):
                    variables = _fit(pattern, rest)
                    if variables is not None:
                        return Match(route, variables)
        return None


def _fit(pattern: tuple[str, ...], parts: list[str]) -> tuple[str, ...] | None:
    variables = []
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted == "*":
            variables.append(part)
        elif wanted != part:
            return None
    return tuple(variables)
