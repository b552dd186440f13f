"""`leadrelay demo`: weeks of a company in under a minute, on both sandboxes."""

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import print_table, say
from connector.core.errors import StopTheRun
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.runner import Job
    from connector.sandbox.serve import Sandbox
    from connector.wiring import Workbench

JOBS = ("pull-leads", "push-sqls", "pull-status", "recycle-leads", "watch-promises")
ROUND = timedelta(hours=6)
OPENING = timedelta(hours=8)  #: the first moment of the first day
EPILOG = """\b
Examples:
  leadrelay demo
  leadrelay demo --weeks 12 --leads 800 --seed 3
  leadrelay demo --start 2026-03-02       the same figures on any day
"""


@click.command(epilog=EPILOG)
@click.option("--weeks", default=8, show_default=True, help="How long the company works.")
@click.option("--leads", default=320, show_default=True, help="How many people turn up.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day (default: the Monday from which the weeks end this week).",
)
@click.option("--seed", default=7, show_default=True, help="Of everything left to chance.")
@click.option(
    "--mappings",
    "-m",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The shared language to use (default: ./mappings, else the one that is shipped).",
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="Folder for the ledger, the reports and the configuration.",
)
def demo(
    weeks: int,
    leads: int,
    start: datetime | None,
    seed: int,
    mappings: Path | None,
    out: Path,
) -> int:
    """Run the whole loop: people come, leads are passed, worked, recycled and measured."""
    from connector.sandbox.clock import SandboxClock
    from connector.sandbox.hubspot.settings import HubSpotSettings
    from connector.sandbox.people.agenda import pass_time
    from connector.sandbox.people.habits import by_truth
    from connector.sandbox.people.life import Life
    from connector.sandbox.people.team import SalesTeam
    from connector.sandbox.prepare import prepare
    from connector.sandbox.salesforce.settings import SalesforceSettings
    from connector.sandbox.serve import Sandbox
    from connector.sandbox.world import World

    began = time.monotonic()
    _clear(out)
    # The clock stands while a job runs, so that a limit of ten seconds would never pass.
    first = start.replace(tzinfo=UTC) if start else _monday(datetime.now(UTC), weeks)
    world = World(
        SandboxClock(first + OPENING),
        seed=seed,
        hubspot=HubSpotSettings(enforce_limits=False),
        salesforce=SalesforceSettings(enforce_limits=False),
    )
    with Sandbox(world) as running:
        bench = _bench(running, mappings or _mappings(), out)
        say(f"HubSpot {running.hubspot_url} · Salesforce {running.salesforce_url}")
        prepare(world, bench.ruleset)
        bench.keep_ruleset()
        ends = world.clock.now() + timedelta(weeks=weeks)
        with world.lock:
            life = Life(world, world.dice("life"), leads=leads, ends=ends)
            team = SalesTeam(world, world.dice("team"), judge=by_truth(life))
        worst = ExitCode.DONE
        with _bar(weeks) as tell:
            while world.clock.now() < ends:
                with world.lock:
                    pass_time(world, [life, team], world.clock.now() + ROUND)
                worst = max(worst, _round(bench))
                tell(world.clock.now() - ends + timedelta(weeks=weeks))
        worst = max(worst, _run(bench, "closed-loop"))
        _summary(bench, out, time.monotonic() - began)
    # What waits for a person is part of the story the demo tells, not a failure of it.
    return int(worst if worst > ExitCode.ATTENTION else ExitCode.DONE)


def _monday(now: datetime, weeks: int) -> datetime:
    """So many weeks before the last Monday, so that reports of the last month have something."""
    opened = now - OPENING
    last = opened - timedelta(days=opened.weekday())
    return last.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(weeks=weeks)


def _clear(out: Path) -> None:
    """Removes an earlier demo; never a folder that is something else."""
    if out.exists() and any(out.iterdir()):
        if not (out / "demo.marker").exists():
            raise StopTheRun(f"{out} is not the folder of a demo\n    Name another one with --out.")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "demo.marker").write_text("Made by `leadrelay demo`; the next demo removes it.\n")


