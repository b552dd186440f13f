"""push-sqls: hands qualified leads over to sales, with owner, brief, task and alert."""

from connector.core.plan import Destination
from connector.core.rules.vocabulary import StageMeaning
from connector.engine.rounds import delivering
from connector.flows.deliver import total
from connector.flows.hand_over import hand_over
from connector.flows.pass_on import pass_on
from connector.ports import RunTotals
from connector.runner import Job, Round, Task
from connector.wiring import Workbench

LARGE = 2_000  #: leads from which on handing over and sending are done one after the other


def stages(bench: Workbench) -> list[str]:
    """The stages whose leads are handed over."""
    found = bench.ruleset.vocabulary.stages.values()
    return [stage.name for stage in found if stage.meaning is StageMeaning.SALES_QUALIFIED]


def flow(bench: Workbench, task: Task) -> RunTotals:
    handed = hand(bench, task)
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


def hand(bench: Workbench, task: Task, _part: str = "") -> RunTotals:
    """Plans the hand-off of everybody who waits for it. By one worker: turns are taken in order."""
    return hand_over(
        bench.marketing,
        bench.crm,
        bench.ledger,
        bench.passing,
        people=bench.ruleset.people,
        stages=stages(bench),
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )


def parts(bench: Workbench, _most: int) -> list[str]:
    """One, where many wait: what it plans is then sent by several workers."""
    with bench.ledger.transaction() as tx:
        waiting = tx.leads_to_hand_over(stages(bench), behind=None, limit=LARGE)
    return ["all"] if len(waiting) >= LARGE else []


JOB = Job(
    name="push-sqls",
    cadence="* * * * *",
    summary="Hands qualified leads over to sales, with owner, brief and task.",
    flow=flow,
    follows="pull-leads",
    rounds=(
        Round(name="hand over", system=Destination.SALESFORCE.value, parts=parts, flow=hand),
        delivering(Destination.SALESFORCE),
    ),
)
