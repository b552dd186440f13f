"""`leadrelay setup`: what the files need in both systems, shown, made, or written to deploy."""

from pathlib import Path

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay setup hubspot                 what is missing there; nothing is written
  leadrelay setup hubspot --apply         make it
  leadrelay setup salesforce --out crm    metadata to deploy with the sf command
  leadrelay check --live                  confirm that all is there
"""


@click.group(epilog=EPILOG)
def setup() -> None:
    """Make in both systems what the mapping files need."""


@setup.command()
@click.option("--apply", "make_it", is_flag=True, help="Make what is missing.")
@common
def hubspot(make_it: bool, config_file: str | None, as_json: bool) -> int:
    """Show the properties, the group and the lists that are missing in HubSpot; or make them.

    Nothing that is there is ever changed or removed. The token needs the scopes
    crm.schemas.contacts.write and crm.lists.write for --apply.
    """
    from connector.config import find_config, read_config
    from connector.flows.setup_hubspot import make, missing, new_property
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    plan = missing(bench.ruleset, bench.marketing)
    properties = [new_property(need) for need in plan.properties]
    if as_json:
        print_json(
            {
                "properties": [
                    {"name": p.name, "type": p.type, "options": [o[0] for o in p.options]}
                    for p in properties
                ],
                "lists": [need.name for need in plan.lists],
                "not_ours": [need.name for need in plan.not_ours],
                "made": make_it,
            }
        )
    elif plan.nothing:
        click.echo("HubSpot has everything that the files need.")
    else:
        rows = [
            ("property", p.name, p.field_type, str(need.place))
            for p, need in zip(properties, plan.properties, strict=True)
        ]
        rows += [("list", need.name, "static", str(need.place)) for need in plan.lists]
        rows += [("property", n.name, "HubSpot's own", str(n.place)) for n in plan.not_ours]
        print_table(("missing", "name", "kind", "asked for in"), rows)
    if make_it:
        make(plan, bench.marketing, lambda what: say(f"made {what}"))
    elif properties or plan.lists:
        say("Nothing was written. Make them with `leadrelay setup hubspot --apply`.")
    if plan.not_ours:
        say("HubSpot's own properties cannot be made: see which product brings them, or rename.")
    return int(ExitCode.ATTENTION if plan.not_ours else ExitCode.DONE)


@setup.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write; it is made where it is missing.",
)
@click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use.")
def salesforce(out: Path, config_file: str | None) -> int:
    """Write a source-format metadata folder: fields, permission set, hot list, report type.

    It reads the files only and asks Salesforce nothing. The external id is unique.
    """
    from connector.config import find_config, read_config
    from connector.reports.metadata import metadata
    from connector.wiring import load_ruleset

    ruleset, _ = load_ruleset(read_config(find_config(config_file)))
    files = metadata(ruleset)
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    click.echo(f"{out}: {len(files)} files")
    say(f"Deploy them: sf project deploy start --source-dir {out}/force-app")
    say("Then give the permission set 'leadrelay' to the integration user.")
    return int(ExitCode.DONE)
