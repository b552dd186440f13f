"""A quick stand-in for both systems, for measuring what is in front of it: nothing is checked.

    python -m benchmarks.stub --leads 10000 [--latency-ms 50] [--calls-per-10s 190] [--qualified 5]

Prints its port, then serves until it is killed. Contacts are made once, where they are not too
many; Salesforce keeps ids only.
"""

import argparse
import asyncio
import csv
import hashlib
import io
import re
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

PAGE = 100
SEARCH_PAGE = 200
STAMP = "2026-03-02T08:00:00.000Z"
CRM_STAMP = "2026-03-02T08:00:00.000+0000"
KEPT = 200_000  #: contacts that are held in memory, a kilobyte each
HUNDRED = 100
MQL = 10  #: of a hundred, where not everybody qualifies
USERS = ("arjun.shah", "asha.iyer", "kabir.das", "tara.pillai")
_IN = re.compile(r"(\w+) IN \(([^)]*)\)")
_FROM = re.compile(r" FROM (\w+)")

Answer = tuple[int, bytes]


def contact(number: int, version: int = 0, qualified: int = HUNDRED) -> dict[str, str]:
    """Thirty properties of a made-up person; so many of a hundred came by the form that qualifies,
    ten more visited often, and the others once.

    In every version they have another telephone. HubSpot counts the calls, mails and so on of each
    contact, and says "0" where there are none.
    """
    place = number % HUNDRED
    often = qualified == HUNDRED or place < qualified + MQL
    made = {f"filler_{index}": f"value {number % 97} {index}" for index in range(14)}
    return made | {
        "hs_object_id": str(1_000 + number),
        "email": f"person{number}@example.com",
        "firstname": "Ada",
        "lastname": f"Prospect {number}",
        "company": f"Company {number // 3}",
        "phone": f"+91 {9800 + version}{number % 10**6:06d}",
        "country": "India",
        "lead_origin": "Lead Add Form" if place < qualified else "Landing Page Submission",
        "lead_source": "Google",
        "occupation": "Student",
        "totalvisits": str(number % 9 if often else 1),
        "time_on_site": str(number % (1_500 if place < qualified else 600)),
        "do_not_email": "false",
        "lifecyclestage": "lead",
        "num_notes": "0",
        "lastmodifieddate": STAMP,
    }


def record_id(prefix: str, key: str) -> str:
    """Eighteen characters, always the same for the same key."""
    return prefix + hashlib.sha256(key.encode()).hexdigest()[: 18 - len(prefix)]


