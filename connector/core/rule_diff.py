"""What a change of the files changes, lead by lead: the same lead decided by both sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol

from connector.core.frozen import replace
from connector.core.problems import NOWHERE, Place
from connector.core.qualification import Qualifier
from connector.core.records import Activity, LeadState, Values
from connector.core.routing import Router
from connector.core.rules.ruleset import Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one set of files makes of a lead. The owner is left out: turns decide it, not rules."""

    stage: str
    score: int
    temperature: str
    disqualified: str
    route: str  #: rule that would route it; empty where it is not handed over
    brief_rule: str  #: rule that the brief names as the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One lead of which two sets of files make two things."""

    lead_id: str
    before: Outcome
    after: Outcome
    place: Place  #: the line of the new files that decided

    def changed(self) -> tuple[tuple[str, str, str], ...]:
        """(what, before, after) of everything that differs."""
        return tuple(
            (one.name, str(old), str(new))
            for one in fields(Outcome)
            if (old := getattr(self.before, one.name)) != (new := getattr(self.after, one.name))
        )


class Decided(Protocol):
    """The inputs of an earlier decision (`ports.Snapshot`)."""

    @property
    def lead_id(self) -> str: ...
    @property
    def values(self) -> Values: ...
    @property
    def activities(self) -> tuple[Activity, ...]: ...


class Judge:
    """Decides kept inputs by one set of files, without turns and without the CRM."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.qualifier, self.router = Qualifier(ruleset), Router(ruleset)

    def outcome(
        self, values: Values, activities: Sequence[Activity], state: LeadState, now: datetime
    ) -> tuple[Outcome, Place, Place]:
        """The outcome, the line that decided on the stage, and the line that routed."""
        verdict = self.qualifier.qualify(values, activities, state, now)
        route, routed = "", NOWHERE
        if verdict.may_pass:
            decision = self.router.route(verdict.facts, state, now=now)
            route, routed = decision.rule, decision.place
        outcome = Outcome(
            stage=verdict.stage,
            score=round(verdict.scores.total),
            temperature=verdict.temperature,
            disqualified=verdict.disqualified or "",
            route=route,
            brief_rule=verdict.rule if verdict.may_pass else "",
        )
        return outcome, verdict.place, routed


def differences(
    old: Judge, new: Judge, decided: Sequence[tuple[Decided, LeadState]], now: datetime
) -> Iterator[Difference]:
    """The leads that come out otherwise, in the order given; `now` is the same for both."""
    for snapshot, state in decided:
        before, _, _ = old.outcome(snapshot.values, snapshot.activities, state, now)
        after, place, routed = new.outcome(snapshot.values, snapshot.activities, state, now)
        if before != after:
            only_route = replace(before, route=after.route) == after
            yield Difference(
                lead_id=snapshot.lead_id,
                before=before,
                after=after,
                place=routed if only_route else place,
            )
