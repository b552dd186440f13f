"""The control API: what people do in both web interfaces, and what only a sandbox can do."""

import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.sandbox.faults import KINDS, FaultShape
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.load import load_rows, rows_of
from connector.sandbox.page.app import page_app
from connector.sandbox.people.agenda import move_clock
from connector.sandbox.salesforce.errors import ApiRefusal
from connector.sandbox.world import World

Body = dict[str, Any]
Urls = Mapping[str, str]
Act = Callable[[World, Request, Body], Any]


def control_app(world: World, urls: Urls) -> Starlette:
    """The control API of one world. Bodies and answers are JSON; GET / lists all calls.

    A browser finds the page at /page/.
    """
    routes: list[BaseRoute] = [
        Route(path, _endpoint(world, act), methods=[method]) for method, path, act in ENDPOINTS
    ]
    routes.append(Route("/", _index(urls), methods=["GET"]))
    routes.append(Mount("/page", page_app(world, urls)))
    host = urlsplit(urls["control"]).hostname or ""
    return Starlette(routes=routes, middleware=[Middleware(OwnPagesOnly, host=host)])


class OwnPagesOnly:
    """Refuses what a foreign web page asks for, by its origin or through a name of its own."""

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._hosts = {host, "localhost", "127.0.0.1", "::1"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request (ASGI)."""
        if scope["type"] == "http" and not self._own(dict(scope["headers"])):
            refusal = PlainTextResponse("asked for by a foreign page", status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _own(self, headers: Mapping[bytes, bytes]) -> bool:
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin", b"").decode("latin-1")
        if urlsplit(f"//{host}").hostname not in self._hosts:
            return False
        return not origin or urlsplit(origin).netloc == host


def json_response(value: Any, status: int = 200) -> Response:
    """A value as JSON: moments as ISO 8601, dataclasses as objects."""
    return Response(orjson.dumps(value, default=_plain), status, media_type="application/json")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _endpoint(world: World, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = orjson.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            with world.lock:
                return json_response(act(world, request, body))
        except KeyError as error:
            return json_response({"error": f"not found or not given: {error}"}, 404)
        except (ValidationError, ValueError, TypeError) as error:
            return json_response({"error": str(error)}, 400)
        except (Rejection, ApiRefusal) as error:
            return json_response({"error": str(error), "details": _details(error)}, 409)

    return endpoint


def _details(error: Rejection | ApiRefusal) -> Any:
    if isinstance(error, Rejection):
        return error.body
    return [fault.as_error() for fault in error.faults]


def _index(urls: Urls) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        calls = [
            {"call": f"{method} {path}", "does": (act.__doc__ or "").strip()}
            for method, path, act in ENDPOINTS
        ]
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/page/")
        return json_response({"systems": dict(urls), "calls": calls})

    return endpoint


def moment(text: str) -> datetime:
    """A moment from ISO 8601; without an offset it is UTC."""
    given = datetime.fromisoformat(text)
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


def read_clock(world: World, request: Request, body: Body) -> Any:
    """The sandbox's moment: {"now"}."""
    return {"now": world.clock.now()}


def set_clock(world: World, request: Request, body: Body) -> Any:
    """Sets the moment: {"now": "2026-03-02T08:00:00Z"}; forward, people live on meanwhile."""
    move_clock(world, moment(body["now"]))
    return {"now": world.clock.now()}


def advance_clock(world: World, request: Request, body: Body) -> Any:
    """Moves the moment on: {"days", "hours", "minutes", "seconds"}, any of them."""
    move_clock(world, world.clock.now() + timedelta(**body))
    return {"now": world.clock.now()}


def list_hubspot(world: World, request: Request, body: Body) -> Any:
    """All records of a HubSpot object type (contacts, companies, deals …)."""
    return world.hubspot.records(request.path_params["type"])


def read_hubspot(world: World, request: Request, body: Body) -> Any:
    """One HubSpot record."""
    return world.hubspot.get(request.path_params["type"], request.path_params["id"])


def create_hubspot(world: World, request: Request, body: Body) -> Any:
    """Creates a HubSpot record as a user would: {"properties": {…}}."""
    return world.hubspot.create(request.path_params["type"], body["properties"])


def update_hubspot(world: World, request: Request, body: Body) -> Any:
    """Changes a HubSpot record: {"properties": {…}}."""
    path = request.path_params
    return world.hubspot.update(path["type"], path["id"], body["properties"])


def archive_hubspot(world: World, request: Request, body: Body) -> Any:
    """Deletes a HubSpot record; {"forever": true} is a GDPR deletion of a contact."""
    path = request.path_params
    if body.get("forever"):
        world.hubspot.gdpr_delete(path["id"])
    else:
        world.hubspot.archive(path["type"], path["id"])
    return {"archived": path["id"]}


def restore_hubspot(world: World, request: Request, body: Body) -> Any:
    """Brings a deleted HubSpot record back."""
    return world.hubspot.restore(request.path_params["type"], request.path_params["id"])


def merge_hubspot(world: World, request: Request, body: Body) -> Any:
    """Merges another contact into this one: {"other": id}."""
    return world.hubspot.merge(request.path_params["id"], str(body["other"]))


def list_salesforce(world: World, request: Request, body: Body) -> Any:
    """All rows of a Salesforce object."""
    return world.salesforce.rows(request.path_params["sobject"])


def read_salesforce(world: World, request: Request, body: Body) -> Any:
    """One Salesforce row."""
    return world.salesforce.get(request.path_params["sobject"], request.path_params["id"])


def create_salesforce(world: World, request: Request, body: Body) -> Any:
    """Creates a Salesforce row as a user would: {"fields": {…}}."""
    return {"id": world.salesforce.create(request.path_params["sobject"], body["fields"])}


def update_salesforce(world: World, request: Request, body: Body) -> Any:
    """Changes a Salesforce row: {"fields": {…}}."""
    path = request.path_params
    world.salesforce.update(path["sobject"], path["id"], body["fields"])
    return world.salesforce.get(path["sobject"], path["id"])


def delete_salesforce(world: World, request: Request, body: Body) -> Any:
    """Moves a Salesforce row to the recycle bin."""
    path = request.path_params
    world.salesforce.delete(path["sobject"], path["id"])
    return {"deleted": path["id"]}


def undelete_salesforce(world: World, request: Request, body: Body) -> Any:
    """Brings a Salesforce row back from the recycle bin."""
    path = request.path_params
    world.salesforce.undelete(path["sobject"], path["id"])
    return world.salesforce.get(path["sobject"], path["id"])


def merge_salesforce(world: World, request: Request, body: Body) -> Any:
    """Merges rows into this one: {"losers": [ids]}."""
    path = request.path_params
    world.salesforce.merge(path["sobject"], path["id"], body["losers"])
    return world.salesforce.get(path["sobject"], path["id"])


def convert_lead(world: World, request: Request, body: Body) -> Any:
    """Converts a Lead: {"converted_status", "create_opportunity", "owner_id", "account_id", …}."""
    return world.salesforce.convert(request.path_params["id"], **body)


def set_status(world: World, request: Request, body: Body) -> Any:
    """Sets a Lead's status: {"status", "reason"}; the reason goes to Disposition_Reason__c."""
    fields = {"Status": body["status"]}
    if body.get("reason"):
        fields["Disposition_Reason__c"] = body["reason"]
    world.salesforce.update("Lead", request.path_params["id"], fields)
    return world.salesforce.get("Lead", request.path_params["id"])


def advance_opportunity(world: World, request: Request, body: Body) -> Any:
    """Sets an opportunity's stage: {"stage", "amount", "close_date"}, the last two if wanted."""
    fields = {"StageName": body["stage"]}
    for name, field in (("amount", "Amount"), ("close_date", "CloseDate")):
        if name in body:
            fields[field] = body[name]
    world.salesforce.update("Opportunity", request.path_params["id"], fields)
    return world.salesforce.get("Opportunity", request.path_params["id"])


def query_salesforce(world: World, request: Request, body: Body) -> Any:
    """Rows of a SOQL query: {"soql"}."""
    return world.salesforce.query(body["soql"])


def read_everything(world: World, request: Request, body: Body) -> Any:
    """All records of both systems, as their users see them."""
    hubspot = ("contacts", "companies", "deals")
    salesforce = ("Lead", "Contact", "Account", "Opportunity", "Task", "User")
    return {
        "now": world.clock.now(),
        "hubspot": {name: world.hubspot.records(name) for name in hubspot},
        "salesforce": {name: world.salesforce.rows(name) for name in salesforce},
    }


def list_faults(world: World, request: Request, body: Body) -> Any:
    """The fault rules in force, and the kinds there are."""
    return {"rules": world.faults.rules(), "kinds": dict(KINDS)}


def add_fault(world: World, request: Request, body: Body) -> Any:
    """Puts a fault rule in force: {"kind", "system", "path", "probability", "nth", …}."""
    return {"number": world.faults.add(FaultShape.model_validate(body).fault())}


def clear_faults(world: World, request: Request, body: Body) -> Any:
    """Ends all fault rules."""
    world.faults.clear()
    return {"rules": []}


def remove_fault(world: World, request: Request, body: Body) -> Any:
    """Ends one fault rule."""
    if not world.faults.remove(int(request.path_params["number"])):
        raise KeyError(request.path_params["number"])
    return {"rules": world.faults.rules()}


def read_calls(world: World, request: Request, body: Body) -> Any:
    """Every API call with its cost in quota, and every fault that struck."""
    return world.calls()


def clear_calls(world: World, request: Request, body: Body) -> Any:
    """Forgets the call log."""
    world.clear_calls()
    return []


def save_state(world: World, request: Request, body: Body) -> Any:
    """The whole state, to be put back later with PUT /state."""
    return world.save()


def load_state(world: World, request: Request, body: Body) -> Any:
    """Replaces the whole state by one that GET /state gave."""
    world.load(body)
    return {"now": world.clock.now()}


def load_contacts(world: World, request: Request, body: Body) -> Any:
    """Imports contacts into HubSpot: {"csv": text, "map": {column: property}}."""
    rows = rows_of(io.StringIO(body["csv"], newline=""))
    return {"loaded": load_rows(world, rows, body.get("map") or {})}


ENDPOINTS: tuple[tuple[str, str, Act], ...] = (
    ("GET", "/clock", read_clock),
    ("PUT", "/clock", set_clock),
    ("POST", "/clock/advance", advance_clock),
    ("GET", "/everything", read_everything),
    ("POST", "/load", load_contacts),
    ("GET", "/faults", list_faults),
    ("POST", "/faults", add_fault),
    ("DELETE", "/faults", clear_faults),
    ("DELETE", "/faults/{number}", remove_fault),
    ("GET", "/calls", read_calls),
    ("DELETE", "/calls", clear_calls),
    ("GET", "/state", save_state),
    ("PUT", "/state", load_state),
    ("GET", "/hubspot/{type}", list_hubspot),
    ("POST", "/hubspot/{type}", create_hubspot),
    ("GET", "/hubspot/{type}/{id}", read_hubspot),
    ("PATCH", "/hubspot/{type}/{id}", update_hubspot),
    ("DELETE", "/hubspot/{type}/{id}", archive_hubspot),
    ("POST", "/hubspot/{type}/{id}/restore", restore_hubspot),
    ("POST", "/hubspot/contacts/{id}/merge", merge_hubspot),
    ("POST", "/salesforce/query", query_salesforce),
    ("POST", "/salesforce/Lead/{id}/convert", convert_lead),
    ("POST", "/salesforce/Lead/{id}/status", set_status),
    ("POST", "/salesforce/Opportunity/{id}/stage", advance_opportunity),
    ("GET", "/salesforce/{sobject}", list_salesforce),
    ("POST", "/salesforce/{sobject}", create_salesforce),
    ("GET", "/salesforce/{sobject}/{id}", read_salesforce),
    ("PATCH", "/salesforce/{sobject}/{id}", update_salesforce),
    ("DELETE", "/salesforce/{sobject}/{id}", delete_salesforce),
    ("POST", "/salesforce/{sobject}/{id}/undelete", undelete_salesforce),
    ("POST", "/salesforce/{sobject}/{id}/merge", merge_salesforce),
)
