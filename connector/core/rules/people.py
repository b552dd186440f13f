"""The roster: who works here, in which team, when, with which weight and cap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from connector.core.problems import NOWHERE, Place
from connector.core.rules.vocabulary import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days on which a person is away; both ends included, in the person's own calendar."""

    first: date
    last: date
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Working hours of a week in one time zone, minus holidays."""

    name: str
    time_zone: str  #: IANA name
    hours: Mapping[int, tuple[tuple[time, time], ...]]  #: ISO weekday (Monday is 1) -> spans
    holidays: frozenset[date] = frozenset()
    holiday_region: str = (
        ""  #: e.g. `FR` or `DE-BY`: public holidays to add, by the holidays library
    )
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One member of the roster; `key` is the word the files use."""

    key: str
    name: str
    email: str
    role: str = "rep"
    teams: tuple[str, ...] = ()
    hubspot_owner: str | None = None  #: owner id or e-mail
    salesforce_user: str | None = None  #: user id or user name/e-mail
    calendar: str = "default"
    absences: tuple[Absence, ...] = ()
    weight: int = 1
    cap_per_day: int | None = None
    cap_open: int | None = None
    deputy: str | None = None
    on_hold: bool = False
    language: str = "en"
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A Salesforce queue that may own leads, with the person who answers for it."""

    name: str
    salesforce_queue: str  #: developer name or id
    responsible: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A group of people who share turns and a scorecard."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    manager: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The roster as a whole."""

    persons: Mapping[str, Person]
    teams: Mapping[str, Team]
    queues: Mapping[str, Queue]
    calendars: Mapping[str, WorkCalendar]
    roles: Mapping[str, Labels] = field(default_factory=dict)  #: role -> what it does
    role_labels: Mapping[str, Labels] = field(default_factory=dict)  #: role -> its name
    measured_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: role -> metrics

    def members(self, team: str) -> tuple[Person, ...]:
        """Who belongs to a team, in the order of the file."""
        return tuple(p for p in self.persons.values() if team in p.teams)

    def with_role(self, role: str) -> tuple[Person, ...]:
        """Who has a role, in the order of the file."""
        return tuple(p for p in self.persons.values() if p.role == role)
