"""`leadrelay status`: jobs, backlog and what waits for a person."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from connector.cli.run import jobs
from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay status
  leadrelay status --watch 5
  leadrelay status --json | jq .parked
  leadrelay status --prometheus /var/lib/node_exporter/leadrelay.prom
"""


@click.command(epilog=EPILOG)
@click.option("--watch", type=click.FloatRange(0.5), metavar="SECONDS", help="Show it again.")
@click.option(
    "--prometheus",
    "prometheus_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it as a Prometheus text file instead (for the textfile collector).",
)
@common
def status(
    watch: float | None, prometheus_file: Path | None, config_file: str | None, as_json: bool
) -> int:
    """Show jobs, backlog, calls, workers, and what waits for a person."""
    from connector.config import find_config, read_config
    from connector.engine.picture import picture
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    known = jobs()
    while True:
        seen = picture(bench, known)
        if watch and not as_json and not prometheus_file:
            click.clear()
        _tell(seen, prometheus_file, as_json)
        if not watch:
            break
        time.sleep(watch)
    overdue = any(job["overdue"] for job in seen["jobs"])
    return int(ExitCode.ATTENTION if seen["parked"] or overdue else ExitCode.DONE)


def _tell(seen: dict[str, Any], prometheus_file: Path | None, as_json: bool) -> None:
    if prometheus_file is not None:
        from connector.reports import prometheus

        prometheus.write(prometheus_file, prometheus.to_text(seen))
    elif as_json:
        print_json(seen)
    else:
        _print(seen)


def _print(seen: dict[str, Any]) -> None:
    now: datetime = seen["at"]
    mode = seen["mode"]
    note = " (nothing is written to either system)" if mode == "rehearse" else ""
    click.echo(f"Mode: {mode}{note} · {seen['leads']:,} leads in the ledger\n")
    print_table(
        ("job", "last outcome", "when", "next", "picked up", "delivered", ""),
        [
            (
                *(j["job"], j["outcome"], ago(j["last"], now), until(j["next"], now)),
                *(j["picked_up"], j["delivered"], j["overdue"] or j["message"]),
            )
            for j in seen["jobs"]
        ],
    )
    lags = [f"{name} {span(lag)}" for name, lag in seen["lag"].items() if lag is not None]
    if lags:
        click.echo(f"\nRead up to: {', '.join(lags)} ago")
    _print_queues(seen["queues"])
    _print_calls(seen["calls"], now)
    alive = [worker["worker"] for worker in seen["workers"] if worker["alive"]]
    click.echo(f"Workers: {', '.join(alive) or 'none (jobs run by cron, or not at all)'}")
    if seen["causes"]:
        click.echo("\nWaiting for a person (see `leadrelay parked`):")
        print_table(
            ("cause", "records", "mends", "since"),
            [
                (cause["cause"], cause["records"], cause["mends"], ago(cause["oldest"], now))
                for cause in seen["causes"]
            ],
        )
    else:
        click.echo("Nothing waits for a person.")


def _print_queues(queues: list[dict[str, Any]]) -> None:
    if not any(queue["backlog"] or queue["done_last_hour"] for queue in queues):
        click.echo("Nothing is to be sent.")
        return
    click.echo()
    print_table(
        ("to", "backlog", "express", "blocked", "oldest", "done in 1 h", "empty in"),
        [
            (
                *(q["to"], q["backlog"], q["express"], q["blocked"]),
                *(span(q["oldest"]), q["done_last_hour"], span(q["empty_in"])),
            )
            for q in queues
        ],
    )


def _print_calls(calls: dict[str, dict[str, Any]], now: datetime) -> None:
    for number, (system, of) in enumerate(calls.items()):
        left = f", {of['left']:,} of {of['limit']:,} left" if of["limit"] else ""
        ahead = f", about {of['forecast']:,} by midnight UTC" if of["forecast"] else ""
        soon = of["runs_out"] and of["left"]
        end = f"; at this pace none is left {until(of['runs_out'], now)}" if soon else ""
        if of["at_the_reserve"]:
            end += "; only what is urgent leaves" if of["left"] else "; nothing leaves"
        lead = "Calls today:" if number == 0 else " " * len("Calls today:")
        click.echo(f"{lead} {system} {of['made']:,}{left}{ahead}{end}")


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    return "–" if moment is None else f"{span((now - moment).total_seconds())} ago"


def until(moment: datetime | None, now: datetime) -> str:
    """In how long, in the largest unit that fits."""
    return "–" if moment is None else f"in {span((moment - now).total_seconds())}"


def span(seconds: float | None) -> str:
    """A span in the largest unit that fits."""
    if seconds is None:
        return "–"
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"
