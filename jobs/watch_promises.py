"""watch-promises: holds every promise against the clocks, and tells, escalates, reassigns."""

from connector.core.plan import Destination
from connector.flows.daily_note import daily_note
from connector.flows.deliver import Door, deliver, total
from connector.flows.deliver_messages import MessageDoor
from connector.flows.deliver_salesforce import SalesforceDoor, shared_values
from connector.flows.watch_promises import watch_promises
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench


def flow(bench: Workbench, task: Task) -> RunTotals:
    rules = bench.ruleset
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
    daily_note(bench.ledger, rules, channels=channels, clock=bench.clock, run_id=task.run_id)
    if not bench.config.live:
        return watched
    crm = SalesforceDoor(
        crm=bench.crm,
        external_id=rules.fields.external_id,
        to_canonical=shared_values(bench.passing.mapper),
    )
    tell = MessageDoor(notifier=bench.notifier, ruleset=rules)
    doors: tuple[tuple[Destination, Door], ...] = (
        (Destination.SALESFORCE, crm),
        (Destination.NOTIFY, tell),
    )
    delivered = [
        deliver(
            destination,
            door,
            bench.ledger,
            clock=bench.clock,
            run_id=task.run_id,
            progress=task.progress,
        )
        for destination, door in doors
    ]
    return total((watched, *delivered))


JOB = Job(
    name="watch-promises",
    cadence="*/15 * * * *",
    summary="Watches every promise: tells, escalates, reassigns, and names who kept their word.",
    flow=flow,
)
