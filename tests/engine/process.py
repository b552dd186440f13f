"""A worker in a process of its own, as `leadrelay work` starts one, for tests that kill it."""

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

from connector.config import Config
from connector.engine.worker import Project, Worker
from connector.wiring import Workbench
from jobs.pull_leads import JOB as PULL
from jobs.push_sqls import JOB as PUSH

#: Once a day: whatever interrupts a tick, it is this very tick that has to be brought to its end.
DAILY = "0 0 * * *"
JOBS = {job.name: replace(job, cadence=DAILY) for job in (PULL, PUSH)}


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    names = sys.argv[2:]
    project = Project(lambda: Workbench(Config(**settings)), None)
    worker = Worker(
        {name: JOBS[name] for name in names},
        project.bench,
        version="test",
        lease_seconds=2,
        beat_seconds=0.2,
        poll_seconds=0.2,
        grace_seconds=5,
        again_seconds=(1,) * 30,
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()
