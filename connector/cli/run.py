"""`leadrelay run`: one job, once, as cron calls it."""

from importlib.metadata import entry_points
from pathlib import Path

import click

from connector.cli.show import common, print_json, progress_bar, say
from connector.runner import ExitCode, Job


def jobs() -> dict[str, Job]:
    """All jobs of the entry-point group `leadrelay.jobs`, by name."""
    found = {entry.name: entry.load() for entry in entry_points(group="leadrelay.jobs")}
    return {name: job for name, job in sorted(found.items()) if isinstance(job, Job)}


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    names = (entry.name for entry in entry_points(group="leadrelay.jobs"))
    return sorted(name for name in names if name.startswith(incomplete))


EPILOG = """\b
Examples:
  leadrelay run pull-leads
  leadrelay run push-sqls --json
  */5 * * * *  cd /srv/leadrelay && .venv/bin/leadrelay run pull-leads   (crontab)
"""


@click.command(epilog=EPILOG)
@click.argument("job", shell_complete=_complete, required=False)
@common
def run(job: str | None, config_file: str | None, as_json: bool) -> int:
    """Run one job once; without a name, list the jobs."""
    from connector.config import find_config, read_config
    from connector.runner import run_job
    from connector.wiring import Workbench

    known = jobs()
    if job is None:
        for name, found in known.items():
            click.echo(f"{name:<16} {found.cadence:<16} {found.summary}")
        return ExitCode.DONE
    if job not in known:
        raise click.UsageError(f"There is no job '{job}'. Jobs: {', '.join(known)}.")
    path: Path | None = find_config(config_file)
    bench = Workbench(read_config(path))
    bench.keep_ruleset()
    with progress_bar(quiet=as_json) as tell:
        done = run_job(known[job], bench, progress=tell)
    totals = done.totals
    if as_json:
        print_json(
            {
                "run": done.id,
                "job": done.job,
                "mode": done.mode,
                "outcome": done.outcome,
                "exit_code": done.exit_code,
                "started_at": done.started_at,
                "ended_at": done.ended_at,
                "ruleset": done.ruleset,
                "picked_up": totals.picked_up,
                "delivered": totals.delivered,
                "skipped": totals.skipped,
                "waiting": totals.waiting,
                "parked": totals.parked,
                "notes": dict(totals.notes),
                "message": done.message,
            }
        )
    else:
        click.echo(summary(done.job, done.mode, done.outcome, done.totals))
        if done.message:
            say(done.message)
    return done.exit_code or int(ExitCode.DONE)


def summary(job: str, mode: str, outcome: str, totals: object) -> str:
    """One line that accounts for everything a run picked up."""
    from connector.ports import RunTotals

    assert isinstance(totals, RunTotals)
    counted = (
        f"{totals.picked_up} picked up: {totals.delivered} delivered, {totals.skipped} skipped, "
        f"{totals.waiting} waiting, {totals.parked} parked"
    )
    parts = [f"{job}: {outcome}", counted]
    if totals.notes:
        parts.append(", ".join(f"{count} {name}" for name, count in totals.notes.items()))
    if mode == "rehearse":
        parts.append("rehearsal: nothing is written to either system")
    return " · ".join(parts)
