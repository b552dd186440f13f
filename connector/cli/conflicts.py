"""`leadrelay conflicts`: fields that both sides changed, and what became of it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.records import Value
    from connector.ports import LeadRow
    from connector.wiring import Workbench

OWNER = "owner"  #: agreed between both sides by the roster, and no field of the lead's values

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


def listed(bench: "Workbench", since: datetime) -> list[dict[str, Any]]:
    """Conflicts heard of since a moment, newest first, with the values as they were then."""
    from connector.core.events import EventKind
    from connector.flows.conflicts import values_of

    found: list[dict[str, Any]] = []
    after = 0
    while stored := bench.ledger.events(after=after, kinds=[EventKind.CONFLICT.value]):
        after = stored[-1].number
        recent = [entry.event for entry in stored if entry.recorded_at >= since]
        with bench.ledger.transaction() as tx:
            rows = tx.leads(sorted({event.lead_id for event in recent}))
        for event in recent:
            row, name = rows.get(event.lead_id), str(event.data["field"])
            ours, theirs, differ = _standing(bench, row, name)
            held = values_of(row, event.key) if row else None
            found.append(
                {
                    **{k: event.data.get(k) or "" for k in ("winner", "marketing_at", "crm_at")},
                    **{k: event.data.get(k) or "" for k in ("marketing_by", "crm_by")},
                    "lead": event.lead_id,
                    "field": name,
                    "marketing": held[0] if held else ours,
                    "crm": held[1] if held else theirs,
                    "open": differ and not event.data.get("winner"),
                    "place": str(event.place),
                }
            )
    return found[::-1]


def _standing(bench: "Workbench", row: "LeadRow | None", name: str) -> "tuple[Value, Value, bool]":
    """What both sides show now, as far as the ledger knows, and whether they differ."""
    from connector.core.changes import same_value

    if row is None:
        return None, None, False
    if name == OWNER:
        agreed = row.state.agreed.get(name)
        return agreed, row.state.owner, agreed != row.state.owner
    ours, theirs = row.values.get(name), bench.agreeing.seen_values(row).get(name)
    return ours, theirs, not same_value(ours, theirs)
