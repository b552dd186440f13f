"""The funnel: every step with its count and its rate, by cohort and by group."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from connector.core.journeys import Journey
from connector.core.metrics import STEPS, Duration, figures, grouped
from connector.core.metrics import Figures as Metrics
from connector.core.rules.vocabulary import label
from connector.reports import parts
from connector.reports.document import (
    Chart,
    Document,
    Figure,
    Figures,
    Period,
    Section,
    Table,
    number,
    percent,
    spoken,
)
from connector.reports.labels import Say
from connector.reports.packs import Material
from connector.reports.svg import funnel as draw_funnel
from connector.reports.words import Words, headings, leads

GROUPS = (
    *("source", "campaign", "segment", "product", "team", "owner", "rule", "ruleset", "cycle"),
)


def funnel_report(given: Material) -> Document:
    """The shared metrics of the cohort that was captured, or returned, in the period."""
    everything, period, language = given.journeys, given.period, given.language
    ruleset, words, say = given.ruleset, given.words, given.say
    cohort = [j for j in everything if j.is_counted and period.holds(j.captured_at or j.passed_at)]
    currency, rates = ruleset.targets.currency, ruleset.targets.rates
    whole = figures(cohort, currency=currency, rates=rates)
    groups = [(name, grouped(cohort, _by(name), currency=currency, rates=rates)) for name in GROUPS]
    tables = tuple(_by_table(name, found, say, words) for name, found in groups if len(found) > 1)
    return Document(
        name="funnel",
        title=words["funnel.title"],
        subtitle=f"{ruleset.vocabulary.company} · {period}",
        language=language,
        made_at=given.now,
        ruleset=ruleset.version,
        rehearsal=given.rehearsal,
        sections=(
            _chart(whole, words, language),
            _speed(whole, words, language),
            _steps(whole, words, language),
            parts.states(cohort, words, language),
            parts.cohorts(cohort, words, language, by="week" if _is_short(period) else "month"),
            parts.happened(everything, period, words, language),
            parts.attribution(everything, ruleset, "source", say, words),
            parts.alarms(given.alarms, words, language),
            *(
                Section(
                    heading=words["funnel.by"].format(what=table.columns[0].lower()),
                    blocks=(table,),
                    name=table.columns[0].lower(),
                )
                for table in tables
            ),
        ),
    )


def _chart(whole: Metrics, words: Words, language: str) -> Section:
    steps = [(label(s.labels, language, s.name), whole.counts[s.name]) for s in STEPS]
    rates = [percent(rate, 1, language) for _, _, rate in whole.steps()]
    said = " → ".join(f"{name} {number(count, language)}" for name, count in steps)
    chart = Chart(svg=draw_funnel(steps, rates, words["funnel.chart"]), words=said)
    return Section(heading=words["funnel.chart"], blocks=(chart,), name="chart")


def _speed(whole: Metrics, words: Words, language: str) -> Section:
    missing = ", ".join(f"{amount} {currency}" for currency, amount in whole.unconverted.items())
    deals = words["funnel.deals"].format(count=whole.counts["won"])
    money = words["funnel.money.missing"].format(amounts=missing) if missing else ""
    return Section(
        heading=words["funnel.delays"],
        blocks=(
            Figures(
                figures=(
                    _delay(words, "funnel.system", whole.system_delay, language),
                    _delay(words, "funnel.human", whole.human_delay, language),
                    Figure(
                        label=words["funnel.money"],
                        value=f"{number(int(whole.revenue), language)} {whole.currency}",
                        definition=words["funnel.money.is"],
                        detail=f"{deals} {money}".rstrip(),
                    ),
                    Figure(
                        label=words["funnel.open"],
                        value=number(whole.waiting, language),
                        definition=words["funnel.open.is"],
                    ),
                )
            ),
        ),
    )


def _delay(words: Words, name: str, duration: Duration, language: str) -> Figure:
    detail = ""
    if duration.p90 is not None:
        detail = words["funnel.p90"].format(
            p90=spoken(duration.p90, language), leads=leads(duration.count, words)
        )
    return Figure(
        label=words[name],
        value=spoken(duration.median, language),
        definition=words[f"{name}.is"],
        detail=detail,
    )


def _steps(whole: Metrics, words: Words, language: str) -> Section:
    rates = {end: rate for _, end, rate in whole.steps()}
    rows = tuple(
        (
            label(step.labels, language, step.name),
            whole.counts[step.name],
            percent(rates[step.name], 1, language) if step.name in rates else "",
            step.definitions.get(language, step.definitions["en"]),
        )
        for step in STEPS
    )
    table = Table(
        columns=headings(words, "step", "count", "rate", "definition"),
        rows=rows,
        note=words["funnel.rate.note"],
    )
    return Section(heading=words["funnel.steps"], blocks=(table,), name="steps")


def _by(name: str) -> Callable[[Journey], str]:
    return lambda journey: str(getattr(journey, name))


def _is_short(period: Period) -> bool:
    return period.until - period.since <= timedelta(days=100)


def alarm_start(now: datetime) -> datetime:
    """Alarms look back to the January before this year's, and so begin anew each January."""
    return now.replace(year=now.year - 1, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _by_table(name: str, found: Sequence[Metrics], say: Say, words: Words) -> Table:
    language = words["language"]
    rows = tuple(
        (
            say.group(name, f.group),
            f.counts["captured"],
            f.counts["passed"],
            percent(f.rate("captured", "passed"), 1, language),
            f.counts["accepted"],
            percent(f.rate("passed", "accepted"), 1, language),
            f.counts["won"],
            percent(f.rate("passed", "won"), 1, language),
            number(f.revenue, language),
        )
        for f in found
    )
    return Table(
        columns=(
            words[name],
            words["captured"],
            words["passed"],
            words["rate.passed"],
            words["accepted"],
            words["rate.accepted"],
            words["won"],
            words["rate.won"],
            words["revenue"],
        ),
        rows=rows,
        note=words["funnel.by.note"].format(currency=found[0].currency),
    )
