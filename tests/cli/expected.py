"""Whole outputs, compared with the text that is kept; LEADRELAY_REWRITE=1 writes them anew."""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "expected"
#: What differs from run to run: addresses, folders, ids of runs, versions of the files, durations.
VARYING = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:PORT"),
    (re.compile(r"-\d{8}T\d{6}-[0-9a-f]{4}"), "-RUN"),
    (re.compile(r"(?<![0-9a-f])(?=\d*[a-f])[0-9a-f]{12}(?![0-9a-f])"), "VERSION"),
    (re.compile(r"@[0-9a-f]{7}\b"), "@VERSION"),
    (re.compile(r"\b[0-9a-f]{24}\b"), "KEY"),
    (re.compile(r"[^\s\"'(]*/mappings/"), "mappings/"),
)


def plain(text: str) -> str:
    """The text without what varies."""
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def same_as_kept(text: str, name: str) -> None:
    """Compares with tests/cli/expected/NAME, or writes it where that is asked for."""
    file = FOLDER / name
    said = plain(text)
    if os.environ.get("LEADRELAY_REWRITE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(said, "utf-8")
    assert said == file.read_text("utf-8"), f"{name} reads otherwise (LEADRELAY_REWRITE=1 keeps it)"
