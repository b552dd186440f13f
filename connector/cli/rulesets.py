"""Sets of mapping files by name: a folder, or the hash of a set that the ledger has kept."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connector.core.errors import StopTheRun

if TYPE_CHECKING:
    from connector.core.rules.ruleset import Ruleset
    from connector.ports import Ledger


def find(name: str, ledger: "Ledger") -> "Ruleset":
    """The files in the folder `name`, else the kept set whose hash begins with it.

    Raises StopTheRun with every fault, or where nothing goes by that name.
    """
    folder = Path(name)
    if folder.is_dir():
        return _load(folder)
    kept = {hash_: files for hash_, _, files in ledger.rulesets()}
    found = [hash_ for hash_ in kept if len(name) >= 4 and hash_.startswith(name)]
    if len(found) != 1:
        known = ", ".join(hash_[:12] for hash_ in kept) or "none yet"
        raise StopTheRun(
            f"'{name}' is neither a folder nor one set of files in the ledger\n    Kept: {known}."
        )
    return from_texts(kept[found[0]])


def last_used(ledger: "Ledger") -> "Ruleset":
    """The files by which most leads stand as they stand now; raises StopTheRun without any."""
    counts: dict[str, int] = {}
    after = ""
    while rows := ledger.lead_rows(after=after, limit=1_000):
        after = rows[-1].state.lead_id
        for row in rows:
            counts[row.ruleset] = counts.get(row.ruleset, 0) + 1
    kept = {hash_[:12]: files for hash_, _, files in ledger.rulesets()}
    known = [version for version in counts if version in kept]
    if not known:
        raise StopTheRun(
            "the ledger has decided nothing yet\n    Run `leadrelay run pull-leads` first; in "
            "rehearse mode it writes nothing to either system."
        )
    return from_texts(kept[max(known, key=lambda version: counts[version])])


def from_texts(files: Mapping[str, str]) -> "Ruleset":
    """A kept set, read as if it lay in a folder named mappings."""
    with tempfile.TemporaryDirectory(prefix="leadrelay-files-") as top:
        folder = Path(top) / "mappings"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return _load(folder)


def _load(folder: Path) -> "Ruleset":
    from connector.mapfiles import load

    loaded = load(folder)
    if loaded.ruleset is None:
        lines = "\n".join(str(problem) for problem in loaded.problems)
        raise StopTheRun(f"{lines}\nThis set of files does not hold together.")
    return loaded.ruleset
