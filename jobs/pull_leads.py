"""pull-leads: reads what changed in HubSpot, decides it, and writes stages back."""

from datetime import timedelta

from connector.core.plan import Destination
from connector.core.records import System
from connector.engine.rounds import delivering
from connector.flows.deliver import add
from connector.flows.parts import begin, open_parts, part_named
from connector.flows.pull import RULES, PullSettings, pull
from connector.flows.told import properties_read
from connector.ports import RunTotals, Span
from connector.runner import Job, Round, Task
from connector.wiring import Workbench
from jobs.push_sqls import stages

LEAST = 5_000  #: contacts that a part of the first load, or of new files, is worth
READERS = 2  #: parts that one process reads side by side: one alone waits for each answer


def flow(bench: Workbench, task: Task) -> RunTotals:
    bench.recognise(System.HUBSPOT)
    bench.retry_changed()
    if bench.pages_ahead:
        parts(bench, READERS)
    totals = read(bench, task)
    delivered = bench.deliver(Destination.HUBSPOT, run_id=task.run_id, progress=task.progress)
    return add(totals, delivered)


def read(bench: Workbench, task: Task, part: str = "", *, anew: Span | None = None) -> RunTotals:
    """Everything that is to be read, one part of the first load, or the leads of one span anew."""
    bench.salt.check()
    config = bench.config.hubspot
    traces = bench.marketing.activity_properties
    settings = PullSettings(
        properties=tuple(sorted({*properties_read(bench.ruleset), *traces})),
        overlap=timedelta(minutes=config.overlap_minutes),
        lag=timedelta(seconds=config.lag_seconds),
        ruleset=bench.ruleset.version,
        statuses=bench.ruleset.recycling.statuses,
        owner=bench.ruleset.fields.owner,
        salt=bench.salt.read,
        ahead=bench.pages_ahead,
        traces=traces,
        handed_over=frozenset(stages(bench)),
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
        anew=anew,
    )


def parts(bench: Workbench, most: int) -> list[str]:
    """The parts of the first load that are not read yet, where it is large."""
    begin(bench.marketing, bench.ledger, bench.clock, least=LEAST, most=most)
    return [part.name for part in open_parts(bench.ledger)[1]]


def read_anew(bench: Workbench, task: Task, part: str) -> RunTotals:
    """The leads of a span that other files decided: what is new in the files holds for them too."""
    return read(bench, task, anew=Span.named(part))


def stale(bench: Workbench, most: int) -> list[str]:
    """Spans of leads that other files decided, where they are many."""
    version = bench.ruleset.version
    with bench.ledger.transaction() as tx:
        if tx.cursor(RULES).after == version:
            return []
    return [span.name for span in bench.ledger.stale_spans(version, least=LEAST, most=most)]


JOB = Job(
    name="pull-leads",
    cadence="* * * * *",
    summary="Reads what changed in HubSpot and qualifies it.",
    flow=flow,
    rounds=(
        Round(name="read", system=Destination.HUBSPOT.value, parts=parts, flow=read),
        Round(name="anew", system=Destination.HUBSPOT.value, parts=stale, flow=read_anew),
        delivering(Destination.HUBSPOT),
    ),
)
