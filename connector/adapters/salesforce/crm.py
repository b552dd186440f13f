"""Salesforce as the CRM that flows know."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from connector.adapters.salesforce import faults, paths
from connector.adapters.salesforce.bulk import BulkIngest
from connector.adapters.salesforce.client import MISSHAPEN, SalesforceClient
from connector.adapters.salesforce.reading import Reader, Row, with_stamps
from connector.adapters.salesforce.writing import Writer
from connector.core.plan import Json
from connector.core.problems import Place
from connector.core.records import SourceRecord, System
from connector.ports import (
    Budget,
    CrmPerson,
    FieldSchema,
    Member,
    ObjectSchema,
    Page,
    RecordType,
    RecordWrite,
    Rights,
    RowResult,
    Window,
)

BULK_FROM = 2_001  #: rows of one upsert; Salesforce itself draws the line at 2,000

_PERSON = {
    "Lead": ("Email", "OwnerId", "IsConverted", "ConvertedContactId", "ConvertedAccountId"),
    "Contact": ("Email", "OwnerId", "AccountId"),
}


def _system_time() -> datetime:
    return datetime.now(UTC)


class SalesforceCrm:
    """Implements `ports.Crm` on one organisation.

    `external_id` is the field that holds the lead's own id on Leads and Contacts. `jobs` remembers
    bulk jobs under way; give a mapping that is kept on disk.
    """

    def __init__(
        self,
        client: SalesforceClient,
        *,
        external_id: str = "Leadrelay_Id__c",
        jobs: MutableMapping[str, str] | None = None,
        bulk_from: int = BULK_FROM,
        clock: Callable[[], datetime] = _system_time,
    ) -> None:
        self._client, self._clock = client, clock
        self._external_id, self._bulk_from = external_id, bulk_from
        self._reader = Reader(client)
        self._writer = Writer(client)
        self._bulk = BulkIngest(client, jobs=jobs)
        self._schemas: dict[str, tuple[str, ObjectSchema]] = {}
        self._schema_lock = threading.Lock()
        self._budget_lock = threading.Lock()

    def upsert(self, kind: str, key_field: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        """Collections of 200; from 2,001 distinct rows on a bulk job, which costs ten calls."""
        distinct = len({write.id for write in writes}) == len(writes)
        if len(writes) >= self._bulk_from and distinct:
            return self._bulk.upsert(kind, key_field, writes)
        return self._writer.upsert(kind, key_field, writes)

    def update(self, kind: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        return self._writer.update(kind, writes)

    def create(self, kind: str, writes: Sequence[RecordWrite]) -> list[RowResult]:
        return self._writer.create(kind, writes)

    def settle_jobs(self) -> tuple[str, ...]:
        """Ends bulk jobs that an earlier run left; see `BulkIngest.settle`."""
        return self._bulk.settle()

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, SourceRecord]:
        return self._reader.by_ids(kind, ids, fields)

    def read_by(
        self, kind: str, key_field: str, keys: Sequence[str], fields: Sequence[str]
    ) -> dict[str, SourceRecord]:
        return self._reader.by_keys(kind, key_field, keys, fields)

    def people(self, emails: Sequence[str], fields: Sequence[str]) -> tuple[CrmPerson, ...]:
        """Leads and Contacts with one of the addresses, in one call for some 300 addresses.

        A field that only one of the two kinds has is read there.
        """
        queries: list[tuple[str, str]] = []
        for chunk in paths.chunks(emails):
            for kind in _PERSON:
                wanted = self._known(kind, (*_PERSON[kind], self._external_id, *fields))
                where = paths.any_of("Email", chunk)
                queries.append((kind, paths.select(with_stamps(kind, wanted), kind, where)))
        return tuple(
            self._person(record) for records in self._reader.rows(queries) for record in records
        )

    def _known(self, kind: str, fields: Sequence[str]) -> list[str]:
        """The fields that this kind has, and related ones (`Owner.Name`)."""
        with self._schema_lock:
            _, known = self._schemas.get(kind, ("", None))
        there = (known or self.schema(kind)).fields
        return [field for field in dict.fromkeys(fields) if field in there or "." in field]

    def _person(self, record: SourceRecord) -> CrmPerson:
        values = record.values
        fields: dict[str, Json] = dict(values)
        return CrmPerson(
            kind=record.kind,
            id=record.id,
            email=values.get("Email") or "",
            external_id=values.get(self._external_id) or None,
            owner_id=values.get("OwnerId") or None,
            account_id=values.get("AccountId") or values.get("ConvertedAccountId") or None,
            converted=values.get("IsConverted") == "true",
            converted_contact_id=values.get("ConvertedContactId") or None,
            fields=fields,
        )

    def accounts(self, domains: Sequence[str], names: Sequence[str]) -> tuple[SourceRecord, ...]:
        return self._reader.accounts(domains, names)

    def campaigns(self, names: Sequence[str]) -> dict[str, str]:
        return self._reader.campaigns(names)

    def children(
        self, kind: str, parent_field: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, tuple[SourceRecord, ...]]:
        return self._reader.children(kind, parent_field, ids, fields) if ids else {}

    def changed(
        self, kind: str, fields: Sequence[str], window: Window, after: str
    ) -> Iterator[Page]:
        return self._reader.changed(kind, fields, window, after)

    def stirred(self, windows: Mapping[str, Window]) -> dict[str, bool]:
        return self._reader.stirred(windows)

    def deleted(self, kind: str, window: Window) -> tuple[tuple[str, str | None, datetime], ...]:
        return self._reader.deleted(kind, window)

    def deleted_by(
        self, kind: str, key_field: str, keys: Sequence[str]
    ) -> dict[str, tuple[str, str | None, datetime]]:
        return self._reader.deleted_by(kind, key_field, keys)

    def count(self, kind: str, where_external_id: str | None = None) -> int:
        """Rows of a kind; `where_external_id` names a field that must not be empty."""
        soql = f"SELECT COUNT() FROM {paths.name(kind)}"
        if where_external_id:
            soql += f" WHERE {paths.name(where_external_id)} != null"
        return self._reader.count(soql)

    def members(self) -> tuple[Member, ...]:
        user_fields = ("Id", "Name", "Email", "IsActive")
        queue_fields = ("Id", "Name", "Email", "DeveloperName")
        users, queues = self._reader.rows(
            [
                ("User", paths.select(user_fields, "User", order=("Id",))),
                ("Group", paths.select(queue_fields, "Group", "Type = 'Queue'", order=("Id",))),
            ]
        )
        return (*(_user(record) for record in users), *(_queue(record) for record in queues))

    def schema(self, kind: str) -> ObjectSchema:
        """The object's definition, asked for again only if it was modified."""
        with self._schema_lock:
            since, known = self._schemas.get(kind, ("", None))
        headers = {"If-Modified-Since": since} if since else {}
        response = self._client.send("GET", paths.describe(kind), headers=headers, where=kind)
        if response is None and known is not None:
            return known
        try:
            fresh = _schema(kind, orjson.loads(response.content if response is not None else b""))
        except MISSHAPEN:
            place = Place(file=f"salesforce:{kind}")
            raise faults.unreadable(write=False, where=place) from None
        assert response is not None
        stamp = response.headers.get("Last-Modified") or response.headers.get("Date", "")
        with self._schema_lock:
            self._schemas[kind] = (stamp, fresh)
        return fresh

    def rights(self) -> dict[str, Rights]:
        """Object -> what its brief description says of the integration user's rights; one call."""
        return self._client.call("GET", paths.objects(), read=_rights)

    def record_types(self, kind: str) -> tuple[RecordType, ...]:
        """One call, and one more for each type that the user may give."""
        found = self._client.call("GET", paths.describe(kind), where=kind, read=_record_types)
        return tuple(
            replace(
                one,
                options=self._client.call(
                    "GET", paths.picklists(kind, one.id), where=kind, read=_options
                ),
            )
            for one in found
        )

    def assignment_rules(self, kind: str) -> tuple[str, ...]:
        where = f"SobjectType = {paths.literal(kind)} AND Active = true"
        soql = paths.select(("Id", "Name"), "AssignmentRule", where, order=("Id",))
        (rules,) = self._reader.rows([("AssignmentRule", soql)])
        return tuple(rule.values.get("Name") or rule.id for rule in rules)

    def erase(self, kind: str, ids: Sequence[str]) -> list[RowResult]:
        """Deletes; the recycle bin keeps the rows for about 15 days, then they are gone."""
        return self._writer.delete(kind, ids)

    def budget(self) -> Budget:
        with self._budget_lock:  # several uploaders want to know; one of them asks
            if self._client.budget().limit is None:
                self._client.call("GET", paths.limits())
        return self._client.budget()

    def account(self) -> str:
        """The organisation's id, from signing in: it costs no call of its own."""
        return self._client.organisation()

    def now(self) -> datetime:
        """Asks each time: an earlier answer's moment may be old by any amount."""
        self._client.call("GET", paths.limits())
        return self._client.moment() or self._clock()


