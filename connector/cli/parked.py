"""`leadrelay parked`: what waits for a person, by cause, and how to mend it."""

from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.store.parked import Cause

EPILOG = """\b
Examples:
  leadrelay parked                        the causes, and who mends them
  leadrelay parked show unknown-value     the records behind one cause
  leadrelay parked retry unknown-value    try them again now
  leadrelay parked retry --changed        try what something changed for since
  leadrelay parked dismiss KEY            give one up
"""


@click.group(invoke_without_command=True, epilog=EPILOG)
@common
@click.pass_context
def parked(context: click.Context, config_file: str | None, as_json: bool) -> int:
    """See and mend what waits for a person."""
    context.obj = (config_file, as_json)
    if context.invoked_subcommand is None:
        return int(context.invoke(list_parked))
    return 0


def _open(context: click.Context) -> tuple[Any, "list[Cause]", bool]:
    from connector.config import find_config, read_config
    from connector.store.parked import causes
    from connector.wiring import Workbench

    config_file, as_json = context.obj
    bench = Workbench(read_config(find_config(config_file)))
    return bench, causes(bench.ledger), as_json


@parked.command("list")
@click.pass_context
def list_parked(context: click.Context) -> int:
    """The causes, how many records each holds up, and who mends them."""
    _, found, as_json = _open(context)
    if as_json:
        print_json(
            [
                {
                    "cause": cause.code,
                    "records": cause.count,
                    "mends": cause.example.mender,
                    "destination": cause.destination,
                    "rule": cause.rule,
                    "since": cause.oldest,
                    "newest": cause.newest,
                    "where": str(cause.example.where),
                    "what": cause.example.what,
                    "remedy": cause.example.remedy,
                }
                for cause in found
            ]
        )
    elif not found:
        click.echo("Nothing waits for a person.")
    for cause in () if as_json else found:
        by = "nobody: it mends itself" if cause.mender == "nobody" else cause.mender
        click.secho(f"{cause.code}: {cause.count} (mended by {by})")
        click.echo(f"    e.g. {cause.example.where}: {cause.example.what}")
        click.echo(f"    {cause.example.remedy}")
    return int(ExitCode.ATTENTION if found else ExitCode.DONE)


@parked.command()
@click.argument("cause")
@click.pass_context
def show(context: click.Context, cause: str) -> int:
    """The records behind one cause."""
    bench, found, as_json = _open(context)
    keys = set(_keys(found, cause))
    chosen = [stored for stored in bench.ledger.parked() if stored.action.key in keys]
    rows = [
        (
            stored.action.key,
            stored.action.lead_id,
            f"{stored.planned_at:%Y-%m-%d %H:%M}",
            stored.action.problem.what if stored.action.problem else "",
        )
        for stored in chosen
    ]
    if as_json:
        print_json([{"key": r[0], "lead": r[1], "since": r[2], "what": r[3]} for r in rows])
    else:
        print_table(("key", "lead", "since", "what"), rows)
    return int(ExitCode.ATTENTION if rows else ExitCode.DONE)


@parked.command()
@click.argument("cause", required=False)
@click.option("--changed", is_flag=True, help="All whose data, rules or remote schema changed.")
@click.pass_context
def retry(context: click.Context, cause: str | None, changed: bool) -> int:
    """Put the records of a cause (or one key, or one lead) back into the plan."""
    from connector.store import parked as store

    bench, found, _ = _open(context)
    if (cause is None) != changed:
        raise click.UsageError("Name a cause, a key or a lead; or say --changed.")
    version, now = bench.ruleset.version, bench.clock.now()
    if changed:
        count = store.retry_changed(bench.ledger, ruleset=version, now=now)
    else:
        count = store.retry(bench.ledger, _chosen(found, cause or ""), ruleset=version, now=now)
    click.echo(f"{count} back in the plan; the next run tries them.")
    return int(ExitCode.DONE)


@parked.command()
@click.argument("cause")
@click.pass_context
def dismiss(context: click.Context, cause: str) -> int:
    """Give up the records of a cause (or one key); the ledger keeps that you did."""
    from connector.store import parked as store

    bench, found, _ = _open(context)
    count = store.dismiss(bench.ledger, _chosen(found, cause), now=bench.clock.now())
    click.echo(f"{count} dismissed.")
    return int(ExitCode.DONE)


def _chosen(found: "list[Cause]", cause: str) -> list[str]:
    keys = _keys(found, cause)
    if not keys:
        raise click.UsageError(f"Nothing is parked under '{cause}'. See `leadrelay parked`.")
    return keys


def _keys(found: "list[Cause]", cause: str) -> list[str]:
    """Keys of a cause's code or name, of one action, or of all parked actions of one lead."""
    keys = [key for one in found if cause in (one.code, one.name) for key in one.keys]
    keys += [key for one in found for key in one.keys if key == cause]
    if not keys and any(cause in one.lead_ids for one in found):
        keys = [k for one in found if one.lead_ids == (cause,) for k in one.keys]
    return keys
