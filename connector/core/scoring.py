"""Points for what a lead is, did and told: fit, intent with decay, completeness."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.conditions import Compiled, Facts, Gap, compile_condition
from connector.core.records import Activity
from connector.core.rules.conditions import ALWAYS
from connector.core.rules.qualification import CompletenessRule, Qualification, ScoreRule
from connector.core.verdicts import Explained, Scores

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class _Scored:
    rule: ScoreRule
    when: Compiled
    always: bool


class Scoring:
    """All score rules, compiled. Sums are rounded to six decimals, so that 40 is 40."""

    def __init__(self, rules: Qualification) -> None:
        def scored(one: ScoreRule) -> _Scored:
            return _Scored(one, compile_condition(one.when), one.when == ALWAYS)

        self._fit = tuple(scored(rule) for rule in rules.fit)
        plain = [rule for rule in rules.intent if rule.activity is None]
        self._intent = tuple(scored(rule) for rule in plain)
        by_activity = [rule for rule in rules.intent if rule.activity is not None]
        self._by_activity = tuple(scored(rule) for rule in by_activity)
        self._kinds = frozenset(rule.activity for rule in by_activity)
        self._complete = tuple((rule.name, rule.points) for rule in rules.completeness)
        self._complete_rules = rules.completeness
        self._most = sum(points for _, points in self._complete)
        weights: Mapping[str, float] = rules.weights
        self._weights = tuple(
            float(weights.get(part, 0.0)) for part in ("fit", "intent", "completeness")
        )
        self._worth = sorted(rules.completeness, key=lambda rule: -rule.points)

    def conditions(self) -> Iterable[Compiled]:
        """Every condition of the score rules."""
        return (one.when for one in (*self._fit, *self._intent, *self._by_activity))

    def score(self, facts: Facts, activities: Sequence[Activity], now: datetime) -> Scores:
        """All four scores of one lead."""
        fit = 0.0
        for one in self._fit:
            if one.always or one.when.holds(facts, now):
                fit += one.rule.points
        intent = 0.0
        for one in self._intent:
            if one.always or one.when.holds(facts, now):
                intent += one.rule.points
        if activities and self._by_activity:
            ages = self._ages(activities, now)
            for one in self._by_activity:
                kind = one.rule.activity or ""
                if kind in ages and (one.always or one.when.holds(facts, now)):
                    intent += decayed(one.rule, ages[kind])
        known = 0
        for name, points in self._complete:
            value = facts.get(name)
            if not (value is None or value == "" or value == ()):
                known += points
        complete = 100.0 * known / self._most if self._most else 0.0
        by_fit, by_intent, by_complete = self._weights
        fit, intent = _held(fit), _held(intent)
        total = round(by_fit * fit + by_intent * intent + by_complete * complete, 6)
        return Scores(fit, intent, round(complete, 6), total)

    def question(self, facts: Facts, missing: tuple[Gap, ...]) -> str | None:
        """The unknown field worth asking for next: one the next stage lacks, else the one that is
        worth most."""
        wanted = {gap.field for gap in missing}
        unknown = [rule.name for rule in self._worth if _blank(facts, rule)]
        return next((name for name in unknown if name in wanted), unknown[0] if unknown else None)

    def explain(
        self, facts: Facts, activities: Sequence[Activity], now: datetime
    ) -> list[Explained]:
        """Each rule with its points; their sum is the score before it is held to 0 to 100."""
        found = []
        for part, scored in (("fit", self._fit), ("intent", self._intent)):
            for one in scored:
                passed = one.when.holds(facts, now)
                points = float(one.rule.points) if passed else 0.0
                clauses = one.when.explain(facts, now)
                found.append(
                    Explained(part, one.rule.name, passed, points, clauses, one.rule.place)
                )
        ages = self._ages(activities, now)
        for one in self._by_activity:
            own = ages.get(one.rule.activity or "", [])
            passed = bool(own) and one.when.holds(facts, now)
            points = decayed(one.rule, own) if passed else 0.0
            clauses = one.when.explain(facts, now)
            found.append(
                Explained(
                    "intent", one.rule.name, passed, points, clauses, one.rule.place, len(own)
                )
            )
        for rule in self._complete_rules:
            passed = not _blank(facts, rule)
            points = 100.0 * rule.points / self._most if passed else 0.0
            found.append(Explained("completeness", rule.name, passed, points, (), rule.place))
        return found

    def _ages(self, activities: Sequence[Activity], now: datetime) -> dict[str, list[float]]:
        """Kind -> age of each activity in days; what lies in the future has no age."""
        kinds = self._kinds
        ages: dict[str, list[float]] = {}
        for one in activities:
            if one.kind in kinds:
                age = (now - one.at).total_seconds() / _DAY
                ages.setdefault(one.kind, []).append(age if age > 0.0 else 0.0)
        return ages


def decayed(rule: ScoreRule, ages: Sequence[float]) -> float:
    """The points of activities of these ages in days: exponential decay, then the cap."""
    half = rule.half_life_days
    if half is None or half <= 0:
        points = float(rule.points * len(ages))
    else:
        points = rule.points * sum([0.5 ** (age / half) for age in ages])
    if rule.at_most is None:
        return points
    return max(-float(rule.at_most), min(float(rule.at_most), points))


def _held(points: float) -> float:
    """Between 0 and 100; rounded, so that sums of decayed points compare as written."""
    return min(100.0, max(0.0, round(points, 6)))


def _blank(facts: Facts, rule: CompletenessRule) -> bool:
    value = facts.get(rule.name)
    return value is None or value == "" or value == ()
