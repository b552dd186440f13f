"""push-sqls: hands qualified leads over to sales, with owner, brief, task and alert."""

from connector.core.plan import Destination
from connector.core.rules.vocabulary import StageMeaning
from connector.flows.deliver import deliver, total
from connector.flows.deliver_messages import MessageDoor
from connector.flows.hand_over import hand_over
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.store.parked import retry_changed
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    rules = bench.ruleset
    passing = bench.passing
    retry_changed(bench.ledger, ruleset=rules.version, now=bench.clock.now())
    stages = [
        stage.name
        for stage in rules.vocabulary.stages.values()
        if stage.meaning is StageMeaning.SALES_QUALIFIED
    ]
    handed = hand_over(
        bench.marketing,
        bench.crm,
        bench.ledger,
        passing,
        people=rules.people,
        stages=stages,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    if not bench.config.live:
        return handed
    crm = bench.salesforce_door
    return total(
        (
            handed,
            deliver(
                Destination.SALESFORCE,
                crm,
                bench.ledger,
                clock=bench.clock,
                run_id=task.run_id,
                progress=task.progress,
            ),
            deliver(
                Destination.NOTIFY,
                MessageDoor(notifier=bench.notifier, ruleset=rules),
                bench.ledger,
                clock=bench.clock,
                run_id=task.run_id,
                progress=task.progress,
            ),
        )
    )


JOB = Job(
    name="push-sqls",
    cadence="* * * * *",
    summary="Hands qualified leads over to sales, with owner, brief and task.",
    flow=flow,
)