def _mappings() -> Path:
    here = Path("mappings")
    if here.is_dir():
        return here
    from connector.mapfiles.starters import folder_of

    return folder_of("b2b-software")


def _bench(running: "Sandbox", mappings: Path, out: Path) -> "Workbench":
    from connector.config import read_config
    from connector.wiring import Workbench

    shutil.copytree(mappings, out / "mappings")
    config = out / "config.toml"
    config.write_text(
        f"""# The configuration of a demo. Its sandboxes are gone; the ledger stays.
mode = "live"
mappings = "mappings"

[ledger]
url = "sqlite:///ledger.db"

[hubspot]
base_url = "{running.hubspot_url}"
token = "pat-na1-sandbox"

[salesforce]
base_url = "{running.salesforce_url}"
domain = "acme.my"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
""",
        "utf-8",
    )
    clock = running.world.clock
    bench = Workbench(read_config(config), clock=clock, sleep=clock.sleep)
    bench.look()  # nobody real is there to be protected by a first, reading contact
    return bench


def _round(bench: "Workbench") -> ExitCode:
    return max(_run(bench, name) for name in JOBS)


def _run(bench: "Workbench", name: str) -> ExitCode:
    from connector.runner import run_job

    done = run_job(_jobs()[name], bench)
    code = ExitCode(done.exit_code or 0)
    if code in (ExitCode.BUG, ExitCode.CONFIGURATION, ExitCode.INTERRUPTED):
        raise StopTheRun(f"{name}: {done.message}", configuration=code is ExitCode.CONFIGURATION)
    return code


def _jobs() -> "dict[str, Job]":
    from connector.cli.run import jobs

    return jobs()


def _bar(weeks: int) -> AbstractContextManager[Callable[[timedelta], None]]:
    """A bar over the compressed weeks on a terminal; silent elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _passed: None)
    return _RichBar(weeks)


class _RichBar:
    def __init__(self, weeks: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._weeks = weeks
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(f"{weeks} weeks of a company", total=weeks * 7.0)

    def __enter__(self) -> Callable[[timedelta], None]:
        self._progress.start()
        return lambda passed: self._progress.update(
            self._task, completed=passed / timedelta(days=1)
        )

    def __exit__(self, *_: Any) -> None:
        self._progress.stop()


def _command() -> str:
    """How this command can be called again from here: by its name, or by the path it was run as."""
    return "leadrelay" if shutil.which("leadrelay") else sys.argv[0]


def _summary(bench: "Workbench", out: Path, seconds: float) -> None:
    from connector.core.metrics import STEPS, figures
    from connector.core.rules.vocabulary import label
    from connector.flows.measure import journeys_of

    journeys = journeys_of(bench.ledger, bench.ruleset.vocabulary)
    targets = bench.ruleset.targets
    whole = figures(journeys, currency=targets.currency, rates=targets.rates)
    rates = {end: rate for _, end, rate in whole.steps()}
    click.echo()
    print_table(
        ("step", "leads", "of the step before"),
        [
            (
                label(step.labels, "en", step.name),
                whole.counts[step.name],
                f"{rates[step.name] or 0:.0%}" if step.name in rates else "",
            )
            for step in STEPS
        ],
    )
    click.echo(f"\nCame back to marketing: {whole.recycled}; waiting for sales: {whole.waiting}")
    click.echo(f"Revenue: {whole.revenue:,.0f} {whole.currency}")
    parked = len(bench.ledger.parked())
    if parked:
        click.echo(f"Waiting for a person: {parked} ({_command()} parked -c {out}/config.toml)")
    told = next((j.lead_id for j in journeys if j.recycled_at), journeys[0].lead_id)
    click.echo(
        f"""
Recycle report  {out / "reports" / "recycle.html"}
Funnel          {out / "reports" / "funnel.html"}
Promises        {_command()} promises -c {out / "config.toml"}
One story       {_command()} lead {told} -c {out / "config.toml"}

{seconds:.0f} s, nothing left running."""
    )
