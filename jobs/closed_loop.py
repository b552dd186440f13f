"""closed-loop: measures what became of every lead, writes the reports, tells marketing."""

from datetime import timedelta

from connector.core.plan import Destination
from connector.flows.deliver import add
from connector.flows.echo import echo
from connector.flows.measure import journeys_of
from connector.ports import RunTotals
from connector.reports.document import Period
from connector.reports.funnel import funnel_report
from connector.reports.html import to_html
from connector.reports.plain import to_csv
from connector.reports.recycle import recycle_report
from connector.runner import Job, Task
from connector.wiring import Workbench

DAYS = 91  #: the reports on disk look back a quarter


def flow(bench: Workbench, task: Task) -> RunTotals:
    totals = echo(
        bench.ledger,
        bench.ruleset,
        clock=bench.clock,
        run_id=task.run_id,
        progress=task.progress,
    )
    write_reports(bench)
    delivered = bench.deliver(Destination.HUBSPOT, run_id=task.run_id, progress=task.progress)
    return add(totals, delivered)


def write_reports(bench: Workbench) -> None:
    """The recycle report and the funnel of the last quarter, as pages and as tables."""
    now = bench.clock.now()
    period = Period(since=now - timedelta(days=DAYS), until=now + timedelta(seconds=1))
    journeys = journeys_of(bench.ledger, bench.ruleset.vocabulary)
    folder = bench.config.reports.folder
    folder.mkdir(parents=True, exist_ok=True)
    for make in (recycle_report, funnel_report):
        document = make(
            journeys,
            bench.ruleset,
            period,
            now=now,
            language=bench.config.reports.language,
            rehearsal=not bench.config.live,
        )
        (folder / f"{document.name}.html").write_text(to_html(document), "utf-8")
        (folder / f"{document.name}.csv").write_text(to_csv(document), "utf-8")


JOB = Job(
    name="closed-loop",
    cadence="20 5 * * *",
    summary="Measures what became of every lead, and writes the reports.",
    flow=flow,
)
