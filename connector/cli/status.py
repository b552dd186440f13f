"""`leadrelay status`: jobs, backlog and what waits for a person."""

from datetime import datetime
from typing import Any

import click

from connector.cli.run import jobs
from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay status
  leadrelay status --json | jq .parked
"""


@click.command(epilog=EPILOG)
@common
def status(config_file: str | None, as_json: bool) -> int:
    """Show each job's last run, the backlog, and what waits for a person."""
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    picture = _picture(bench)
    if as_json:
        print_json(picture)
    else:
        _print(picture, bench.clock.now())
    return int(ExitCode.ATTENTION if picture["parked"] else ExitCode.DONE)


def _picture(bench: Any) -> dict[str, Any]:
    last = {}
    for name, job in jobs().items():
        runs = bench.ledger.runs(name, limit=1)
        last[name] = (job, runs[0] if runs else None)
    counts = bench.ledger.counts()
    parked: dict[str, int] = {}
    for stored in bench.ledger.parked():
        code = stored.action.problem.code if stored.action.problem else "unknown"
        parked[code] = parked.get(code, 0) + 1
    return {
        "mode": bench.config.mode,
        "jobs": [
            {
                "job": name,
                "cadence": job.cadence,
                "last": run.started_at if run else None,
                "outcome": run.outcome if run else "never ran",
                "picked_up": run.totals.picked_up if run else 0,
                "delivered": run.totals.delivered if run else 0,
                "message": run.message if run else "",
            }
            for name, (job, run) in last.items()
        ],
        "leads": counts.get("lead", 0),
        "backlog": {
            state: counts.get(f"action.{state}", 0) for state in ("planned", "started", "waiting")
        },
        "parked": parked,
    }


def _print(picture: dict[str, Any], now: datetime) -> None:
    mode = picture["mode"]
    note = " (nothing is written to either system)" if mode == "rehearse" else ""
    click.echo(f"Mode: {mode}{note} · {picture['leads']:,} leads in the ledger\n")
    rows = [
        (j["job"], j["outcome"], ago(j["last"], now), j["picked_up"], j["delivered"], j["message"])
        for j in picture["jobs"]
    ]
    print_table(("job", "last outcome", "when", "picked up", "delivered", ""), rows)
    backlog = ", ".join(f"{count:,} {state}" for state, count in picture["backlog"].items())
    click.echo(f"\nActions: {backlog}")
    if picture["parked"]:
        click.echo("\nWaiting for a person (see `leadrelay parked`):")
        print_table(("cause", "records"), sorted(picture["parked"].items(), key=lambda i: -i[1]))
    else:
        click.echo("Nothing waits for a person.")


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    if moment is None:
        return "–"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
