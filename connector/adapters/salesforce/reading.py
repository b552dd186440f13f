"""Reads Salesforce: SOQL with its pages, records by id, changes, deletions, and accounts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from connector.adapters.salesforce import faults, paths
from connector.adapters.salesforce.client import SalesforceClient
from connector.core.errors import Refused
from connector.core.problems import Mender, Place, Problem
from connector.core.records import SourceRecord, System
from connector.ports import Page, Window

RETRIEVE = 2_000  #: records of one retrieve by ids
QUERIES_A_CALL = 5  #: queries in one composite call, which counts as one

#: Of an object that is switched off in the organisation (Chatter), or that this user may not see.
UNSEEN = frozenset({"INVALID_TYPE", "FUNCTIONALITY_NOT_ENABLED"})

_MERGEABLE = frozenset({"Lead", "Contact", "Account"})
_NO_DATE = datetime.fromtimestamp(0, UTC)

T = TypeVar("T")
Row = Mapping[str, Any]
Records = list[SourceRecord]
Query = tuple[str, str]  #: kind and SOQL
PageOfRows = tuple[Records, str]  #: and the path of the next page, or `""`


class Reader:
    """Queries and retrieves."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def pages(self, soql: str, kind: str, *, deleted_too: bool = False) -> Iterator[Records]:
        """The pages of one query, each as long as Salesforce likes."""
        if paths.fits_address(soql):
            first = self._client.call(
                "GET",
                paths.query(deleted_too=deleted_too),
                params={"q": soql},
                where="query",
                read=lambda answer: _page(kind, answer),
            )
        else:
            [first] = self._composite([(kind, soql)], deleted_too=deleted_too)
        yield from self._following(kind, first)

    def rows(self, queries: Sequence[Query]) -> list[Records]:
        """All rows of several queries; up to five queries cost one call."""
        if len(queries) == 1:
            [(kind, soql)] = queries
            return [[row for page in self.pages(soql, kind) for row in page]]
        found: list[Records] = []
        for start in range(0, len(queries), QUERIES_A_CALL):
            some = queries[start : start + QUERIES_A_CALL]
            for (kind, _), first in zip(some, self._composite(some), strict=True):
                pages = self._following(kind, first)
                found += [[row for page in pages for row in page]]
        return found

    def count(self, soql: str) -> int:
        """The count of a `SELECT COUNT()`."""
        return self._client.call(
            "GET",
            paths.query(),
            params={"q": soql},
            where="query",
            read=lambda answer: int(answer["totalSize"]),
        )

    def _following(self, kind: str, page: PageOfRows) -> Iterator[Records]:
        records, more = page
        yield records
        while more:
            records, more = self._client.call(
                "GET", more, where="query", read=lambda answer: _page(kind, answer)
            )
            yield records

    def _composite(
        self, queries: Sequence[Query], *, deleted_too: bool = False
    ) -> list[PageOfRows]:
        """First pages of queries."""
        return self._together(queries, _parts, deleted_too=deleted_too)

    def _together(
        self,
        queries: Sequence[Query],
        read: Callable[[Sequence[str], Row], T],
        *,
        deleted_too: bool = False,
    ) -> T:
        """Queries in one call, sent in the body: no limit of length, no addresses in logs.

        `read` makes something of their kinds and the whole answer.
        """
        parts = [
            {
                "method": "GET",
                "url": self._client.absolute(paths.query_address(soql, deleted_too=deleted_too)),
                "referenceId": f"q{number}",
            }
            for number, (_, soql) in enumerate(queries)
        ]
        body = {"allOrNone": False, "collateSubrequests": False, "compositeRequest": parts}
        return self._client.call(
            "POST",
            paths.composite(),
            body=body,
            where="query",
            read=lambda answer: read([kind for kind, _ in queries], answer),
        )

    def by_ids(
        self, kind: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, SourceRecord]:
        """Records by id, 2,000 a call; related fields (`Owner.Name`) need SOQL."""
        wanted = with_stamps(kind, fields)
        asked = list(dict.fromkeys(paths.record_id(id_) for id_ in ids))
        if any("." in field for field in wanted):
            return self.by_keys(kind, "Id", asked, fields)
        found: dict[str, SourceRecord] = {}
        for start in range(0, len(asked), RETRIEVE):
            records = self._client.call(
                "POST",
                paths.collections(kind),
                body={"ids": asked[start : start + RETRIEVE], "fields": list(wanted)},
                where=kind,
                # Missing and deleted ones come as null.
                read=lambda answer: [record_of(kind, row) for row in answer if row is not None],
            )
            found |= {record.id: record for record in records if not record.archived}
        return {id_: record for id_ in asked if (record := _by_either(found, id_)) is not None}

    def by_keys(
        self, kind: str, key_field: str, keys: Sequence[str], fields: Sequence[str]
    ) -> dict[str, SourceRecord]:
        """Records by an external id (or `Id`); raises Refused for a key that two records have."""
        wanted = with_stamps(kind, (*fields, key_field))
        queries = [
            (kind, paths.select(wanted, kind, paths.any_of(key_field, chunk)))
            for chunk in paths.chunks(keys, spare=3_000)
        ]
        spelled = {key.casefold(): key for key in keys}  # external ids match in any case
        if key_field == "Id":
            spelled = {key[:15]: key for key in keys}
        found: dict[str, SourceRecord] = {}
        for record in [record for records in self.rows(queries) for record in records]:
            value = record.values.get(key_field) or ""
            key = spelled.get(value[:15] if key_field == "Id" else value.casefold(), value)
            if key in found and found[key].id != record.id:
                raise Refused(_twice(kind, key_field, found[key].id, record.id))
            found[key] = record
        return found

    def children(
        self, kind: str, parent_field: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, tuple[SourceRecord, ...]]:
        """Parent id -> its rows of a child object, oldest first."""
        wanted = with_stamps(kind, (*fields, parent_field))
        oldest_first = ("CreatedDate", "Id")
        queries = [
            (
                kind,
                paths.select(wanted, kind, paths.any_of(parent_field, chunk), order=oldest_first),
            )
            for chunk in paths.chunks([paths.record_id(id_) for id_ in ids], spare=3_000)
        ]
        found: dict[str, list[SourceRecord]] = {}
        for record in [record for records in self.rows(queries) for record in records]:
            found.setdefault(record.values.get(parent_field) or "", []).append(record)
        return {parent: tuple(records) for parent, records in found.items()}

    def changed(
        self, kind: str, fields: Sequence[str], window: Window, after: str
    ) -> Iterator[Page]:
        """Rows of the window by (stamp, Id). `resume` is `<stamp>|<Id>` of a page's last row.

        A row that is committed late carries an earlier stamp than rows already read: callers let
        their windows overlap by ten minutes or more.
        """
        stamp = stamp_of(kind)
        wanted = with_stamps(kind, fields)
        where = _within(stamp, window)
        if after:
            moment, _, id_ = after.partition("|")
            at, last = datetime.fromisoformat(moment), paths.literal(paths.record_id(id_))
            where += (
                f" AND ({stamp} > {paths.moment(at)}"
                f" OR ({stamp} = {paths.moment(at)} AND Id > {last}))"
            )
        soql = paths.select(wanted, kind, where, order=(stamp, "Id"))
        held: Page | None = None  # the last page is known only when no other follows
        for records in self.pages(soql, kind):
            if held is not None:
                yield held
            last_key = f"{records[-1].updated_at.isoformat()}|{records[-1].id}" if records else None
            held = Page(records=tuple(records), resume=last_key)
        if held is not None:
            yield Page(records=held.records)

    def stirred(self, windows: Mapping[str, Window]) -> dict[str, bool]:
        """Kind -> whether a row was changed in its window, in one call for up to five kinds.

        Left out is what Salesforce answers with `UNSEEN`.
        """
        queries = [
            (kind, paths.select(("Id",), kind, _within(stamp_of(kind), window), limit=1))
            for kind, window in windows.items()
        ]
        found: dict[str, bool] = {}
        for start in range(0, len(queries), QUERIES_A_CALL):
            some = queries[start : start + QUERIES_A_CALL]
            found |= self._together(some, _stirred)
        return found

    def deleted(self, kind: str, window: Window) -> tuple[tuple[str, str | None, datetime], ...]:
        """Deleted rows of the window, with the winner where they were merged away.

        The recycle bin keeps them for about 15 days: a longer gap needs a reconciliation.
        """
        where = (
            f"IsDeleted = true AND SystemModstamp >= {paths.moment(window.since)}"
            f" AND SystemModstamp <= {paths.moment(window.until)}"
        )
        return tuple(_end(record) for record in self._binned(kind, where))

    def deleted_by(
        self, kind: str, key_field: str, keys: Sequence[str]
    ) -> dict[str, tuple[str, str | None, datetime]]:
        """The last deleted row of each key; keys as they were given."""
        spelled = {key.casefold(): key for key in keys}
        found: dict[str, tuple[str, str | None, datetime]] = {}
        for chunk in paths.chunks(keys, spare=3_000):
            where = f"IsDeleted = true AND {paths.any_of(key_field, chunk)}"
            for record in self._binned(kind, where, key_field):
                value = record.id if key_field == "Id" else record.values.get(key_field) or ""
                found[spelled.get(value.casefold(), value)] = _end(record)
        return found

    def _binned(self, kind: str, where: str, *more: str) -> Iterator[SourceRecord]:
        winner = ("MasterRecordId",) if kind in _MERGEABLE else ()
        wanted = tuple(dict.fromkeys(("Id", "SystemModstamp", *winner, *more)))
        soql = paths.select(wanted, kind, where, order=("SystemModstamp", "Id"))
        for page in self.pages(soql, kind, deleted_too=True):
            yield from page

    def accounts(self, domains: Sequence[str], names: Sequence[str]) -> tuple[SourceRecord, ...]:
        """Accounts whose website is on one of the domains, or that have one of the names."""
        wanted = with_stamps("Account", ("Name", "Website", "OwnerId"))
        queries = [
            ("Account", paths.select(wanted, "Account", paths.any_of("Name", chunk)))
            for chunk in paths.chunks(names)
        ]
        asked = list(dict.fromkeys(domain.casefold() for domain in domains if domain))
        for start in range(0, len(asked), 50):
            like = " OR ".join(
                f"Website LIKE {paths.containing(domain)}" for domain in asked[start : start + 50]
            )
            queries.append(("Account", paths.select(wanted, "Account", like)))
        named = {name.casefold() for name in names}
        found: dict[str, SourceRecord] = {}
        for record in [record for records in self.rows(queries) for record in records]:
            host = _host(record.values.get("Website") or "")
            on_domain = any(host == domain or host.endswith(f".{domain}") for domain in asked)
            if on_domain or (record.values.get("Name") or "").casefold() in named:
                found[record.id] = record
        return tuple(found.values())

    def campaigns(self, names: Sequence[str]) -> dict[str, str]:
        """Name in lower case -> id; an active campaign goes before others, a newer before older."""
        wanted = with_stamps("Campaign", ("Name", "IsActive"))
        queries = [
            ("Campaign", paths.select(wanted, "Campaign", paths.any_of("Name", chunk)))
            for chunk in paths.chunks(names)
        ]
        listed = [record for records in self.rows(queries) for record in records]
        listed.sort(key=lambda one: (one.values.get("IsActive") == "true", one.created_at))
        return {(one.values.get("Name") or "").casefold(): one.id for one in listed}


