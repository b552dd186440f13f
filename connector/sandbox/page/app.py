"""The page as an application: three views, one address for all deeds, nothing from outside."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from connector.sandbox.faults import KINDS
from connector.sandbox.hubspot.errors import Rejection
from connector.sandbox.page import panes
from connector.sandbox.page.deeds import DEEDS, PREFIX
from connector.sandbox.page.panes import HUBSPOT_COLUMNS, SALESFORCE_COLUMNS, Detail
from connector.sandbox.salesforce.errors import ApiRefusal
from connector.sandbox.world import World

_HERE = Path(__file__).parent
_CALLS = 200
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
_STATE = ("view", "q", "hub", "crm", "h", "s")


def page_app(world: World, urls: Mapping[str, str]) -> Starlette:
    """The page of one world, to be mounted below the control API."""
    page = Page(world, urls)
    return Starlette(
        routes=[
            Route("/", page.show, methods=["GET"]),
            Route("/", page.do, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]
    )


class Page:
    """Renders the views from the address alone, so that every state has a link."""

    def __init__(self, world: World, urls: Mapping[str, str]) -> None:
        self._world = world
        self._urls = urls
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def show(self, request: Request) -> Response:
        """GET: one of the views."""
        state = {name: request.query_params.get(name, "") for name in _STATE}
        return self._render(state)

    async def do(self, request: Request) -> Response:
        """POST: one deed, then back to the view; what the systems refuse is said on the page."""
        state = {name: request.query_params.get(name, "") for name in _STATE}
        body = (await request.body()).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        deed = DEEDS.get(form.get("deed", ""))
        if deed is None:
            return self._render(state, said="There is no such button.", status=400)
        try:
            with self._world.lock:
                deed(self._world, form)
        except (Rejection, ApiRefusal) as refused:
            return self._render(state, said=_words(refused), status=409)
        except KeyError as missing:
            return self._render(state, said=f"Not found: {missing}", status=404)
        except ValueError as wrong:
            return self._render(state, said=str(wrong), status=400)
        if form["deed"] in ("convert", "delete"):
            state["s" if form.get("system") != "hubspot" else "h"] = ""
            state["crm"] = "" if state["h"] else state["crm"]
        return RedirectResponse(f"?{urlencode({k: v for k, v in state.items() if v})}", 303)

    def _render(self, state: dict[str, str], *, said: str = "", status: int = 200) -> Response:
        view = state["view"] if state["view"] in _VIEWS else "records"
        with self._world.lock:
            shown = {
                "view": view,
                "state": state,
                "said": said,
                "now": self._world.clock.now(),
                "urls": self._urls,
                "faults": self._world.faults.rules(),
                "link": lambda **changes: _link(state, changes),
                **_VIEWS[view](self._world, state),
            }
            text = self._templates.get_template(f"{view}.html").render(shown)
        return HTMLResponse(text, status, headers=_HEADERS)


def _records(world: World, state: dict[str, str]) -> dict[str, Any]:
    hub = state["hub"] if state["hub"] in HUBSPOT_COLUMNS else "contacts"
    crm = state["crm"] if state["crm"] in SALESFORCE_COLUMNS else "Lead"
    contact = _found(lambda: panes.hubspot_detail(world, hub, state["h"])) if state["h"] else None
    row = _found(lambda: panes.salesforce_detail(world, crm, state["s"])) if state["s"] else None
    if contact and not row and hub == "contacts" and not state["crm"]:
        other = panes.counterpart_in_salesforce(world, contact.id)
        if other is not None:
            crm, row = other[0], panes.salesforce_detail(world, *other)
    elif row and not contact and crm in ("Lead", "Contact") and not state["hub"]:
        behind = panes.counterpart_in_hubspot(world, row)
        if behind is not None:
            hub, contact = "contacts", panes.hubspot_detail(world, "contacts", behind)
    return {
        "hub": hub,
        "crm": crm,
        "hub_kinds": tuple(HUBSPOT_COLUMNS),
        "crm_kinds": tuple(SALESFORCE_COLUMNS),
        "hub_list": panes.hubspot_list(world, hub, state["q"]),
        "crm_list": panes.salesforce_list(world, crm, state["q"]),
        "contact": contact,
        "row": row,
        "prefix": PREFIX,
    }


def _faults(world: World, state: dict[str, str]) -> dict[str, Any]:
    return {"kinds": KINDS}


def _calls(world: World, state: dict[str, str]) -> dict[str, Any]:
    calls = world.calls()
    return {"calls": calls[: -_CALLS - 1 : -1], "total": len(calls)}


_VIEWS = {"records": _records, "faults": _faults, "calls": _calls}


def _found(look: Any) -> Detail | None:
    """The record, or None where it is gone since its link was made."""
    try:
        detail: Detail = look()
    except (Rejection, ApiRefusal, KeyError):
        return None
    return detail


def _link(state: Mapping[str, str], changes: Mapping[str, str]) -> str:
    merged = {**state, **changes}
    return "?" + urlencode({name: text for name, text in merged.items() if text})


def _words(refused: Rejection | ApiRefusal) -> str:
    if isinstance(refused, Rejection):
        return f"HubSpot refuses: {refused.message}"
    return "Salesforce refuses: " + "; ".join(
        f"{fault.message} ({fault.code})" for fault in refused.faults
    )
