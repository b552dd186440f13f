"""The note of the day to whoever watches: what was broken, who kept their word, and the volume."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from statistics import median

from connector.core.alerts import AlertKind, Notice
from connector.core.calendars import Calendars
from connector.core.escalation import Escalator
from connector.core.events import Event, EventKind
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.promises import PromiseState, volume_state
from connector.core.rules.people import Person
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.flows.letters import planned_letters
from connector.ports import Clock, Cursor, Ledger, Transaction

STREAM = "promises.note"  #: a cursor whose `after` is the last day and the last event of its note
KINDS = (EventKind.PROMISE_KEPT.value, EventKind.PROMISE_BROKEN.value)
SAY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "Promises since the last note: {kept} kept, {broken} broken",
        "kept": "Kept their word:",
        "mixed": "Kept some and broke some:",
        "line": "- {name}: {kept} of {all}, half within {median}",
        "nothing": "Nothing was due.",
    },
    "fr": {
        "subject": "Engagements depuis la dernière note : {kept} tenus, {broken} non tenus",
        "kept": "Parole tenue :",
        "mixed": "Tenue en partie :",
        "line": "- {name} : {kept} sur {all}, la moitié en {median}",
        "nothing": "Rien n'était dû.",
    },
}
Score = dict[str, list[tuple[bool, float]]]  #: person -> (kept, seconds taken)


def daily_note(
    ledger: Ledger,
    ruleset: Ruleset,
    *,
    channels: Sequence[str],
    clock: Clock,
    run_id: str,
) -> None:
    """Plans the note on the first run of each working day of whoever watches.

    Volumes, which concern no single lead, are judged with it; a breach is told once a week.
    """
    now = clock.now()
    watchers = ruleset.people.with_role(ruleset.promises.enforcer)
    if not channels or not watchers:
        return
    hours = Calendars(ruleset.people).of_person(watchers[0].key)
    if not hours.is_open(now):
        return
    today = hours.local_date(now)
    with ledger.transaction() as tx:
        day, _, number = tx.cursor(STREAM).after.partition(" ")
        if day == today.isoformat():
            return
        last = tx.last_event()
    scores = _scores(ledger, int(number or 0))
    agreed = min((at for _, at, _ in ledger.rulesets()), default=now)
    with ledger.transaction() as tx:
        notes = [
            _note(person, channel, scores, ruleset, today)
            for person in watchers
            for channel in channels
        ]
        late = planned_letters(_volumes(tx, ruleset, agreed, now), ruleset, channels, now)
        tx.plan([*notes, *late], now=now, run_id=run_id)
        tx.move_cursor(Cursor(stream=STREAM, after=f"{today.isoformat()} {last}"))


def _scores(ledger: Ledger, after: int) -> Score:
    """A run that was told broken and kept later, since its answer was heard of late, was kept."""
    runs: dict[tuple[str, str, str], Event] = {}
    for entry in ledger.every_event(after=after, kinds=KINDS):
        event = entry.event
        run = (event.lead_id, str(event.data.get("clause")), str(event.data.get("person")))
        if run not in runs or event.kind is EventKind.PROMISE_KEPT:
            runs[run] = event
    scores: Score = {}
    for (_, _, person), event in runs.items():
        took = event.data.get("took")
        seconds = float(took) if isinstance(took, int | float) else 0.0
        kept = event.kind is EventKind.PROMISE_KEPT
        scores.setdefault(person, []).append((kept, seconds))
    return scores


def _note(person: Person, channel: str, scores: Score, ruleset: Ruleset, day: date) -> Action:
    say = SAY.get(person.language, SAY["en"])
    counted = {key: (sum(k for k, _ in all_), len(all_)) for key, all_ in scores.items() if key}
    kept = sum(k for k, _ in counted.values())
    broken = sum(n - k for k, n in counted.values())
    lines: list[str] = []
    for heading, chosen in (
        ("kept", [key for key, (k, n) in counted.items() if k == n]),
        ("mixed", [key for key, (k, n) in counted.items() if k < n]),
    ):
        if chosen:
            chosen.sort(key=lambda key: (-counted[key][0], key))
            told = [_line(key, scores[key], counted[key], ruleset, say) for key in chosen]
            lines += [say[heading], *told, ""]
    subject = say["subject"].format(kept=kept, broken=broken)
    return Action(
        key=action_key(Destination.NOTIFY, f"note {channel}", "", f"{day} {person.key}"),
        lead_id="",
        kind=ActionKind.NOTIFY,
        destination=Destination.NOTIFY,
        because=subject,
        record_kind=channel,
        fields={
            "person": person.key,
            "cause": "daily note",
            "subject": subject,
            "text": "\n".join(lines or [say["nothing"], ""]),
        },
        ruleset=ruleset.version,
    )


def _line(
    key: str,
    all_: Sequence[tuple[bool, float]],
    counted: tuple[int, int],
    ruleset: Ruleset,
    say: Mapping[str, str],
) -> str:
    person = ruleset.people.persons.get(key)
    minutes = round(median(seconds for _, seconds in all_) / 60)
    return say["line"].format(
        name=person.name if person else key,
        kept=counted[0],
        all=counted[1],
        median=f"{minutes // 60}:{minutes % 60:02} h",
    )


def _volumes(tx: Transaction, ruleset: Ruleset, agreed: datetime, now: datetime) -> list[Notice]:
    """Volume clauses over the period that ends now, to whom the file says; none before the files
    have been in use (since `agreed`) for as long as the period."""
    escalator = Escalator(ruleset.promises, ruleset.people)
    year, week, _ = now.isocalendar()
    found: list[Notice] = []
    for clause in ruleset.promises.clauses.values():
        if clause.at_least is None or now - agreed < clause.within:
            continue
        state = volume_state(clause, tx.moments_since(clause.start, now - clause.within), now)
        if state.state is PromiseState.KEPT:
            continue
        roles = [role for e in clause.escalations for role in e.tell] or [clause.responsible]
        kind = AlertKind.BROKEN if state.state is PromiseState.BROKEN else AlertKind.AT_RISK
        for person in dict.fromkeys(k for r in roles for k in escalator.who(r, "", now)):
            reader = ruleset.people.persons[person]
            words = label(clause.labels, reader.language, clause.name)
            found.append(
                Notice(
                    key=f"{clause.name} {year}-W{week:02} {kind} {person}",
                    person=person,
                    kind=kind,
                    cause=f"{words} ({state.count} of {state.wanted})",
                    severity=clause.severity,
                )
            )
    return found
