"""Gathers from the ledger what reports are made of, and makes them by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from connector.core.alarms import Alarm, watch
from connector.core.disputes import contested_rules
from connector.core.events import EventKind
from connector.core.goals import Reached, reached
from connector.core.journeys import Journey
from connector.core.promises import ClauseState, Promises
from connector.core.pursuit import asleep, pursuit
from connector.flows.learning import Lessons, learn
from connector.flows.measure import journeys_of
from connector.flows.standings import standings
from connector.ports import StockLine
from connector.reports import packs
from connector.reports.document import Document, Period
from connector.reports.follow_up import Pursued, Sleeping, follow_up_report
from connector.reports.funnel import alarm_start, funnel_report
from connector.reports.promises import promises_report
from connector.reports.recycle import recycle_report

if TYPE_CHECKING:
    from connector.wiring import Workbench

PACKS: Mapping[str, Callable[[packs.Material], Document]] = {
    "sources": packs.sources_report,
    "stock": packs.stock_report,
    "meeting": packs.meeting_report,
    "quarterly": packs.quarterly_report,
}
REPORTS = ("recycle", "funnel", "promises", "follow-up", *PACKS)
MOST = 10_000
#: Whoever has one of these may be with sales now, or have a deal that sleeps.
FOLLOWED = (EventKind.HANDED_OFF, EventKind.OPPORTUNITY_CREATED, EventKind.REOPENED)


@dataclass(slots=True, kw_only=True)
class _Course:
    """What was promised to whom, and the leads and deals that are with sales now."""

    states: list[ClauseState] = field(default_factory=list)  #: running, or ended in the span
    pursued: list[Pursued] = field(default_factory=list)
    sleeping: list[Sleeping] = field(default_factory=list)


class Gathering:
    """What the reports of one moment share: read once, however many of them are made.

    Good for periods that begin at `since` or later.
    """

    def __init__(self, bench: "Workbench", since: datetime) -> None:
        self.bench = bench
        self.now = bench.clock.now()
        self._reported = since
        self._since = min(alarm_start(self.now), since)

    @cached_property
    def journeys(self) -> list[Journey]:
        bench = self.bench
        return journeys_of(bench.ledger, bench.ruleset.vocabulary, since=self._since)

    @cached_property
    def alarms(self) -> list[Alarm]:
        return watch(
            self.journeys,
            now=self.now,
            since=alarm_start(self.now),
            alpha=self.bench.ruleset.targets.false_alarm_rate,
        )

    @cached_property
    def reached(self) -> list[Reached]:
        targets = self.bench.ruleset.targets
        return reached(self.journeys, targets, self.segment_of, now=self.now)

    @cached_property
    def stock(self) -> tuple[StockLine, ...]:
        return tuple(self.bench.ledger.stock(now=self.now))

    def make(self, name: str, period: Period, language: str) -> Document:
        """One of REPORTS as a document."""
        if name == "promises":
            return self._promises(period, language)
        if name == "follow-up":
            return self._follow_up(language)
        if name == "recycle":
            return recycle_report(
                self.journeys,
                self.bench.ruleset,
                period,
                now=self.now,
                language=language,
                rehearsal=not self.bench.config.live,
            )
        material = self._material(name, period, language)
        if name == "quarterly":
            material = replace(material, lessons=self._lessons)
        return funnel_report(material) if name == "funnel" else PACKS[name](material)

    def _material(self, name: str, period: Period, language: str) -> packs.Material:
        bench = self.bench
        return packs.Material(
            journeys=self.journeys,
            ruleset=bench.ruleset,
            period=period,
            now=self.now,
            language=language,
            rehearsal=not bench.config.live,
            stock=self.stock,
            reached=self.reached,
            alarms=self.alarms,
            decisions=bench.ledger.decisions(),
            promises=_kept(bench, period) if name == "meeting" else (0, 0),
            notes=_notes(bench, self.journeys, period) if name == "meeting" else (),
        )

    @cached_property
    def _lessons(self) -> Lessons:
        """What became of the passed leads says of the definition."""
        return learn(
            self.bench.ledger,
            self.bench.ruleset,
            self.journeys,
            now=self.now,
            since=None,
            by="accepted",
            progress=lambda _what, _count: None,
        )

    @cached_property
    def _course(self) -> _Course:
        """One look at everything that was promised, for both reports that tell of it."""
        bench, rules = self.bench, self.bench.ruleset
        with bench.ledger.transaction() as tx:
            with_sales = {row.state.lead_id for row in tx.open_leads()}
        promises = Promises(rules)
        stalled_after = timedelta(days=rules.recycling.stalled_after_days)
        found = _Course()
        for row, events, states in standings(bench.ledger, rules, self.now, also=FOLLOWED):
            lead_id, cycle = row.state.lead_id, row.state.cycle
            found.states += [s for s in states if s.running or _last(s) >= self._reported]
            if lead_id in with_sales:
                course = pursuit(lead_id, cycle, events, states, promises, self.now)
                found.pursued.append(Pursued(row=row, pursuit=course))
            deals = asleep(lead_id, events, stalled_after)
            found.sleeping += [Sleeping(row=row, deal=deal) for deal in deals]
        return found

    def _promises(self, period: Period, language: str) -> Document:
        """The two-sided scorecard."""
        bench = self.bench
        kinds = ("disputed", "dispute_settled")
        told = [entry.event for entry in bench.ledger.every_event(kinds=kinds)]
        return promises_report(
            self._course.states,
            contested_rules(told),
            bench.ruleset,
            period,
            now=self.now,
            language=language,
            rehearsal=not bench.config.live,
        )

    def _follow_up(self, language: str) -> Document:
        """Next steps, missing notes and last contacts of the leads that are with sales now."""
        return follow_up_report(
            self._course.pursued,
            self._course.sleeping,
            self.bench.ruleset,
            now=self.now,
            language=language,
            rehearsal=not self.bench.config.live,
        )

    def segment_of(self, journey: Journey, name: str) -> str:
        """What a field of a journey's lead says; what no journey holds comes from the lead."""
        if name in self._segments:
            return self._segments[name].get(journey.lead_id, "")
        return str(getattr(journey, name, ""))

    @cached_property
    def _segments(self) -> dict[str, dict[str, str]]:
        """field -> lead -> value, of the fields that targets name and no journey holds."""
        targets = self.bench.ruleset.targets.targets
        names = {target.segment.partition("=")[0] for target in targets if target.segment}
        missing = sorted(name for name in names if name not in Journey.__dataclass_fields__)
        recent = self.now - timedelta(days=400)
        ids = [j.lead_id for j in self.journeys if j.passed_at and j.passed_at >= recent]
        found: dict[str, dict[str, str]] = {name: {} for name in missing}
        for start in range(0, len(ids) if missing else 0, MOST):
            with self.bench.ledger.transaction() as tx:
                for lead_id, row in tx.leads(ids[start : start + MOST]).items():
                    for name in missing:
                        found[name][lead_id] = str(row.values.get(name) or "")
        return found


