"""`leadrelay parked`: what waits for a person, by cause, and how to mend it."""

from collections.abc import Sequence
from typing import Any

import click

from connector.cli.show import common, print_json, print_table
from connector.ports import StoredAction
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay parked                        the causes, and who mends them
  leadrelay parked show unknown-value     the records behind one cause
  leadrelay parked retry unknown-value    try them again now
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


def _open(context: click.Context) -> tuple[Any, list[StoredAction], bool]:
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    config_file, as_json = context.obj
    bench = Workbench(read_config(find_config(config_file)))
    return bench, bench.ledger.parked(), as_json


@parked.command("list")
@click.pass_context
def list_parked(context: click.Context) -> int:
    """The causes, how many records each holds up, and who mends them."""
    _, found, as_json = _open(context)
    groups: dict[str, list[StoredAction]] = {}
    for stored in found:
        groups.setdefault(_code(stored), []).append(stored)
    causes = [
        {
            "cause": code,
            "records": len(members),
            "mends": _problem(members[0])["mends"],
            "since": min(m.planned_at for m in members),
            "where": _problem(members[0])["where"],
            "what": _problem(members[0])["what"],
            "remedy": _problem(members[0])["remedy"],
        }
        for code, members in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]
    if as_json:
        print_json(causes)
    elif not causes:
        click.echo("Nothing waits for a person.")
    else:
        for cause in causes:
            click.secho(f"{cause['cause']}: {cause['records']} (mended by {cause['mends']})")
            click.echo(f"    e.g. {cause['where']}: {cause['what']}")
            click.echo(f"    {cause['remedy']}")
    return int(ExitCode.ATTENTION if causes else ExitCode.DONE)


@parked.command()
@click.argument("cause")
@click.pass_context
def show(context: click.Context, cause: str) -> int:
    """The records behind one cause."""
    _, found, as_json = _open(context)
    chosen = _chosen(found, cause)
    rows = [
        (s.action.key, s.action.lead_id, f"{s.planned_at:%Y-%m-%d %H:%M}", _problem(s)["what"])
        for s in chosen
    ]
    if as_json:
        print_json([{"key": r[0], "lead": r[1], "since": r[2], "what": r[3]} for r in rows])
    else:
        print_table(("key", "lead", "since", "what"), rows)
    return int(ExitCode.ATTENTION if rows else ExitCode.DONE)


@parked.command()
@click.argument("cause")
@click.pass_context
def retry(context: click.Context, cause: str) -> int:
    """Put the records of a cause (or one key) back into the plan."""
    return _move(context, cause, retry=True)


@parked.command()
@click.argument("cause")
@click.pass_context
def dismiss(context: click.Context, cause: str) -> int:
    """Give up the records of a cause (or one key); the ledger keeps that you did."""
    return _move(context, cause, retry=False)


def _move(context: click.Context, cause: str, *, retry: bool) -> int:
    from connector.core.plan import ActionState
    from connector.ports import ActionOutcome

    bench, found, _ = _open(context)
    chosen = _chosen(found, cause)
    if not chosen:
        raise click.UsageError(f"Nothing is parked under '{cause}'. See `leadrelay parked`.")
    state = ActionState.PLANNED if retry else ActionState.DISMISSED
    with bench.ledger.transaction() as tx:
        tx.finish(
            [ActionOutcome(key=s.action.key, state=state) for s in chosen], now=bench.clock.now()
        )
    word = "back in the plan; the next run tries them" if retry else "dismissed"
    click.echo(f"{len(chosen)} {word}.")
    return int(ExitCode.DONE)


def _chosen(found: Sequence[StoredAction], cause: str) -> list[StoredAction]:
    return [s for s in found if cause in (_code(s), s.action.key, s.action.lead_id)]


def _code(stored: StoredAction) -> str:
    return stored.action.problem.code if stored.action.problem else "unknown"


def _problem(stored: StoredAction) -> dict[str, str]:
    problem = stored.action.problem
    if problem is None:
        return {"mends": "admin", "where": "-", "what": "", "remedy": ""}
    return {
        "mends": problem.mender,
        "where": str(problem.where),
        "what": problem.what,
        "remedy": problem.remedy,
    }
