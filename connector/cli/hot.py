"""`leadrelay hot`: whom to call first."""

from typing import Any

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay hot                     everybody's list
  leadrelay hot --owner lena        Lena's, best first
  leadrelay hot --most 10 --json
"""


@click.command(epilog=EPILOG)
@click.option("--owner", help="A person or `queue:<name>` of the roster.")
@click.option("--most", default=50, show_default=True, help="How many to show.")
@common
def hot(owner: str | None, most: int, config_file: str | None, as_json: bool) -> int:
    """List the open leads in the order in which they are to be called."""
    from connector.config import find_config, read_config
    from connector.core.handoff import HotLead, ranked
    from connector.flows.passing import heats
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    heat = heats(bench.ruleset)
    with bench.ledger.transaction() as tx:
        rows = {r.state.lead_id: r for r in tx.open_leads() if owner in (None, r.state.owner)}
        events = tx.events_of_many(sorted(rows))
    due = {lead_id: _due(events.get(lead_id, []), row.state.cycle) for lead_id, row in rows.items()}
    order = ranked(
        HotLead(
            lead_id=lead_id,
            heat=heat.get(row.temperature, len(heat)),
            score=row.score,
            passed_at=row.state.passed_at,
        )
        for lead_id, row in rows.items()
    )
    listed: list[dict[str, Any]] = [
        {
            "rank": rank,
            "lead": lead_id,
            "temperature": rows[lead_id].temperature,
            "score": round(rows[lead_id].score),
            "owner": rows[lead_id].state.owner,
            "company": rows[lead_id].values.get("company"),
            "due": due[lead_id],
            "salesforce_id": rows[lead_id].state.salesforce_id,
        }
        for lead_id, rank in list(order.items())[:most]
    ]
    if as_json:
        print_json(listed)
    elif not listed:
        say("No lead is open with sales.")
    else:
        table = [
            (one["rank"], one["lead"], one["temperature"], one["score"], one["owner"],
             one["company"], f"{one['due']:%Y-%m-%d %H:%M}" if one["due"] else "")
            for one in listed
        ]  # fmt: skip
        columns = ("rank", "lead", "heat", "score", "owner", "company", "answer due (UTC)")
        print_table(columns, table)
    return int(ExitCode.DONE)


def _due(stored: Any, cycle: int) -> Any:
    """When the first answer is due, as it was promised at the latest hand-off."""
    from datetime import datetime

    found = None
    for entry in stored:
        if entry.event.cycle == cycle and entry.event.data.get("due"):
            found = datetime.fromisoformat(str(entry.event.data["due"]))
    return found
