"""The hand-off to sales: what the rep needs to know, what is to be done, and whom to call first.

The brief says why the lead is ready, by which rule of which file, on what evidence, and what to
do by when; as plain text for a CRM field, in the language of whoever receives it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.core.cadence import EMAIL, PHONE, FollowUp
from connector.core.frozen import swift
from connector.core.phrases import PHRASES, shown, shown_moment
from connector.core.plan import Json
from connector.core.problems import NOWHERE, Place, Problem
from connector.core.records import Activity, Values, is_blank
from connector.core.rules.fields import TooLong
from connector.core.rules.ruleset import Ruleset, Template
from connector.core.templates import find_template, render
from connector.core.tongue import MESSAGES, Tongue, tongue_of

BRIEF_LENGTH = 32_000  #: characters a Salesforce long text area takes (Description: 32,000)
SUBJECT_LENGTH = 255  #: characters of a Salesforce Task's Subject
ACTIVITIES_SHOWN = 12
MET = frozenset({"meeting", "call"})
REMAINDER = 60  #: room kept for the line that says how much was cut


@dataclass(frozen=True, slots=True, kw_only=True)
class BantAnswer:
    """One letter of BANT: answered or not, and by what."""

    letter: str
    met: bool
    answer: str = ""


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """Everything about one lead that the brief, the task and the hot list are made of."""

    lead_id: str
    values: Values
    stage: str
    cycle: int = 1
    because: str = ""  #: the qualification rule in words
    rule: str = ""
    place: Place = NOWHERE
    score: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)  #: fit, intent, completeness
    temperature: str = ""
    evidence: tuple[str, ...] = ()  #: strongest first, in words
    bant: tuple[BantAnswer, ...] = ()
    missing: tuple[str, ...] = ()  #: in words: what to ask next
    activities: tuple[Activity, ...] = ()
    owner: str = ""  #: person key or queue
    routed_because: str = ""
    promise: str = ""  #: label of the clause that starts now
    due: datetime | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    time_zone: str = "UTC"  #: of whoever receives the lead
    came_back_for: str = ""  #: why an earlier cycle ended, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The finished text, and how many lines were cut from its end where the file allows that."""

    text: str
    cut_lines: int = 0


def brief(
    handoff: HandOff,
    ruleset: Ruleset,
    *,
    language: str = "en",
    most: int = BRIEF_LENGTH,
    too_long: TooLong = TooLong.PARK,
) -> Brief | Problem:
    """The brief, of at most `most` characters.

    A template `brief` may arrange it: it is given the words of `words` and `brief`, the text as
    arranged here. A longer text is a Problem, or loses whole lines from its end where `too_long`
    says so, and its last line then tells how many.
    """
    text = "\n\n".join("\n".join(block) for block in _blocks(handoff, ruleset, language) if block)
    template = find_template(ruleset.templates, "brief", language)
    if template is not None:
        done = render(template, {**words(handoff, ruleset, language), "brief": text})
        if isinstance(done, Problem):
            return done
        text = done.text
    return fitted(text, most, too_long, language)


