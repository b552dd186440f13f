"""The recorded exchanges of real organisations, and how an answer is compared with one."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
_CODES = frozenset({"errorCode", "statusCode", "error", "fields", "success", "created", "done"})


def folder() -> Path:
    """Where the recordings lie; skips the test where they are missing."""
    given = os.environ.get("LEADRELAY_SHARED")
    places = [Path(given)] if given else [ROOT.parent / "shared", ROOT.parents[1] / "shared"]
    for place in places:
        found = place / "reference" / "salesforce-recorded"
        if found.is_dir():
            return found
    pytest.skip("the recorded Salesforce exchanges are not here (set LEADRELAY_SHARED)")


def recorded(name: str) -> Any:
    """One recording: `folder/file.json`, or `folder/file.json#3` for an entry of a list."""
    path, _, index = name.partition("#")
    found = json.loads((folder() / path).read_text("utf-8"))
    return found[int(index)] if index else found


def differences(
    real: Any, ours: Any, at: str = "$", *, ordered: bool = True, more: bool = False
) -> list[str]:
    """Where two bodies differ in shape: keys, their order, types, and the words that are codes.

    null matches anything (a value may be unknown on either side); `more` lets ours have further
    keys; lists are compared entry by entry as far as both go.
    """
    if real is None or ours is None:
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        return _keys(real, ours, at, ordered, more) + [
            line
            for key in real
            if key in ours
            for line in _values(real[key], ours[key], key, f"{at}.{key}", ordered, more)
        ]
    if isinstance(real, list) and isinstance(ours, list):
        found = [f"{at}: empty here"] if real and not ours else []
        for index, (one, other) in enumerate(zip(real, ours, strict=False)):
            found += differences(one, other, f"{at}[{index}]", ordered=ordered, more=more)
        return found
    if isinstance(real, bool) or isinstance(ours, bool):
        return [] if isinstance(real, bool) == isinstance(ours, bool) else [f"{at}: {ours!r}"]
    numbers = (int, float)
    if isinstance(real, numbers) and isinstance(ours, numbers):
        return []
    return [] if type(real) is type(ours) else [f"{at}: {type(ours).__name__}, not {real!r}"]


def _keys(real: Any, ours: Any, at: str, ordered: bool, more: bool) -> list[str]:
    wanted = [key for key in real if key != "_note"]
    got = [key for key in ours if key in real] if more else list(ours)
    same = wanted == got if ordered else sorted(wanted) == sorted(got)
    return [] if same else [f"{at}: keys {got}, not {wanted}"]


def _values(real: Any, ours: Any, key: str, at: str, ordered: bool, more: bool) -> list[str]:
    if key in _CODES and real != ours:
        return [f"{at}: {ours!r}, not {real!r}"]
    return differences(real, ours, at, ordered=ordered, more=more)
