"""The search endpoint: matches on the trailing index, answers with current values."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import orjson

from connector.sandbox.hubspot import shapes
from connector.sandbox.hubspot.errors import Json, Rejection
from connector.sandbox.hubspot.filters import (
    CHARACTERS,
    Entry,
    Test,
    access,
    check_caps,
    comparable,
    compile_groups,
    groups_of,
    problem,
    token_test,
    window_slack,
)
from connector.sandbox.hubspot.formats import parse_moment
from connector.sandbox.hubspot.kinds import Kind
from connector.sandbox.hubspot.objects_api import ObjectsApi
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.request import Reply, Request, kind_of
from connector.sandbox.hubspot.values import as_text

#: Rows on a page, and how far a search can be paged.
PAGE, REACH = 200, 10_000
#: For so long after a change a record may drop out of the index again.
FRESH_MS = 60_000

_ASKED = ("filterGroups", "filters", "query", "sorts")
_KEPT = 8


class SearchApi:
    """POST /{type}/search."""

    def __init__(self, portal: Portal, single: ObjectsApi) -> None:
        self._portal = portal
        self._single = single
        self._kept: dict[tuple[str, bytes], tuple[int, list[int]]] = {}

    def search(self, request: Request, type_: str) -> Reply:
        """200 with `total` as the index sees it; rows that are gone by now are missing."""
        kind = kind_of(type_)
        body = request.fields(shape=shapes.SEARCH)
        if len(request.call.body) > CHARACTERS:
            raise problem(f"The request body is longer than {CHARACTERS} characters.")
        check_caps(body)
        limit, after = self._span(body)
        found, start = self._found(kind, body)
        total = len(found) - start
        store = self._portal.store(kind)
        window = found[start + after : start + after + limit]
        records = [record for id_ in window if (record := store.alive(id_)) is not None]
        reader = self._portal.catalogue.reader(
            kind, [str(name) for name in body.get("properties") or []]
        )
        answer: Json = {
            "total": total,
            "results": self._single.page_of(kind, records, reader),
        }
        if after + limit < total:
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return 200, answer

    def _found(self, kind: Kind, body: Json) -> tuple[list[int], int]:
        """Ids of all matches in their order, and where a keyset begins in them.

        A client that pages by `hs_object_id` asks the same again with a higher bound; the matches
        without that bound are kept until the index changes.
        """
        bound, rest = _without_keyset(body)
        key = (
            kind.plural,
            orjson.dumps([rest.get(name) for name in _ASKED], option=orjson.OPT_SORT_KEYS),
        )
        version = self._portal.index(kind).version
        kept = self._kept.get(key)
        if kept is None or kept[0] != version:
            matches = self._matches(kind, rest, compile_groups(self._portal, kind, rest))
            kept = (version, self._sorted(kind, rest, matches))
            if b"associations." not in key[1] and not self._portal.settings.search_drop_out:
                if len(self._kept) >= _KEPT:
                    self._kept.clear()
                self._kept[key] = kept
        found = kept[1]
        if bound is None:
            return found, 0
        return found, bisect_right(found, bound)

    @staticmethod
    def _span(body: Json) -> tuple[int, int]:
        limit = body.get("limit", 10)
        text = as_text(body.get("after") or "0")
        if not text.isdecimal():
            raise Rejection(
                400,
                "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `int`"
                f' from String "{text}": not a valid `int` value',
                category=None,
            )
        after = int(text)
        if not isinstance(limit, int) or not 0 < limit <= PAGE:
            raise problem(f"The limit must be between 1 and {PAGE}.")
        if after + limit > REACH:
            raise problem(f"Paging through more than {REACH} results is not possible.")
        return limit, after

    def _matches(self, kind: Kind, body: Json, groups: list[list[Test]]) -> Iterator[Entry]:
        index = self._portal.index(kind)
        narrowed = self._candidates(kind, body)
        entries = index.entries() if narrowed is None else index.entries_of(narrowed)
        text = as_text(body.get("query") or "").strip()
        if groups and all(groups):
            test = _any([_all(group) for group in groups])
            entries = (entry for entry in entries if test(entry))
        if self._portal.settings.search_drop_out:
            entries = (entry for entry in entries if not self._drops_out(entry))
        if text:
            entries = (entry for entry in entries if self._mentions(kind, entry, text))
        return entries

    def _drops_out(self, entry: Entry) -> bool:
        record = entry[2]
        fresh = record is not None and record.modified > self._portal.now() - FRESH_MS
        return fresh and self._portal.dice.random() < self._portal.settings.search_drop_out

    @staticmethod
    def _mentions(kind: Kind, entry: Entry, text: str) -> bool:
        values = entry[1]
        hay = " ".join(values.get(name, "") for name in kind.searched).lower()
        return text.lower() in hay or token_test(text)(hay)

    def _candidates(self, kind: Kind, body: Json) -> list[int] | None:
        """Ids among which all matches are, by an index; None for every record."""
        groups = groups_of(body)
        if not groups:
            return None
        found: set[int] = set()
        for group in groups:
            some = self._narrowed(kind, group.get("filters") or [])
            if some is None:
                return None
            found.update(some)
        store = self._portal.store(kind)
        return sorted(
            id_
            for id_ in found
            if (record := store.find(id_)) is not None and record.archived_at is None
        )

    def _narrowed(self, kind: Kind, filters: list[Json]) -> list[int] | None:
        store = self._portal.store(kind)
        span: tuple[int | None, int | None] = (None, None)
        modified = {kind.modified, "lastmodifieddate", "hs_lastmodifieddate"}
        for one in filters:
            name, operator = str(one.get("propertyName")), str(one.get("operator"))
            if operator in ("EQ", "IN"):
                texts = one.get("values") if operator == "IN" else [one.get("value")]
                keys = [as_text(text) for text in texts or []]
                if name == "hs_object_id":
                    return [int(key) for key in keys if key.isdecimal()]
                if name in store.unique:
                    table = store.unique[name]
                    forms = {form for key in keys for form in (key, key.lower())}
                    return [table[form] for form in forms if form in table]
            if name in modified:
                span = _narrow(span, one, operator)
        if span == (None, None):
            return None
        low, high = span
        slack = window_slack(self._portal, kind, kind.modified)
        return self._portal.index(kind).modified_between(
            None if low is None else low - slack, None if high is None else high + slack
        )

    def _sorted(self, kind: Kind, body: Json, matches: Iterator[Entry]) -> list[int]:
        """Ids in the one sort that is allowed; without one the order is that of creation."""
        sorts = body.get("sorts") or []
        if len(sorts) > 1:
            raise problem("Only one sort is supported.")
        first = sorts[0] if sorts else "hs_object_id"
        if isinstance(first, str):
            name, down = first.lstrip("-"), first.startswith("-")
        else:
            name = str(first.get("propertyName", ""))
            down = str(first.get("direction", "ASCENDING")).upper() == "DESCENDING"
        definition = self._portal.catalogue.find(kind, name)
        if definition is None:
            raise problem(f"Property {name} does not exist.")
        if definition.name == "hs_object_id":
            ids = [entry[0] for entry in matches]
            return ids[::-1] if down else ids
        read = access(kind, definition.name)
        keyed: list[tuple[Any, int]] = [
            (comparable(definition, read(entry)), entry[0]) for entry in matches
        ]
        jitter = self._portal.settings.search_sort_jitter_seconds * 1000
        if jitter and definition.name == kind.modified:
            dice = self._portal.dice
            keyed = [(value + dice.uniform(0, jitter), id_) for value, id_ in keyed]
        filled = [pair for pair in keyed if pair[0] is not None]
        filled.sort(key=lambda pair: pair[0], reverse=down)
        return [id_ for _value, id_ in filled] + [id_ for value, id_ in keyed if value is None]


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    first, rest = tests[0], _all(tests[1:])
    return lambda entry: first(entry) and rest(entry)


def _any(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    first, rest = tests[0], _any(tests[1:])
    return lambda entry: first(entry) or rest(entry)


def _without_keyset(body: Json) -> tuple[int | None, Json]:
    """The bound of `hs_object_id GT n` in a single group sorted by id, and the search without."""
    groups = body.get("filterGroups") or []
    sorts = body.get("sorts") or []
    first = sorts[0] if len(sorts) == 1 else {}
    rising = isinstance(first, dict) and (
        not sorts
        or (
            first.get("propertyName") == "hs_object_id"
            and str(first.get("direction", "ASCENDING")).upper() == "ASCENDING"
        )
    )
    if len(groups) != 1 or body.get("filters") or not rising:
        return None, body
    filters = groups[0].get("filters") or []
    bounds = [
        one
        for one in filters
        if one.get("propertyName") == "hs_object_id" and one.get("operator") == "GT"
    ]
    if len(bounds) != 1 or not as_text(bounds[0].get("value", "")).isdecimal():
        return None, body
    others = [one for one in filters if one is not bounds[0]]
    rest = {**body, "filterGroups": [{"filters": others}] if others else []}
    return int(bounds[0]["value"]), rest


def _narrow(
    span: tuple[int | None, int | None], one: Json, operator: str
) -> tuple[int | None, int | None]:
    low, high = span
    value = parse_moment(as_text(one.get("value", "")))
    if value is None:
        return span
    if operator in ("GT", "GTE", "BETWEEN", "EQ"):
        low = value if low is None else max(low, value)
    if operator in ("LT", "LTE", "EQ"):
        high = value if high is None else min(high, value)
    if operator == "BETWEEN":
        top = parse_moment(as_text(one.get("highValue", "")))
        if top is not None:
            high = top if high is None else min(high, top)
    return low, high
