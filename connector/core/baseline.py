"""Targets and times that the history bears out, beside those that the files promise.

A figure is proposed where the past is long enough: the median of the latest full periods, so that
every second period would have reached it; the time in which four of five promises were answered,
where fewer kept the present one, or where half of it would do.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import median

from connector.core.goals import LESS_IS_BETTER, Reached, SegmentOf, reached
from connector.core.journeys import Journey
from connector.core.metrics import nearest_rank
from connector.core.promises import ClauseState, PromiseState
from connector.core.rules.promises import Clause, ClockKind
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.targets import MetricTarget

PERIODS = 6  #: the latest full periods that are looked at
LEAST_PERIODS = 3
LEAST_RUNS = 20  #: promises that must have ended
SHARE = 0.8  #: of the promises that a proposed time would have kept
HISTORY = timedelta(days=182)  #: how far back promises are looked at
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetBaseline:
    """One target beside the latest full periods; `proposed` is None where they are too few."""

    target: MetricTarget
    number: int  #: its place in the file's list
    since: datetime
    until: datetime
    figures: tuple[Decimal, ...]  #: of each period, oldest first
    count: int  #: leads or deals behind them
    met: int  #: periods in which the target was reached
    proposed: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseBaseline:
    """One promise beside how it was kept; `proposed` is a time, or a number of leads."""

    clause: Clause
    since: datetime
    until: datetime
    count: int  #: promises whose time was over; of a volume: periods
    kept: int
    usual: timedelta | int | None  #: the median; None where half were not answered at all
    proposed: timedelta | int | None

    @property
    def now(self) -> timedelta | int:
        """What the file says: a time, or for a volume a number of leads."""
        return self.clause.within if self.clause.at_least is None else self.clause.at_least

    @property
    def is_due_later(self) -> bool:
        """Whether the steps that follow a breach would begin before the proposed time is over."""
        if not isinstance(self.proposed, timedelta):
            return False
        return any(step.after < self.proposed for step in self.clause.escalations)


def of_targets(
    journeys: Sequence[Journey], ruleset: Ruleset, segment_of: SegmentOf, *, now: datetime
) -> list[TargetBaseline]:
    """Every target of the files; periods before the first hand-off are no history."""
    first = min((j.passed_at for j in journeys if j.passed_at), default=now)
    back = [
        reached(journeys, ruleset.targets, segment_of, now=now, before=before)
        for before in range(PERIODS, 0, -1)
    ]
    found = []
    for number, target in enumerate(ruleset.targets.targets):
        seen = [one[number] for one in back if one[number].span.since >= first]
        found.append(_target(number, target, seen, now))
    return found


def _target(
    number: int, target: MetricTarget, seen: Sequence[Reached], now: datetime
) -> TargetBaseline:
    known = [one for one in seen if one.actual is not None]
    figures = tuple(one.actual for one in known if one.actual is not None)
    less = target.metric in LESS_IS_BETTER
    met = sum(figure <= target.value if less else figure >= target.value for figure in figures)
    enough = len(figures) >= LEAST_PERIODS
    return TargetBaseline(
        target=target,
        number=number,
        since=known[0].span.since if known else now,
        until=known[-1].span.until if known else now,
        figures=figures,
        count=sum(one.count for one in known),
        met=met,
        proposed=_neat(median(figures)) if enough else None,
    )


def _neat(figure: Decimal) -> Decimal:
    """Three digits at most, and no more places than the figure has use for: 112, 3.4, 418000."""
    if not figure:
        return Decimal(0)
    step = Decimal(1).scaleb(max(figure.adjusted() - 2, -1))
    found = figure.quantize(step, ROUND_HALF_EVEN)
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def of_clauses(
    states: Iterable[ClauseState],
    starts: Mapping[str, Sequence[datetime]],
    ruleset: Ruleset,
    *,
    now: datetime,
) -> list[ClauseBaseline]:
    """Every clause of the files, by the promises whose time was over; what is paused or lapsed is
    left out. `starts` are the moments of start events by kind; a volume has no periods before the
    first of them.
    """
    since = now - HISTORY
    runs: dict[str, list[ClauseState]] = {name: [] for name in ruleset.promises.clauses}
    for state in states:
        over = state.state in (PromiseState.KEPT, PromiseState.BROKEN)
        if over and since <= state.started_at and state.due <= now:
            runs[state.clause.name].append(state)
    found = []
    for name, clause in ruleset.promises.clauses.items():
        if clause.at_least is not None:
            found.append(_volume(clause, starts.get(clause.start, ()), now))
        else:
            found.append(_times(clause, runs[name], now))
    return found


def _times(clause: Clause, runs: Sequence[ClauseState], now: datetime) -> ClauseBaseline:
    """What is still owed counts as never: a time that it would set is not known."""
    ordered = sorted(run.taken if run.stopped_at else timedelta.max for run in runs)
    usual = nearest_rank(ordered, 0.5) if ordered else timedelta.max
    bound = nearest_rank(ordered, SHARE) if ordered else timedelta.max
    is_timed = clause.holds is None
    is_known = is_timed and bound < timedelta.max and len(ordered) >= LEAST_RUNS
    return ClauseBaseline(
        clause=clause,
        since=min((run.started_at for run in runs), default=now),
        until=now,
        count=len(runs),
        kept=sum(run.state is PromiseState.KEPT for run in runs),
        usual=usual if is_timed and usual < timedelta.max else None,
        proposed=_proposed(clause, bound) if is_known else None,
    )


def _proposed(clause: Clause, bound: timedelta) -> timedelta:
    """The present time where the past bears it out: it is kept, and not twice what is needed."""
    fits = clause.within / 2 < bound <= clause.within
    return clause.within if fits else _rounded(bound, clause.clock)


def _rounded(span: timedelta, clock: ClockKind) -> timedelta:
    """Up to the next quarter of an hour, hour or day; working time is never told in days."""
    size = QUARTER
    if span > 2 * HOUR:
        size = HOUR
    if span > 2 * DAY and clock is ClockKind.CALENDAR:
        size = DAY
    return size * max(1, math.ceil(span / size))


def _volume(clause: Clause, starts: Sequence[datetime], now: datetime) -> ClauseBaseline:
    since = min(starts, default=now)
    periods = min(PERIODS, int((now - since) / clause.within))
    ends = [now - clause.within * number for number in range(periods)]
    counts = [sum(1 for at in starts if end - clause.within < at <= end) for end in ends]
    usual = int(median(counts)) if counts else None
    return ClauseBaseline(
        clause=clause,
        since=now - clause.within * periods,
        until=now,
        count=periods,
        kept=sum(count >= (clause.at_least or 0) for count in counts),
        usual=usual,
        proposed=usual if periods >= LEAST_PERIODS and usual else None,
    )
