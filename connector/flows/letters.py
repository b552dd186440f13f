"""Notices made into planned messages: grouped, worded in the reader's language, not at night."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.core.accountability import activity_of
from connector.core.alerts import AlertKind, Letter, Notice, alerts, letters, wording
from connector.core.calendars import Calendars
from connector.core.plan import Action, ActionKind, Destination, action_key
from connector.core.problems import Mender
from connector.core.rules.ruleset import Ruleset
from connector.flows.hand import zone_of
from connector.ports import Fault

GROWTH = 10.0  #: a fault is told again when it holds up so many times as many leads


def planned_letters(
    notices: Iterable[Notice],
    ruleset: Ruleset,
    channels: Sequence[str],
    now: datetime,
) -> list[Action]:
    """One message a letter and channel; `channels` are the ways in which people can be told."""
    found = letters(alerts(notices, Calendars(ruleset.people), now))
    return [_message(letter, channel, ruleset, now) for letter in found for channel in channels]


def _message(letter: Letter, channel: str, ruleset: Ruleset, now: datetime) -> Action:
    person = ruleset.people.persons[letter.person]
    subject, text = wording(letter, person.language, zone_of(person.key, ruleset))
    first = letter.alerts[0]
    lead_id = first.lead_ids[0] if len(letter.alerts) == 1 and len(first.lead_ids) == 1 else ""
    # A fault that comes back is told again: each telling is a message of its own.
    again = f" {now.isoformat()}" if first.kind is AlertKind.FAULT else ""
    return Action(
        key=action_key(Destination.NOTIFY, f"letter {channel}", lead_id, f"{letter.key}{again}"),
        lead_id=lead_id,
        kind=ActionKind.NOTIFY,
        destination=Destination.NOTIFY,
        because=subject,
        record_kind=channel,
        fields={
            "person": person.key,
            "cause": "digest" if letter.is_digest else f"{first.kind} {first.cause}",
            "subject": subject,
            "text": text,
        },
        ruleset=ruleset.version,
        not_before=letter.not_before if letter.not_before > now else None,
    )


def fault_notices(faults: Iterable[Fault], ruleset: Ruleset) -> list[Notice]:
    """Who runs the connector hears of each fault once, however many leads it holds up.

    What reps or marketing must mend is on the list of what waits, and is no fault of the systems.
    """
    told = runners(ruleset)
    return [
        Notice(
            key=f"{fault.name} {lead_id} {person}",
            person=person,
            kind=AlertKind.FAULT,
            cause=f"{fault.problem.code} ({fault.problem.what})",
            lead_id=lead_id,
        )
        for fault in faults
        if fault.problem.mender is Mender.ADMIN
        for person in told
        for lead_id in fault.lead_ids
    ]


def runners(ruleset: Ruleset) -> list[str]:
    """Who is responsible for running the connector by the RACI, else who watches the promises."""
    roles = [
        role
        for row in ruleset.promises.raci
        if activity_of(row) == "run"
        for role in row.responsible
    ]
    people = ruleset.people
    found = [p.key for role in roles for p in people.with_role(role)]
    return found or [p.key for p in people.with_role(ruleset.promises.enforcer)]