class Systems:
    """The answers of both."""

    def __init__(self, leads: int, qualified: int) -> None:
        self.leads, self.qualified = leads, qualified
        self.changed = 0  #: how many contacts the search finds
        self.count: dict[str, int] = {}
        self.version = 0  #: of the changed ones
        self.known: dict[str, str] = {}  # external id -> record id
        self.fields: dict[str, dict[str, object]] = {}  # record id -> what was written
        self.written = 0
        self.taken: list[float] = []  #: moments of the calls that the limit counted
        self.jobs: dict[str, list[str]] = {}
        self.pages: dict[int, bytes] = {}

    def windows(self) -> tuple[int, int]:
        """Whole spans of ten seconds since the first call that the limit counted, and the calls
        within them: the start's burst and an unfinished span must not flatter the share."""
        if not self.taken:
            return 0, 0
        count = int((self.taken[-1] - self.taken[0]) // 10)
        return count, sum(moment < self.taken[0] + 10 * count for moment in self.taken)

    def contacts(self, first: int, size: int) -> list[dict[str, object]]:
        last = min(first + size, self.leads)
        return [
            {
                "id": str(1_000 + number),
                "properties": contact(
                    number, self.version if number < self.changed else 0, self.qualified
                ),
                "createdAt": STAMP,
                "updatedAt": STAMP,
                "archived": False,
            }
            for number in range(first, last)
        ]

    def page(self, first: int) -> bytes:
        if first in self.pages:
            return self.pages[first]
        made: dict[str, object] = {"results": self.contacts(first, PAGE)}
        if first + PAGE < self.leads:
            made["paging"] = {"next": {"after": str(1_000 + first + PAGE)}}
        page = orjson.dumps(made)
        if self.leads <= KEPT:
            self.pages[first] = page
        return page

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        parts = urlsplit(target)
        path, query = parts.path, parse_qs(parts.query)
        for pattern, handler in ROUTES:
            if pattern.search(path):
                name = handler.__name__.strip("_")
                self.count[name] = self.count.get(name, 0) + 1
                return 200, handler(self, method, path, query, body)
        print(f"the stub does not know {method} {path}", file=sys.stderr)
        return 404, orjson.dumps({"message": f"the stub does not know {method} {path}"})

    # --- HubSpot ---------------------------------------------------------------------------------

    def _list(self, _m: str, _p: str, query: dict[str, list[str]], _b: bytes) -> bytes:
        return self.page(max(0, int(query.get("after", ["1000"])[0]) - 1_000))

    def _search(self, _m: str, _p: str, _q: dict[str, list[str]], body: bytes) -> bytes:
        last, given = 0, orjson.loads(body)
        if given["sorts"][0]["direction"] == "DESCENDING":
            return self._census(given)
        for group in given.get("filterGroups", []):
            for one in group["filters"]:
                if one["propertyName"] == "hs_object_id":
                    last = int(one["value"])
        first = max(0, last - 999)
        size = max(0, min(SEARCH_PAGE, self.changed - first))
        answer: dict[str, object] = {"total": self.changed - first}
        answer["results"] = self.contacts(first, size)
        if first + size < self.changed:
            answer["paging"] = {"next": {"after": str(size)}}
        return orjson.dumps(answer)

    def _census(self, given: dict[str, Any]) -> bytes:
        """How many contacts lie behind one id and up to another, and the last of them."""
        bounds = {one["operator"]: int(one["value"]) for one in given["filterGroups"][0]["filters"]}
        first = max(0, bounds["GT"] - 999)
        end = max(first, min(bounds.get("LTE", 10**12) - 999, self.leads))
        found = self.contacts(end - 1, 1) if end > first else []
        return orjson.dumps({"total": end - first, "results": found})

    def _read(self, _m: str, _p: str, _q: dict[str, list[str]], body: bytes) -> bytes:
        ids = [int(one["id"]) - 1_000 for one in orjson.loads(body)["inputs"]]
        return orjson.dumps(
            {"status": "COMPLETE", "results": [self.contacts(number, 1)[0] for number in ids]}
        )

    def _update(self, _m: str, _p: str, _q: dict[str, list[str]], body: bytes) -> bytes:
        inputs = orjson.loads(body)["inputs"]
        self.written += len(inputs)
        results = [
            {"id": one["id"], "properties": {}, "createdAt": STAMP, "updatedAt": STAMP}
            for one in inputs
        ]
        return orjson.dumps({"status": "COMPLETE", "results": results})

    def _details(self, *_: object) -> bytes:
        return orjson.dumps({"portalId": 1, "timeZone": "UTC"})

    def _owners(self, *_: object) -> bytes:
        return orjson.dumps({"results": []})

    def _associations(self, *_: object) -> bytes:
        return orjson.dumps({"status": "COMPLETE", "results": []})

    def _lists(self, *_: object) -> bytes:
        return orjson.dumps({"lists": [], "hasMore": False})

    # --- Salesforce ------------------------------------------------------------------------------

    def _token(self, *_: object) -> bytes:
        return orjson.dumps({"access_token": "stub", "instance_url": "https://acme.my.example.com"})

    def _query(self, _m: str, _p: str, query: dict[str, list[str]], _b: bytes) -> bytes:
        return orjson.dumps(self._rows(query["q"][0]))

    def _composite(self, _m: str, _p: str, _q: dict[str, list[str]], body: bytes) -> bytes:
        made = [
            {
                "referenceId": part["referenceId"],
                "httpStatusCode": 200,
                "body": self._rows(unquote(part["url"].partition("?q=")[2])),
            }
            for part in orjson.loads(body)["compositeRequest"]
        ]
        return orjson.dumps({"compositeResponse": made})

    def _rows(self, soql: str) -> dict[str, object]:
        found = _FROM.search(soql)
        kind = found.group(1) if found else ""
        rows: list[dict[str, object]] = []
        if kind == "User":
            rows = [self._user(name) for name in USERS]
        if kind == "Group":
            queue = {"Name": "Desk", "DeveloperName": "Admissions_Desk", "Type": "Queue"}
            rows = [{**self._user("desk"), **queue, "Id": record_id("00G", "desk")}]
        matched = _IN.search(soql)
        if matched and matched.group(1) == "Leadrelay_Id__c" and self.known:
            keys = [text.strip(" '") for text in matched.group(2).split(",")]
            rows = [self._row(kind, key) for key in keys if key in self.known]
        return {"totalSize": len(rows), "done": True, "records": rows}

    def _row(self, kind: str, key: str) -> dict[str, object]:
        return {
            "attributes": {"type": kind},
            "Id": self.known[key],
            "Leadrelay_Id__c": key,
            "CreatedDate": CRM_STAMP,
            "SystemModstamp": CRM_STAMP,
        }

    def _user(self, name: str) -> dict[str, object]:
        address = f"{name}@xedu.example"
        return {
            "attributes": {"type": "User"},
            "Id": record_id("005", name),
            "Name": name,
            "Username": address,
            "Email": address,
            "IsActive": True,
            "CreatedDate": CRM_STAMP,
            "SystemModstamp": CRM_STAMP,
        }

    def _collection(self, method: str, _p: str, _q: dict[str, list[str]], body: bytes) -> bytes:
        given = orjson.loads(body)
        if "records" not in given:
            stamps = {"CreatedDate": CRM_STAMP, "SystemModstamp": CRM_STAMP}
            return orjson.dumps(
                [
                    {**self.fields[id_], "Id": id_, **stamps} if id_ in self.fields else None
                    for id_ in given.get("ids", ())
                ]
            )
        results = []
        for row in given["records"]:
            kind = row["attributes"]["type"]
            key = str(row.get("Leadrelay_Id__c") or row.get("Id") or self.written)
            made = str(row.get("Id") or record_id("00Q" if kind == "Lead" else "00T", key))
            self.known[key] = made
            if kind == "Lead":
                self.fields.setdefault(made, {}).update(row)
            self.written += 1
            results.append({"id": made, "success": True, "created": True, "errors": []})
        return orjson.dumps(results)

    def _describe(self, _m: str, path: str, _q: dict[str, list[str]], _b: bytes) -> bytes:
        names = ("Id", "Name", "OwnerId", "Status", "Email", "LastActivityDate", "AccountId")
        more = ("IsConverted", "ConvertedContactId", "ConvertedAccountId", "Leadrelay_Id__c")
        fields = [{"name": name, "type": "string", "createable": True} for name in names + more]
        return orjson.dumps({"name": path.split("/")[-2], "fields": fields})

    def _limits(self, *_: object) -> bytes:
        return orjson.dumps({"DailyApiRequests": {"Max": 1_000_000, "Remaining": 900_000}})

    def _ingest(self, method: str, path: str, _q: dict[str, list[str]], body: bytes) -> bytes:
        tail = path.partition("jobs/ingest")[2].strip("/").split("/")
        if method == "POST":
            job = record_id("750", str(len(self.jobs)))
            self.jobs[job] = []
            return orjson.dumps({"id": job, "state": "Open"})
        job = tail[0]
        if method == "PUT":
            self.jobs[job] = []
            for row in csv.DictReader(io.StringIO(body.decode(), newline="")):
                key = row["Leadrelay_Id__c"]
                self.jobs[job].append(key)
                self.fields[record_id("00Q", key)] = {**row, "attributes": {"type": "Lead"}}
            return b""
        if len(tail) == 1:
            return orjson.dumps({"id": job, "state": "JobComplete"})
        if tail[1] != "successfulResults":
            return b'"sf__Id","sf__Error","Leadrelay_Id__c"\n'
        out = ['"sf__Id","sf__Created","Leadrelay_Id__c"']
        for key in self.jobs[job]:
            self.known[key] = record_id("00Q", key)
            self.written += 1
            out.append(f'"{self.known[key]}","true","{key}"')
        return "\n".join(out).encode() + b"\n"


Handler = Callable[..., bytes]
ROUTES: tuple[tuple[re.Pattern[str], Handler], ...] = tuple(
    (re.compile(pattern), handler)
    for pattern, handler in (
        (r"/contacts/search$", Systems._search),
        (r"/contacts/batch/read$", Systems._read),
        (r"/contacts/batch/update$", Systems._update),
        (r"/contacts/?$", Systems._list),
        (r"/account-info/", Systems._details),
        (r"/crm/(v3/owners|owners)", Systems._owners),
        (r"/associations/", Systems._associations),
        (r"/crm/(v3/)?lists", Systems._lists),
        (r"/services/oauth2/token$", Systems._token),
        (r"/query(All)?/?$", Systems._query),
        (r"/composite/?$", Systems._composite),
        (r"/composite/sobjects", Systems._collection),
        (r"/describe$", Systems._describe),
        (r"/limits/?$", Systems._limits),
        (r"/jobs/ingest", Systems._ingest),
    )
)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and Content-Length, no more."""

    def __init__(self, systems: Systems, latency: float, limit: int) -> None:
        self.systems, self.latency, self.limit = systems, latency, limit
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            method, target, _ = lines[0].split(" ")
            if self.latency:
                loop = asyncio.get_running_loop()
                loop.call_later(self.latency, self.reply, method, target, body)
            else:
                self.reply(method, target, body)

    def reply(self, method: str, target: str, body: bytes) -> None:
        if target.startswith("/__"):
            self.send(200, self.control(target))
            return
        if self.limit and target.startswith("/crm/") and "search" not in target:
            now = time.monotonic()
            while RECENT and RECENT[0] < now - 10:
                RECENT.popleft()
            if len(RECENT) >= self.limit:
                self.systems.count["refused"] = self.systems.count.get("refused", 0) + 1
                self.send(429, b'{"status":"error","policyName":"TEN_SECONDLY_ROLLING"}')
                return
            RECENT.append(now)
            self.systems.taken.append(now)
        self.send(*self.systems.answer(method, target, body))

    def control(self, target: str) -> bytes:
        """`/__reset?changed=N` forgets counts; both answer with the counts so far."""
        systems = self.systems
        windows, within = systems.windows()
        told = {"written": systems.written, "windows": windows, "within windows": within}
        counts = orjson.dumps({**systems.count, **told})
        if target.startswith("/__reset"):
            query = parse_qs(urlsplit(target).query)
            systems.changed = int(query.get("changed", ["0"])[0])
            systems.version += 1
            systems.count, systems.written, systems.taken = {}, 0, []
            if "forget" in query:
                systems.known = {}
        return counts

    def send(self, status: int, body: bytes) -> None:
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
            f"Sforce-Limit-Info: api-usage=10/1000000\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)  # type: ignore[attr-defined]


RECENT: deque[float] = deque()


async def serve(systems: Systems, latency: float, limit: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(systems, latency, limit), "127.0.0.1", 0, backlog=64
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--calls-per-10s", type=int, default=0)
    parser.add_argument("--qualified", type=int, default=HUNDRED, help="of a hundred contacts")
    given = parser.parse_args()
    systems = Systems(given.leads, given.qualified)
    for first in range(0, given.leads if given.leads <= KEPT else 0, PAGE):
        systems.page(first)  # made before the clock starts
    asyncio.run(serve(systems, given.latency_ms / 1000, given.calls_per_10s))


if __name__ == "__main__":
    main()
