"""Reports for meetings: sources, stock of leads, the fortnight's pack and the quarter's review."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.alarms import Alarm
from connector.core.decisions import Decision, before_after
from connector.core.goals import Reached, pipeline
from connector.core.intervals import Standing, standouts
from connector.core.journeys import DIMENSIONS, DealState, Journey
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.flows.learning import Lessons
from connector.ports import StockLine
from connector.reports import parts
from connector.reports.document import (
    Document,
    Figure,
    Figures,
    Period,
    Section,
    Steps,
    Table,
    Text,
    number,
    percent,
)
from connector.reports.labels import Say
from connector.reports.proposals import proposals
from connector.reports.words import Words, headings, words_of

SALES_NOTE = "sales_note"  #: the agreed field in which a rep comments on a lead
MOST_NOTES = 40
LOOK_BACK = timedelta(days=91)  #: a fortnight alone is too short to tell chance from skill


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a rep wrote about a lead that was answered at `at`."""

    at: datetime
    journey: Journey
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a pack is made of; gathered by the flow, printed here."""

    journeys: Sequence[Journey]
    ruleset: Ruleset
    period: Period
    now: datetime
    language: str = "en"
    rehearsal: bool = False
    stock: Sequence[StockLine] = ()
    reached: Sequence[Reached] = ()
    alarms: Sequence[Alarm] = ()
    decisions: Sequence[Decision] = ()
    promises: tuple[int, int] = (0, 0)  #: kept and broken in the period
    notes: Sequence[Note] = ()  #: newest first
    lessons: Lessons | None = None  #: of the quarterly review

    @property
    def words(self) -> Words:
        return words_of(self.language)

    @property
    def say(self) -> Say:
        return Say(self.ruleset, self.language, self.words)


def sources_report(given: Material) -> Document:
    """Where leads come from and what becomes of them, credited three ways."""
    cohort = [j for j in given.journeys if given.period.holds(j.captured_at or j.passed_at)]
    words, say = given.words, given.say
    sections = [parts.cohorts(cohort, words, given.language)]
    for name in DIMENSIONS:
        if len({getattr(j, name) for j in given.journeys if j.deals}) > 1 or name == "source":
            found = parts.attribution(given.journeys, given.ruleset, name, say, words)
            title = f"{found.heading}: {words[name].lower()}"
            sections.append(Section(heading=title, blocks=found.blocks, name=f"attribution-{name}"))
    sections.append(_standouts(given, works=True))
    sections.append(_standouts(given, works=False))
    return _document(given, "sources", sections)


def stock_report(given: Material) -> Document:
    """The reservoir: by stage, segment, product and age; and where the passed leads are."""
    sections = [
        parts.stock(given.stock, given.say, given.words),
        parts.stock_by(given.stock, "segment", given.say, given.words),
        parts.stock_by(given.stock, "product", given.say, given.words),
        parts.states(given.journeys, given.words, given.language),
    ]
    return _document(given, "stock", sections)


def meeting_report(given: Material) -> Document:
    """The pack for the meeting every two weeks."""
    words = given.words
    sections = [
        parts.targets(given.reached, given.ruleset, words, given.language),
        _coverage(given),
        parts.happened(given.journeys, given.period, words, given.language),
        _standouts(given, works=True),
        _standouts(given, works=False),
        _deals(given, DealState.WON, "meeting.wins"),
        _deals(given, DealState.LOST, "meeting.losses"),
        _comments(given),
        _process(given),
        parts.alarms(given.alarms, words, given.language),
        _campaigns(given),
        _decisions(given),
    ]
    return _document(given, "meeting", sections)


def quarterly_report(given: Material) -> Document:
    """Trends, proposals, and what every adopted change brought."""
    words = given.words
    wanted = [
        t.value
        for t in given.ruleset.targets.targets
        if t.metric == "qualified_passed" and t.period == "month" and not t.segment
    ]
    sections = [
        parts.trend(
            given.journeys,
            words,
            now=given.now,
            target=wanted[0] if wanted else None,
            alarms=given.alarms,
        ),
        parts.cohorts(given.journeys, words, given.language),
        parts.states(given.journeys, words, given.language),
        parts.targets(given.reached, given.ruleset, words, given.language),
        parts.alarms(given.alarms, words, given.language),
        _standouts(given, works=True),
        _standouts(given, works=False),
        *_proposals(given),
        _decisions(given),
    ]
    return _document(given, "quarterly", sections)


def _document(given: Material, name: str, sections: Sequence[Section]) -> Document:
    return Document(
        name=name,
        title=given.words[f"{name}.title"],
        subtitle=f"{given.ruleset.vocabulary.company} · {given.period}",
        language=given.language,
        made_at=given.now,
        ruleset=given.ruleset.version,
        sections=tuple(sections),
        rehearsal=given.rehearsal,
    )


def _standouts(given: Material, *, works: bool) -> Section:
    words, say = given.words, given.say
    heading = words["meeting.works" if works else "meeting.not"]
    since = min(given.period.since, given.now - LOOK_BACK)
    passed = [j for j in given.journeys if j.passed_at and j.passed_at >= since]
    found = standouts(passed, (*DIMENSIONS, "owner"), lambda j: j.accepted_at is not None)
    chosen = [one for one in found if (one.lift > 1) is works]
    if not chosen:
        return Section(heading=heading, blocks=(Text(text=words["meeting.few"]),))
    ordered = chosen if works else chosen[::-1]
    steps = tuple((_standing(one, words, say), words["meeting.beyond"]) for one in ordered[:6])
    return Section(heading=heading, blocks=(Steps(steps=steps),))


def _standing(one: Standing, words: Words, say: Say) -> str:
    return words["meeting.rate"].format(
        name=f"{words[one.dimension]} {say.group(one.dimension, one.group)}",
        rate=percent(one.hits / one.count, 0, words["language"]),
        count=one.count,
        other=percent(one.other_hits / one.other_count, 0, words["language"]),
    )


def _deals(given: Material, state: DealState, heading: str) -> Section:
    words, say = given.words, given.say
    rows = tuple(
        (
            journey.lead_id,
            f"{deal.closed_at:%Y-%m-%d}",
            say.group("source", journey.source),
            say.person(journey.owner),
            journey.cycle,
            f"{number(deal.value, given.language)} {deal.currency}".strip(),
        )
        for journey in given.journeys
        for deal in journey.deals
        if deal.state is state and given.period.holds(deal.closed_at)
    )
    table = Table(
        columns=(
            *(words["lead"], words["on"], words["source"], words["owner"], words["cycle"]),
            words["amount"],
        ),
        rows=tuple(sorted(rows, key=lambda row: (row[1], row[0]))),
        empty=words["nothing"],
    )
    return Section(heading=words[heading], blocks=(table,), name=heading.partition(".")[2])


def _comments(given: Material) -> Section:
    words, say = given.words, given.say
    back = [j for j in given.journeys if given.period.holds(j.rejected_at)]
    counts = Counter((j.reason, j.owner) for j in back)
    rows = tuple(
        (say.reason(reason), say.person(owner), count)
        for (reason, owner), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    table = Table(
        columns=headings(words, "reason", "owner", "count"),
        rows=rows,
        note=words["meeting.comments.is"],
        empty=words["nothing"],
    )
    return Section(
        heading=words["meeting.comments"], blocks=(table, _notes(given)), name="comments"
    )


def _notes(given: Material) -> Table:
    """In their own words: the newest, each with the lead and what was answered."""
    words, say = given.words, given.say
    rows = tuple(
        (
            f"{note.at:%Y-%m-%d}",
            note.journey.lead_id,
            say.person(note.journey.owner),
            words[f"answer.{note.journey.answer}"] if note.journey.answer else "",
            note.text,
        )
        for note in given.notes[:MOST_NOTES]
    )
    columns = (words["on"], words["lead"], words["owner"], words["answer"], words["meeting.notes"])
    return Table(
        columns=columns,
        rows=rows,
        note=words["meeting.notes.is"].format(shown=len(rows), count=len(given.notes)),
        empty=words["meeting.notes.none"],
    )


def _process(given: Material) -> Section:
    words = given.words
    kept, broken = given.promises
    passed = [j for j in given.journeys if given.period.holds(j.passed_at)]
    back = [j for j in given.journeys if given.period.holds(j.rejected_at)]
    shares = (
        ("meeting.kept", kept, kept + broken),
        ("meeting.answered", sum(1 for j in passed if j.answered_at), len(passed)),
        ("meeting.reasoned", sum(1 for j in back if j.reason), len(back)),
    )
    figures = tuple(
        Figure(
            label=words[name],
            value=percent(hits / count if count else None, 0, given.language),
            definition=words[f"{name}.is"],
            detail=f"({hits} / {count})",
        )
        for name, hits, count in shares
    )
    return Section(heading=words["meeting.process"], blocks=(Figures(figures=figures),))


def _coverage(given: Material) -> Section:
    words, rules = given.words, given.ruleset.targets
    wanted = next((r for r in given.reached if r.target.metric == "revenue"), None)
    hot = pipeline(given.journeys, rules.currency, rules.rates, given.now)
    share = float(hot / wanted.target.value) if wanted and wanted.target.value else None
    figure = Figure(
        label=words["meeting.coverage"],
        value=percent(share, 0, given.language),
        definition=words["meeting.coverage.is"],
        detail=f"({number(hot, given.language)} {rules.currency})",
    )
    return Section(heading=words["meeting.coverage"], blocks=(Figures(figures=(figure,)),))


def _campaigns(given: Material) -> Section:
    words = given.words
    rows = tuple(
        (label(c.labels, given.language, c.name), str(c.starts_on), c.expected_leads)
        for c in given.ruleset.targets.campaigns
        if c.starts_on >= given.now.date()
    )
    table = Table(
        columns=headings(words, "campaign", "meeting.start", "meeting.expected"),
        rows=rows,
        empty=words["nothing"],
    )
    return Section(heading=words["meeting.campaigns"], blocks=(table,), name="campaigns")


def _proposals(given: Material) -> tuple[Section, ...]:
    if given.lessons is None:
        return ()
    return (proposals(given.lessons, given.ruleset, given.words, given.language),)


def _decisions(given: Material) -> Section:
    words = given.words
    rows = []
    for one in given.decisions:
        before, after = before_after(one, given.journeys, given.now)
        rows.append(
            (
                one.what,
                f"{one.decided_at:%Y-%m-%d}",
                f"{one.review_at:%Y-%m-%d}" + (" ▲" if one.review_at <= given.now else ""),
                f"{one.start} → {one.end}",
                parts.share_of(*before, words),
                parts.share_of(*after, words),
            )
        )
    table = Table(
        columns=(
            *(words["meeting.decision"], words["meeting.decided"], words["meeting.review"]),
            *(words["meeting.metric"], words["before"], words["now"]),
        ),
        rows=tuple(rows),
        empty=words["meeting.no_decisions"],
    )
    return Section(heading=words["meeting.decisions"], blocks=(table,), name="decisions")
