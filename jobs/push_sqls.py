"""push-sqls: hands qualified leads over to sales, with owner, brief, task and alert."""

from connector.core.plan import Destination
from connector.core.rules.vocabulary import StageMeaning
from connector.flows.deliver import total
from connector.flows.hand_over import hand_over
from connector.flows.pass_on import pass_on
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    rules = bench.ruleset
    stages = [
        stage.name
        for stage in rules.vocabulary.stages.values()
        if stage.meaning is StageMeaning.SALES_QUALIFIED
    ]
    handed = hand_over(
        bench.marketing,
        bench.crm,
        bench.ledger,
        bench.passing,
        people=rules.people,
        stages=stages,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    onward = pass_on(
        bench.marketing,
        bench.crm,
        bench.ledger,
        bench.passing_on,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    delivered = bench.deliver(
        Destination.SALESFORCE,
        Destination.NOTIFY,
        run_id=task.run_id,
        progress=task.progress,
    )
    return total((handed, onward, delivered))


JOB = Job(
    name="push-sqls",
    cadence="* * * * *",
    summary="Hands qualified leads over to sales, with owner, brief and task.",
    flow=flow,
)
