"""The planned follow-up of a lead: which touch is due when, made from what was promised.

The touches of a clause are spread evenly over its time, on its clock; calls and mails alternate,
calls first, so that a lead who does not pick up finds a mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connector.core.calendars import WorkTime
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


def follow_ups(clause: Clause, start: datetime, time: WorkTime) -> tuple[FollowUp, ...]:
    """The plan of one lead; the last touch is due when the promise is. Empty without touches."""
    order = order_of(clause.touches) if clause.touches else ()
    return tuple(
        FollowUp(
            number=number,
            channel=channel,
            due=time.add(start, clause.within * number / len(order)),
        )
        for number, channel in enumerate(order, 1)
    )


def next_follow_up(plan: Iterable[FollowUp], done: Touches) -> FollowUp | None:
    """The first planned touch that has not been made yet, by its channel; None: all were."""
    left = {PHONE: done.phone, EMAIL: done.email}
    for step in plan:
        if left[step.channel] > 0:
            left[step.channel] -= 1
        else:
            return step
    return None
