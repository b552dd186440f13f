"""Which endpoint answers which path, with which scope and from which rate bucket."""

from dataclasses import dataclass

from connector.sandbox.hubspot.account_api import AccountApi
from connector.sandbox.hubspot.associations_api import AssociationsApi
from connector.sandbox.hubspot.automation_api import AutomationApi
from connector.sandbox.hubspot.batch_api import BatchApi
from connector.sandbox.hubspot.limits import Bucket
from connector.sandbox.hubspot.lists_api import ListsApi
from connector.sandbox.hubspot.oauth import OAuth
from connector.sandbox.hubspot.objects_api import ObjectsApi
from connector.sandbox.hubspot.pipelines_api import PipelinesApi
from connector.sandbox.hubspot.preferences_api import PreferencesApi
from connector.sandbox.hubspot.properties_api import PropertiesApi
from connector.sandbox.hubspot.removal_api import RemovalApi
from connector.sandbox.hubspot.routes import (
    Endpoint,
    Route,
    Router,
    Scopes,
    fixed,
    object_scopes,
    schema_scopes,
)
from connector.sandbox.hubspot.search import SearchApi
from connector.sandbox.hubspot.webhooks_api import WebhooksApi

READ, WRITE = object_scopes("read"), object_scopes("write")
SCHEMA_READ, SCHEMA_WRITE = schema_scopes("read"), schema_scopes("write")

#: What recorded answers of real accounts are compared with, by a test that also holds this list.
RECORDED = frozenset(
    {
        "GET /crm/v3/objects/*",
        "POST /crm/v3/objects/*",
        "GET /crm/v3/objects/*/*",
        "POST /crm/v3/objects/*/search",
        "POST /crm/v3/objects/*/batch/create",
        "POST /crm/v3/objects/*/batch/update",
        "POST /crm/v3/objects/*/batch/archive",
        "POST /crm/v4/associations/*/*/batch/create",
        "POST /crm/v4/associations/*/*/batch/archive",
        "GET /crm/v3/lists",
        "POST /crm/v3/lists",
        "GET /crm/v3/lists/*",
        "DELETE /crm/v3/lists/*",
        "POST /crm/v3/lists/search",
        "PUT /crm/v3/lists/*/update-list-name",
        "PUT /crm/v3/lists/*/memberships/add",
        "PUT /crm/v3/lists/*/memberships/remove",
        "GET /crm/v3/owners",
        "GET /crm/v3/schemas/*",
    }
)

