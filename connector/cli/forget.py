"""`leadrelay forget` and `leadrelay person`: one person's rights under Articles 17 and 15 GDPR."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.show import common, print_json, print_table, say, to_json
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.ports import LeadRow, RowResult
    from connector.wiring import Workbench

EPILOG = """\b
Examples:
  leadrelay forget ada@example.com              what would be erased, and where
  leadrelay forget ada@example.com --yes        ask both systems, then erase the ledger
  leadrelay forget ada@example.com --export ada.json --yes
"""
PERSON_EPILOG = """\b
Examples:
  leadrelay person ada@example.com > ada.json
  leadrelay person hs-512
"""


@click.command(epilog=EPILOG)
@click.argument("who")
@click.option("--yes", "really", is_flag=True, help="Do it; without it this is a dry run.")
@click.option(
    "--export",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="First write everything the ledger holds on the person to this file.",
)
@common
def forget(
    who: str, really: bool, file: Path | None, config_file: str | None, as_json: bool
) -> int:
    """Erase one person: in HubSpot, in Salesforce and in the ledger; past figures still add up.

    What remains is a salted hash of each address and id, by which the person is recognised and
    left alone should a system bring them back.
    """
    bench, found = _look(who, config_file)
    if len(found) != 1:
        return _which(found)
    row = found[0]
    if file is not None:
        _write(bench, row, file)
    live = bench.config.live
    asked = _asked(row) if live else []
    if not really:
        say("Nothing was erased; add --yes. These would be asked:")
        print_table(("system", "record"), [*asked, ("ledger", row.state.lead_id)])
        return int(ExitCode.DONE)
    refused = [result for result in _ask(bench, row) if not result.confirmed] if live else []
    if refused:
        for result in refused:
            say(str(result.problem) if result.problem else "a system did not answer; try again")
        say("The ledger still holds this person, so that this can be tried again.")
        return int(ExitCode.ATTENTION)
    from connector.store.privacy import erase

    erased = erase(bench.ledger, row.state.lead_id, salt=bench.new_salt(), now=bench.clock.now())
    told = {
        "asked": [list(one) for one in asked],
        "left_as": erased.lead_id if erased else "",
        "rows": dict(erased.rows) if erased else {},
    }
    if as_json:
        print_json(told)
    else:
        click.echo(f"Erased. Past figures count on under {told['left_as']}.")
        if not live:
            say('The mode is "rehearse": neither system was asked.')
    return int(ExitCode.DONE)


@click.command(epilog=PERSON_EPILOG)
@click.argument("who")
@common
def person(who: str, config_file: str | None, as_json: bool) -> int:
    """Print everything the ledger holds on one person, as JSON, table by table."""
    from connector.store.privacy import export

    bench, found = _look(who, config_file)
    if len(found) != 1:
        return _which(found)
    print_json(export(bench.ledger, found[0].state.lead_id))
    return int(ExitCode.DONE)


def _look(who: str, config_file: str | None) -> "tuple[Workbench, list[LeadRow]]":
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with bench.ledger.transaction() as tx:
        return bench, tx.find_leads(who)


def _which(found: "list[LeadRow]") -> int:
    if not found:
        say("The ledger knows nobody by that name. Ids and whole e-mail addresses are looked up.")
    else:
        say(f"{len(found)} leads go by that; name one of them:")
        print_table(("lead", "HubSpot"), [(r.state.lead_id, r.hubspot_id) for r in found])
    return int(ExitCode.ATTENTION)


def _write(bench: "Workbench", row: "LeadRow", file: Path) -> None:
    """For its owner alone: it is all about one person."""
    from connector.store.privacy import export
    from connector.store.private import write_private

    write_private(file, to_json(export(bench.ledger, row.state.lead_id)))
    say(f"Written to {file}")


def _asked(row: "LeadRow") -> list[tuple[str, str]]:
    asked = [("HubSpot", f"contact {row.hubspot_id}")] if row.hubspot_id else []
    if row.state.salesforce_id:
        asked.append(("Salesforce", f"{row.state.salesforce_kind} {row.state.salesforce_id}"))
    return asked


def _ask(bench: "Workbench", row: "LeadRow") -> "list[RowResult]":
    """Both systems; a record that is gone already counts as erased."""
    results = []
    state = row.state
    if row.hubspot_id:
        results += bench.marketing.erase([row.hubspot_id])
    if state.salesforce_id:
        kind = state.salesforce_kind or "Lead"
        if bench.crm.read(kind, [state.salesforce_id], ("Id",)):
            results += bench.crm.erase(kind, [state.salesforce_id])
    return results
