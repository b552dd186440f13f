"""query, queryAll and the pages that follow."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.salesforce.errors import not_found, refuse
from connector.sandbox.salesforce.ids import make_id
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.request import Reply, Request
from connector.sandbox.salesforce.rows_api import wrong_method
from connector.sandbox.salesforce.soql.run import execute
from connector.sandbox.salesforce.tables import Row

MOST_CURSORS = 10
_CURSOR_LIFE = timedelta(days=2)
_TEXT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rows of an unfinished query, as they were when it ran."""

    rows: list[Row]
    record: Callable[[Row, str], dict[str, Any]]
    size: int
    opened: datetime


class Cursors:
    """Open query locators: the ten newest, for two days [B]."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._open: OrderedDict[str, Cursor] = OrderedDict()
        self._number = 0

    def open(self, rows: list[Row], record: Any, size: int) -> str:
        self._number += 1
        locator = make_id("01g", self._number)
        self._open[locator] = Cursor(rows, record, size, self._org.clock.now())
        while len(self._open) > MOST_CURSORS:
            self._open.popitem(last=False)
        return locator

    def find(self, locator: str) -> Cursor:
        found = self._open.get(locator)
        if found is None or self._org.clock.now() - found.opened > _CURSOR_LIFE:
            raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
        return found


def batch_size(request: Request) -> int:
    """Rows of a page: the setting, or Sforce-Query-Options within 200 and 2000."""
    size = request.org.settings.page_size
    for option in request.headers.get("sforce-query-options", "").split(","):
        name, _, value = option.partition("=")
        if name.strip().lower() == "batchsize" and value.strip().isdigit():
            size = min(size, max(200, min(2000, int(value))))
    return size


def query(request: Request, cursors: Cursors) -> Reply:
    """`query/?q=`, `queryAll/?q=` and `query/<locator>`."""
    if request.method != "GET":
        raise wrong_method(request)
    if len(request.parts) == 2:
        return _more(request, cursors, request.parts[1])
    if len(request.parts) > 2:
        raise not_found()
    text = request.query.get("q", "")
    if len(text) > _TEXT_LIMIT:
        raise refuse("MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters.")
    all_rows = request.parts[0].lower() == "queryall"

    def new_cursor(rows: list[Row], record: Any, base: str) -> str:
        size = request.org.settings.page_size
        return f"{request.root}query/{cursors.open(rows, record, size)}-{size}"

    result = execute(request.org, text, all_rows=all_rows, new_cursor=new_cursor)
    if result.records is not None:
        return Reply(body={"totalSize": result.total, "done": True, "records": result.records})
    size = batch_size(request)
    if result.record is None or len(result.rows) <= size:
        records = [result.record(row, request.base) for row in result.rows] if result.record else []
        return Reply(body={"totalSize": result.total, "done": True, "records": records})
    locator = cursors.open(result.rows, result.record, size)
    return _page(request, cursors.find(locator), locator, 0)


def _more(request: Request, cursors: Cursors, part: str) -> Reply:
    locator, _, start = part.rpartition("-")
    if not locator or not start.isdigit():
        raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(request, cursors.find(locator), locator, int(start))


def _page(request: Request, cursor: Cursor, locator: str, start: int) -> Reply:
    end = start + cursor.size
    record, base = cursor.record, request.base
    body: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
    if not body["done"]:
        body["nextRecordsUrl"] = f"{request.root}query/{locator}-{end}"
    body["records"] = [record(row, base) for row in cursor.rows[start:end]]
    return Reply(body=body)
