"""Sections that several reports share: cohorts, states, trend, targets, alarms, stock."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from connector.core.alarms import Alarm
from connector.core.attribution import Model, credited
from connector.core.goals import Reached, Span, span_of
from connector.core.journeys import Journey, State
from connector.core.metrics import STEPS, figures
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.ports import StockLine
from connector.reports import charts
from connector.reports.document import (
    Cell,
    Chart,
    Period,
    Section,
    Steps,
    Table,
    Text,
    number,
    percent,
)
from connector.reports.labels import Say
from connector.reports.words import Words, headings


def cohorts(
    journeys: Iterable[Journey], words: Words, language: str, *, by: str = "month"
) -> Section:
    """The share of each month's, or week's, captured leads that reached each step."""
    groups: dict[str, list[Journey]] = {}
    for journey in journeys:
        at = journey.captured_at or journey.passed_at
        if at is not None and journey.is_counted:
            start = at.date() if by == "month" else at.date() - timedelta(days=at.weekday())
            groups.setdefault(f"{start:%Y-%m}" if by == "month" else f"{start}", []).append(journey)
    steps = STEPS[1:]
    rows = []
    for name in sorted(groups)[-12:]:
        found = figures(groups[name], currency="", rates={})
        base = len(groups[name])
        shares = [found.counts[step.name] / base for step in steps]
        rows.append((name, base, shares))
    if not rows:
        return Section(heading=words["cohorts"], blocks=(Text(text=words["nothing"]),))
    columns = [label(step.labels, language, step.name) for step in steps]
    chart = Chart(svg=charts.heat(columns, rows, words["cohorts"]), words=words["cohorts.is"])
    table = Table(
        columns=(words["cohort"], words["captured"], *columns),
        rows=tuple(
            (name, base, *(percent(s, 1, language) for s in shares)) for name, base, shares in rows
        ),
    )
    return Section(heading=words["cohorts"], blocks=(chart, table), name="cohorts")


def states(journeys: Iterable[Journey], words: Words, language: str) -> Section:
    """Where every passed lead is now: exactly one state each, and the sum closes."""
    found: dict[State, int] = {}
    for journey in journeys:
        if journey.state is not None:
            found[journey.state] = found.get(journey.state, 0) + 1
    total = sum(found.values())
    branches = [(words[f"state.{state.value}"], found.get(state, 0)) for state in State]
    said = " + ".join(f"{count} {name.lower()}" for name, count in branches if count)
    equation = f"{words['passed']} {number(total, language)} = {said or 0}."
    picture = charts.flow(words["passed"], total, branches, words["states"])
    chart = Chart(svg=picture, words=f"{equation} {words['states.is']}")
    return Section(heading=words["states"], blocks=(chart,), name="states")


def happened(journeys: Sequence[Journey], period: Period, words: Words, language: str) -> Section:
    """By period: what happened in it, whenever the leads began."""
    rows = [
        (
            label(step.labels, language, step.name),
            sum(1 for j in journeys if j.is_counted and period.holds(getattr(j, step.moment))),
        )
        for step in STEPS
    ]
    rows.append(
        (words["recycle.came_back"], sum(1 for j in journeys if period.holds(j.recycled_at)))
    )
    table = Table(
        columns=headings(words, "step", "count"), rows=tuple(rows), note=words["happened.is"]
    )
    return Section(heading=words["happened"], blocks=(table,), name="happened")


def trend(
    journeys: Sequence[Journey],
    words: Words,
    *,
    now: datetime,
    period: str = "month",
    count: int = 12,
    target: Decimal | None = None,
    alarms: Sequence[Alarm] = (),
) -> Section:
    """Leads passed by calendar period, beside their target, alarms marked."""
    spans = [span_of(period, now, before) for before in range(count - 1, -1, -1)]
    passed = [sum(1 for j in journeys if span.holds(j.passed_at)) for span in spans]
    while len(spans) > 2 and not passed[0]:  # the time before the first hand-off tells nothing
        spans, passed = spans[1:], passed[1:]
    form = "%Y-%m" if period in ("month", "quarter", "year") else "%m-%d"
    points = [(f"{s.since:{form}}", float(n)) for s, n in zip(spans, passed, strict=True)]
    marks = [
        (index, words["alarm"])
        for index, span in enumerate(spans)
        if any(a.is_ringing and span.holds(a.changed_at) for a in alarms)
    ]
    picture = charts.trend(
        points,
        words["trend"],
        target=float(target) if target is not None else None,
        target_word=words["target"],
        marks=marks,
        running=True,
    )
    said = ", ".join(f"{name}: {value:.0f}" for name, value in points)
    return Section(
        heading=words["trend"],
        blocks=(Chart(svg=picture, words=f"{words['trend.is']} {said}."),),
        name="trend",
    )


def span_name(period: str, span: Span) -> str:
    """A calendar period as people name it: 2026-06, 2026 Q2, 2026, or the first and last day."""
    last = span.until - timedelta(days=1)
    names = {
        "day": f"{span.since:%Y-%m-%d}",
        "month": f"{span.since:%Y-%m}",
        "quarter": f"{span.since:%Y} Q{(span.since.month + 2) // 3}",
        "year": f"{span.since:%Y}",
    }
    return names.get(period, f"{span.since:%m-%d} – {last:%m-%d}")


def _unit(metric: str, currency: str, words: Words) -> str:
    units = {"revenue": currency, "follow_up_time": words["median_hours"]}
    return f" ({units[metric]})" if metric in units else ""


def _amount(value: Decimal, language: str) -> str:
    return number(value, language, 0 if value == int(value) else 2)


def targets(found: Sequence[Reached], ruleset: Ruleset, words: Words, language: str) -> Section:
    """Targets against actuals, with what the time that is over would make one expect."""
    rows = []
    for one in found:
        metric = ruleset.targets.metric_labels.get(one.target.metric, {})
        course = {True: words["on_course"], False: words["behind"], None: "–"}[one.is_on_course]
        rows.append(
            (
                label(metric, language, one.target.metric)
                + _unit(one.target.metric, ruleset.targets.currency, words)
                + (f" · {one.target.segment}" if one.target.segment else ""),
                span_name(one.target.period, one.span),
                _amount(one.target.value, language),
                "–" if one.actual is None else _amount(one.actual, language),
                one.count,
                percent(one.share, 0, language),
                percent(one.passed, 0, language),
                course,
            )
        )
    table = Table(
        columns=headings(
            words,
            "metric",
            "period",
            "target",
            "actual",
            "behind_it",
            "reached",
            "time_over",
            "course",
        ),
        rows=tuple(rows),
        note=words["targets.is"],
        empty=words["nothing"],
    )
    return Section(heading=words["targets"], blocks=(table,), name="targets")


def attribution(
    journeys: Sequence[Journey], ruleset: Ruleset, by: str, say: Say, words: Words
) -> Section:
    """Revenue by first cycle, last cycle and split evenly among them."""
    currency, rates = ruleset.targets.currency, ruleset.targets.rates

    def group(journey: Journey) -> str:
        return str(getattr(journey, by))

    models = [credited(journeys, group, m, currency=currency, rates=rates) for m in Model]
    names = sorted({n for model in models for n in model}, key=lambda n: (-models[1].get(n, 0), n))
    rows = tuple(
        (
            say.group(by, name),
            *(number(model.get(name, Decimal(0)), words["language"]) for model in models),
        )
        for name in names
    )
    table = Table(
        columns=(words[by], *(f"{words[f'model.{m.value}']} ({currency})" for m in Model)),
        rows=rows,
        note=words["attribution.is"],
        empty=words["nothing"],
    )
    return Section(heading=words["attribution"], blocks=(table,), name="attribution")


def alarms(found: Sequence[Alarm], words: Words, language: str) -> Section:
    """Every watched rate: quiet, or since when it has shifted, and whom to ask."""
    labels = {step.name: label(step.labels, language, step.name) for step in STEPS}
    rows = []
    steps = []
    for one in found:
        (old, n_old), (new, n_new) = one.shift.before, one.shift.after
        rings = one.is_ringing
        rows.append(
            (
                f"{labels[one.start]} → {labels[one.end]} ({one.days} {words['days']})",
                words["alarm.rings"] if rings else words["alarm.quiet"],
                share_of(old, n_old, words) if rings else "",
                share_of(new, n_new, words) if rings else share_of(old + new, n_old + n_new, words),
            )
        )
        if one.is_ringing:
            since = f"{one.changed_at:%Y-%m-%d}" if one.changed_at else ""
            asked = "; ".join(
                f"{words[f'suspect.{s.kind}']} {s.name} ({s.explains * 100:.0f} %)".replace(
                    "  ", " "
                )
                for s in one.suspects
                if s.explains > 0.1
            )
            steps.append(
                (
                    f"{labels[one.start]} → {labels[one.end]}: {words['alarm.since']} {since}",
                    asked or words["alarm.nobody"],
                )
            )
    table = Table(
        columns=headings(words, "rate", "alarm", "before", "now"),
        rows=tuple(rows),
        note=words["alarm.is"].format(alpha=f"{found[0].alpha:.0%}" if found else "1%"),
    )
    blocks: tuple[Table | Steps, ...] = (table, *((Steps(steps=tuple(steps)),) if steps else ()))
    return Section(heading=words["alarms"], blocks=blocks, name="alarms")


def share_of(hits: int, count: int, words: Words) -> str:
    """A share and the number of leads behind it."""
    if not count:
        return "–"
    share = percent(hits / count, 1, words["language"])
    return words["share_of"].format(share=share, count=count)


def stock(lines: Sequence[StockLine], say: Say, words: Words) -> Section:
    """How many leads stand in each stage, and for how long."""
    return Section(
        heading=words["stock.stage"],
        blocks=(
            _stock_table(
                sorted(lines, key=lambda line: say.rank(line.stage)),
                words["stage"],
                lambda line: line.stage,
                say.stage,
                words,
                ranked=True,
            ),
        ),
        name="stock",
    )


def stock_by(lines: Sequence[StockLine], dimension: str, say: Say, words: Words) -> Section:
    """The same by segment or product."""
    return Section(
        heading=words["funnel.by"].format(what=words[dimension].lower()),
        blocks=(
            _stock_table(
                lines,
                words[dimension],
                lambda line: str(getattr(line, dimension)),
                lambda name: say.group(dimension, name),
                words,
            ),
        ),
        name=f"stock-{dimension}",
    )


def _stock_table(
    lines: Sequence[StockLine],
    heading: str,
    by: Callable[[StockLine], str],
    named: Callable[[str], str],
    words: Words,
    *,
    ranked: bool = False,
) -> Table:
    """A row a group: in the order of the lines where they are ranked, else the largest first."""
    bands = words["stock.ages"].split("|")
    counts: dict[str, list[int]] = {}
    for line in lines:
        counts.setdefault(by(line), [0] * len(bands))[line.age] += line.count
    groups = list(counts.items())
    if not ranked:
        groups.sort(key=lambda item: (-sum(item[1]), item[0]))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (named(name), sum(ages), *ages) for name, ages in groups
    )
    return Table(
        columns=(heading, words["count"], *bands),
        rows=rows,
        note=words["stock.is"],
        empty=words["nothing"],
    )
