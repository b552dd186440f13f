"""`leadrelay reconcile`: count and compare both systems now."""

import click

from connector.cli.show import common, print_json, print_table, progress_bar
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay reconcile
  leadrelay reconcile --json
"""


@click.command(epilog=EPILOG)
@common
def reconcile(config_file: str | None, as_json: bool) -> int:
    """Count and compare both systems with the ledger; nothing is written to either."""
    from connector.config import find_config, read_config
    from connector.core.budgets import runs_out
    from connector.runner import new_run_id
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    now = bench.clock.now()
    with progress_bar(quiet=as_json) as tell:
        found = bench.reconciling.run(run_id=new_run_id("reconcile", now), progress=tell)
    budgets = {
        name: {
            "limit": budget.limit,
            "remaining": budget.remaining,
            "resets_at": budget.resets_at,
            "runs_out": runs_out(budget.limit, budget.remaining, budget.resets_at, now),
        }
        for name, budget in (
            ("hubspot", bench.marketing.budget()),
            ("salesforce", bench.crm.budget()),
        )
    }
    if as_json:
        print_json(
            {
                "contacts": found.contacts,
                "known": found.known,
                "leads": found.leads,
                "linked": found.linked,
                "crm": found.crm,
                "drift": found.drift,
                "listed": found.listed,
                "deleted_in_marketing": found.archived,
                "budgets": budgets,
            }
        )
    else:
        click.echo(
            f"HubSpot {found.contacts} contacts, {found.known} of them in the ledger; the ledger "
            f"{found.leads} living leads, {found.linked} with sales; Salesforce "
            + ", ".join(f"{count} {kind}s" for kind, count in found.crm.items())
        )
        for kind, count in found.drift.items():
            print_table(("id", "field"), found.listed[kind], title=f"{kind}: {count}")
        for name, one in budgets.items():
            if one["limit"] is not None:
                end = f"; at this pace they run out at {one['runs_out']}" if one["runs_out"] else ""
                click.echo(f"{name}: {one['remaining']} of {one['limit']} calls left today{end}")
    return int(ExitCode.ATTENTION if found.drift else ExitCode.DONE)
