"""watch-schemas: tells each night what changed in both systems' own definitions."""

from connector.flows.check_live import look_around
from connector.flows.watch_schemas import watch_schemas
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    around = look_around(bench.marketing, bench.crm)
    found = watch_schemas(around, bench.ledger, now=bench.clock.now())
    for problem in found:
        task.progress(str(problem), 1)
    looked_at = len(around.schemas())
    changed = {problem.where.file.split("/")[0] for problem in found}
    return RunTotals(
        picked_up=looked_at,
        delivered=looked_at - len(changed),
        parked=len(changed),
        notes={f"{problem.where.file} {problem.what}": 1 for problem in found},
    )


JOB = Job(
    name="watch-schemas",
    cadence="40 4 * * *",
    summary="Tells what changed in the fields of both systems.",
    flow=flow,
)
