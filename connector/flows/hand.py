"""One lead on its way to sales, and what whoever receives it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.core.cadence import FollowUp
from connector.core.frozen import swift
from connector.core.handoff import BantAnswer, HandOff, brief
from connector.core.matching import Match
from connector.core.problems import Problem
from connector.core.records import Activity
from connector.core.routing import RouteDecision
from connector.core.rules.promises import Clause
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.core.surroundings import Surroundings
from connector.core.tongue import tongue_of
from connector.core.verdicts import Verdict
from connector.flows.decide import why
from connector.ports import LeadRow

HISTORY_LINES = 60


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One lead on its way to sales."""

    row: LeadRow
    verdict: Verdict
    activities: tuple[Activity, ...]
    route: RouteDecision
    match: Match
    now: datetime
    clause: Clause | None
    due: datetime | None
    follow_ups: tuple[FollowUp, ...] = ()  #: the touches that are owed, with their moments
    campaign: str | None = None  #: id of the campaign in the CRM, where it has one of that name
    rank: int = 0
    around: Surroundings | None = None  #: what the routing knew; None at a later step
    step: str = ""  #: of a later step: keeps its task and its messages apart from the first

    @property
    def cycle(self) -> int:
        return self.row.state.cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefed:
    """What the owner is told, in the owner's language."""

    handoff: HandOff
    text: str
    language: str


def briefed(hand: Hand, ruleset: Ruleset) -> Briefed | Problem:
    """The brief of a lead for whoever owns it now; a Problem where it does not fit."""
    person = ruleset.people.persons.get(hand.route.owner)
    language = person.language if person else "en"
    handoff = hand_off_of(hand, ruleset, language)
    too_long = ruleset.fields.rules["handoff_brief"].too_long
    text = brief(handoff, ruleset, language=language, too_long=too_long)
    if isinstance(text, Problem):
        return text
    return Briefed(handoff=handoff, text=text.text, language=language)


def hand_off_of(hand: Hand, ruleset: Ruleset, language: str) -> HandOff:
    """Everything the brief and the task are made of, in the owner's language."""
    row, verdict = hand.row, hand.verdict
    evidence = sorted(verdict.evidence, key=lambda one: -one[1])
    tongue = tongue_of(ruleset, language)
    rules, because = tongue.rules, tongue.because
    reason = ruleset.vocabulary.reasons.get(row.state.reason or "")
    return HandOff(
        lead_id=row.state.lead_id,
        values=row.values,
        stage=verdict.stage,
        cycle=hand.cycle,
        because=because.told(why(verdict)),
        rule=verdict.rule,
        place=verdict.place,
        score=verdict.scores.total,
        parts={
            "fit": verdict.scores.fit,
            "intent": verdict.scores.intent,
            "completeness": verdict.scores.completeness,
        },
        temperature=verdict.temperature,
        evidence=tuple(
            [f"{rules.get(name, name)} ({points:+.0f})" for name, points in evidence[:6]]
        ),
        bant=tuple(
            [
                BantAnswer(letter=a.letter, met=a.answered, answer=", ".join(a.evidence))
                for a in verdict.bant
            ]
        ),
        missing=tongue.gaps(verdict.missing),
        activities=hand.activities,
        owner=hand.route.owner,
        routed_because=because.told(hand.route.because),
        promise=clause_label(hand.clause, language),
        due=hand.due,
        follow_ups=hand.follow_ups,
        time_zone=zone_of(hand.route.owner, ruleset),
        came_back_for=label(reason.labels, language, reason.name) if reason else "",
    )


def zone_of(owner: str, ruleset: Ruleset) -> str:
    """The time zone in which an owner reads; UTC for a queue."""
    person = ruleset.people.persons.get(owner)
    calendar = ruleset.people.calendars.get(person.calendar) if person else None
    return calendar.time_zone if calendar else "UTC"


def clause_label(clause: Clause | None, language: str) -> str:
    return label(clause.labels, language, clause.name) if clause else ""


def history(activities: Sequence[Activity]) -> str:
    """The newest activities, a line each, as sales reads them in the CRM."""
    lines = [
        f"{activity.at:%Y-%m-%d %H:%M} {activity.kind.replace('_', ' ')}"
        + (f": {activity.title}" if activity.title else "")
        for activity in activities[:HISTORY_LINES]
    ]
    left = len(activities) - len(lines)
    return "\n".join([*lines, *([f"… and {left} earlier"] if left > 0 else [])])
