"""`leadrelay rollback`: put back what one run wrote."""

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay rollback push-sqls-20260302T084500-a1b2            look first: nothing is written
  leadrelay rollback push-sqls-20260302T084500-a1b2 --apply    put the earlier values back
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.option("--apply", "really", is_flag=True, help="Write; without it this is a dry run.")
@common
def rollback(run: str, really: bool, config_file: str | None, as_json: bool) -> int:
    """Put back the values a run wrote, where they are still ours; list what people changed since.

    Records that the run created are listed and stay. Messages cannot be taken back.
    """
    from connector.config import find_config, read_config
    from connector.flows.rollback import PutBack, look_back, put_back, tell
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    if run not in {one.id for one in bench.ledger.runs(limit=100_000)}:
        raise click.UsageError(f"There is no run '{run}'. `leadrelay status` lists them.")
    if really and not bench.config.live:
        raise click.UsageError('The mode is "rehearse": nothing was written, nothing to put back.')
    undoing = look_back(bench.ledger, bench.marketing, bench.crm, run, bench.ruleset.fields)
    done = PutBack(changes=undoing.ours, refused=())
    if really:
        done = put_back(undoing, bench.marketing, bench.crm)
        tell(bench.ledger, run, done, now=bench.clock.now())
    ours = [_row(change) for change in done.changes]
    theirs = [_row(change) for change in undoing.changed_since]
    made = [(s.action.lead_id, s.action.record_kind, s.action.record_id) for s in undoing.created]
    result = {
        "run": run,
        "applied": really,
        "put_back": ours,
        "changed_since": theirs,
        "created": made,
        "cannot_be_taken_back": undoing.told,
        "refused": [str(problem) for problem in done.refused],
    }
    if as_json:
        print_json(result)
    else:
        columns = ("lead", "system", "record", "field")
        word = "Put back" if really else "Would be put back (add --apply)"
        print_table(columns, ours, title=f"{word}: {len(ours)}")
        print_table(columns, theirs, title=f"Changed by people: {len(theirs)}")
        created = ("lead", "kind", "record")
        print_table(created, made, title=f"Created, and left: {len(undoing.created)}")
        if undoing.told:
            say(f"{undoing.told} messages and list memberships cannot be taken back.")
        for problem in done.refused:
            say(str(problem))
    waits = undoing.changed_since or done.refused
    return int(ExitCode.ATTENTION if waits else ExitCode.DONE)


def _row(change: object) -> tuple[str, str, str, str]:
    from connector.flows.rollback import Change

    assert isinstance(change, Change)
    record = f"{change.record_kind} {change.record_id}"
    return (change.lead_id, change.destination.value, record, change.field)
