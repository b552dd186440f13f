"""Checking 10,000 lines takes less than two seconds of one core."""

import time
from pathlib import Path

from benchmarks.checking import TODAY, build
from connector.mapfiles import check


def test_ten_thousand_lines_in_two_seconds(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    assert build(folder, 10_000) >= 9_900
    started = time.process_time()
    checked = check(folder, TODAY)
    took = time.process_time() - started
    assert checked.ruleset is not None, [str(p) for p in checked.problems[:5]]
    assert len(checked.ruleset.routing.rules) > 250
    assert took < 2.0, f"{took:.2f} s"
