"""`leadrelay sandbox`: HubSpot and Salesforce on this machine, with or without people in them."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.show import say
from connector.core.errors import StopTheRun
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.rules.ruleset import Ruleset

EPILOG = """\b
Examples:
  leadrelay sandbox                       both systems, empty, until Ctrl-C
  leadrelay sandbox load contacts.csv     into the one that is running
  leadrelay sandbox load leads.csv --map "Lead Origin=hs_analytics_source"
"""


@click.group(invoke_without_command=True, epilog=EPILOG)
@click.option("--port", default=8020, show_default=True, help="First of three ports in a row.")
@click.option(
    "--mappings",
    "-m",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Make what these files need: people, fields, lists.",
)
@click.option("--start", type=click.DateTime(), help="The sandbox's first moment, in UTC.")
@click.option("--seed", default=0, show_default=True, help="Of everything left to chance.")
@click.pass_context
def sandbox(
    context: click.Context, port: int, mappings: Path | None, start: datetime | None, seed: int
) -> int:
    """Run HubSpot and Salesforce here, over real HTTP, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        context.obj = port
        return int(ExitCode.DONE)
    from connector.sandbox.clock import SandboxClock
    from connector.sandbox.prepare import prepare
    from connector.sandbox.serve import Sandbox
    from connector.sandbox.world import World

    moment = start.replace(tzinfo=UTC) if start else datetime.now(UTC)
    world = World(SandboxClock(moment, running=True), seed)
    if mappings:
        prepare(world, _ruleset(mappings))
    with Sandbox(world, ports=port) as running:
        click.echo(_addresses(running.hubspot_url, running.salesforce_url, running.control_url))
        say("Ctrl-C ends both.")
        try:
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
@click.option("--control", help="Control address (default: the port after next of --port).")
@click.pass_context
def load(context: click.Context, file: Path, pairs: tuple[str, ...], control: str | None) -> int:
    """Import contacts from a CSV file into the sandbox that is running."""
    import requests

    mapping = {}
    for pair in pairs:
        column, sign, name = pair.partition("=")
        if not sign:
            raise click.UsageError(f"--map wants COLUMN=PROPERTY, not '{pair}'.")
        mapping[column] = name
    address = control or f"http://127.0.0.1:{context.obj + 2}"
    body = {"csv": file.read_text("utf-8-sig"), "map": mapping}
    try:
        answer = requests.post(f"{address}/load", json=body, timeout=600)
    except requests.ConnectionError:
        raise StopTheRun(
            f"no sandbox answers at {address}\n    Start one with `leadrelay sandbox`.",
            configuration=False,
        ) from None
    if answer.status_code >= 300:
        raise StopTheRun(f"{file}: {answer.text}")
    click.echo(f"{answer.json()['loaded']:,} contacts loaded.")
    return int(ExitCode.DONE)