Line = tuple[str, str, Endpoint, Scopes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apis:
    """All groups of endpoints."""

    single: ObjectsApi
    batch: BatchApi
    search: SearchApi
    removal: RemovalApi
    properties: PropertiesApi
    account: AccountApi
    pipelines: PipelinesApi
    associations: AssociationsApi
    lists: ListsApi
    oauth: OAuth
    preferences: PreferencesApi
    automation: AutomationApi
    webhooks: WebhooksApi


def build(apis: Apis) -> Router:
    """The router over all endpoints."""
    router = Router()
    _add(router, "objects", _objects(apis))
    _add(router, "objects", [("POST", "*/search", apis.search.search, READ)], "search")
    _add(router, "links", _links(apis.associations))
    _add(router, "associations", _associations(apis.associations), "associations")
    _add(router, "associations", _labels(apis.associations))
    _add(router, "properties", _properties(apis.properties))
    _add(router, "pipelines", _pipelines(apis.pipelines))
    _add(router, "lists", _lists(apis.lists))
    _add(router, "owners", _owners(apis.account))
    _add(router, "account", _account(apis.account))
    _add(router, "limits", _limits(apis.account))
    _add(router, "schemas", _schemas(apis.account))
    _add(router, "preferences3", _preferences3(apis.preferences))
    _add(router, "preferences4", _preferences4(apis.preferences))
    _add(router, "workflows", _workflows(apis.automation))
    _add(router, "sequences", _sequences(apis.automation))
    _add(router, "webhooks", _webhooks(apis.webhooks))
    _oauth(router, apis.oauth)
    return router


def _add(router: Router, group: str, lines: list[Line], bucket: Bucket = "general") -> None:
    for method, pattern, endpoint, scopes in lines:
        router.add(method, group, pattern, Route(endpoint, scopes, bucket))


def _objects(apis: Apis) -> list[Line]:
    single, batch, removal = apis.single, apis.batch, apis.removal
    return [
        ("GET", "*", single.listing, READ),
        ("POST", "*", single.create, WRITE),
        ("GET", "*/*", single.read, READ),
        ("PATCH", "*/*", single.update, WRITE),
        ("DELETE", "*/*", single.archive, WRITE),
        ("POST", "*/batch/read", batch.read, READ),
        ("POST", "*/batch/create", batch.create, WRITE),
        ("POST", "*/batch/update", batch.update, WRITE),
        ("POST", "*/batch/upsert", batch.upsert, WRITE),
        ("POST", "*/batch/archive", batch.archive, WRITE),
        ("POST", "*/merge", removal.merge, WRITE),
        ("POST", "*/gdpr-delete", removal.purge, WRITE),
    ]


def _links(api: AssociationsApi) -> list[Line]:
    return [
        ("GET", "*/*/associations/*", api.listing, READ),
        ("PUT", "*/*/associations/default/*/*", api.link_default, WRITE),
        ("PUT", "*/*/associations/*/*", api.link, WRITE),
        ("DELETE", "*/*/associations/*/*", api.unlink, WRITE),
    ]


def _associations(api: AssociationsApi) -> list[Line]:
    return [
        ("POST", "*/*/batch/read", api.batch_read, READ),
        ("POST", "*/*/batch/create", api.batch_create, WRITE),
        ("POST", "*/*/batch/associate/default", api.batch_default, WRITE),
        ("POST", "*/*/batch/archive", api.batch_archive, WRITE),
        ("POST", "*/*/batch/labels/archive", api.batch_unlabel, WRITE),
    ]


def _labels(api: AssociationsApi) -> list[Line]:
    return [
        ("GET", "*/*/labels", api.labels, READ),
        ("POST", "*/*/labels", api.create_label, WRITE),
        ("PUT", "*/*/labels", api.update_label, WRITE),
        ("DELETE", "*/*/labels/*", api.delete_label, WRITE),
    ]


def _properties(api: PropertiesApi) -> list[Line]:
    return [
        ("GET", "*", api.listing, SCHEMA_READ),
        ("POST", "*", api.create, SCHEMA_WRITE),
        ("GET", "*/groups", api.groups, SCHEMA_READ),
        ("POST", "*/groups", api.create_group, SCHEMA_WRITE),
        ("GET", "*/groups/*", api.group, SCHEMA_READ),
        ("PATCH", "*/groups/*", api.update_group, SCHEMA_WRITE),
        ("DELETE", "*/groups/*", api.archive_group, SCHEMA_WRITE),
        ("POST", "*/batch/create", api.batch_create, SCHEMA_WRITE),
        ("POST", "*/batch/read", api.batch_read, SCHEMA_READ),
        ("POST", "*/batch/archive", api.batch_archive, SCHEMA_WRITE),
        ("GET", "*/*", api.read, SCHEMA_READ),
        ("PATCH", "*/*", api.update, SCHEMA_WRITE),
        ("DELETE", "*/*", api.archive, SCHEMA_WRITE),
    ]


def _pipelines(api: PipelinesApi) -> list[Line]:
    return [
        ("GET", "*", api.listing, READ),
        ("POST", "*", api.create, WRITE),
        ("GET", "*/*", api.read, READ),
        ("PATCH", "*/*", api.update, WRITE),
        ("PUT", "*/*", api.update, WRITE),
        ("DELETE", "*/*", api.delete, WRITE),
        ("GET", "*/*/stages", api.stages, READ),
        ("POST", "*/*/stages", api.create_stage, WRITE),
        ("GET", "*/*/stages/*", api.stage, READ),
        ("PATCH", "*/*/stages/*", api.update_stage, WRITE),
        ("PUT", "*/*/stages/*", api.update_stage, WRITE),
        ("DELETE", "*/*/stages/*", api.delete_stage, WRITE),
    ]


def _lists(api: ListsApi) -> list[Line]:
    read, write = fixed("crm.lists.read"), fixed("crm.lists.write")
    return [
        ("GET", "", api.several, read),
        ("POST", "", api.create, write),
        ("POST", "search", api.search, read),
        ("GET", "*", api.read, read),
        ("DELETE", "*", api.delete, write),
        ("PUT", "*/restore", api.restore, write),
        ("PUT", "*/update-list-name", api.rename, write),
        ("GET", "object-type-id/*/name/*", api.by_name, read),
        ("GET", "records/*/*/memberships", api.of_record, read),
        ("GET", "*/memberships", api.members, read),
        ("DELETE", "*/memberships", api.empty, write),
        ("GET", "*/memberships/join-order", api.members_by_joining, read),
        ("PUT", "*/memberships/add", api.add, write),
        ("PUT", "*/memberships/remove", api.remove, write),
        ("PUT", "*/memberships/add-and-remove", api.add_and_remove, write),
        ("PUT", "*/memberships/add-from/*", api.add_from, write),
    ]


def _owners(api: AccountApi) -> list[Line]:
    read = fixed("crm.objects.owners.read")
    return [("GET", "", api.owners, read), ("GET", "*", api.owner, read)]


def _account(api: AccountApi) -> list[Line]:
    read = fixed("oauth")
    return [
        ("GET", "details", api.details, read),
        ("GET", "api-usage/daily/private-apps", api.usage, read),
    ]


def _limits(api: AccountApi) -> list[Line]:
    read = fixed("oauth")
    return [
        ("GET", "records", api.record_limits, read),
        ("GET", "custom-properties", api.property_limits, read),
        ("GET", "pipelines", api.pipeline_limits, read),
    ]


def _preferences3(api: PreferencesApi) -> list[Line]:
    read = fixed("communication_preferences.read", "communication_preferences.read_write")
    write = fixed("communication_preferences.write", "communication_preferences.read_write")
    return [
        ("GET", "definitions", api.definitions, read),
        ("GET", "status/email/*", api.status3, read),
        ("POST", "subscribe", api.subscribe3, write),
        ("POST", "unsubscribe", api.unsubscribe3, write),
    ]


def _preferences4(api: PreferencesApi) -> list[Line]:
    read = fixed("communication_preferences.read", "communication_preferences.read_write")
    write = fixed("communication_preferences.write", "communication_preferences.read_write")
    batch_read = fixed("communication_preferences.statuses.batch.read")
    batch_write = fixed("communication_preferences.statuses.batch.write")
    return [
        ("GET", "definitions", api.definitions4, read),
        ("GET", "statuses/*", api.status4, read),
        ("POST", "statuses/*", api.write4, write),
        ("GET", "statuses/*/unsubscribe-all", api.wide, read),
        ("POST", "statuses/*/unsubscribe-all", api.opt_out, write),
        ("POST", "statuses/batch/read", api.batch_read, batch_read),
        ("POST", "statuses/batch/write", api.batch_write, batch_write),
        ("POST", "statuses/batch/unsubscribe-all", api.batch_opt_out, batch_write),
        ("POST", "statuses/batch/unsubscribe-all/read", api.batch_wide, batch_read),
    ]


def _workflows(api: AutomationApi) -> list[Line]:
    needed = fixed("automation")
    return [
        ("POST", "*/enrollments/contacts/*", api.enrol, needed),
        ("DELETE", "*/enrollments/contacts/*", api.unenrol, needed),
        ("GET", "enrollments/contacts/*", api.enrolled, needed),
    ]


def _sequences(api: AutomationApi) -> list[Line]:
    read = fixed("automation.sequences.read")
    return [
        ("GET", "", api.sequences, read),
        (
            "POST",
            "enrollments",
            api.enrol_in_sequence,
            fixed("automation.sequences.enrollments.write"),
        ),
        ("GET", "enrollments/contact/*", api.enrolment, read),
    ]


def _webhooks(api: WebhooksApi) -> list[Line]:
    none = fixed()
    return [
        ("GET", "*/settings", api.settings, none),
        ("PUT", "*/settings", api.set, none),
        ("DELETE", "*/settings", api.delete_settings, none),
        ("GET", "*/subscriptions", api.listing, none),
        ("POST", "*/subscriptions", api.create, none),
        ("POST", "*/subscriptions/batch/update", api.batch_update, none),
        ("GET", "*/subscriptions/*", api.read, none),
        ("PATCH", "*/subscriptions/*", api.update, none),
        ("DELETE", "*/subscriptions/*", api.delete, none),
    ]


def _schemas(api: AccountApi) -> list[Line]:
    return [("GET", "", api.schemas, SCHEMA_READ), ("GET", "*", api.schema, SCHEMA_READ)]


def _oauth(router: Router, oauth: OAuth) -> None:
    lines: list[tuple[str, str, str, Endpoint]] = [
        ("POST", "oauth1", "token", oauth.token),
        ("POST", "oauth", "token", oauth.token),
        ("GET", "oauth1", "access-tokens/*", oauth.access_info),
        ("GET", "oauth1", "refresh-tokens/*", oauth.refresh_info),
        ("DELETE", "oauth1", "refresh-tokens/*", oauth.delete_refresh),
        ("POST", "oauth", "token/introspect", oauth.introspect),
        ("POST", "oauth", "token/revoke", oauth.revoke_call),
    ]
    for method, group, pattern, endpoint in lines:
        router.add(method, group, pattern, Route(endpoint, fixed(), "none", open=True))
