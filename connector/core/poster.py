"""What hangs on the wall: the agreed words of one version of the files, as values."""

from collections.abc import Iterator
from dataclasses import dataclass

from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, Term, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One term as it is printed, in one language."""

    name: str
    label: str
    definition: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]
    also: tuple[tuple[str, str], ...]  #: (team or system, its words)
    agreed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """The words, the way of a lead and what sales may answer."""

    company: str
    language: str
    words: tuple[Word, ...]
    stages: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]  #: (disposition, its reasons)
    hash: str


def poster(ruleset: Ruleset, language: str) -> Poster:
    """The poster of these files; what has no translation is printed in English."""
    vocabulary = ruleset.vocabulary
    return Poster(
        company=vocabulary.company,
        language=language,
        words=tuple(_words(ruleset, language)),
        stages=tuple(
            label(stage.labels, language, stage.name) for stage in vocabulary.stages.values()
        ),
        answers=tuple(
            (
                label(one.labels, language, one.name),
                ", ".join(
                    label(reason.labels, language, reason.name)
                    for reason in vocabulary.reasons.values()
                    if reason.disposition == one.name
                    or (reason.disposition is None and one.meaning is DispositionMeaning.RECYCLE)
                ),
            )
            for one in vocabulary.dispositions.values()
        ),
        hash=ruleset.hash,
    )


def _words(ruleset: Ruleset, language: str) -> Iterator[Word]:
    for term in ruleset.vocabulary.terms.values():
        yield Word(
            name=term.name,
            label=label(term.labels, language, term.name),
            definition=term.definitions.get(language) or term.definition,
            examples=term.examples,
            counter_examples=term.counter_examples,
            also=tuple((who, ", ".join(words)) for who, words in term.synonyms.items()),
            agreed=_agreed(term),
        )


def _agreed(term: Term) -> str:
    signed = ", ".join(f"{one.team} ({one.by})" for one in term.signatures)
    day = term.agreed_on.isoformat() if term.agreed_on else ""
    return " · ".join(part for part in (day, signed) if part)