def _page(kind: str, answer: Row) -> PageOfRows:
    records = [record_of(kind, row) for row in answer["records"]]
    return records, "" if answer["done"] else paths.more(answer["nextRecordsUrl"])


def _end(record: SourceRecord) -> tuple[str, str | None, datetime]:
    return record.id, record.values.get("MasterRecordId"), record.updated_at


def _parts(kinds: Sequence[str], answer: Row) -> list[PageOfRows]:
    """The parts of a composite answer in the order asked; the first refused one is raised."""
    by_reference = {part["referenceId"]: part for part in answer["compositeResponse"]}
    pages: list[PageOfRows] = []
    for number, kind in enumerate(kinds):
        part = by_reference[f"q{number}"]
        status = int(part["httpStatusCode"])
        if status >= 300:
            place = Place(file="salesforce:query")
            raise faults.of_answer(status, part["body"], write=False, where=place)
        pages.append(_page(kind, part["body"]))
    return pages


def _stirred(kinds: Sequence[str], answer: Row) -> dict[str, bool]:
    """Kind -> whether its part has a row; parts of objects that are not shown are left out."""
    by_reference = {part["referenceId"]: part for part in answer["compositeResponse"]}
    found: dict[str, bool] = {}
    for number, kind in enumerate(kinds):
        part = by_reference[f"q{number}"]
        status, body = int(part["httpStatusCode"]), part["body"]
        if status >= 300:
            if faults.read_fault(body).code in UNSEEN:
                continue
            raise faults.of_answer(status, body, write=False, where=Place(file="salesforce:query"))
        found[kind] = bool(_page(kind, body)[0])
    return found


