"""Weighted rotation: whose turn it is, the fairness of past turns, and the rehearsal of an absence.

The rule is Tijdeman's for the chairman assignment problem (Discrete Mathematics 32, 1980,
323-330): among those who are owed a turn, the one who would first fall a whole turn behind is
next; with equal weights that is the largest deficit. While the same people take part, everybody's
turns stay within 1 - 1/(2n - 2) of their share at every moment, so always less than one turn.
A window that begins anywhere is the difference of two such moments: at most 2 - 1/(n - 1) turns
from the share, so within one turn for two people; and within one turn for equal weights, where any
window gives everybody the same number of turns or one more. Nobody can promise one turn over any
window for all weights: at 5:4:2 no order of ten turns keeps it.
Who is left out of a draw (absent, capped, on hold) neither earns nor owes a share of it: nobody
comes back from a holiday to a flood, and the others don't pay for it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import gcd, lcm

from connector.core.frozen import swift

Draw = tuple[tuple[str, int], ...]  #: who could have had the turn, with weight, in roster order


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One rotation decision: who got the turn, who could have had it, who was passed over and why.

    `skipped` are those who were left out of the draw or could not take this one lead.
    """

    lead_id: str
    cycle: int
    team: str
    person: str
    at: datetime
    skipped: tuple[tuple[str, str], ...] = ()  #: (person key, why)
    rule: str = ""
    ruleset: str = ""
    draw: Draw = ()


