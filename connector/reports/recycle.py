"""The recycle report: who came back, why, from where, after how long, and what to do next."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.core.journeys import Journey
from connector.core.metrics import median, nearest_rank
from connector.core.rules.ruleset import Ruleset
from connector.reports.document import (
    Chart,
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
    spoken,
)
from connector.reports.labels import Say
from connector.reports.svg import bars
from connector.reports.words import Words, headings, leads, words_of

AGES = (1, 3, 7, 14, 30)  #: days; the last band is open


def recycle_report(
    journeys: Iterable[Journey],
    ruleset: Ruleset,
    period: Period,
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """What marketing reads: the leads that came back in the period (by the day they came back)."""
    everything = list(journeys)
    back = [j for j in everything if period.holds(j.recycled_at)]
    passed = [j for j in everything if period.holds(j.passed_at)]
    words = words_of(language)
    say = Say(ruleset, language, words)
    return Document(
        name="recycle",
        title=words["recycle.title"],
        subtitle=f"{ruleset.vocabulary.company} · {period}",
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(
            _numbers(back, passed, everything, words, language),
            _reasons(back, say, words),
            _next_steps(back, say, words),
            _origins(back, passed, say, words),
            _ages(back, words),
            _earlier(everything, say, words),
            _list(back, say, words),
        ),
        footnotes=(words["recycle.foot.back"], words["recycle.foot.passed"]),
    )


def _numbers(
    back: Sequence[Journey],
    passed: Sequence[Journey],
    everything: Sequence[Journey],
    words: Words,
    language: str,
) -> Section:
    cohort_back = sum(1 for j in passed if j.recycled_at is not None)
    days = sorted(_held(j) for j in back if j.passed_at)
    middle = spoken(median(days) if days else None, language)
    again = _again(everything)
    returned = [j for j in everything if j.recycled_at is not None]
    again_passed = sum(1 for j in returned if _passed_again(j, again))
    figures = (
        Figure(
            label=words["recycle.came_back"],
            value=number(len(back), language),
            definition=words["recycle.came_back.is"],
        ),
        Figure(
            label=words["recycle.share"],
            value=percent(cohort_back / len(passed) if passed else None, 1, language),
            definition=words["recycle.share.is"],
            detail=f"({cohort_back} / {len(passed)})",
        ),
        Figure(
            label=words["recycle.after"],
            value=middle,
            definition=words["recycle.after.is"],
            detail=f"({leads(len(days), words)})",
        ),
        Figure(
            label=words["recycle.again"],
            value=percent(again_passed / len(returned) if returned else None, 1, language),
            definition=words["recycle.again.is"],
            detail=f"({again_passed} / {len(returned)})",
        ),
    )
    return Section(heading=words["recycle.numbers"], blocks=(Figures(figures=figures),))


def _held(journey: Journey) -> timedelta:
    """From the hand-off to the return."""
    if journey.recycled_at is None or journey.passed_at is None:
        return timedelta(0)
    return max(journey.recycled_at - journey.passed_at, timedelta(0))


def _reasons(back: Sequence[Journey], say: Say, words: Words) -> Section:
    counts = Counter(j.reason for j in back)
    rows = [
        (say.reason(reason), count, percent(count / len(back), 1, words["language"]))
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    if not rows:
        return Section(heading=words["recycle.why"], blocks=(Text(text=words["nothing"]),))
    said = ", ".join(f"{name} {count} ({share})" for name, count, share in rows)
    chart = Chart(svg=bars(rows, words["recycle.why"]), words=said + ".")
    return Section(heading=words["recycle.why"], blocks=(chart,), name="reasons")


def _next_steps(back: Sequence[Journey], say: Say, words: Words) -> Section:
    """One step a programme, the one that most leads were given to first."""
    programmes = Counter(j.programme for j in back)
    steps = []
    for programme, count in sorted(programmes.items(), key=lambda item: (-item[1], item[0])):
        reasons = Counter(say.reason(j.reason) for j in back if j.programme == programme)
        named = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        said = words["recycle.for"].format(reasons=", ".join(f"{r} {n}" for r, n in named))
        what = words["recycle.leads"].format(
            programme=say.programme(programme), leads=leads(count, words)
        )
        none = words["recycle.no_steps"] if programme else words["recycle.aside.why"]
        steps.append((what, f"{said} {_joined(say.steps(programme)) or none}"))
    if not steps:
        return Section(heading=words["recycle.next"], blocks=(Text(text=words["nothing"]),))
    return Section(heading=words["recycle.next"], blocks=(Steps(steps=tuple(steps)),))


def _joined(steps: Sequence[str]) -> str:
    """Steps as running text: each is a sentence of its own."""
    return " ".join(step if step.endswith((".", "!", "?")) else f"{step}." for step in steps)


def _origins(back: Sequence[Journey], passed: Sequence[Journey], say: Say, words: Words) -> Section:
    blocks = []
    for name in ("source", "campaign", "segment"):
        by = _group(say, name)
        if len({by(j) for j in (*back, *passed)}) > 1 or name == "source":
            blocks.append(_origin_table(words[name], by, back, passed, words))
    blocks[-1] = replace(blocks[-1], note=words["recycle.where.note"])  # it holds for all of them
    return Section(heading=words["recycle.where"], blocks=tuple(blocks), name="origins")


def _group(say: Say, name: str) -> Callable[[Journey], str]:
    return lambda journey: say.group(name, getattr(journey, name))


def _origin_table(
    heading: str,
    by: Callable[[Journey], str],
    back: Sequence[Journey],
    passed: Sequence[Journey],
    words: Words,
) -> Table:
    came_back = Counter(by(j) for j in back)
    handed = Counter(by(j) for j in passed)
    cohort = Counter(by(j) for j in passed if j.recycled_at is not None)
    names = sorted({*came_back, *handed}, key=lambda n: (-came_back[n], -handed[n], n))
    rows = tuple(
        (
            name,
            handed[name],
            came_back[name],
            percent(cohort[name] / handed[name] if handed[name] else None, 1, words["language"]),
        )
        for name in names
    )
    return Table(
        columns=(heading, words["passed"], words["recycle.came_back"], words["recycle.share"]),
        rows=rows,
        empty=words["nothing"],
    )


def _ages(back: Sequence[Journey], words: Words) -> Section:
    days = sorted(_held(j) for j in back if j.passed_at)
    rows = []
    lower = 0
    for upper in (*AGES, None):
        limit = timedelta(days=upper) if upper is not None else timedelta.max
        count = sum(1 for d in days if timedelta(days=lower) <= d < limit)
        share = percent(count / len(days) if days else None, 1, words["language"])
        rows.append((_band(lower, upper, words), count, share))
        lower = upper or lower
    if not days:
        return Section(heading=words["recycle.when"], blocks=(Text(text=words["nothing"]),))
    said = words["recycle.when.words"].format(
        median=spoken(median(days), words["language"]),
        p90=spoken(nearest_rank(days, 0.9), words["language"]),
        leads=leads(len(days), words),
    )
    chart = Chart(svg=bars(rows, words["recycle.when"]), words=said)
    return Section(heading=words["recycle.when"], blocks=(chart,), name="ages")


def _band(lower: int, upper: int | None, words: Words) -> str:
    if upper is None:
        return words["recycle.over"].format(days=lower)
    if not lower:
        return words["recycle.under"].format(days=upper)
    return words["recycle.between"].format(since=lower, until=upper)


def _again(everything: Sequence[Journey]) -> dict[str, list[Journey]]:
    found: dict[str, list[Journey]] = {}
    for journey in everything:
        found.setdefault(journey.lead_id, []).append(journey)
    return found


def _passed_again(journey: Journey, by_lead: dict[str, list[Journey]]) -> bool:
    return any(
        j.cycle > journey.cycle and j.passed_at is not None for j in by_lead[journey.lead_id]
    )


def _earlier(everything: Sequence[Journey], say: Say, words: Words) -> Section:
    by_lead = _again(everything)
    groups: dict[str, list[Journey]] = {}
    for journey in everything:
        if journey.recycled_at is not None:
            groups.setdefault(journey.programme, []).append(journey)
    rows = []
    for programme, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        later = [j for m in members for j in by_lead[m.lead_id] if j.cycle > m.cycle]
        rows.append(
            (
                say.programme(programme),
                len(members),
                sum(1 for m in members if _passed_again(m, by_lead)),
                sum(1 for j in later if j.accepted_at is not None),
                sum(1 for j in later if j.won_at is not None),
            )
        )
    table = Table(
        columns=headings(
            words,
            "programme",
            "recycle.came_back",
            "recycle.passed_again",
            "accepted_after",
            "won_after",
        ),
        rows=tuple(rows),
        note=words["recycle.earlier.note"],
        empty=words["nothing"],
    )
    return Section(heading=words["recycle.earlier"], blocks=(table,), name="earlier")


def _list(back: Sequence[Journey], say: Say, words: Words) -> Section:
    rows = tuple(
        (
            j.lead_id,
            f"{j.recycled_at:%Y-%m-%d}",
            say.reason(j.reason),
            say.group("source", j.source),
            say.person(j.owner),
            j.cycle,
            say.programme(j.programme),
        )
        for j in sorted(back, key=lambda j: (j.reason, str(j.recycled_at), j.lead_id))
    )
    table = Table(
        columns=headings(words, "lead", "on", "reason", "source", "owner", "cycle", "programme"),
        rows=rows,
        note=words["recycle.list.note"],
        empty=words["nothing"],
    )
    return Section(heading=words["recycle.list"], blocks=(table,), name="leads")
