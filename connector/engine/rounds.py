"""Deliveries and measuring as rounds: what is large in them is done by several workers."""

from connector.core.errors import Refused
from connector.core.journeys import stage_names
from connector.core.plan import Destination
from connector.flows.caps import stay_below
from connector.ports import RunTotals
from connector.runner import Round, Task
from connector.wiring import Workbench

LEAST = 1_000  #: actions that a part is worth
EVENTS = 250_000  #: events that a part of measuring is worth


def delivering(destination: Destination) -> Round:
    """Every part takes batches until there are none; the ledger gives each action to one of them.

    What is more than an unattended run may send is left to the job, which says so.
    """

    def parts(bench: Workbench, most: int) -> list[str]:
        count = sum(one.count for one in bench.ledger.outgoing(destination))
        if not bench.config.live or count < 2 * LEAST:
            return []
        try:
            stay_below(bench.caps, bench.ledger, destination)
        except Refused:
            return []
        return [str(number) for number in range(1, min(most, count // LEAST) + 1)]

    def flow(bench: Workbench, task: Task, _part: str) -> RunTotals:
        return bench.deliver(destination, run_id=task.run_id, progress=task.progress)

    return Round(name="deliver", system=destination.value, parts=parts, flow=flow)


def measuring() -> Round:
    """Every part folds the new events of one span of leads, on PostgreSQL."""

    def parts(bench: Workbench, most: int) -> list[str]:
        names = stage_names(bench.ruleset.vocabulary)
        return bench.ledger.divide_measuring(names, least=EVENTS, most=most)

    def flow(bench: Workbench, task: Task, part: str) -> RunTotals:
        done = bench.ledger.measure_span(stage_names(bench.ruleset.vocabulary), part)
        task.progress("events measured", done)
        return RunTotals()

    return Round(name="measure", system="ledger", parts=parts, flow=flow)
