"""The shipped timetable in virtual time: how long a lead waits for sales, and a clean day."""

import os
from datetime import datetime, timedelta

from benchmarks.goals import tell
from connector.cli.run import jobs
from connector.engine.timetable import Planner, pulses, timetable_of
from connector.runner import run_job
from tests.simulation.company import Company, company
from tests.simulation.play import rest
from tests.simulation.steps import Step, do

BEAT = timedelta(seconds=5)  #: as often as a worker looks at the timetable
HOURS = float(os.environ.get("LEADRELAY_DAY_HOURS", "0.7"))  #: `make soak` plays 24


def work(sim: Company, until: datetime, planner: Planner) -> list[str]:
    """As a worker does, in virtual time; returns the outcomes that are not good."""
    known, bad = jobs(), []
    while sim.world.clock.now() < until:
        for tick in planner.due(sim.world.clock.now()):
            run = run_job(known[tick.job], sim.bench)
            if run.outcome not in ("done", "attention"):
                bad.append(f"{tick.name}: {run.outcome} {run.message}")
        sim.world.clock.advance(BEAT)
    return bad


def planner_of(sim: Company) -> Planner:
    known = jobs()
    return Planner(timetable_of(sim.config.timetable, known), sim.bench.ledger, known)


def delivered_at(sim: Company, hubspot_id: str) -> datetime | None:
    linked = {row.hubspot_id: row.state.salesforce_id for row in sim.bench.ledger.lead_rows()}
    rows = {row["Id"]: row for row in sim.world.salesforce.rows("Lead")}
    found = rows.get(linked.get(hubspot_id))
    return None if found is None else datetime.fromisoformat(found["CreatedDate"])


def test_who_qualifies_is_in_the_crm_within_90_seconds(company_ledger: str) -> None:
    """With the lagging index and the shipped timetable, at any moment of a minute."""
    with company(company_ledger) as sim:
        assert sim.world.hubspot.settings.search_lag_seconds == 10
        planner = planner_of(sim)
        assert not work(sim, sim.world.clock.now() + timedelta(minutes=3), planner)
        waits = []
        for number in range(8):
            who = f"p{number}"
            sim.sleep(60 + number * 7)  # another moment of the minute each time
            do(sim, Step(deed="arrive", who=who, dice=number + 1))
            do(sim, Step(deed="engage", who=who, dice=number + 1))
            began = sim.world.clock.now()
            while (at := delivered_at(sim, sim.people[who])) is None:
                assert sim.world.clock.now() < began + timedelta(minutes=3), "it never arrived"
                assert not work(sim, sim.world.clock.now() + BEAT, planner)
            waits.append((at - began).total_seconds())
        tell(("qualified in HubSpot -> in the CRM, s", "< 90", max(waits)))
        assert min(waits) > 0
        assert max(waits) < 90


def test_hours_of_the_timetable_run_clean(company_ledger: str) -> None:
    """Every shipped job at its cadence; people come, sales works, nothing is overdue or lost."""
    with company(company_ledger) as sim:
        planner, known = planner_of(sim), jobs()
        began = sim.world.clock.now()
        count = int(HOURS * 3)
        for number in range(count):
            who = f"p{number}"
            do(sim, Step(deed="arrive", who=who, dice=number + 1))
            do(sim, Step(deed="engage", who=who, dice=number + 1))
            if number % 3 == 2:
                do(sim, Step(deed="work", who=f"p{number - 2}", dice=number))
            assert not work(sim, began + timedelta(minutes=20 * (number + 1)), planner)
        now = sim.world.clock.now()
        pulse = pulses(planner.timetable, sim.bench.ledger, known, now)
        assert not [one.text() for one in pulse if one.overdue]
        minutes = round(HOURS * 60)
        runs = len(sim.bench.ledger.runs("pull-leads", limit=10_000))
        assert minutes - 2 <= runs <= minutes + 2
        assert not rest(sim)
        assert len(sim.world.salesforce.rows("Lead")) == count
