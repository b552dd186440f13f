"""recycle-leads: takes back what sales cannot use, with a programme and a goal."""

from connector.core.plan import Destination
from connector.engine.rounds import delivering
from connector.flows.deliver import add
from connector.flows.recycle import recycle
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    totals = recycle(
        bench.marketing,
        bench.ledger,
        bench.recycling,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    delivered = bench.deliver(Destination.HUBSPOT, run_id=task.run_id, progress=task.progress)
    return add(totals, delivered)


JOB = Job(
    name="recycle-leads",
    cadence="*/15 * * * *",
    summary="Takes back what sales cannot use, with a programme and a goal.",
    flow=flow,
    rounds=(delivering(Destination.HUBSPOT),),
)
