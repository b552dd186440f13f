"""`leadrelay lead`: the whole story of one person, and why."""

from pathlib import Path

import click

from connector.cli.show import common, print_json, print_table, say, width
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay lead ada@example.com
  leadrelay lead hs-512 --html ada.html
  leadrelay lead 00Q000000012345AAA --language fr
"""


@click.command(epilog=EPILOG)
@click.argument("who")
@click.option("--html", type=click.Path(path_type=Path), help="Write the story as a page.")
@click.option("--language", type=click.Choice(["en", "fr"]), help="Default: as configured.")
@common
def lead(
    who: str, html: Path | None, language: str | None, config_file: str | None, as_json: bool
) -> int:
    """Tell the whole story of one person: an e-mail, a lead id, or an id of either system."""
    from connector.config import find_config, read_config
    from connector.flows.standings import standing_of
    from connector.reports.html import to_html
    from connector.reports.lead_promises import commitment
    from connector.reports.passport import passport
    from connector.reports.plain import to_json, to_text
    from connector.store.private import write_private
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with bench.ledger.transaction() as tx:
        found = tx.find_leads(who)
        if len(found) != 1:
            return _which(who, [(r.state.lead_id, r.hubspot_id, r.state.stage) for r in found])
        row = found[0]
        stored = tx.events_of(row.state.lead_id)
        spoken = language or bench.config.reports.language
        standing = standing_of(row, [e.event for e in stored], bench.ruleset, bench.clock.now())
        document = passport(
            row,
            stored,
            tx.actions_of(row.state.lead_id),
            tx.links_of(row.state.lead_id),
            bench.ruleset,
            commitment(*standing, bench.ruleset, spoken) if row.state.passed_at else (),
            now=bench.clock.now(),
            language=spoken,
            rehearsal=not bench.config.live,
        )
    if html:
        write_private(html, to_html(document).encode())
        say(f"Written to {html}")
    elif as_json:
        print_json(to_json(document))
    else:
        click.echo(to_text(document, width()), nl=False)
    return int(ExitCode.DONE)


def _which(who: str, found: list[tuple[str, str, str]]) -> int:
    if not found:
        say("The ledger knows nobody by that name. Ids and whole e-mail addresses are looked up.")
    else:
        say(f"{len(found)} leads go by that; name one of them:")
        print_table(("lead", "HubSpot", "stage"), found)
    return int(ExitCode.ATTENTION)
