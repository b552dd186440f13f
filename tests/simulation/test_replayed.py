"""Every run of a history with faults and kills in it comes out the same when taken again."""

from collections import Counter

from connector.cli import rulesets
from connector.flows.replay import replay
from tests.simulation.company import JOBS, company
from tests.simulation.play import rest
from tests.simulation.steps import SCHEDULED, do, history

SEEDS = range(6)


def test_every_run_can_be_taken_again() -> None:
    counts: Counter[str] = Counter()
    for seed in SEEDS:
        with company() as sim:
            for step in history(seed):
                do(sim, step)
                if step.deed not in JOBS and step.deed != SCHEDULED:
                    sim.sleep(1)
            rest(sim)
            ledger = sim.open_ledger()
            for run in ledger.runs(limit=10_000):
                again = replay(
                    ledger,
                    run.id,
                    lambda version, kept=ledger: rulesets.find(version, kept),
                    lambda *_: None,
                )
                assert (again.differing, again.lost) == ([], {}), (seed, run.id)
                counts.update(again.retaken)
            ledger.close()
    assert all(counts[kind] for kind in ("mapping", "hand-off", "promise", "return")), counts
