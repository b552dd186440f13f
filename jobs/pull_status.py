"""pull-status: reads back what sales did, and shows marketing the stage."""

from datetime import timedelta
from functools import partial

from connector.core.plan import Destination
from connector.core.records import System
from connector.engine.rounds import delivering
from connector.flows.deliver import total
from connector.flows.pull_status import pull_status
from connector.flows.share_owners import share_owners
from connector.flows.status_facts import StatusFacts
from connector.flows.status_streams import StatusSettings
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    bench.recognise(System.SALESFORCE)
    bench.salt.check()
    rules = bench.ruleset
    part = bench.config.salesforce
    reason = rules.fields.rules.get("disposition_reason")
    contact = bench.crm.schema("Contact").fields
    settings = StatusSettings(
        external_id=rules.fields.external_id,
        fields=tuple(filter(None, (reason.salesforce if reason else None,))),
        contact_fields=tuple(
            name for name in bench.agreeing.crm_fields("Contact") if name in contact
        ),
        overlap=timedelta(minutes=part.overlap_minutes),
        lag=timedelta(seconds=part.lag_seconds),
        most_gone=bench.config.caps.gone_percent,
    )
    totals = pull_status(
        bench.crm,
        bench.ledger,
        partial(StatusFacts, rules, currency=rules.targets.currency, hidden=bench.salt.hide),
        settings,
        people=rules.people,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
        agreeing=bench.agreeing,
        marketing=bench.marketing,
    )
    shared = share_owners(
        bench.marketing,
        bench.crm,
        bench.ledger,
        rules,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    delivered = bench.deliver(Destination.HUBSPOT, run_id=task.run_id, progress=task.progress)
    return total((totals, shared, delivered))


JOB = Job(
    name="pull-status",
    cadence="*/5 * * * *",
    summary="Reads back what sales did: status, touches, deals.",
    flow=flow,
    rounds=(delivering(Destination.HUBSPOT),),
)
