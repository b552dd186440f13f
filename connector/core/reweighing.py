"""Other points for the rules that score, as the outcomes suggest: small steps, and only proposed.

A rule that turned out to be decoration, or to work against its purpose, loses its points. Those
that predict share the score anew by their effects, so that the mean score of the passed leads
stays what it was and the thresholds of the stages keep their meaning; no rule gets less than half
or more than twice of what it had. Rules on which there is not enough to say stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.core.frozen import replace
from connector.core.learning import Example, Learned, Verdict
from connector.core.problems import Place
from connector.core.rules.qualification import ScoreRule
from connector.core.rules.ruleset import Ruleset

WORTHLESS = frozenset({Verdict.DECORATION, Verdict.AGAINST})
MOST = 2.0  #: a rule's points change by no more than this factor at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Reweighed:
    """Other points for one rule, and why."""

    part: str
    rule: str
    before: int
    after: int
    at_most: tuple[int, int] | None  #: the cap of an intent rule, before and after
    why: Verdict
    place: Place


def reweigh(
    ruleset: Ruleset, learned: Sequence[Learned], examples: Sequence[Example]
) -> list[Reweighed]:
    """The points to change, in the order of the file; empty where there is nothing to change."""
    rules = ruleset.qualification
    known = [one for one in examples if one.success is not None]
    found: list[Reweighed] = []
    for part, scored in (("fit", rules.fit), ("intent", rules.intent)):
        verdicts = {
            one.clause.rule: (number, one)
            for number, one in enumerate(learned)
            if one.clause.part == part and one.clause.is_scored
        }
        found += _part(part, scored, verdicts, known)
    return found


def _part(
    part: str,
    scored: Sequence[ScoreRule],
    verdicts: dict[str, tuple[int, Learned]],
    known: Sequence[Example],
) -> list[Reweighed]:
    share = {name: sum(one.holds[n] for one in known) for name, (n, _) in verdicts.items()}
    worthless, useful = [], []
    for rule in scored:
        if rule.points and rule.name in verdicts:
            verdict = verdicts[rule.name][1].success.verdict
            worthless += [rule] if verdict in WORTHLESS else []
            useful += [rule] if verdict is Verdict.PREDICTS else []
    sizes = {rule.name: _size(verdicts[rule.name][1]) for rule in useful}
    wanted = sum(share[rule.name] * rule.points for rule in (*worthless, *useful))
    given = sum(share[rule.name] * sizes[rule.name] for rule in useful)
    scale = wanted / given if given else 0.0
    points = dict.fromkeys((rule.name for rule in worthless), 0)
    if scale > 0:
        points |= {r.name: _within(r.points, scale * sizes[r.name]) for r in useful}
    return [
        _changed(part, rule, points[rule.name], verdicts[rule.name][1].success.verdict)
        for rule in scored
        if points.get(rule.name, rule.points) != rule.points
    ]


def _size(learned: Learned) -> float:
    effect = learned.success.effect
    return effect.size if effect is not None else 0.0


def _within(before: int, wanted: float) -> int:
    """Between half and twice of what it was, with its sign."""
    low, high = sorted((before / MOST, before * MOST))
    return round(min(high, max(low, wanted)))


def _changed(part: str, rule: ScoreRule, after: int, why: Verdict) -> Reweighed:
    cap = None
    if rule.at_most is not None and after:
        cap = (rule.at_most, round(rule.at_most * after / rule.points))
    return Reweighed(
        part=part,
        rule=rule.name,
        before=rule.points,
        after=after,
        at_most=cap,
        why=why,
        place=rule.place,
    )


def with_points(ruleset: Ruleset, changes: Sequence[Reweighed]) -> Ruleset:
    """The same files with these points; their examples and their hash are not looked at."""
    rules = ruleset.qualification
    parts = {
        part: tuple(_applied(rule, part, changes) for rule in scored)
        for part, scored in (("fit", rules.fit), ("intent", rules.intent))
    }
    return replace(ruleset, qualification=replace(rules, fit=parts["fit"], intent=parts["intent"]))


def _applied(rule: ScoreRule, part: str, changes: Sequence[Reweighed]) -> ScoreRule:
    for one in changes:
        if (one.part, one.rule) == (part, rule.name):
            cap = one.at_most[1] if one.at_most else rule.at_most
            return replace(rule, points=one.after, at_most=cap)
    return rule
