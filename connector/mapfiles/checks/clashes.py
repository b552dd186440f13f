"""The same word with two meanings, and two words with one meaning."""

from connector.core.records import System
from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.shapes.fields import FieldsFile
from connector.mapfiles.shapes.vocabulary import TermShape, VocabularyFile
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.values import facts
from connector.mapfiles.yaml_text import Path


def check_clashes(ground: Ground) -> None:
    """Clashes within the vocabulary, and of its terms with fields and facts."""
    sheet = ground.sheet("vocabulary.yaml")
    if sheet is None or not isinstance(sheet.shape, VocabularyFile):
        return
    _words(sheet.shape, sheet, ground.notes)
    _meanings(sheet.shape, sheet, ground.notes)
    _crm_values(sheet.shape, sheet, ground.notes)
    _fields(sheet.shape, sheet, ground)


def _fold(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


def _names(name: str, term: TermShape) -> list[tuple[str, Path]]:
    """All words that stand for a term: its name, its labels, its synonyms."""
    path: Path = ("terms", name)
    found: list[tuple[str, Path]] = [(name, path)]
    found += [(text, (*path, "label", one)) for one, text in term.label.items()]
    for who, words in term.synonyms.items():
        found += [(word, (*path, "synonyms", who, at)) for at, word in enumerate(words)]
    return found


def _of_a_system(path: Path) -> bool:
    """A system's own words cannot be changed: worth knowing, no reason to stop."""
    return path[2:3] == ("synonyms",) and path[3] in tuple(System)


def _words(shape: VocabularyFile, sheet: Sheet, notes: Notes) -> None:
    """One word must not stand for two terms, whoever uses it."""
    owner: dict[str, tuple[str, Path]] = {}
    for name, term in shape.terms.items():
        for word, path in _names(name, term):
            other, first = owner.setdefault(_fold(word), (name, path))
            if other != name:
                where = sheet.place(first)
                notes.add(
                    "one-word-two-meanings",
                    sheet.place(path),
                    f"'{word}' stands for '{name}' here and for '{other}' in line {where.line}",
                    "Agree on one of the two, and find another word for the other.",
                    warning=_of_a_system(path) or _of_a_system(first),
                )


def _meanings(shape: VocabularyFile, sheet: Sheet, notes: Notes) -> None:
    """Two terms must not say the same, in words or as a condition."""
    said: dict[str, str] = {}
    asked: dict[str, str] = {}
    for name, term in shape.terms.items():
        other = said.setdefault(_fold(term.means).rstrip("."), name)
        if other != name:
            notes.add(
                "two-words-one-meaning",
                sheet.place(("terms", name, "means")),
                f"'{name}' and '{other}' have the same definition",
                "Keep one term and make the other its synonym.",
            )
        if term.true_when is None:
            continue
        other = asked.setdefault(repr(sorted(map(repr, term.true_when.items()))), name)
        if other != name:
            notes.add(
                "two-words-one-meaning",
                sheet.place(("terms", name, "true_when")),
                f"'{name}' and '{other}' hold for exactly the same leads",
                "Keep one term and make the other its synonym.",
                warning=True,
            )


def _crm_values(shape: VocabularyFile, sheet: Sheet, notes: Notes) -> None:
    seen: dict[str, str] = {}
    for name, reason in shape.reasons.items():
        other = seen.setdefault(reason.crm_value.casefold(), name)
        if other != name:
            notes.add(
                "one-word-two-meanings",
                sheet.place(("reasons", name, "crm_value")),
                f"'{reason.crm_value}' in the CRM means both '{other}' and '{name}'",
                "Give each reason its own picklist value.",
            )


def _fields(shape: VocabularyFile, sheet: Sheet, ground: Ground) -> None:
    """Conditions name terms, fields and facts alike, so no two may share a name."""
    known = dict.fromkeys(facts((), (), (), ()), "a fact")
    fields = ground.sheet("fields.yaml")
    if fields is not None and isinstance(fields.shape, FieldsFile):
        for name in fields.shape.fields:
            if name in known:
                ground.notes.add(
                    "name-is-taken",
                    fields.key_place(("fields", name)),
                    f"'{name}' is a fact that every decision knows, and cannot be a field too",
                    f"Call the field lead_{name.replace('.', '_')}, for instance.",
                )
            known[name] = "a field"
    for name, term in shape.terms.items():
        if term.true_when is not None and name in known:
            ground.notes.add(
                "name-is-taken",
                sheet.key_place(("terms", name)),
                f"'{name}' is {known[name]} already; conditions could not tell which is meant",
                f"Rename the term, for instance to is_{name.replace('.', '_')}.",
            )
