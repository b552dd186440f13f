"""JSON text of what the ledger keeps, exact for decimals, dates, moments and awkward characters.

Plain JSON wherever JSON is enough. What it cannot say is an object with one tagged key, e.g.
`{"$decimal": "1.50"}`. Characters that PostgreSQL or UTF-8 refuse (NUL, lone surrogates) travel in
base64, so that a strange value from outside never stops a page.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from connector.core.plan import Json
from connector.core.records import Value, Values

_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_TAG = '"$'


def dump(tree: Json | Mapping[str, Json] | Sequence[Json]) -> str:
    """JSON text of a document; raises TypeError for what is neither JSON nor a Value."""
    tagged = 0

    def default(value: object) -> dict[str, str]:
        nonlocal tagged
        tagged += 1
        return _default(value)

    try:
        text = orjson.dumps(tree, default, _STRICT).decode()
    except TypeError:
        return orjson.dumps(_tagged(tree), None, _STRICT).decode()
    if text.count(_TAG) != tagged or "\\u0000" in text:  # a tag that is not ours
        return orjson.dumps(_tagged(tree), None, _STRICT).decode()
    return text


def load(text: str) -> Any:
    """The document behind `dump`; lists stay lists."""
    tree = orjson.loads(text)
    return _untagged(tree) if _TAG in text else tree


def dump_values(values: Values) -> str:
    """JSON text of canonical values (flat: field name -> value)."""
    try:
        text = orjson.dumps(values, _default, _STRICT).decode()
    except TypeError:
        text = "\\u0000"
    if "\\u0000" in text:
        return orjson.dumps({k: _tagged(v) for k, v in values.items()}, None, _STRICT).decode()
    return text


def load_values(text: str) -> dict[str, Value]:
    """Canonical values behind `dump_values`; every list is a tuple again."""
    tree: dict[str, Any] = orjson.loads(text)
    for name, value in tree.items():
        kind = type(value)
        if kind is dict:
            tree[name] = _untagged(value)
        elif kind is list:
            tree[name] = tuple(_untagged(part) for part in value)
    return tree


def _default(value: object) -> dict[str, str]:
    """What orjson does not know by itself."""
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    raise TypeError(f"a {type(value).__name__} is neither JSON nor a value")


def _tagged(tree: object) -> Any:
    """The slow and thorough way: every part looked at."""
    if tree is None or isinstance(tree, bool | float):
        return tree
    if isinstance(tree, int):
        return tree if -(2**63) <= tree < 2**63 else {"$int": str(tree)}
    if isinstance(tree, str):
        text = str(tree)
        return {"$text": _base64(text)} if _is_awkward(text) else text
    if isinstance(tree, Mapping):
        if any(key.startswith("$") or _is_awkward(key) for key in tree):
            return {"$object": [[_tagged(key), _tagged(value)] for key, value in tree.items()]}
        return {key: _tagged(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_tagged(part) for part in tree]
    return _default(tree)


def _untagged(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_untagged(part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if len(tree) == 1:
        ((tag, held),) = tree.items()
        if tag in _UNTAG:
            return _UNTAG[tag](held)
    return {key: _untagged(value) for key, value in tree.items()}


_UNTAG: dict[str, Callable[[Any], Any]] = {
    "$decimal": Decimal,
    "$moment": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$int": int,
    "$text": lambda held: base64.b64decode(held).decode("utf-8", "surrogatepass"),
    "$object": lambda held: {_untagged(key): _untagged(value) for key, value in held},
}


def _is_awkward(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def clean(text: str) -> str:
    """Text that any database column takes: NUL and lone surrogates become U+FFFD.

    For words beside the values (a reason, a name of a campaign); values themselves are kept exact.
    """
    if text.isascii() and "\x00" not in text:
        return text
    whole = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return whole.replace("\x00", "\ufffd")
