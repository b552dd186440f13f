"""Where proposals are written: a new folder of mapping files, never the live ones."""

from collections.abc import Mapping
from pathlib import Path

from connector.core.errors import StopTheRun


def refuse_live(out: Path, live: Path) -> None:
    """Raises StopTheRun where the proposal would lie among the live files, or over anything."""
    if out.resolve().is_relative_to(live.resolve()) or live.resolve().is_relative_to(out.resolve()):
        raise StopTheRun(f"--out {out} is among the live files\n    Name another folder.")
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise StopTheRun(f"--out {out} is there already\n    Name a new folder or file.")


def write_folder(out: Path, files: Mapping[str, str]) -> None:
    """A whole mappings folder, byte for byte."""
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8", newline="")
