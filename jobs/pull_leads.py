"""pull-leads: reads what changed in HubSpot, decides it, and writes stages back."""

from datetime import timedelta

from connector.core.plan import Destination
from connector.flows.deliver import add, deliver
from connector.flows.pull import PullSettings, pull
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.store.parked import retry_changed
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    retry_changed(bench.ledger, ruleset=bench.ruleset.version, now=bench.clock.now())
    part = bench.config.hubspot
    settings = PullSettings(
        properties=bench.ruleset.fields.hubspot_properties(),
        overlap=timedelta(minutes=part.overlap_minutes),
        lag=timedelta(seconds=part.lag_seconds),
        ruleset=bench.ruleset.version,
    )
    totals = pull(
        bench.marketing,
        bench.ledger,
        bench.decider,
        settings,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
        agreeing=bench.agreeing,
    )
    if not bench.config.live:
        return totals
    return add(
        totals,
        deliver(
            Destination.HUBSPOT,
            bench.hubspot_door,
            bench.ledger,
            clock=bench.clock,
            run_id=task.run_id,
            progress=task.progress,
        ),
    )


JOB = Job(
    name="pull-leads",
    cadence="* * * * *",
    summary="Reads what changed in HubSpot and qualifies it.",
    flow=flow,
)
