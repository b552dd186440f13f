"""Who can take a lead at a moment: active, not on hold, not absent, below the caps, at work."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from connector.core.calendars import Calendars
from connector.core.rules.people import People, Person
from connector.core.turns import Draw


class Load(NamedTuple):
    """What people carry already, by person key. A tuple, since every hand-off makes one."""

    open_leads: Mapping[str, int] = {}
    today: Mapping[str, int] = {}
    inactive: frozenset[str] = frozenset()
    on_hold: frozenset[str] = frozenset()  #: until they answer an earlier lead


class Drawn(NamedTuple):
    """Who takes part in a draw, and who was left out and why."""

    draw: Draw
    skipped: tuple[tuple[str, str], ...]
    remark: str = ""


class Given:
    """Leads that people received, each on the calendar of the day where its owner works.

    Whatever the way they came: by a turn, by name, to the one who knows them, or from somebody
    who did not answer.
    """

    def __init__(self, people: People, given: Iterable[tuple[str, datetime]] = ()) -> None:
        self._people, self._calendars = people, Calendars(people)
        self._counts: Counter[tuple[str, date]] = Counter()
        for owner, at in given:
            self.add(owner, at)

    def add(self, owner: str, at: datetime) -> None:
        if owner in self._people.persons:
            self._counts[owner, self._calendars.of_person(owner).local_date(at)] += 1

    def today(self, now: datetime) -> dict[str, int]:
        """Owner -> leads received on the day it is where the owner works."""
        return {
            owner: count
            for (owner, day), count in self._counts.items()
            if day == self._calendars.of_person(owner).local_date(now)
        }


class Availability:
    """The rules of one roster."""

    def __init__(self, people: People, calendars: Calendars) -> None:
        self.people = people
        self.calendars = calendars

    def why_away(self, person: Person, load: Load, now: datetime) -> str | None:
        """Why a person takes nothing at all at present; None where nothing stands against it."""
        if person.key in load.inactive:
            return "no active user in the CRM"
        if person.on_hold:
            return "on hold"
        if person.key in load.on_hold:
            return "on hold until an earlier lead is answered"
        if person.absences:
            day = self.calendars.of_person(person.key).local_date(now)
            for absence in person.absences:
                if absence.first <= day <= absence.last:
                    return f"absent until {absence.last.isoformat()}"
        return None

    def why_capped(self, person: Person, load: Load) -> str | None:
        """Which cap is reached; None where none is."""
        today, waiting = load.today.get(person.key, 0), load.open_leads.get(person.key, 0)
        if person.cap_per_day is not None and today >= person.cap_per_day:
            return f"cap of {person.cap_per_day} a day reached"
        if person.cap_open is not None and waiting >= person.cap_open:
            return f"cap of {person.cap_open} open leads reached"
        return None

    def at_work(self, person: Person, now: datetime) -> bool:
        return self.calendars.of_person(person.key).is_open(now)

    def draw(
        self,
        members: Iterable[Person],
        load: Load,
        now: datetime,
        *,
        working_hours_only: bool = False,
    ) -> Drawn:
        """Who shares the next turn. Where the file asks for people at work and nobody is, hours
        are left aside, so that the lead of a Sunday does not fall to the fallback."""
        able: list[Person] = []
        skipped: list[tuple[str, str]] = []
        for person in members:
            why = self.why_away(person, load, now) or self.why_capped(person, load)
            if why is None and person.weight <= 0:
                why = "weight 0"
            if why is None:
                able.append(person)
            else:
                skipped.append((person.key, why))
        remark = ""
        if working_hours_only and able:
            working = [person for person in able if self.at_work(person, now)]
            if working:
                skipped += [(p.key, "not at work now") for p in able if p not in working]
                able = working
            else:
                remark = "; nobody is at work, hours left aside"
        return Drawn(tuple([(p.key, p.weight) for p in able]), tuple(skipped), remark)
