"""`leadrelay export`: journeys and opportunities for the warehouse, metrics for Prometheus."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from connector.cli.show import common, print_json, say
from connector.runner import ExitCode

JOURNEY = (
    *("lead_id", "cycle", "source", "campaign", "segment", "product", "team", "owner", "rule"),
    *("ruleset", "captured_at", "marketing_qualified_at", "sales_qualified_at", "passed_at"),
    *("delivered_at", "answered_at", "accepted_at", "rejected_at", "recycled_at"),
    *("opportunity_at", "won_at", "lost_at", "state", "disposition", "reason", "programme"),
    "merged_into",
)
DEAL = (
    *("opportunity", "lead_id", "cycle", "state", "amount", "currency", "closed_at", "shared_by"),
)
EPILOG = """\b
Examples:
  leadrelay export warehouse/        journeys.csv, deals.csv and metrics.prom

\b
docs/reference/export.md describes every column and every metric.
"""


@click.command(epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@common
def export(folder: Path, config_file: str | None, as_json: bool) -> int:
    """Write the journeys, the opportunities and the metrics as files with a known schema."""
    from connector.config import find_config, read_config
    from connector.core.journeys import stage_names
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    bench.ledger.measure(stage_names(bench.ruleset.vocabulary))
    folder.mkdir(parents=True, exist_ok=True)
    targets = bench.ruleset.targets
    rows = {
        "journeys.csv": _write(
            folder / "journeys.csv",
            JOURNEY,
            ([_cell(getattr(j, name)) for name in JOURNEY] for j in bench.ledger.journeys()),
        ),
        "deals.csv": _write(
            folder / "deals.csv",
            DEAL,
            (
                [
                    *(deal.opportunity, journey.lead_id, journey.cycle, deal.state.value),
                    *(deal.amount, deal.currency, _cell(deal.closed_at), deal.shared_by),
                ]
                for journey in bench.ledger.journeys()
                for deal in journey.deals
            ),
        ),
    }
    from connector.reports.gauges import to_prometheus
    from connector.store.cells import figures_by

    found = figures_by(bench.ledger, "source", currency=targets.currency, rates=targets.rates)
    text = to_prometheus(found)
    (folder / "metrics.prom").write_text(text, "utf-8")
    if as_json:
        print_json(rows)
    else:
        say(", ".join(f"{count} rows in {name}" for name, count in rows.items()))
    return int(ExitCode.DONE)


def _write(file: Path, columns: Iterable[str], rows: Iterable[list[Any]]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else value
