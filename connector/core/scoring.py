"""Points for what a lead is, did and told: fit, intent with decay, completeness."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import compress, pairwise

from connector.core.conditions import ClauseVerdict, Compiled, Facts, Gap, compile_condition
from connector.core.records import Activity
from connector.core.rules.conditions import Clause, Operator
from connector.core.rules.qualification import CompletenessRule, Qualification, ScoreRule
from connector.core.verdicts import Explained, Scores

_DAY = 86_400.0


class Scoring:
    """All score rules, compiled. Sums are rounded to six decimals, so that 40 is 40."""

    def __init__(self, rules: Qualification) -> None:
        plain = tuple(rule for rule in rules.intent if rule.activity is None)
        self._by_activity = tuple(rule for rule in rules.intent if rule.activity is not None)
        self._plain = (*(("fit", rule) for rule in rules.fit), *(("intent", r) for r in plain))
        self._fit_points = tuple(float(rule.points) for rule in rules.fit)
        self._intent_points = tuple(float(rule.points) for rule in plain)
        self._kinds_asked = tuple((rule.activity, rule) for rule in self._by_activity)
        self._kinds = frozenset(rule.activity for rule in self._by_activity)
        self._complete_points = tuple(rule.points for rule in rules.completeness)
        self._complete_rules = rules.completeness
        self._most = sum(self._complete_points)
        weights: Mapping[str, float] = rules.weights
        self._weights = tuple(
            float(weights.get(part, 0.0)) for part in ("fit", "intent", "completeness")
        )
        self._worth = sorted(rules.completeness, key=lambda rule: -rule.points)
        known = [Clause(r.name, Operator.PRESENT, True, r.place) for r in rules.completeness]
        asked = [*rules.fit, *plain, *self._by_activity]
        self.conditions: tuple[Compiled, ...] = tuple(
            compile_condition(one) for one in (*(rule.when for rule in asked), *known)
        )
        ends = (0, len(rules.fit), len(self._plain), len(asked), len(self.conditions))
        self._slices = tuple(slice(*pair) for pair in pairwise(ends))

    def score(
        self,
        activities: Sequence[Activity],
        now: datetime,
        holds: tuple[bool, ...],
    ) -> Scores:
        """All four scores of one lead; `holds` are the answers to `conditions`, in their order."""
        fits, intents, activity, complete_ = self._slices
        fit = sum(compress(self._fit_points, holds[fits]))
        intent = sum(compress(self._intent_points, holds[intents]))
        if activities:
            ages = self._ages(activities, now)
            for (kind, rule), open_ in zip(self._kinds_asked, holds[activity], strict=True):
                if open_ and kind in ages:
                    intent += decayed(rule, ages[kind])
        complete = 0.0
        if self._most:
            complete = 100.0 * sum(compress(self._complete_points, holds[complete_])) / self._most
        by_fit, by_intent, by_complete = self._weights
        fit, intent = _held(fit), _held(intent)
        total = _rounded(by_fit * fit + by_intent * intent + by_complete * complete)
        return Scores(fit, intent, complete, total)

    def question(self, facts: Facts, missing: tuple[Gap, ...]) -> str | None:
        """The unknown field worth asking for next: one the next stage lacks, else the one that is
        worth most."""
        wanted = {gap.field for gap in missing}
        unknown = [rule.name for rule in self._worth if _blank(facts, rule)]
        return next((name for name in unknown if name in wanted), unknown[0] if unknown else None)

    def explain(
        self,
        activities: Sequence[Activity],
        now: datetime,
        holds: Sequence[bool],
        clauses: Sequence[tuple[ClauseVerdict, ...]],
    ) -> list[Explained]:
        """Each rule with its points; their sum is the score before it is held to 0 to 100.

        `holds` and `clauses` are those of `conditions`, in their order.
        """
        found = []
        for (part, rule), passed, asked in zip(self._plain, holds, clauses, strict=False):
            points = float(rule.points) if passed else 0.0
            found.append(Explained(part, rule.name, passed, points, asked, rule.place))
        ages = self._ages(activities, now)
        _, _, activity, complete = self._slices
        for rule, open_, asked in zip(
            self._by_activity, holds[activity], clauses[activity], strict=True
        ):
            own = ages.get(rule.activity or "", [])
            passed = bool(own) and open_
            points = decayed(rule, own) if passed else 0.0
            found.append(
                Explained("intent", rule.name, passed, points, asked, rule.place, len(own))
            )
        for known, passed, asked in zip(
            self._complete_rules, holds[complete], clauses[complete], strict=True
        ):
            points = 100.0 * known.points / self._most if passed else 0.0
            found.append(Explained("completeness", known.name, passed, points, asked, known.place))
        return found

    def evidence(
        self, activities: Sequence[Activity], now: datetime, holds: Sequence[bool]
    ) -> list[tuple[str, float]]:
        """Each rule of fit and intent that holds, with its points; `holds` as for `score`."""
        found = [
            (rule.name, float(rule.points))
            for (_, rule), passed in zip(self._plain, holds, strict=False)
            if passed
        ]
        ages = self._ages(activities, now)
        by_activity = zip(self._by_activity, holds[self._slices[2]], strict=True)
        return found + [
            (rule.name, decayed(rule, ages[rule.activity or ""]))
            for rule, open_ in by_activity
            if open_ and rule.activity in ages
        ]

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
        left = 0.0
        for age in ages:
            left += 0.5 ** (age / half)
        points = rule.points * left
    most = rule.at_most
    if most is None or -most <= points <= most:
        return points
    return float(most) if points > 0 else float(-most)


def _held(points: float) -> float:
    """Between 0 and 100; rounded, so that sums of decayed points compare as written."""
    if points <= 0.0:
        return 0.0
    return 100.0 if points >= 100.0 else _rounded(points)


def _rounded(points: float) -> float:
    """To six decimals; `round` goes through text and takes ten times as long."""
    return int(points * 1e6 + 0.5) / 1e6 if points >= 0.0 else round(points, 6)


def _blank(facts: Facts, rule: CompletenessRule) -> bool:
    value = facts.get(rule.name)
    return value is None or value == "" or value == ()
