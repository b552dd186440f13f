"""The first answer that is owed for a lead: by which promise, and until when."""

from datetime import datetime

from connector.core.calendars import Calendars
from connector.core.conditions import Compiled, Facts, compile_condition
from connector.core.events import EventKind
from connector.core.owners import QUEUE
from connector.core.rules.promises import Clause, ClockKind
from connector.core.rules.ruleset import Ruleset

Owed = tuple[Clause, datetime]
#: The hand-off, and the second step to whoever gets the lead centre's appointment.
STARTS = (EventKind.HANDED_OFF, EventKind.PASSED_ON)


class FirstAnswer:
    """Knows the clauses of one ruleset that a first touch keeps."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._people = ruleset.people
        self._calendars = Calendars(ruleset.people)
        self._clauses: tuple[tuple[Clause, Compiled], ...] = tuple(
            (clause, compile_condition(clause.when))
            for clause in ruleset.promises.clauses.values()
            if clause.start in STARTS and EventKind.TOUCHED in clause.stop
        )

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
        if clause.clock is ClockKind.CALENDAR:
            return now + clause.within
        if clause.calendar:
            return self._calendars.of_calendar(clause.calendar).add(now, clause.within)
        queue = self._people.queues.get(owner.removeprefix(QUEUE))
        person = queue.responsible if queue else owner
        if person not in self._people.persons:
            return now + clause.within
        return self._calendars.of_person(person).add(now, clause.within)
