"""The two-sided scorecard: each clause and each person, and who kept every promise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from connector.core.disputes import Contested
from connector.core.escalation import word_kept
from connector.core.promises import ClauseState, PromiseState
from connector.core.rules.promises import ClockKind, Side
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.reports.document import (
    Document,
    Figure,
    Figures,
    Period,
    Section,
    Table,
    percent,
)
from connector.reports.promise_words import words_of
from connector.reports.words import Words, headings

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


def spoken(span: timedelta, clock: ClockKind = ClockKind.CALENDAR) -> str:
    """A span as people say it: `1 d 2 h`, `3 h 05`, `12 min`; working hours never as days, since
    nobody works 24 of them in one."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48 or clock is ClockKind.BUSINESS:
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
        columns=headings(words, "person", "kept", "median"),
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
