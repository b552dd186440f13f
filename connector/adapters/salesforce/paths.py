"""All paths and all SOQL for Salesforce, every id and literal quoted; nothing else builds one."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*\Z")
_LOCATOR = re.compile(r"/services/data/v\d+\.\d+/query/(01g[A-Za-z0-9-]{5,60})\Z")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")

_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
_QUOTED = {code: f"%{code:02X}" for code in range(128) if code not in _SAFE}

LONGEST_QUERY = 12_000  #: characters of an encoded query; addresses end at 16,384 bytes
KEYS_A_QUERY = 400

#: SOQL's escapes; any other backslash is an error there.
_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\b": "\\b",
        "\f": "\\f",
    }
)


def collections(kind: str = "", key_field: str = "") -> str:
    """Up to 200 records: create and update (no parts), upsert (both), retrieve (kind only)."""
    parts = ["composite", "sobjects", *(name(part) for part in (kind, key_field) if part)]
    return "/".join(parts)


def composite() -> str:
    """Several calls in one."""
    return "composite"


def query(*, deleted_too: bool = False) -> str:
    """Where SOQL goes; `deleted_too` shows the recycle bin and archived activities as well."""
    return "queryAll" if deleted_too else "query"


def query_address(soql: str, *, deleted_too: bool = False) -> str:
    """A query as a relative address, for a call within a call."""
    return f"{query(deleted_too=deleted_too)}?q={_quoted(soql)}"


def _quoted(text: str) -> str:
    """As `quote` does, which goes letter by letter: queries are long, and nearly all ASCII."""
    return text.translate(_QUOTED) if text.isascii() else quote(text, safe="")


def _length(text: str) -> int:
    """How long a text is once it is quoted."""
    raw = text.encode()
    return len(raw) + 2 * len(raw.translate(None, _SAFE))


def absolute(version: str, path: str) -> str:
    """A path as a call within a call names it."""
    return f"/services/data/v{version}/{path}"


def more(next_records_url: object) -> str:
    """The path of the next page; raises ValueError for anything that is not one."""
    match = _LOCATOR.match(next_records_url) if isinstance(next_records_url, str) else None
    if match is None:
        raise ValueError("not the address of a further page")
    return f"query/{match.group(1)}"


def describe(kind: str) -> str:
    """An object's definition."""
    return f"sobjects/{name(kind)}/describe"


def objects() -> str:
    """All objects in brief."""
    return "sobjects"


def picklists(kind: str, type_id: str) -> str:
    """The values that one record type offers of every picklist (UI API)."""
    return f"ui-api/object-info/{name(kind)}/picklist-values/{record_id(type_id)}"


def limits() -> str:
    """What is left of the day."""
    return "limits"


def ingest(job: str = "", part: str = "") -> str:
    """Bulk 2.0 jobs, one job, or a part of it (`batches`, `successfulResults` …)."""
    return "/".join(["jobs/ingest", *([record_id(job)] if job else []), *([part] if part else [])])


def record_id(value: str) -> str:
    """A record's id, as it is; raises ValueError for anything else."""
    if not _ID.match(value):
        raise ValueError("not a Salesforce id")
    return value


def name(value: str) -> str:
    """A field's or object's name, as it is; raises ValueError for anything else."""
    if not _NAME.match(value):
        raise ValueError("not a Salesforce name")
    return value


def literal(value: str) -> str:
    """A text as a SOQL literal."""
    return f"'{value.translate(_ESCAPES)}'"


def containing(value: str) -> str:
    """A LIKE pattern that finds `value` anywhere, its own wildcards taken literally."""
    inner = literal(value)[1:-1].replace("%", "\\%").replace("_", "\\_")
    return f"'%{inner}%'"


def moment(value: datetime) -> str:
    """A SOQL dateTime literal in whole seconds of UTC, as Salesforce stamps its rows."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def select(
    fields: Sequence[str],
    kind: str,
    where: str = "",
    *,
    order: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """A SELECT with checked names; `where` is made of the functions above."""
    listed = ", ".join(name(field) for field in dict.fromkeys(fields))
    text = f"SELECT {listed} FROM {name(kind)}"
    if where:
        text += f" WHERE {where}"
    if order:
        text += " ORDER BY " + ", ".join(name(field) for field in order)
    if limit is not None:
        text += f" LIMIT {limit:d}"
    return text


def any_of(field: str, values: Sequence[str]) -> str:
    """`field IN (…)`."""
    return f"{name(field)} IN ({', '.join(literal(value) for value in values)})"


def chunks(values: Sequence[str], spare: int = 2_000) -> Iterator[list[str]]:
    """Values in groups whose literals fit into one address, `spare` left for the rest of it."""
    group: list[str] = []
    size = 0
    for value in dict.fromkeys(values):
        length = _length(literal(value)) + 4
        if group and (size + length > LONGEST_QUERY - spare or len(group) == KEYS_A_QUERY):
            yield group
            group, size = [], 0
        group.append(value)
        size += length
    if group:
        yield group


def fits_address(soql: str) -> bool:
    """Can the query go into an address, or does it have to go into a body?"""
    return _length(soql) <= LONGEST_QUERY
