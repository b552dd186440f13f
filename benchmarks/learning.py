"""How long other files take on a whole history, and learning from it: cycles a second.

    python -m benchmarks.learning [leads]

Plants a history of known truth into a ledger on disk and prints seconds of CPU and peak memory.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from connector.core.journeys import stage_names
from connector.flows.backtest import backtest
from connector.flows.learning import learn
from connector.flows.replay import replay
from tests.stories.planted import NOW, plant, shipped


def quiet(_what: str, _count: int) -> None: ...


def main(leads: int) -> None:
    """Plants, then takes the time of each command's flow."""
    rules = shipped()
    with tempfile.TemporaryDirectory() as folder:
        ledger, truth = plant(Path(folder), leads=leads)
        print(f"{leads:,} leads, {truth.passed:,} of them passed")
        began = time.process_time()
        ledger.measure(stage_names(rules.vocabulary))
        _tell("measure", leads, began)
        began = time.process_time()
        backtest(
            ledger, rules, rules, vocabulary=rules.vocabulary, now=NOW, since=None, dice=Random(1),
            progress=quiet,
        )  # fmt: skip
        _tell("backtest (two sets of files)", leads, began)
        began = time.process_time()
        learn(ledger, rules, ledger.journeys(), now=NOW, since=None, by="accepted", progress=quiet)
        _tell("learn", truth.passed, began)
        began = time.process_time()
        found = replay(ledger, "planted", lambda _version: rules, quiet)
        assert found.is_equal
        _tell("replay", sum(found.retaken.values()), began)
        ledger.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MB")


def _tell(what: str, count: int, began: float) -> None:
    took = time.process_time() - began
    print(f"{what}: {took:.1f} s of CPU, {count / took:,.0f} a second")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
