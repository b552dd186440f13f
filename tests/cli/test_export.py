"""The export's schema is the documented one, and its files say what the ledger says."""

import csv
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.core.journeys import Deal, DealState, Journey, State
from connector.core.metrics import figures
from connector.reports import warehouse
from connector.reports.gauges import HELP, to_prometheus
from tests.cli.test_outputs import Run, run, story  # noqa: F401
from tests.stories.conftest import Story

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "export.md").read_text("utf-8")


def read_parquet(file: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Column -> type, and the rows."""
    io = pytest.importorskip("arro3.io", reason="arro3 is not installed")
    table = io.read_parquet(file).read_all()
    types = {field.name: str(field.type).lower() for field in table.schema}
    return types, table.to_struct_array().to_pylist()


def test_every_column_type_and_metric_is_documented() -> None:
    parts = re.split(r"^## ", PAGE, flags=re.M)[1:]
    told = {part.split("\n")[0]: part for part in parts}
    assert set(told) == {*warehouse.TABLES, "metrics.prom"}
    for name, columns in warehouse.TABLES.items():
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", told[name], re.M)
        assert rows == [(column, kind.value) for column, kind in columns.items()]
    assert re.findall(r"^\| `(\w+)`", told["metrics.prom"], re.M) == list(HELP)


def test_metrics_are_gauges_with_escaped_labels() -> None:
    one = figures([Journey(lead_id="hs-1", cycle=1)], currency="EUR", rates={}, group='a"b\\')
    text = to_prometheus([one])
    assert 'leadrelay_waiting{source="a\\"b\\\\"} 0\n' in text
    assert f"# TYPE {next(iter(HELP))} gauge" in text
    assert one.revenue == Decimal(0)


def test_a_parquet_file_keeps_types_and_blanks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "BATCH", 2)  # several batches make one file
    at = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    deal = Deal(opportunity="006A", state=DealState.WON, amount="1234.56", currency="EUR")
    given = [
        Journey(lead_id=f"hs-{n}", cycle=n, source="fair", captured_at=at, deals=(deal,))
        for n in range(1, 6)
    ]
    file = tmp_path / "journeys.parquet"
    assert warehouse.write_parquet(file, warehouse.JOURNEYS, warehouse.journey_rows(given)) == 5
    _, rows = read_parquet(file)
    assert [row["cycle"] for row in rows] == [1, 2, 3, 4, 5]
    assert (rows[0]["captured_at"], rows[0]["passed_at"]) == (at, None)
    assert (rows[0]["source"], rows[0]["state"], rows[0]["merged_into"]) == ("fair", None, None)
    warehouse.write_parquet(file, warehouse.DEALS, warehouse.deal_rows(given))
    _, deals = read_parquet(file)
    assert (deals[0]["amount"], deals[0]["closed_at"]) == (Decimal("1234.56"), None)


def test_both_formats_say_what_the_ledger_says(run: Run, story: Story, tmp_path: Path) -> None:  # noqa: F811
    done = run("export", str(tmp_path), "--events", "--json")
    assert (done.code, done.err) == (0, "")
    counts = json.loads(done.out)
    journeys = list(story.bench.ledger.journeys())
    events = story.bench.ledger.events()
    assert counts == {
        "journeys.csv": len(journeys),
        "deals.csv": 1,
        "events.csv": len(events),
    }
    with (tmp_path / "journeys.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(r["lead_id"], r["state"]) for r in told] == [
        (j.lead_id, j.state or "") for j in journeys
    ]
    assert {r["state"] for r in told} >= {State.RECYCLED, State.ACCEPTED, State.WAITING}
    assert run("export", str(tmp_path), "--events", "--format", "parquet").code == 0
    for name, columns in warehouse.TABLES.items():
        types, rows = read_parquet(tmp_path / f"{name}.parquet")
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            same = list(csv.DictReader(file))
        assert list(types) == list(columns)
        assert [row[next(iter(columns))] for row in rows] == [
            int(r["number"]) if name == "events" else r[next(iter(columns))] for r in same
        ]
    [won] = read_parquet(tmp_path / "deals.parquet")[1]
    assert (won["state"], won["amount"], won["currency"]) == ("won", Decimal(12_000), "EUR")
    text = (tmp_path / "metrics.prom").read_text("utf-8")
    assert 'leadrelay_revenue{source="organic_search",currency="EUR"} 12000.00' in text
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *("deals.csv", "deals.parquet", "events.csv", "events.parquet"),
        *("journeys.csv", "journeys.parquet", "metrics.prom"),
    ]