def _user(record: SourceRecord) -> Member:
    values = record.values
    return Member(
        id=record.id,
        name=values.get("Name") or "",
        email=values.get("Email") or "",
        active=values.get("IsActive") == "true",
    )


def _queue(record: SourceRecord) -> Member:
    values = record.values
    return Member(
        id=record.id,
        name=values.get("Name") or "",
        email=values.get("Email") or "",
        kind="queue",
        developer_name=values.get("DeveloperName") or "",
    )


def _rights(answer: Mapping[str, Any]) -> dict[str, Rights]:
    return {
        str(row["name"]): Rights(
            create=bool(row.get("createable")),
            update=bool(row.get("updateable")),
            read=bool(row.get("queryable")),
        )
        for row in answer["sobjects"]
    }


def _record_types(answer: Mapping[str, Any]) -> list[RecordType]:
    """Those of the organisation's own making; the master type stands for "none"."""
    return [
        RecordType(
            id=str(row["recordTypeId"]),
            name=str(row.get("name") or row["recordTypeId"]),
            default=bool(row.get("defaultRecordTypeMapping")),
        )
        for row in answer.get("recordTypeInfos") or ()
        if row.get("active") and row.get("available") and not row.get("master")
    ]


def _options(answer: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        str(name): tuple(str(one["value"]) for one in picklist["values"])
        for name, picklist in answer["picklistFieldValues"].items()
    }


def _schema(kind: str, answer: Mapping[str, Any]) -> ObjectSchema:
    fields = {entry.name: entry for entry in (_field(row) for row in answer["fields"])}
    text = repr(sorted(fields.items())).encode()
    return ObjectSchema(
        system=System.SALESFORCE,
        name=kind,
        fields=fields,
        hash=hashlib.sha256(text).hexdigest()[:16],
    )


def _field(row: Row) -> FieldSchema:
    writable = bool(row.get("createable") or row.get("updateable"))
    return FieldSchema(
        name=str(row["name"]),
        label=str(row.get("label") or ""),
        type=str(row.get("type") or ""),
        writable=writable,
        once=writable and not row.get("updateable"),
        required=writable and not row.get("nillable") and not row.get("defaultedOnCreate"),
        unique=bool(row.get("unique")),
        external_id=bool(row.get("externalId")),
        max_length=int(row["length"]) if row.get("length") else None,
        options=tuple(
            (str(option.get("value")), bool(option.get("active")))
            for option in row.get("picklistValues") or ()
        ),
        restricted=bool(row.get("restrictedPicklist")),
        calculated=bool(row.get("calculated")),
    )
