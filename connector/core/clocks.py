"""Two clocks and a count: the systems' delay, people's delay, and the touches a lead received."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.calendars import Calendars
from connector.core.events import Event, EventKind
from connector.core.rules.people import People
from connector.core.rules.promises import Touches

PHONE_CHANNELS = frozenset({"phone", "call", "meeting"})
EMAIL_CHANNELS = frozenset({"email"})
OWNER_NAMES: Mapping[EventKind, str] = {  #: event kind -> the datum that names the owner
    EventKind.ROUTED: "owner",
    EventKind.HANDED_OFF: "owner",
    EventKind.DELIVERED: "owner",
    EventKind.OWNER_CHANGED: "to",
    EventKind.REASSIGNED: "to",
    EventKind.PASSED_ON: "to",
}


def owner_named(event: Event) -> str:
    """The owner an event makes known; empty where it is about something else."""
    name = OWNER_NAMES.get(event.kind)
    return str(event.data.get(name) or "") if name else ""


def default_calendar(people: People) -> str:
    """The calendar of what nobody in particular answers for."""
    return "default" if "default" in people.calendars else next(iter(people.calendars))


def moment_of(event: Event) -> datetime:
    return event.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long the systems took to hand over, and how long people took to answer.

    `system` is measured around the clock from `handed_off` to the first `delivered` or `alerted`;
    `human` from there to the first touch or answer in the owner's working hours. None: not yet.
    """

    system: timedelta | None = None
    human: timedelta | None = None
    person: str = ""


ANSWERS = frozenset(
    {EventKind.TOUCHED, EventKind.ACCEPTED, EventKind.REJECTED, EventKind.CONVERTED}
)
ARRIVALS = frozenset({EventKind.DELIVERED, EventKind.ALERTED})


def delays(events: Sequence[Event], cycle: int, calendars: Calendars, people: People) -> Delays:
    """Both clocks of one lead's cycle."""
    handed: datetime | None = None
    arrived: datetime | None = None
    system: timedelta | None = None
    owner = ""
    for event in sorted(events, key=moment_of):
        if event.cycle != cycle:
            continue
        owner = owner_named(event) or owner
        if event.kind is EventKind.HANDED_OFF:
            handed = handed or event.at
        elif event.kind in ARRIVALS and arrived is None:
            arrived = event.at
            system = arrived - handed if handed else None
        elif event.kind in ANSWERS and arrived is not None:
            known = owner if owner in people.persons else ""
            time = (
                calendars.of_person(known)
                if known
                else calendars.of_calendar(default_calendar(people))
            )
            return Delays(system=system, human=time.between(arrived, event.at), person=known)
    return Delays(system=system, person=owner)


def touches_of(events: Iterable[Event], cycle: int) -> Touches:
    """Completed contacts by phone (meetings included) and by e-mail in one cycle."""
    channels = [
        e.data.get("channel") for e in events if e.kind is EventKind.TOUCHED and e.cycle == cycle
    ]
    return Touches(
        phone=sum(channel in PHONE_CHANNELS for channel in channels),
        email=sum(channel in EMAIL_CHANNELS for channel in channels),
    )


def touches_short(done: Touches, agreed: Touches) -> Touches:
    """What is still owed before a lead may be called unreachable; zero of each: nothing."""
    return Touches(phone=max(0, agreed.phone - done.phone), email=max(0, agreed.email - done.email))
