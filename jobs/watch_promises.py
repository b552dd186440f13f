"""watch-promises: holds every promise against the clocks, and tells, escalates, reassigns."""

from connector.core.plan import Destination
from connector.flows.daily_note import daily_note
from connector.flows.deliver import add
from connector.flows.hot_list import refresh_hot_list
from connector.flows.watch_promises import watch_promises
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    channels = bench.channels if bench.config.live else ()
    watched = watch_promises(
        bench.crm,
        bench.ledger,
        bench.watching,
        channels=channels,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    daily_note(
        bench.ledger, bench.ruleset, channels=channels, clock=bench.clock, run_id=task.run_id
    )
    if bench.config.live:
        refresh_hot_list(bench.ledger, bench.ruleset, clock=bench.clock, run_id=task.run_id)
    delivered = bench.deliver(
        Destination.SALESFORCE,
        Destination.NOTIFY,
        run_id=task.run_id,
        progress=task.progress,
    )
    return add(watched, delivered)


JOB = Job(
    name="watch-promises",
    cadence="*/15 * * * *",
    summary="Watches every promise: tells, escalates, reassigns, and names who kept their word.",
    flow=flow,
)
