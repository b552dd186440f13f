"""What hangs on the wall: the agreed words of one version of the files, as values."""

from collections.abc import Iterator
from dataclasses import dataclass

from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One term as it is printed, in one language."""

    name: str
    label: str
    definition: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]
    also: tuple[tuple[str, str], ...]  #: (team or system, its words)
    agreed_on: str
    agreed_by: tuple[tuple[str, str], ...]  #: (team, name)


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
    people = ruleset.people.persons
    for term in ruleset.vocabulary.terms.values():
        yield Word(
            name=term.name,
            label=label(term.labels, language, term.name),
            definition=term.definitions.get(language) or term.definition,
            examples=tuple(label(one, language, "") for one in term.examples),
            counter_examples=tuple(label(one, language, "") for one in term.counter_examples),
            also=tuple(
                (_team(who, ruleset, language), ", ".join(words))
                for who, words in term.synonyms.items()
            ),
            agreed_on=term.agreed_on.isoformat() if term.agreed_on else "",
            agreed_by=tuple(
                (_team(one.team, ruleset, language), people[one.by].name)
                for one in term.signatures
                if one.by in people
            ),
        )


def _team(name: str, ruleset: Ruleset, language: str) -> str:
    """A team by its label; a side or a system, which has none, by its own name."""
    team = ruleset.people.teams.get(name)
    return label(team.labels, language, name) if team else name
