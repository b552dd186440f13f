"""`leadrelay ledger`: moves the ledger to another database, or lets it forget."""

from contextlib import suppress
from datetime import timedelta

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay ledger move sqlite:///leadrelay.db postgresql://relay@db/leadrelay
  leadrelay ledger expire --snapshots 400 --payloads 90 --runs 400
  leadrelay ledger new-salt --yes    where leadrelay.salt is lost for good
"""


@click.group(epilog=EPILOG)
def ledger() -> None:
    """Move the ledger between SQLite and PostgreSQL, let it forget what is old, or give up a lost
    salt."""


@ledger.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def move(source: str, target: str, as_json: bool) -> int:
    """Copy everything FROM one ledger TO an empty one; the source stays as it is.

    Both are addresses: sqlite:///FILE, a file, or postgresql://user@host/database, without a
    password: give that in PGPASSWORD, or in ~/.pgpass. Stop the workers first; afterwards name
    the new one in config.toml.
    """
    import re
    from pathlib import Path

    from connector.core.errors import StopTheRun
    from connector.store import move as moving
    from connector.store import open_ledger
    from connector.wiring import SystemClock

    if any(re.search(r"//[^/@]*:[^/]+@|[?&]password=", url) for url in (source, target)):
        raise click.UsageError(
            "The list of processes shows a password in an address: leave it out, and set "
            "PGPASSWORD or write it into ~/.pgpass."
        )
    file = source.removeprefix("sqlite:///")
    if ("://" not in source or source.startswith("sqlite:")) and not Path(file).exists():
        raise StopTheRun(f"{file}: there is no such ledger")
    old, new = open_ledger(source), open_ledger(target)
    try:
        moved = moving.move(old, new, now=SystemClock().now())
    finally:
        old.close()
        new.close()
    if as_json:
        print_json(moved)
        return int(ExitCode.DONE)
    print_table(("table", "rows"), [(name, rows) for name, rows in moved.items() if rows])
    say("Everything arrived. Name the new ledger in config.toml ([ledger] url).")
    return int(ExitCode.DONE)


@ledger.command()
@click.option("--snapshots", type=click.IntRange(1), metavar="DAYS", help="Inputs of decisions.")
@click.option("--payloads", type=click.IntRange(1), metavar="DAYS", help="What actions wrote.")
@click.option("--runs", type=click.IntRange(1), metavar="DAYS", help="Rows of ended runs.")
@common
def expire(
    snapshots: int | None,
    payloads: int | None,
    runs: int | None,
    config_file: str | None,
    as_json: bool,
) -> int:
    """Remove what is older than so many days; events stay, since every figure comes from them."""
    from connector.config import find_config, read_config
    from connector.store import privacy
    from connector.wiring import Workbench

    days = {"snapshot": snapshots, "action": payloads, "run": runs}
    if not any(days.values()):
        raise click.UsageError("Say what is to go: --snapshots, --payloads or --runs DAYS.")
    bench = Workbench(read_config(find_config(config_file)))
    now = bench.clock.now()
    before = {name: now - timedelta(days=count) for name, count in days.items() if count}
    removed = privacy.expire(bench.ledger, before)
    if as_json:
        print_json(removed)
    else:
        print_table(("table", "rows"), removed.items())
    return int(ExitCode.DONE)


@ledger.command("new-salt")
@click.option("--yes", "really", is_flag=True, help="Do it; without it this is a dry run.")
@common
def new_salt(really: bool, config_file: str | None, as_json: bool) -> int:
    """Give up the salt of those who were forgotten, where it is lost for good.

    Their hashes tell nothing without it, and are removed: whom HubSpot still has, or is given
    again by an old list, comes back as a new lead. The next `leadrelay forget` makes a new salt.
    """
    from connector.config import find_config, read_config
    from connector.core.errors import StopTheRun
    from connector.store import tombstones
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with suppress(StopTheRun):
        bench.salt.check()
        say("The salt is the right one, or nobody was forgotten: nothing is to be done.")
        return int(ExitCode.DONE)
    with bench.ledger.writing() as connection:
        count = tombstones.count(connection)
        if really:
            tombstones.drop(connection)
    if as_json:
        print_json({"hashes": count, "removed": really})
    elif really:
        click.echo(f"{count:,} hashes are removed. Who comes back is to be forgotten again.")
    else:
        say(f"Nothing was removed; add --yes. {count:,} hashes would go.")
    return int(ExitCode.DONE)
