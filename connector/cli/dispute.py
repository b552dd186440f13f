"""`leadrelay dispute`: a rep contests a lead by the written definition; somebody settles it."""

from typing import Any

import click

from connector.cli.show import common, print_json, print_table, say
from connector.cli.who import one_lead, one_person
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay dispute hs-512 --clause bant:budget --by lena --why "They asked for a discount"
  leadrelay dispute list
  leadrelay dispute settle hs-512 --clause bant:budget --upheld --by nadia
"""


class OrLead(click.Group):
    """What is no command of this group is a lead that is contested."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["raise", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=OrLead, epilog=EPILOG, subcommand_metavar="LEAD | list | settle …")
def dispute() -> None:
    """Contest a lead by the written definition, or settle what was contested."""


def _bench(config_file: str | None) -> Any:
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    return Workbench(read_config(find_config(config_file)))


@dispute.command("raise", hidden=True)
@click.argument("lead")
@click.option("--clause", required=True, metavar="RULE", help="e.g. stage:sql, bant:budget.")
@click.option("--why", required=True, help="What is wrong with it.")
@click.option("--by", required=True, metavar="PERSON", help="Who contests it.")
@common
def raise_(
    lead: str, clause: str, why: str, by: str, config_file: str | None, as_json: bool
) -> int:
    """Contest LEAD: the rule that should not have held."""
    from connector.flows.disputes import contest

    bench = _bench(config_file)
    key = one_person(bench.ruleset, by)
    with bench.ledger.transaction() as tx:
        row = one_lead(tx, lead)
        event = contest(tx, row, clause, bench.ruleset, by=key, why=why, now=bench.clock.now())
    if as_json:
        print_json({"lead": row.state.lead_id, "clause": clause, "by": key, "key": event.key})
    else:
        click.echo(f"{row.state.lead_id}: '{clause}' ({event.place}) is contested by {key}.")
    return int(ExitCode.DONE)


@dispute.command("list")
@common
def list_(config_file: str | None, as_json: bool) -> int:
    """What is contested and not settled, and how often each rule was."""
    from connector.core.disputes import contested_rules

    bench = _bench(config_file)
    kinds = ("disputed", "dispute_settled")
    events = [entry.event for entry in bench.ledger.every_event(kinds=kinds)]
    over = {e.data.get("dispute") for e in events if e.kind == "dispute_settled"}
    open_ = [e for e in events if e.kind == "disputed" and e.key not in over]
    rules = contested_rules(events)
    if as_json:
        print_json(
            {
                "waiting": [
                    {"lead": e.lead_id, "clause": e.data["clause"], "by": e.by,
                     "why": e.data["why"], "at": e.at}
                    for e in open_
                ],
                "rules": {
                    name: {"disputed": c.disputed, "upheld": c.upheld, "rejected": c.rejected}
                    for name, c in rules.items()
                },
            }
        )  # fmt: skip
    elif not rules:
        say("Nothing was ever contested.")
    else:
        columns = ("lead", "rule", "by", "since (UTC)", "why")
        table = [
            (e.lead_id, e.data["clause"], e.by, f"{e.at:%Y-%m-%d %H:%M}", e.data["why"])
            for e in open_
        ]
        print_table(columns, table, title="Waiting" if table else "")
        counts = [(n, c.disputed, c.upheld, c.rejected) for n, c in rules.items()]
        print_table(("rule", "contested", "upheld", "rejected"), counts, title="By rule")
    return int(ExitCode.ATTENTION if open_ else ExitCode.DONE)


@dispute.command()
@click.argument("lead")
@click.option("--clause", required=True, metavar="RULE", help="The rule that is contested.")
@click.option("--upheld/--rejected", required=True, default=None, help="Who is right.")
@click.option("--by", required=True, metavar="PERSON", help="Who settles it.")
@common
def settle(
    lead: str, clause: str, upheld: bool, by: str, config_file: str | None, as_json: bool
) -> int:
    """Settle a dispute; an upheld one becomes an example of the rule in the mapping files."""
    from connector.flows.disputes import end
    from connector.mapfiles.disputed import add_example

    bench = _bench(config_file)
    key = one_person(bench.ruleset, by)
    with bench.ledger.transaction() as tx:
        row = one_lead(tx, lead)
        settled = end(
            tx, row, clause, bench.ruleset, upheld=upheld, by=key, now=bench.clock.now(),
            language=bench.config.reports.language,
        )  # fmt: skip
    problem = None
    if settled.example is not None:
        problem = add_example(bench.config.mappings, clause, settled.example)
    if as_json:
        print_json(
            {
                "lead": row.state.lead_id,
                "clause": clause,
                "upheld": upheld,
                "fulfilled": settled.quoted,
                "not_fulfilled": settled.unmet,
                "left_out": settled.left_out,
                "example_written": settled.example is not None and problem is None,
            }
        )
        return int(ExitCode.DONE if problem is None else ExitCode.ATTENTION)
    click.echo(f"{row.state.lead_id}: the dispute about '{clause}' is settled by {key}.")
    for text in settled.quoted:
        click.echo(f"  fulfilled: {text}")
    for text in settled.unmet:
        click.echo(f"  not fulfilled: {text}")
    if settled.example is not None and problem is None:
        say("An example was added to qualification.yaml; change the rule until `check` agrees.")
    if settled.left_out:
        say(f"Personal fields were left out of it: {', '.join(settled.left_out)}.")
    if problem is not None:
        say(str(problem))
        return int(ExitCode.ATTENTION)
    return int(ExitCode.DONE)
