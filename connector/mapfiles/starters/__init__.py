"""Starting sets of mapping files for `leadrelay init`: commented, complete and sound.

`b2b-software` is the set in the repository's own mappings folder (the wheel carries a copy of it);
the other kinds are that set with some files exchanged and some blocks written anew, so that there
is one source for everything they share.
"""

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from connector.core.problems import Place, Problem
from connector.mapfiles.schema import SCHEMAS
from connector.mapfiles.yaml_text import Spot, parse

HERE = Path(__file__).parent
BASE = "b2b-software"
KINDS = {
    BASE: "A B2B software vendor with teams by territory, product and size.",
    "services": "A consulting firm or agency: fewer leads, partners who answer themselves.",
    "education": "A school or course provider: leads are people, not companies.",
}
_SUFFIXES = (".yaml", ".csv", ".md", ".txt")
_OVERLAY = "overlay.yaml"
_SCHEMA_LINE = "# yaml-language-server: $schema="


@dataclass(frozen=True, slots=True)
class _Block:
    """A key of a file, by its path, that is written anew; an empty path takes the file away."""

    file: str
    at: tuple[str, ...]
    text: str


def starting_set(kind: str) -> dict[str, str]:
    """All files of a kind by path relative to the mappings folder; LookupError: no such kind."""
    if kind not in KINDS:
        raise LookupError(kind)
    files = _texts(folder_of(BASE))
    if kind != BASE:
        files |= {n: t for n, t in _texts(HERE / kind).items() if n != _OVERLAY}
        for block in _blocks(HERE / kind / _OVERLAY):
            text = files.pop(block.file)
            if block.at:
                files[block.file] = _with_block(text, block)
    return {name: _with_schema(name, text) for name, text in sorted(files.items())}


def write_starting_set(kind: str, folder: Path) -> tuple[Path, ...] | Problem:
    """Writes a set and the schemas into a folder that is not there yet or empty."""
    if folder.exists() and any(folder.iterdir()):
        return Problem(
            code="folder-not-empty",
            where=Place(file=folder.name),
            what=f"the folder '{folder.name}' is not empty",
            remedy="Choose another, or move its files away: nothing is overwritten.",
        )
    written = []
    texts = starting_set(kind) | {
        f".schemas/{path.name}": path.read_text(encoding="utf-8")
        for path in sorted(SCHEMAS.glob("*.json"))
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def example_config() -> str:
    """The commented config.toml: read-only and rehearsing until somebody changes it."""
    packed = HERE / "config.toml"
    source = packed if packed.is_file() else HERE.parents[2] / "config.example.toml"
    return source.read_text(encoding="utf-8")


def folder_of(kind: str) -> Path:
    """Where the software set lies on disk, ready to be read: beside this file in a wheel, in the
    mappings folder of a checkout. The other kinds are made by `write_starting_set`; LookupError."""
    if kind != BASE:
        raise LookupError(kind)
    packed = HERE / BASE
    return packed if packed.is_dir() else HERE.parents[2] / "mappings"


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _SUFFIXES
    }


def _blocks(path: Path) -> list[_Block]:
    raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return [
        _Block(one["file"], tuple(filter(None, one["at"].split("."))), one["write"]) for one in raw
    ]


def _with_block(text: str, block: _Block) -> str:
    parsed, _ = parse(text, block.file)
    if parsed is None or parsed.spot.at(block.at).key_line == 0:
        raise LookupError(f"{block.file}: {'.'.join(block.at)}")
    lines = text.splitlines(keepends=True)
    start, end = _span(parsed.spot, block.at, len(lines))
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1  # what stands between two blocks belongs to the next one
    indent = " " * (parsed.spot.at(block.at).key_column - 1)
    new = [f"{indent}{line}" if line.strip() else line for line in block.text.splitlines(True)]
    return "".join([*lines[:start], *new, *lines[end:]])


def _span(root: Spot, path: tuple[str, ...], last: int) -> tuple[int, int]:
    """The lines of a block: from its key to the next key of the same or a higher level."""
    start = root.at(path).key_line - 1
    for depth in range(len(path), 0, -1):
        later = [
            spot.key_line - 1
            for spot in root.at(path[: depth - 1]).parts.values()
            if spot.key_line - 1 > start
        ]
        if later:
            return start, min(later)
    return start, last


def _with_schema(name: str, text: str) -> str:
    """Lets the first line point at the schemas that are written beside the files."""
    first, end, rest = text.partition("\n")
    if not first.startswith(_SCHEMA_LINE):
        return text
    up = "../" * name.count("/")
    return f"{_SCHEMA_LINE}{up}.schemas/{first.rpartition('/')[2]}{end}{rest}"
