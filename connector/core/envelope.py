"""The blind definition test: do people who use the same word mean the same thing?"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from connector.core.rules.vocabulary import Vocabulary, label

LOW = 0.75  #: agreement below which a word is said to clash


class Answer(StrEnum):
    """What somebody says of one case."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that is or is not what the term says; `is_one` is what was agreed."""

    term: str
    text: str
    is_one: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One person's answers: case number (from 1) -> answer. The team is all that is known."""

    team: str
    answers: Mapping[int, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermScore:
    """How far people agree on one term.

    `agreement`: the share of pairs of people who gave the same answer, over all cases of the term.
    `right`: the share of answers that are as agreed in writing. `split`: the cases on which the
    majorities of two teams differ.
    """

    term: str
    ballots: int
    agreement: float | None
    right: float | None
    split: tuple[str, ...]

    @property
    def clashes(self) -> bool:
        """Whether people mean different things by the word."""
        return bool(self.split) or (self.agreement is not None and self.agreement < LOW)

    @property
    def strays(self) -> bool:
        """Whether people agree with each other, and not with what is written."""
        return not self.clashes and self.right is not None and self.right < LOW


def cases(
    vocabulary: Vocabulary, terms: Sequence[str], seed: str, language: str = "en"
) -> tuple[Case, ...]:
    """Examples and counter-examples of the terms, in an order that only the seed decides."""
    found = [
        Case(term=name, text=label(text, language, ""), is_one=is_one)
        for name in terms
        for is_one, texts in (
            (True, vocabulary.terms[name].examples),
            (False, vocabulary.terms[name].counter_examples),
        )
        for text in texts
    ]

    def order(case: Case) -> tuple[int, str]:
        mixed = hashlib.sha256(f"{seed}\n{case.term}\n{case.text}".encode()).hexdigest()
        return list(terms).index(case.term), mixed

    return tuple(sorted(found, key=order))


def score(asked: Sequence[Case], ballots: Sequence[Ballot]) -> list[TermScore]:
    """One score a term, the one with the least agreement first."""
    terms = dict.fromkeys(case.term for case in asked)
    found = [_term(name, asked, ballots) for name in terms]
    return sorted(found, key=lambda one: (one.agreement is None, one.agreement or 0.0, one.term))


def _term(name: str, asked: Sequence[Case], ballots: Sequence[Ballot]) -> TermScore:
    same = pairs = right = given = 0
    split: list[str] = []
    for number, case in enumerate(asked, start=1):
        if case.term != name:
            continue
        answers = [(b.team, b.answers[number]) for b in ballots if number in b.answers]
        for (_, one), (_, other) in combinations(answers, 2):
            pairs += 1
            same += one is other
        right += sum(a is (Answer.YES if case.is_one else Answer.NO) for _, a in answers)
        given += len(answers)
        if len(set(_majorities(answers).values())) > 1:
            split.append(case.text)
    return TermScore(
        term=name,
        ballots=len(ballots),
        agreement=same / pairs if pairs else None,
        right=right / given if given else None,
        split=tuple(split),
    )


def _majorities(answers: Sequence[tuple[str, Answer]]) -> dict[str, Answer]:
    """Team -> what most of it says; a team that is undecided is left out."""
    counts: dict[str, dict[Answer, int]] = {}
    for team, answer in answers:
        of_team = counts.setdefault(team, {})
        of_team[answer] = of_team.get(answer, 0) + 1
    found: dict[str, Answer] = {}
    for team, of_team in counts.items():
        best = max(of_team.values())
        leaders = [answer for answer, count in of_team.items() if count == best]
        if len(leaders) == 1:
            found[team] = leaders[0]
    return found
