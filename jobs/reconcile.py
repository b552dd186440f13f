"""reconcile: counts and compares both systems with the ledger, and follows deletions."""

from connector.flows.reconcile import totals_of
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    return totals_of(bench.reconciling.run(run_id=task.run_id, progress=task.progress))


JOB = Job(
    name="reconcile",
    cadence="40 2 * * *",
    summary="Counts and compares both systems, and follows deletions.",
    flow=flow,
)
