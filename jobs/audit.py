"""audit: every lead ever passed is in exactly one state, and both systems say the same."""

from connector.flows.audit import audit
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    found = audit(
        bench.ledger,
        bench.ruleset,
        now=bench.clock.now(),
        marketing=bench.marketing,
        crm=bench.crm,
        most_gone=bench.config.caps.gone_percent,
        progress=task.progress,
    )
    looked = sum(found.compared.values())
    exceptions = sum(found.codes.values())
    return RunTotals(
        picked_up=looked + exceptions,
        skipped=looked,
        parked=exceptions,
        notes={"passed": found.passed, **found.codes},
    )


JOB = Job(
    name="audit",
    cadence="10 3 * * *",
    summary="Counts both sides: nobody lost, nobody stuck, nothing said otherwise.",
    flow=flow,
)
