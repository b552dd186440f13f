"""A worker in a process of its own, as `leadrelay work` starts one, for tests that kill it."""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from connector import logs
from connector.config import Config
from connector.core.journeys import stage_names
from connector.engine import rounds
from connector.engine.worker import Project, Worker
from connector.flows.deliver import add
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench
from jobs import pull_leads, push_sqls

#: Of the first load; `make soak` has 100,000.
PEOPLE = int(os.environ.get("LEADRELAY_LOAD", "500"))


def load(bench: Workbench, task: Task) -> RunTotals:
    """The first load, from HubSpot into the CRM, and measured."""
    done = add(pull_leads.flow(bench, task), push_sqls.flow(bench, task))
    bench.ledger.measure(stage_names(bench.ruleset.vocabulary))
    return done


#: Once a day: whatever interrupts the tick, it is this very tick that has to be brought to its end.
LOAD = Job(
    name="load",
    cadence="0 0 * * *",
    summary="The first load.",
    flow=load,
    rounds=(*pull_leads.JOB.rounds, *push_sqls.JOB.rounds, rounds.measuring()),
)


def nothing(_bench: Workbench, _task: Task) -> RunTotals:
    return RunTotals()


TICK = Job(name="tick", cadence="* * * * *", summary="Every minute.", flow=nothing)
SPEED = 60  #: a minute is a second


class FastClock:
    """The same fast time in every process."""

    def __init__(self, start: float) -> None:
        self._start = start

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._start + (time.time() - self._start) * SPEED, UTC)


def ticking(file: Path) -> None:
    """A worker with one quick job in fast time."""
    settings = json.loads(file.read_text("utf-8"))
    config = Config(**settings["config"])
    project = Project(lambda: Workbench(config, clock=FastClock(settings["start"])), None)
    serve(
        Worker(
            {TICK.name: TICK},
            project.bench,
            version="test",
            lease_seconds=3_600,
            beat_seconds=0.1,
            poll_seconds=0.2,
        ),
        file,
    )


def serve(worker: Worker, file: Path) -> None:
    """Works until SIGTERM; a file says that it is heard from now on."""
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    file.with_name(f"ready-{os.getpid()}").touch()
    worker.run()


def main() -> None:
    logs.start("json", "info")
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    # large for this company
    pull_leads.LEAST = push_sqls.LARGE = rounds.LEAST = rounds.EVENTS = PEOPLE // 8
    project = Project(lambda: Workbench(Config(**settings)), None)
    worker = Worker(
        {LOAD.name: LOAD},
        project.bench,
        version="test",
        lease_seconds=4,
        beat_seconds=0.2,
        poll_seconds=0.2,
        grace_seconds=5,
        again_seconds=(1,) * 1_000,  # each restart of the server costs a few
    )
    serve(worker, Path(sys.argv[1]))


if __name__ == "__main__":
    ticking(Path(sys.argv[1])) if sys.argv[2:] else main()
