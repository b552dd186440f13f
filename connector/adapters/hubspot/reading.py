"""Reads contacts: the list, the search, batches by id, and the history of properties."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connector.adapters.hubspot.client import HubSpotClient
from connector.core.errors import Refused, TryLater
from connector.core.records import SourceRecord, System
from connector.ports import Page, Window

History = dict[str, list[tuple[datetime, str, str]]]  #: property -> (moment, value, source)

PAGE = 100  #: records of a list page and of a batch
SEARCH_PAGE = 200
HISTORY_BATCH = 50  #: HubSpot's limit when histories are asked for
LONGEST_QUERY = 6_000  #: characters of property names in an address; 414 is near 8,000
LONGEST_SEARCH = 2_900  #: characters of a search body; HubSpot takes 3,000

IDENTITY = ("hs_object_id", "hs_merged_object_ids", "hs_calculated_merged_vids")

_TEXTS = frozenset({str, type(None)})
_MERGED = re.compile(r"(\d+)(?::\d+)?")


def contact_of(raw: Mapping[str, Any]) -> SourceRecord:
    """One contact as HubSpot sent it."""
    values: dict[str, str | None] = raw.get("properties") or {}
    if not _TEXTS.issuperset(map(type, values.values())):
        raise TypeError("a property is not a text")
    return SourceRecord(
        system=System.HUBSPOT,
        kind="contact",
        id=str(raw["id"]),
        values=values,
        created_at=moment_of(raw.get("createdAt")),
        updated_at=moment_of(raw.get("archivedAt") or raw.get("updatedAt")),
        archived=bool(raw.get("archived")),
        merged_ids=merged_ids(values, str(raw["id"])),
    )


def moment_of(text: object) -> datetime:
    """HubSpot's moments: ISO 8601 with or without milliseconds, or epoch milliseconds."""
    if isinstance(text, str) and text:
        if text.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(0, UTC)


def merged_ids(values: Mapping[str, str | None], own: str) -> tuple[str, ...]:
    """Ids merged into the record: `1;2` of the newer property, `1:stamp;2:stamp` of the older."""
    text = values.get("hs_merged_object_ids") or "", values.get("hs_calculated_merged_vids") or ""
    if text == ("", ""):
        return ()
    found = (part for piece in text for part in piece.split(";"))
    ids = (match.group(1) for part in found if (match := _MERGED.fullmatch(part.strip())))
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ != own))