def _within(stamp: str, window: Window) -> str:
    return f"{stamp} >= {paths.moment(window.since)} AND {stamp} <= {paths.moment(window.until)}"


def stamp_of(kind: str) -> str:
    """The field that says when a row was last changed; history rows are only ever created."""
    return "CreatedDate" if kind.endswith("History") else "SystemModstamp"


def with_stamps(kind: str, fields: Sequence[str]) -> tuple[str, ...]:
    """The wanted fields and those that every record needs."""
    return tuple(dict.fromkeys(("Id", *fields, "CreatedDate", stamp_of(kind))))


def record_of(kind: str, row: Row) -> SourceRecord:
    """One row as text values; a parent's fields are named `Parent.Field`."""
    values: dict[str, str | None] = {}
    for name, value in row.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            for inner, part in value.items():
                if inner != "attributes" and not isinstance(part, dict | list):
                    values[f"{name}.{inner}"] = text_of(part)
        elif not isinstance(value, list):
            values[name] = text_of(value)
    return SourceRecord(
        system=System.SALESFORCE,
        kind=kind,
        id=str(row["Id"]),
        values=values,
        created_at=moment_of(row.get("CreatedDate")),
        updated_at=moment_of(row.get(stamp_of(kind))),
        archived=bool(row.get("IsDeleted")),
    )


def text_of(value: object) -> str | None:
    """A JSON value as text; whole numbers without a fraction."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def moment_of(text: object) -> datetime:
    """`2022-03-17T16:21:26.000+0000`."""
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else _NO_DATE


def _by_either(found: Mapping[str, SourceRecord], id_: str) -> SourceRecord | None:
    """By 18 characters, or by the 15 that somebody may have kept."""
    if id_ in found or len(id_) == 18:
        return found.get(id_)
    return next((record for key, record in found.items() if key[:15] == id_), None)


def _host(website: str) -> str:
    text = website.strip().casefold()
    host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    return host.removeprefix("www.")


def _twice(kind: str, key_field: str, first: str, second: str) -> Problem:
    return Problem(
        code="salesforce-key-found-twice",
        where=Place(file=f"salesforce:{kind}/{first}"),
        what=f"{kind} {first} and {kind} {second} have the same {key_field}",
        remedy=f"Merge the two, and make {key_field} unique in Salesforce.",
        mender=Mender.ADMIN,
    )
