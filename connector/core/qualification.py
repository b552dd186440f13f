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

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter

from connector.core.conditions import Compiled, Facts, Gap, compile_condition
from connector.core.ladder import Guard, Ladder, Rung
from connector.core.panels import Panel
from connector.core.records import Activity, LeadState, Value, Values
from connector.core.rules.conditions import Clause, Operator
from connector.core.rules.qualification import DisqualifyRule
from connector.core.rules.ruleset import Ruleset
from connector.core.scoring import Scoring
from connector.core.verdicts import BantAnswer, Explained, Verdict

_MOST_REMEMBERED = 4096
Verdicts = tuple[bool, ...]
Pick = Callable[[Verdicts], object]


class Qualifier:
    """Qualifies leads by one ruleset; keeps no memory of the leads it saw."""

    def __init__(self, ruleset: Ruleset) -> None:
        rules = ruleset.qualification
        self.ruleset = ruleset
        self._bad = rules.disqualify
        self._bant = tuple((rule, compile_condition(rule.when)) for rule in rules.bant)
        self._letters = tuple(f"bant.{rule.letter}" for rule in rules.bant)
        self._warmth = rules.temperatures
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
        guard = Guard(
            never_again=frozenset(ruleset.recycling.never_again),
            max_cycles=min(rules.requalification.max_cycles, ruleset.recycling.max_cycles),
            new_activity=rules.requalification.new_activity,
            contact_gate=rules.contact_gate,
            place=rules.requalification.place,
        )
        self._ladder = Ladder(rungs, guard, ruleset.vocabulary)
        bad = [compile_condition(rule.when) for rule in rules.disqualify]
        warmth = [compile_condition(rule.when) for rule in rules.temperatures]
        groups = (
            [*bad, *self._scoring.conditions],
            [when for _, when in self._bant],
            warmth,
            [rung.when for rung in rungs],
        )
        self._panels = tuple(Panel(group) for group in groups)
        self._tells = _Telling(rungs, [when for _, when in self._bant], rules.contact_gate)
        self._picks = {
            rung.stage: self._tells.picks(rung, self._panels[3].numbers(number))
            for number, rung in enumerate(rungs)
        }
        self._remembered: dict[tuple[object, ...], tuple[Gap, ...]] = {}
        self._counts_activities = any(
            name.startswith("activity.") for group in groups for one in group for name in one.fields
        )

    @property
    def clauses(self) -> int:
        """How many clauses a full explanation holds."""
        return sum(panel.clauses for panel in self._panels)

    @property
    def letters(self) -> int:
        """How many questions BANT asks."""
        return len(self._bant)

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
        on_values, on_bant, on_warmth, on_stages = self._panels
        counted = self._since_return(activities, state)
        facts = self._facts(values, counted, state)
        holds, first = on_values.ask(facts, now)
        bad = self._first_bad(holds)
        scores = self._scoring.score(counted, now, holds[len(self._bad) :])
        facts["score.fit"], facts["score.intent"] = scores[0], scores[1]
        facts["score.completeness"], facts["score.total"] = scores[2], scores[3]
        answers, second = on_bant.ask(facts, now)
        facts.update(zip(self._letters, answers, strict=True))
        facts["bant.count"] = sum(answers)
        warm, third = on_warmth.ask(facts, now)
        temperature = self._warmth[warm.index(True)].name if True in warm else ""
        facts["temperature"] = temperature
        reached, fourth = on_stages.ask(facts, now)
        standing = self._ladder.stand(
            facts, state, counted, now, bad.name if bad else None, reached
        )
        return Verdict(  # in the order of its fields: naming them costs a lead half a microsecond
            standing.stage,
            state.stage,
            scores,
            temperature,
            facts,
            now,
            self,
            bad.name if bad else standing.rule,
            bad.place if bad else standing.place,
            bad.name if bad else None,
            bad.reason if bad else None,
            standing.proposed,
            standing.next_stage,
            standing.held,
            standing.may_pass,
            counted,
            known_since,
            (first, second, third, fourth),
        )

    def answers(self, verdict: Verdict) -> tuple[BantAnswer, ...]:
        """BANT with evidence: the fields that are known, and since when they all are."""
        facts, found = verdict.facts, []
        for rule, when in self._bant:
            answered = facts.get(f"bant.{rule.letter}") is True
            names = rule.evidence or when.fields
            evidence = tuple(name for name in names if not _unknown(facts.get(name)))
            at = _dated(evidence, verdict.known_since, verdict.now) if answered else None
            found.append(BantAnswer(rule.letter, answered, evidence, at, rule.place))
        return tuple(found)

    def evidence(self, verdict: Verdict) -> list[tuple[str, float]]:
        """The part of the explanation that a brief holds, without its clauses."""
        panel, first = self._panels[0], len(self._bad)
        holds = [panel.held(place, verdict.passes[0]) for place in range(first, panel.size)]
        return self._scoring.evidence(verdict.activities, verdict.now, holds)

    def lacking(self, verdict: Verdict) -> tuple[Gap, ...]:
        """What is missing depends on the verdicts and on which fields are known, not on values:
        the same combinations come again and again, and are remembered."""
        held = verdict.held
        gated = bool(held) and "contact-gate" in [one.code for one in held]
        picks = self._picks.get(verdict.next_stage or "")
        if picks is None and not gated:
            return ()
        of_known, of_bant, of_stage = picks or (_all, _none, _none)
        known, _ = self._tells.known.ask(verdict.facts, verdict.now)
        passes = verdict.passes
        key = (
            verdict.next_stage,
            gated,
            of_known(known),
            of_bant(passes[1]),
            of_stage(passes[3]),
        )
        gaps = self._remembered.get(key)
        if gaps is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            gaps = self._remembered[key] = self._lacking(verdict)
        return gaps

    def _lacking(self, verdict: Verdict) -> tuple[Gap, ...]:
        """Gaps in BANT become what the unanswered letters lack, cheapest letters first."""
        facts, now = verdict.facts, verdict.now
        gaps = self._ladder.lacking(facts, now, verdict.next_stage, verdict.held)
        if not any(gap.field.startswith("bant.") for gap in gaps):
            return gaps
        found: list[Gap] = []
        for gap in gaps:
            found += self._letters_for(gap, facts, now) or [gap]
        return tuple({one[:4]: one for one in reversed(found)}.values())[::-1]

    def next_question(self, verdict: Verdict) -> str | None:
        """The unknown field worth asking for next."""
        return self._scoring.question(verdict.facts, self.lacking(verdict))

    def explain(self, verdict: Verdict) -> tuple[Explained, ...]:
        """Unfolds the kept verdicts of all clauses; nothing is asked again."""
        facts, now = verdict.facts, verdict.now
        parts = [
            [panel.explained(index, facts, passes) for index in range(panel.size)]
            for panel, passes in zip(self._panels, verdict.passes, strict=True)
        ]
        on_values, on_bant, on_warmth, on_stages = parts
        bad = len(self._bad)
        found = [
            Explained("disqualify", rule.name, held, 0.0, clauses, rule.place)
            for rule, (held, clauses) in zip(self._bad, on_values, strict=False)
        ]
        found += self._scoring.explain(
            verdict.activities,
            now,
            [held for held, _ in on_values[bad:]],
            [clauses for _, clauses in on_values[bad:]],
        )
        found += [
            Explained("bant", rule.letter, held, 0.0, clauses, rule.place)
            for (rule, _), (held, clauses) in zip(self._bant, on_bant, strict=True)
        ]
        found += [
            Explained("temperature", rule.name, held, 0.0, clauses, rule.place)
            for rule, (held, clauses) in zip(self._warmth, on_warmth, strict=True)
        ]
        found += [
            Explained("stage", rung.stage, held, 0.0, clauses, rung.place)
            for rung, (held, clauses) in zip(self._ladder.rungs, on_stages, strict=True)
        ]
        return tuple(found)

    def _first_bad(self, holds: tuple[bool, ...]) -> DisqualifyRule | None:
        for number, rule in enumerate(self._bad):
            if holds[number]:
                return rule
        return None

    def _since_return(self, activities: Sequence[Activity], state: LeadState) -> Sequence[Activity]:
        """In a later cycle only what happened since the lead came back."""
        if state.cycle <= 1 or not self.ruleset.qualification.requalification.new_activity:
            return activities
        since = state.cycle_started_at or state.passed_at
        return activities if since is None else [one for one in activities if one.at > since]

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

    def _letters_for(self, gap: Gap, facts: Facts, now: datetime) -> list[Gap]:
        open_ = [
            (rule.letter, lacks) for rule, when in self._bant if (lacks := when.missing(facts, now))
        ]
        if gap.field == "bant.count" and isinstance(gap.wanted, int):
            if gap.operator not in (Operator.AT_LEAST, Operator.ABOVE, Operator.IS):
                return []
            have = facts.get("bant.count")
            more = gap.operator is Operator.ABOVE
            needed = gap.wanted + more - (have if isinstance(have, int) else 0)
            cheapest = sorted(open_, key=lambda one: len(one[1]))[: max(needed, 0)]
            return [lack for _, lacks in cheapest for lack in lacks]
        letter = gap.field.removeprefix("bant.")
        wants_yes = gap.operator in (Operator.IS, Operator.IN) and gap.wanted in (True, (True,))
        return [lack for name, lacks in open_ if name == letter and wants_yes for lack in lacks]


