"""What is owed for a lead from its hand-off on: the first answer, and the touches that follow."""

from datetime import datetime

from connector.core.cadence import FollowUp, planned
from connector.core.conditions import Compiled, Facts, compile_condition
from connector.core.events import EventKind
from connector.core.promises import Promises
from connector.core.rules.promises import Clause
from connector.core.rules.ruleset import Ruleset

Owed = tuple[Clause, datetime]
#: The hand-off, and the second step to whoever gets the lead centre's appointment.
STARTS = (EventKind.HANDED_OFF, EventKind.PASSED_ON)


class FirstAnswer:
    """Knows the clauses of one ruleset that a first touch keeps, and those that count touches."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._promises = Promises(ruleset)
        begun: tuple[tuple[Clause, Compiled], ...] = tuple(
            (clause, compile_condition(clause.when))
            for clause in ruleset.promises.clauses.values()
            if clause.start in STARTS
        )
        self._clauses = tuple(pair for pair in begun if EventKind.TOUCHED in pair[0].stop)
        self._counting = tuple(pair for pair in begun if pair[0].touches is not None)

    def owed(
        self, facts: Facts, owner: str, now: datetime, start: str = EventKind.HANDED_OFF
    ) -> Owed | None:
        """The tightest clause that applies to the lead, with its due moment; None without one.

        `owner` is a person key or `queue:<name>`; a queue answers by the calendar of whoever is
        responsible for it.
        """
        applying = [c for c, when in self._clauses if c.start == start and when.holds(facts, now)]
        found = [(clause, self._due(clause, owner, now)) for clause in applying]
        return min(found, key=lambda pair: pair[1], default=None)

    def _due(self, clause: Clause, owner: str, now: datetime) -> datetime:
        person = self._promises.responsible(clause, owner)
        return self._promises.work_time(clause, person).add(now, clause.within)

    def follow_ups(self, facts: Facts, owner: str, now: datetime) -> tuple[FollowUp, ...]:
        """The touches that the owner owes from now on, by the first clause that counts them."""
        for clause, when in self._counting:
            if when.holds(facts, now):
                person = self._promises.responsible(clause, owner)
                return planned(clause, now, person, self._promises)
        return ()
