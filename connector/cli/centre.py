"""`leadrelay centre`: what waits for the lead centre, and its decisions."""

import click

from connector.cli.show import common, print_json, print_table, say
from connector.cli.who import one_lead, one_person
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay centre                                      what waits, and until when
  leadrelay centre decide hs-512 sql --by priya --why "Confirmed by phone"
  leadrelay centre decide hs-512 mql --by priya --why "No project this year"
"""


@click.group(invoke_without_command=True, epilog=EPILOG)
@common
@click.pass_context
def centre(context: click.Context, config_file: str | None, as_json: bool) -> int:
    """List what waits for the lead centre; `decide` gives a lead its stage."""
    context.obj = (config_file, as_json)
    if context.invoked_subcommand is not None:
        return 0
    from connector.config import find_config, read_config
    from connector.flows.centre import cases
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with bench.ledger.transaction() as tx:
        found = cases(tx, bench.ruleset, bench.clock.now())
    listed = [
        {
            "lead": case.row.state.lead_id,
            "stage": case.row.state.stage,
            "proposed": case.proposed,
            "score": round(case.row.score),
            "company": case.row.values.get("company"),
            "since": case.since,
            "due": case.due,
            "late": case.late,
        }
        for case in found
    ]
    if as_json:
        print_json(listed)
    elif not listed:
        say("Nothing waits for the lead centre.")
    else:
        columns = ("lead", "stage", "proposed", "score", "company", "since (UTC)", "due (UTC)", "")
        table = [
            (
                *(one[name] for name in ("lead", "stage", "proposed", "score", "company")),
                f"{one['since']:%Y-%m-%d %H:%M}",
                f"{one['due']:%Y-%m-%d %H:%M}" if one["due"] else "",
                "late" if one["late"] else "",
            )
            for one in listed
        ]
        print_table(columns, table)
    return int(ExitCode.ATTENTION if listed else ExitCode.DONE)


@centre.command()
@click.argument("lead")
@click.argument("stage")
@click.option("--by", required=True, metavar="PERSON", help="Who decides.")
@click.option("--why", required=True, help="The reason, as the story of the lead will tell it.")
@common
@click.pass_context
def decide(
    context: click.Context,
    lead: str,
    stage: str,
    by: str,
    why: str,
    config_file: str | None,
    as_json: bool,
) -> int:
    """Give LEAD its STAGE; the stage it has already means: not yet."""
    from connector.config import find_config, read_config
    from connector.flows import centre as flow
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file or context.obj[0])))
    rules = bench.ruleset
    key = one_person(rules, by)
    bench.keep_ruleset()
    with bench.ledger.transaction() as tx:
        row = one_lead(tx, lead)
        flow.decide(tx, row, stage, rules, by=key, why=why, now=bench.clock.now())
    if as_json:
        print_json({"lead": row.state.lead_id, "from": row.state.stage, "to": stage, "by": key})
        return int(ExitCode.DONE)
    click.echo(f"{row.state.lead_id}: {row.state.stage} → {stage}, decided by {key}.")
    return int(ExitCode.DONE)
