"""The task for the next planned touch: what to do, what was done, what is left, until when."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from connector.core.cadence import EMAIL, PHONE, owed_touches
from connector.core.events import EventKind
from connector.core.handoff import SUBJECT_LENGTH, Task
from connector.core.phrases import PHRASES, shown_moment
from connector.core.promises import ClauseState, Promises
from connector.core.records import Values
from connector.core.rules.vocabulary import label

#: Whoever is handed a lead is handed its first planned touch with it.
HANDS = frozenset({EventKind.HANDED_OFF, EventKind.REASSIGNED, EventKind.PASSED_ON})


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchTask:
    """A task, and which of the planned touches it stands for."""

    number: int  #: 1 for the first of the plan
    task: Task


def touch_task(
    state: ClauseState,
    begun: str,
    promises: Promises,
    values: Values,
    *,
    zone: str,
    language: str,
    high: bool,
) -> TouchTask | None:
    """The task for the next touch that a running promise counts; None where none is owed.

    `begun` is the kind of the event that the run began with: the first touch of a hand has its
    task already. The due date is the planned day in the owner's time `zone`, also where it has
    passed.
    """
    owed = owed_touches(state, promises)
    touches = state.clause.touches
    if touches is None or not owed or (owed[0].number == 1 and begun in HANDS):
        return None
    say = PHRASES.get(language, PHRASES["en"])
    made = {PHONE: state.touches.phone, EMAIL: state.touches.email}
    wanted = {PHONE: touches.phone, EMAIL: touches.email}

    def counted(channel: str, number: int) -> str:
        return say["touch"].format(channel=say[channel], number=number, all=wanted[channel])

    step = owed[0]
    first = counted(step.channel, made[step.channel] + 1)
    done = ", ".join(counted(one, min(made[one], wanted[one])) for one in wanted if wanted[one])
    promise = label(state.clause.labels, language, state.clause.name)
    lines = [
        say["made"].format(touches=done),
        "",
        say["follow_ups"],
        *(f"- {say[one.channel]}: {shown_moment(one.due, zone, language)}" for one in owed),
        "",
        say["promise"].format(promise=promise, moment=shown_moment(state.due, zone, language)),
    ]
    task = Task(
        subject=_subject(first[:1].upper() + first[1:], values, say["next_touch"]),
        description="\n".join(lines),
        due=step.due.astimezone(ZoneInfo(zone)).date(),
        high=high,
        channel=step.channel,
    )
    return TouchTask(number=step.number, task=task)


def _subject(touch: str, values: Values, pattern: str) -> str:
    """The touch and who it is; what does not fit loses whole parts, never half a word."""
    name = " ".join(str(values.get(n) or "") for n in ("first_name", "last_name")).strip()
    company = str(values.get("company") or "")
    for parts in ((name, company), (name,), (company,)):
        who = ", ".join(part for part in parts if part)
        text = pattern.format(touch=touch, who=who)
        if who and len(text) <= SUBJECT_LENGTH:
            return text
    return touch
