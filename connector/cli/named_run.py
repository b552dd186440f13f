"""Which run a command is about: by its name, the beginning of it, or its job; or a list of them."""

from typing import TYPE_CHECKING

import click

from connector.cli.show import print_json, print_table
from connector.core.errors import StopTheRun

if TYPE_CHECKING:
    from connector.ports import Ledger, Run

#: Of the newest runs so many are listed.
LISTED = 30


def find_run(ledger: "Ledger", name: str) -> "Run":
    """By its id, its beginning or its job, the newest; raises StopTheRun where there is none."""
    known = ledger.runs(limit=100_000)
    found = [one for one in known if name in (one.id, one.job)]
    found = found or [one for one in known if one.id.startswith(name)]
    if not found:
        jobs = ", ".join(sorted({one.job for one in known})) or "none yet"
        raise StopTheRun(
            f"the ledger knows no run named '{name}'\n    Jobs with runs: {jobs}. "
            "`leadrelay ledger expire --runs` forgets old ones."
        )
    return found[0]


def list_runs(ledger: "Ledger", *, as_json: bool) -> None:
    """The newest runs that picked something up, or have not ended, by the names commands take."""
    known = ledger.runs(limit=1_000)
    runs = [one for one in known if one.totals.picked_up or one.ended_at is None][:LISTED]
    if as_json:
        print_json([{"run": one.id, "at": one.started_at, "outcome": one.outcome} for one in runs])
        return
    rows = [
        (one.id, f"{one.started_at:%Y-%m-%d %H:%M}", one.outcome or "not ended") for one in runs
    ]
    print_table(("run", "began (UTC)", "outcome"), rows)
    if not rows:
        click.echo("No run has picked anything up yet.")