def fitted(text: str, most: int, too_long: TooLong, language: str) -> Brief | Problem:
    """The text as it is, cut by whole lines, or a Problem; see `brief`."""
    if len(text) <= most:
        return Brief(text=text)
    if too_long is TooLong.PARK:
        return Problem(
            code="brief-too-long",
            where=NOWHERE,
            what=f"the brief has {len(text)} characters and {most} fit",
            remedy="Shorten the template `brief`, or let the field be cut: `too_long: cut`.",
        )
    lines = text.split("\n")
    kept, used = 0, 0
    while kept < len(lines) and used + len(lines[kept]) + 1 <= most - REMAINDER:
        used += len(lines[kept]) + 1
        kept += 1
    left = len(lines) - kept
    rest = PHRASES[_spoken(language)]["cut"].format(lines=left)
    return Brief(text="\n".join([*lines[:kept], rest]), cut_lines=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A message to the lead that the rep may send as it is."""

    name: str
    template: Template
    subject: str
    text: str


def suggestions(handoff: HandOff, ruleset: Ruleset, language: str) -> tuple[Suggestion, ...]:
    """Message templates that fit, best first; those that do not render are left to `check`.

    After a meeting or call, thanks come first; a hot lead is asked for a meeting; others are
    first told who we are. A template may be kept for one channel by its name: `thanks_sms`.
    """
    tongue = tongue_of(ruleset, language)
    if not any(tongue.messages.values()):
        return ()
    met = any(a.kind in MET and a.completed for a in handoff.activities[:3])
    first = (
        "thanks" if met else "meeting_request" if handoff.temperature == "hot" else "presentation"
    )
    given = words(handoff, ruleset, language)
    found: list[Suggestion] = []
    for name in sorted(MESSAGES, key=lambda name: name != first):
        for variant, template in tongue.messages[name]:
            done = render(template, given)
            if not isinstance(done, Problem):
                found.append(
                    Suggestion(
                        name=variant, template=template, subject=done.subject, text=done.text
                    )
                )
    return tuple(found)


def words(handoff: HandOff, ruleset: Ruleset, language: str) -> dict[str, object]:
    """What templates may name; every agreed field is there, blank where it is not known."""
    owner = ruleset.people.persons.get(handoff.owner)
    return {
        "lead": {**dict.fromkeys(ruleset.fields.rules, ""), **handoff.values},
        "company": ruleset.vocabulary.company,
        "owner": {
            "name": owner.name if owner else handoff.owner,
            "email": owner.email if owner else "",
        },
        "stage": tongue_of(ruleset, language).stage(handoff.stage),
        "cycle": handoff.cycle,
        "score": round(handoff.score),
        "temperature": handoff.temperature,
        "because": handoff.because,
        "promise": handoff.promise,
        "due": handoff.due.astimezone(ZoneInfo(handoff.time_zone)) if handoff.due else None,
    }


TEMPLATE_WORDS = frozenset(
    {"lead", "company", "owner", "stage", "cycle", "score", "temperature", "because", "promise",
     "due", "brief"}
)  # fmt: skip


# --- the blocks of a brief ---------------------------------------------------------------------


def _blocks(handoff: HandOff, ruleset: Ruleset, language: str) -> Iterable[list[str]]:
    tongue = tongue_of(ruleset, language)
    say = tongue.say
    yield _why(handoff, tongue)
    yield _listed(say["evidence"], handoff.evidence)
    yield _listed(say["bant"], [_bant(answer, say) for answer in handoff.bant])
    if handoff.due:
        moment = shown_moment(handoff.due, handoff.time_zone, language)
        yield [say["promise"].format(promise=handoff.promise, moment=moment)]
    yield _listed(
        say["follow_ups"],
        [
            f"{say[step.channel]}: {shown_moment(step.due, handoff.time_zone, language)}"
            for step in handoff.follow_ups
        ],
    )
    known = handoff.values.get
    yield _listed(
        say["contact"],
        [
            f"{name}: {shown(value, language)}"
            for field_, name in tongue.fields
            if not is_blank(value := known(field_))
        ],
    )
    latest = sorted(handoff.activities, key=lambda a: (a.at, a.id), reverse=True)
    yield _listed(
        say["activities"], [_activity(a, handoff, language) for a in latest[:ACTIVITIES_SHOWN]]
    )
    yield _listed(say["missing"], handoff.missing)
    yield from _messages(suggestions(handoff, ruleset, language), say)


def _why(handoff: HandOff, tongue: Tongue) -> list[str]:
    say = tongue.say
    rule = say["rule"].format(
        stage=tongue.stage(handoff.stage),
        rule=handoff.rule,
        place=handoff.place,
        version=tongue.ruleset.version,
    )
    lines = [say["why"], rule]
    if handoff.because:
        lines.append(handoff.because)
    parts = ", ".join(f"{say.get(name, name)} {value:.0f}" for name, value in handoff.parts.items())
    score = say["score"].format(score=f"{handoff.score:.0f}", parts=f" ({parts})" if parts else "")
    heat = say.get(handoff.temperature, handoff.temperature)
    lines.append(
        ", ".join(part for part in (score, heat, say["cycle"].format(cycle=handoff.cycle)) if part)
    )
    if handoff.came_back_for:
        lines.append(say["came_back"].format(reason=handoff.came_back_for))
    if handoff.routed_because:
        lines.append(say["routed"].format(because=handoff.routed_because))
    return lines


def _listed(title: str, items: Sequence[str]) -> list[str]:
    return [title, *[f"- {item}" for item in items]] if items else []


def _bant(answer: BantAnswer, say: Mapping[str, str]) -> str:
    met = say["yes"] if answer.met else say["no"]
    return f"{say.get(answer.letter, answer.letter)}: {met}" + (
        f" ({answer.answer})" if answer.answer else ""
    )


def _activity(activity: Activity, handoff: HandOff, language: str) -> str:
    say = PHRASES[_spoken(language)]
    kind = say.get(activity.kind, activity.kind.replace("_", " "))
    title = " ".join(activity.title.split())
    moment = shown_moment(activity.at, handoff.time_zone, language)
    return f"{moment}: {kind}" + (f", {title}" if title else "")


def _messages(found: Sequence[Suggestion], say: Mapping[str, str]) -> Iterable[list[str]]:
    if not found:
        return
    names = ", ".join(suggestion.name for suggestion in found)
    first = found[0]
    yield [say["messages"].format(names=names), say["first"].format(name=first.name),
           *([first.subject] if first.subject else []), first.text.rstrip()]  # fmt: skip


def _spoken(language: str) -> str:
    return language if language in PHRASES else "en"


# --- the task and the hot list -----------------------------------------------------------------


TASK_STATUS = "Not Started"  #: Salesforce's own first status of a Task
TASK_DONE = "Completed"  #: and its own last one
TASK_PRIORITIES = ("Normal", "High")
TASK_SUBTYPE = "TaskSubtype"  #: Salesforce sets it when a Task is made, and never changes it
TASK_SUBTYPES = {PHONE: "Call", EMAIL: "Email"}


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the owner has to do, as the CRM shows it."""

    subject: str
    description: str
    due: date | None
    high: bool
    channel: str = ""  #: of the planned touch it stands for: completing it counts as that

    def fields(self) -> dict[str, Json]:
        """The Salesforce Task's own fields, without whose it is and whom it is about."""
        return {
            "Subject": self.subject,
            "Description": self.description,
            "ActivityDate": self.due.isoformat() if self.due else None,
            "Status": TASK_STATUS,
            "Priority": TASK_PRIORITIES[self.high],
            **({TASK_SUBTYPE: TASK_SUBTYPES[self.channel]} if self.channel else {}),
        }


def task(handoff: HandOff, ruleset: Ruleset, text: str, *, language: str = "en") -> Task | Problem:
    """The task for a brief; its subject and lead-in come from a template `task` where there is one.

    The due date is the day of the promise in the owner's time zone. A subject that does not fit
    loses whole parts, never half a word.
    """
    template = find_template(ruleset.templates, "task", language)
    subject, description = "", text
    if template is not None:
        done = render(template, {**words(handoff, ruleset, language), "brief": text})
        if isinstance(done, Problem):
            return done
        subject, description = done.subject, done.text
    due = handoff.due.astimezone(ZoneInfo(handoff.time_zone)).date() if handoff.due else None
    return Task(
        subject=subject if 0 < len(subject) <= SUBJECT_LENGTH else _subject(handoff, language),
        description=description,
        due=due,
        high=handoff.temperature == "hot",
        channel=handoff.follow_ups[0].channel if handoff.follow_ups else "",
    )


def _subject(handoff: HandOff, language: str) -> str:
    say = PHRASES[_spoken(language)]
    name = " ".join(
        str(handoff.values.get(part) or "") for part in ("first_name", "last_name")
    ).strip()
    company = str(handoff.values.get("company") or "")
    figures = f"{handoff.score:.0f} {say.get(handoff.temperature, handoff.temperature)}".strip()
    start = say["contact_now"]
    for parts in ((name, company, figures), (name, figures), (company, figures), (figures,)):
        text = f"{start}: " + ", ".join(part for part in parts if part)
        if len(text) <= SUBJECT_LENGTH:
            break
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class HotLead:
    """What the order of the hot list is made of."""

    lead_id: str
    heat: int  #: place of the temperature in the file, 0 for the hottest
    score: float
    passed_at: datetime | None = None


def hot_order(lead: HotLead) -> tuple[int, float, float, str]:
    """Hottest first, then the highest score as it is shown, then what waits longest."""
    late = float("inf")
    return (
        lead.heat,
        -round(lead.score),
        lead.passed_at.timestamp() if lead.passed_at else late,
        lead.lead_id,
    )


def ranked(leads: Iterable[HotLead]) -> dict[str, int]:
    """Lead id -> rank, 1 for the one to call first; every rank is given once."""
    return {lead.lead_id: rank for rank, lead in enumerate(sorted(leads, key=hot_order), 1)}