class Rotation:
    """What one team's past turns add up to: how many turns each person is owed.

    Kept as whole numbers of a part of a turn that all weights so far divide, which is exact.
    """

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        self._parts = 1  #: of one turn
        self._owed: dict[str, int] = {}
        draws = Counter((turn.person, turn.draw) for turn in turns if turn.draw)
        for (person, draw), count in draws.items():
            self._count(person, draw, count)

    def _count(self, person: str, draw: Draw, count: int) -> None:
        share, owed = self._share(draw), self._owed
        for name, weight in draw:
            owed[name] = owed.get(name, 0) + count * weight * share
        owed[person] = owed.get(person, 0) - count * self._parts

    def _share(self, draw: Draw) -> int:
        """How many parts of a turn one unit of weight is worth in this draw."""
        total = sum([weight for _, weight in draw])
        if self._parts % total:
            finer = total // gcd(self._parts, total)
            self._parts *= finer
            self._owed = {name: owed * finer for name, owed in self._owed.items()}
        return self._parts // total

    def owed(self, person: str) -> Fraction:
        """Share of the draws a person took part in, less the turns taken; behind is positive."""
        return Fraction(self._owed.get(person, 0), self._parts)

    def turns_owed(self, person: str) -> float:
        """The same in turns, for people to read."""
        return self._owed.get(person, 0) / self._parts

    def take(self, person: str, draw: Draw, count: int = 1) -> None:
        """Counts one more turn, or several that had the same draw."""
        self._count(person, draw, count)

    def next(self, draw: Draw, barred: Collection[str] = ()) -> str | None:
        """Whose turn it is; a tie goes to the roster's order.

        The barred cannot take this one lead but keep their place. None where nobody is left.
        """
        able = [(name, weight) for name, weight in draw if name not in barred]
        if len(able) < 2:
            return able[0][0] if able else None
        share, known, whole = self._share(draw), self._owed, self._parts
        slack = 2 * len(draw) - 2  # a turn has so many slacks
        owed = [known.get(name, 0) + weight * share for name, weight in able]
        due = [n for n, parts in enumerate(owed) if parts * slack >= whole]
        if not due:
            return able[max(range(len(able)), key=owed.__getitem__)][0]
        common = lcm(*[weight for _, weight in able])
        ahead = [
            (whole * (slack - 1) - owed[n] * slack) * (common // able[n][1]) for n in due
        ]  # until one falls a turn behind
        return able[due[ahead.index(min(ahead))]][0]

    def copy(self) -> "Rotation":
        """The same standing, to go on from separately."""
        other = Rotation()
        other._owed, other._parts = dict(self._owed), self._parts
        return other


class TurnHistory:
    """All rotations of the ledger; a decision reads it, the caller adds the turn it led to."""

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        by_team: dict[str, list[Turn]] = {}
        for turn in turns:
            by_team.setdefault(turn.team, []).append(turn)
        self._rotations = {team: Rotation(found) for team, found in by_team.items()}

    @classmethod
    def counted(cls, counts: Iterable[tuple[str, str, Draw, int]]) -> "TurnHistory":
        """From (team, who took the turn, draw, how often), as the ledger counts all turns."""
        history = cls()
        history.count(counts)
        return history

    def count(self, counts: Iterable[tuple[str, str, Draw, int]]) -> None:
        """Counts more turns, given as (team, who took the turn, draw, how often); their order
        does not matter."""
        for team, person, draw, count in counts:
            if draw:
                self._rotation(team).take(person, draw, count)

    def copy(self) -> "TurnHistory":
        """The same standing, to go on from separately: a page that fails takes no turn."""
        other = TurnHistory()
        other._rotations = {team: one.copy() for team, one in self._rotations.items()}
        return other

    def of(self, team: str) -> Rotation:
        return self._rotations.get(team) or Rotation()

    def add(self, turn: Turn) -> None:
        if turn.draw:
            self._rotation(turn.team).take(turn.person, turn.draw)

    def _rotation(self, team: str) -> Rotation:
        known = self._rotations.get(team)
        if known is None:
            known = self._rotations[team] = Rotation()
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFairness:
    """One person's figures over some turns of a team."""

    person: str
    turns: int
    share: Fraction  #: turns that the weights promised, over the draws taken part in
    largest_gap: int  #: most draws in a row taken part in without a turn
    skips: Mapping[str, int]  #: why -> how often

    @property
    def deviation(self) -> Fraction:
        """Turns received beyond (or, negative, short of) the share."""
        return self.turns - self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """How evenly a team's turns fell."""

    team: str
    turns: int
    persons: tuple[PersonFairness, ...]
    largest_gap: int
    largest_deviation: Fraction
    gini: float  #: 0: everybody got exactly the share; towards 1: one got everything


def fairness(team: str, turns: Sequence[Turn]) -> Fairness:
    """Figures over a team's turns, oldest first; the same definition in every report."""
    names = dict.fromkeys(
        name
        for turn in turns
        for name in (*(n for n, _ in turn.draw), turn.person, *(n for n, _ in turn.skipped))
    )
    persons = tuple(_person_fairness(name, turns) for name in names)
    return Fairness(
        team=team,
        turns=len(turns),
        persons=persons,
        largest_gap=max((p.largest_gap for p in persons), default=0),
        largest_deviation=max((abs(p.deviation) for p in persons), default=Fraction(0)),
        gini=gini([float(p.turns / p.share) for p in persons if p.share]),
    )


def _person_fairness(name: str, turns: Sequence[Turn]) -> PersonFairness:
    taken, gap, largest, share = 0, 0, 0, Fraction(0)
    skips: Counter[str] = Counter()
    for turn in turns:
        weights = dict(turn.draw)
        if name in weights:
            share += Fraction(weights[name], sum(weights.values()))
            gap += 1
        if turn.person == name:
            taken += 1
            gap = 0
        largest = max(largest, gap)
        skips.update(why for person, why in turn.skipped if person == name)
    return PersonFairness(
        person=name, turns=taken, share=share, largest_gap=largest, skips=dict(skips)
    )


def gini(values: Sequence[float]) -> float:
    """Gini coefficient: half the relative mean absolute difference; 0 where there is nothing."""
    total, count = sum(values), len(values)
    if not count or total == 0:
        return 0.0
    ranked = sum((2 * rank - count - 1) * value for rank, value in enumerate(sorted(values), 1))
    return ranked / (count * total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The next turns with everybody there and with somebody away, and the turns on the return."""

    present: tuple[str, ...]
    away: tuple[str, ...]
    after_return: tuple[str, ...]

    def load(self) -> dict[str, tuple[int, int]]:
        """Person -> (turns with everybody there, turns during the absence)."""
        there, gone = Counter(self.present), Counter(self.away)
        return {name: (there[name], gone[name]) for name in dict.fromkeys((*there, *gone))}


def rehearse_absence(
    rotation: Rotation, draw: Draw, away: Collection[str], count: int
) -> Rehearsal:
    """The next `count` turns of a team with and without an absence, and as many after it."""
    without = tuple(one for one in draw if one[0] not in away)
    left = rotation.copy()
    return Rehearsal(
        present=_simulated(rotation.copy(), draw, count),
        away=_simulated(left, without, count),
        after_return=_simulated(left, draw, count),
    )


def _simulated(rotation: Rotation, draw: Draw, count: int) -> tuple[str, ...]:
    taken = []
    for _ in range(count):
        person = rotation.next(draw)
        if person is None:
            break
        rotation.take(person, draw)
        taken.append(person)
    return tuple(taken)
