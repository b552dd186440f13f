"""The export's schema is the documented one, and its metrics are in Prometheus' format."""

import re
from decimal import Decimal
from pathlib import Path

from connector.cli.export import DEAL, JOURNEY
from connector.core.journeys import Journey
from connector.core.metrics import figures
from connector.reports.gauges import HELP, to_prometheus

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "export.md").read_text("utf-8")


def test_every_column_and_metric_is_documented() -> None:
    parts = re.split(r"^## ", PAGE, flags=re.M)[1:]
    told = {part.split("\n")[0]: re.findall(r"^\| `(\w+)`", part, re.M) for part in parts}
    assert told == {
        "journeys.csv": list(JOURNEY),
        "deals.csv": list(DEAL),
        "metrics.prom": list(HELP),
    }


def test_metrics_are_gauges_with_escaped_labels() -> None:
    one = figures([Journey(lead_id="hs-1", cycle=1)], currency="EUR", rates={}, group='a"b\\')
    text = to_prometheus([one])
    assert 'leadrelay_waiting{source="a\\"b\\\\"} 0\n' in text
    assert f"# TYPE {next(iter(HELP))} gauge" in text
    assert one.revenue == Decimal(0)
