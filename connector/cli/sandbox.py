"""`leadrelay sandbox`: HubSpot and Salesforce on this machine, with or without people in them."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from connector.cli.show import progress_bar, say
from connector.core.errors import StopTheRun
from connector.runner import ExitCode

if TYPE_CHECKING:
    import requests

    from connector.core.rules.ruleset import Ruleset
    from connector.sandbox.hubspot.settings import HubSpotSettings
    from connector.sandbox.salesforce.settings import SalesforceSettings
    from connector.sandbox.world import World

PORT = 8020
EPILOG = """\b
Examples:
  leadrelay sandbox                       both systems, empty, until Ctrl-C
  leadrelay sandbox up --weeks 26 --leads 5000 --seed 7
  leadrelay sandbox load contacts.csv     into the one that is running
  leadrelay sandbox save monday.json      keep what the running one holds
  leadrelay sandbox restore monday.json   and put it back
"""
EPILOG_UP = """\b
Examples:
  leadrelay sandbox up                    a company after half a year, until Ctrl-C
  leadrelay sandbox up --weeks 4 --leads 300 --seed 3 --no-limits
  leadrelay sandbox up --start 2026-03-02 the same tale each time, day for day
"""

Command = Callable[..., Any]


def _serving(command: Command) -> Command:
    """The options of a sandbox that starts."""
    options = (
        click.option(
            "--port", type=int, help=f"First of three in a row, 0 for free ones ({PORT})."
        ),
        click.option("--seed", default=0, show_default=True, help="Of everything left to chance."),
        click.option(
            "--mappings",
            "-m",
            type=click.Path(path_type=Path, exists=True, file_okay=False),
            help="Make what these files need: people, fields, lists.",
        ),
        click.option("--no-limits", is_flag=True, help="Never refuse for too many calls."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _reaching(command: Command) -> Command:
    """The options of a command to the sandbox that is running."""
    command = click.option("--port", type=int, help=f"Its first port ({PORT}).")(command)
    return click.option("--control", help="Its control address, instead of --port.")(command)


@click.group(invoke_without_command=True, epilog=EPILOG)
@_serving
@click.option("--start", type=click.DateTime(), help="The sandbox's first moment, in UTC.")
@click.pass_context
def sandbox(
    context: click.Context,
    port: int | None,
    seed: int,
    mappings: Path | None,
    no_limits: bool,
    start: datetime | None,
) -> int:
    """Run HubSpot and Salesforce here, over real HTTP, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        context.obj = port
        return int(ExitCode.DONE)
    from connector.sandbox.clock import SandboxClock
    from connector.sandbox.world import World

    moment = start.replace(tzinfo=UTC) if start else datetime.now(UTC)
    hubspot, salesforce = _settings(no_limits)
    clock = SandboxClock(moment, running=True)
    world = World(clock, seed, hubspot=hubspot, salesforce=salesforce)
    return _serve(world, _first(port, None), mappings)


