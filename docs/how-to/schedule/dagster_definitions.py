"""Dagster: one job and one schedule each; `dagster dev -f dagster_definitions.py`."""

import subprocess

from dagster import Definitions, JobDefinition, OpExecutionContext, ScheduleDefinition, job, op

CADENCES = {
    "pull-leads": "* * * * *",
    "push-sqls": "* * * * *",
    "pull-status": "*/5 * * * *",
    "recycle-leads": "*/15 * * * *",
    "watch-promises": "*/15 * * * *",
    "reconcile": "40 2 * * *",
    "audit": "10 3 * * *",
    "watch-schemas": "40 4 * * *",
    "closed-loop": "20 5 * * *",
}
DONE, ATTENTION = 0, 1


def job_of(name: str) -> JobDefinition:
    spoken = name.replace("-", "_")

    @op(name=f"run_{spoken}")
    def run(context: OpExecutionContext) -> None:
        command = ["leadrelay", "run", name, "--config", "/etc/leadrelay/config.toml"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        context.log.info(done.stdout)
        if done.returncode not in (DONE, ATTENTION):
            raise RuntimeError(f"{name} ended with exit code {done.returncode}: {done.stderr}")

    @job(name=spoken)
    def made() -> None:
        run()

    return made


JOBS = {name: job_of(name) for name in CADENCES}
defs = Definitions(
    jobs=list(JOBS.values()),
    schedules=[
        ScheduleDefinition(job=JOBS[name], cron_schedule=cadence)
        for name, cadence in CADENCES.items()
    ],
)
