"""Alerts that people still read: grouped by cause, never twice, not at night, few at a time.

A notice says one thing about one lead (or about the systems). Notices of one cause to one person
are one alert, whatever the number of leads. A fault of the systems is told at its first case, and
again only when it has grown tenfold.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.core.calendars import NEVER, Calendars
from connector.core.escalation import StepKind, WatchStep
from connector.core.phrases import ALERTS, shown_moment
from connector.core.rules.vocabulary import label

DIGEST_FROM = 4  #: so many alerts to one person at one moment become one digest
URGENT = "high"


class AlertKind(StrEnum):
    """What an alert is about, most urgent first."""

    FAULT = "fault"
    ESCALATED = "escalated"
    BROKEN = "broken"
    PROPOSED = "proposed"  #: to give a lead back that had its time
    AT_RISK = "at_risk"
    NEW_LEAD = "new_lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing one person should hear. `cause` is a clause, a problem code, a route rule."""

    key: str
    person: str
    kind: AlertKind
    cause: str
    lead_id: str = ""
    severity: str = "normal"
    words: Mapping[str, str] | None = None  #: the cause by language, where it has labels
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to one person; `notices` are the keys it settles."""

    key: str
    person: str
    kind: AlertKind
    cause: str
    lead_ids: tuple[str, ...]
    notices: tuple[str, ...]
    not_before: datetime  #: outside working hours the next opening, unless it is urgent
    words: Mapping[str, str] | None = None
    due: datetime | None = None  #: the earliest of the notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent: one alert, or the digest of several."""

    key: str
    person: str
    not_before: datetime
    alerts: tuple[Alert, ...]

    @property
    def is_digest(self) -> bool:
        return len(self.alerts) > 1


def notices_of(steps: Iterable[WatchStep]) -> list[Notice]:
    """What the steps of the watch tell, and to whom; promises that were kept alert nobody.

    Who hears of a breach as an escalation does not hear of it as a breach at the same time.
    """
    kinds = {
        StepKind.AT_RISK: AlertKind.AT_RISK,
        StepKind.BROKEN: AlertKind.BROKEN,
        StepKind.ESCALATE: AlertKind.ESCALATED,
    }
    found = [
        Notice(
            key=f"{step.key} {person}",
            person=person,
            kind=AlertKind.PROPOSED if step.propose_recycle else kinds[step.kind],
            cause=step.state.clause.name,
            lead_id=step.state.lead_id,
            severity=step.state.clause.severity,
            words=step.state.clause.labels,
            due=step.state.due if step.state.due < NEVER else None,
        )
        for step in steps
        if step.kind in kinds
        for person in step.tell
    ]
    further = (AlertKind.ESCALATED, AlertKind.PROPOSED)
    raised = {(n.person, n.cause, n.lead_id) for n in found if n.kind in further}
    return [
        notice
        for notice in found
        if notice.kind is not AlertKind.BROKEN
        or (notice.person, notice.cause, notice.lead_id) not in raised
    ]


def alerts(
    notices: Iterable[Notice],
    calendars: Calendars,
    now: datetime,
    told: Collection[str] = (),
) -> list[Alert]:
    """One alert for each person, kind and cause; `told` holds keys of notices and alerts sent."""
    groups: dict[tuple[str, AlertKind, str], list[Notice]] = {}
    for notice in sorted(notices, key=lambda one: one.key):
        if notice.kind is AlertKind.FAULT or notice.key not in told:
            groups.setdefault((notice.person, notice.kind, notice.cause), []).append(notice)
    found = [_alert(group, calendars, now) for _, group in sorted(groups.items())]
    return [alert for alert in found if alert.key not in told]


def _alert(group: Sequence[Notice], calendars: Calendars, now: datetime) -> Alert:
    first = group[0]
    urgent = any(notice.severity == URGENT for notice in group)
    opening = now if urgent else calendars.of_person(first.person).next_open(now)
    return Alert(
        key=_key(first.person, first.kind, first.cause, *_identity(group)),
        person=first.person,
        kind=first.kind,
        cause=first.cause,
        lead_ids=tuple(dict.fromkeys(n.lead_id for n in group if n.lead_id)),
        notices=tuple(notice.key for notice in group),
        not_before=now if opening == NEVER else opening,
        words=first.words,
        due=min((n.due for n in group if n.due), default=None),
    )


def _identity(group: Sequence[Notice]) -> tuple[str, ...]:
    """A fault is the same until it is ten times as large; anything else is what it says."""
    if group[0].kind is AlertKind.FAULT:
        return (str(len(str(len(group)))),)
    return tuple(notice.key for notice in group)


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def letters(found: Iterable[Alert]) -> list[Letter]:
    """Alerts as they are sent: several to one person at one moment are a digest."""
    together: dict[tuple[str, datetime], list[Alert]] = {}
    for alert in found:
        together.setdefault((alert.person, alert.not_before), []).append(alert)
    result: list[Letter] = []
    for (person, moment), group in sorted(together.items()):
        group.sort(key=lambda one: (list(AlertKind).index(one.kind), one.cause, one.key))
        parts = [group] if len(group) >= DIGEST_FROM else [[alert] for alert in group]
        for part in parts:
            key = part[0].key if len(part) == 1 else _key(person, *(a.key for a in part))
            result.append(Letter(key=key, person=person, not_before=moment, alerts=tuple(part)))
    return result


def wording(letter: Letter, language: str, zone: str, most: int = 20) -> tuple[str, str]:
    """Subject and text in English or French, blameless; leads by id, `most` of them an alert."""
    say = ALERTS.get(language, ALERTS["en"])
    lines = [_line(alert, say, language, zone) for alert in letter.alerts]
    subject = lines[0] if not letter.is_digest else say["digest"].format(count=len(lines))
    blocks = []
    for line, alert in zip(lines, letter.alerts, strict=True):
        shown = [f"- {lead_id}" for lead_id in alert.lead_ids[:most]]
        if len(alert.lead_ids) > most:
            shown.append(say["more"].format(count=len(alert.lead_ids) - most))
        blocks.append("\n".join([line, *shown]))
    return subject, "\n\n".join(blocks) + "\n"


def _line(alert: Alert, say: Mapping[str, str], language: str, zone: str) -> str:
    cause = label(alert.words or {}, language, alert.cause).rstrip(".")
    soon = alert.kind is AlertKind.AT_RISK and alert.due is None  # no clock decides
    kind = "endangered" if soon else alert.kind
    line = say[kind].format(count=max(len(alert.lead_ids), 1), cause=cause)
    if alert.due is None:
        return line
    return line + say["due"].format(moment=shown_moment(alert.due, zone, language))
