"""Broken mapping sets: a small overlay over the minimal set, beside the text it must produce."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

HERE = Path(__file__).parent
MINIMAL = HERE / "minimal" / "mappings"
BROKEN = HERE / "broken"


@dataclass(frozen=True)
class BrokenSet:
    """`edits` are `{file, find, write}`, `{file, text}`, `{file, bytes}` or `{file, remove}`."""

    name: str
    edits: list[dict[str, str]]
    expected: str


def broken_sets() -> list[BrokenSet]:
    """All of them, by name."""
    yaml = YAML(typ="safe", pure=True)
    return [
        BrokenSet(
            folder.name,
            yaml.load((folder / "overlay.yaml").read_text(encoding="utf-8")),
            (folder / "expected.txt").read_text(encoding="utf-8"),
        )
        for folder in sorted(BROKEN.iterdir())
    ]


def lay(edits: list[dict[str, str]], folder: Path) -> Path:
    """The minimal set with the overlay on it."""
    mappings = folder / "mappings"
    shutil.copytree(MINIMAL, mappings)
    for edit in edits:
        path = mappings / edit["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if "remove" in edit:
            path.unlink()
        elif "bytes" in edit:
            path.write_bytes(bytes.fromhex(edit["bytes"]))
        elif "text" in edit:
            path.write_text(edit["text"], encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8")
            assert text.count(edit["find"]) == 1, f"{edit['find']!r} is not in {path.name} once"
            path.write_text(text.replace(edit["find"], edit["write"]), encoding="utf-8")
    return mappings