def _refuse_options_before(context: click.Context) -> None:
    """Only --port may stand before the command; another one would be ignored in silence."""
    for name in ("seed", "mappings", "no_limits", "start"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = "--" + name.replace("_", "-")
            raise click.UsageError(f"{option} stands after '{context.invoked_subcommand}'.")


@sandbox.command(epilog=EPILOG_UP)
@click.option("--weeks", type=click.IntRange(1, 520), default=26, show_default=True)
@click.option(
    "--leads",
    type=click.IntRange(1),
    default=5_000,
    show_default=True,
    help="How many people turn up in these weeks.",
)
@_serving
@click.option(
    "--start",
    type=click.DateTime(),
    help="The first day, in UTC (default: so many weeks before this Monday).",
)
@click.pass_context
def up(
    context: click.Context,
    weeks: int,
    leads: int,
    port: int | None,
    seed: int,
    mappings: Path | None,
    no_limits: bool,
    start: datetime | None,
) -> int:
    """Run both systems as a company has them after some weeks, and let people live on in them."""
    from connector.sandbox.people.agenda import move_clock
    from connector.sandbox.story import up as tell_weeks

    now = datetime.now(UTC)
    first = start.replace(tzinfo=UTC) if start else _monday(now) - timedelta(weeks=weeks)
    hubspot, salesforce = _settings(no_limits)
    say(f"{weeks} weeks from {first:%Y-%m-%d}, {leads:,} people, seed {seed} ...")
    began = time.monotonic()
    with progress_bar() as tell:
        world = tell_weeks(
            weeks,
            leads,
            seed,
            start=first,
            hubspot=hubspot,
            salesforce=salesforce,
            progress=lambda _moment: tell(f"of {weeks} weeks", 1),
        )
    if start is None:
        move_clock(world, now)
    say(f"{_holdings(world)}, told in {time.monotonic() - began:.0f} s.\n")
    world.clock.run()
    return _serve(world, _first(port, context.obj), mappings)


def _first(port: int | None, before: int | None) -> int:
    """The port that was given after the command, before it, or not at all."""
    return next((one for one in (port, before) if one is not None), PORT)


def _monday(now: datetime) -> datetime:
    """This week's Monday at 08:00, or the last one's before that hour."""
    eight = now.replace(hour=8, minute=0, second=0, microsecond=0)
    monday = eight - timedelta(days=now.weekday())
    return monday if monday <= now else monday - timedelta(weeks=1)


def _holdings(world: "World") -> str:
    contacts = len(world.hubspot.records("contacts"))
    counted = (
        f"{len(world.salesforce.rows(name)):,} {plural}"
        for name, plural in (("Lead", "Leads"), ("Opportunity", "opportunities"))
    )
    return ", ".join((f"{contacts:,} contacts", *counted))


def _settings(no_limits: bool) -> "tuple[HubSpotSettings, SalesforceSettings]":
    from connector.sandbox.hubspot.settings import HubSpotSettings
    from connector.sandbox.salesforce.settings import SalesforceSettings

    enforced = not no_limits
    return HubSpotSettings(enforce_limits=enforced), SalesforceSettings(enforce_limits=enforced)


def _serve(world: "World", port: int, mappings: Path | None) -> int:
    from connector.sandbox.prepare import prepare
    from connector.sandbox.serve import Sandbox

    if mappings:
        prepare(world, _ruleset(mappings))
    with Sandbox(world, ports=port) as running:
        try:  # around what is printed, too: whoever reads an address may end it at once
            click.echo(_addresses(running.hubspot_url, running.salesforce_url, running.control_url))
            say("Ctrl-C ends both.")
            while True:
                time.sleep(3_600)
        except KeyboardInterrupt:
            say("\nEnded.")
    return int(ExitCode.DONE)


def _ruleset(folder: Path) -> "Ruleset":
    from connector.mapfiles import load

    loaded = load(folder)
    if loaded.ruleset is None:
        raise StopTheRun("\n".join(str(problem) for problem in loaded.problems))
    return loaded.ruleset


def _addresses(hubspot: str, salesforce: str, control: str) -> str:
    return f"""HubSpot     {hubspot}
Salesforce  {salesforce}
Control     {control}
Page        {control}/page/

In config.toml:
  [hubspot]
  base_url = "{hubspot}"
  [salesforce]
  base_url = "{salesforce}"
  domain = "acme.my"
  client_id = "sandbox-client"

In the environment:
  LEADRELAY_HUBSPOT__TOKEN=pat-na1-sandbox
  LEADRELAY_SALESFORCE__CLIENT_SECRET=sandbox-secret"""


@sandbox.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--map", "-m", "pairs", multiple=True, metavar="COLUMN=PROPERTY", help="Rename a column."
)
@_reaching
@click.pass_context
def load(
    context: click.Context,
    file: Path,
    pairs: tuple[str, ...],
    port: int | None,
    control: str | None,
) -> int:
    """Import contacts from a CSV file into the sandbox that is running."""
    mapping = {}
    for pair in pairs:
        column, sign, name = pair.partition("=")
        if not sign:
            raise click.UsageError(f"--map wants COLUMN=PROPERTY, not '{pair}'.")
        mapping[column] = name
    body = {"csv": file.read_text("utf-8-sig"), "map": mapping}
    told = _ask("POST", _control(context, port, control), "/load", file, json=body).json()
    click.echo(f"{told['loaded']:,} contacts loaded.")
    return int(ExitCode.DONE)


@sandbox.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_reaching
@click.pass_context
def save(context: click.Context, file: Path, port: int | None, control: str | None) -> int:
    """Write all that the running sandbox holds, its clock and its faults, into a file."""
    told = _ask("GET", _control(context, port, control), "/state", file)
    half = file.with_name(f"{file.name}.part")
    try:
        half.write_bytes(told.content)
        os.replace(half, file)
    except OSError as fault:
        raise StopTheRun(f"{file}: {fault.strerror}") from None
    click.echo(f"{file}: {len(told.content) / 1e6:,.1f} MB saved.")
    return int(ExitCode.DONE)


@sandbox.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_reaching
@click.pass_context
def restore(context: click.Context, file: Path, port: int | None, control: str | None) -> int:
    """Replace all that the running sandbox holds by what was saved; nobody lives on in it."""
    body = file.read_bytes()
    told = _ask("PUT", _control(context, port, control), "/state", file, data=body).json()
    click.echo(f"{file}: restored; the sandbox's clock says {told['now']}.")
    return int(ExitCode.DONE)


def _control(context: click.Context, port: int | None, control: str | None) -> str:
    return control or f"http://127.0.0.1:{_first(port, context.obj) + 2}"


def _ask(method: str, address: str, path: str, file: Path, **more: Any) -> "requests.Response":
    """One call of the control API; raises StopTheRun with the reason when it is refused."""
    import requests

    try:
        answer = requests.request(method, address + path, timeout=600, **more)
    except requests.ConnectionError:
        raise StopTheRun(
            f"no sandbox answers at {address}\n    Start one with `leadrelay sandbox`.",
            configuration=False,
        ) from None
    if answer.status_code >= 300:
        raise StopTheRun(f"{file}: {answer.text}")
    return answer
