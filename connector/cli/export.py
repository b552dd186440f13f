"""`leadrelay export`: what the ledger knows, for a warehouse; the metrics, for Prometheus."""

from pathlib import Path

import click

from connector.cli.show import common, print_json, say
from connector.runner import ExitCode

EPILOG = """\b
Examples:
  leadrelay export warehouse/                      journeys.csv, deals.csv, metrics.prom
  leadrelay export warehouse/ --format parquet     with types, for a warehouse
  leadrelay export warehouse/ --events             every fact of the ledger too

\b
docs/reference/export.md describes every column and every metric.
"""


@click.command(epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    *("--format", "-f", "form"),
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
)
@click.option("--events", is_flag=True, help="Every fact of the ledger too.")
@common
def export(folder: Path, form: str, events: bool, config_file: str | None, as_json: bool) -> int:
    """Write the journeys, the opportunities and the metrics as files with a known schema."""
    from connector.config import find_config, read_config
    from connector.core.journeys import stage_names
    from connector.reports import prometheus, warehouse
    from connector.reports.gauges import to_prometheus
    from connector.store.cells import figures_by
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    ledger, targets = bench.ledger, bench.ruleset.targets
    ledger.measure(stage_names(bench.ruleset.vocabulary))
    folder.mkdir(parents=True, exist_ok=True)
    rows = {
        "journeys": warehouse.journey_rows(ledger.journeys()),
        "deals": warehouse.deal_rows(ledger.journeys()),
    }
    if events:
        rows["events"] = warehouse.event_rows(ledger.every_event())
    write = warehouse.write_parquet if form == "parquet" else warehouse.write_csv
    counts = {
        f"{name}.{form}": write(folder / f"{name}.{form}", warehouse.TABLES[name], found)
        for name, found in rows.items()
    }
    found = figures_by(ledger, "source", currency=targets.currency, rates=targets.rates)
    prometheus.write(folder / "metrics.prom", to_prometheus(found))
    if as_json:
        print_json(counts)
    else:
        say(", ".join(f"{count} rows in {name}" for name, count in counts.items()))
    return int(ExitCode.DONE)
