"""The two-sided scorecard, and one lead's answer: why she got it, and was it answered in time?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from connector.core.calendars import Calendars
from connector.core.clocks import Delays, delays
from connector.core.disputes import Contested
from connector.core.escalation import word_kept
from connector.core.events import Event, EventKind
from connector.core.promises import ClauseState, PromiseState
from connector.core.rules.promises import Clause, Side
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.ports import LeadRow
from connector.reports.document import (
    Block,
    Document,
    Figure,
    Figures,
    Period,
    Section,
    Table,
    Text,
    percent,
)
from connector.reports.promise_words import words_of
from connector.reports.words import Words

ENDED = (PromiseState.KEPT, PromiseState.BROKEN)


@dataclass(slots=True)
class _Count:
    """Promises of one clause or person."""

    now: dict[PromiseState, int] = field(default_factory=dict)
    late: int = 0
    kept: int = 0
    broken: int = 0
    taken: list[timedelta] = field(default_factory=list)

    def add(self, state: ClauseState, period: Period) -> None:
        if state.running and state.state is PromiseState.BROKEN:
            self.late += 1
        elif state.running:
            self.now[state.state] = self.now.get(state.state, 0) + 1
        if state.state in ENDED and period.holds(_moment(state)):
            kept = state.state is PromiseState.KEPT
            self.kept += kept
            self.broken += not kept
            if state.stopped_at is not None:
                self.taken.append(state.taken)

    @property
    def ended(self) -> int:
        return self.kept + self.broken

    def cells(self) -> tuple[int | str, ...]:
        return (
            self.now.get(PromiseState.OPEN, 0) + self.now.get(PromiseState.PAUSED, 0),
            self.now.get(PromiseState.AT_RISK, 0),
            self.late,
            self.kept,
            self.broken,
            percent(self.kept / self.ended if self.ended else None),
            spoken(_middle(self.taken)) if self.taken else "–",
        )


def _moment(state: ClauseState) -> datetime | None:
    """When a promise counts: kept when it was answered, broken when it fell due."""
    return state.due if state.state is PromiseState.BROKEN else state.stopped_at


def _middle(spans: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(span.total_seconds() for span in spans))


def spoken(span: timedelta) -> str:
    """A span as people say it: `1 d 2 h`, `3 h 05`, `12 min`."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02}" if rest else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def promises_report(
    states: Iterable[ClauseState],
    contested: Mapping[str, Contested],
    ruleset: Ruleset,
    period: Period,
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """Both sides of the bargain: each clause and each person, and who kept every promise."""
    words = words_of(language)
    everything = list(states)
    clauses: dict[str, _Count] = {name: _Count() for name in ruleset.promises.clauses}
    people: dict[str, _Count] = {}
    for state in everything:
        clauses[state.clause.name].add(state, period)
        people.setdefault(state.responsible, _Count()).add(state, period)
    return Document(
        name="promises",
        title=words["title"],
        subtitle=f"{ruleset.vocabulary.company} · {period}",
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(
            _numbers(clauses, ruleset, words),
            _clauses(clauses, ruleset, words, language),
            _people(people, ruleset, words),
            _kudos(everything, period, ruleset, words),
            _contested(contested, words),
        ),
    )


def _numbers(clauses: Mapping[str, _Count], ruleset: Ruleset, words: Words) -> Section:
    figures = []
    for side in Side:
        chosen = [c for n, c in clauses.items() if ruleset.promises.clauses[n].side is side]
        kept, ended = sum(c.kept for c in chosen), sum(c.ended for c in chosen)
        figures.append(
            Figure(
                label=words[side.value],
                value=percent(kept / ended if ended else None),
                definition=words["kept.is"],
                detail=f"({kept} / {ended})",
            )
        )
    running = sum(sum(c.now.values()) + c.late for c in clauses.values())
    late = sum(c.late for c in clauses.values())
    for name, value in (("running", running), ("late", late)):
        figures.append(Figure(label=words[name], value=str(value), definition=words[f"{name}.is"]))
    return Section(heading=words["short"], blocks=(Figures(figures=tuple(figures)),))


def _headings(words: Words) -> tuple[str, ...]:
    names = ("open", "at_risk", "overdue", "kept", "broken", "share", "median")
    return tuple(words[name] for name in names)


def _clauses(
    clauses: Mapping[str, _Count], ruleset: Ruleset, words: Words, language: str
) -> Section:
    rows = []
    for name, count in clauses.items():
        clause = ruleset.promises.clauses[name]
        if clause.at_least is None:
            side = words[f"side.{clause.side.value}"]
            rows.append((side, label(clause.labels, language, name), *count.cells()))
    table = Table(
        columns=(words["side"], words["clause"], *_headings(words)),
        rows=tuple(rows),
        note=words["clauses.note"],
    )
    return Section(heading=words["clauses"], blocks=(table,), name="clauses")


def _people(people: Mapping[str, _Count], ruleset: Ruleset, words: Words) -> Section:
    rows = tuple(
        (_name(key, ruleset) or "–", *count.cells())
        for key, count in sorted(people.items(), key=lambda item: (-item[1].late, item[0]))
    )
    table = Table(
        columns=(words["person"], *_headings(words)),
        rows=rows,
        note=words["people.note"],
        empty=words["kudos.none"],
    )
    return Section(heading=words["people"], blocks=(table,), name="people")


def _kudos(
    states: Sequence[ClauseState], period: Period, ruleset: Ruleset, words: Words
) -> Section:
    found = [one for one in word_kept(states, period.since, period.until) if one.all_kept]
    rows = tuple((_name(k.person, ruleset), k.kept, spoken(k.median_taken)) for k in found)
    table = Table(
        columns=(words["person"], words["kept"], words["median"]),
        rows=rows,
        empty=words["kudos.none"],
    )
    return Section(heading=words["kudos"], blocks=(table,), name="kudos")


def _contested(contested: Mapping[str, Contested], words: Words) -> Section:
    table = Table(
        columns=tuple(words[n] for n in ("rule", "disputed", "upheld", "rejected", "waiting")),
        rows=tuple(
            (name, c.disputed, c.upheld, c.rejected, c.waiting) for name, c in contested.items()
        ),
        note=words["disputes.note"],
        empty="–",
    )
    return Section(heading=words["disputes"], blocks=(table,), name="disputes")


def _name(key: str, ruleset: Ruleset) -> str:
    person = ruleset.people.persons.get(key)
    return person.name if person else key


# --- one lead ----------------------------------------------------------------------------------


def lead_promises(
    row: LeadRow,
    events: Sequence[Event],
    states: Sequence[ClauseState],
    ruleset: Ruleset,
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """Why this owner has this lead, what was promised, and whether it was kept."""
    words = words_of(language)
    return Document(
        name="lead-promises",
        title=words["title"],
        subtitle=f"{row.state.lead_id} · {words['lead.cycle']} {row.state.cycle}",
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(
            _why(row, events, ruleset, words),
            _answered(row, states, ruleset, words, language),
            _clocks(row, events, ruleset, words),
        ),
    )


GIVEN = (EventKind.ROUTED, EventKind.REASSIGNED, EventKind.PASSED_ON)


def _why(row: LeadRow, events: Sequence[Event], ruleset: Ruleset, words: Words) -> Section:
    given = [e for e in events if e.kind in GIVEN and e.cycle == row.state.cycle]
    given.sort(key=lambda event: event.at)
    if not given or row.state.owner is None:
        text = Text(text=words["lead.nobody"])
        return Section(heading=words["lead.why"].format(owner="–"), blocks=(text,), name="why")
    blocks: list[Block] = []
    for event in given:
        to = str(event.data.get("owner") or event.data.get("to") or "")
        rule = f" ({event.rule}, {event.place}, {event.ruleset[:7]})" if event.ruleset else ""
        told = f"{event.at:%Y-%m-%d %H:%M} → {_name(to, ruleset)}: {event.data.get('because')}"
        blocks.append(Text(text=told + rule))
        steps = event.data.get("steps")
        if isinstance(steps, list) and steps:
            rows = tuple((str(step),) for step in steps)
            blocks.append(Table(columns=(words["lead.step"],), rows=rows))
    heading = words["lead.why"].format(owner=_name(row.state.owner, ruleset))
    return Section(heading=heading, blocks=tuple(blocks), name="why")


def _answered(
    row: LeadRow, states: Sequence[ClauseState], ruleset: Ruleset, words: Words, language: str
) -> Section:
    if not states:
        text = Text(text=words["lead.none"])
        return Section(heading=words["lead.answered"], blocks=(text,), name="answered")
    rows = tuple(
        (
            label(state.clause.labels, language, state.clause.name),
            _name(state.responsible, ruleset),
            state.cycle,
            f"{state.started_at:%Y-%m-%d %H:%M}",
            f"{state.due:%Y-%m-%d %H:%M}",
            f"{state.stopped_at:%Y-%m-%d %H:%M}" if state.stopped_at else "",
            spoken(state.taken),
            words[f"is.{state.state.value}"],
        )
        for state in states
    )
    names = ("started", "due", "ended", "took", "state")
    table = Table(
        columns=(
            words["clause"],
            words["person"],
            words["lead.cycle"],
            *(words[f"lead.{name}"] for name in names),
        ),
        rows=rows,
    )
    verdict = _verdict(row, states, words, language)
    blocks: tuple[Block, ...] = (Text(text=verdict), table) if verdict else (table,)
    return Section(heading=words["lead.answered"], blocks=blocks, name="answered")


def _verdict(row: LeadRow, states: Sequence[ClauseState], words: Words, language: str) -> str:
    """One sentence on the tightest first answer of this cycle."""
    first = [s for s in states if s.cycle == row.state.cycle and _is_first_answer(s.clause)]
    if not first:
        return ""
    state = min(first, key=lambda one: (one.clause.within, one.started_at))
    sentence = "open"
    if state.state is PromiseState.KEPT:
        sentence = "yes"
    elif state.state is PromiseState.BROKEN:
        sentence = "no"
    return words[f"lead.{sentence}"].format(
        clause=label(state.clause.labels, language, state.clause.name),
        took=spoken(state.taken),
        within=spoken(state.clause.within),
        due=f"{state.due:%Y-%m-%d %H:%M} UTC",
    )


def _is_first_answer(clause: Clause) -> bool:
    return clause.side is Side.SALES and EventKind.TOUCHED in clause.stop


def _clocks(row: LeadRow, events: Sequence[Event], ruleset: Ruleset, words: Words) -> Section:
    found: Delays = delays(events, row.state.cycle, Calendars(ruleset.people), ruleset.people)
    rows = tuple(
        (words[f"lead.{name}"], spoken(span) if span is not None else words["lead.not_yet"])
        for name, span in (("system", found.system), ("human", found.human))
    )
    table = Table(columns=(words["lead.clocks"], words["lead.took"]), rows=rows)
    return Section(heading=words["lead.clocks"], blocks=(table,), name="clocks")
