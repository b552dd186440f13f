"""A worker in a process of its own, as `leadrelay work` starts one, for tests that kill it."""

import json
import os
import signal
import sys
from pathlib import Path

from connector.config import Config
from connector.engine.worker import Project, Worker
from connector.flows.deliver import add
from connector.ports import RunTotals
from connector.runner import Job, Task
from connector.wiring import Workbench
from jobs import pull_leads, push_sqls


def load(bench: Workbench, task: Task) -> RunTotals:
    """The first load, from HubSpot into the CRM."""
    return add(pull_leads.flow(bench, task), push_sqls.flow(bench, task))


#: Once a day: whatever interrupts the tick, it is this very tick that has to be brought to its end.
LOAD = Job(name="load", cadence="0 0 * * *", summary="The first load.", flow=load)


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    project = Project(lambda: Workbench(Config(**settings)), None)
    worker = Worker(
        {LOAD.name: LOAD},
        project.bench,
        version="test",
        lease_seconds=2,
        beat_seconds=0.2,
        poll_seconds=0.2,
        grace_seconds=5,
        again_seconds=(1,) * 60,
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    Path(sys.argv[1]).with_name(f"ready-{os.getpid()}").touch()
    worker.run()


if __name__ == "__main__":
    main()
