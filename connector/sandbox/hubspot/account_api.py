"""Owners, account information and limits."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.formats import iso
from connector.sandbox.hubspot.kinds import KINDS
from connector.sandbox.hubspot.limits import Limits
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Reply, Request, kind_of

#: How many custom properties a type may have, and records of a type.
MOST_PROPERTIES, MOST_RECORDS = 1000, 15_000_000


class AccountApi:
    """What an account tells about itself."""

    def __init__(self, portal: Portal, limits: Limits) -> None:
        self._portal = portal
        self._limits = limits

    def owners(self, request: Request) -> Reply:
        """GET /owners: a page by id; `after` is the id to go on after."""
        call = request.call
        limit = request.number("limit", 100, most=self._portal.settings.owners_page_limit)
        after = request.number("after", 0)
        email = call.value("email").lower()
        every = self._portal.owners.every(archived=request.flag("archived"))
        chosen = [
            one
            for one in every
            if int(one.id) > after and (not email or one.email.lower() == email)
        ]
        body: Json = {"results": [one.told() for one in chosen[:limit]]}
        if len(chosen) > limit:
            last = chosen[limit - 1].id
            link = f"{request.base}{call.path}?limit={limit}&after={last}"
            body["paging"] = {"next": {"after": last, "link": link}}
        return 200, body

    def owner(self, request: Request, id_: str) -> Reply:
        """GET /owners/{id}; `idProperty=userId` reads by the login's id."""
        owners = self._portal.owners
        by_user = request.call.value("idProperty") == "userId"
        owner = owners.by_user(id_) if by_user else owners.find(id_)
        if owner is None or owner.archived is not request.flag("archived"):
            raise Rejection(404, "resource not found", category=None)  # [C]
        return 200, owner.told()

    def details(self, request: Request) -> Reply:
        """GET /account-info/…/details."""
        settings = self._portal.settings
        moment = datetime.fromtimestamp(request.now / 1000, UTC)
        offset = moment.astimezone(ZoneInfo(settings.time_zone)).utcoffset()
        minutes = int(offset.total_seconds() // 60) if offset else 0
        sign = "-" if minutes < 0 else "+"
        hours, rest = divmod(abs(minutes), 60)
        return 200, {
            "portalId": settings.portal_id,
            "accountType": settings.account_type,
            "timeZone": settings.time_zone,
            "companyCurrency": settings.currency,
            "additionalCurrencies": [],
            "utcOffset": f"{sign}{hours:02d}:{rest:02d}",
            "utcOffsetMilliseconds": minutes * 60_000,
            "uiDomain": settings.ui_domain,
            "dataHostingLocation": "eu1" if "eu1" in settings.ui_domain else "na1",
        }

    def usage(self, request: Request) -> Reply:
        """GET /account-info/…/api-usage/daily/private-apps."""
        return 200, {
            "results": [
                {
                    "name": "private-apps-api-calls-daily",
                    "usageLimit": self._portal.settings.daily,
                    "currentUsage": self._limits.used_today(request.now),
                    "collectedAt": iso(request.now),
                    "fetchStatus": "SUCCESS",
                    "resetsAt": iso(self._limits.day_end(request.now)),
                }
            ]
        }

    def record_limits(self, _request: Request) -> Reply:
        """GET /limits/records [?] the fields."""
        rows = [
            {
                "objectTypeId": kind.type_id,
                "limit": MOST_RECORDS,
                "usage": len(self._portal.store(kind).live),
                "percentage": round(100 * len(self._portal.store(kind).live) / MOST_RECORDS, 2),
            }
            for kind in KINDS
        ]
        return 200, {"hubspotDefinedObjectTypes": rows, "customObjectTypes": []}

    def property_limits(self, _request: Request) -> Reply:
        """GET /limits/custom-properties [?] the fields."""
        rows = []
        for kind in KINDS:
            own = [
                one
                for one in self._portal.catalogue.of(kind).values()
                if not one.hubspot_defined and not one.archived
            ]
            rows.append(
                {
                    "objectTypeId": kind.type_id,
                    "limit": MOST_PROPERTIES,
                    "usage": len(own),
                    "percentage": round(100 * len(own) / MOST_PROPERTIES, 2),
                }
            )
        return 200, {"byObjectType": rows}

    def pipeline_limits(self, _request: Request) -> Reply:
        """GET /limits/pipelines [?] the fields."""
        rows = [
            {
                "objectTypeId": kind.type_id,
                "limit": 15,
                "usage": len(self._portal.pipelines.of(kind)),
            }
            for kind in KINDS
            if self._portal.pipelines.of(kind)
        ]
        return 200, {"hubspotDefinedObjectTypes": rows}

    def schemas(self, _request: Request) -> Reply:
        """GET /crm/v3/schemas: the custom object types, of which there are none."""
        return 200, {"results": []}

    def schema(self, _request: Request, type_: str) -> Reply:
        """GET /crm/v3/schemas/{type}: the type with its properties and association types."""
        kind = kind_of(type_)
        types = [
            {
                "fromObjectTypeId": kind.type_id,
                "toObjectTypeId": other.type_id,
                "name": one.name.upper(),
                "id": str(one.id),
                "cardinality": "ONE_TO_MANY",
                "inverseCardinality": "ONE_TO_MANY",
                "createdAt": None,
                "updatedAt": None,
            }
            for other in KINDS
            for one in self._portal.associations.types(kind, other)
        ]
        return 200, {
            "labels": {"singular": kind.singular.title(), "plural": kind.plural.title()},
            "requiredProperties": [name for names in kind.required for name in names[:1]],
            "searchableProperties": list(kind.searched),
            "primaryDisplayProperty": kind.defaults[0],
            "secondaryDisplayProperties": list(kind.defaults[1:4]),
            "archived": False,
            "restorable": True,
            "metaType": "HUBSPOT",
            "id": kind.type_id.partition("-")[2],
            "fullyQualifiedName": kind.upper,
            "createdAt": iso(0),
            "updatedAt": iso(0),
            "objectTypeId": kind.type_id,
            "properties": [
                one.told() for one in self._portal.catalogue.of(kind).values() if not one.archived
            ],
            "associations": types,
            "name": kind.upper,
        }
