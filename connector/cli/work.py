"""`leadrelay work`: runs the timetable until it is stopped."""

import signal
from contextlib import nullcontext
from types import FrameType

import click

from connector.cli.run import jobs
from connector.cli.show import common, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay work                       one worker; on SQLite all on this machine
  leadrelay work --at-a-time 2         fewer jobs at a time
  leadrelay work --metrics 9464        http://127.0.0.1:9464/metrics and /health
On PostgreSQL start as many as you like, on as many machines: each tick runs once.
Stop it with SIGTERM or Ctrl-C: jobs end after the page they are at.
"""


def _address(
    _ctx: click.Context, _param: click.Parameter, text: str | None
) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(f"'{text}' is no [HOST:]PORT, e.g. 9464 or 0.0.0.0:9464")
    return host or "127.0.0.1", int(port)


@click.command(epilog=EPILOG)
@click.option("--at-a-time", default=4, show_default=True, help="Jobs at a time.")
@click.option(
    "--grace", default=60, show_default=True, help="Seconds that jobs have to end when stopped."
)
@click.option(
    "--metrics",
    metavar="[HOST:]PORT",
    callback=_address,
    help="Answer /metrics (Prometheus) and /health there; without a host on this machine only.",
)
@common
def work(
    at_a_time: int,
    grace: int,
    metrics: tuple[str, int] | None,
    config_file: str | None,
    as_json: bool,
) -> int:
    """Run the timetable of config.toml, durably; --json logs as JSON."""
    from importlib.metadata import version

    from connector import logs
    from connector.config import find_config, read_config
    from connector.engine.metrics import served
    from connector.engine.timetable import strangers
    from connector.engine.worker import Project, Worker
    from connector.wiring import Workbench

    path = find_config(config_file)
    project = Project(lambda: Workbench(read_config(path)), path)
    config = project.bench().config
    logs.start("json" if as_json else config.log.format, config.log.level)
    known = jobs()
    if unknown := strangers(config.timetable, known):
        raise click.UsageError(
            f"[timetable] names no job: {', '.join(unknown)}. Jobs: {', '.join(known)}."
        )
    worker = Worker(
        known,
        project.bench,
        version=version("leadrelay"),
        at_a_time=at_a_time,
        grace_seconds=grace,
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if not as_json and config.mode == "rehearse":
        say("Rehearsal: nothing is written to either system.")
    with served(metrics, project.bench, known) if metrics else nullcontext():
        worker.run()
    return int(ExitCode.DONE)
