"""pull-leads: reads what changed in HubSpot, decides it, and writes stages back."""

from datetime import timedelta

from connector.core.plan import Destination
from connector.flows.deliver import add
from connector.flows.pull import PullSettings, pull
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    bench.retry_changed()
    part = bench.config.hubspot
    settings = PullSettings(
        properties=bench.ruleset.fields.hubspot_properties(),
        overlap=timedelta(minutes=part.overlap_minutes),
        lag=timedelta(seconds=part.lag_seconds),
        ruleset=bench.ruleset.version,
        owner=bench.ruleset.fields.owner,
        salt=bench.salt,
        ahead=bench.pages_ahead,
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
    delivered = bench.deliver(Destination.HUBSPOT, run_id=task.run_id, progress=task.progress)
    return add(totals, delivered)


JOB = Job(
    name="pull-leads",
    cadence="* * * * *",
    summary="Reads what changed in HubSpot and qualifies it.",
    flow=flow,
)
