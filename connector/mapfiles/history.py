"""How definitions changed from one kept set of files to the next."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.mapfiles.yaml_text import parse

#: What a part of a list is known by.
NAMES = ("name", "stage", "letter", "field", "activity", "status", "kind")
WORDS = "vocabulary.yaml"
#: Says who agreed, not what.
NOT_A_WORD = ("signatures", "agreed_on", "review_on", "version")
NOT_MEANING = (*NOT_A_WORD, "examples")  #: examples of a rule test it; those of a word explain it


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A definition as one set of files has it, and what is different from the one before."""

    hash: str
    at: datetime  #: when this set was first used
    where: str  #: e.g. `vocabulary.yaml: terms.mql`
    changes: tuple[tuple[str, str, str], ...]  #: (part, before, after); blank before: it is new


def editions(
    rulesets: Iterable[tuple[str, datetime, Mapping[str, str]]], name: str
) -> list[Edition]:
    """Every change of every definition that goes by `name`, oldest first.

    A name is that of a term, stage, field, rule, clause or programme; case does not count.
    """
    found: list[Edition] = []
    before: dict[str, dict[str, str]] = {}
    for hash_, at, files in rulesets:
        now = definitions(files, name)
        for where in sorted({*before, *now}):
            changes = tuple(_changes(before.get(where, {}), now.get(where, {})))
            if changes:
                found.append(Edition(hash=hash_, at=at, where=where, changes=changes))
        before = now
    return found


def definitions(files: Mapping[str, str], name: str) -> dict[str, dict[str, str]]:
    """Address of each definition that goes by `name` -> its parts as text."""
    wanted = name.casefold()
    found: dict[str, dict[str, str]] = {}
    for file, text in files.items():
        if file.endswith((".yaml", ".yml")) and "/" not in file:
            parsed, _ = parse(text, file)
            for path, value in _named(parsed.value if parsed else None, (), wanted):
                known = NOT_A_WORD if file == WORDS else NOT_MEANING
                found[f"{file}: {'.'.join(path)}"] = dict(_leaves(value, (), known))
    return found


def changed_terms(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Words of the vocabulary that mean something else, or came, or went."""
    before, after = _terms(old), _terms(new)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def changed_files(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Files whose text is different."""
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _terms(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    parsed, _ = parse(files.get(WORDS, ""), WORDS)
    whole: Any = parsed.value if parsed else {}
    return {
        f"{part[:-1]} {name}" if part != "terms" else name: dict(_leaves(value, (), NOT_A_WORD))
        for part in ("terms", "stages", "dispositions", "reasons")
        for name, value in (whole.get(part) or {}).items()
    }


def _named(tree: Any, path: tuple[str, ...], wanted: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            here = (*path, str(key))
            if str(key).casefold() == wanted and isinstance(value, Mapping):
                yield here, value
            elif key != "examples":
                yield from _named(value, here, wanted)
    elif isinstance(tree, list):
        for value in tree:
            known = value if isinstance(value, Mapping) else {}
            called = next((str(known[n]) for n in NAMES if n in known), "")
            if called.casefold() == wanted:
                yield (*path, called), value
            else:
                yield from _named(value, path, wanted)


def _leaves(
    tree: Any, path: tuple[str, ...], left_out: Collection[str] = NOT_MEANING
) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key not in left_out:
                yield from _leaves(value, (*path, str(key)), left_out)
    elif isinstance(tree, list) and any(isinstance(one, Mapping) for one in tree):
        for place, value in enumerate(tree, start=1):
            yield from _leaves(value, (*path, str(place)), left_out)
    elif isinstance(tree, list):
        yield ".".join(path), ", ".join(map(str, tree))
    else:
        yield ".".join(path), "" if tree is None else str(tree)


def _changes(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    for part in dict.fromkeys((*before, *after)):
        if before.get(part) != after.get(part):
            yield part, before.get(part, ""), after.get(part, "")
