"""Decides what a lead is, in a fixed order: disqualify, score, BANT, temperature, stage, guard.

- Fit and intent are sums of points, held between 0 and 100. An activity is worth its points halved
  every `half_life_days`; all activities of one rule together never more than `at_most` (in either
  direction). Completeness is the share of its points whose fields are known, 0 to 100. The total
  is the weighted sum.
- Stages are a ladder: starting from the stage a lead has, it climbs while the next rule holds and
  the fields that stage requires are known. It never steps back by itself.
- A lead that came back is guarded: only activities since the return count (and there must be one),
  the cool-down must be over, and sales gets it no more often than agreed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from connector.core.conditions import Compiled, Facts, Gap, compile_condition
from connector.core.ladder import Guard, Ladder, Rung, Standing
from connector.core.problems import Place
from connector.core.records import Activity, LeadState, Value, Values
from connector.core.rules.conditions import Operator
from connector.core.rules.qualification import BantRule, DisqualifyRule, Temperature
from connector.core.rules.ruleset import Ruleset
from connector.core.scoring import Scoring
from connector.core.verdicts import BantAnswer, Explained, Scores, Verdict


class Qualifier:
    """Qualifies leads by one ruleset; keeps no memory of the leads it saw."""

    def __init__(self, ruleset: Ruleset) -> None:
        rules = ruleset.qualification
        self.ruleset = ruleset
        self._bad: tuple[tuple[DisqualifyRule, Compiled], ...] = tuple(
            (rule, compile_condition(rule.when)) for rule in rules.disqualify
        )
        self._bant: tuple[tuple[BantRule, Compiled], ...] = tuple(
            (rule, compile_condition(rule.when)) for rule in rules.bant
        )
        self._warmth: tuple[tuple[Temperature, Compiled], ...] = tuple(
            (rule, compile_condition(rule.when)) for rule in rules.temperatures
        )
        self._scoring = Scoring(rules)
        rungs = tuple(
            Rung(
                stage=rule.stage,
                when=compile_condition(rule.when),
                manual=rule.manual,
                required=rules.required_for.get(rule.stage, ()),
                place=rule.place,
            )
            for rule in rules.stages
        )
        never = frozenset(ruleset.recycling.never_again)
        cycles = min(rules.requalification.max_cycles, ruleset.recycling.max_cycles)
        guard = Guard(
            never_again=never,
            max_cycles=cycles,
            new_activity=rules.requalification.new_activity,
            contact_gate=rules.contact_gate,
            place=rules.requalification.place,
        )
        self._ladder = Ladder(rungs, guard, ruleset.vocabulary)
        self._counts_activities = any(
            name.startswith("activity.")
            for one in (*self._all_compiled(), *(rung.when for rung in rungs))
            for name in one.fields
        )

    def qualify(
        self,
        values: Values,
        activities: Sequence[Activity],
        state: LeadState,
        now: datetime,
        *,
        known_since: Mapping[str, datetime] | None = None,
    ) -> Verdict:
        """Decides on one lead.

        `known_since` tells since when fields have their value, where that is known: it dates the
        BANT evidence, which otherwise carries `now`, the moment it was seen.
        """
        counted = self._since_return(activities, state)
        facts = self._facts(values, counted, state)
        bad = next(((rule, when) for rule, when in self._bad if when.holds(facts, now)), None)
        scores = self._scoring.score(facts, counted, now)
        facts["score.fit"], facts["score.intent"] = scores.fit, scores.intent
        facts["score.completeness"], facts["score.total"] = scores.completeness, scores.total
        bant = self._answers(facts, now, known_since)
        temperature = self._temperature(facts, now)
        standing = self._ladder.stand(facts, state, counted, now, bad[0].name if bad else None)
        return self._verdict(
            facts,
            counted,
            state,
            now,
            (bad[0] if bad else None, scores, bant, temperature, standing),
        )

    def _verdict(
        self,
        facts: Facts,
        counted: Sequence[Activity],
        state: LeadState,
        now: datetime,
        found: tuple[DisqualifyRule | None, Scores, tuple[BantAnswer, ...], str, Standing],
    ) -> Verdict:
        bad, scores, bant, temperature, standing = found
        missing = self._in_fields(standing.missing, facts, now)
        return Verdict(
            stage=standing.stage,
            previous_stage=state.stage,
            scores=scores,
            bant=bant,
            temperature=temperature,
            facts=facts,
            now=now,
            rule=bad.name if bad else standing.rule,
            place=bad.place if bad else standing.place,
            disqualified=bad.name if bad else None,
            reason=bad.reason if bad else None,
            proposed=standing.proposed,
            next_stage=standing.next_stage,
            missing=missing,
            question=self._scoring.question(facts, missing),
            held=standing.held,
            may_pass=standing.may_pass,
            explainer=lambda: self._explain(facts, counted, now),
        )

    def _since_return(self, activities: Sequence[Activity], state: LeadState) -> Sequence[Activity]:
        """In a later cycle only what happened since the lead came back."""
        since = state.cycle_started_at or state.passed_at
        guard = self.ruleset.qualification.requalification
        if state.cycle <= 1 or since is None or not guard.new_activity:
            return activities
        return [one for one in activities if one.at > since]

    def _facts(
        self, values: Values, activities: Iterable[Activity], state: LeadState
    ) -> dict[str, Value | float]:
        facts: dict[str, Value | float] = dict(values)
        facts["stage"] = state.stage
        facts["cycle"] = state.cycle
        facts["disposition"] = state.disposition
        facts["reason"] = state.reason
        if self._counts_activities:
            for one in activities:
                name = f"activity.{one.kind}"
                count, last = facts.get(name, 0), facts.get(f"{name}.last")
                facts[name] = count + 1 if isinstance(count, int) else 1
                if not isinstance(last, datetime) or one.at > last:
                    facts[f"{name}.last"] = one.at
        return facts

    def _answers(
        self,
        facts: dict[str, Value | float],
        now: datetime,
        known_since: Mapping[str, datetime] | None,
    ) -> tuple[BantAnswer, ...]:
        answers = []
        count = 0
        for rule, when in self._bant:
            answered = when.holds(facts, now)
            facts[f"bant.{rule.letter}"] = answered
            count += answered
            names = rule.evidence or when.fields
            evidence = tuple([name for name in names if not _unknown(facts.get(name))])
            at = _dated(evidence, known_since, now) if answered else None
            answers.append(BantAnswer(rule.letter, answered, evidence, at, rule.place))
        facts["bant.count"] = count
        return tuple(answers)

    def _temperature(self, facts: dict[str, Value | float], now: datetime) -> str:
        for rule, when in self._warmth:
            if when.holds(facts, now):
                facts["temperature"] = rule.name
                return rule.name
        facts["temperature"] = ""
        return ""

    def _in_fields(self, gaps: tuple[Gap, ...], facts: Facts, now: datetime) -> tuple[Gap, ...]:
        """Gaps in BANT become what the unanswered letters lack, cheapest letters first."""
        if not any(gap.field.startswith("bant.") for gap in gaps):
            return gaps
        found: list[Gap] = []
        for gap in gaps:
            found += self._letters_for(gap, facts, now) or [gap]
        return tuple({one[:4]: one for one in reversed(found)}.values())[::-1]

    def _letters_for(self, gap: Gap, facts: Facts, now: datetime) -> list[Gap]:
        open_ = [
            (rule.letter, lacks) for rule, when in self._bant if (lacks := when.missing(facts, now))
        ]
        if gap.field == "bant.count" and isinstance(gap.wanted, int):
            have = facts.get("bant.count")
            more = gap.operator is Operator.ABOVE
            needed = gap.wanted + more - (have if isinstance(have, int) else 0)
            if gap.operator not in (Operator.AT_LEAST, Operator.ABOVE, Operator.IS):
                return []
            cheapest = sorted(open_, key=lambda one: len(one[1]))[:needed]
            return [lack for _, lacks in cheapest for lack in lacks]
        letter = gap.field.removeprefix("bant.")
        wants_yes = gap.operator in (Operator.IS, Operator.IN) and gap.wanted in (True, (True,))
        return [lack for name, lacks in open_ if name == letter and wants_yes for lack in lacks]

    def _all_compiled(self) -> Iterable[Compiled]:
        for _, when in (*self._bad, *self._bant, *self._warmth):
            yield when
        yield from self._scoring.conditions()

    def _explain(
        self, facts: Facts, activities: Sequence[Activity], now: datetime
    ) -> tuple[Explained, ...]:
        asked: list[tuple[str, str, Compiled, Place]] = []
        asked += [("disqualify", rule.name, when, rule.place) for rule, when in self._bad]
        found = [_explained(*one, facts, now) for one in asked]
        found += self._scoring.explain(facts, activities, now)
        asked = [("bant", rule.letter, when, rule.place) for rule, when in self._bant]
        asked += [("temperature", rule.name, when, rule.place) for rule, when in self._warmth]
        asked += [("stage", rung.stage, rung.when, rung.place) for rung in self._ladder.rungs]
        found += [_explained(*one, facts, now) for one in asked]
        return tuple(found)


def _explained(
    part: str, name: str, when: Compiled, place: Place, facts: Facts, now: datetime
) -> Explained:
    passed = when.holds(facts, now)
    return Explained(part, name, passed, 0.0, when.explain(facts, now), place)


def _unknown(value: Value | float) -> bool:
    return value is None or value == "" or value == ()


def _dated(
    evidence: tuple[str, ...], known_since: Mapping[str, datetime] | None, now: datetime
) -> datetime:
    """When the last piece of the evidence became known."""
    if known_since is None:
        return now
    return max((known_since[name] for name in evidence if name in known_since), default=now)
