"""The lead passport: one person's whole story, across cycles and across both systems."""

from collections.abc import Sequence
from datetime import datetime

from connector.core.because import Because
from connector.core.calendars import NEVER
from connector.core.events import Event
from connector.core.plan import ActionKind, ActionState, Destination
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.ports import LeadRow, Link, StoredAction, StoredEvent
from connector.reports.document import Document, Section, Table, Text
from connector.reports.labels import Say
from connector.reports.sentences import told
from connector.reports.words import Words, headings, words_of

SYSTEMS = {Destination.HUBSPOT: "HubSpot", Destination.SALESFORCE: "Salesforce"}


def passport(
    row: LeadRow,
    events: Sequence[StoredEvent],
    actions: Sequence[StoredAction],
    links: Sequence[Link],
    ruleset: Ruleset,
    commitment: Sequence[Section] = (),
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """Why sales has this lead and whether it was answered (`commitment`), then the whole story.

    Every line says when, what, who, and by which rule of which version of the files.

    It shows personal data on purpose: somebody asked for this one person.
    """
    words = words_of(language)
    because = Because(ruleset, language)
    name = _name(row) or row.state.lead_id
    return Document(
        name="lead",
        title=name,
        subtitle=_subtitle(row, ruleset, words, language),
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(
            _now(row, ruleset, words, language),
            *commitment,
            _story(events, ruleset, words, language),
            *_brief(actions, ruleset, words),
            _written(actions, words, because),
            _open(actions, words, because),
            *_given_up(actions, words),
            _identity(row, links, words),
        ),
    )


def _name(row: LeadRow) -> str:
    parts = (row.values.get("first_name"), row.values.get("last_name"))
    return " ".join(str(p) for p in parts if p)


def _subtitle(row: LeadRow, ruleset: Ruleset, words: Words, language: str) -> str:
    stage = ruleset.vocabulary.stages.get(row.state.stage)
    spoken = label(stage.labels, language, row.state.stage) if stage else row.state.stage
    company = str(row.values.get("company") or "")
    parts = (company, spoken, f"{words['cycle']} {row.state.cycle}", row.state.lead_id)
    return " · ".join(part for part in parts if part)


def _now(row: LeadRow, ruleset: Ruleset, words: Words, language: str) -> Section:
    owner = ruleset.people.persons.get(row.state.owner or "")
    sales = words["lead.with_sales"].format(owner=owner.name if owner else row.state.owner or "–")
    lines: list[tuple[str, str]] = [
        (words["lead.score"], _score(row, words)),
        (words["owner"], sales if row.state.owner else words["lead.no_owner"]),
    ]
    if row.goal:
        lines.append((words["lead.goal"], row.goal))
    if row.state.disposition:
        say = Say(ruleset, language, words)
        told = say.disposition(row.state.disposition)
        why = say.reason(row.state.reason) if row.state.reason else ""
        spoken = told if why in ("", told) else f"{told}: {why}"
        lines.append((words["reason"], spoken))
    if until := row.state.cool_down_until:
        said = words["recycle.aside"] if until == NEVER else f"{until:%Y-%m-%d}"
        lines.append((words["lead.cool_down"], said))
    table = Table(columns=headings(words, "lead.what", "lead.value"), rows=tuple(lines))
    return Section(heading=words["lead.now"], blocks=(table,), name="now")


def _score(row: LeadRow, words: Words) -> str:
    parts = words["lead.parts"].format(
        fit=round(row.score_fit),
        intent=round(row.score_intent),
        completeness=round(row.score_completeness),
    )
    return f"{row.score:.0f} {row.temperature} ({parts})"


def _story(events: Sequence[StoredEvent], ruleset: Ruleset, words: Words, language: str) -> Section:
    ordered = sorted(events, key=lambda e: (e.event.at, e.number))
    rows = tuple(
        (
            f"{stored.event.at:%Y-%m-%d %H:%M}",
            stored.event.cycle,
            told(stored.event, ruleset, language),
            _by(stored.event, ruleset),
            _rule(stored.event),
        )
        for stored in ordered
    )
    table = Table(
        columns=headings(words, "lead.when", "cycle", "lead.happened", "lead.by", "lead.rule"),
        rows=rows,
        empty=words["nothing"],
        asides=1,
        aside_under=2,
    )
    return Section(heading=words["lead.story"], blocks=(table,), name="story")


def _by(event: Event, ruleset: Ruleset) -> str:
    person = ruleset.people.persons.get(event.by)
    return person.name if person else event.by


def _rule(event: Event) -> str:
    place = f"{event.place}" if event.place.line else ""
    named = f"{event.rule} ({place})" if event.rule and place else event.rule or place
    return f"{named} @{event.ruleset[:7]}" if named and event.ruleset else named


def _brief(actions: Sequence[StoredAction], ruleset: Ruleset, words: Words) -> tuple[Section, ...]:
    """What sales was told last, as it was written."""
    rule = ruleset.fields.rules.get("handoff_brief")
    if rule is None or rule.salesforce is None:
        return ()
    briefs = [
        str(s.action.fields[rule.salesforce])
        for s in actions
        if s.state is ActionState.DONE and s.action.fields.get(rule.salesforce)
    ]
    if not briefs:
        return ()
    lines = tuple(Text(text=line) for line in briefs[-1].splitlines() if line.strip())
    return (Section(heading=words["lead.brief"], blocks=lines, name="brief"),)


def _written(actions: Sequence[StoredAction], words: Words, because: Because) -> Section:
    """What reached either system, with the names of the fields and the reason."""
    rows = tuple(
        (
            f"{s.done_at:%Y-%m-%d %H:%M}" if s.done_at else "",
            SYSTEMS.get(s.action.destination, s.action.destination.value),
            f"{s.action.kind} {s.action.record_kind}",
            ", ".join(sorted(s.action.fields)),
            because.told(s.action.because),
        )
        for s in actions
        if s.state is ActionState.DONE and s.action.destination is not Destination.NOWHERE
    )
    table = Table(
        columns=headings(
            words, "lead.when", "lead.where", "lead.what", "lead.fields", "lead.because"
        ),
        rows=rows,
        empty=words["lead.nothing_written"],
        asides=1,
        aside_under=1,
    )
    return Section(heading=words["lead.written"], blocks=(table,), name="written")


def _open(actions: Sequence[StoredAction], words: Words, because: Because) -> Section:
    waiting = [
        s
        for s in actions
        if s.state not in (ActionState.DONE, ActionState.DISMISSED)
        and s.action.kind is not ActionKind.SKIP
    ]
    rows = tuple(
        (
            s.state.value,
            SYSTEMS.get(s.action.destination, "–"),
            f"{s.action.kind} {s.action.record_kind}",
            s.action.problem.what if s.action.problem else because.told(s.action.because),
            s.action.problem.remedy if s.action.problem else "",
        )
        for s in waiting
    )
    table = Table(
        columns=headings(
            words, "lead.state", "lead.where", "lead.what", "lead.because", "lead.remedy"
        ),
        rows=rows,
        empty=words["lead.nothing_open"],
        asides=2,
        aside_under=1,
    )
    return Section(heading=words["lead.open"], blocks=(table,), name="open")


def _given_up(actions: Sequence[StoredAction], words: Words) -> tuple[Section, ...]:
    """What waited for a person, and was dismissed instead of mended."""
    rows = tuple(
        (
            f"{s.done_at:%Y-%m-%d %H:%M}" if s.done_at else "",
            SYSTEMS.get(s.action.destination, "–"),
            f"{s.action.kind} {s.action.record_kind}",
            s.action.problem.what,
        )
        for s in actions
        if s.state is ActionState.DISMISSED and s.action.problem
    )
    if not rows:
        return ()
    columns = headings(words, "lead.when", "lead.where", "lead.what", "lead.because")
    table = Table(columns=columns, rows=rows, asides=1, aside_under=1)
    return (Section(heading=words["lead.given_up"], blocks=(table,), name="given_up"),)


def _identity(row: LeadRow, links: Sequence[Link], words: Words) -> Section:
    rows = tuple(
        (
            f"contact {link.hubspot_id}",
            f"{link.salesforce_kind} {link.salesforce_id}",
            f"{link.since:%Y-%m-%d %H:%M}",
            f"{link.until:%Y-%m-%d %H:%M}" if link.until else "",
            link.why,
        )
        for link in links
    )
    if not rows:
        text = Text(text=f"HubSpot {row.hubspot_id}. {words['lead.not_linked']}")
        return Section(heading=words["lead.ids"], blocks=(text,), name="ids")
    table = Table(
        columns=(
            "HubSpot",
            "Salesforce",
            words["lead.since"],
            words["lead.until"],
            words["lead.because"],
        ),
        rows=rows,
        asides=1,
        aside_under=1,
    )
    return Section(heading=words["lead.ids"], blocks=(table,), name="ids")
