"""Reads Salesforce: SOQL with its pages, records by id, changes, deletions, and accounts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connector.adapters.salesforce import faults, paths
from connector.adapters.salesforce.client import SalesforceClient
from connector.core.errors import Refused
from connector.core.problems import Mender, Place, Problem
from connector.core.records import SourceRecord, System
from connector.ports import Page, Window

RETRIEVE = 2_000  #: records of one retrieve by ids
QUERIES_A_CALL = 5  #: queries in one composite call, which counts as one

_MERGEABLE = frozenset({"Lead", "Contact", "Account"})
_NO_DATE = datetime.fromtimestamp(0, UTC)

Row = Mapping[str, Any]


class Reader:
    """Queries and retrieves."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def pages(self, soql: str, *, deleted_too: bool = False) -> Iterator[list[Row]]:
        """The pages of one query, each as long as Salesforce likes."""
        if paths.fits_address(soql):
            answer = self._client.call(
                "GET", paths.query(deleted_too=deleted_too), params={"q": soql}, where="query"
            )
        else:
            [answer] = self._composite([soql], deleted_too=deleted_too)
        yield from self._following(answer)

    def rows(self, soqls: Sequence[str]) -> list[list[Row]]:
        """All rows of several queries; up to five queries cost one call."""
        found: list[list[Row]] = []
        if len(soqls) == 1:
            return [[row for page in self.pages(soqls[0]) for row in page]]
        for start in range(0, len(soqls), QUERIES_A_CALL):
            first_pages = self._composite(soqls[start : start + QUERIES_A_CALL])
            found += [
                [row for page in self._following(answer) for row in page] for answer in first_pages
            ]
        return found

    def count(self, soql: str) -> int:
        """The count of a `SELECT COUNT()`."""
        answer = self._client.call("GET", paths.query(), params={"q": soql}, where="query")
        return int(answer["totalSize"])

    def _following(self, answer: Row) -> Iterator[list[Row]]:
        yield list(answer["records"])
        while not answer["done"]:
            answer = self._client.call("GET", paths.more(answer["nextRecordsUrl"]), where="query")
            yield list(answer["records"])

    def _composite(self, soqls: Sequence[str], *, deleted_too: bool = False) -> list[Row]:
        """First pages of queries, sent in the body: no limit of length, no addresses in logs."""
        answer = self._client.call(
            "POST",
            paths.composite(),
            body={
                "allOrNone": False,
                "collateSubrequests": False,
                "compositeRequest": [
                    {
                        "method": "GET",
                        "url": self._client.absolute(
                            paths.query_address(soql, deleted_too=deleted_too)
                        ),
                        "referenceId": f"q{number}",
                    }
                    for number, soql in enumerate(soqls)
                ],
            },
            where="query",
        )
        by_reference = {part["referenceId"]: part for part in answer["compositeResponse"]}
        parts = [by_reference[f"q{number}"] for number in range(len(soqls))]
        for part in parts:
            status = int(part["httpStatusCode"])
            if status >= 300:
                place = Place(file="salesforce:query")
                raise faults.of_answer(status, part["body"], write=False, where=place)
        return [part["body"] for part in parts]

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
            answer = self._client.call(
                "POST",
                paths.collections(kind),
                body={"ids": asked[start : start + RETRIEVE], "fields": list(wanted)},
                where=kind,
            )
            # Missing and deleted ones come as null.
            records = [record_of(kind, row) for row in answer or [] if row]
            found |= {record.id: record for record in records if not record.archived}
        return {id_: record for id_ in asked if (record := _by_either(found, id_)) is not None}

    def by_keys(
        self, kind: str, key_field: str, keys: Sequence[str], fields: Sequence[str]
    ) -> dict[str, SourceRecord]:
        """Records by an external id (or `Id`); raises Refused for a key that two records have."""
        wanted = with_stamps(kind, (*fields, key_field))
        soqls = [
            paths.select(wanted, kind, paths.any_of(key_field, chunk))
            for chunk in paths.chunks(keys, spare=3_000)
        ]
        spelled = {key.casefold(): key for key in keys}  # external ids match in any case
        if key_field == "Id":
            spelled = {key[:15]: key for key in keys}
        found: dict[str, SourceRecord] = {}
        for row in [row for rows in self.rows(soqls) for row in rows]:
            record = record_of(kind, row)
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
        soqls = [
            paths.select(
                wanted, kind, paths.any_of(parent_field, chunk), order=("CreatedDate", "Id")
            )
            for chunk in paths.chunks([paths.record_id(id_) for id_ in ids], spare=3_000)
        ]
        found: dict[str, tuple[SourceRecord, ...]] = {}
        for row in [row for rows in self.rows(soqls) for row in rows]:
            record = record_of(kind, row)
            parent = record.values.get(parent_field) or ""
            found[parent] = (*found.get(parent, ()), record)
        return found

    def changed(
        self, kind: str, fields: Sequence[str], window: Window, after: str
    ) -> Iterator[Page]:
        """Rows of the window by (stamp, Id). `resume` is `<stamp>|<Id>` of a page's last row.

        A row that is committed late carries an earlier stamp than rows already read: callers let
        their windows overlap by ten minutes or more.
        """
        stamp = stamp_of(kind)
        wanted = with_stamps(kind, fields)
        where = (
            f"{stamp} >= {paths.moment(window.since)} AND {stamp} <= {paths.moment(window.until)}"
        )
        if after:
            moment, _, id_ = after.partition("|")
            at, last = datetime.fromisoformat(moment), paths.literal(paths.record_id(id_))
            where += (
                f" AND ({stamp} > {paths.moment(at)}"
                f" OR ({stamp} = {paths.moment(at)} AND Id > {last}))"
            )
        soql = paths.select(wanted, kind, where, order=(stamp, "Id"))
        held: Page | None = None  # the last page is known only when no other follows
        for rows in self.pages(soql):
            if held is not None:
                yield held
            records = tuple(record_of(kind, row) for row in rows)
            last_key = f"{records[-1].updated_at.isoformat()}|{records[-1].id}" if records else None
            held = Page(records=records, resume=last_key)
        if held is not None:
            yield Page(records=held.records)

    def deleted(self, kind: str, window: Window) -> tuple[tuple[str, str | None, datetime], ...]:
        """Deleted rows of the window, with the winner where they were merged away.

        The recycle bin keeps them for about 15 days: a longer gap needs a reconciliation.
        """
        wanted = ["Id", "SystemModstamp", *(["MasterRecordId"] if kind in _MERGEABLE else [])]
        where = (
            f"IsDeleted = true AND SystemModstamp >= {paths.moment(window.since)}"
            f" AND SystemModstamp <= {paths.moment(window.until)}"
        )
        soql = paths.select(wanted, kind, where, order=("SystemModstamp", "Id"))
        rows = (row for page in self.pages(soql, deleted_too=True) for row in page)
        return tuple(
            (str(row["Id"]), row.get("MasterRecordId"), moment_of(row["SystemModstamp"]))
            for row in rows
        )

    def accounts(self, domains: Sequence[str], names: Sequence[str]) -> tuple[SourceRecord, ...]:
        """Accounts whose website is on one of the domains, or that have one of the names."""
        wanted = with_stamps("Account", ("Name", "Website", "OwnerId"))
        soqls = [
            paths.select(wanted, "Account", paths.any_of("Name", chunk))
            for chunk in paths.chunks(names)
        ]
        asked = list(dict.fromkeys(domain.casefold() for domain in domains if domain))
        for start in range(0, len(asked), 50):
            like = " OR ".join(
                f"Website LIKE {paths.containing(domain)}" for domain in asked[start : start + 50]
            )
            soqls.append(paths.select(wanted, "Account", like))
        named = {name.casefold() for name in names}
        found: dict[str, SourceRecord] = {}
        for row in [row for rows in self.rows(soqls) for row in rows]:
            record = record_of("Account", row)
            host = _host(record.values.get("Website") or "")
            on_domain = any(host == domain or host.endswith(f".{domain}") for domain in asked)
            if on_domain or (record.values.get("Name") or "").casefold() in named:
                found[record.id] = record
        return tuple(found.values())


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