class ContactReader:
    """All ways to read contacts."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def changed(self, window: Window, properties: Sequence[str], after: str) -> Iterator[Page]:
        """Contacts modified in the window, by a keyset on the id.

        The search index lags and its order by date is not honoured, so the window is fixed, the
        order is that of the immutable id, the offset is never used, and rows that were changed
        again after the window are dropped: the next window has them.

        Raises TryLater for an empty page that is not the last. Contacts that were merged or
        deleted since they were indexed are left out of a page, maybe all of it, and without an id
        nothing leads behind them; seconds later the index has caught up.
        """
        wanted = _with_identity(properties)
        inline = len(orjson.dumps(_search_body(window, wanted, "9" * 19))) <= LONGEST_SEARCH
        last = after or "0"
        while True:
            body = _search_body(window, wanted if inline else ("hs_object_id",), last)
            found, following = self._client.call(
                "POST", "search", {"kind": "contacts"}, body=body, bucket="search", read=_page
            )
            ids = [record.id for record in found]
            if following and not ids:
                raise TryLater("HubSpot's search still has contacts that are gone")
            records = self._kept(found if inline else self._batch(ids, wanted), window)
            last = max((last, *ids), key=int)
            yield Page(records=records, resume=last if following else None)
            if not following:
                return

    def _kept(self, found: Sequence[SourceRecord], window: Window) -> tuple[SourceRecord, ...]:
        kept = (record for record in found if record.updated_at <= window.until)
        return tuple(sorted(kept, key=lambda record: int(record.id)))

    def scan(self, properties: Sequence[str], after: str, *, archived: bool) -> Iterator[Page]:
        """All contacts by rising id; HubSpot's `after` names the next record, ours the last."""
        wanted = _with_identity(properties)
        joined = ",".join(wanted)
        inline = len(joined) <= LONGEST_QUERY
        query = [
            ("limit", str(PAGE)),
            ("archived", "true" if archived else "false"),
            ("properties", joined if inline else "hs_object_id"),
        ]
        following = str(int(after) + 1) if after not in ("", "0") else None
        while True:
            found, following = self._client.call(
                "GET",
                "objects",
                {"kind": "contacts"},
                query=[*query, ("after", following)] if following else query,
                read=_page,
            )
            resume = found[-1].id if following and found else following
            if not inline and found:
                found = self._batch([record.id for record in found], wanted, archived=archived)
            yield Page(records=tuple(found), resume=resume)
            if not following:
                return

    def census(self, after: str, until: str) -> tuple[int, str]:
        """Counted by the search index, which lags: good enough to divide work by."""
        filters = [_condition("hs_object_id", "GT", after)]
        if until:
            filters.append(_condition("hs_object_id", "LTE", until))
        body = {
            "limit": 1,
            "properties": ["hs_object_id"],
            "sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}],
            "filterGroups": [{"filters": filters}],
        }
        return self._client.call(
            "POST", "search", {"kind": "contacts"}, body=body, bucket="search", read=_total
        )

    def read(self, ids: Sequence[str], properties: Sequence[str]) -> dict[str, SourceRecord]:
        """Contacts by id. A batch leaves merged ids out in silence, so each missing one is asked
        for alone: that answers with the survivor."""
        wanted = _with_identity(properties)
        found: dict[str, SourceRecord] = {}
        asked = list(dict.fromkeys(ids))
        for start in range(0, len(asked), PAGE):
            for record in self._batch(asked[start : start + PAGE], wanted):
                found[record.id] = record
        survivors = {old: record for record in found.values() for old in record.merged_ids}
        for missing in [id_ for id_ in asked if id_ not in found]:
            survivor = survivors.get(missing) or self._single(missing, wanted)
            if survivor is not None:
                found[missing] = survivor
        return {id_: found[id_] for id_ in asked if id_ in found}

    def history(self, ids: Sequence[str], properties: Sequence[str]) -> dict[str, History]:
        """Earlier values of properties, newest first, with the kind and id of their source."""
        result: dict[str, History] = {}
        asked = list(dict.fromkeys(ids))
        for start in range(0, len(asked), HISTORY_BATCH):
            body = {
                "properties": ["hs_object_id"],
                "propertiesWithHistory": list(properties),
                "inputs": [{"id": id_} for id_ in asked[start : start + HISTORY_BATCH]],
            }
            result |= self._client.call(
                "POST", "batch-read", {"kind": "contacts"}, body=body, read=_histories
            )
        return result

    def _batch(
        self, ids: Sequence[str], wanted: Sequence[str], *, archived: bool = False
    ) -> list[SourceRecord]:
        found: list[SourceRecord] = []
        for start in range(0, len(ids), PAGE):
            chunk = ids[start : start + PAGE]
            records, _ = self._client.call(
                "POST",
                "batch-read",
                {"kind": "contacts"},
                query=[("archived", "true")] if archived else (),
                body={"properties": list(wanted), "inputs": [{"id": id_} for id_ in chunk]},
                read=_page,
            )
            found += records
        return sorted(found, key=lambda record: int(record.id))

    def _single(self, id_: str, wanted: Sequence[str]) -> SourceRecord | None:
        joined = ",".join(wanted)
        short = joined if len(joined) <= LONGEST_QUERY else ",".join(IDENTITY)
        try:
            record = self._client.call(
                "GET",
                "object",
                {"kind": "contacts", "id": id_},
                query=[("properties", short)],
                read=contact_of,
            )
        except Refused:
            return None  # deleted, or never there
        if short != joined:
            return next(iter(self._batch([record.id], wanted)), None)
        return record


def _page(answer: Mapping[str, Any]) -> tuple[list[SourceRecord], str | None]:
    """The records of an answer, and HubSpot's name for the next page, if there is one."""
    found = [contact_of(row) for row in answer.get("results") or []]
    if not all(record.id.isdecimal() for record in found):
        raise ValueError("an id is not a number")
    following = (answer.get("paging") or {}).get("next")
    return found, str(following["after"]) if following else None


def _histories(answer: Mapping[str, Any]) -> dict[str, History]:
    return {
        str(row["id"]): {
            name: [_version(entry) for entry in entries]
            for name, entries in (row.get("propertiesWithHistory") or {}).items()
        }
        for row in answer.get("results") or []
    }


def _with_identity(properties: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*properties, *IDENTITY)))


def _condition(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _total(answer: Any) -> tuple[int, str]:
    rows = answer["results"]
    return int(answer["total"]), str(rows[0]["id"]) if rows else "0"


def _search_body(window: Window, properties: Sequence[str], last: str) -> dict[str, Any]:
    return {
        "limit": SEARCH_PAGE,
        "properties": list(properties),
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "filterGroups": [
            {
                "filters": [
                    _condition("lastmodifieddate", "GTE", _epoch(window.since)),
                    _condition("lastmodifieddate", "LTE", _epoch(window.until)),
                    _condition("hs_object_id", "GT", last),
                ]
            }
        ],
    }


def _epoch(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


def _version(entry: Mapping[str, Any]) -> tuple[datetime, str, str]:
    source = str(entry.get("sourceType") or "")
    by = entry.get("sourceId")
    return (
        moment_of(entry.get("timestamp")),
        str(entry.get("value") or ""),
        f"{source}:{by}" if by else source,
    )
