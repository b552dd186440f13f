"""`leadrelay promises`: every clause on both sides, and the answer for one lead."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.show import common, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.reports.document import Document
    from connector.wiring import Workbench

EPILOG = """\b
Examples:
  leadrelay promises                           both sides, the last 30 days
  leadrelay promises --days 7 --html week.html
  leadrelay promises eva@alpenblick.example    why did she get this lead, and
                                               was it answered in time?
"""


@click.command(epilog=EPILOG)
@click.argument("lead", required=False)
@click.option("--days", default=30, show_default=True, help="The period that is counted.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page.")
@click.option("--language", type=click.Choice(["en", "fr"]), help="Default: as configured.")
@common
def promises(
    lead: str | None,
    days: int,
    html: Path | None,
    language: str | None,
    config_file: str | None,
    as_json: bool,
) -> int:
    """Show how every promise stands: open, at risk, late, kept and broken; or one lead's."""
    from connector.cli.report import render
    from connector.config import find_config, read_config
    from connector.store.private import write_private
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    spoken = language or bench.config.reports.language
    if lead is None:
        from connector.gathering import last, make

        period = last(days, bench.clock.now())
        document: Document | None = make(bench, "promises", period, spoken)
    else:
        document = _one(bench, lead, spoken)
    if document is None:
        say("The ledger knows nobody (or more than one) by that name; name a lead id.")
        return int(ExitCode.ATTENTION)
    if html:
        write_private(html, render(document, "html").encode())
        say(f"Written to {html}")
    else:
        text = render(document, "json" if as_json else "text")
        click.echo(text, nl=not text.endswith("\n"))
    return int(ExitCode.DONE)


def _one(bench: "Workbench", who: str, language: str) -> "Document | None":
    from connector.flows.standings import standing_of
    from connector.reports.lead_promises import lead_promises

    now = bench.clock.now()
    with bench.ledger.transaction() as tx:
        found = tx.find_leads(who)
        if len(found) != 1:
            return None
        events = [entry.event for entry in tx.events_of(found[0].state.lead_id)]
    row, events, states = standing_of(found[0], events, bench.ruleset, now)
    return lead_promises(
        row,
        events,
        states,
        bench.ruleset,
        now=now,
        language=language,
        rehearsal=not bench.config.live,
    )
