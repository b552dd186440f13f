"""What the past bears out: medians of full periods, times that four of five kept; or too little."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connector.core.baseline import of_clauses, of_targets
from connector.core.journeys import Journey
from connector.core.promises import ClauseState, PromiseState
from connector.core.rules.targets import MetricTarget
from connector.mapfiles import load

RULES = load(Path(__file__).parents[2] / "mappings").ruleset
NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def passed(month, count, hours=3):
    at = datetime(2026, month, 3, 8, tzinfo=UTC)
    return [
        Journey(lead_id=f"hs-{month}-{n}", cycle=1, passed_at=at, delivered_at=at,
                answered_at=at + hours * HOUR)
        for n in range(count)
    ]  # fmt: skip


def targets(journeys, *wanted):
    rules = replace(RULES, targets=replace(RULES.targets, targets=wanted))
    return of_targets(journeys, rules, lambda journey, name: "", now=NOW)


def test_a_target_is_the_median_of_the_latest_full_months():
    months = {4: 5, 5: 90, 6: 104, 7: 98, 8: 131, 9: 112, 10: 7}
    journeys = [one for month, count in months.items() for one in passed(month, count)]
    volume = MetricTarget(metric="qualified_passed", period="month", value=Decimal(120))
    time = MetricTarget(metric="follow_up_time", period="month", value=Decimal(4))
    [found, times] = targets(journeys, volume, time)
    assert [int(one) for one in found.figures] == [90, 104, 98, 131, 112]  # April began before
    assert (found.since.month, found.until.month, found.count) == (5, 10, 535)
    assert (found.met, found.proposed) == (1, Decimal(104))
    assert (times.met, times.proposed) == (5, Decimal(3))


def test_too_few_periods_are_no_base():
    volume = MetricTarget(metric="qualified_passed", period="month", value=Decimal(120))
    [found] = targets([*passed(7, 10), *passed(8, 90), *passed(9, 100)], volume)
    assert (len(found.figures), found.proposed) == (2, None)
    [nothing] = targets([], volume)
    assert (nothing.figures, nothing.proposed) == ((), None)


def run(clause, hours, answered=True, started=NOW - 60 * DAY):
    taken = hours * HOUR
    return ClauseState(
        clause=clause,
        lead_id="hs-1",
        cycle=1,
        state=PromiseState.KEPT if answered and taken <= clause.within else PromiseState.BROKEN,
        started_at=started,
        start_key="",
        due=started + clause.within,
        taken=taken,
        responsible="lena",
        stopped_at=started + taken if answered else None,
    )


@pytest.mark.parametrize(
    ("runs", "usual", "proposed"),
    [
        (
            [(1, True)] * 12 + [(3.5, True)] * 5 + [(7.5, True)] * 3,
            1,
            4,
        ),  # half of eight hours would do
        ([(5, True)] * 18 + [(20, True)] * 2, 5, 8),  # as it is agreed
        ([(6, True)] * 12 + [(11.2, True)] * 8, 6, 12),  # longer, to be kept by four of five
        ([(6, True)] * 12 + [(30, False)] * 8, 6, None),  # eight were never answered
        ([(1, True)] * 19, 1, None),  # one too few
    ],
)
def test_a_time_is_what_four_of_five_kept(runs, usual, proposed):
    clause = RULES.promises.clauses["first-touch"]
    states = [run(clause, hours, answered) for hours, answered in runs]
    young = run(clause, 1, started=NOW - HOUR)  # its time is not over
    found = of_clauses([*states, young], {}, RULES, now=NOW)
    [mine] = [one for one in found if one.clause is clause]
    assert (mine.count, mine.usual) == (len(runs), usual * HOUR)
    assert mine.proposed == (proposed * HOUR if proposed else None)
    assert mine.is_due_later == (proposed == 12)  # the first step is taken after eight hours


def test_a_volume_is_counted_in_its_own_periods():
    starts = [NOW - day * DAY for day in range(100) for _ in range(3)]
    found = of_clauses([], {"handed_off": starts}, RULES, now=NOW)
    [volume] = [one for one in found if one.clause.name == "volume"]
    assert (volume.count, volume.kept, volume.usual, volume.proposed) == (3, 0, 90, 90)
    empty = of_clauses([], {}, RULES, now=NOW)
    assert [one.proposed for one in empty if one.clause.name == "volume"] == [None]