def _all(verdicts: Verdicts) -> object:
    return verdicts


def _none(_: Verdicts) -> object:
    return None


class _Telling:
    """Which verdicts tell what is missing for a stage, and nothing beside them."""

    def __init__(
        self, rungs: Sequence[Rung], bant: Sequence[Compiled], gate: tuple[str, ...]
    ) -> None:
        self._gate = gate
        self._of_bant = tuple(name for when in bant for name in when.fields)
        names = {*gate, *self._of_bant}
        names.update(name for rung in rungs for name in (*rung.required, *rung.when.fields))
        self._names = sorted(names)
        self.known = Panel(
            [compile_condition(Clause(name, Operator.PRESENT, True)) for name in self._names]
        )

    def picks(self, rung: Rung, numbers: tuple[int, ...]) -> tuple[Pick, Pick, Pick]:
        """What picks the telling ones out of: the known fields, BANT's clauses, the stages'."""
        by_bant = any(name.startswith("bant.") for name in rung.when.fields)
        names = {*self._gate, *rung.required, *rung.when.fields}
        names.update(self._of_bant if by_bant else ())
        known = [at for at, name in enumerate(self._names) if name in names]
        return _picking(known), _all if by_bant else _none, _picking(numbers)


def _picking(numbers: Sequence[int]) -> Pick:
    return itemgetter(*numbers) if numbers else _none


def _unknown(value: Value | float) -> bool:
    return value is None or value == "" or value == ()


def _dated(
    evidence: tuple[str, ...], known_since: Mapping[str, datetime] | None, now: datetime
) -> datetime:
    """When the last piece of the evidence became known."""
    if known_since is None:
        return now
    return max((known_since[name] for name in evidence if name in known_since), default=now)
