"""`leadrelay replay`: take the decisions of a past run again; do they come out alike?"""

from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table, progress_bar
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.flows.replay import Replay
    from connector.ports import Run

EPILOG = """\b
Examples:
  leadrelay replay                               the newest runs and their names
  leadrelay replay pull-leads-20260302T080500-ab12
  leadrelay replay push-sqls                     the last run of that job

\b
Exit code 0: every decision comes out the same. 1: some differ, or their inputs
are gone. docs/explanation/learning.md tells what a replay can and cannot do.
"""


@click.command(epilog=EPILOG)
@click.argument("run", required=False)
@click.option("--limit", default=25, show_default=True, help="Differences to list; 0 lists all.")
@common
def replay(run: str | None, limit: int, config_file: str | None, as_json: bool) -> int:
    """Take every decision of a past run again, by the files and the inputs of that moment.

    RUN is the name of a run, the beginning of it, or a job for its last run; without it the newest
    runs are listed. Nothing is written.
    """
    from connector.cli import rulesets
    from connector.cli.named_run import find_run, list_runs
    from connector.config import find_config, read_config
    from connector.flows.replay import replay as take_again
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    if run is None:
        list_runs(bench.ledger, as_json=as_json)
        return int(ExitCode.DONE)
    chosen = find_run(bench.ledger, run)
    with progress_bar(quiet=as_json) as tell:
        found = take_again(
            bench.ledger, chosen.id, lambda version: rulesets.find(version, bench.ledger), tell
        )
    if as_json:
        print_json(_tree(chosen, found))
    else:
        _print(chosen, found, limit)
    return int(ExitCode.DONE if found.is_equal else ExitCode.ATTENTION)


def _print(run: "Run", found: "Replay", limit: int) -> None:
    click.echo(f"{run.id}, {run.started_at:%Y-%m-%d %H:%M} UTC, files of version {run.ruleset}")
    differing = dict.fromkeys(found.retaken, 0)
    for one in found.differing:
        differing[one.kind] += 1
    for kind, count in sorted(found.retaken.items()):
        same = count - differing[kind]
        click.echo(f"  {kind}: {same:,} of {count:,} come out the same")
    if not found.retaken:
        click.echo("  no decision of this run can be taken again")
    for kind, count in sorted(found.lost.items()):
        click.echo(f"  {kind}: {count:,} cannot be taken again: the inputs were erased or expired,")
        click.echo("    or the ledger did not keep them yet")
    shown = found.differing[: limit or None]
    if shown:
        click.echo()
        print_table(
            ("lead", "what", "then", "now", "by"),
            [
                (one.lead_id, what, _word(then), _word(now), str(one.place))
                for one in shown
                for what, then, now in one.differences
            ],
        )
    if len(found.differing) > len(shown):
        click.echo(f"… and {len(found.differing) - len(shown):,} more (--limit 0 lists all)")


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)


def _tree(run: "Run", found: "Replay") -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job,
        "started_at": run.started_at,
        "ruleset": run.ruleset,
        "equal": found.is_equal,
        "retaken": found.retaken,
        "lost": found.lost,
        "differing": [
            {
                "lead": one.lead_id,
                "kind": one.kind,
                "at": one.taken_at,
                "place": str(one.place),
                "changes": {what: [then, now] for what, then, now in one.differences},
            }
            for one in found.differing
        ],
    }
