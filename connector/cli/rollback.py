"""`leadrelay rollback`: put back what one run wrote."""

from typing import TYPE_CHECKING

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.flows.rollback import Change, PutBack, Undoing
    from connector.ports import Run

EPILOG = """\b
Examples:
  leadrelay rollback                                           the newest runs and their names
  leadrelay rollback push-sqls-20260302T084500-a1b2            look first: nothing is written
  leadrelay rollback push-sqls-20260302T084500-a1b2 --apply    put the earlier values back
"""


@click.command(epilog=EPILOG)
@click.argument("run", required=False)
@click.option("--apply", "really", is_flag=True, help="Write; without it this is a dry run.")
@common
def rollback(run: str | None, really: bool, config_file: str | None, as_json: bool) -> int:
    """Put back the values a run wrote, where they are still ours; list what people changed since.

    RUN is the name of a run, the beginning of it, or a job for its last run; without it the newest
    runs are listed. Records that the run created are listed and stay. Messages cannot be taken
    back. Of a field that travels both ways, the earlier value then is the newer word: the next jobs
    take it to the other system too.
    """
    from connector.cli.named_run import find_run, list_runs
    from connector.config import find_config, read_config
    from connector.flows.rollback import PutBack, look_back, put_back, tell
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    if run is None:
        list_runs(bench.ledger, as_json=as_json)
        return int(ExitCode.DONE)
    chosen = find_run(bench.ledger, run)
    if really and not bench.config.live:
        raise click.UsageError('The mode is "rehearse": nothing was written, nothing to put back.')
    undoing = look_back(bench.ledger, bench.marketing, bench.crm, chosen.id, bench.ruleset.fields)
    done = PutBack(changes=undoing.ours, refused=())
    if really:
        done = put_back(undoing, bench.marketing, bench.crm)
        tell(bench.ledger, chosen.id, done, now=bench.clock.now())
    ours = [_row(change) for change in done.changes]
    theirs = [_row(change) for change in undoing.changed_since]
    back = [_row(change) for change in undoing.stands]
    made = [(s.action.lead_id, s.action.record_kind, s.action.record_id) for s in undoing.created]
    result = {
        "run": chosen.id,
        "ended": chosen.ended_at is not None,
        "applied": really,
        "put_back": ours,
        "changed_since": theirs,
        "back_already": back,
        "created": made,
        "cannot_be_taken_back": undoing.told,
        "expired": undoing.expired,
        "refused": [str(problem) for problem in done.refused],
    }
    if as_json:
        print_json(result)
    else:
        _print(chosen, undoing, done, really=really)
    waits = undoing.changed_since or done.refused or undoing.expired
    return int(ExitCode.ATTENTION if waits else ExitCode.DONE)


def _print(run: "Run", undoing: "Undoing", done: "PutBack", *, really: bool) -> None:
    columns = ("lead", "system", "record", "field")
    word = "Put back" if really else "Would be put back (add --apply)"
    for title, changes in (
        (word, done.changes),
        ("Back already", undoing.stands),
        ("Changed by people", undoing.changed_since),
    ):
        if changes or title != "Back already":
            rows = [_row(change) for change in changes]
            print_table(columns, rows, title=f"{title}: {len(rows)}")
    made = [(s.action.lead_id, s.action.record_kind, s.action.record_id) for s in undoing.created]
    print_table(("lead", "kind", "record"), made, title=f"Created, and left: {len(made)}")
    if run.ended_at is None:
        say("This run has not ended, or was killed: what it still writes is not in this.")
    if undoing.told:
        say(f"{undoing.told} messages and list memberships cannot be taken back.")
    if undoing.expired:
        say(f"{undoing.expired} updates cannot be put back: what they wrote has expired.")
    for problem in done.refused:
        say(str(problem))


def _row(change: "Change") -> tuple[str, str, str, str]:
    record = f"{change.record_kind} {change.record_id}" + (" (deleted)" if change.gone else "")
    return (change.lead_id, change.destination.value, record, change.field)
