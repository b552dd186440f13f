"""Reads a mappings folder from disk: which files, how big, which bytes, and their hash."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connector.core.problems import Place
from connector.mapfiles.shapes import FILES
from connector.mapfiles.sheets import Notes
from connector.mapfiles.yaml_text import MOST_BYTES

MOST_FILES = 2_000
TEMPLATE_SUFFIXES = (".md", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Texts by path relative to the folder, with `/`; `label` is the folder's own name."""

    label: str
    texts: Mapping[str, str]
    hash: str

    def file(self, name: str) -> str:
        """The path as messages show it, relative to the project."""
        return f"{self.label}/{name}"

    def below(self, part: str, *suffixes: str) -> dict[str, str]:
        """Texts of one subfolder, by path."""
        return {
            name: text
            for name, text in self.texts.items()
            if name.startswith(f"{part}/") and name.endswith(suffixes)
        }


def read_folder(path: Path, notes: Notes) -> Folder:
    """Reads what belongs to the mapping files; other files (README, notes) are left alone."""
    label = path.name or path.resolve().name
    if not path.is_dir():
        notes.add("no-folder", Place(file=label), f"there is no folder '{label}'",
                  "Write a starting set with `leadrelay init`.")  # fmt: skip
        return Folder(label=label, texts={}, hash=hash_of({}))
    raw: dict[str, bytes] = {}
    unread = set()  # there, but too big
    for one in sorted(path.rglob("*")):
        name = one.relative_to(path).as_posix()
        if not one.is_file() or not _belongs(name):
            continue
        if len(raw) >= MOST_FILES:
            notes.add("too-many-files", Place(file=f"{label}/{name}"),
                      f"the folder holds more than {MOST_FILES:,} files",
                      "Remove what is not needed.")  # fmt: skip
            break
        if one.stat().st_size > MOST_BYTES:
            notes.add("too-big", Place(file=f"{label}/{name}"),
                      f"the file is bigger than {MOST_BYTES // 1_000_000} MB",
                      "Move long lists to picklists/*.csv, several if need be.")  # fmt: skip
            unread.add(name)
            continue
        raw[name] = one.read_bytes()
    texts = {name: text for name, data in raw.items()
             if (text := _text(data, f"{label}/{name}", notes)) is not None}  # fmt: skip
    for name in FILES:
        if name not in raw and name not in unread:
            notes.add("missing-file", Place(file=f"{label}/{name}"), "the file is missing",
                      "`leadrelay init` writes one to start from.")  # fmt: skip
    return Folder(label=label, texts=texts, hash=hash_of(raw))


def hash_of(files: Mapping[str, bytes]) -> str:
    """sha256 over names and bytes, each with its length, so that nothing can move between them."""
    digest = hashlib.sha256()
    for name in sorted(files):
        encoded = name.encode()
        digest.update(f"{len(encoded)}:{len(files[name])}:".encode())
        digest.update(encoded)
        digest.update(files[name])
    return digest.hexdigest()


def _belongs(name: str) -> bool:
    if any(part.startswith(".") for part in name.split("/")):
        return False
    if "/" not in name:
        return name in FILES or name.endswith((".yaml", ".yml"))
    part = name.split("/", 1)[0]
    if part == "picklists":
        return name.endswith(".csv")
    if part == "templates":
        return name.endswith(TEMPLATE_SUFFIXES)
    return part == "examples" and name.endswith((".yaml", ".yml"))


def _text(data: bytes, file: str, notes: Notes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        notes.add("not-utf-8", Place(file=file, line=line, column=column),
                  "the file is not UTF-8 text", "Save it with the encoding UTF-8.")  # fmt: skip
        return None
