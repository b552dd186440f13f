"""Gathers from the ledger what reports are made of, and makes them by name."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connector.core.alarms import watch
from connector.core.events import EventKind
from connector.core.goals import reached
from connector.core.journeys import Journey
from connector.flows.measure import journeys_of
from connector.reports import packs
from connector.reports.document import Document, Period
from connector.reports.funnel import alarm_start, funnel_report
from connector.reports.recycle import recycle_report

if TYPE_CHECKING:
    from connector.wiring import Workbench

PACKS: Mapping[str, Callable[[packs.Material], Document]] = {
    "sources": packs.sources_report,
    "stock": packs.stock_report,
    "meeting": packs.meeting_report,
    "quarterly": packs.quarterly_report,
}
JOURNEYS = {"recycle": recycle_report, "funnel": funnel_report}
REPORTS = (*JOURNEYS, *PACKS)
MOST = 10_000


def make(bench: "Workbench", name: str, period: Period, language: str) -> Document:
    """One of REPORTS as a document."""
    now = bench.clock.now()
    since = min(alarm_start(now), period.since)
    journeys = journeys_of(bench.ledger, bench.ruleset.vocabulary, since=since)
    rehearsal = not bench.config.live
    if name in JOURNEYS:
        return JOURNEYS[name](
            journeys, bench.ruleset, period, now=now, language=language, rehearsal=rehearsal
        )
    return PACKS[name](
        packs.Material(
            journeys=journeys,
            ruleset=bench.ruleset,
            period=period,
            now=now,
            language=language,
            rehearsal=rehearsal,
            stock=tuple(bench.ledger.stock(now=now)),
            reached=reached(journeys, bench.ruleset.targets, _segments(bench, journeys), now=now),
            alarms=watch(
                journeys,
                now=now,
                since=alarm_start(now),
                alpha=bench.ruleset.targets.false_alarm_rate,
            ),
            decisions=bench.ledger.decisions(),
            promises=_promises(bench, period),
        )
    )


def _segments(bench: "Workbench", journeys: list[Journey]) -> Callable[[Journey, str], str]:
    """What a field of a journey's lead says; fields that no journey holds come from the lead."""
    targets = bench.ruleset.targets.targets
    names = {target.segment.partition("=")[0] for target in targets if target.segment}
    missing = sorted(name for name in names if name not in Journey.__dataclass_fields__)
    values: dict[str, dict[str, str]] = {}
    recent = bench.clock.now() - timedelta(days=400)
    ids = [j.lead_id for j in journeys if j.passed_at and j.passed_at >= recent] if missing else []
    for start in range(0, len(ids), MOST):
        with bench.ledger.transaction() as tx:
            for lead_id, row in tx.leads(ids[start : start + MOST]).items():
                values[lead_id] = {name: str(row.values.get(name) or "") for name in missing}

    def segment_of(journey: Journey, name: str) -> str:
        if name in missing:
            return values.get(journey.lead_id, {}).get(name, "")
        return str(getattr(journey, name, ""))

    return segment_of


def _promises(bench: "Workbench", period: Period) -> tuple[int, int]:
    """Promises kept and broken in the period."""
    counts = {EventKind.PROMISE_KEPT: 0, EventKind.PROMISE_BROKEN: 0}
    after = 0
    while page := bench.ledger.events(after=after, kinds=[k.value for k in counts], limit=MOST):
        after = page[-1].number
        for stored in page:
            if period.holds(stored.event.at):
                counts[stored.event.kind] += 1
    return counts[EventKind.PROMISE_KEPT], counts[EventKind.PROMISE_BROKEN]


def last(days: int, now: datetime) -> Period:
    """The last days, up to and with this moment."""
    return Period(since=now - timedelta(days=days), until=now + timedelta(seconds=1))