def make(bench: "Workbench", name: str, period: Period, language: str) -> Document:
    """One of REPORTS as a document."""
    return Gathering(bench, period.since).make(name, period, language)


def _notes(
    bench: "Workbench", journeys: Sequence[Journey], period: Period
) -> tuple[packs.Note, ...]:
    """What sales wrote about the leads it answered in the period, newest answer first."""
    said = {
        journey.lead_id: (at, journey)
        for journey in journeys
        for at in (journey.accepted_at, journey.rejected_at)
        if at is not None and period.holds(at)
    }
    found = []
    ids = sorted(said)
    for start in range(0, len(ids), MOST):
        with bench.ledger.transaction() as tx:
            for lead_id, row in tx.leads(ids[start : start + MOST]).items():
                text = str(row.values.get(packs.SALES_NOTE) or "").strip()
                at, journey = said[lead_id]
                if text:
                    found.append(packs.Note(at=at, journey=journey, text=text))
    return tuple(sorted(found, key=lambda note: (note.at, note.journey.lead_id), reverse=True))


def _last(state: ClauseState) -> datetime:
    return max(state.due, state.stopped_at or state.due)


def _kept(bench: "Workbench", period: Period) -> tuple[int, int]:
    """Promises kept and broken in the period."""
    counts = {EventKind.PROMISE_KEPT: 0, EventKind.PROMISE_BROKEN: 0}
    for stored in bench.ledger.every_event(kinds=[kind.value for kind in counts]):
        if period.holds(stored.event.at):
            counts[stored.event.kind] += 1
    return counts[EventKind.PROMISE_KEPT], counts[EventKind.PROMISE_BROKEN]


def last(days: int, now: datetime) -> Period:
    """The last days, up to and with this moment."""
    return Period(since=now - timedelta(days=days), until=now + timedelta(seconds=1))
