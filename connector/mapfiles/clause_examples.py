"""The worked examples of promises: when each is due, kept, at risk and broken."""

from datetime import UTC, datetime, timedelta
from itertools import count

from connector.core.events import Event, EventKind, event_key
from connector.core.promises import Promises, volume_state
from connector.core.rules.promises import Clause, ClauseExample
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import StageMeaning

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  #: a Monday; only time on the clause's clock counts
LEAD = "example"


def outcome(clause: Clause, example: ClauseExample, ruleset: Ruleset) -> str:
    """What comes of an example: the due moment in the zone it was written in, or how the promise
    stands."""
    promises = Promises(ruleset, only=clause.name)
    if example.due:
        expected = datetime.fromisoformat(example.due)
        began = datetime.fromisoformat(example.start)
        due = promises.work_time(clause, example.person).add(began, clause.within)
        got = due.astimezone(expected.tzinfo)
        return example.due if got == expected else got.isoformat(timespec="minutes")
    if clause.at_least is not None:
        return _said(volume_state(clause, _starts(clause, example), START).state)
    events, now = _events(clause, example, promises, ruleset)
    found = promises.states(events, {**example.given, "stage": _stage(ruleset)}, now)
    return _said(found[0].state) if found else "nothing"


def _said(state: str) -> str:
    return state.replace("_", " ")


def _stage(ruleset: Ruleset) -> str:
    """A stage in which a lead is handed over."""
    stages = ruleset.vocabulary.stages.values()
    return next((s.name for s in stages if s.meaning is StageMeaning.SALES_QUALIFIED), "")


def _starts(clause: Clause, example: ClauseExample) -> list[datetime]:
    early = START - clause.within * 0.75
    late = START - clause.within / 4
    return [*[early] * (example.count - example.late_count), *[late] * example.late_count]


def _events(
    clause: Clause, example: ClauseExample, promises: Promises, ruleset: Ruleset
) -> tuple[list[Event], datetime]:
    owner = example.person or next((p.key for p in ruleset.people.persons.values() if p.teams), "")
    numbers = count()

    def event(kind: str, at: datetime, **data: str) -> Event:
        key = event_key(kind, LEAD, str(next(numbers)))
        return Event(key=key, lead_id=LEAD, kind=EventKind(kind), at=at, data=data)

    events = [event(EventKind.ROUTED, START - timedelta(minutes=1), owner=owner)]
    if clause.holds is not None and not example.passed:
        return [*events, event(EventKind.STAGE_CHANGED, START, to=_stage(ruleset))], START
    events.append(event(clause.start, START))
    time = promises.work_time(clause, promises.responsible(clause, owner))
    now = time.add(START, example.after)
    made = ("phone",) * example.touches.phone + ("email",) * example.touches.email
    if clause.touches is not None:
        events += [event(EventKind.TOUCHED, now, channel=channel) for channel in made]
    elif example.answered:
        events.append(event((*clause.stop, *clause.restarts)[0], now))
    return events, now
