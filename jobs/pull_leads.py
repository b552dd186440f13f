"""pull-leads: reads what changed in HubSpot, decides it, and writes stages back."""

from datetime import timedelta

from connector.core.plan import Destination
from connector.core.records import System
from connector.engine.rounds import delivering
from connector.flows.deliver import add
from connector.flows.parts import begin, open_parts, part_named
from connector.flows.pull import PullSettings, pull
from connector.ports import RunTotals
from connector.runner import Job, Round, Task
from connector.wiring import Workbench

LEAST = 5_000  #: contacts that a part of the first load is worth


def flow(bench: Workbench, task: Task) -> RunTotals:
    bench.recognise(System.HUBSPOT)
    bench.retry_changed()
    totals = read(bench, task)
    delivered = bench.deliver(Destination.HUBSPOT, run_id=task.run_id, progress=task.progress)
    return add(totals, delivered)


def read(bench: Workbench, task: Task, part: str = "") -> RunTotals:
    """Everything that is to be read, or one part of the first load."""
    config = bench.config.hubspot
    settings = PullSettings(
        properties=bench.ruleset.fields.hubspot_properties(),
        overlap=timedelta(minutes=config.overlap_minutes),
        lag=timedelta(seconds=config.lag_seconds),
        ruleset=bench.ruleset.version,
        owner=bench.ruleset.fields.owner,
        salt=bench.salt,
        ahead=bench.pages_ahead,
    )
    return pull(
        bench.marketing,
        bench.ledger,
        bench.decider,
        settings,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
        agreeing=bench.agreeing,
        part=part_named(part) if part else None,
    )


def parts(bench: Workbench, most: int) -> list[str]:
    """The parts of the first load that are not read yet, where it is large."""
    begin(bench.marketing, bench.ledger, bench.clock, least=LEAST, most=most)
    return [part.name for part in open_parts(bench.ledger)[1]]


JOB = Job(
    name="pull-leads",
    cadence="* * * * *",
    summary="Reads what changed in HubSpot and qualifies it.",
    flow=flow,
    rounds=(
        Round(name="read", system=Destination.HUBSPOT.value, parts=parts, flow=read),
        delivering(Destination.HUBSPOT),
    ),
)
