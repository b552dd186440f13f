"""`leadrelay conflicts`: fields that both sides changed, and what became of it."""

from datetime import datetime, timedelta
from typing import Any

import click

from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay conflicts                 of the last 30 days
  leadrelay conflicts --days 365 --json
"""


@click.command(epilog=EPILOG)
@click.option("--days", default=30, show_default=True, help="How far back.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nobody has settled.")
@common
def conflicts(days: int, only_open: bool, config_file: str | None, as_json: bool) -> int:
    """List fields that both sides changed: both values, their times and authors, who was believed.

    An open conflict is one where neither side could be believed: the values differ until a person
    makes them alike in either system.
    """
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    found = listed(bench, bench.clock.now() - timedelta(days=days))
    found = [one for one in found if one["open"] or not only_open]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("Both sides agree.")
    else:
        print_table(
            ("lead", "field", "marketing", "since", "by", "CRM", "since", "by", "believed"),
            [
                (
                    one["lead"],
                    one["field"],
                    one["marketing"],
                    one["marketing_at"],
                    one["marketing_by"],
                    one["crm"],
                    one["crm_at"],
                    one["crm_by"],
                    "nobody yet" if one["open"] else one["winner"] or "settled",
                )
                for one in found
            ],
        )
    waits = any(one["open"] for one in found)
    return int(ExitCode.ATTENTION if waits else ExitCode.DONE)


def listed(bench: Any, since: datetime) -> list[dict[str, Any]]:
    """Conflicts heard of since a moment, newest first, with the values as they stand now."""
    from connector.core.changes import same_value
    from connector.core.events import EventKind

    found: list[dict[str, Any]] = []
    after = 0
    while stored := bench.ledger.events(after=after, kinds=[EventKind.CONFLICT.value]):
        after = stored[-1].number
        recent = [entry.event for entry in stored if entry.recorded_at >= since]
        with bench.ledger.transaction() as tx:
            rows = tx.leads(sorted({event.lead_id for event in recent}))
        for event in recent:
            row, name = rows.get(event.lead_id), str(event.data["field"])
            ours = row.values.get(name) if row else None
            theirs = bench.agreeing.seen_values(row).get(name) if row else None
            differ = row is not None and not same_value(ours, theirs)
            found.append(
                {
                    **{k: event.data.get(k) or "" for k in ("winner", "marketing_at", "crm_at")},
                    **{k: event.data.get(k) or "" for k in ("marketing_by", "crm_by")},
                    "lead": event.lead_id,
                    "field": name,
                    "marketing": ours,
                    "crm": theirs,
                    "open": differ and not event.data.get("winner"),
                    "place": str(event.place),
                }
            )
    return found[::-1]
