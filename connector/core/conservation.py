"""Every lead that was ever passed is in exactly one state: what the nightly audit looks for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.core.journeys import Journey, State
from connector.core.records import LeadState
from connector.core.rules.people import People
from connector.core.rules.ruleset import Ruleset

#: Waiting with sales, where the stage itself says nothing of its age.
FROZEN_AFTER = timedelta(days=30)
#: Given back, and not yet taken back by marketing.
FORGOTTEN_AFTER = timedelta(days=2)
#: Handed over, and not yet confirmed by the CRM.
UNDELIVERED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One exception; `lead_id` is empty for a sum that does not close."""

    code: str
    lead_id: str
    what: str


@dataclass(slots=True)
class Conservation:
    """Counts the passed journeys by state, and notes those that are stuck."""

    ruleset: Ruleset
    now: datetime
    states: Counter[State] = field(default_factory=Counter)
    passed: int = 0

    def look(self, journey: Journey) -> Iterable[Finding]:
        """Counts one journey; the exceptions it makes."""
        if journey.passed_at is None:
            return ()
        self.passed += 1
        state = journey.state
        if state is None:
            return (Finding(code="no-state", lead_id=journey.lead_id, what="passed, in no state"),)
        self.states[state] += 1
        return _stuck(journey, state, self.ruleset, self.now)

    @property
    def is_closed(self) -> bool:
        """passed = accepted + rejected + recycled + waiting + gone."""
        return self.passed == sum(self.states.values())


def _stuck(journey: Journey, state: State, ruleset: Ruleset, now: datetime) -> tuple[Finding, ...]:
    found = []
    if state is State.WAITING and journey.passed_at is not None:
        waited = now - journey.passed_at
        if waited > (limit := _limit(ruleset)):
            what = f"waits for an answer since {journey.passed_at:%Y-%m-%d}, over {limit.days} days"
            found.append(Finding(code="frozen", lead_id=journey.lead_id, what=what))
        if journey.delivered_at is None and waited > UNDELIVERED_AFTER:
            what = f"handed over on {journey.passed_at:%Y-%m-%d} and not in the CRM"
            found.append(Finding(code="not-delivered", lead_id=journey.lead_id, what=what))
    if (
        state is State.REJECTED
        and not (journey.is_deleted or journey.merged_into)  # nobody is there to be taken back
        and journey.rejected_at is not None
        and now - journey.rejected_at > FORGOTTEN_AFTER
    ):
        what = f"given back on {journey.rejected_at:%Y-%m-%d} and not taken back by marketing"
        found.append(Finding(code="not-taken-back", lead_id=journey.lead_id, what=what))
    return tuple(found)


def _limit(ruleset: Ruleset) -> timedelta:
    stages = ruleset.vocabulary.stages.values()
    ages = [s.max_age_days for s in stages if s.meaning == "sales_qualified" and s.max_age_days]
    return timedelta(days=max(ages)) if ages else FROZEN_AFTER


def ownerless(state: LeadState, people: People) -> Finding | None:
    """A passed lead must belong to somebody whom the roster knows."""
    if state.passed_at is None:
        return None
    owner = state.owner or ""
    if not owner:
        return Finding(code="ownerless", lead_id=state.lead_id, what="passed, and nobody owns it")
    if not owner.startswith("queue:") and owner not in people.persons:
        what = f"its owner '{owner}' is not in people.yaml"
        return Finding(code="ownerless", lead_id=state.lead_id, what=what)
    return None


def disagreement(
    system: str, lead_id: str, name: str, ours: str, theirs: str | None
) -> Finding | None:
    """What one of the systems says otherwise, where both say something."""
    if not ours or theirs is None or ours == theirs:
        return None
    what = f"{name} is '{theirs}' there and '{ours}' here"
    return Finding(code=f"{system}-differs", lead_id=lead_id, what=what)


def counted(states: Mapping[State, int]) -> str:
    """The states and their counts, in words."""
    return " + ".join(f"{states.get(state, 0)} {state.value}" for state in State)
