"""closed-loop: measures what became of every lead, reports it, and tells marketing."""

from datetime import timedelta

from connector.core.plan import Destination
from connector.engine.rounds import delivering, measuring
from connector.flows.deliver import add
from connector.flows.echo import echo
from connector.gathering import REPORTS, Gathering, last
from connector.mailing import mail_due
from connector.ports import RunTotals
from connector.reports.html import to_html
from connector.reports.plain import to_csv
from connector.runner import Job, Task
from connector.wiring import Workbench

#: How many days the reports on disk look back.
SPANS = {
    "recycle": 91,
    "funnel": 91,
    "promises": 30,
    "follow-up": 1,
    "sources": 91,
    "stock": 91,
    "meeting": 14,
    "quarterly": 91,
}


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
    return add(add(totals, delivered), mail_due(bench, task.run_id))


def write_reports(bench: Workbench) -> None:
    """Every report, of the span in SPANS, as a page and as a table."""
    now = bench.clock.now()
    folder = bench.config.reports.folder
    folder.mkdir(parents=True, exist_ok=True)
    gathering = Gathering(bench, now - timedelta(days=max(SPANS.values())))
    for name in REPORTS:
        document = gathering.make(name, last(SPANS[name], now), bench.config.reports.language)
        (folder / f"{name}.html").write_text(to_html(document), "utf-8")
        (folder / f"{name}.csv").write_text(to_csv(document), "utf-8")


JOB = Job(
    name="closed-loop",
    cadence="20 5 * * *",
    summary="Measures what became of every lead, and writes the reports.",
    flow=flow,
    rounds=(measuring(), delivering(Destination.HUBSPOT)),
)
