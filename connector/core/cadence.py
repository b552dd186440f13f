"""The planned follow-up of a lead: which touch is due when, made from what was promised.

The touches of a clause are spread evenly over the working hours within its time; calls and mails
alternate, calls first, so that a lead who does not pick up finds a mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connector.core.calendars import WorkTime
from connector.core.promises import ClauseState, Promises
from connector.core.rules.promises import Clause, Touches

PHONE, EMAIL = "phone", "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One planned touch."""

    number: int  #: 1 for the first
    channel: str
    due: datetime


def order_of(touches: Touches) -> tuple[str, ...]:
    """Channels in order, each spread as evenly as its number allows; a tie begins with a call."""
    wanted = {PHONE: touches.phone, EMAIL: touches.email}
    given = dict.fromkeys(wanted, 0)
    order: list[str] = []
    for _ in range(touches.phone + touches.email):
        channel = min(
            (name for name in wanted if given[name] < wanted[name]),
            key=lambda name: ((2 * given[name] + 1) / wanted[name], name != PHONE),
        )
        given[channel] += 1
        order.append(channel)
    return tuple(order)


def follow_ups(
    clause: Clause, start: datetime, clock: WorkTime, hours: WorkTime
) -> tuple[FollowUp, ...]:
    """The plan of one lead, all of it within the promise. Empty where the clause counts no touches.

    `clock` is the clause's own and says when the promise is due; the touches before it are spread
    over the working `hours` of whoever makes them, so that nobody is to call on a Sunday.
    """
    order = order_of(clause.touches) if clause.touches else ()
    end = clock.add(start, clause.within)
    room = hours.between(start, end)
    return tuple(
        FollowUp(
            number=number,
            channel=channel,
            due=hours.add(start, room * number / len(order)) if room else end,
        )
        for number, channel in enumerate(order, 1)
    )


def still_to_make(plan: Iterable[FollowUp], done: Touches) -> tuple[FollowUp, ...]:
    """The planned touches that have not been made yet, by their channels; empty: all were."""
    made = {PHONE: done.phone, EMAIL: done.email}
    left = []
    for step in plan:
        if made[step.channel] > 0:
            made[step.channel] -= 1
        else:
            left.append(step)
    return tuple(left)


def owed_touches(state: ClauseState, promises: Promises) -> tuple[FollowUp, ...]:
    """The touches that are still owed by a promise that counts them, in the order of the plan."""
    if state.clause.touches is None or not state.running:
        return ()
    plan = planned(state.clause, state.started_at, state.responsible, promises)
    return still_to_make(plan, state.touches)


def next_touch(state: ClauseState, promises: Promises) -> FollowUp | None:
    """The next touch of a promise that counts them and is still owed; None where none is."""
    return next(iter(owed_touches(state, promises)), None)


def planned(
    clause: Clause, start: datetime, person: str, promises: Promises
) -> tuple[FollowUp, ...]:
    """The follow-ups that a clause asks of a person (key; anybody where it is not known)."""
    clock = promises.work_time(clause, person)
    hours = promises.calendars.of_person(person) if person else clock
    return follow_ups(clause, start, clock, hours)
