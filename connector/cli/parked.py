"""`leadrelay parked`: what waits for a person, by cause, and how to mend it."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.ports import StoredAction
    from connector.wiring import Workbench

EPILOG = """\b
Examples:
  leadrelay parked                        the causes, and who mends them
  leadrelay parked show unknown-value     the records behind one cause
  leadrelay parked retry unknown-value    try them again now
  leadrelay parked retry --changed        try what something changed for since
  leadrelay parked retry hs-512           try all of one lead again
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


def _on_parked(command: Callable[..., int]) -> Callable[..., Any]:
    """The common options, said before the command's name or behind it; gives the workbench."""

    @common
    @click.pass_context
    def opened(
        context: click.Context, /, config_file: str | None, as_json: bool, **given: Any
    ) -> int:
        from connector.config import find_config, read_config
        from connector.wiring import Workbench

        config_before, json_before = context.obj
        bench = Workbench(read_config(find_config(config_file or config_before)))
        return command(bench, as_json=as_json or json_before, **given)

    return functools.update_wrapper(opened, command)


@parked.command("list")
@_on_parked
def list_parked(bench: "Workbench", *, as_json: bool) -> int:
    """The causes, how many records each holds up, and who mends them."""
    from connector.store.parked import causes

    found = causes(bench.ledger)
    if as_json:
        print_json(
            [
                {
                    "cause": cause.code,
                    "records": cause.count,
                    "mends": cause.example.mender,
                    "destination": cause.destination,
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
@_on_parked
def show(bench: "Workbench", *, cause: str, as_json: bool) -> int:
    """The records behind one cause (or one key, or one lead)."""
    rows = [
        (
            stored.action.key,
            stored.action.lead_id,
            f"{stored.planned_at:%Y-%m-%d %H:%M}",
            stored.action.problem.what if stored.action.problem else "",
        )
        for stored in _chosen(bench, cause)
    ]
    if as_json:
        print_json([{"key": r[0], "lead": r[1], "since": r[2], "what": r[3]} for r in rows])
    else:
        print_table(("key", "lead", "since", "what"), rows)
    return int(ExitCode.ATTENTION)


@parked.command()
@click.argument("cause", required=False)
@click.option("--changed", is_flag=True, help="All whose data, rules or remote schema changed.")
@_on_parked
def retry(bench: "Workbench", *, cause: str | None, changed: bool, as_json: bool) -> int:
    """Put the records of a cause (or one key, or one lead) back into the plan."""
    from connector.store import parked as store

    if (cause is None) != changed:
        raise click.UsageError("Name a cause, a key or a lead; or say --changed.")
    version, now = bench.ruleset.version, bench.clock.now()
    if changed:
        count = store.retry_changed(bench.ledger, ruleset=version, now=now)
    else:
        keys = [stored.action.key for stored in _chosen(bench, cause or "")]
        count = store.retry(bench.ledger, keys, ruleset=version, now=now)
    if as_json:
        print_json({"retried": count})
    else:
        click.echo(f"{count} back in the plan; the next run tries them.")
    return int(ExitCode.DONE)


@parked.command()
@click.argument("cause")
@_on_parked
def dismiss(bench: "Workbench", *, cause: str, as_json: bool) -> int:
    """Give up the records of a cause (or one key, or one lead); the ledger keeps that you did."""
    from connector.store import parked as store

    keys = [stored.action.key for stored in _chosen(bench, cause)]
    count = store.dismiss(bench.ledger, keys, now=bench.clock.now())
    if as_json:
        print_json({"dismissed": count})
    else:
        click.echo(f"{count} dismissed.")
    return int(ExitCode.DONE)


def _chosen(bench: "Workbench", cause: str) -> "list[StoredAction]":
    """What is parked under a cause's code or name, under a key, or of a lead; never nothing."""
    from connector.store.parked import causes

    keys = {
        key for one in causes(bench.ledger) if cause in (one.code, one.name) for key in one.keys
    }
    chosen = [
        stored
        for stored in bench.ledger.parked()
        if stored.action.key in keys or cause in (stored.action.key, stored.action.lead_id)
    ]
    if not chosen:
        raise click.UsageError(f"Nothing is parked under '{cause}'. See `leadrelay parked`.")
    return chosen
